// What the flat and the solid stage share. The ground canvas is drawn when the scene changes, the front whenever the
// frame does.
//
// The interface of both stages:
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
import { fateAt } from "./codec.js";
import { formatNumber, riseOf, sampleGrid, symbolOf } from "./geometry.js";
import { LEFT, fitCanvas } from "./marks.js";

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
  setStart(point) {
    if (String(point) === String(this.start)) return; // a change elsewhere: nothing to draw
    this.start = point ? [...point] : null;
    this.touch();
  }
  setGuess(guesses, picking = false) { this.guesses = guesses ?? []; this.picking = picking; this.touch(); }

  setFrames(frames) {
    const same = frames.size === this.frames.size && [...frames].every(([id, row]) => this.frames.get(id) === row);
    if (same) return;
    this.frames = frames;
    this.touch();
    this.framesChanged();
  }

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
    // One height for the whole picture, chosen when it is drawn; while something is dragged it stays.
    if (!list?.some(({ only }) => only !== null)) this.rise = null;
    this.touch();
  }

  terrainChanged() {}
  basinChanged() {}
  walksChanged() {}
  framesChanged() {}
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
    if (this.groundDirty) { this.drawGround(); this.groundDirty = false; this.frontDirty = true; this.hover(); }
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
    on("pointermove", (event) => {
      this.pointer = place(event);
      this.pointerMove(...this.pointer, event);
      this.hover();
    });
    for (const type of ["pointerup", "pointercancel"]) on(type, (event) => this.pointerUp(...place(event), event));
    on("pointerleave", () => {
      this.pointer = null;
      this.handlers.onHover?.("");
    });
    on("keydown", (event) => { if (this.key(event, true)) { event.preventDefault(); event.stopPropagation(); } });
    on("keyup", (event) => { if (this.key(event, false)) event.stopPropagation(); });
  }

  pointerDown(px, py) {
    this.moving = this.picking || !this.show.locked;
    if (!this.moving) return;
    this.front.style.cursor = this.picking ? "crosshair" : "grabbing";
    this.moveTo(this.locate(px, py), false);
  }

  pointerMove(px, py) {
    if (this.moving) this.moveTo(this.locate(px, py), false);
    else this.front.style.cursor = this.cursorAt(px, py);
  }

  /** Whether a pixel is on the start, as far as it may be moved. */
  onStart(px, py, reach = 16) {
    const start = this.start && !this.picking && !this.show.locked && this.spot(this.start);
    return Boolean(start) && Math.hypot(start[0] - px, start[1] - py) < reach;
  }

  cursorAt(px, py) {
    if (this.onStart(px, py)) return "grab";
    return this.picking || !this.show.locked ? "crosshair" : "default";
  }

  pointerUp(px, py) {
    if (!this.moving) return;
    this.moving = false;
    this.moveTo(this.locate(px, py), true);
    this.front.style.cursor = this.cursorAt(px, py);
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

  /** Say what lies under the pointer, also when the ground there has changed. */
  hover() {
    if (!this.handlers.onHover || !this.terrain || !this.pointer) return;
    const point = this.locate(...this.pointer);
    if (!point) { this.handlers.onHover(""); return; }
    const { loss, rows, columns, view, coordinates } = this.terrain;
    const value = sampleGrid(loss, rows, columns, view, point[0], point[1]);
    const where = point.map((c, k) => `${symbolOf(coordinates[k])} = ${formatNumber(c)}`).join(", ");
    const fate = this.show.basin && this.basin ? fateAt(this.basin, point) : "";
    const said = Number.isFinite(value) ? `${where}: loss about ${formatNumber(value)}` : where;
    this.handlers.onHover(fate ? `${said}, ${this.basin.optimizer} ${fate}` : said);
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

  /** Where a walk's quadratic model is drawn, at its head: {row, gx, gy, hxx, hxy, hyy}, or null. */
  bendAt(walk) {
    const known = this.quadratic.get(walk.id);
    const bend = known?.at(known.only ?? this.rowOf(walk));
    return bend && bend.row < walk.rows && Number.isFinite(bend.hxx) ? bend : null;
  }

  /** One height for all curvature ellipses of the picture: round, and the same from frame to frame. */
  chooseRise() {
    if (this.rise !== null || !this.quadratic.size || !this.terrain) return this.rise;
    const { view } = this.terrain;
    const inside = (walk, row) => [walk.x, walk.y].every((list, k) => !list || (list[row] >= view[k][0] && list[row] <= view[k][1]));
    const bends = [];
    for (const walk of this.walks) { // of a walk that leaves, where it was seen last: far out everything is steep
      const known = this.quadratic.get(walk.id);
      let row = known?.only ?? walk.rows - 1;
      while (known && row >= 0 && !inside(walk, row)) row = known.only === null ? row - 1 : -1;
      if (known && row >= 0) bends.push(known.at(row));
    }
    this.rise = riseOf(bends.filter(Boolean), Math.min(...view.map(([a, b]) => b - a)));
    return this.rise;
  }
}

/** What a stage shows, in words, for screen readers. */
export function describeStage(stage) {
  const { terrain: t, start, walks } = stage;
  if (!t) return "No landscape yet.";
  const at = (point) => `(${point.map((c) => formatNumber(c)).join(", ")})`;
  const axes = t.view.map(([a, b], k) => `${t.coordinates?.[k] ?? "xy"[k]} from ${formatNumber(a)} to ${formatNumber(b)}`);
  const parts = [`${t.dim === 1 ? "Curve" : stage.solid ? "Surface" : "Map"} of ${t.name ?? "the loss"}, ${axes.join(", ")}.`];
  if (start) parts.push(`Start ${at(start)}.`);
  for (const walk of walks) {
    const row = stage.rowOf(walk);
    const gone = LEFT[walk.kind] && row === walk.rows - 1 ? `, ${LEFT[walk.kind]} at step ${walk.diverged_at}` : "";
    parts.push(`${walk.label ?? walk.family} at ${at(walk.y ? [walk.x[row], walk.y[row]] : [walk.x[row]])}, step ${row * (walk.every ?? 1)}${gone}.`);
  }
  return parts.join(" ");
}
