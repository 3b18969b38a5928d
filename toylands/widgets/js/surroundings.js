// What may change around a view: the theme, the screen's pixels, and whether the kernel is still there.
import { make } from "./parts.js";

const SLOW_MS = 1500;
const GONE = "The kernel is gone: run this cell again, after all cells above it.";

/** Call act("light" | "dark") now and whenever the host's theme changes; returns what ends it. */
export function watchTheme(document, signal, act) {
  const { body } = document;
  const prefers = matchMedia("(prefers-color-scheme: dark)");
  const tell = () => {
    const said = body.dataset.jpThemeLight; // JupyterLab, Notebook and Voila say it; other hosts do not
    act((said ? said === "false" : prefers.matches) ? "dark" : "light");
  };
  const observer = new MutationObserver(tell);
  observer.observe(body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
  prefers.addEventListener("change", tell, { signal });
  tell();
  return () => observer.disconnect();
}

/** Call act() when the pixel ratio changes: moving a window to another screen changes no size. */
export function watchPixels(signal, act) {
  const query = matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
  const changed = () => {
    act();
    watchPixels(signal, act);
  };
  query.addEventListener("change", changed, { once: true, signal });
}

/** Call act() when the kernel's status or its connection changes; returns what ends it. */
export function watchKernel(model, act) {
  const kernel = model.widget_manager?.kernel;
  if (!kernel?.statusChanged) return () => {};
  const changed = () => act();
  kernel.statusChanged.connect(changed);
  kernel.connectionStatusChanged?.connect(changed);
  return () => {
    kernel.statusChanged.disconnect(changed);
    kernel.connectionStatusChanged?.disconnect(changed);
  };
}

/** "gone" (restarted or dead: it has forgotten this widget), "away" (no connection for now) or "there". */
function kernelState(model) {
  const manager = model.widget_manager;
  const kernel = manager?.kernel;
  if (!kernel) return manager && "kernel" in manager ? "gone" : "there"; // not every host tells
  if (kernel.isDisposed || /restarting|dead|terminating/.test(kernel.status)) return "gone";
  return (kernel.connectionStatus ?? "connected") === "connected" ? "there" : "away";
}

/** What the reader must be told: computing, no connection, kernel gone, and errors in words. */
export function noticePart(model, hub) {
  const notice = make("div", { class: "tl-notice", role: "status", "data-testid": "notice", hidden: true });
  const fault = make("div", { class: "tl-notice tl-error", role: "alert", "data-testid": "error", hidden: true });
  let gone = false;
  let slow = null;
  const show = (node, words) => {
    if (node.textContent === words) return;
    node.textContent = words;
    node.hidden = words === "";
  };
  const say = (words) => show(notice, words);
  return {
    roots: [notice, fault],
    say,
    showError: () => show(fault, hub.said),
    checkKernel() {
      const state = kernelState(model);
      gone ||= state === "gone";
      if (gone) say(GONE);
      else if (state === "away") say("No connection to the kernel; trying again…");
      else if (hub.outbox.empty) say("");
    },
    /** A change was sent; when its picture does not come soon, say so. */
    expectAnswer() {
      clearTimeout(slow);
      slow = setTimeout(() => {
        if (!hub.outbox.empty && !gone) say("Computing…");
      }, SLOW_MS);
    },
    answered() {
      gone = false;
      if (hub.outbox.empty) say("");
    },
    stop: () => clearTimeout(slow),
  };
}

/** What a reader's hand does to a page. */
const HANDS = ["wheel", "touchstart", "pointerdown", "keydown"];

/**
 * Bring a view into sight once, when its cell has been run; returns the function to call when it has been drawn.
 *
 * A notebook scrolls to the next cell before the output has its height, so that a tall one is left out of sight. The
 * page is moved only if the cell, or the one after it, is the one chosen and in sight, and no hand has touched the
 * page since.
 */
export function revealAfterRun(root, signal) {
  const document = root.ownerDocument;
  const cell = root.closest(".jp-CodeCell");
  let done = !cell;
  const stop = () => (done = true);
  for (const type of HANDS) document.addEventListener(type, stop, { signal, capture: true, passive: true, once: true });
  const inSight = (node) => {
    const { top, bottom } = node.getBoundingClientRect();
    return bottom > 0 && top < document.documentElement.clientHeight;
  };
  return () => {
    if (done) return;
    stop();
    const chosen = cell.parentElement.querySelector(":scope > .jp-mod-active, :scope > .jp-mod-selected") ?? cell;
    const run = chosen === cell || chosen === cell.nextElementSibling;
    if (!run || !(inSight(cell) || inSight(chosen))) return;
    let frame = root.parentElement;
    const moves = (node) => /auto|scroll/.test(getComputedStyle(node).overflowY) && node.scrollHeight > node.clientHeight;
    while (frame && !moves(frame)) frame = frame.parentElement;
    const room = frame?.clientHeight ?? document.documentElement.clientHeight;
    root.scrollIntoView({ block: root.offsetHeight > room ? "start" : "nearest" });
  };
}
