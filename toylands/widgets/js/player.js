// The clock that plays a run, and the outbox of changes on their way to the kernel. Pure: no DOM.

/** Plays frames 0..frames at `speed` frames a second; a frame is one step or one gradient evaluation. */
export class Player {
  constructor({ frames = 0, speed = 60, reducedMotion = false, onframe = null, onstate = null } = {}) {
    this.frames = frames;
    this.speed = speed;
    this.reducedMotion = reducedMotion;
    this.onframe = onframe;
    this.onstate = onstate;
    this.playing = false;
    // The wanted frame may lie beyond the last one: a run that is shortened and then lengthened again
    // while a slider is dragged must come back to where the scrub bar was.
    this.wanted = 0;
    this.last = null;
  }

  get frame() {
    return Math.min(Math.floor(this.wanted + 1e-9), this.frames);
  }

  get atEnd() {
    return this.frame >= this.frames;
  }

  setFrames(frames) {
    this.frames = Math.max(0, frames);
  }

  play() {
    if (this.playing) return;
    if (this.atEnd) this.seek(0);
    if (this.reducedMotion) {
      this.seek(this.frames);
      return;
    }
    this.last = null;
    this.playing = true;
    this.onstate?.(true);
  }

  pause() {
    if (!this.playing) return;
    this.playing = false;
    this.wanted = this.frame;
    this.onstate?.(false);
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  stepForward() {
    this.pause();
    this.seek(this.frame + 1);
  }

  stepBack() {
    this.pause();
    this.seek(this.frame - 1);
  }

  seek(frame) {
    const before = this.frame;
    this.wanted = Math.min(Math.max(0, Number.isFinite(frame) ? frame : 0), this.frames);
    if (this.frame !== before) this.onframe?.(this.frame);
  }

  /** Show the last frame, also of a run that is going to be longer. */
  toEnd() {
    const before = this.frame;
    this.wanted = Infinity;
    if (this.frame !== before) this.onframe?.(this.frame);
  }

  /** Advance to the time `now` in milliseconds and return the frame to draw. */
  tick(now) {
    if (!this.playing) return this.frame;
    // A tab in the background gets no ticks: do not make up for more than a quarter of a second.
    const passed = this.last === null ? 0 : Math.min(Math.max(now - this.last, 0), 250);
    this.last = now;
    const before = this.frame;
    this.wanted = Math.min(this.wanted + (passed / 1000) * this.speed, this.frames);
    if (this.frame !== before) this.onframe?.(this.frame);
    if (this.atEnd) this.pause();
    return this.frame;
  }
}

// Entries that replace others of the scene: a change waiting for these is out of date.
const REPLACES = {
  landscape: (path) => /^(params|start|view|text)(\.|$)/.test(path),
  preset: (path) => !/^(mode|axis|loss_scale|show)(\.|$)/.test(path),
  state: () => true,
  scene: () => true,
};

/**
 * Changes not yet acknowledged by the kernel.
 *
 * ipywidgets sends only the last value of a trait while a message is in flight, so every patch carries
 * all changes that have not been acknowledged. Nothing waits for an acknowledgement.
 */
export class Outbox {
  constructor() {
    this.waiting = new Map();
  }

  get empty() {
    return this.waiting.size === 0;
  }

  /** Add changes by dotted path; returns the patch number `n` to send. */
  put(n, changes, final) {
    for (const [path, value] of Object.entries(changes)) {
      const replaces = REPLACES[path] ?? ((other) => other.startsWith(`${path}.`));
      for (const other of [...this.waiting.keys()]) if (replaces(other)) this.waiting.delete(other);
      this.waiting.delete(path); // the order of a Map is the order of insertion
      this.waiting.set(path, { n, value });
    }
    return { n, final, ...this.changes() };
  }

  /** The kernel has seen every patch up to number `n`. */
  acknowledge(n) {
    for (const [path, entry] of this.waiting) if (entry.n <= n) this.waiting.delete(path);
  }

  changes() {
    return Object.fromEntries([...this.waiting].map(([path, { value }]) => [path, value]));
  }
}

/** Apply changes by dotted path to a scene, in place; what only the kernel can work out is left out. */
export function applyChanges(scene, changes) {
  for (const [path, value] of Object.entries(changes)) {
    if (path === "preset" || path === "state") continue;
    if (path === "scene") {
      for (const key of Object.keys(scene)) delete scene[key];
      Object.assign(scene, structuredClone(value));
      continue;
    }
    const keys = path.split(".");
    const last = keys.pop();
    let place = scene;
    for (const key of keys) place = place?.[key];
    if (place !== null && typeof place === "object") place[last] = structuredClone(value);
  }
  return scene;
}

/** The scenes before and after each change, so that a change can be undone and done again. */
export class History {
  constructor(most = 100) {
    Object.assign(this, { most, past: [], future: [], before: null });
  }

  /** A change is about to be made to `scene`; a drag is one change, which ends with its final part. */
  note(scene, final) {
    this.before ??= structuredClone(scene);
    if (!final) return;
    this.past.push(this.before);
    if (this.past.length > this.most) this.past.shift();
    this.before = null;
    this.future = [];
  }

  /** The last change was refused: there is nothing of it to undo. */
  forget() {
    if (this.before === null) this.past.pop();
    this.before = null;
  }

  /** The scene before the last change that made a difference to `scene`, or null. */
  undo(scene) { return this.turn(this.past, this.future, scene); }

  /** The scene before the last undoing, or null. */
  redo(scene) { return this.turn(this.future, this.past, scene); }

  turn(from, to, scene) {
    const now = JSON.stringify(scene);
    while (from.length) {
      const other = from.pop();
      if (JSON.stringify(other) === now) continue;
      to.push(structuredClone(scene));
      return other;
    }
    return null;
  }
}

/** Choose the speed (frames a second) that plays a run in about five seconds. */
export function suitableSpeed(frames, speeds) {
  return speeds.reduce((best, speed) =>
    Math.abs(Math.log(speed / (frames / 5 || 1))) < Math.abs(Math.log(best / (frames / 5 || 1))) ? speed : best,
  );
}
