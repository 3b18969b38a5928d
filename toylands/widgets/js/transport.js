// The controls right under the stage: playing and scrubbing, and the learning rate.
import { LR_RANGE } from "./controls.js";
import { SPEEDS } from "./hub.js";
import { numberPart } from "./numbers.js";
import { icon, iconButton, make, menuPart, nameOfEntry, say } from "./parts.js";

/** Play, step back, step forward, scrub bar, frame number, speed. `act` has play, step, scrub and commit. */
export function transportPart(hub, act) {
  const play = make("button", {
    type: "button", class: "tl-button tl-primary tl-square", "data-testid": "play", onclick: act.play,
  });
  const back = iconButton("back", "Step back (,)", "step-back", () => act.step(-1));
  const forward = iconButton("forward", "Step forward (.)", "step-forward", () => act.step(1));
  const scrub = make("input", {
    type: "range", min: 0, max: 1, step: 1, "data-testid": "scrub", "aria-label": "Step shown", class: "tl-scrub",
    oninput: () => act.scrub(Number(scrub.value)),
    onchange: act.commit,
  });
  const box = numberPart({
    label: "step", testid: "frame", whole: true,
    send: (value) => {
      act.scrub(value);
      act.commit();
    },
  });
  const last = make("span", { class: "tl-last" });
  const speed = menuPart({
    label: "speed", testid: "speed", hideLabel: true, options: SPEEDS.map((value) => [value, `${value} / s`]),
    send: (value) => {
      hub.player.speed = Number(value);
      hub.speedChosen = true;
      hub.announce("playing");
    },
  });
  const root = make("div", { class: "tl-transport", role: "group", "aria-label": "Playback" },
    play, back, forward, scrub, make("div", { class: "tl-row tl-count" }, box.root, last), speed.root);
  let shown = null;
  return {
    root,
    play,
    update() {
      const { playing, frame, frames } = hub.player;
      if (playing !== shown) {
        shown = playing;
        const words = playing ? "Pause (space)" : "Play (space)";
        play.replaceChildren(icon(playing ? "pause" : "play"));
        play.setAttribute("aria-label", words);
        play.title = words;
      }
      for (const part of [play, back, forward, scrub]) if (part.disabled !== hub.locked) part.disabled = hub.locked;
      box.disable(hub.locked);
      speed.update(hub.player.speed);
      const name = hub.scene.axis === "steps" ? "step" : "evaluation";
      box.relabel(name);
      say(last, `of ${frames}`);
      box.update(frame);
      const words = `${name} ${frame} of ${frames}`;
      if (scrub.value === String(frame) && scrub.getAttribute("aria-valuetext") === words) return;
      scrub.max = String(frames);
      scrub.value = String(frame);
      scrub.style.setProperty("--tl-filled", `${frames ? (100 * frame) / frames : 0}%`);
      scrub.setAttribute("aria-valuetext", words);
    },
  };
}

/**
 * The shared learning rate, and who shares it; where nobody does, that of one optimizer chosen in a menu.
 */
export function ratePart(send) {
  let scene = null;
  let chosen = null;
  /** The place of the optimizer whose own rate is shown; -1 where a rate is shared. */
  const place = () => {
    if (scene.optimizers.some((entry) => entry.lr === null)) return -1;
    const wanted = scene.optimizers.findIndex((entry) => entry.id === chosen);
    return wanted >= 0 ? wanted : Math.max(0, scene.optimizers.findIndex((entry) => entry.on));
  };
  const rate = numberPart({
    label: "learning rate", testid: "lr", range: LR_RANGE,
    send: (value, final) => send({ [place() < 0 ? "lr" : `optimizers.${place()}.lr`]: value }, final),
  });
  const sharers = make("span", { class: "tl-about", "data-testid": "lr-sharers" });
  const owner = menuPart({
    label: "of", testid: "lr-of", options: [],
    send: (id) => {
      chosen = Number(id);
      part.update(scene);
    },
  });
  let owners = "";
  const share = make("button", {
    type: "button", class: "tl-button", "data-testid": "lr-share",
    onclick: () => {
      const shown = scene.optimizers[place()]?.lr ?? scene.lr;
      send({ lr: shown, ...Object.fromEntries(scene.optimizers.map((_, k) => [`optimizers.${k}.lr`, null])) }, true);
    },
  }, "Share with all");
  const row = make("div", { class: "tl-row" }, owner.root, sharers, share);
  const part = {
    root: make("div", { class: "tl-rate" }, rate.root, row),
    update(now) {
      scene = now;
      const { optimizers } = scene;
      const sharing = optimizers.filter((entry) => entry.lr === null);
      const k = place();
      rate.update(k < 0 ? scene.lr : optimizers[k].lr);
      owner.root.hidden = k < 0;
      const list = JSON.stringify(optimizers.map((entry) => [entry.id, nameOfEntry(entry)]));
      if (list !== owners) owner.fill(JSON.parse((owners = list)));
      if (k >= 0) owner.update(optimizers[k].id);
      const who = sharing.length ? `of ${sharing.map(nameOfEntry).join(", ")}` : "";
      say(sharers, who);
      sharers.title = who; // where it is too long for its line
      share.hidden = sharing.length === optimizers.length;
      row.hidden = share.hidden; // one rate for all: nothing to say
    },
  };
  return part;
}
