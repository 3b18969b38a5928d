// What is drawn on a 2-D context, in CSS pixels: markers, the signs of stationary points, tags, heads, the
// quadratic model, axes.
import { clipDisc } from "./clipping.js";
import { niceTicks, symbolOf, tickLabels } from "./geometry.js";
import { basinColors } from "./codec.js";

const TURN = 2 * Math.PI;

/** Add the path of a shape of the palette to the context: centre (x, y), nominal size. */
export function traceShape(ctx, shape, x, y, size) {
  if (shape.radius) {
    ctx.moveTo(x + shape.radius * size, y);
    ctx.arc(x, y, shape.radius * size, 0, TURN);
    return;
  }
  for (const line of shape.lines ?? [shape.polygon]) {
    for (let k = 0; k < line.length; k += 1) {
      const px = x + line[k][0] * size;
      const py = y - line[k][1] * size;
      if (k === 0) ctx.moveTo(px, py); else ctx.lineTo(px, py);
    }
    if (shape.polygon) ctx.closePath();
  }
}

/** Draw an optimizer's marker, filled and outlined. */
export function drawMarker(ctx, palette, style, x, y, size, outlineWidth) {
  ctx.beginPath();
  traceShape(ctx, palette.shapes[style.marker], x, y, size);
  ctx.lineJoin = "round";
  ctx.lineWidth = 2 * outlineWidth; // half of it lies under the fill
  ctx.strokeStyle = style.outline;
  ctx.stroke();
  ctx.fillStyle = style.color;
  ctx.fill();
}

/** The size of the signs of so many stationary points: smaller where they would cover the map. */
export function markSize(count) {
  return 9 * Math.min(1, Math.max(0.4, Math.sqrt(40 / Math.max(count, 1))));
}

/** Draw the sign of a kind of stationary point: disc, cross, triangle; hollow where it is not isolated. */
export function drawKind(ctx, palette, kind, x, y, size) {
  const look = palette.kinds[kind] ?? palette.kinds.plateau;
  const shape = palette.shapes[look.marker];
  ctx.lineJoin = "round";
  ctx.lineCap = shape.lines ? "butt" : "round";
  ctx.beginPath();
  traceShape(ctx, shape, x, y, size);
  if (shape.lines || look.color === "none") {
    for (const [color, width] of [[look.outline, 0.5], [look.ring ?? look.color, 0.22]]) {
      ctx.strokeStyle = color;
      ctx.lineWidth = width * size;
      ctx.stroke();
    }
    return;
  }
  ctx.strokeStyle = look.outline;
  ctx.lineWidth = 0.4 * size;
  ctx.stroke();
  ctx.fillStyle = look.color;
  ctx.fill();
}

/** Draw the start: a light ring round a dark dot; `held` gives it a halo. */
export function drawStart(ctx, palette, x, y, size, held = false) {
  const look = palette.kinds.minimum;
  const disc = (radius, color) => {
    ctx.beginPath();
    ctx.arc(x, y, radius, 0, TURN);
    ctx.fillStyle = color;
    ctx.fill();
  };
  if (held) {
    ctx.globalAlpha = 0.35;
    disc(size, look.color);
    ctx.globalAlpha = 1;
  }
  disc(0.5 * size + 1.5, look.outline);
  disc(0.5 * size, look.color);
  disc(0.22 * size, look.outline);
}

/** Draw an arrow head at (x, y) that points along the unit vector (dx, dy). */
export function drawArrow(ctx, style, x, y, dx, dy, size, outlineWidth) {
  ctx.beginPath();
  ctx.moveTo(x, y);
  ctx.lineTo(x - size * (dx - 0.42 * dy), y - size * (dy + 0.42 * dx));
  ctx.lineTo(x - size * (dx + 0.42 * dy), y - size * (dy - 0.42 * dx));
  ctx.closePath();
  ctx.lineJoin = "round";
  ctx.strokeStyle = style.outline;
  ctx.lineWidth = 2 * outlineWidth;
  ctx.stroke();
  ctx.fillStyle = style.color;
  ctx.fill();
}

/** Draw a short text in a rounded box; `box` is [left, top, width, height]. */
export function drawTag(ctx, theme, text, box, border, width = 1.5) {
  ctx.beginPath();
  ctx.roundRect(box[0], box[1], box[2], box[3], 4);
  ctx.fillStyle = theme.paper;
  ctx.fill();
  ctx.strokeStyle = border;
  ctx.lineWidth = width;
  ctx.stroke();
  ctx.fillStyle = theme.ink;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillText(text, box[0] + box[2] / 2, box[1] + box[3] / 2 + 0.5);
}

/** Stroke the current path twice so that it reads on any ground: dark below, light above. */
export function strokeTwice(ctx, palette, width, dash = []) {
  const look = palette.kinds.minimum;
  ctx.lineCap = "butt";
  ctx.setLineDash([]);
  ctx.strokeStyle = look.outline;
  ctx.lineWidth = width + 1.6;
  ctx.globalAlpha = 0.6;
  ctx.stroke();
  ctx.globalAlpha = 1;
  ctx.setLineDash(dash);
  ctx.strokeStyle = look.color;
  ctx.lineWidth = width;
  ctx.stroke();
  ctx.setLineDash([]);
}

/**
 * Draw the quadratic model of an exact Hessian: its eigen-directions and the set where it rises (or falls) by the
 * height the half axes stand for, `model` from ellipseFromHessian.
 *
 * `scale` is the map's (ax, ay); `put(x, y)` is the pixel at which a point of the scaled map, seen from the head, lies
 * (null where nothing can be seen of it). The model is local: beyond `reach` it is cut off. A direction of negative
 * curvature, and a set where the model falls, is dashed. Straight lines have `pieces` parts, to lie on a hill.
 */
export function drawModel(ctx, palette, model, scale, put, width, reach, pieces = 1) {
  const { u, v, a, b, kind, low, high } = model;
  const far = (2 * reach) / Math.min(Math.abs(scale.ax), Math.abs(scale.ay));
  const part = [0, 1];
  const curve = (s, t, from, to, parts = 72) => {
    let [x0, y0, drawing] = [NaN, NaN, false];
    for (let k = 0; k <= parts; k += 1) {
      const w = from + ((to - from) * k) / parts;
      const x = scale.ax * (s(w) * u[0] + t(w) * v[0]);
      const y = scale.ay * (s(w) * u[1] + t(w) * v[1]);
      const seen = k > 0 && clipDisc(x0, y0, x, y, reach, part);
      const ends = seen ? part.map((p) => put(x0 + p * (x - x0), y0 + p * (y - y0))) : [null, null];
      if (ends[0] && ends[1]) {
        if (part[0] > 0 || !drawing) ctx.moveTo(...ends[0]);
        ctx.lineTo(...ends[1]);
      }
      drawing = Boolean(ends[0] && ends[1]);
      [x0, y0] = [x, y];
    }
  };
  const zero = () => 0;
  const same = (w) => w;
  const falling = (dashed) => { // what falls is dashed: all solid lines are one path, all dashed ones another
    const [alongU, alongV] = [Math.min(a, far), Math.min(b, far)];
    if (low !== 0 && low < 0 === dashed) curve(same, zero, -alongU, alongU, pieces);
    if (high !== 0 && high < 0 === dashed) curve(zero, same, -alongV, alongV, pieces);
    if (kind === (dashed ? "cap" : "ellipse")) curve((w) => a * Math.cos(w), (w) => b * Math.sin(w), 0, TURN);
    const end = Math.asinh(far / Math.min(a, b));
    for (const side of [-1, 1]) {
      if (kind === "saddle" && dashed) curve((w) => side * a * Math.cosh(w), (w) => b * Math.sinh(w), -end, end);
      if (kind === "saddle" && !dashed) curve((w) => a * Math.sinh(w), (w) => side * b * Math.cosh(w), -end, end);
      if (kind !== "lines" || low + high < 0 !== dashed) continue; // a valley or a ridge: along the flat direction
      if (Number.isFinite(b)) curve(same, () => side * b, -far, far, pieces);
      else curve(() => side * a, same, -far, far, pieces);
    }
  };
  for (const dashed of [false, true]) {
    ctx.beginPath();
    falling(dashed);
    strokeTwice(ctx, palette, width, dashed ? [4, 3] : []);
  }
}

/**
 * A free place for a tag of size w x h beside the point (x, y), inside the frame {left, top, width, height}.
 *
 * `taken` is a list of boxes, of heads and other tags; the place found is added to it.
 */
export function placeTag(frame, taken, x, y, w, h) {
  const left = x > frame.left + frame.width / 2 ? x - w - 14 : x + 14;
  const clamp = (value, low, high) => Math.max(low, Math.min(high, value));
  const bx = clamp(left, frame.left + 3, frame.left + frame.width - w - 3);
  let by = 0;
  for (let n = 0; n < 16; n += 1) {
    const shift = (n % 2 ? 1 : -1) * (0.9 * h + Math.floor(n / 2) * (h + 3)); // above, below, further above, ...
    by = clamp(y - h / 2 + shift, frame.top + 3, frame.top + frame.height - h - 3);
    if (taken.every((o) => bx >= o[0] + o[2] + 2 || o[0] >= bx + w + 2 || by >= o[1] + o[3] + 2 || o[1] >= by + h + 2)) break;
  }
  const box = [bx, by, w, h];
  taken.push(box);
  return box;
}

// ------------------------------------------------------------------- what both stages draw on their front
// `stage` has palette, walks with `trail` (see clipToFrame), xs and ys in pixels, rowOf(walk), unit, font, show.

/** How a walk that ended before its last step is told. */
export const LEFT = { diverged: "diverged", outside: "left the domain", "no gradient": "no gradient here" };
const HEAD = { x: 0, y: 0, dx: 1, dy: 0, outside: false, hidden: false }; // reused from head to head

/**
 * Draw each head in its family's shape; of a walker outside the frame {left, top, width, height}, the arrow with
 * which it left, and in words when; for one that left for good and has come to its last row, at which step.
 */
export function drawHeads(ctx, stage, frame) {
  const { unit, palette, inks, taken } = stage;
  taken.length = 0;
  const tags = []; // after all heads, which they must not cover
  ctx.font = `600 ${12 * unit}px ${stage.font}`;
  for (const walk of stage.walks) {
    const row = stage.rowOf(walk);
    const gone = LEFT[walk.kind] && row === walk.rows - 1;
    if (!stage.headAt(walk, row, HEAD)) continue;
    const { x, y, dx, dy, outside } = HEAD;
    ctx.globalAlpha = HEAD.hidden ? 0.35 : 1;
    if (outside) drawArrow(ctx, walk, x, y, dx, dy, 15 * unit, 1.6 * unit);
    else drawMarker(ctx, palette, walk, x, y, 13 * unit, 1.6 * unit);
    ctx.globalAlpha = 1;
    const [middle, half] = [outside ? 7.5 * unit : 0, 6 * unit]; // an arrow lies behind its tip
    taken.push([x - middle * dx - half, y - middle * dy - half, 2 * half, 2 * half]);
    if (!gone && !outside) continue;
    const text = gone ? `${LEFT[walk.kind]}, step ${walk.diverged_at}` : `outside since step ${walk.trail.since[row] * (walk.every ?? 1)}`;
    tags.push({ walk, text, x, y });
  }
  for (const { walk, text, x, y } of tags) {
    const box = placeTag(frame, taken, x, y, ctx.measureText(text).width + 12 * unit, 20 * unit);
    drawTag(ctx, inks, text, box, walk.color, 1.6 * unit);
  }
}

/** Draw the class's guesses: where each walker will end, as a ring in its colour with a question mark. */
export function drawGuesses(ctx, stage) {
  const { unit, palette, inks } = stage;
  ctx.font = `700 ${13 * unit}px ${stage.font}`;
  for (const { id, point } of stage.guesses) {
    const spot = point && stage.spot(point);
    if (!spot) continue;
    const walk = stage.walks.find((w) => w.id === id);
    const [x, y] = spot;
    ctx.beginPath();
    ctx.arc(x, y, 11 * unit, 0, TURN);
    ctx.fillStyle = inks.paper;
    ctx.fill();
    ctx.strokeStyle = palette.kinds.minimum.outline;
    ctx.lineWidth = 5 * unit;
    ctx.stroke();
    ctx.strokeStyle = walk?.color ?? inks.paper;
    ctx.lineWidth = 3 * unit;
    ctx.stroke();
    ctx.fillStyle = inks.ink;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.fillText("?", x, y + unit);
  }
}

/**
 * How the canvases that change every frame are made: painted by the processor, not the graphics card. Long outlined
 * polylines are slow to triangulate, and with software graphics (virtual machines) ten times slower.
 */
export const PEN = { willReadFrequently: true };

/** Make a canvas cover its CSS box in device pixels; returns whether its size changed. */
export function fitCanvas(canvas, width, height, ratio) {
  const w = Math.max(1, Math.round(width * ratio));
  const h = Math.max(1, Math.round(height * ratio));
  if (canvas.width === w && canvas.height === h) return false;
  canvas.width = w;
  canvas.height = h;
  return true;
}

/** The hatching that means: no finite loss here, or diverged. Crisp at any pixel ratio. */
export function hatchPattern(ctx, palette, theme, ratio) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = Math.round(7 * ratio);
  const pen = tile.getContext("2d");
  const n = tile.width;
  pen.fillStyle = theme === "dark" ? palette.themes.dark.paper : palette.outcomes.diverged.color;
  pen.fillRect(0, 0, n, n);
  pen.strokeStyle = theme === "dark" ? palette.themes.dark.soft : palette.outcomes.diverged.hatch_color;
  pen.globalAlpha = 0.6;
  pen.lineWidth = ratio;
  for (const shift of [-n, 0, n]) {
    pen.beginPath();
    pen.moveTo(shift - 1, n + 1);
    pen.lineTo(shift + n + 1, -1);
    pen.stroke();
  }
  const pattern = ctx.createPattern(tile, "repeat");
  pattern.setTransform(new DOMMatrix().scale(1 / ratio));
  return pattern;
}

/** A basin map as a small canvas, top row first; diverged starts are left transparent. */
export function basinImage(basin, palette, canvas) {
  const { rows, columns, labels } = basin;
  const high = rows === 1 ? 1 : rows;
  canvas.width = columns;
  canvas.height = high;
  const ctx = canvas.getContext("2d");
  const image = ctx.createImageData(columns, high);
  const words = new Uint32Array(image.data.buffer);
  const word = (color) => {
    const n = Number.parseInt(color.slice(1), 16);
    return (255 << 24) | ((n & 255) << 16) | (n & 0xff00) | (n >> 16);
  };
  const table = new Uint32Array(256);
  const { colors, steps } = basinColors(palette, basin);
  colors.forEach((color, n) => { table[n] = word(color); });
  table[254] = word(palette.outcomes.running.color);
  table[253] = word(palette.outcomes.other.color);
  table[252] = word(palette.outcomes["left the domain"].color);
  table[251] = word(palette.outcomes["no gradient"].color);
  for (let j = 0; j < high; j += 1) {
    for (let i = 0; i < columns; i += 1) words[(high - 1 - j) * columns + i] = table[labels[j * columns + i]];
  }
  // Minima of equal loss share a colour: a line between their basins keeps them apart.
  const border = word(palette.terrain.line);
  for (let k = 0; steps && k < columns * (high - 1); k += 1) {
    for (const other of [k + 1, k + columns]) {
      if (labels[k] !== labels[other] && table[labels[k]] === table[labels[other]] && other % columns) {
        words[(high - 1 - Math.floor(k / columns)) * columns + (k % columns)] = border;
      }
    }
  }
  ctx.putImageData(image, 0, 0);
  return canvas;
}

/**
 * Draw axes round a scale's box: few tidy ticks, crisp lines, names in italics.
 *
 * `look`: {font, unit, ratio, inks, xName, yName, open}; open axes have no right and upper side.
 */
export function drawAxes(ctx, s, look) {
  const { font, unit, ratio, inks } = look;
  const [xName, yName] = [symbolOf(look.xName), symbolOf(look.yName)];
  const bottom = s.top + s.height;
  const right = s.left + s.width;
  const line = Math.max(1, Math.round(ratio)) / ratio;
  const snap = (value) => Math.round(value * ratio) / ratio + line / 2;
  ctx.font = `${12 * unit}px ${font}`;
  ctx.fillStyle = inks.ink;
  ctx.strokeStyle = inks.soft;
  ctx.lineWidth = line;
  ctx.beginPath();
  if (look.open) {
    ctx.moveTo(s.left - line / 2, s.top);
    ctx.lineTo(s.left - line / 2, bottom + line / 2);
    ctx.lineTo(right, bottom + line / 2);
  } else {
    ctx.rect(s.left - line / 2, s.top - line / 2, s.width + line, s.height + line);
  }
  ctx.textAlign = "center";
  ctx.textBaseline = "top";
  const across = niceTicks(...s.view[0], Math.max(2, Math.min(6, s.width / (80 * unit))));
  tickLabels(across).forEach((label, k) => {
    const x = snap(s.x(across[k]));
    ctx.moveTo(x, bottom);
    ctx.lineTo(x, bottom + 4 * unit);
    ctx.fillText(label, x, bottom + 7 * unit);
  });
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  const up = niceTicks(...s.view[1], Math.max(2, Math.min(6, s.height / (60 * unit))));
  let widest = 0;
  tickLabels(up).forEach((label, k) => {
    const y = snap(s.y(up[k]));
    ctx.moveTo(s.left, y);
    ctx.lineTo(s.left - 4 * unit, y);
    ctx.fillText(label, s.left - 7 * unit, y);
    widest = Math.max(widest, ctx.measureText(label).width);
  });
  ctx.stroke();
  ctx.font = `italic ${13 * unit}px ${font}`;
  ctx.fillStyle = inks.soft;
  ctx.textAlign = "center";
  ctx.textBaseline = "bottom";
  ctx.fillText(xName, s.left + s.width / 2, bottom + 37 * unit);
  ctx.save();
  ctx.translate(s.left - widest - 10 * unit, s.top + s.height / 2);
  if (yName.length > 2) ctx.rotate(-Math.PI / 2);
  ctx.textAlign = yName.length > 2 ? "center" : "right";
  ctx.fillText(yName, 0, yName.length > 2 ? 0 : 7 * unit);
  ctx.restore();
}

/** Draw a 1-D landscape as a cut through the ground: the curve, and below it the bands of the 2-D map. */
export function drawSection(ctx, s, terrain, colors, ink, width) {
  const { loss, columns, edges } = terrain;
  const curve = new Path2D();
  const bottom = s.top + s.height;
  let drawing = false;
  for (let k = 0; k < columns; k += 1) {
    const x = s.left + (k / (columns - 1)) * s.width;
    if (!Number.isFinite(loss[k])) drawing = false;
    else if (drawing) curve.lineTo(x, s.y(loss[k]));
    else { curve.moveTo(x, s.y(loss[k])); drawing = true; }
  }
  const below = new Path2D();
  for (let k = 0; k < columns - 1; k += 1) {
    if (!Number.isFinite(loss[k]) || !Number.isFinite(loss[k + 1])) continue;
    const x = s.left + (k / (columns - 1)) * s.width;
    const next = s.left + ((k + 1) / (columns - 1)) * s.width + 0.3;
    below.moveTo(x, bottom);
    below.lineTo(x, s.y(loss[k]));
    below.lineTo(next, s.y(loss[k + 1]));
    below.lineTo(next, bottom);
    below.closePath();
  }
  ctx.save();
  ctx.clip(below);
  colors.forEach((color, band) => {
    const high = band === colors.length - 1 ? s.top : s.y(edges[band + 1]);
    const low = band === 0 ? bottom : s.y(edges[band]);
    ctx.fillStyle = `rgb(${color.join(" ")})`;
    ctx.fillRect(s.left, high, s.width, low - high + 0.5);
  });
  ctx.restore();
  ctx.strokeStyle = ink;
  ctx.lineWidth = width;
  ctx.lineJoin = "round";
  ctx.stroke(curve);
}
