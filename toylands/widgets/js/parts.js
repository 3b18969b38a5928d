// Form parts: switches, menus, choices; and the fixed look of each optimizer.
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

const OWNERS = new WeakMap();

/** Remember which part a root belongs to, so that an answer finds whoever asked; returns the part. */
export function own(root, part) {
  OWNERS.set(root, part);
  return part;
}

/** The part that an element belongs to, if any. */
export function ownerOf(element) {
  for (let node = element; node; node = node.parentElement) if (OWNERS.has(node)) return OWNERS.get(node);
  return null;
}

/** Words that stand under a part without moving anything. */
function faultOf(testid) {
  const node = make("span", { class: "tl-fault", role: "alert", "data-testid": `${testid}-fault` });
  return { node, refuse: (words) => say(node, words) };
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
  undo: "M6 2.6v3h3.6a4 4 0 0 1 0 8H5v-1.7h4.6a2.3 2.3 0 0 0 0-4.6H6v3L1.6 6.4z",
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

// --- switches, menus, choices ----------------------------------------------------------------------

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
  const fault = faultOf(testid);
  const select = make("select", {
    id, "data-testid": testid,
    onchange: () => {
      fault.refuse("");
      send(select.value);
    },
  });
  const fill = (list) => {
    const entry = ([value, text]) => make("option", { value }, text);
    select.replaceChildren(
      ...list.map((item) =>
        Array.isArray(item) ? entry(item) : make("optgroup", { label: item.group }, ...item.options.map(entry)),
      ),
    );
  };
  fill(options);
  const root = make("div", { class: "tl-menu", title: hideLabel ? label : null });
  root.append(make("label", { for: id, class: hideLabel ? "tl-hidden" : null }, label), select, fault.node);
  return own(root, {
    root,
    select,
    refuse: fault.refuse,
    fill,
    update: (value) => {
      const text = String(value);
      if (select.value !== text) select.value = text;
    },
  });
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
