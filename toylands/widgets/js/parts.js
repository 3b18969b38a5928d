// Form parts: labelled numbers, switches, menus; and the fixed look of each optimizer.
import { stylesOf } from "./codec.js";

const SVG = "http://www.w3.org/2000/svg";
const FOCUSABLE = new Set(["button", "input", "select", "textarea", "summary"]);
let lastNumber = 0;

/** Make an element; attributes whose value is null or false are left out, true ones are empty. */
export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, String(value));
  }
  // JupyterLab acts on keys typed into a widget unless the element that has the focus says no.
  if (FOCUSABLE.has(tag) || "tabindex" in attributes) node.dataset.lmSuppressShortcuts = "true";
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** Write a text only when it is another one: every write costs the page a layout. */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** An id for a label's `for`, unique in the page. */
export function freshId() {
  lastNumber += 1;
  return `tl-${Math.random().toString(36).slice(2, 8)}-${lastNumber}`;
}

const ICONS = {
  play: "M5 3.2v9.6L13 8z",
  pause: "M4 3h3v10H4zM9 3h3v10H9z",
  back: "M11.5 3v10L5.5 8zM3.5 3h1.6v10H3.5z",
  forward: "M4.5 3v10l6-5zM10.9 3h1.6v10h-1.6z",
  full: "M2 6V2h4v1.6H3.6V6zM10 2h4v4h-1.6V3.6H10zM2 10h1.6v2.4H6V14H2zM12.4 10H14v4h-4v-1.6h2.4z",
  remove: "M4.2 3 8 6.8 11.8 3 13 4.2 9.2 8l3.8 3.8-1.2 1.2L8 9.2 4.2 13 3 11.8 6.8 8 3 4.2z",
  add: "M7.2 3h1.6v4.2H13v1.6H8.8V13H7.2V8.8H3V7.2h4.2z",
  copy: "M5 2h8v9h-1.6V3.6H5zM3 5h7v9H3zm1.5 1.5v6h4v-6z",
  reset: "M8 3a5 5 0 1 1-4.8 3.6l1.5.5A3.4 3.4 0 1 0 8 4.6V7L4.4 3.8 8 .8z",
};

export function icon(name) {
  const node = document.createElementNS(SVG, "svg");
  node.setAttribute("viewBox", "0 0 16 16");
  node.setAttribute("class", "tl-icon");
  node.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  node.append(path);
  return node;
}

export function iconButton(name, label, testid, onclick) {
  const attributes = { type: "button", class: "tl-button tl-square", "aria-label": label, title: label };
  return make("button", { ...attributes, "data-testid": testid, onclick }, icon(name));
}

// --- the looks of a scene's optimizers -------------------------------------------------------------

/** The family of a scene's optimizer: "sam" for whatever looks uphill, otherwise the rule itself. */
export function familyOf(entry) {
  return entry.wrap.some((wrap) => wrap.kind === "sam") ? "sam" : entry.name;
}

/** How an entry reads in menus and tables: sam(gd). */
export function nameOfEntry(entry) {
  return entry.wrap.reduce((text, wrap) => `${wrap.kind}(${text})`, entry.name);
}

/** Styles of a scene's optimizers by id; also of those switched off, so that no colour ever moves. */
export function sceneStyles(palette, scene) {
  const styles = stylesOf(palette, scene.optimizers.map(familyOf));
  return new Map(scene.optimizers.map((entry, k) => [entry.id, styles[k]]));
}

/** A marker as drawn on the stage, with a piece of its line. */
export function swatch(palette, style) {
  const node = document.createElementNS(SVG, "svg");
  node.setAttribute("viewBox", "-14 -7 28 14");
  node.setAttribute("class", "tl-swatch");
  node.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "line");
  const shape = palette.shapes[style.marker];
  const mark = document.createElementNS(SVG, shape.radius ? "circle" : "polygon");
  if (shape.radius) mark.setAttribute("r", 5);
  else mark.setAttribute("points", shape.polygon.map(([x, y]) => `${x * 11},${-y * 11}`).join(" "));
  for (const [name, value] of Object.entries({ x1: -14, x2: 14, y1: 0, y2: 0, stroke: style.color })) {
    line.setAttribute(name, value);
  }
  line.setAttribute("stroke-width", 2.4);
  line.setAttribute("stroke-dasharray", style.dash.map((part) => part * 1.6).join(" "));
  mark.setAttribute("fill", style.color);
  mark.setAttribute("class", "tl-mark");
  node.append(line, mark);
  return node;
}

// --- numbers: a slider with a box -----------------------------------------------------------------

/** Read a typed number: decimals, 1e-3, and fractions such as 2/9. NaN when it is none. */
export function readNumber(text, whole = false) {
  const parts = String(text).trim().replace(/−/g, "-").split("/");
  if (parts.length > 2 || parts.some((part) => part.trim() === "")) return Number.NaN;
  const value = parts.length === 2 ? Number(parts[0]) / Number(parts[1]) : Number(parts[0]);
  return Number.isFinite(value) && !(whole && !Number.isInteger(value)) ? value : Number.NaN;
}

/** A number as typed: exact, without needless zeros. */
export function writeNumber(value) {
  if (value === null || value === undefined) return "";
  return String(Number(value)).replace("e+", "e");
}

const STOPS = 1000;
const THREE = (value) => Number(value.toPrecision(3));

/** The two directions between a value and a slider's position 0..1000. */
export function sliderScale({ low, high, scale = "linear", whole = false }) {
  if (whole) {
    const { at, value } = sliderScale({ low, high, scale });
    return { at, value: (position) => Math.round(value(position)) };
  }
  if (scale === "log") {
    const [from, to] = [Math.log(low), Math.log(high)];
    return {
      at: (value) => (value > 0 ? ((Math.log(value) - from) / (to - from)) * STOPS : 0),
      value: (at) => THREE(Math.exp(from + (at / STOPS) * (to - from))),
    };
  }
  if (scale === "memory") {
    // Decay rates count by their distance from 1: 0.9, 0.99, 0.999 are equally far apart.
    return {
      at: (value) => (value < 1 ? (-Math.log10(1 - value) / 4) * STOPS : STOPS),
      value: (at) => Number((1 - THREE(10 ** ((-4 * at) / STOPS))).toFixed(7)),
    };
  }
  const digits = Math.max(0, 3 - Math.floor(Math.log10(high - low)));
  return {
    at: (value) => ((value - low) / (high - low)) * STOPS,
    value: (at) => Number((low + (at / STOPS) * (high - low)).toFixed(Math.min(digits, 12))),
  };
}

/**
 * A labelled number: a box in which any value may be typed, and a slider when a range is given.
 *
 * `send(value, final)` is called with every movement of the slider, and with final = true on release.
 */
export function numberPart({ label, testid, range = null, whole = range?.whole ?? false, optional = false, note = "", send }) {
  const id = freshId();
  const box = make("input", {
    id: `${id}-box`, class: "tl-box", type: "text", inputmode: "decimal", autocomplete: "off",
    spellcheck: "false", "data-testid": `${testid}-box`, "aria-label": range ? `${label}, exact value` : null,
    "aria-describedby": `${id}-fault`,
  });
  const fault = make("span", { id: `${id}-fault`, class: "tl-fault", role: "alert" });
  const root = make("div", { class: range ? "tl-number" : "tl-number tl-plain" });
  root.append(make("label", { for: range ? id : `${id}-box`, title: note || null }, label));
  let shown = null;
  const places = range ? sliderScale(range) : null;
  const slider = range
    ? make("input", { id, type: "range", min: 0, max: STOPS, step: 1, "data-testid": testid })
    : null;
  const showSlider = (value) => {
    if (!slider) return;
    slider.value = String(places.at(value));
    const part = Math.min(Math.max(places.at(value) / STOPS, 0), 1);
    slider.style.setProperty("--tl-filled", `${100 * part}%`);
    slider.setAttribute("aria-valuetext", writeNumber(value));
  };
  const complain = (words) => {
    fault.textContent = words;
    box.toggleAttribute("aria-invalid", words !== "");
  };
  const typed = () => {
    if (optional && box.value.trim() === "") {
      complain("");
      if (shown !== null) send((shown = null), true);
      return;
    }
    const value = readNumber(box.value, whole);
    if (Number.isNaN(value)) {
      complain(`“${box.value}” is not a ${whole ? "whole " : ""}number.`);
      return;
    }
    complain("");
    if (value === shown) return;
    shown = value;
    showSlider(value);
    send(value, true);
  };
  box.addEventListener("change", typed);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter") typed();
    if (event.key === "Escape") {
      box.value = writeNumber(shown);
      complain("");
    }
  });
  if (slider) {
    const moved = (final) => {
      const value = places.value(Number(slider.value));
      if (value === shown && !final) return;
      shown = value;
      box.value = writeNumber(value);
      showSliderFill();
      complain("");
      send(value, final);
    };
    const showSliderFill = () => {
      slider.style.setProperty("--tl-filled", `${Number(slider.value) / (STOPS / 100)}%`);
      slider.setAttribute("aria-valuetext", writeNumber(shown));
    };
    slider.addEventListener("input", () => moved(false));
    slider.addEventListener("change", () => moved(true));
    root.append(slider);
  }
  root.append(box, fault);
  return {
    root,
    box,
    slider,
    /** Show a value that came from elsewhere, without disturbing what is being typed. */
    update(value) {
      if (value === shown && (box.value !== "" || value === null)) return;
      shown = value;
      if (root.ownerDocument.activeElement !== box || readNumber(box.value) !== value) {
        box.value = writeNumber(value);
      }
      if (value !== null) showSlider(value);
    },
    disable(off) {
      if (box.disabled !== off) box.disabled = off;
      if (slider && slider.disabled !== off) slider.disabled = off;
    },
  };
}

/** A labelled check box drawn as a switch. */
export function togglePart({ label, testid, note = null, send }) {
  const id = freshId();
  const box = make("input", { id, type: "checkbox", "data-testid": testid, onchange: () => send(box.checked) });
  const root = make("div", { class: "tl-toggle", title: note }, box, make("label", { for: id }, label));
  return { root, box, update: (on) => (box.checked = Boolean(on)) };
}

/** A labelled menu; options are [value, text] or {group, options}. */
export function menuPart({ label, testid, options, send, hideLabel = false }) {
  const id = freshId();
  const select = make("select", { id, "data-testid": testid, onchange: () => send(select.value) });
  const fill = (list) => {
    const entry = ([value, text]) => make("option", { value }, text);
    select.replaceChildren(
      ...list.map((item) =>
        Array.isArray(item) ? entry(item) : make("optgroup", { label: item.group }, ...item.options.map(entry)),
      ),
    );
  };
  fill(options);
  const root = make("div", { class: "tl-menu" });
  root.append(make("label", { for: id, class: hideLabel ? "tl-hidden" : null }, label), select);
  return {
    root,
    select,
    fill,
    update: (value) => {
      const text = String(value);
      if (select.value !== text) select.value = text;
    },
  };
}

/** A few exclusive choices side by side: native radio buttons, so that the arrow keys work. */
export function choicePart({ label, testid, options, send, hideLabel = false }) {
  const name = freshId();
  const inputs = new Map();
  const bar = make("div", { class: "tl-segments" });
  for (const [value, text] of options) {
    const id = freshId();
    const attributes = { id, type: "radio", name, value, "data-testid": `${testid}-${value}` };
    const input = make("input", { ...attributes, onchange: () => send(value) });
    inputs.set(value, input);
    bar.append(make("span", { class: "tl-segment" }, input, make("label", { for: id }, text)));
  }
  const root = make("fieldset", { class: "tl-choice" });
  root.append(make("legend", { class: hideLabel ? "tl-hidden" : null }, label), bar);
  return {
    root,
    update(value) {
      for (const [own, input] of inputs) if (input.checked !== (own === value)) input.checked = own === value;
    },
  };
}

/** A titled group of controls. */
export function card(title, testid, ...children) {
  const head = make("h3", {}, title);
  return make("section", { class: "tl-card", "aria-label": title, "data-testid": testid }, head, ...children);
}
