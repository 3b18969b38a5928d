// Numbers in the page: read as people type them, placed on a slider, edited in a box, refused in words.
import { formatNumber } from "./geometry.js";
import { freshId, make, own } from "./parts.js";

// --- reading and writing --------------------------------------------------------------------------

const PLAIN = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const COMMA = /^([+-]?\d*),(\d+)(e[+-]?\d+)?$/i;

/** One decimal number: {value}, or {fault} with the reason in words (empty where it is no number at all). */
function parseDecimal(text) {
  const comma = COMMA.exec(text);
  const plain = comma ? `${comma[1]}.${comma[2]}${comma[3] ?? ""}` : text;
  // To some readers 1,234 is a little more than one, to others more than a thousand.
  if (comma && comma[2].length === 3 && !comma[3] && /^[+-]?[1-9]\d{0,2}$/.test(comma[1])) {
    return { fault: `“${text}” can mean ${plain} or ${plain.replace(".", "")}: write it without the comma.` };
  }
  if (!PLAIN.test(plain)) return { fault: "" };
  const value = Number(plain);
  if (!Number.isFinite(value)) return { fault: `“${text}” is too large: numbers here end at ${formatNumber(Number.MAX_VALUE)}.` };
  if (value === 0 && /[1-9]/.test(plain.split(/e/i)[0])) {
    return { fault: `“${text}” is too small: below ${formatNumber(Number.MIN_VALUE)} there is only 0.` };
  }
  return { value };
}

/** Read a typed number, decimals, 1e-3, 0,5 and fractions such as 2/9: {value}, or {fault} in words. */
export function parseNumber(text, whole = false) {
  const none = { fault: `“${text}” is not a ${whole ? "whole " : ""}number.` };
  const parts = String(text).trim().replace(/−/g, "-").split("/").map((part) => parseDecimal(part.trim()));
  const wrong = parts.find((part) => "fault" in part);
  if (wrong || parts.length > 2) return wrong?.fault ? wrong : none;
  const [over, under] = [parts[0].value, parts[1]?.value ?? 1];
  const value = over / under;
  if (!Number.isFinite(value) || (value === 0 && over !== 0) || (whole && !Number.isInteger(value))) return none;
  return { value };
}

/** The value of a typed number; NaN when it is none. */
export function readNumber(text, whole = false) {
  return parseNumber(text, whole).value ?? Number.NaN;
}

/** A number as typed: exact, without needless zeros. */
export function writeNumber(value) {
  if (value === null || value === undefined) return "";
  return String(Number(value)).replace("e+", "e");
}

// --- sliders --------------------------------------------------------------------------------------

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

// --- the part -------------------------------------------------------------------------------------

/**
 * A labelled number: a box in which any value may be typed, and a slider when a range is given.
 *
 * `send(value, final)` is called with every movement of the slider, and with final = true on release. `meaning` says
 * beside the label what its letter stands for. What is wrong with a value is said at the box, and the value stays
 * there until it is corrected.
 */
export function numberPart({
  label, testid, meaning = "", range = null, whole = range?.whole ?? false, optional = false, note = "", send,
}) {
  const id = freshId();
  const fault = make("span", { id: `${id}-fault`, class: "tl-fault", role: "alert", "data-testid": `${testid}-fault` });
  const box = make("input", {
    id: `${id}-box`, class: "tl-box", type: "text", inputmode: "decimal", autocomplete: "off",
    spellcheck: "false", "data-testid": `${testid}-box`, "aria-label": range ? `${label}, exact value` : null,
    "aria-describedby": `${id}-fault`,
  });
  const caption = make("label", { for: range ? id : `${id}-box`, title: note || null },
    make("span", { class: "tl-letter" }, label), meaning ? make("span", { class: "tl-means" }, ` ${meaning}`) : null);
  const slider = range
    ? make("input", { id, type: "range", min: 0, max: STOPS, step: 1, "data-testid": testid })
    : null;
  const root = make("div", { class: range ? "tl-number" : "tl-number tl-plain" }, caption, slider, box, fault);
  const places = range ? sliderScale(range) : null;
  let shown = null; // what the page believes to be the scene's value
  let held = null; // what it was before a value that has been refused
  let refused = false;
  const put = (text) => { box.value = box.dataset.kept = text; }; // kept: not being edited
  const fill = (position, value) => {
    slider.style.setProperty("--tl-filled", `${Math.min(Math.max(position / (STOPS / 100), 0), 100)}%`);
    slider.setAttribute("aria-valuetext", writeNumber(value));
  };
  const showSlider = (value) => {
    if (!slider) return;
    slider.value = String(places.at(value));
    fill(places.at(value), value);
  };
  const complain = (words) => {
    refused = words !== "";
    if (fault.textContent !== words) fault.textContent = words;
    if (refused) box.setAttribute("aria-invalid", "true");
    else box.removeAttribute("aria-invalid");
  };
  const hold = () => { if (!refused) held = shown; };
  const ask = (value, final) => {
    hold();
    complain("");
    shown = value;
    send(value, final);
  };
  const typed = () => {
    if (optional && box.value.trim() === "") {
      if (shown !== null) ask(null, true);
      else complain("");
      return;
    }
    const { value, fault: words } = parseNumber(box.value, whole);
    if (words !== undefined) {
      hold();
      complain(words);
    } else if (value === shown && !refused) {
      complain("");
    } else {
      showSlider(value);
      box.dataset.kept = box.value;
      ask(value, true);
    }
  };
  box.addEventListener("change", typed);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter") typed();
    if (event.key !== "Escape") return;
    if (refused) shown = held;
    put(writeNumber(shown));
    if (shown !== null) showSlider(shown);
    complain("");
  });
  if (slider) {
    const moved = (final) => {
      const position = Number(slider.value);
      const value = places.value(position);
      if (value === shown && !final) return;
      put(writeNumber(value));
      fill(position, value);
      ask(value, final);
    };
    slider.addEventListener("input", () => moved(false));
    slider.addEventListener("change", () => moved(true));
  }
  return own(root, {
    root,
    box,
    slider,
    /** The kernel did not accept the value sent: say why, beside it. */
    refuse(words) {
      complain(words);
    },
    /** Show a value that came from elsewhere, without disturbing what is being typed or has to be corrected. */
    update(value) {
      if (refused) {
        if (value === held || value === shown) return;
        complain("");
      }
      if (value === shown && (box.value !== "" || value === null)) return;
      shown = value;
      if (root.ownerDocument.activeElement !== box || readNumber(box.value) !== value) {
        put(writeNumber(value));
      }
      if (value !== null) showSlider(value);
    },
    relabel(text) {
      const letter = caption.firstChild;
      if (letter.textContent !== text) letter.textContent = text;
    },
    disable(off) {
      if (box.disabled !== off) box.disabled = off;
      if (slider && slider.disabled !== off) slider.disabled = off;
    },
  });
}
