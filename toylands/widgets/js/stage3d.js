// The solid stage: the same landscape as a height field in WebGL2, with the interface of the flat one.
//
// Heights are the equal shares of the contour levels, so a narrow ravine and a wide basin both show, and the
// contour lines are the same levels as on the map. The surface and the trails are drawn by WebGL; heads, start,
// critical points and axes lie on the canvas above, faint where the surface hides them.
// Dragging turns the view, a click moves the start, dragging the start drags it over the surface.
import { clipToFrame } from "./clipping.js";
import {
  bandColors, ellipseFromHessian, formatNumber, lookAt, multiply, niceTicks, orbitEye, perspective, pick, project, rayThrough, rgb,
  sameScale, sampleGrid, shareOf, symbolOf, tickLabels,
} from "./geometry.js";
import { PEN, basinImage, drawGuesses, drawHeads, drawKind, drawModel, drawStart, markSize } from "./marks.js";
import { StageBase } from "./stage.js";
import { crowdOf, fadeAt } from "./trails.js";
import {
  RIBBON_FLOATS, RIBBON_FRAGMENT, RIBBON_VERTEX, TERRAIN_FLOATS, TERRAIN_FRAGMENT, TERRAIN_VERTEX, drape,
  meshOf, programOf,
} from "./mesh.js";

const RISE = 0.72; // height of the box; its longer side is 2
const ANGLE = 0.6; // opening of the camera, radians
const HIDDEN = [0.014, 0.022]; // dashes of what lies behind the surface, in units of the box
const TRAIL_WIDE = 0.025; // of a trail with its outline, about
const HOME = { azimuth: -1.05, elevation: 0.76, zoom: 1 };

/** The solid stage; throws where WebGL2 is missing. */
export class Stage3D extends StageBase {
  static supported() {
    if (Stage3D.known === undefined) {
      const gl = document.createElement("canvas").getContext("webgl2");
      Stage3D.known = Boolean(gl);
      gl?.getExtension("WEBGL_lose_context")?.loseContext();
    }
    return Stage3D.known;
  }

  constructor(container, palette, handlers) {
    super(container, palette, handlers);
    this.solid = true;
    this.orbit = { ...HOME };
    this.spotOut = [0, 0, 0];
    this.camera = new Float64Array(16);
    this.cameraGl = new Float32Array(16);
    this.basinBitmap = document.createElement("canvas");
    this.gl = this.ground.getContext("webgl2", { antialias: true, alpha: true, premultipliedAlpha: true });
    if (!this.gl) { this.destroy(); throw new Error("this browser has no WebGL2"); }
    const on = (type, act) => this.ground.addEventListener(type, act, { signal: this.abort.signal });
    on("webglcontextlost", (event) => { event.preventDefault(); this.lost = true; this.handlers.onContext?.(true); });
    on("webglcontextrestored", () => { this.lost = false; this.prepare(); this.handlers.onContext?.(false); });
    this.front.addEventListener("wheel", (event) => this.wheel(event), { signal: this.abort.signal, passive: false });
    this.prepare();
    this.resize();
  }

  /** Make what lives in the graphics card; also after a lost context. */
  prepare() {
    const { gl } = this;
    this.surface = programOf(gl, TERRAIN_VERTEX, TERRAIN_FRAGMENT);
    this.ribbon = programOf(gl, RIBBON_VERTEX, RIBBON_FRAGMENT);
    this.mesh = { vertices: gl.createBuffer(), triangles: gl.createBuffer(), array: gl.createVertexArray(), count: 0 };
    this.strips = { buffer: gl.createBuffer(), array: gl.createVertexArray() };
    this.textures = [gl.createTexture(), gl.createTexture()];
    gl.bindVertexArray(this.mesh.array);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.mesh.vertices);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.mesh.triangles);
    for (const place of [0, 1]) {
      gl.enableVertexAttribArray(place);
      gl.vertexAttribPointer(place, 3, gl.FLOAT, false, 4 * TERRAIN_FLOATS, 12 * place);
    }
    gl.bindVertexArray(this.strips.array);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.strips.buffer);
    for (const place of [0, 1, 2]) { gl.enableVertexAttribArray(place); gl.vertexAttribDivisor(place, 1); }
    gl.bindVertexArray(null);
    this.terrainChanged();
    this.basinChanged();
    this.touch(true);
  }

  destroy() {
    super.destroy();
    if (this.basinBitmap) this.basinBitmap.width = 0;
    this.gl?.getExtension("WEBGL_lose_context")?.loseContext();
    this.gl = null;
  }

  // --- geometry ------------------------------------------------------------------------------------

  terrainChanged() {
    const { terrain: t, gl } = this;
    this.trailsDirty = true;
    this.shares = null;
    if (!t || t.dim !== 2 || !this.mesh) return;
    const [wide, deep] = t.view.map(([low, high]) => high - low);
    const long = sameScale(t.view) ? Math.max(wide, deep) : 0;
    this.bx = long ? wide / long : 1;
    this.by = long ? deep / long : 1;
    this.box = [[-this.bx, this.bx], [-this.by, this.by]];
    this.bands = t.edges.length - 1;
    this.band = RISE / this.bands;
    this.shares = Float32Array.from(t.loss, (loss) => shareOf(t.edges, loss));
    this.heightAt = (x, y) => this.band * sampleGrid(this.shares, t.rows, t.columns, this.box, x, y);
    if (this.lost) return;
    const { vertices, triangles } = meshOf(this.shares, t.rows, t.columns, this.bx, this.by, this.band);
    gl.bindVertexArray(this.mesh.array);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.mesh.vertices);
    gl.bufferData(gl.ARRAY_BUFFER, vertices, gl.DYNAMIC_DRAW);
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, triangles, gl.DYNAMIC_DRAW);
    gl.bindVertexArray(null);
    this.mesh.count = triangles.length;
    const pixels = Uint8Array.from(bandColors(this.palette.terrain.stops, this.bands).flatMap((c) => [...c, 255]));
    this.upload(0, () => gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, this.bands, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, pixels));
  }

  basinChanged() {
    const { gl } = this;
    if (!this.basin || this.lost || !this.textures) return;
    const image = basinImage(this.basin, this.palette, this.basinBitmap);
    this.upload(1, () => {
      gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, true);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, image);
      gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false);
    });
  }

  upload(unit, fill) {
    const { gl } = this;
    gl.activeTexture(gl.TEXTURE0 + unit);
    gl.bindTexture(gl.TEXTURE_2D, this.textures[unit]);
    for (const name of ["TEXTURE_MIN_FILTER", "TEXTURE_MAG_FILTER"]) gl.texParameteri(gl.TEXTURE_2D, gl[name], gl.NEAREST);
    for (const name of ["TEXTURE_WRAP_S", "TEXTURE_WRAP_T"]) gl.texParameteri(gl.TEXTURE_2D, gl[name], gl.CLAMP_TO_EDGE);
    fill();
  }

  walksChanged() { this.trailsDirty = true; this.touch(true); }

  framesChanged() { this.groundDirty = true; }
  showChanged() { this.groundDirty = true; }

  layTrails() {
    const { terrain: t, gl } = this;
    this.trailsDirty = false;
    const [sx, sy] = [this.bx, this.by].map((half, k) => (2 * half) / (t.view[k][1] - t.view[k][0]));
    const frame = [-this.bx, -this.by, this.bx, this.by];
    const piece = (2 * Math.max(this.bx, this.by)) / Math.min(t.columns, 160);
    let total = 0;
    for (const walk of this.walks) {
      const place = (value, k, scale, half) => Math.max(-3.4e38, Math.min(3.4e38, (value - t.view[k][0]) * scale - half));
      walk.wx = Float64Array.from(walk.x, (value) => place(value, 0, sx, this.bx));
      walk.wy = Float64Array.from(walk.y, (value) => place(value, 1, sy, this.by));
      const seen = (k) => Number.isFinite(this.heightAt(walk.wx[k], walk.wy[k])); // as headAt decides it
      walk.trail = clipToFrame(walk.wx, walk.wy, walk.rows, frame, seen);
      walk.crowd = crowdOf(walk.trail.x, walk.trail.y, walk.trail.pen, walk.trail.count, TRAIL_WIDE);
      walk.draped = drape(walk.trail, this.heightAt, piece, 0.004);
      walk.first = total;
      total += walk.draped.count;
    }
    const all = new Float32Array(RIBBON_FLOATS * total);
    for (const walk of this.walks) all.set(walk.draped.segments, RIBBON_FLOATS * walk.first);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.strips.buffer);
    gl.bufferData(gl.ARRAY_BUFFER, all, gl.DYNAMIC_DRAW);
  }

  aim() {
    const { azimuth, elevation, zoom } = this.orbit;
    const aspect = this.width / this.height;
    const size = Math.hypot(this.bx, this.by, RISE / 2);
    this.target = [0, 0, 0.36 * RISE];
    this.far = (0.93 * size) / Math.sin(ANGLE / 2) / Math.min(1, aspect) / zoom;
    this.eye = orbitEye(this.target, this.far, azimuth, elevation);
    multiply(this.camera, perspective(ANGLE, aspect, 0.05 * this.far, this.far + 2 * size), lookAt(this.eye, this.target));
    this.cameraGl.set(this.camera);
  }

  /** A point of the box on the canvas: [x, y, depth], the same array every time. */
  onCanvas(x, y, z) { return project(this.spotOut, this.camera, x, y, z, this.width, this.height); }

  world(point) {
    return point.map((c, k) => {
      const [low, high] = this.terrain.view[k];
      return (((c - low) / (high - low)) * 2 - 1) * (k ? this.by : this.bx);
    });
  }

  cursorAt(px, py) { return this.shares && this.onStart(px, py) ? "grab" : "move"; }

  spot(point) {
    const [x, y] = this.world(point);
    const z = this.heightAt(x, y);
    return Number.isFinite(z) ? [...this.onCanvas(x, y, z)] : null;
  }

  /** Whether the surface hides a point from the eye. */
  isHidden(x, y, z) {
    const [ex, ey, ez] = this.eye;
    for (let k = 1; k <= 80; k += 1) {
      const t = 0.004 + (0.5 * k) / 80;
      const [px, py] = [x + t * (ex - x), y + t * (ey - y)];
      if (Math.abs(px) > this.bx || Math.abs(py) > this.by) return false;
      if (this.heightAt(px, py) > z + t * (ez - z) + 0.012) return true;
    }
    return false;
  }

  locate(px, py) {
    if (!this.shares || !this.eye) return null;
    const ray = rayThrough(this.eye, this.target, ANGLE, px, py, this.width, this.height);
    const hit = pick(this.eye, ray, this.bx, this.by, this.heightAt, 2 * this.far, 400);
    if (!hit) return null;
    return [this.bx, this.by].map((half, k) => {
      const [low, high] = this.terrain.view[k];
      return low + ((hit[k] / half + 1) / 2) * (high - low);
    });
  }

  // --- drawing -------------------------------------------------------------------------------------

  drawGround() {
    const { gl } = this;
    if (this.lost || !this.shares) { if (!this.lost) { gl.clearColor(0, 0, 0, 0); gl.clear(gl.COLOR_BUFFER_BIT); } return; }
    this.aim();
    if (this.trailsDirty) this.layTrails();
    gl.viewport(0, 0, this.ground.width, this.ground.height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.enable(gl.DEPTH_TEST);
    gl.disable(gl.BLEND);
    gl.depthMask(true);
    gl.depthFunc(gl.LEQUAL);
    this.drawSurface();
    if (this.show.trails) this.drawRibbons();
  }

  drawSurface() {
    const { gl, palette } = this;
    const { program, places } = this.surface;
    const color = (name, hex) => gl.uniform3f(places[name], ...rgb(hex).map((c) => c / 255));
    const turn = this.orbit.azimuth + 2.2; // the light comes over the viewer's left shoulder, from behind the hill
    gl.useProgram(program);
    gl.uniformMatrix4fv(places.camera, false, this.cameraGl);
    gl.uniform3f(places.box, this.bx, this.by, this.band);
    gl.uniform3f(places.light, 0.62 * Math.cos(turn), 0.62 * Math.sin(turn), 0.785);
    color("lineColor", palette.terrain.line);
    color("wallColor", this.theme === "dark" ? "#2A3138" : "#D5D9DE");
    color("hatchPaper", this.inks.paper);
    color("hatchInk", this.inks.soft);
    gl.uniform1f(places.lineAlpha, 1.5 * palette.terrain.line_alpha);
    gl.uniform1f(places.lineWidth, this.ratio * this.unit);
    gl.uniform1f(places.count, this.bands);
    gl.uniform1f(places.basinShare, this.show.basin && this.basin ? 0.85 : 0);
    gl.uniform1i(places.bands, 0);
    gl.uniform1i(places.basin, 1);
    for (const unit of [0, 1]) { gl.activeTexture(gl.TEXTURE0 + unit); gl.bindTexture(gl.TEXTURE_2D, this.textures[unit]); }
    gl.bindVertexArray(this.mesh.array);
    gl.drawElements(gl.TRIANGLES, this.mesh.count, gl.UNSIGNED_INT, 0);
  }

  drawRibbons() {
    const { gl } = this;
    const { program, places } = this.ribbon;
    const pixel = this.ratio * this.unit;
    gl.useProgram(program);
    gl.uniformMatrix4fv(places.camera, false, this.cameraGl);
    gl.uniform2f(places.screen, this.ground.width, this.ground.height);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.depthMask(false);
    gl.bindVertexArray(this.strips.array);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.strips.buffer);
    const ribbon = (first, count, hex, alpha, width, bias, dash = []) => {
      if (!count) return;
      for (const [place, size] of [[0, 3], [1, 3], [2, 1]]) {
        gl.vertexAttribPointer(place, size, gl.FLOAT, false, 4 * RIBBON_FLOATS, 4 * RIBBON_FLOATS * first + 12 * place);
      }
      gl.uniform4f(places.dash, ...[0, 1, 2, 3].map((k) => dash[k] ?? 0));
      gl.uniform4f(places.ink, ...rgb(hex).map((c) => c / 255), alpha);
      gl.uniform1f(places.width, width * pixel);
      gl.uniform1f(places.bias, bias);
      gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, count);
    };
    for (const walk of this.walks) {
      const gone = walk.draped.upto[this.rowOf(walk)] ?? 0;
      const rest = walk.draped.count - gone;
      if (!this.show.hideFuture) ribbon(walk.first + gone, rest, walk.color, 0.3, 1.4, 0.002);
      // The first segments of what is drawn in full, and of what is half faded.
      const [full, half] = fadeAt(walk.crowd, walk.trail.upto[this.rowOf(walk)]).map((k) => (k ? walk.draped.passed[k + 1] : 0));
      const [newest, left] = [walk.first + full, gone - full];
      ribbon(walk.first, half, walk.color, 0.25, 0.9, 0.002);
      ribbon(walk.first + half, full - half, walk.color, 0.5, 1.4, 0.002);
      gl.depthFunc(gl.GREATER); // what the surface hides: dashed, as in a technical drawing
      ribbon(newest, left, walk.color, 0.5, 1.8, -0.002, HIDDEN);
      gl.depthFunc(gl.LEQUAL);
      ribbon(newest, left, walk.outline, 1, 4.6, 0.002);
      ribbon(newest, left, walk.color, 1, 2.6, 0.0025, (walk.dash ?? []).map((part) => 0.012 * part));
    }
    gl.bindVertexArray(null);
  }

  drawFront() {
    const ctx = this.front.getContext("2d", PEN);
    ctx.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    ctx.clearRect(0, 0, this.width, this.height);
    if (!this.shares || this.lost || !this.eye) return;
    this.drawFloor(ctx);
    const faint = (x, y) => { ctx.globalAlpha = this.isHidden(x, y, this.heightAt(x, y)) ? 0.3 : 1; };
    if (this.show.critical) {
      const size = markSize(this.terrain.critical?.length ?? 0);
      for (const { point, kind } of this.terrain.critical ?? []) {
        const spot = this.spot(point);
        if (!spot) continue;
        faint(...this.world(point));
        drawKind(ctx, this.palette, kind, spot[0], spot[1], size * this.unit);
      }
    }
    const start = this.start && this.spot(this.start);
    if (start) {
      faint(...this.world(this.start));
      drawStart(ctx, this.palette, start[0], start[1], 14 * this.unit, this.held);
    }
    ctx.globalAlpha = 1;
    if (this.show.quadratic) this.drawQuadratic(ctx);
    drawHeads(ctx, this, { left: 0, top: 0, width: this.width, height: this.height });
    drawGuesses(ctx, this);
  }

  /** The quadratic model at each head, laid on the surface; what the surface hides of it is left out. */
  drawQuadratic(ctx) {
    const rise = this.chooseRise();
    if (rise === null) return;
    const { terrain: t, unit } = this;
    const [sx, sy] = [this.bx, this.by].map((half, k) => (2 * half) / (t.view[k][1] - t.view[k][0]));
    const reach = 0.28 * Math.min(this.bx, this.by);
    for (const walk of this.walks) {
      const bend = this.bendAt(walk);
      if (!bend) continue;
      const [wx, wy] = [walk.wx[bend.row], walk.wy[bend.row]];
      if (!Number.isFinite(this.heightAt(wx, wy))) continue;
      const put = (x, y) => {
        const z = this.heightAt(wx + x, wy + y);
        if (!Number.isFinite(z) || this.isHidden(wx + x, wy + y, z)) return null;
        return this.onCanvas(wx + x, wy + y, z).slice(0, 2);
      };
      const model = ellipseFromHessian(bend.hxx, bend.hxy, bend.hyy, rise);
      drawModel(ctx, this.palette, model, { ax: sx, ay: sy }, put, 1.1 * unit, reach, 24);
    }
    ctx.font = `${11 * unit}px ${this.font}`;
    ctx.fillStyle = this.inks.soft;
    ctx.textAlign = "right";
    ctx.textBaseline = "top";
    ctx.fillText(`quadratic model at the heads: exact, ±${formatNumber(rise)}`, this.width - 10 * unit, 8 * unit);
  }

  headAt(walk, row, out) {
    const [x, y] = [walk.wx[row], walk.wy[row]];
    const z = this.heightAt(x, y);
    out.outside = !Number.isFinite(z);
    if (out.outside) {
      const last = walk.draped.upto[row];
      if (!last) return false;
      const s = walk.draped.segments.subarray(RIBBON_FLOATS * (last - 1), RIBBON_FLOATS * last);
      const [fx, fy] = this.onCanvas(s[0], s[1], s[2]);
      [out.x, out.y] = this.onCanvas(s[3], s[4], s[5]);
      const length = Math.hypot(out.x - fx, out.y - fy) || 1;
      out.dx = (out.x - fx) / length;
      out.dy = (out.y - fy) / length;
      out.hidden = this.isHidden(s[3], s[4], s[5]);
      return true;
    }
    [out.x, out.y] = this.onCanvas(x, y, z);
    out.hidden = this.isHidden(x, y, z);
    return true;
  }

  /** The two near edges of the floor: ticks and names. */
  drawFloor(ctx) {
    const { terrain: t, unit, inks } = this;
    const nearY = this.eye[1] < 0 ? -this.by : this.by;
    const nearX = this.eye[0] < 0 ? -this.bx : this.bx;
    const centre = [...this.onCanvas(0, 0, 0)];
    const out = (x, y, far) => { // a floor point, moved away from the floor's middle
      const [px, py] = this.onCanvas(x, y, 0);
      const [dx, dy] = [px - centre[0], py - centre[1]];
      const length = Math.hypot(dx, dy) || 1;
      return [px + (far * dx) / length, py + (far * dy) / length];
    };
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    for (const k of [0, 1]) {
      const half = k ? this.by : this.bx;
      const at = (s, far) => (k ? out(nearX, s, far) : out(s, nearY, far));
      const ends = [at(-half, 0), at(half, 0)];
      const length = Math.hypot(ends[1][0] - ends[0][0], ends[1][1] - ends[0][1]);
      const ticks = niceTicks(...t.view[k], Math.max(1, Math.min(5, length / (70 * unit))));
      ctx.font = `${12 * unit}px ${this.font}`;
      ctx.fillStyle = inks.ink;
      tickLabels(ticks).forEach((label, n) => {
        const [low, high] = t.view[k];
        const s = (((ticks[n] - low) / (high - low)) * 2 - 1) * half;
        if (Math.abs(s) < 0.96 * half) ctx.fillText(label, ...at(s, 16 * unit));
      });
      ctx.font = `italic ${13 * unit}px ${this.font}`;
      ctx.fillStyle = inks.soft;
      ctx.fillText(symbolOf(t.coordinates?.[k] ?? "xy"[k]), ...at(0, 38 * unit));
    }
  }

  // --- pointer and keyboard ------------------------------------------------------------------------

  turn(azimuth, elevation, zoom = 1) {
    const { orbit } = this;
    orbit.azimuth += azimuth;
    orbit.elevation = Math.max(0.08, Math.min(1.5, orbit.elevation + elevation));
    orbit.zoom = Math.max(0.5, Math.min(4, orbit.zoom * zoom));
    this.touch(true);
  }

  pointerDown(px, py, event) {
    this.fingers ??= new Map();
    this.fingers.set(event.pointerId, [px, py]);
    this.dragged = 0;
    if (this.shares && this.onStart(px, py, event.pointerType === "touch" ? 26 : 16)) super.pointerDown(px, py);
  }

  pointerMove(px, py, event) {
    const before = this.fingers?.get(event.pointerId);
    if (this.moving || !before) { super.pointerMove(px, py); return; }
    const [dx, dy] = [px - before[0], py - before[1]];
    this.dragged += Math.hypot(dx, dy);
    if (this.fingers.size === 2) {
      const other = [...this.fingers].find(([id]) => id !== event.pointerId)[1];
      const apart = (p) => Math.hypot(p[0] - other[0], p[1] - other[1]);
      this.turn(0, 0, apart([px, py]) / Math.max(1, apart(before)));
    } else if (this.dragged > 4) {
      this.turn(-0.008 * dx, 0.008 * dy);
    }
    this.fingers.set(event.pointerId, [px, py]);
  }

  pointerUp(px, py, event) {
    const wasDown = this.fingers?.delete(event.pointerId);
    if (this.moving) { super.pointerUp(px, py); return; }
    const click = wasDown && this.dragged <= 4 && event.type === "pointerup";
    if (click && (this.picking || !this.show.locked)) this.moveTo(this.locate(px, py), true);
  }

  wheel(event) {
    if (this.front.ownerDocument.activeElement !== this.front) return; // the page scrolls past
    event.preventDefault();
    this.turn(0, 0, Math.exp(-0.0015 * event.deltaY));
  }

  /** Arrows turn the view, with Shift they move the start (or the guess); + and - zoom. */
  key(event, down) {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (way && (event.shiftKey || this.keyMoves)) {
      this.keyMoves = down;
      return super.key({ key: event.key }, down);
    }
    const zoom = { "+": 1.1, "=": 1.1, "-": 1 / 1.1 }[event.key];
    if (down && way) this.turn(-0.08 * way[0], 0.08 * way[1]);
    else if (down && zoom) this.turn(0, 0, zoom);
    return Boolean(way || zoom);
  }
}
