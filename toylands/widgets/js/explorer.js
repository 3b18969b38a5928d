// The explorer's page: puts stage, charts, transport, controls and panels together for one view.
import { Charts } from "./charts.js";
import { quadraticOf, quadraticOfBends } from "./codec.js";
import { dialsPart } from "./controls.js";
import { headerPart } from "./header.js";
import { helpDialog } from "./help.js";
import { hubOf } from "./hub.js";
import { actOnKey } from "./keys.js";
import { Slots, morePart } from "./more.js";
import { basinLegend, formulasPanel, heldEqual, insidePanel, readoutLines, readoutTable, sentenceOf } from "./panels.js";
import { choicePart, make, ownerOf, say, sceneStyles } from "./parts.js";
import { predictPanel } from "./predict.js";
import { Stage2D } from "./stage2d.js";
import { Stage3D } from "./stage3d.js";
import { noticePart, revealAfterRun, watchKernel, watchPixels, watchTheme } from "./surroundings.js";
import { ratePart, transportPart } from "./transport.js";

/** While a slider moves the charts follow this often, so that the map can follow every picture. */
const CHARTS_MS = 50;
/** How often numbers and words follow a run that plays or a slider that moves. */
const WORDS_MS = 120;

class ExplorerView {
  constructor(model, element) {
    this.model = model;
    this.hub = hubOf(model);
    this.hub.model = model;
    this.hub.views.add(this);
    this.abort = new AbortController();
    this.undoing = [];
    this.dirty = { picture: true, frame: true };
    this.canSolid = Stage3D.supported();
    this.build();
    element.append(this.root);
    this.listen();
    this.refreshControls();
    this.frameRequest = requestAnimationFrame((now) => this.paint(now));
    this.reveal = revealAfterRun(this.root, this.abort.signal);
  }

  get scene() { return this.hub.scene; }

  // --- building -----------------------------------------------------------------------------------

  build() {
    const { hub, model } = this;
    this.send = (changes, final) => {
      hub.send(changes, final);
      this.notices.expectAnswer();
    };
    const send = this.send;
    this.notices = noticePart(model, hub);
    this.help = helpDialog(PALETTE, () => ({
      theme: this.root.dataset.theme, style: this.styles?.values().next().value ?? sceneStyles(PALETTE, this.scene).values().next().value,
    }));
    this.header = headerPart({
      mode: (value) => send({ mode: value, ...(value === "teacher" ? {} : { frozen: false }) }, true),
      freeze: () => this.toggleFrozen(),
      undo: () => this.turnBack("undo"),
      fullScreen: () => this.toggleFullScreen(),
      help: () => this.help.show(),
    });
    this.stageBox = make("div", { class: "tl-stagebox", "data-testid": "stage-box" });
    this.hover = make("p", { class: "tl-hover", "aria-hidden": "true", "data-testid": "hover" });
    this.chartBox = make("div", { class: "tl-charts", "data-testid": "charts-box", role: "group", "aria-label": "Charts" });
    this.chartChoice = choicePart({
      label: "Chart", testid: "chart", hideLabel: true,
      options: [["loss", "loss"], ["gradNorm", "gradient"], ["meter", "lr × λ"]],
      send: (key) => {
        hub.chart = key;
        hub.announce("guess");
      },
    });
    this.transport = transportPart(hub, {
      play: () => this.togglePlay(),
      step: (way) => this.step(way),
      scrub: (frame) => this.scrubbed(frame),
      commit: () => this.model.save_changes(),
    });
    this.rate = ratePart(send);
    this.dials = new Slots([{
      key: (scene) => [scene.landscape, Object.keys(scene.params)],
      make: (scene) => dialsPart({ catalog: model.get("catalog"), scene, send }),
    }]);
    this.readout = readoutTable(PALETTE);
    this.basinKey = basinLegend(PALETTE);
    this.sentence = make("p", { class: "tl-words", "aria-live": "polite", "data-testid": "explain" });
    this.exact = make("button", {
      type: "button", class: "tl-button", "data-testid": "exact", title: "Gradient norms, rates and limits",
      onclick: () => {
        hub.exact = !hub.exact;
        hub.announce("guess");
      },
    }, "Numbers");
    this.predict = predictPanel({
      palette: PALETTE,
      onguess: (id, change) => hub.guess(id, change),
      onactive: (id) => {
        hub.guessing = id;
        hub.announce("guess");
        this.stage?.front?.focus({ preventScroll: true });
      },
      onlock: () => {
        hub.lockGuesses();
        this.transport.update();
        this.transport.play.focus();
      },
      onagain: () => hub.predictAgain(),
    });
    this.inside = insidePanel({
      onpick: (id) => {
        hub.insideOf = id;
        hub.announce("inside");
      },
    });
    this.formulas = formulasPanel();
    this.more = morePart({ hub, model, send, canSolid: () => this.canSolid, palette: PALETTE, formulas: this.formulas.root });
    const left = make("div", { class: "tl-left" },
      make("div", { class: "tl-stageframe" }, this.stageBox, this.hover, ...this.notices.roots), this.transport.root);
    const right = make("div", { class: "tl-right" },
      make("div", { class: "tl-set" }, this.rate.root, ...this.dials.roots, this.predict.root, this.readout.root),
      make("div", { class: "tl-see" }, this.basinKey.root, this.chartChoice.root, this.chartBox));
    this.root = make("div", { class: "tl-explorer", role: "group", "aria-label": "Loss landscape explorer", "data-testid": "explorer" },
      this.header.root, make("div", { class: "tl-main" }, left, right),
      make("div", { class: "tl-sentence" }, this.sentence, this.exact), this.inside.root, this.more.root, this.help.root);
    this.charts = new Charts(this.chartBox, PALETTE, {
      onScrub: (frame) => this.scrubbed(Math.round(frame)),
      onFit: (all) => (this.chartChoice.root.dataset.idle = String(all)),
    });
  }

  makeStage() {
    const solid = this.scene.show.three_d && this.canSolid && this.hub.terrain.dim === 2;
    if (this.stage && this.solid === solid) return;
    const focused = this.stageBox.contains(this.root.ownerDocument.activeElement);
    this.stage?.destroy();
    const handlers = {
      onStart: (point, final) => this.send({ start: this.rounded(point) }, final),
      onGuess: (point) => {
        const { active } = this.hub;
        if (active !== undefined) this.hub.guess(active, { end: this.rounded(point) });
      },
      onHover: (text) => (this.hover.textContent = text),
      onContext: (lost) => this.notices.say(lost ? "The graphics context was lost; restoring the 3-D surface." : ""),
    };
    this.solid = solid;
    this.settingShown = null;
    try {
      this.stage = new (solid ? Stage3D : Stage2D)(this.stageBox, PALETTE, handlers);
    } catch (error) {
      if (!solid) throw error;
      this.canSolid = this.solid = false;
      this.refreshControls();
      this.stage = new Stage2D(this.stageBox, PALETTE, handlers);
      this.notices.say(`No 3-D surface here (${error.message}); showing the map.`);
    }
    this.root.dataset.stage = this.solid ? "3d" : "2d";
    if (focused) this.stage.front?.focus({ preventScroll: true });
    this.stage.setTheme(this.root.dataset.theme);
  }

  // --- listening ----------------------------------------------------------------------------------

  listen() {
    const { model, hub } = this;
    const { signal } = this.abort;
    const on = (event, act) => {
      model.on(event, act);
      this.undoing.push(() => model.off(event, act));
    };
    on("change:seq", () => this.heard(hub.receive() ? "picture" : "seen"));
    on("change:scene", () => {
      if (hub.receive()) this.heard("picture"); // first whether it is what was asked for
      hub.sceneCame();
      hub.announce("scene");
    });
    on("change:state_string", () => this.refreshControls());
    on("change:verdict", () => this.heard("guess"));
    on("change:cursor", () => {
      const cursor = model.get("cursor");
      if (cursor < 0) hub.player.toEnd();
      else if (cursor !== hub.player.frame) hub.player.seek(cursor);
      this.heard("frame");
    });
    on("comm_live_update", () => this.notices.checkKernel());
    this.root.addEventListener("keydown", (event) => actOnKey(this, event), { signal });
    const used = (event) => (hub.hand = ownerOf(event.target)); // a refusal will be told there
    for (const type of ["input", "change", "click", "keydown", "pointerdown"]) this.root.addEventListener(type, used, { signal, capture: true });
    this.undoing.push(watchKernel(model, () => this.notices.checkKernel()));
    this.undoing.push(watchTheme(this.root.ownerDocument, signal, (theme) => this.themeChanged(theme)));
    const size = new ResizeObserver(() => this.touch("frame"));
    size.observe(this.root);
    this.undoing.push(() => size.disconnect());
    watchPixels(signal, () => {
      this.stage?.resize();
      this.charts.resize();
    });
  }

  themeChanged(theme) {
    this.root.dataset.theme = theme;
    this.stage?.setTheme(theme);
    this.charts.setTheme(theme);
  }

  /** Something the views share has changed. */
  heard(what) {
    if (what === "picture" || what === "seen") {
      this.notices.answered();
      this.notices.showError();
      this.root.dataset.error = this.model.get("error");
      this.touch("picture");
    } else if (what === "frame") {
      this.touch("frame");
    } else if (what === "numbers") {
      // Nothing is drawn anew before the kernel answers: the picture shown is still the old one.
      this.refreshControls();
      this.stage?.setStart(this.scene.start);
    } else {
      // Controls and stage follow at once; the kernel's picture comes when it comes.
      this.refreshControls();
      this.touch("picture");
    }
  }

  touch(what) {
    this.dirty[what] = true;
    this.frameRequest ??= requestAnimationFrame((now) => this.paint(now));
  }

  // --- what buttons and keys do ---------------------------------------------------------------------

  togglePlay() {
    if (this.hub.locked) {
      this.notices.say("Predict first: Play is enabled once the prediction is locked.");
      return;
    }
    this.hub.driver = this;
    this.hub.player.toggle();
    this.touch("frame");
  }

  step(way) {
    if (this.hub.locked) return;
    if (way > 0) this.hub.player.stepForward();
    else this.hub.player.stepBack();
    this.touch("frame");
  }

  scrubbed(frame) {
    this.hub.seek(frame);
    this.touch("frame");
  }

  turnBack(way) {
    if (this.hub.turnBack(way)) this.notices.expectAnswer();
  }

  resetStart() {
    const start = this.model.get("catalog").landscapes[this.scene.landscape]?.start;
    if (start) this.send({ start: [...start] }, true);
  }

  /** A point of the map as short as the map is fine: a thousandth of the window. */
  rounded(point) {
    return point.map((value, axis) => {
      const [low, high] = this.scene.view[axis];
      const digits = Math.min(Math.max(Math.ceil(3 - Math.log10(high - low)), 0), 20);
      return Number(value.toFixed(digits));
    });
  }

  toggleFrozen() {
    this.send({ frozen: !this.scene.frozen }, true);
  }

  toggleFullScreen() {
    const { fullscreenElement } = this.root.ownerDocument;
    if (fullscreenElement) this.root.ownerDocument.exitFullscreen();
    else this.root.requestFullscreen?.().catch((error) => this.notices.say(`Full screen is not allowed here: ${error.message}`));
  }

  // --- showing ------------------------------------------------------------------------------------

  refreshControls() {
    const { scene, hub } = this;
    const active = this.root.ownerDocument.activeElement;
    const testid = this.root.contains(active) ? active.dataset.testid : null;
    this.dials.update(scene);
    this.more.update(scene);
    if (testid && !this.root.contains(this.root.ownerDocument.activeElement)) {
      this.root.querySelector(`[data-testid="${CSS.escape(testid)}"]`)?.focus({ preventScroll: true });
    }
    this.header.update(scene, hub.history.past.length > 0);
    this.rate.update(scene);
    Object.assign(this.root.dataset, { mode: scene.mode, frozen: scene.frozen, locked: hub.locked, error: this.model.get("error") });
    this.notices.showError();
  }

  paint(now) {
    this.frameRequest = null;
    const { hub } = this;
    if (hub.player.playing && hub.driver === this) {
      hub.player.tick(now);
      if (hub.player.playing) this.touch("frame");
    }
    const { picture } = this.dirty;
    this.dirty = { picture: false, frame: false }; // before showing, which may find more to do
    if (picture) this.showPicture();
    this.showFrame();
    this.stage.draw();
    // Words come after drawing: a text on a canvas makes the browser lay out a page that has changed.
    const waits = [this.showCharts(), this.showWords(picture)].filter((rest) => rest > 0);
    clearTimeout(this.later);
    if (waits.length) this.later = setTimeout(() => this.touch("frame"), Math.min(...waits));
    this.root.dataset.drawnSeq = String(hub.seq);
    if (hub.picture) this.reveal();
  }

  showPicture() {
    const { hub, scene } = this;
    if (!hub.picture) return;
    this.makeStage();
    const { terrain } = hub;
    const large = scene.mode === "teacher";
    this.styles = sceneStyles(PALETTE, scene);
    this.walks = hub.walks.filter((walk) => this.styles.has(walk.id));
    const looks = this.walks.map((walk) => ({
      id: walk.id, family: walk.family, label: walk.name, rows: walk.rows, every: walk.every, x: walk.x, y: walk.y,
      kind: walk.kind, diverged_at: walk.diverged_at, ...this.styles.get(walk.id),
    }));
    const { stage } = this;
    if (terrain !== this.shownTerrain || stage.terrain !== terrain) stage.setTerrain((this.shownTerrain = terrain));
    if (stage.basin !== hub.basin) stage.setBasin(hub.basin);
    const show = {
      critical: scene.show.critical, quadratic: scene.show.quadratic, basin: scene.show.basin && !hub.hiding,
      trails: true, hideFuture: hub.hiding, locked: hub.predicting,
    };
    // These draw the terrain anew, which a dragged slider must not do.
    const setting = JSON.stringify([show, large, hub.locked, this.solid]);
    if (setting !== this.settingShown) {
      this.settingShown = setting;
      stage.setLarge(large);
      this.charts.setLarge(large);
      stage.setShow(show);
    }
    stage.setWalks(looks);
    const bends = () => (hub.details ? quadraticOf(hub.details, terrain.coordinates) : quadraticOfBends(hub.picture.walks));
    stage.setQuadratic(hub.hiding ? null : bends());
    stage.setStart(scene.start);
    const guesses = hub.predicting
      ? Object.entries(hub.guesses).filter(([, guess]) => guess.end && guess.outcome !== "diverged").map(([id, guess]) => ({ id: Number(id), point: guess.end }))
      : [];
    guesses.sort((a, b) => (a.id === hub.active) - (b.id === hub.active));
    stage.setGuess(guesses, hub.locked);
    this.charts.setAxis(scene.axis);
    this.charts.setScale(scene.loss_scale);
    this.curvesShown = null;
    Object.assign(this.root.dataset, { seq: String(this.model.get("seq")), final: String(hub.picture.final) });
  }

  showCurves() {
    const { hub } = this;
    const cut = (walk) => (hub.hiding ? hub.rowOf(walk) + 1 : walk.rows);
    const key = this.walks.map(cut).join();
    if (key === this.curvesShown) return;
    this.curvesShown = key;
    // In predict mode neither the curves nor the ranges of the axes may tell what comes.
    const known = (values, walk) => {
      if (!hub.hiding) return values;
      const shown = new Float64Array(Math.floor(this.scene.steps / walk.every) + 1).fill(NaN);
      shown.set(values.slice(0, cut(walk)));
      return shown;
    };
    this.charts.setWalks(
      this.walks.map((walk) => ({
        id: walk.id, label: walk.name, ...this.styles.get(walk.id), perStep: walk.perStep, every: walk.every,
        loss: known(walk.loss, walk), gradNorm: known(walk.gradNorm, walk),
        meter: walk.limit === null ? null : known(walk.meter, walk), limit: walk.limit,
      })),
    );
  }

  showFrame() {
    const { hub } = this;
    if (!hub.picture) return;
    const { frame, atEnd } = hub.player;
    if (hub.predicting && hub.guessed && !hub.revealed && atEnd) {
      hub.revealed = true;
      hub.announce("guess");
    }
    this.stage.setFrames(new Map(this.walks.map((walk) => [walk.id, hub.rowOf(walk)])));
    this.root.dataset.playing = String(hub.player.playing);
    this.root.dataset.frame = String(frame);
  }

  /** The charts; returns the milliseconds to wait when it is too early for them. */
  showCharts() {
    const { hub } = this;
    if (!hub.picture) return 0;
    const now = performance.now();
    const rest = hub.picture.final ? 0 : CHARTS_MS - (now - (this.chartsAt ?? 0));
    if (rest > 0) return rest;
    this.chartsAt = now;
    this.showCurves();
    this.charts.setFrame(hub.player.frame);
    this.charts.draw();
    return 0;
  }

  /**
   * What is read. While a run plays or a slider moves, a few times a second: more could not be read anyway.
   *
   * Returns the milliseconds to wait when it is too early.
   */
  showWords(picture) {
    const { hub, scene } = this;
    if (!hub.picture) return 0;
    this.transport.update();
    this.wordsDirty ||= picture;
    const now = performance.now();
    const rest = hub.player.playing || !hub.picture.final ? WORDS_MS - (now - (this.wordsAt ?? 0)) : 0;
    if (rest > 0) return rest;
    this.wordsAt = now;
    if (this.wordsDirty) {
      this.wordsDirty = false;
      const { title } = hub.terrain;
      this.formulas.update(hub.terrain);
      this.basinKey.update(hub.hiding ? null : hub.basin);
      this.header.name(title?.replace(/\.$/, ""), heldEqual(scene));
      // While a slider moves the sentence follows by eye only; a screen reader hears the last one.
      this.sentence.setAttribute("aria-live", hub.picture.final ? "polite" : "off");
      say(this.sentence, sentenceOf(hub));
    }
    this.stage.front.setAttribute("aria-label", this.stage.describe());
    this.charts.front.setAttribute("aria-label", this.charts.describe());
    this.showNumbers();
    return 0;
  }

  showNumbers() {
    const { hub, scene } = this;
    this.readout.update(readoutLines(hub, this.walks, this.styles));
    this.predict.root.hidden = !hub.predicting;
    this.chartChoice.update(hub.chart);
    this.charts.setWanted(hub.chart);
    this.root.dataset.exact = String(hub.exact);
    this.exact.setAttribute("aria-pressed", String(hub.exact));
    if (hub.predicting) {
      this.predict.update({
        entries: scene.optimizers.filter((entry) => entry.on), styles: this.styles, coordinates: hub.terrain.coordinates,
        guesses: hub.guesses, active: hub.active, locked: hub.guessed, revealed: hub.revealed,
        scores: this.model.get("verdict"),
      });
    }
    const inside = scene.show.inside && scene.mode !== "predict";
    this.inside.root.hidden = !inside;
    if (inside) {
      const chosen = this.walks.find((walk) => walk.id === hub.insideOf) ?? this.walks[0];
      const details = chosen && hub.details?.get(chosen.id);
      this.inside.update({
        entries: scene.optimizers.filter((entry) => entry.on), id: chosen?.id, walk: chosen, details,
        row: chosen ? hub.rowOf(chosen) : 0, coordinates: hub.terrain.coordinates,
      });
    }
  }

  destroy() {
    const { hub } = this;
    this.abort.abort();
    for (const undo of this.undoing) undo();
    this.notices.stop();
    clearTimeout(this.later);
    if (this.frameRequest !== null) cancelAnimationFrame(this.frameRequest);
    this.frameRequest = -1; // nothing asks for a frame any more
    hub.views.delete(this);
    if (hub.driver === this) hub.player.pause();
    this.stage?.destroy();
    this.charts.destroy();
    this.root.remove();
  }
}

function render({ model, el }) {
  const view = new ExplorerView(model, el);
  return () => view.destroy();
}

export default { render };
