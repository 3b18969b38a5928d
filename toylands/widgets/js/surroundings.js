// What may change around a view: the theme, the screen's pixels, and whether the kernel is still there.
import { make } from "./parts.js";

const SLOW_MS = 1500;
const GONE = "The kernel is gone: run the cell again.";

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
    showError: () => show(fault, model.get("error")),
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
