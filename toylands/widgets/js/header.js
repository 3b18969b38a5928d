// The line above the picture: what is shown, the mode, undo, full screen, help.
import { choicePart, iconButton, make, say } from "./parts.js";

/** `act` has mode, freeze, undo, fullScreen and help. */
export function headerPart(act) {
  const title = make("h2", { class: "tl-title", "data-testid": "title" });
  const equal = make("p", { class: "tl-equal", "data-testid": "held-equal" });
  const mode = choicePart({
    label: "Mode", testid: "mode", hideLabel: true,
    options: [["explore", "Explore"], ["predict", "Predict"], ["teacher", "Teach"]],
    send: act.mode,
  });
  const freeze = make("button", { type: "button", class: "tl-button", "data-testid": "freeze", onclick: act.freeze });
  const undo = iconButton("undo", "Undo (Ctrl+Z)", "undo", act.undo);
  const fullScreen = iconButton("full", "Full screen (f)", "full-screen", act.fullScreen);
  const help = make("button", {
    type: "button", class: "tl-button tl-square", "aria-label": "What you see, and the keys (?)", title: "What you see, and the keys (?)",
    "data-testid": "help", onclick: act.help,
  }, "?");
  const root = make("header", { class: "tl-header" },
    make("div", { class: "tl-heading" }, title, equal),
    make("div", { class: "tl-row tl-modes" }, freeze, mode.root, undo, fullScreen, help));
  return {
    root,
    /** what the picture is called, and what it holds equal */
    name(text, held) {
      if (text) {
        say(title, text);
        title.title = text; // on a small screen its end may be hidden
      }
      say(equal, held);
    },
    update(scene, canUndo) {
      mode.update(scene.mode);
      freeze.hidden = scene.mode !== "teacher";
      say(freeze, scene.frozen ? "Reveal" : "Freeze");
      freeze.setAttribute("aria-pressed", String(scene.frozen));
      if (undo.disabled === canUndo) undo.disabled = !canUndo;
    },
  };
}
