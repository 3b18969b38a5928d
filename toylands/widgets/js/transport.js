// The controls right under the stage: playing and scrubbing, and the learning rate that is shared.
import { LR_RANGE } from "./controls.js";
import { SPEEDS } from "./hub.js";
import { icon, iconButton, make, menuPart, nameOfEntry, numberPart, say } from "./parts.js";

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
  const unit = box.root.querySelector("label");
  const last = make("span", { class: "tl-last" });
  const speed = menuPart({
    label: "speed", testid: "speed", options: SPEEDS.map((value) => [value, `${value} / s`]),
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
      say(unit, name);
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

/** The shared learning rate, and who shares it. */
export function ratePart(send) {
  const rate = numberPart({
    label: "learning rate", testid: "lr", range: LR_RANGE, send: (value, final) => send({ lr: value }, final),
  });
  let count = 0;
  const sharers = make("span", { class: "tl-about", "data-testid": "lr-sharers" });
  const share = make("button", {
    type: "button", class: "tl-button", "data-testid": "lr-share",
    onclick: () => send(Object.fromEntries(Array.from({ length: count }, (_, k) => [`optimizers.${k}.lr`, null])), true),
  }, "Share with all");
  const root = make("div", { class: "tl-rate" }, rate.root, make("div", { class: "tl-row" }, sharers, share));
  return {
    root,
    update(scene) {
      count = scene.optimizers.length;
      const sharing = scene.optimizers.filter((entry) => entry.lr === null);
      rate.update(scene.lr);
      rate.disable(sharing.length === 0);
      const who = sharing.length ? `shared by ${sharing.map(nameOfEntry).join(", ")}` : "each optimizer has its own";
      say(sharers, sharing.length === count ? "shared by all" : who);
      share.hidden = sharing.length === count;
    },
  };
}
