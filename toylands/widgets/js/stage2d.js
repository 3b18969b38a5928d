// The flat stage: a map of the landscape (or the curve of a 1-D one) with the optimizers on it.
//
// Three canvases lie on each other. The ground (terrain, contour lines, basins, critical points, axes) and the middle
// (the faint whole trails) are drawn when they change; the front (trails, heads, start, quadratic model) whenever the
// frame changes.
import { clipToFrame } from "./clipping.js";
import {
  bandColors, contourLines, contourLinks, ellipseFromHessian, formatNumber, makeScale, marksEvery,
  paintBands, sameScale, sampleGrid,
} from "./geometry.js";
import {
  PEN, basinImage, drawAxes, drawGuesses, drawHeads, drawKind, drawModel, drawSection, drawStart, fitCanvas, hatchPattern,
  markSize,
} from "./marks.js";
import { StageBase } from "./stage.js";
import { crowdOf, drawFuture, drawTrails, traceTrail } from "./trails.js";

/** A coordinate that arithmetic can go on with, where float32 has overflowed to infinity. */
function bounded(value) {
  return Math.max(-3.4e38, Math.min(3.4e38, value));
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
    this.middleBlank = true;
    this.resize();
  }

  destroy() {
    this.bitmap.width = this.basinBitmap.width = 0;
    super.destroy();
  }

  terrainChanged() {
    this.scale = null;
    if (this.terrain?.final !== false) this.rise = null;
  }
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
      traceTrail(walk.whole, walk.trail, 0, walk.trail.count);
      walk.crowd = crowdOf(walk.trail.x, walk.trail.y, walk.trail.pen, walk.trail.count, 4.5 * this.unit);
      walk.dashes = (walk.dash ?? []).map((part) => part * 2.5 * this.unit);
    }
    this.every = marksEvery(Math.max(1, ...this.walks.map((walk) => walk.rows)));
    this.trailsDirty = false;
    this.middleDirty = true;
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
    const size = markSize(t.critical?.length ?? 0);
    for (const { point, kind } of t.critical ?? []) {
      if (!(numbered.length && (kind === "minimum" || kind === "equilibrium"))) mark(point, kind, size);
    }
    numbered.forEach(({ point, kind }, n) => {
      const sign = kind === "equilibrium" ? kind : "minimum";
      mark(point, sign, few ? 16 : size, few ? String(n + 1) : "");
    });
  }

  // --- the front -----------------------------------------------------------------------------------

  drawFront() {
    const ctx = this.front.getContext("2d", PEN);
    ctx.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    ctx.clearRect(0, 0, this.width, this.height);
    if (!this.terrain) return;
    if (this.trailsDirty) this.layTrails();
    if (this.middleDirty) this.drawMiddle();
    const { scale: s } = this;
    this.clipToMap(ctx);
    if (this.show.trails) drawTrails(ctx, this);
    const known = this.show.quadratic && this.drawQuadratic(ctx);
    ctx.restore();
    this.front.dataset.level = known ? String(this.rise) : "";
    if (known && this.dim === 2) this.drawNote(ctx, `quadratic model at the heads: exact, ±${formatNumber(this.rise)}`, "right");
    const some = this.show.critical && this.terrain.critical_complete === false;
    if (some && !(known && s.width < 480 * this.unit)) this.drawNote(ctx, "too many stationary points to mark all", "left");
    if (this.start) drawStart(ctx, this.palette, ...this.spot(this.start), 14 * this.unit, this.held);
    drawHeads(ctx, this, s);
    drawGuesses(ctx, this);
  }

  /** At the end of a run the trails cover the faint ones, which are then left for when they can be seen. */
  drawMiddle() {
    const ahead = this.walks.some((walk) => this.rowOf(walk) < walk.rows - 1);
    const wanted = ahead && this.show.trails && !this.show.hideFuture;
    if (!wanted && this.middleBlank) return;
    const ctx = this.middle.getContext("2d", PEN);
    ctx.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    ctx.clearRect(0, 0, this.width, this.height);
    if (wanted) drawFuture(ctx, this);
    this.middleBlank = !wanted;
    this.middleDirty = !wanted;
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
      const bend = this.bendAt(walk);
      if (!bend || !s.holds(walk.xs[bend.row], walk.ys[bend.row])) continue;
      const { row } = bend;
      if (bend.hyy === null) { this.drawParabola(ctx, walk, bend); continue; }
      const model = ellipseFromHessian(bend.hxx, bend.hxy, bend.hyy, rise);
      drawModel(ctx, palette, model, s, (x, y) => [walk.xs[row] + x, walk.ys[row] + y], 1.1 * unit, reach);
    }
    return true;
  }

  /** A short note above the frame, at its left or right end. */
  drawNote(ctx, text, end) {
    const { scale: s, unit } = this;
    ctx.font = `${11 * unit}px ${this.font}`;
    ctx.fillStyle = this.inks.soft;
    ctx.textAlign = end;
    ctx.textBaseline = "bottom";
    ctx.fillText(text, end === "right" ? s.left + s.width : s.left, s.top - 4 * unit);
  }

  /** The parabola that touches a 1-D landscape at the head: exact slope and curvature. */
  drawParabola(ctx, walk, { row, gx, hxx }) {
    const { scale: s } = this;
    const y = this.lift(walk.x[row]);
    ctx.beginPath();
    for (let d = -0.17 * s.width; d <= 0.17 * s.width; d += 3) {
      const step = d / s.ax;
      ctx.lineTo(walk.xs[row] + d, s.ay * (y + gx * step + (hxx * step * step) / 2) + s.by);
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
