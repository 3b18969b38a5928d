// What all views of one model share: changes on their way, the decoded picture, the clock, the guesses.
import { decodeBasin, decodeDetails, decodeTerrain, decodeWalks } from "./codec.js";
import { missingOf } from "./predict.js";
import { familyOf, nameOfEntry } from "./parts.js";
import { History, Outbox, Player, applyChanges, suitableSpeed } from "./player.js";

export const SPEEDS = [2, 5, 15, 30, 60, 120, 300];

// Changes that the page itself draws nothing for: only the kernel's answer changes the picture.
const NUMBERS = /^(lr|start|params\..*|noise|seed|optimizers\.\d+\.(lr|hyper|wrap).*)$/;

// A view gets its own proxy of the model, but the static catalog is one object for all of them.
const hubsByCatalog = new WeakMap();

export function hubOf(model) {
  const key = model.get("catalog");
  if (!hubsByCatalog.has(key)) hubsByCatalog.set(key, new Hub(model));
  return hubsByCatalog.get(key);
}

class Hub {
  constructor(model) {
    this.model = model;
    this.views = new Set();
    this.outbox = new Outbox();
    this.history = new History();
    this.asked = []; // [{n, paths, part}]: who waits for the answer to which change
    this.hand = null; // the part that is being used
    this.refusal = ""; // the kernel's last one
    this.said = ""; // the same where no part shows it
    this.seq = null;
    this.known = new Map();
    this.caches = {};
    this.rateFactors = new Map();
    this.walks = [];
    this.picture = null;
    this.terrain = null;
    this.basin = null;
    this.details = null;
    this.opened = new Set();
    this.unfolded = false;
    this.exact = false;
    this.chart = "loss";
    this.preset = null;
    this.insideOf = null;
    this.limitsKnown = true;
    this.forgetGuesses();
    const still = globalThis.matchMedia?.("(prefers-reduced-motion: reduce)").matches ?? false;
    this.player = new Player({
      reducedMotion: still,
      onframe: (frame) => {
        this.model.set("cursor", frame);
        if (this.waiting && this.player.atEnd) this.reveal();
      },
      onstate: () => this.announce("playing"),
    });
    this.receive();
    this.speedChosen = false;
    this.measureRun();
    const cursor = model.get("cursor");
    this.player.wanted = cursor < 0 ? Infinity : cursor;
    this.waiting = model.get("waits") && cursor < 0;
    if (this.predicting || this.waiting) this.player.wanted = 0;
  }

  get scene() {
    return this.model.get("scene");
  }

  announce(what) {
    for (const view of this.views) view.heard(what);
  }

  // --- to the kernel ------------------------------------------------------------------------------

  /** Show a change at once in every view, and send it; the kernel answers with a picture. */
  send(changes, final) {
    if (!changes.scene) this.history.note(this.scene, final);
    const paths = Object.keys(changes);
    applyChanges(this.scene, changes);
    if (changes.preset) this.preset = changes.preset;
    else if (paths.some((path) => /^(landscape|params|optimizers|lr|start|state|scene|schedule|noise)/.test(path))) this.preset = null;
    if (paths.some((path) => /\.(hyper|wrap)\.|^(optimizers|scene)$/.test(path))) this.limitsKnown = false;
    if (paths.some((path) => /^(landscape|preset|state)$/.test(path))) { // another scene: its own end, not this one's
      this.player.pause();
      this.player.toEnd();
    }
    // Another question needs another guess; how the scene is viewed does not change the question.
    const viewing = /^(show|axis|loss_scale|basin_of|view|frozen)/;
    if (!paths.every((path) => viewing.test(path))) {
      this.forgetGuesses();
      if (this.waiting) this.reveal();
    }
    if (changes.mode === "predict" || (this.predicting && !this.guessed)) this.player.seek(0);
    this.measureRun();
    const n = (this.model.get("patch").n ?? 0) + 1;
    this.asked.push({ n, paths, part: this.hand });
    this.model.set("patch", this.outbox.put(n, changes, final));
    this.model.save_changes();
    this.announce(paths.every((path) => NUMBERS.test(path)) ? "numbers" : "scene");
  }

  /** Go back to the scene before the last change (`way` "undo"), or forward again ("redo"); false at the end. */
  turnBack(way) {
    const scene = this.history[way](this.scene);
    if (scene) {
      this.hand = null;
      this.send({ scene }, true);
    }
    return Boolean(scene);
  }

  /** The kernel has answered all patches up to `seen`: a refusal is told where it was asked for, else by the views. */
  hearAnswer(seen, error) {
    const answered = this.asked.filter(({ n }) => n <= seen);
    this.asked = this.asked.filter(({ n }) => n > seen);
    const fresh = error !== this.refusal;
    this.refusal = error;
    if (error === "" || (!answered.length && fresh)) this.said = error;
    if (error === "" || !answered.length) return;
    this.history.forget();
    const place = /^([a-z_.0-9]+):/.exec(error)?.[1];
    const mine = answered.find(({ paths }) => place && paths.some((path) => path === place || path.startsWith(`${place}.`)));
    const { part } = mine ?? answered.at(-1);
    this.said = part?.refuse ? "" : error;
    part?.refuse?.(error);
  }

  /** The kernel's scene has come: what it has not yet seen stays on top of it. */
  sceneCame() {
    applyChanges(this.scene, this.outbox.changes());
    this.measureRun();
  }

  // --- from the kernel ----------------------------------------------------------------------------

  /** Decode the newest picture once for all views; true when there was a new one. */
  receive() {
    const { model } = this;
    const seq = model.get("seq");
    if (seq === this.seq) return false;
    this.seq = seq;
    this.outbox.acknowledge(model.get("seen"));
    this.hearAnswer(model.get("seen"), model.get("error"));
    // Frozen: the old picture stays until the teacher reveals the new one.
    if (this.scene.frozen && this.picture) return true;
    const picture = model.get("picture");
    this.picture = picture;
    this.terrain = this.decoded("terrain", model.get("terrain"), model.get("terrain_meta"), decodeTerrain);
    const { basin } = this.scene.show;
    this.basin = basin && model.get("basin_meta").rows
      ? this.decoded("basin", model.get("basin"), model.get("basin_meta"), decodeBasin)
      : null;
    const exact = picture.final;
    this.details = exact
      ? this.decoded("details", model.get("details"), model.get("details_meta"), decodeDetails)
      : null;
    if (exact) this.limitsKnown = true;
    const paths = decodeWalks(model.get("walks"), picture);
    this.walks = picture.walks.map((meta, k) => {
      const merged = { ...this.known.get(meta.id), ...meta };
      this.known.set(meta.id, merged);
      return this.complete({ ...merged, ...paths[k] });
    });
    this.measureRun();
    return true;
  }

  // The kernel sends a trait again only when it has changed.
  decoded(name, bytes, meta, decode) {
    const cache = this.caches[name];
    if (cache && cache.bytes === bytes && cache.meta === meta) return cache.made;
    const made = decode(bytes, meta);
    this.caches[name] = { bytes, meta, made };
    return made;
  }

  /** A walk with its best known curves, the meter lr * lambda and its limit. */
  complete(walk) {
    const entry = this.scene.optimizers.find((one) => one.id === walk.id);
    const perStep = walk.per_step ?? 1;
    const limit = this.limitsKnown ? (walk.limit ?? null) : null;
    const table = this.details?.get(walk.id)?.columns;
    const lr = entry ? (entry.lr ?? this.scene.lr) : walk.lr;
    const scheduled = this.scene.schedule.name !== "constant";
    if (table && scheduled) {
      this.rateFactors.set(walk.id, table.lr.map((rate) => rate / walk.lr));
    }
    const factors = scheduled ? this.rateFactors.get(walk.id) : null;
    const rate = (k) => {
      // At the end the rate of the last step; a walk without one has no rate in its table.
      if (table && (scheduled || walk.rows > 1)) return table.lr[Math.min(k, walk.rows - 2)];
      return factors ? lr * (factors[Math.min(k, factors.length - 2)] ?? 1) : lr;
    };
    const sharpness = table?.sharpness ?? walk.sharpness;
    return {
      ...walk,
      family: entry ? familyOf(entry) : walk.family,
      name: entry ? nameOfEntry(entry) : walk.name,
      loss: table?.loss ?? walk.loss,
      gradNorm: table?.grad_norm ?? walk.gradNorm,
      meter: Array.from(sharpness, (value, k) => value * rate(k)),
      limit,
      perStep,
    };
  }

  // --- the clock ----------------------------------------------------------------------------------

  /** The number of frames depends on the steps and on what one frame is. */
  measureRun() {
    const { scene } = this;
    const evaluations = scene.axis === "evaluations";
    const most = Math.max(1, ...this.walks.map((walk) => walk.perStep));
    this.player.setFrames(scene.steps * (evaluations ? most : 1));
    if (!this.speedChosen) this.player.speed = suitableSpeed(this.player.frames, SPEEDS);
  }

  /** The row of a walk's tables at the frame shown. */
  rowOf(walk) {
    const frame = this.player.frame;
    const step = this.scene.axis === "evaluations" ? Math.floor(frame / walk.perStep) : frame;
    return Math.min(Math.floor(step / (walk.every ?? 1)), walk.rows - 1);
  }

  seek(frame) {
    if (this.locked) return;
    this.player.pause();
    this.player.seek(frame);
  }

  // --- predictions --------------------------------------------------------------------------------

  get predicting() {
    return this.scene.mode === "predict";
  }

  /** Nothing may move before the class has committed itself. */
  get locked() {
    return this.predicting && !this.guessed;
  }

  /** Whether what lies beyond the frame must stay unseen. */
  get hiding() {
    return this.waiting || (this.predicting && !this.revealed);
  }

  /** A run that waited to be played shows itself: at its end, or when the hand has changed something. */
  reveal() {
    this.waiting = false;
    if (!this.predicting) this.player.seek(this.player.frames);
    this.announce("guess");
  }

  forgetGuesses() {
    this.guesses = {};
    this.guessed = false;
    this.revealed = false;
    this.guessing = null;
    if (this.predicting) this.player?.pause(); // otherwise a run that plays goes on playing
  }

  /** The optimizer whose end point a click on the map sets. */
  get active() {
    const ending = this.scene.optimizers.filter((entry) => entry.on && this.guesses[entry.id]?.outcome !== "diverged");
    const open = ending.find((entry) => missingOf(this.guesses[entry.id], this.scene.start.length).includes("an end point"));
    const chosen = ending.find((entry) => entry.id === this.guessing);
    return (chosen ?? open ?? ending[0])?.id;
  }

  guess(id, change) {
    const old = this.guesses[id] ?? {};
    this.guessing = id;
    if ("axis" in change) {
      // A point half typed is kept for its boxes but does not count yet.
      const half = [...(old.half ?? this.scene.start.map(() => null))];
      half[change.axis] = change.value;
      this.guesses[id] = { ...old, half, end: half.includes(null) ? null : half };
    } else {
      this.guesses[id] = { ...old, ...change };
      if (change.end) this.guesses[id].half = change.end;
    }
    this.announce("guess");
  }

  lockGuesses() {
    const sent = {};
    for (const entry of this.scene.optimizers.filter((one) => one.on)) {
      const { outcome, end, steps } = this.guesses[entry.id];
      sent[entry.id] = {
        outcome,
        end: outcome === "diverged" ? null : end,
        steps: outcome === "running" ? null : steps,
      };
    }
    this.guessed = true;
    this.model.set("prediction", sent);
    this.model.save_changes();
    this.announce("guess");
  }

  predictAgain() {
    this.forgetGuesses();
    this.player.seek(0);
    this.model.set("prediction", {});
    this.model.save_changes();
    this.announce("guess");
  }
}
