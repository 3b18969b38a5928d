// The flat stage: a map of the landscape (or the curve of a 1-D one) with the optimizers on it.
//
// Two canvases lie on each other. The ground (terrain, contour lines, basins, critical points, axes) is drawn
// when it changes; the front (trails, heads, start, quadratic model) whenever the frame changes.
//
// Both stages share one interface, `StageBase`:
//   setTerrain(t)      decodeTerrain's result, or null
//   setBasin(b)        decodeBasin's result, or null
//   setWalks(list)     [{id, family, color, outline, marker, dash, label, x, y, rows, kind, diverged_at}]
//   setFrames(map)     Map from walk id to the row its head stands at (the last row if missing)
//   setQuadratic(list) quadraticOf's result (codec.js), or null while it is not known
//   setStart(point), setGuess([{id, point}], picking): with `picking`, clicks and arrows place a guess
//   setShow({critical, quadratic, basin, trails, hideFuture, locked}) any of them; locked: nothing moves the start
//   setTheme("light" | "dark"), setLarge(bool), resize(), draw(), describe(), destroy()
// Handlers: {onStart(point, final), onGuess(point), onHover(text), onContext(lost)}, each optional.
// Every setter asks for a redraw in the next animation frame; draw() draws at once what has changed.
import {
  bandColors, clipToFrame, contourLines, contourLinks, ellipseFromHessian, formatNumber, makeScale, marksEvery, paintBands, riseOf,
  sameScale, sampleGrid,
} from "./geometry.js";
import {
  describeStage, drawFuture, drawGuesses, drawHeads, drawKind, drawModel, drawStart, drawTrails, traceTrail,
} from "./codec.js";
import { PEN, basinImage, drawAxes, drawSection, fitCanvas, hatchPattern } from "./charts.js";

/** A coordinate that arithmetic can go on with, where float32 has overflowed to infinity. */
function bounded(value) {
  return Math.max(-3.4e38, Math.min(3.4e38, value));
}

/** What the flat and the solid stage share: their state, the pointer, the keyboard, the words. */
export class StageBase {
  constructor(container, palette, handlers = {}) {
    this.palette = palette;
    this.handlers = handlers;
    this.theme = "light";
    this.large = false;
    this.terrain = null;
    this.basin = null;
    this.walks = [];
    this.frames = new Map();
    this.quadratic = new Map();
    this.rise = null;
    this.start = null;
    this.guesses = [];
    this.picking = false;
    this.show = { critical: true, quadratic: true, basin: false, trails: true, hideFuture: false, locked: false };
    this.width = this.height = 0;
    this.ratio = 1;
    this.held = false;
    this.taken = []; // boxes of tags, so that they do not cover one another
    this.groundDirty = this.frontDirty = true;
    this.ticket = 0;
    this.abort = new AbortController();

    this.root = document.createElement("div");
    this.root.className = "tl-stage";
    this.root.style.cssText = "position:relative;width:100%;height:100%;min-height:0;overflow:hidden";
    this.ground = this.addCanvas();
    this.front = this.addCanvas();
    this.front.tabIndex = 0;
    this.front.style.touchAction = "none";
    this.front.dataset.lmSuppressShortcuts = "true";
    this.front.dataset.testid = "stage";
    this.front.setAttribute("role", "application");
    this.front.setAttribute("aria-roledescription", "landscape");
    container.append(this.root);
    this.listen();
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.root);
  }

  addCanvas() {
    const canvas = document.createElement("canvas");
    canvas.style.cssText = "position:absolute;left:0;top:0;width:100%;height:100%;display:block";
    this.root.append(canvas);
    return canvas;
  }

  // --- state ---------------------------------------------------------------------------------------

  get inks() { return this.palette.themes[this.theme]; }
  get unit() { return this.large ? 1.6 : 1; }
  get dim() { return this.terrain?.dim ?? 2; }

  setTerrain(terrain) { this.terrain = terrain; this.terrainChanged(); this.touch(true); }
  setBasin(basin) { this.basin = basin ?? null; this.basinChanged(); this.touch(true); }
  setWalks(walks) { this.walks = walks.map((walk) => ({ ...walk })); this.walksChanged(); this.touch(); }
  setStart(point) { this.start = point ? [...point] : null; this.touch(); }
  setFrames(frames) { this.frames = frames; this.touch(); }
  setGuess(guesses, picking = false) { this.guesses = guesses ?? []; this.picking = picking; this.touch(); }

  setTheme(theme) {
    const next = theme === "dark" ? "dark" : "light";
    if (next !== this.theme) { this.theme = next; this.touch(true); }
  }

  setLarge(large) {
    if (Boolean(large) !== this.large) { this.large = Boolean(large); this.sizeChanged(); this.touch(true); }
  }

  setShow(show) {
    const { critical, basin } = this.show;
    Object.assign(this.show, show);
    this.showChanged();
    this.touch(critical !== this.show.critical || basin !== this.show.basin);
  }

  setQuadratic(list) {
    this.quadratic = new Map((list ?? []).map((item) => [item.id, item]));
    this.rise = null; // one height for the whole picture, chosen when it is drawn
    this.touch();
  }

  terrainChanged() {}
  basinChanged() {}
  walksChanged() {}
  sizeChanged() {}
  showChanged() {}

  /** The row a walk's head stands at. */
  rowOf(walk) {
    const row = this.frames.get(walk.id) ?? walk.rows - 1;
    return Math.max(0, Math.min(walk.rows - 1, Math.floor(row)));
  }

  touch(ground = false) {
    this.frontDirty = true;
    if (ground) this.groundDirty = true;
    if (!this.ticket) this.ticket = requestAnimationFrame(() => { this.ticket = 0; this.draw(); });
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.root;
    const ratio = window.devicePixelRatio || 1;
    if (!width || !height || (width === this.width && height === this.height && ratio === this.ratio)) return;
    Object.assign(this, { width, height, ratio });
    this.font = getComputedStyle(this.root).fontFamily || "sans-serif";
    for (const canvas of this.root.querySelectorAll("canvas")) fitCanvas(canvas, width, height, ratio);
    this.sizeChanged();
    this.groundDirty = this.frontDirty = true;
    this.draw();
  }

  draw() {
    if (this.ticket) { cancelAnimationFrame(this.ticket); this.ticket = 0; }
    if (!this.width) { this.resize(); return; }
    if (this.groundDirty) { this.drawGround(); this.groundDirty = false; this.frontDirty = true; }
    if (this.frontDirty) { this.drawFront(); this.frontDirty = false; }
  }

  destroy() {
    this.abort.abort();
    this.observer.disconnect();
    if (this.ticket) cancelAnimationFrame(this.ticket);
    this.ticket = -1; // no further redraw
    for (const canvas of this.root.querySelectorAll("canvas")) canvas.width = canvas.height = 0;
    this.root.remove();
  }

  // --- pointer and keyboard ------------------------------------------------------------------------

  listen() {
    const on = (type, act) => this.front.addEventListener(type, act, { signal: this.abort.signal });
    const place = (event) => {
      const box = this.front.getBoundingClientRect();
      const scale = box.width / this.width || 1; // a transformed ancestor
      return [(event.clientX - box.left) / scale, (event.clientY - box.top) / scale];
    };
    on("pointerdown", (event) => {
      if (event.button !== 0) return;
      this.front.focus({ preventScroll: true });
      this.front.setPointerCapture(event.pointerId);
      this.pointerDown(...place(event), event);
    });
    on("pointermove", (event) => this.pointerMove(...place(event), event));
    for (const type of ["pointerup", "pointercancel"]) on(type, (event) => this.pointerUp(...place(event), event));
    on("pointerleave", () => this.handlers.onHover?.(""));
    on("keydown", (event) => { if (this.key(event, true)) { event.preventDefault(); event.stopPropagation(); } });
    on("keyup", (event) => { if (this.key(event, false)) event.stopPropagation(); });
  }

  pointerDown(px, py) {
    this.moving = this.picking || !this.show.locked;
    if (this.moving) this.moveTo(this.locate(px, py), false);
  }

  pointerMove(px, py) {
    if (this.moving) this.moveTo(this.locate(px, py), false);
    else this.hover(px, py);
  }

  pointerUp(px, py) {
    if (!this.moving) return;
    this.moving = false;
    this.moveTo(this.locate(px, py), true);
  }

  moveTo(point, final) {
    this.held = !final && !this.picking;
    const target = point ?? (final && !this.picking ? this.start : null);
    this.touch();
    if (!target) return;
    if (this.picking) { this.handlers.onGuess?.([...target]); return; }
    this.setStart(target);
    this.handlers.onStart?.([...target], final);
  }

  hover(px, py) {
    if (!this.handlers.onHover || !this.terrain) return;
    const point = this.locate(px, py);
    if (!point) { this.handlers.onHover(""); return; }
    const { loss, rows, columns, view, coordinates } = this.terrain;
    const value = sampleGrid(loss, rows, columns, view, point[0], point[1]);
    const where = point.map((c, k) => `${coordinates[k]} = ${formatNumber(c)}`).join(", ");
    this.handlers.onHover(Number.isFinite(value) ? `${where}: loss about ${formatNumber(value)}` : where);
  }

  /** Arrow keys move the start (or the guess) by 1 % of the window, with Shift by 10 %. */
  key(event, down) {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] }[event.key];
    if (!way || !this.terrain || event.ctrlKey || event.metaKey || event.altKey) return false;
    if (this.show.locked && !this.picking) return true;
    const last = this.guesses[this.guesses.length - 1]?.point;
    const from = this.picking ? last ?? this.terrain.view.map(([a, b]) => (a + b) / 2) : this.start;
    if (!from) return false;
    const share = event.shiftKey ? 0.1 : 0.01;
    const point = from.map((c, k) => c + (down ? way[k] * share * (this.terrain.view[k][1] - this.terrain.view[k][0]) : 0));
    if (down || !this.picking) this.moveTo(point, !down);
    return true;
  }

  // --- words ---------------------------------------------------------------------------------------

  /** The picture in words, for screen readers. */
  describe() { return describeStage(this); }

  /** One height for all curvature ellipses of the picture: round, and the same from frame to frame. */
  chooseRise() {
    if (this.rise !== null || !this.quadratic.size || !this.terrain) return this.rise;
    const span = Math.min(...this.terrain.view.map(([a, b]) => b - a));
    this.rise = riseOf([...this.quadratic.values()], span);
    return this.rise;
  }
}

/** The flat stage. */
export class Stage2D extends StageBase {
  constructor(container, palette, handlers) {
    super(container, palette, handlers);
    this.middle = this.addCanvas(); // the faint whole trails, which playing does not change
    this.root.insertBefore(this.middle, this.front);
    this.bitmap = document.createElement("canvas");
    this.basinBitmap = document.createElement("canvas");
    this.scale = null;
    this.lines = null;
    this.resize();
  }

  destroy() {
    this.bitmap.width = this.basinBitmap.width = 0;
    super.destroy();
  }

  terrainChanged() { this.scale = null; this.rise = null; }
  sizeChanged() { this.scale = null; }
  walksChanged() { this.trailsDirty = true; }
  showChanged() { this.trailsDirty = true; }

  basinChanged() {
    if (this.basin) basinImage(this.basin, this.palette, this.basinBitmap);
  }

  // --- geometry ------------------------------------------------------------------------------------

  /** Find the frame and the scale, and paint what depends on them and on the terrain alone. */
  layOut() {
    const { terrain: t, unit } = this;
    const margin = { left: 52 * unit, right: 14 * unit, top: 22 * unit, bottom: 38 * unit };
    const width = Math.max(40, this.width - margin.left - margin.right);
    const height = Math.max(40, this.height - margin.top - margin.bottom);
    const view = t.dim === 1 ? [t.view[0], lossRange(t)] : t.view;
    const fit = makeScale(view, width, height, t.dim === 2 && sameScale(view), margin.left, margin.top);
    const snap = (value) => Math.round(value * this.ratio) / this.ratio; // the frame on whole device pixels
    const [left, top] = [snap(fit.left), snap(fit.top)];
    this.scale = makeScale(view, snap(fit.width), snap(fit.height), false, left, top);
    this.trailsDirty = true;
    this.lines = new Path2D();
    if (t.dim === 2) { this.paintMap(); this.traceLines(); }
  }

  paintMap() {
    const { terrain: t, scale } = this;
    const full = scale.width * scale.height * this.ratio ** 2;
    const most = t.final === false ? 2.5e5 : 1.6e6; // coarse while something is dragged
    const shrink = Math.min(1, Math.sqrt(most / full)) * this.ratio;
    const w = Math.max(1, Math.round(scale.width * shrink));
    const h = Math.max(1, Math.round(scale.height * shrink));
    fitCanvas(this.bitmap, w, h, 1);
    const ctx = this.bitmap.getContext("2d");
    const image = ctx.createImageData(w, h);
    const colors = bandColors(this.palette.terrain.stops, t.edges.length - 1);
    paintBands(new Uint32Array(image.data.buffer), w, h, t.loss, t.rows, t.columns, t.edges, colors);
    ctx.putImageData(image, 0, 0);
  }

  traceLines() {
    const { terrain: t, scale, lines } = this;
    const links = contourLinks(t.rows, t.columns);
    const sx = scale.width / (t.columns - 1);
    const sy = scale.height / (t.rows - 1);
    const bottom = scale.top + scale.height;
    for (const level of t.edges.slice(1, -1)) {
      for (const line of contourLines(t.loss, t.rows, t.columns, level, links)) {
        lines.moveTo(scale.left + sx * line[0], bottom - sy * line[1]);
        for (let k = 2; k < line.length; k += 2) lines.lineTo(scale.left + sx * line[k], bottom - sy * line[k + 1]);
      }
    }
  }

  layTrails() {
    const { scale, terrain: t } = this;
    const frame = [scale.left, scale.top, scale.left + scale.width, scale.top + scale.height];
    for (const walk of this.walks) {
      const xs = new Float64Array(walk.rows);
      const ys = new Float64Array(walk.rows);
      for (let k = 0; k < walk.rows; k += 1) {
        xs[k] = scale.ax * bounded(walk.x[k]) + scale.bx;
        ys[k] = scale.ay * (t.dim === 1 ? this.lift(walk.x[k]) : bounded(walk.y[k])) + scale.by;
      }
      walk.xs = xs;
      walk.ys = ys;
      walk.trail = clipToFrame(xs, ys, walk.rows, frame);
      walk.whole = new Path2D();
      traceTrail(walk.whole, walk.trail, walk.trail.count);
      walk.dashes = (walk.dash ?? []).map((part) => part * 2.5 * this.unit);
    }
    this.every = marksEvery(Math.max(1, ...this.walks.map((walk) => walk.rows)));
    this.trailsDirty = false;
    this.drawMiddle();
  }

  /** The loss on the drawn curve of a 1-D landscape; beyond the window, that at its end. */
  lift(x) {
    const { loss, columns, view } = this.terrain;
    return sampleGrid(loss, 1, columns, view, Math.max(view[0][0], Math.min(view[0][1], x)), 0);
  }

  locate(px, py) {
    if (!this.scale) return null;
    const { scale: s } = this;
    const x = s.fromX(Math.max(s.left, Math.min(s.left + s.width, px)));
    return this.dim === 1 ? [x] : [x, s.fromY(Math.max(s.top, Math.min(s.top + s.height, py)))];
  }

  /** Where a walk's head stands: fills `out` {x, y, outside, dx, dy, hidden}; false when it is nowhere. */
  headAt(walk, row, out) {
    const { trail, xs, ys } = walk;
    out.x = xs[row];
    out.y = ys[row];
    out.hidden = false;
    out.outside = !this.scale.holds(out.x, out.y);
    return !out.outside || this.leavingAt(trail, trail.upto[row] - 1, out);
  }

  leavingAt(trail, k, out) {
    if (k < 1) return false;
    out.x = trail.x[k]; // the last vertex drawn: where it left
    out.y = trail.y[k];
    const length = Math.hypot(out.x - trail.x[k - 1], out.y - trail.y[k - 1]) || 1;
    out.dx = (out.x - trail.x[k - 1]) / length;
    out.dy = (out.y - trail.y[k - 1]) / length;
    return true;
  }

  spot(point) {
    const { scale: s } = this;
    return [s.ax * point[0] + s.bx, s.ay * (this.dim === 1 ? this.lift(point[0]) : point[1]) + s.by];
  }

  // --- the ground ----------------------------------------------------------------------------------

  drawGround() {
    const ctx = this.ground.getContext("2d");
    ctx.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    ctx.clearRect(0, 0, this.width, this.height);
    if (!this.terrain) return;
    if (!this.scale) this.layOut();
    const { scale: s, terrain: t } = this;
    this.clipToMap(ctx);
    if (t.dim === 1) this.drawCut(ctx); else this.drawMap(ctx);
    ctx.restore();
    drawAxes(ctx, s, {
      font: this.font, unit: this.unit, ratio: this.ratio, inks: this.inks, open: t.dim === 1,
      xName: t.coordinates[0], yName: t.dim === 1 ? "loss" : t.coordinates[1],
    });
    if (this.show.critical) this.drawCritical(ctx);
  }

  drawMap(ctx) {
    const { scale: s, palette } = this;
    ctx.fillStyle = hatchPattern(ctx, palette, this.theme, this.ratio);
    ctx.fillRect(s.left, s.top, s.width, s.height);
    if (this.show.basin && this.basin) {
      ctx.imageSmoothingEnabled = false;
      ctx.drawImage(this.basinBitmap, s.left, s.top, s.width, s.height);
      ctx.imageSmoothingEnabled = true;
      ctx.globalCompositeOperation = "soft-light"; // the hills stay visible under the colours
      ctx.globalAlpha = 0.55;
    }
    ctx.drawImage(this.bitmap, s.left, s.top, s.width, s.height);
    ctx.globalCompositeOperation = "source-over";
    ctx.globalAlpha = this.palette.terrain.line_alpha;
    ctx.strokeStyle = this.palette.terrain.line;
    ctx.lineWidth = 0.8 * this.unit;
    ctx.lineJoin = "round";
    ctx.stroke(this.lines);
    ctx.globalAlpha = 1;
  }

  drawCut(ctx) {
    const { scale: s, terrain, palette, unit } = this;
    const colors = bandColors(palette.terrain.stops, terrain.edges.length - 1);
    drawSection(ctx, s, terrain, colors, this.inks.ink, 2 * unit);
    if (!this.show.basin || !this.basin) return;
    const box = [s.left, s.top + s.height - 14 * unit, s.width, 14 * unit];
    ctx.fillStyle = hatchPattern(ctx, palette, this.theme, this.ratio);
    ctx.fillRect(...box);
    ctx.imageSmoothingEnabled = false;
    ctx.drawImage(this.basinBitmap, ...box);
  }

  drawCritical(ctx) {
    const { scale: s, terrain: t, palette, unit } = this;
    const numbered = this.show.basin && this.basin ? this.basin.minima ?? [] : [];
    const few = numbered.length <= 2 * palette.basins.length;
    const mark = (point, kind, size, text) => {
      const [x, y] = this.spot(point);
      if (!s.holds(x, y)) return;
      drawKind(ctx, palette, kind, x, y, size * unit);
      if (!text) return;
      ctx.font = `600 ${11 * unit}px ${this.font}`;
      ctx.fillStyle = palette.kinds.minimum.outline;
      ctx.textAlign = "center";
      ctx.textBaseline = "middle";
      ctx.fillText(text, x, y + 0.5);
    };
    for (const { point, kind } of t.critical ?? []) {
      if (!(numbered.length && kind === "minimum")) mark(point, kind, 9);
    }
    numbered.forEach(({ point }, n) => mark(point, "minimum", few ? 16 : 9, few ? String(n + 1) : ""));
  }

  // --- the front -----------------------------------------------------------------------------------

  drawFront() {
    const ctx = this.front.getContext("2d", PEN);
    ctx.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    ctx.clearRect(0, 0, this.width, this.height);
    if (!this.terrain) return;
    if (this.trailsDirty) this.layTrails();
    const { scale: s } = this;
    this.clipToMap(ctx);
    if (this.show.trails) drawTrails(ctx, this);
    const known = this.show.quadratic && this.drawQuadratic(ctx);
    ctx.restore();
    if (known && this.dim === 2) this.drawNote(ctx, `quadratic model at the heads: exact, ±${formatNumber(this.rise)}`);
    if (this.start) drawStart(ctx, this.palette, ...this.spot(this.start), 14 * this.unit, this.held);
    drawHeads(ctx, this, s);
    drawGuesses(ctx, this);
  }

  drawMiddle() {
    const ctx = this.middle.getContext("2d", PEN);
    ctx.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    ctx.clearRect(0, 0, this.width, this.height);
    if (this.show.trails && !this.show.hideFuture) drawFuture(ctx, this);
  }

  clipToMap(ctx) {
    const { scale: s } = this;
    ctx.save();
    ctx.beginPath();
    ctx.rect(s.left, s.top, s.width, s.height);
    ctx.clip();
  }

  drawQuadratic(ctx) {
    const rise = this.chooseRise();
    if (rise === null) return false;
    const { scale: s, palette, unit } = this;
    const reach = 0.14 * Math.min(s.width, s.height);
    for (const walk of this.walks) {
      const known = this.quadratic.get(walk.id);
      const row = this.rowOf(walk);
      if (!known || row >= known.hxx.length || !s.holds(walk.xs[row], walk.ys[row])) continue;
      if (!known.hyy) { this.drawParabola(ctx, walk, known, row); continue; }
      const model = ellipseFromHessian(known.hxx[row], known.hxy[row], known.hyy[row], rise);
      drawModel(ctx, palette, model, s, walk.xs[row], walk.ys[row], 1.1 * unit, reach);
    }
    return true;
  }

  /** A short note above the frame, at its right end. */
  drawNote(ctx, text) {
    const { scale: s, unit } = this;
    ctx.font = `${11 * unit}px ${this.font}`;
    ctx.fillStyle = this.inks.soft;
    ctx.textAlign = "right";
    ctx.textBaseline = "bottom";
    ctx.fillText(text, s.left + s.width, s.top - 4 * unit);
  }

  /** The parabola that touches a 1-D landscape at the head: exact slope and curvature. */
  drawParabola(ctx, walk, known, row) {
    const { scale: s } = this;
    const y = this.lift(walk.x[row]);
    ctx.beginPath();
    for (let d = -0.17 * s.width; d <= 0.17 * s.width; d += 3) {
      const step = d / s.ax;
      ctx.lineTo(walk.xs[row] + d, s.ay * (y + known.gx[row] * step + (known.hxx[row] * step * step) / 2) + s.by);
    }
    ctx.strokeStyle = walk.color;
    ctx.lineWidth = 1.5 * this.unit;
    ctx.setLineDash([5, 4]);
    ctx.stroke();
    ctx.setLineDash([]);
  }
}

/** The losses a 1-D stage shows: those of the curve, with some air. */
function lossRange(terrain) {
  let low = Infinity;
  let high = -Infinity;
  for (const value of terrain.loss) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (!(high > low)) return Number.isFinite(low) ? [low - 1, low + 1] : [0, 1];
  return [low - 0.14 * (high - low), high + 0.08 * (high - low)];
}
