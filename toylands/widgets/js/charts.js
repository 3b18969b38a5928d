// The charts beside the stage, in step with it: loss, gradient norm, and the stability meter lr * lambda_max.
import { clipSegment, thinLine } from "./clipping.js";
import { formatNumber, isOver, logTicks, makeScale, niceTicks, powerOfTen, tickLabels } from "./geometry.js";
import { PEN, drawMarker, fitCanvas } from "./marks.js";

// ------------------------------------------------------------------------------------------ the charts

/** A chart that would be less high leaves its room to the others. */
const LEAST_HIGH = 96;

/** The red of "above the stability limit"; no optimizer and no terrain has it. */
export const ALARM = { light: "#C4122F", dark: "#FF6474" };

/** The finite values of some curves: [lowest, highest, lowest above zero], or null where there are none. */
function rangeOf(curves, key) {
  let [low, high, least] = [Infinity, -Infinity, Infinity];
  for (const curve of curves) {
    for (const value of curve[key] ?? []) {
      if (!Number.isFinite(value)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
      if (value > 0 && value < least) least = value;
    }
  }
  return high >= low ? [low, high, least] : null;
}

/**
 * The vertical window of a chart: {low, high, log, note}, in log10 where log is true; null without values.
 *
 * A chart asked to be logarithmic is linear, and says so, where a value is below zero (by more than a rounding
 * error of the first value) or none is above. Its top is
 * at most a thousand times the largest first value, so that a walk that diverges does not flatten the others (on a
 * logarithmic one higher for a walk that comes back), and it ends 16 decades (the precision of a double) further
 * down. The meter shows zero, its limits, and at most three
 * times the largest of them. Where a curve leaves the window, the note says how far it goes.
 */
export function chartWindow(curves, key, wantLog) {
  const bound = curves.filter((curve) => curve.limit !== null && curve.limit !== undefined);
  const range = rangeOf(key === "meter" && bound.length ? bound : curves, key);
  if (!range) return null;
  const [low, high, least] = range;
  if (key === "meter") {
    const limit = Math.max(0, ...bound.map((curve) => curve.limit));
    const top = limit ? Math.min(Math.max(high, 1.25 * limit), 3 * limit) : high;
    const bottom = Math.max(Math.min(0, low), limit ? -0.5 * limit : -Infinity);
    const end = top > bottom ? top + 0.04 * (top - bottom) : bottom + 1;
    return { low: bottom, high: end, log: false, note: high > end ? `up to ${formatNumber(high)}` : "" };
  }
  const first = Math.max(0, ...curves.map((curve) => Math.abs(curve[key]?.[0] ?? 0)).filter(Number.isFinite));
  const rounding = 8 * Number.EPSILON * first; // a loss of zero may come out as -1e-17
  const log = wantLog && low >= -rounding && least < Infinity;
  let ceiling = 1e3 * first;
  for (const curve of log ? curves : []) { // one that climbs and comes back is shown whole
    const values = Array.from(curve[key] ?? []).filter(Number.isFinite);
    if (values.at(-1) <= 1e3 * first) ceiling = Math.max(ceiling, ...values);
  }
  const most = first > 0 ? Math.min(high, ceiling) : high;
  const beyond = high > most ? `up to ${formatNumber(high)}` : "";
  if (log) {
    const top = Math.log10(most);
    const bottom = Math.min(Math.max(Math.log10(least), top - 16), top);
    const air = Math.max(0.05 * (top - bottom), 0.1);
    const under = least < 10 ** (top - 16) ? `down to ${formatNumber(least)}` : "";
    const below = low < 0 ? "rounding errors below 0 not shown" : "";
    return { low: bottom - air, high: top + air, log: true, note: [beyond, under, below].filter(Boolean).join(", ") };
  }
  const air = 0.05 * (most - low) || 1;
  const why = wantLog ? (low < 0 ? "linear: values below 0" : "linear: no value above 0") : "";
  return { low: low - air, high: most + air, log: false, note: [why, beyond].filter(Boolean).join(", ") };
}

/**
 * The pieces of a curve above a limit, cut where it crosses: {at, values, pen}, `at` in rows and parts of a row.
 *
 * A curve that keeps to its limit has none, as half of a thick line drawn there would.
 */
export function piecesAbove(values, limit) {
  const [at, out, pen] = [[], [], []];
  const put = (place, value, draw) => { at.push(place); out.push(value); pen.push(draw); };
  let above = false;
  for (let k = 0; k < values.length; k += 1) {
    const [value, before] = [values[k], values[k - 1]];
    const joined = Number.isFinite(value) && Number.isFinite(before);
    const over = Number.isFinite(value) && isOver(value, limit);
    const crossing = k - 1 + Math.max(0, (limit - before) / (value - before));
    if (over && !above && joined) put(crossing, limit, false);
    if (over) put(k, value, joined);
    else if (above && joined) put(crossing, limit, true);
    above = over;
  }
  return { at, values: out, pen };
}

/**
 * Where a label of size [width, height] goes beside its limit's line at height y: [left, top, width, height].
 *
 * Above the line, else below, at the right end of `span` or further left in it: at the first place that no curve
 * crosses and no label of `taken` has (the place found is added), else at the first without a label.
 */
export function placeLabel(curves, taken, [from, to], y, [width, height]) {
  const boxes = [0, 1, 2, 3].flatMap((n) =>
    [y - 2 - height, y + 4].map((top) => [to - width - n * (width + 10), top, width, height]));
  const part = [0, 1];
  const crossed = ([l, t, w, h]) => curves.some(({ xs, ys, pen }) =>
    xs.some((x, k) => pen[k] && clipSegment(xs[k - 1], ys[k - 1], x, ys[k], [l - 2, t, l + w + 2, t + h], part)));
  const apart = ([l, t, w, h]) => taken.every((o) => l >= o[0] + o[2] + 4 || o[0] >= l + w + 4 || t >= o[1] + o[3] || o[1] >= t + h);
  const open = boxes.filter((one) => one[0] >= from && apart(one));
  const box = open.find((one) => !crossed(one)) ?? open[0] ?? boxes[0];
  taken.push(box);
  return box;
}

/**
 * Three small charts under each other with one cursor.
 *
 * setWalks([{id, color, outline, marker, dash, label, loss, gradNorm, meter (or null), limit (or null), perStep, every}]),
 * setFrame(f) in units of the axis, setAxis("steps" | "evaluations"), setScale("log" | "linear"),
 * setShow({hideFuture, locked}), setTheme, setLarge, resize, draw, describe, destroy.
 * setWanted(key) chooses which is kept where not all have room. Handlers: {onScrub(frame, final), onFit(all of them)}.
 */
export class Charts {
  constructor(container, palette, handlers = {}) {
    Object.assign(this, { palette, handlers, theme: "light", large: false, walks: [], axis: "steps", log: true, wanted: "loss" });
    Object.assign(this, { frame: 0, width: 0, height: 0, ratio: 1, ticket: 0, panels: [] });
    this.show = { hideFuture: false, locked: false };
    this.layoutDirty = this.frontDirty = true;
    this.root = document.createElement("div");
    this.root.className = "tl-charts";
    this.root.style.cssText = "position:relative;width:100%;height:100%;min-height:0;overflow:hidden";
    [this.ground, this.strong, this.front] = [0, 1, 2].map(() => {
      const canvas = document.createElement("canvas");
      canvas.style.cssText = "position:absolute;left:0;top:0;width:100%;height:100%;display:block";
      this.root.append(canvas);
      return canvas;
    });
    this.front.style.touchAction = "pan-y";
    this.front.dataset.testid = "charts";
    this.front.setAttribute("role", "img");
    container.append(this.root);
    this.abort = new AbortController();
    this.listen();
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.root);
    this.resize();
  }

  setWalks(walks) { this.walks = walks; this.touch(true); }
  setAxis(axis) { if (axis !== this.axis) { this.axis = axis; this.touch(true); } }

  setScale(scale) {
    const log = scale !== "linear";
    if (log !== this.log) { this.log = log; this.touch(true); }
  }

  setShow(show) { Object.assign(this.show, show); this.touch(true); }
  setTheme(theme) { this.theme = theme === "dark" ? "dark" : "light"; this.touch(true); }
  setLarge(large) { this.large = Boolean(large); this.touch(true); }
  /** The chart that is shown first; the others where there is room for them. */
  setWanted(key) { if (key !== this.wanted) { this.wanted = key; this.touch(true); } }
  setFrame(frame) {
    if (frame === this.frame) return;
    this.frame = frame;
    this.touch(this.ahead !== frame < this.last);
  }

  touch(layout = false) {
    this.frontDirty = true;
    if (layout) this.layoutDirty = true;
    if (!this.ticket) this.ticket = requestAnimationFrame(() => { this.ticket = 0; this.draw(); });
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.root;
    const ratio = window.devicePixelRatio || 1;
    if (!width || !height || (width === this.width && height === this.height && ratio === this.ratio)) return;
    Object.assign(this, { width, height, ratio });
    this.font = getComputedStyle(this.root).fontFamily || "sans-serif";
    for (const canvas of [this.ground, this.strong, this.front]) fitCanvas(canvas, width, height, ratio);
    this.layoutDirty = true;
    this.draw();
  }

  draw() {
    if (this.ticket) { cancelAnimationFrame(this.ticket); this.ticket = 0; }
    if (!this.width) { this.resize(); return; }
    if (this.layoutDirty) { this.layOut(); this.drawGround(); this.layoutDirty = false; this.frontDirty = true; }
    if (this.frontDirty) { this.drawFront(); this.frontDirty = false; }
  }

  destroy() {
    this.abort.abort();
    this.observer.disconnect();
    if (this.ticket) cancelAnimationFrame(this.ticket);
    this.ticket = -1;
    for (const canvas of [this.ground, this.strong, this.front]) canvas.width = canvas.height = 0;
    this.root.remove();
  }

  listen() {
    const on = (type, act) => this.front.addEventListener(type, act, { signal: this.abort.signal });
    const scrub = (event, final) => {
      if (this.show.locked || !this.panels.length) return;
      const s = this.panels[0].scale;
      const x = event.clientX - this.front.getBoundingClientRect().left;
      this.handlers.onScrub?.(Math.max(0, Math.min(this.last, Math.round(s.fromX(x)))), final);
    };
    on("pointerdown", (event) => {
      if (event.button !== 0) return;
      this.front.setPointerCapture(event.pointerId);
      this.scrubbing = true;
      scrub(event, false);
    });
    on("pointermove", (event) => { if (this.scrubbing) scrub(event, false); });
    for (const type of ["pointerup", "pointercancel"]) {
      on(type, (event) => { if (this.scrubbing) { this.scrubbing = false; scrub(event, true); } });
    }
  }

  /** How far a walk has come along the x-axis at a row: `every` steps lie between two rows. */
  across(walk, row) { return row * (walk.every ?? 1) * (this.axis === "evaluations" ? walk.perStep ?? 1 : 1); }

  rowAt(walk, frame) {
    const row = Math.floor(frame / this.across(walk, 1) + 1e-9);
    return Math.max(0, Math.min((walk.loss?.length ?? 1) - 1, row));
  }

  // --- layout --------------------------------------------------------------------------------------

  layOut() {
    const unit = this.large ? 1.5 : 1;
    const meters = this.walks.some((walk) => walk.meter);
    const all = [
      { key: "loss", title: "loss" },
      { key: "gradNorm", title: "gradient norm" },
      ...(meters ? [{ key: "meter", title: "stability meter: lr × λₘₐₓ" }] : []),
    ];
    // As many as have room, the wanted one first to be kept; the meter before the gradient.
    const rank = ({ key }) => (key === this.wanted ? 0 : 1 + ["loss", "meter", "gradNorm"].indexOf(key));
    const fits = Math.max(1, Math.min(all.length, Math.floor(this.height / (LEAST_HIGH * unit))));
    const kept = new Set([...all].sort((p, q) => rank(p) - rank(q)).slice(0, fits));
    const wanted = all.filter((panel) => kept.has(panel));
    this.handlers.onFit?.(fits === all.length);
    this.last = Math.max(1, ...this.walks.map((walk) => this.across(walk, (walk.loss?.length ?? 1) - 1)));
    const [left, right, under] = [50 * unit, 14 * unit, 36 * unit];
    const high = (this.height - under) / wanted.length;
    this.panels = wanted.map((panel, n) => {
      const range = chartWindow(this.walks, panel.key, panel.key !== "meter" && this.log);
      const view = [[0, this.last], range ? [range.low, range.high] : [0, 1]];
      const scale = makeScale(view, Math.max(20, this.width - left - right), Math.max(12, high - 30 * unit), false, left, n * high + 22 * unit);
      const made = { ...panel, range, scale };
      made.curves = range ? this.walks.map((walk) => this.traceCurve(walk, made)) : [];
      return made;
    });
    this.ahead = this.frame < this.last; // at the end the strong curves cover the faint ones
  }

  /** A curve in pixels {xs, ys, pen} and as a path; a meter's with the part above its limit, `alarm`. */
  traceCurve(walk, { key, range, scale }) {
    const values = walk[key] ?? [];
    const [xs, ys, pen] = [[], [], []];
    let drawing = false;
    const px = (at) => scale.x(this.across(walk, at));
    const py = (value) => Math.max(-1e6, Math.min(1e6, scale.y(value))); // far off: the panel clips it
    for (let k = 0; k < values.length; k += 1) {
      const value = range.log ? Math.log10(Math.max(values[k], 0)) : values[k];
      if (!Number.isFinite(value)) { drawing = false; continue; }
      xs.push(px(k));
      ys.push(py(value));
      pen.push(drawing);
      drawing = true;
    }
    const traced = (us, vs, pens) => {
      const path = new Path2D();
      thinLine(us, vs, us.length, (k) => pens[k], (x, y) => path.moveTo(x, y), (x, y) => path.lineTo(x, y));
      return path;
    };
    const curve = { xs, ys, pen, path: traced(xs, ys, pen), alarm: null };
    if (key === "meter" && walk.limit) {
      const above = piecesAbove(values, walk.limit);
      if (above.at.length) curve.alarm = traced(above.at.map(px), above.values.map(py), above.pen);
    }
    return curve;
  }

  // --- drawing -------------------------------------------------------------------------------------

  /** A canvas's context, wiped, in CSS pixels. */
  wiped(canvas) {
    const ctx = canvas.getContext("2d", PEN);
    ctx.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    ctx.clearRect(0, 0, this.width, this.height);
    return ctx;
  }

  drawGround() {
    const ctx = this.wiped(this.ground);
    const strong = this.wiped(this.strong); // shown up to the cursor by a clip: playing draws no curve again
    const unit = this.large ? 1.5 : 1;
    const inks = this.palette.themes[this.theme];
    const line = Math.max(1, Math.round(this.ratio)) / this.ratio;
    const snap = (value) => Math.round(value * this.ratio) / this.ratio + line / 2;
    for (const [n, panel] of this.panels.entries()) {
      const { scale: s, range } = panel;
      const bottom = s.top + s.height;
      ctx.lineWidth = line;
      ctx.font = `600 ${12 * unit}px ${this.font}`;
      ctx.fillStyle = inks.ink;
      ctx.textAlign = "left";
      ctx.textBaseline = "bottom";
      ctx.fillText(panel.title, s.left, s.top - 5 * unit, s.width);
      const room = s.width - ctx.measureText(panel.title).width - 8 * unit; // beside the title
      ctx.font = `${11.5 * unit}px ${this.font}`;
      ctx.fillStyle = inks.soft;
      if (range?.note) {
        ctx.textAlign = "right";
        // Narrower letters than these cannot be read: then it stands under the title, in the chart's corner.
        const beside = room >= 0.75 * ctx.measureText(range.note).width;
        if (!beside) ctx.textBaseline = "top";
        ctx.fillText(range.note, s.left + s.width, beside ? s.top - 5 * unit : s.top + 2 * unit, beside ? room : s.width);
      }
      if (range) this.drawTicks(ctx, panel, inks, unit, snap);
      const labels = panel.key === "meter" && range ? this.drawLimits(ctx, panel, inks, unit, snap) : [];
      const across = niceTicks(0, this.last, Math.max(2, Math.min(6, s.width / (70 * unit))));
      ctx.beginPath();
      ctx.strokeStyle = inks.soft;
      ctx.moveTo(s.left, snap(bottom));
      ctx.lineTo(s.left + s.width, snap(bottom));
      for (const tick of across) { ctx.moveTo(snap(s.x(tick)), bottom); ctx.lineTo(snap(s.x(tick)), bottom + 4 * unit); }
      ctx.stroke();
      if (n === this.panels.length - 1) {
        ctx.textBaseline = "top";
        ctx.textAlign = "center";
        ctx.fillStyle = inks.ink;
        tickLabels(across).forEach((label, k) => ctx.fillText(label, s.x(across[k]), bottom + 7 * unit));
        ctx.fillStyle = inks.soft;
        ctx.fillText(this.axis === "evaluations" ? "gradient evaluations" : "steps", s.left + s.width / 2, bottom + 23 * unit);
      }
      if (!this.show.hideFuture && this.ahead) this.drawCurves(ctx, panel, unit, 0.32, 1.3);
      this.drawCurves(strong, panel, unit, 1, 1.9);
      for (const pen of [ctx, strong]) this.drawLabels(pen, labels, inks, unit);
    }
  }

  drawTicks(ctx, { scale: s, range }, inks, unit, snap) {
    const count = Math.max(2, Math.min(5, s.height / (24 * unit)));
    const ticks = range.log ? logTicks(10 ** range.low, 10 ** range.high, count) : niceTicks(range.low, range.high, count);
    const power = (t) => powerOfTen(Math.round(Math.log10(t)));
    const whole = ticks.every((t) => Math.abs(Math.log10(t) - Math.round(Math.log10(t))) < 1e-9);
    const plain = ticks.every((t) => t >= 1e-3 && t <= 1e4);
    const labels = range.log ? ticks.map((t) => (whole && !plain ? power(t) : formatNumber(t))) : tickLabels(ticks);
    ctx.textAlign = "right";
    ctx.textBaseline = "middle";
    ctx.beginPath();
    ticks.forEach((tick, k) => {
      const y = snap(s.y(range.log ? Math.log10(tick) : tick));
      ctx.moveTo(s.left, y);
      ctx.lineTo(s.left + s.width, y);
      ctx.fillStyle = inks.ink;
      ctx.fillText(labels[k], s.left - 6 * unit, y);
    });
    ctx.strokeStyle = inks.grid;
    ctx.stroke();
  }

  /** The stability limits as dashed lines, several walks with the same one sharing it; returns their labels. */
  drawLimits(ctx, { scale: s, curves }, inks, unit, snap) {
    const limits = new Map();
    for (const walk of this.walks) {
      if (walk.limit !== null && walk.limit !== undefined && walk.meter) {
        limits.set(walk.limit, [...(limits.get(walk.limit) ?? []), walk]);
      }
    }
    const span = [s.left, s.left + s.width - 8 * unit]; // clear of the cursor and the heads at the end of a run
    const [labels, taken] = [[], []];
    for (const [limit, walks] of [...limits].sort((p, q) => q[0] - p[0])) {
      const y = snap(s.y(limit));
      if (y < s.top - 1) continue;
      ctx.strokeStyle = walks.length === 1 ? walks[0].color : inks.ink;
      ctx.lineWidth = 1.4 * unit;
      ctx.setLineDash([5 * unit, 3 * unit]);
      ctx.beginPath();
      ctx.moveTo(s.left, y);
      ctx.lineTo(s.left + s.width, y);
      ctx.stroke();
      ctx.setLineDash([]);
      const text = `limit ${formatNumber(limit)}`;
      labels.push({ text, box: placeLabel(curves, taken, span, y, [ctx.measureText(text).width, 12 * unit]) });
    }
    ctx.lineWidth = 1;
    return labels;
  }

  /** Labels over the curves, each with a rim of paper: some have no place that no curve crosses. */
  drawLabels(ctx, labels, inks, unit) {
    ctx.font = `${11.5 * unit}px ${this.font}`;
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    ctx.lineJoin = "round";
    for (const { text, box: [left, top, , height] } of labels) {
      ctx.strokeStyle = inks.paper;
      ctx.lineWidth = 4 * unit;
      ctx.strokeText(text, left, top + height / 2);
      ctx.fillStyle = inks.ink;
      ctx.fillText(text, left, top + height / 2);
    }
    ctx.lineWidth = 1;
  }

  drawCurves(ctx, panel, unit, alpha, width) {
    const { scale: s } = panel;
    ctx.save();
    ctx.beginPath();
    ctx.rect(s.left, s.top - 2, s.width, s.height + 3);
    ctx.clip();
    ctx.globalAlpha = alpha;
    ctx.lineJoin = "round";
    panel.curves.forEach(({ path, alarm }, n) => {
      const walk = this.walks[n];
      if (alpha === 1) {
        ctx.strokeStyle = this.theme === "dark" && walk.color === "#000000" ? "#FFFFFF" : walk.outline;
        ctx.globalAlpha = 0.4;
        ctx.lineWidth = (width + 0.8) * unit;
        ctx.stroke(path);
        ctx.globalAlpha = 1;
      }
      ctx.strokeStyle = walk.color;
      ctx.lineWidth = width * unit;
      ctx.setLineDash((walk.dash ?? []).map((part) => part * width * unit));
      ctx.stroke(path);
      ctx.setLineDash([]);
      if (!alarm) return;
      ctx.strokeStyle = ALARM[this.theme];
      ctx.lineWidth = 1.5 * width * unit;
      ctx.stroke(alarm);
    });
    ctx.restore();
  }

  drawFront() {
    const ctx = this.wiped(this.front);
    const unit = this.large ? 1.5 : 1;
    if (!this.panels.length) return;
    const x = this.panels[0].scale.x(Math.min(this.frame, this.last));
    this.strong.style.clipPath = `inset(0 ${Math.max(0, this.width - x)}px 0 0)`;
    for (const panel of this.panels) {
      const { scale: s, range } = panel;
      if (!range) continue;
      ctx.beginPath();
      ctx.moveTo(x, s.top);
      ctx.lineTo(x, s.top + s.height);
      ctx.strokeStyle = this.palette.themes[this.theme].soft;
      ctx.lineWidth = 1;
      ctx.stroke();
      for (const walk of this.walks) this.drawDot(ctx, panel, walk, unit);
    }
  }

  drawDot(ctx, { key, range, scale: s }, walk, unit) {
    const row = this.rowAt(walk, this.frame);
    const value = walk[key]?.[row];
    const y = s.y(range.log ? Math.log10(Math.max(value, 0)) : value);
    if (!Number.isFinite(y) || y > s.top + s.height + 1) return;
    const over = key === "meter" && walk.limit && isOver(value, walk.limit);
    const place = Math.max(y, s.top); // off the chart: held at its upper edge
    const style = over ? { ...walk, color: ALARM[this.theme], outline: this.palette.themes[this.theme].paper } : walk;
    drawMarker(ctx, this.palette, style, s.x(this.across(walk, row)), place, 8.5 * unit, 1.2 * unit);
  }

  /** The charts in words: where each walk stands at the cursor. */
  describe() {
    const unitName = this.axis === "evaluations" ? "gradient evaluations" : "steps";
    const parts = this.walks.map((walk) => {
      const row = this.rowAt(walk, this.frame);
      const value = (key) => (walk[key] ? formatNumber(walk[key][row]) : "not known");
      const meter = walk.meter ? `, lr times largest eigenvalue ${value("meter")}${walk.limit ? ` (limit ${formatNumber(walk.limit)})` : ""}` : "";
      return `${walk.label ?? walk.id}: loss ${value("loss")}, gradient norm ${value("gradNorm")}${meter}.`;
    });
    return `Charts over ${unitName}, at ${formatNumber(this.frame)}. ${parts.join(" ")}`;
  }
}
