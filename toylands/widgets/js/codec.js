// From what the kernel sends to what the page draws: bytes to numbers, names to looks. Nothing here
// touches the document.
//
// All bytes are little-endian. They arrive as DataViews whose offset may be odd, so they are copied before
// they are read as typed arrays.

import { formatNumber } from "./geometry.js";

/** The codes of numbers without a logarithm, and how many there are of the others. */
const SPECIAL = new Map([[65535, NaN], [65534, 0], [65533, Infinity], [65532, -Infinity]]);
const LEVELS = 65000;

/** What the numbers of a basin map mean beside 0, 1, 2, ... (the minima). */
export const BASIN_CODES = { diverged: 255, running: 254, other: 253, outside: 252, still: 251 };

function bytesOf(data) {
  if (data instanceof ArrayBuffer) return data.slice(0);
  return data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
}

function expect(name, bytes, wanted) {
  if (bytes !== wanted) throw new RangeError(`${name}: expected ${wanted} bytes, got ${bytes}`);
}

/**
 * Values of uint16 codes: magnitudes on a logarithmic scale from `low` to `high` (natural logarithms); where `signed`,
 * the upper half of the codes is that of the negative ones.
 */
export function unquantise(codes, [low, high, signed]) {
  const half = signed ? LEVELS / 2 : LEVELS;
  const step = (high - low) / (half - 1);
  return Float64Array.from(codes, (code) => {
    if (code >= LEVELS) return SPECIAL.get(code) ?? NaN;
    return code < half ? Math.exp(low + code * step) : -Math.exp(low + (code - half) * step);
  });
}

/**
 * The paths and curves of a picture: [{id, rows, x, y, loss, gradNorm, sharpness}], in its order.
 *
 * `y` is null in a landscape of one coordinate. Curves are good to a part in thousands; the exact ones are in
 * the details.
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

/** The exact tables: Map from walk id to {rows, columns: {name: Float64Array}}. */
export function decodeDetails(data, meta) {
  const bytes = bytesOf(data);
  const numbers = meta.reduce((sum, { rows, columns }) => sum + rows * columns.length, 0);
  expect("details", bytes.byteLength, 8 * numbers);
  let at = 0;
  const tables = new Map();
  for (const { id, rows, columns } of meta) {
    const table = {};
    for (const name of columns) {
      table[name] = new Float64Array(bytes, at, rows);
      at += 8 * rows;
    }
    tables.set(id, { rows, columns: table });
  }
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

/**
 * What `setQuadratic` of a stage wants: [{id, only, at(row)}], where at(row) is {row, gx, gy, hxx, hxy, hyy}, the exact
 * gradient and Hessian there. While something is dragged the kernel sends one row of each walk: `only` is its number.
 */
export function quadraticOf(tables, coordinates) {
  const [x, y] = coordinates;
  return [...tables].map(([id, { rows, columns }]) => {
    const lists = [`g_${x}`, `g_${y}`, `h_${x}${x}`, `h_${x}${y}`, `h_${y}${y}`].map((name) => columns[name] ?? null);
    return { id, only: null, at: (row) => (row < rows ? bendOf(row, lists.map((list) => list?.[row] ?? null)) : null) };
  });
}

/** The same while something is dragged: from the walks' `bend`, [row, gradient, upper triangle of the Hessian]. */
export function quadraticOfBends(walks) {
  return walks.filter(({ bend }) => bend).map(({ id, bend: [row, ...numbers] }) => {
    const known = bendOf(row, numbers.length > 2 ? numbers : [numbers[0], null, numbers[1], null, null]);
    return { id, only: row, at: () => known };
  });
}

function bendOf(row, [gx, gy, hxx, hxy, hyy]) {
  return { row, gx, gy, hxx, hxy, hyy };
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

/** Blue to yellow through the palette's hues: light grows all the way, so it reads without red and green too. */
function ladder(palette, share) {
  const { stops } = palette.ladder;
  const at = Math.min(Math.floor(share * 3), 2);
  const channel = (color, i) => Number.parseInt(color.slice(i, i + 2), 16);
  const mixed = [1, 3, 5].map((i) => {
    const [from, to] = [channel(stops[at], i), channel(stops[at + 1], i)];
    return Math.round(from + (3 * share - at) * (to - from)).toString(16).padStart(2, "0");
  });
  return `#${mixed.join("")}`;
}

/** How much white there is in the colours of a basin map: trails of the same hues must be seen on them. */
const BASIN_WHITE = 0.68;

/** A colour as the ground of a basin. */
function paled(color) {
  const mixed = [1, 3, 5].map((i) => {
    const own = Number.parseInt(color.slice(i, i + 2), 16);
    return Math.round(own + BASIN_WHITE * (255 - own)).toString(16).padStart(2, "0");
  });
  return `#${mixed.join("")}`;
}

/**
 * The colours of a basin map: `colors`, one for each minimum, and `steps`, null where each has its own.
 *
 * More minima than twice the palette's hues are coloured by their loss, from dark (the lowest) to light; minima of
 * equal loss share a colour. `steps` then lists the different losses, lowest first, with their colours; a minimum
 * that neither lies in the view nor is reached has no step of its own.
 */
export function basinColors(palette, { minima, view, labels }) {
  const hues = palette.basins;
  const own = [...hues, ...hues.map((hue) => palette.hues[hue].shades[0])].map(paled);
  if (minima.length <= own.length) return { colors: own.slice(0, minima.length), steps: null };
  const losses = minima.map(({ loss }) => loss ?? Infinity);
  const reached = new Set(labels);
  const seen = ({ point }, k) => reached.has(k) || view.every(([low, high], i) => point[i] >= low && point[i] <= high);
  const sorted = losses.filter((_, k) => seen(minima[k], k)).sort((a, b) => a - b);
  const [low, high] = [sorted[0], sorted.findLast(Number.isFinite) ?? sorted[0]];
  const slack = 1e-4 * (high - low) + 1e-9 * (1 + Math.abs(low));
  const steps = [];
  for (const loss of sorted) if (!steps.length || loss > steps.at(-1).loss + slack) steps.push({ loss });
  steps.forEach((step, k) => { step.color = paled(ladder(palette, steps.length > 1 ? k / (steps.length - 1) : 0.5)); });
  return { colors: losses.map((loss) => (steps.findLast((step) => step.loss <= loss) ?? steps[0]).color), steps };
}

/** What becomes of a start, in words, by a basin map; empty outside it. */
export function fateAt(basin, point) {
  const { labels, rows, columns, view, minima } = basin;
  const place = (axis, count) => {
    const [low, high] = view[axis];
    return Math.round(((point[axis] - low) / (high - low)) * (count - 1));
  };
  const [i, j] = [place(0, columns), view.length > 1 ? place(1, rows) : 0];
  if (!(i >= 0 && i < columns && j >= 0 && j < rows)) return "";
  const code = labels[j * columns + i];
  if (code === BASIN_CODES.diverged) return "diverges from here";
  if (code === BASIN_CODES.running) return "not there yet from here";
  if (code === BASIN_CODES.outside) return "leaves the domain from here";
  if (code === BASIN_CODES.still) return "comes to a point without a gradient from here";
  if (code === BASIN_CODES.other || !minima[code]) return "ends elsewhere from here";
  return `ends at (${minima[code].point.map((x) => formatNumber(x)).join(", ")}) from here`;
}
