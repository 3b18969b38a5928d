// From what the kernel sends to what the page draws: bytes to numbers, names to looks, looks to marks on a
// 2-D drawing context. Nothing here touches the document.
//
// All bytes are little-endian. They arrive as DataViews whose offset may be odd, so they are copied before
// they are read as typed arrays.
import { clipDisc, formatNumber } from "./geometry.js";

/** The code for "zero or not a number" among quantised values; the largest code of a value is one less. */
const NOTHING = 65535;

/** What the numbers of a basin map mean beside 0, 1, 2, ... (the minima). */
export const BASIN_CODES = { diverged: 255, running: 254, other: 253 };

function bytesOf(data) {
  if (data instanceof ArrayBuffer) return data.slice(0);
  return data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
}

function expect(name, bytes, wanted) {
  if (bytes !== wanted) throw new RangeError(`${name}: expected ${wanted} bytes, got ${bytes}`);
}

/** Values of uint16 codes on a logarithmic scale [low, high] (natural logarithms); NaN for zero or NaN. */
export function unquantise(codes, [low, high]) {
  const step = (high - low) / (NOTHING - 1);
  return Float64Array.from(codes, (code) => (code === NOTHING ? NaN : Math.exp(low + code * step)));
}

/**
 * The paths and curves of a picture: [{id, rows, x, y, loss, gradNorm, sharpness}], in its order.
 *
 * `y` is null in a landscape of one coordinate. Curves are magnitudes, good to a part in thousands; the
 * exact ones are in the details.
 */
export function decodeWalks(data, picture) {
  const bytes = bytesOf(data);
  let at = 0;
  const walks = picture.walks.map(({ id, rows, q }) => {
    const path = Array.from({ length: picture.dim }, () => {
      const values = new Float32Array(bytes, at, rows);
      at += 4 * rows;
      return values;
    });
    const [loss, gradNorm, sharpness] = q.map((scale) => {
      const values = unquantise(new Uint16Array(bytes, at, rows), scale);
      at += 2 * rows;
      return values;
    });
    at += (4 - (at % 4)) % 4;
    return { id, rows, x: path[0], y: path[1] ?? null, loss, gradNorm, sharpness };
  });
  expect("walks", bytes.byteLength, at);
  return walks;
}

/** The exact tables: Map from walk id to {rows, columns: {name: Float32Array}}. */
export function decodeDetails(data, meta) {
  const bytes = bytesOf(data);
  let at = 0;
  const tables = new Map();
  for (const { id, rows, columns } of meta) {
    const table = {};
    for (const name of columns) {
      table[name] = new Float32Array(bytes, at, rows);
      at += 4 * rows;
    }
    tables.set(id, { rows, columns: table });
  }
  expect("details", bytes.byteLength, at);
  return tables;
}

/** The terrain: its meta with `loss`, a Float32Array of rows x columns, row by y upwards. */
export function decodeTerrain(data, meta) {
  const loss = new Float32Array(bytesOf(data));
  expect("terrain", 4 * loss.length, 4 * meta.rows * meta.columns);
  return { ...meta, loss };
}

/** The basin map: its meta with `labels`, a Uint8Array of rows x columns, row by y upwards. */
export function decodeBasin(data, meta) {
  const labels = new Uint8Array(bytesOf(data));
  expect("basin", labels.length, meta.rows * meta.columns);
  return { ...meta, labels };
}

/** What `setQuadratic` of a stage wants: per walk, the columns of gradient and Hessian by row. */
export function quadraticOf(tables, coordinates) {
  const [x, y] = coordinates;
  return [...tables].map(([id, { columns }]) => ({
    id,
    loss: columns.loss,
    gx: columns[`g_${x}`],
    gy: columns[`g_${y}`] ?? null,
    hxx: columns[`h_${x}${x}`],
    hxy: columns[`h_${x}${y}`] ?? null,
    hyy: columns[`h_${y}${y}`] ?? null,
  }));
}

// ---------------------------------------------------------------------------------------------- looks
// The palette (palette.json) holds every colour and shape; the rules below are the ones Python follows.

/** The 32-bit FNV-1a hash of a text's UTF-8 bytes (Fowler, Noll and Vo). */
export function fnv1a(text) {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return value;
}

/** Relative luminance of '#RRGGBB', 0 (black) to 1 (white), as in WCAG 2. */
export function luminance(color) {
  const [r, g, b] = [1, 3, 5].map((i) => {
    const c = Number.parseInt(color.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The WCAG 2 contrast ratio of two colours, 1 (equal) to 21 (black on white). */
export function contrast(first, second) {
  const [low, high] = [luminance(first), luminance(second)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/** Whichever of the two outline inks reads better on a colour. */
export function inkOn(palette, color) {
  const inks = [...new Set(Object.values(palette.hues).map((hue) => hue.outline))].sort();
  return inks.reduce((best, ink) => (contrast(ink, color) > contrast(best, color) ? ink : best));
}

/** The fixed style {name, color, outline, marker, dash} of an optimizer's family. */
export function styleOf(palette, family) {
  const entry = palette.optimizers[family];
  if (entry) {
    const { color, marker, dash } = entry;
    return { name: family, color, outline: palette.hues[color].outline, marker, dash };
  }
  const hues = Object.keys(palette.hues);
  const { markers, dash } = palette.fallback;
  const number = fnv1a(family);
  const color = hues[number % hues.length];
  const marker = markers[Math.floor(number / hues.length) % markers.length];
  return { name: family, color, outline: palette.hues[color].outline, marker, dash };
}

/** One style for each family in a picture, all different: repeats take shades of the hue, then dashes. */
export function stylesOf(palette, families) {
  const seen = new Map();
  return families.map((family) => {
    const number = seen.get(family) ?? 0;
    seen.set(family, number + 1);
    const style = styleOf(palette, family);
    const colors = [style.color, ...palette.hues[style.color].shades];
    const own = String(style.dash);
    const dashes = [style.dash, ...palette.repeats.dashes.filter((dash) => String(dash) !== own)];
    const color = colors[number % colors.length];
    const outline = color === style.color ? style.outline : inkOn(palette, color);
    return { ...style, color, outline, dash: dashes[Math.floor(number / colors.length) % dashes.length] };
  });
}

/** The colour of each basin; they repeat after twice the palette's. */
export function basinColors(palette, count) {
  const hues = palette.basins;
  const many = [...hues, ...hues.map((hue) => palette.hues[hue].shades[0])];
  return Array.from({ length: count }, (_, n) => many[n % many.length]);
}

// ---------------------------------------------------------------------------------------------- marks
// Everything below draws on a CanvasRenderingContext2D in CSS pixels.

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

/** Add a clipped trail (see clipToFrame) to the path, up to its vertex number `count`. */
export function traceTrail(ctx, trail, count) {
  const { x, y, pen } = trail;
  for (let k = 0; k < count; k += 1) {
    if (pen[k]) ctx.lineTo(x[k], y[k]); else ctx.moveTo(x[k], y[k]);
  }
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
 * Draw the quadratic model of an exact Hessian at a pixel (px, py): its eigen-directions and the set where it
 * rises (or falls) by the height the half axes stand for, `model` from ellipseFromHessian.
 *
 * `scale` is the map's (ax, ay). The model is local: beyond `reach` pixels it is cut off. A direction of negative
 * curvature, and a set where the model falls, is dashed.
 */
export function drawModel(ctx, palette, model, scale, px, py, width, reach) {
  const { u, v, a, b, kind, low, high } = model;
  const far = (2 * reach) / Math.min(Math.abs(scale.ax), Math.abs(scale.ay));
  const part = [0, 1];
  const curve = (s, t, from, to, pieces = 72) => {
    let [x0, y0] = [NaN, NaN];
    for (let k = 0; k <= pieces; k += 1) {
      const w = from + ((to - from) * k) / pieces;
      const x = scale.ax * (s(w) * u[0] + t(w) * v[0]);
      const y = scale.ay * (s(w) * u[1] + t(w) * v[1]);
      if (k && clipDisc(x0, y0, x, y, reach, part)) {
        const at = (p) => [px + x0 + p * (x - x0), py + y0 + p * (y - y0)];
        if (part[0] > 0 || k === 1) ctx.moveTo(...at(part[0]));
        ctx.lineTo(...at(part[1]));
      }
      [x0, y0] = [x, y];
    }
  };
  const zero = () => 0;
  const same = (w) => w;
  const falling = (dashed) => { // what falls is dashed: all solid lines are one path, all dashed ones another
    const [alongU, alongV] = [Math.min(a, far), Math.min(b, far)];
    if (low !== 0 && low < 0 === dashed) curve(same, zero, -alongU, alongU, 1);
    if (high !== 0 && high < 0 === dashed) curve(zero, same, -alongV, alongV, 1);
    if (kind === (dashed ? "cap" : "ellipse")) curve((w) => a * Math.cos(w), (w) => b * Math.sin(w), 0, TURN);
    const end = Math.asinh(far / Math.min(a, b));
    for (const side of [-1, 1]) {
      if (kind === "saddle" && dashed) curve((w) => side * a * Math.cosh(w), (w) => b * Math.sinh(w), -end, end);
      if (kind === "saddle" && !dashed) curve((w) => a * Math.sinh(w), (w) => side * b * Math.cosh(w), -end, end);
      if (kind !== "lines" || low + high < 0 !== dashed) continue; // a valley or a ridge: along the flat direction
      if (Number.isFinite(b)) curve(same, () => side * b, -far, far, 1); else curve(() => side * a, same, -far, far, 1);
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
 * `taken` is a list of boxes; the place found is added to it.
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

/** Draw the whole trails faintly: where the walkers will go. */
export function drawFuture(ctx, stage) {
  ctx.lineJoin = "round";
  ctx.lineWidth = 1.2 * stage.unit;
  ctx.globalAlpha = 0.6;
  for (const walk of stage.walks) { ctx.strokeStyle = walk.color; ctx.stroke(walk.whole); }
  ctx.globalAlpha = 1;
}

/** Draw the trails up to the frame, with a mark every `stage.every` steps. */
export function drawTrails(ctx, stage) {
  const { unit, palette } = stage;
  const width = 2.5 * unit;
  ctx.lineJoin = "round";
  for (const walk of stage.walks) {
    const row = stage.rowOf(walk);
    ctx.beginPath();
    traceTrail(ctx, walk.trail, walk.trail.upto[row]);
    ctx.lineCap = "round";
    ctx.strokeStyle = walk.outline;
    ctx.lineWidth = width + 2 * unit;
    ctx.stroke();
    ctx.lineCap = "butt";
    ctx.strokeStyle = walk.color;
    ctx.lineWidth = width;
    ctx.setLineDash(walk.dashes);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.beginPath(); // all marks of a walk at once
    const shape = palette.shapes[walk.marker];
    for (let k = stage.every; k < row; k += stage.every) traceShape(ctx, shape, walk.xs[k], walk.ys[k], 5.5 * unit);
    ctx.strokeStyle = walk.outline;
    ctx.lineWidth = 1.6;
    ctx.stroke();
    ctx.fillStyle = walk.color;
    ctx.fill();
  }
}

const HEAD = { x: 0, y: 0, dx: 1, dy: 0, outside: false, hidden: false }; // reused from head to head

/**
 * Draw each head in its family's shape; of a walker outside the frame {left, top, width, height}, the arrow with
 * which it left, and in words when; for one that diverged and has come to its last row, at which step.
 */
export function drawHeads(ctx, stage, frame) {
  const { unit, palette, inks, taken } = stage;
  taken.length = 0;
  ctx.font = `600 ${12 * unit}px ${stage.font}`;
  for (const walk of stage.walks) {
    const row = stage.rowOf(walk);
    const gone = walk.kind === "diverged" && row === walk.rows - 1;
    if (!stage.headAt(walk, row, HEAD)) continue;
    const { x, y, dx, dy, outside } = HEAD;
    ctx.globalAlpha = HEAD.hidden ? 0.35 : 1;
    if (outside) drawArrow(ctx, walk, x, y, dx, dy, 15 * unit, 1.6 * unit);
    else drawMarker(ctx, palette, walk, x, y, 13 * unit, 1.6 * unit);
    ctx.globalAlpha = 1;
    if (!gone && !outside) continue;
    const since = walk.trail.upto.indexOf(walk.trail.upto[row]);
    const text = gone ? `diverged, step ${walk.diverged_at}` : `outside since step ${since}`;
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

/** What a stage shows, in words, for screen readers. */
export function describeStage(stage) {
  const { terrain: t, start, walks } = stage;
  if (!t) return "No landscape yet.";
  const at = (point) => `(${point.map((c) => formatNumber(c)).join(", ")})`;
  const axes = t.view.map(([a, b], k) => `${t.coordinates?.[k] ?? "xy"[k]} from ${formatNumber(a)} to ${formatNumber(b)}`);
  const parts = [`${t.dim === 1 ? "Curve" : stage.solid ? "Surface" : "Map"} of ${t.name ?? "the loss"}, ${axes.join(", ")}.`];
  if (start) parts.push(`Start ${at(start)}.`);
  for (const walk of walks) {
    const row = stage.rowOf(walk);
    const gone = walk.kind === "diverged" && row === walk.rows - 1 ? `, diverged at step ${walk.diverged_at}` : "";
    parts.push(`${walk.label ?? walk.family} at ${at(walk.y ? [walk.x[row], walk.y[row]] : [walk.x[row]])}, step ${row}${gone}.`);
  }
  return parts.join(" ");
}
