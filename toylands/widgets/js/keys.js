// The keyboard: single keys act on the explorer that has the focus, except where text is typed.
import { whyNoSurface } from "./controls.js";

/** Do what a key pressed inside a view asks for; see SHORTCUTS (help.js) for the list. */
export function actOnKey(view, event) {
  if (event.defaultPrevented || event.altKey) return;
  const { target } = event;
  const writing = target.matches("textarea, input:not([type=range]):not([type=checkbox]):not([type=radio])");
  if (view.help.open) return;
  if (event.ctrlKey || event.metaKey) {
    // While a number is typed the browser undoes the typing.
    const way = { z: event.shiftKey ? "redo" : "undo", y: "redo" }[event.key.toLowerCase()];
    const edited = writing && target.value !== target.dataset.kept;
    if (!way || edited) return;
    event.preventDefault();
    event.stopPropagation();
    view.turnBack(way);
    return;
  }
  if (writing || target.matches("select")) return;
  const show = (key) => () => view.send({ [`show.${key}`]: !view.scene.show[key] }, true);
  const jump = (end) => () => view.scrubbed(end ? view.hub.player.frames : 0);
  const noSurface = whyNoSurface(view.canSolid, view.scene);
  const acts = {
    ",": () => view.step(-1),
    ".": () => view.step(1),
    "?": () => view.help.show(),
    f: () => view.toggleFullScreen(),
    b: show("basin"),
    i: show("inside"),
    3: noSurface ? () => view.notices.say(noSurface) : show("three_d"),
    r: () => view.resetStart(),
    z: () => view.scene.mode === "teacher" && view.toggleFrozen(),
  };
  if (!target.matches("button, summary, input[type=checkbox], input[type=radio]")) acts[" "] = () => view.togglePlay();
  if (!target.matches("input[type=range], input[type=radio]")) Object.assign(acts, { Home: jump(false), End: jump(true) });
  const act = acts[event.key];
  if (!act) return;
  event.preventDefault();
  event.stopPropagation();
  if (!event.repeat || event.key === "," || event.key === ".") act();
}
