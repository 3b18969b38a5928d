// The "?" of the explorer: what every mark on the screen means, and the keys.
import { ALARM } from "./charts.js";
import { basinColors } from "./codec.js";
import { drawArrow, drawKind, drawMarker, drawStart, fitCanvas, hatchPattern, strokeTwice } from "./marks.js";
import { iconButton, make } from "./parts.js";

export const SHORTCUTS = [
  [["Space"], "play or pause"],
  [[",", "."], "one frame back, forward"],
  [["Home", "End"], "first, last frame"],
  [["←", "→", "↑", "↓"], "on the map: move the start (in 3-D: turn the view)"],
  [["r"], "start back to its default place"],
  [["Ctrl", "z"], "undo the last change (with Shift: do it again)"],
  [["b"], "basin map"],
  [["3"], "3-D surface"],
  [["i"], "inside the optimizer"],
  [["z"], "teacher mode: freeze, reveal"],
  [["f"], "full screen"],
  [["?"], "this page"],
];

/** What the marks mean: [testid, draw(pen), words]; `pen` has ctx, palette, theme, ratio, style and the size w x h. */
const MARK_SAMPLES = [
  ["ground", bandsSample, "the ground: dark is low, light is high; along a line the loss is the same"],
  ["start", ({ ctx, palette, w, h }) => drawStart(ctx, palette, w / 2, h / 2, 14), "the start: drag it, or click where it should be"],
  ["trail", trailSample, "the way of one optimizer: its colour and shape are those of the table; a mark every few steps"],
  ["future", (pen) => lineSample(pen, 1.2, 0.6), "faint: the way that is still to come, or long ago in a crowd of steps"],
  ["head", ({ ctx, palette, style, w, h }) => drawMarker(ctx, palette, style, w / 2, h / 2, 13, 1.6), "where it stands at the step shown"],
  ["left", ({ ctx, style, w, h }) => drawArrow(ctx, style, w / 2 + 7, h / 2, 1, 0, 15, 1.6), "here it left the map"],
  ["minimum", kindSample("minimum"), "a minimum: lowest ground all around; on a basin map with its number"],
  ["saddle", kindSample("saddle"), "a saddle: the ground falls along one way and rises along another"],
  ["maximum", kindSample("maximum"), "a maximum: highest ground all around"],
  ["valley", kindSample("valley"), "hollow: not one point but many side by side (a valley floor, a ridge, a plateau)"],
  ["equilibrium", kindSample("equilibrium"), "an equilibrium of a game: neither player wants to move"],
  ["quadratic", modelSample, "the curvature at the head: longer where the ground is flatter; dashed where it falls"],
  ["hatch", hatchSample, "hatched: no finite loss here, or (on a basin map) starts that diverge"],
  ["basins", basinsSample, "basin map: the colour of a start tells where it ends; grey is not there yet"],
  ["guess", guessSample, "a guess of the class, in predict mode"],
  ["limit", limitSample, "in the chart lr × λ: dashed the largest that is stable, red where it is above it"],
];

const READ_WORDS = [
  ["loss", "the height of the ground: how bad the model is there"],
  ["‖g‖, gradient norm", "how steep the ground is; zero where it is level"],
  ["lr", "learning rate: how far a step goes for a given slope"],
  ["λ, curvature", "how fast the slope changes along the most curved way"],
  ["exact", "slopes and curvatures are exact: they are derived from the formula"],
];

function kindSample(name) {
  return ({ ctx, palette, w, h }) => drawKind(ctx, palette, name, w / 2, h / 2, 9);
}

function bandsSample({ ctx, palette, w, h }) {
  const { stops } = palette.terrain;
  [2, 7, 12, 16].forEach((stop, k) => {
    ctx.fillStyle = stops[stop];
    ctx.fillRect((k * w) / 4, 0, w / 4 + 1, h);
  });
}

function lineSample({ ctx, style, w, h }, width, alpha) {
  ctx.globalAlpha = alpha;
  ctx.strokeStyle = style.color;
  ctx.lineWidth = width;
  ctx.beginPath();
  ctx.moveTo(3, h - 5);
  ctx.quadraticCurveTo(w / 2, h - 5, w - 4, 5);
  ctx.stroke();
  ctx.globalAlpha = 1;
}

function trailSample(pen) {
  lineSample({ ...pen, style: { color: pen.style.outline } }, 4.5, 1);
  lineSample(pen, 2.5, 1);
  drawMarker(pen.ctx, pen.palette, pen.style, 0.56 * pen.w, 0.62 * pen.h, 5.5, 0.8);
}

function modelSample({ ctx, palette, w, h }) {
  ctx.beginPath();
  ctx.ellipse(w / 2, h / 2, 0.4 * w, 0.3 * h, 0, 0, 2 * Math.PI);
  ctx.moveTo(0.1 * w, h / 2);
  ctx.lineTo(0.9 * w, h / 2);
  strokeTwice(ctx, palette, 1.1);
}

function hatchSample({ ctx, palette, theme, ratio, w, h }) {
  ctx.fillStyle = hatchPattern(ctx, palette, theme, ratio);
  ctx.fillRect(0, 0, w, h);
}

function basinsSample({ ctx, palette, w, h }) {
  const minima = [0, 1, 2].map((k) => ({ point: [k], loss: k }));
  const { colors } = basinColors(palette, { minima, view: [], labels: [] });
  [...colors, palette.outcomes.running.color].forEach((color, k) => {
    ctx.fillStyle = color;
    ctx.fillRect((k * w) / 4, 0, w / 4 + 1, h);
  });
}

function guessSample({ ctx, palette, theme, style, w, h }) {
  ctx.beginPath();
  ctx.arc(w / 2, h / 2, 9, 0, TURN);
  ctx.fillStyle = palette.themes[theme].paper;
  ctx.fill();
  ctx.strokeStyle = style.color;
  ctx.lineWidth = 3;
  ctx.stroke();
  ctx.fillStyle = palette.themes[theme].ink;
  ctx.font = "700 12px sans-serif";
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillText("?", w / 2, h / 2 + 1);
}

function limitSample({ ctx, palette, theme, w, h }) {
  ctx.strokeStyle = palette.themes[theme].ink;
  ctx.setLineDash([5, 3]);
  ctx.lineWidth = 1.4;
  ctx.beginPath();
  ctx.moveTo(2, h / 2);
  ctx.lineTo(w - 2, h / 2);
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.strokeStyle = ALARM[theme];
  ctx.lineWidth = 2.6;
  ctx.beginPath();
  ctx.moveTo(w / 3, h / 2);
  ctx.lineTo(0.8 * w, 3);
  ctx.stroke();
}

const [SAMPLE_WIDE, SAMPLE_HIGH] = [44, 24];
/** Marks that need the ground behind them to be seen as they are on the map. */
const BARE_SAMPLES = new Set(["ground", "hatch", "basins", "limit", "guess"]);

/** Draw every mark of the list as the map does. */
function paintMarks(root, palette, theme, style) {
  const ratio = window.devicePixelRatio || 1;
  for (const [name, draw] of MARK_SAMPLES) {
    const canvas = root.querySelector(`[data-mark="${name}"]`);
    fitCanvas(canvas, SAMPLE_WIDE, SAMPLE_HIGH, ratio);
    const ctx = canvas.getContext("2d");
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, SAMPLE_WIDE, SAMPLE_HIGH);
    if (!BARE_SAMPLES.has(name)) {
      ctx.fillStyle = palette.terrain.stops[8];
      ctx.fillRect(0, 0, SAMPLE_WIDE, SAMPLE_HIGH);
    }
    draw({ ctx, palette, theme, ratio, style, w: SAMPLE_WIDE, h: SAMPLE_HIGH });
  }
}

/** The dialog; `look()` gives {theme, style}, the style of an optimizer on the screen. */
export function helpDialog(palette, look) {
  const mark = ([name, , words]) =>
    make("div", {}, make("dt", {}, make("canvas", { class: "tl-sample", "data-mark": name, "aria-hidden": "true" })), make("dd", {}, words));
  const word = ([name, words]) => make("div", {}, make("dt", {}, name), make("dd", {}, words));
  const key = ([keys, words]) =>
    make("div", {}, make("dt", {}, ...keys.map((one) => make("kbd", {}, one))), make("dd", {}, words));
  const root = make("dialog", { class: "tl-dialog", "aria-label": "What you see, and the keys", "data-testid": "shortcuts" });
  const close = iconButton("remove", "Close", "shortcuts-close", () => root.close());
  root.append(
    make("div", { class: "tl-row" }, make("h3", {}, "What you see"), close),
    make("div", { class: "tl-helping" },
      make("dl", { class: "tl-marks" }, ...MARK_SAMPLES.map(mark)),
      make("div", {}, make("dl", { class: "tl-words" }, ...READ_WORDS.map(word)), make("h3", {}, "Keys"), make("dl", {}, ...SHORTCUTS.map(key)))));
  root.addEventListener("click", (event) => event.target === root && root.close());
  return {
    root,
    get open() { return root.open; },
    show() {
      const { theme, style } = look();
      paintMarks(root, palette, theme, style);
      root.showModal();
    },
  };
}
