// Everything about numbers that the stage and the charts need, without a canvas: scales, contour lines,
// ticks, the quadratic model, and the mathematics of a camera. Pure functions, tested in node.

const GREEK = {
  alpha: "α", beta: "β", gamma: "γ", delta: "δ", epsilon: "ε", kappa: "κ", lambda: "λ", mu: "μ", phi: "φ", psi: "ψ",
  rho: "ρ", sigma: "σ", tau: "τ", theta: "θ", omega: "ω",
};

/** A coordinate's name as it is written: theta as θ, w1 as w₁. */
export function symbolOf(name) {
  const [, stem, digits] = /^(.*?)([0-9]*)$/.exec(name);
  return (GREEK[stem] ?? stem) + [...digits].map((digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]).join("");
}

// ------------------------------------------------------------------------------- windows and scales

/** Whether both axes of a window get the same scale: unless it is very long or very tall. */
export function sameScale(view) {
  const ratio = (view[0][1] - view[0][0]) / (view[1][1] - view[1][0]);
  return ratio >= 1 / 3 && ratio <= 3;
}

/**
 * The linear map from a window ([[x0, x1], [y0, y1]], y upwards) to a box of pixels (y downwards).
 *
 * With `equal`, a unit is as long across as it is high, and the box shrinks towards its centre.
 * Pixel x = ax*x + bx, pixel y = ay*y + by.
 */
export function makeScale(view, width, height, equal = false, left = 0, top = 0) {
  const [[x0, x1], [y0, y1]] = view;
  let ux = width / (x1 - x0);
  let uy = height / (y1 - y0);
  if (equal) ux = uy = Math.min(ux, uy);
  const w = ux * (x1 - x0);
  const h = uy * (y1 - y0);
  const l = left + (width - w) / 2;
  const t = top + (height - h) / 2;
  return {
    view, left: l, top: t, width: w, height: h,
    ax: ux, bx: l - ux * x0, ay: -uy, by: t + uy * y1,
    x: (u) => ux * (u - x0) + l,
    y: (v) => uy * (y1 - v) + t,
    fromX: (px) => x0 + (px - l) / ux,
    fromY: (py) => y1 - (py - t) / uy,
    holds: (px, py) => px >= l && px <= l + w && py >= t && py <= t + h,
  };
}

/** The value of a grid over a window at a point, bilinear between nodes; NaN outside. One row: linear. */
export function sampleGrid(grid, rows, columns, view, x, y) {
  const u = ((x - view[0][0]) / (view[0][1] - view[0][0])) * (columns - 1);
  const v = rows > 1 ? ((y - view[1][0]) / (view[1][1] - view[1][0])) * (rows - 1) : 0;
  if (!(u >= 0 && u <= columns - 1 && v >= 0 && v <= rows - 1)) return NaN;
  const i = Math.min(Math.floor(u), Math.max(columns - 2, 0));
  const j = Math.min(Math.floor(v), Math.max(rows - 2, 0));
  const s = u - i;
  const t = v - j;
  const k = j * columns + i;
  const low = grid[k] + (s > 0 ? s * (grid[k + 1] - grid[k]) : 0);
  if (!(t > 0)) return low;
  const high = grid[k + columns] + (s > 0 ? s * (grid[k + columns + 1] - grid[k + columns]) : 0);
  return low + t * (high - low);
}

/** The index of the nearest of `count` points to (x, y), and its distance; -1 if there is none. */
export function nearestPoint(xs, ys, x, y, count = xs.length) {
  let index = -1;
  let best = Infinity;
  for (let k = 0; k < count; k += 1) {
    const d = (xs[k] - x) ** 2 + (ys[k] - y) ** 2;
    if (d < best) { best = d; index = k; }
  }
  return { index, distance: Math.sqrt(best) };
}

// --------------------------------------------------------------------------- levels, bands, colours

/** Where a loss lies among the edges, 0 (lowest) to edges.length - 1 (highest): bands are equally long. */
export function shareOf(edges, value) {
  const last = edges.length - 1;
  if (!(value >= edges[0])) return value < edges[0] ? 0 : NaN;
  if (value >= edges[last]) return value === Infinity ? NaN : last;
  let low = 0;
  let high = last;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (value < edges[middle]) high = middle; else low = middle;
  }
  return low + (value - edges[low]) / (edges[high] - edges[low]);
}

/** [r, g, b] (0 to 255) of '#RRGGBB'. */
export function rgb(color) {
  const n = Number.parseInt(color.slice(1), 16);
  return [n >> 16, (n >> 8) & 255, n & 255];
}

/** The colour of each of `count` bands: the middle of its equal share of the stops, as [r, g, b]. */
export function bandColors(stops, count) {
  const parts = stops.map(rgb);
  return Array.from({ length: count }, (_, band) => {
    const place = ((band + 0.5) / count) * (stops.length - 1);
    const i = Math.min(Math.floor(place), stops.length - 2);
    return parts[i].map((c, k) => Math.round(c + (place - i) * (parts[i + 1][k] - c)));
  });
}

/**
 * Paint a grid of losses in bands between edges, one 0xAABBGGRR word a pixel, top row first.
 *
 * Bilinear between nodes, so the bands end where the contour lines run. What has no finite loss, or lies
 * outside the edges by more than rounding to float32, stays transparent.
 */
export function paintBands(pixels, width, height, grid, rows, columns, edges, colors) {
  const words = new Uint32Array(colors.map(([r, g, b]) => (255 << 24) | (b << 16) | (g << 8) | r));
  const top = words.length - 1;
  const limits = Float64Array.from(edges);
  const slack = 2e-7 * Math.max(Math.abs(edges[0]), Math.abs(edges[top + 1]));
  limits[0] -= slack;
  limits[top + 1] += slack;
  const line = new Float64Array(columns);
  let band = 0;
  for (let py = 0; py < height; py += 1) {
    const v = Math.min(Math.max(((height - 0.5 - py) / height) * (rows - 1), 0), rows - 1);
    const j = Math.min(Math.floor(v), rows - 2);
    const t = v - j;
    for (let i = 0; i < columns; i += 1) {
      const below = grid[j * columns + i];
      line[i] = below + t * (grid[(j + 1) * columns + i] - below);
    }
    const stride = (columns - 1) / width;
    for (let px = 0, at = py * width; px < width; px += 1, at += 1) {
      const u = (px + 0.5) * stride;
      const i = u | 0;
      const value = line[i] + (u - i) * (line[i + 1] - line[i]);
      if (!(value >= limits[0] && value <= limits[top + 1])) { pixels[at] = 0; continue; }
      while (band < top && value >= limits[band + 1]) band += 1;
      while (band > 0 && value < limits[band]) band -= 1;
      pixels[at] = words[band];
    }
  }
}

/**
 * The contour lines of a grid at one level: polylines [column, row, column, row, ...] in grid units.
 *
 * Marching squares; segments are joined over shared cell edges, closed lines end where they begin. The
 * two ambiguous cells are decided by the mean of the corners. Cells with a corner that is not finite are
 * left out. `links` may be reused from call to call (see `contourLinks`).
 */
export function contourLines(grid, rows, columns, level, links = contourLinks(rows, columns)) {
  const n = rows * columns; // edge e < n: from node e to its right; e >= n: from node e - n upwards
  const used = [];
  const join = (a, b) => {
    links[2 * a + (links[2 * a] >= 0 ? 1 : 0)] = b;
    links[2 * b + (links[2 * b] >= 0 ? 1 : 0)] = a;
    used.push(a, b);
  };
  for (let j = 0; j < rows - 1; j += 1) {
    for (let i = 0; i < columns - 1; i += 1) {
      const k = j * columns + i;
      const p = grid[k], q = grid[k + 1], r = grid[k + columns + 1], s = grid[k + columns];
      const sign = (p >= level ? 1 : 0) | (q >= level ? 2 : 0) | (r >= level ? 4 : 0) | (s >= level ? 8 : 0);
      if (sign === 0 || sign === 15) continue;
      const sum = p + q + r + s;
      if (!(sum - sum === 0)) continue;
      const bottom = k, right = n + k + 1, top = k + columns, left = n + k;
      const high = sum / 4 >= level;
      switch (sign) {
        case 1: case 14: join(left, bottom); break;
        case 2: case 13: join(bottom, right); break;
        case 4: case 11: join(right, top); break;
        case 8: case 7: join(top, left); break;
        case 3: case 12: join(left, right); break;
        case 6: case 9: join(bottom, top); break;
        default: // 5: bottom left and top right are high; 10: the other two
          if ((sign === 5) === high) { join(left, top); join(bottom, right); } else { join(left, bottom); join(right, top); }
      }
    }
  }
  const lines = [];
  const trace = (first) => {
    const line = [];
    let edge = first;
    while (edge >= 0) {
      const k = edge < n ? edge : edge - n;
      const step = edge < n ? 1 : columns;
      const part = (level - grid[k]) / (grid[k + step] - grid[k]);
      line.push((k % columns) + (edge < n ? part : 0), Math.floor(k / columns) + (edge < n ? 0 : part));
      const way = 2 * edge + (links[2 * edge] >= 0 ? 0 : 1);
      const after = links[way];
      links[way] = -1;
      if (after >= 0) links[2 * after + (links[2 * after] === edge ? 0 : 1)] = -1; // not back again
      edge = after;
    }
    lines.push(line);
  };
  const isEnd = (e) => (links[2 * e] >= 0) !== (links[2 * e + 1] >= 0);
  for (const edge of used) if (isEnd(edge)) trace(edge);
  for (const edge of used) if (links[2 * edge] >= 0 || links[2 * edge + 1] >= 0) trace(edge);
  return lines;
}

/** Scratch space for `contourLines`; it is left clean, so one serves all levels. */
export function contourLinks(rows, columns) {
  return new Int32Array(4 * rows * columns).fill(-1);
}

// ------------------------------------------------------------------------------------ ticks and words

const SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** A number with three significant digits, a true minus sign, no trailing zeros: '1.23×10⁻⁵'. */
export function formatNumber(value, digits = 3) {
  if (value === null || value === undefined || Number.isNaN(value)) return "undefined";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
  const power = Number(exponent);
  const bare = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
  if (power > -4 && power < 5) {
    return bare(Number(`${mantissa}e${power}`).toFixed(Math.max(digits - 1 - power, 0))).replace("-", "−");
  }
  return `${bare(mantissa)}×${powerOfTen(power)}`.replace("-", "−");
}

/** Whether lr * lambda is above its limit by more than rounding: a rate of 2/lambda itself is not. */
export function isOver(meter, limit) { return meter > limit * (1 + 1e-9); }

/** 10 to a whole power, written out: '10⁻⁵'. */
export function powerOfTen(power) {
  const digits = [...String(Math.abs(power))].map((d) => SUPERSCRIPT[Number(d)]).join("");
  return `10${power < 0 ? "⁻" : ""}${digits}`;
}

/** At most about `count` round values in [low, high], a step of 1, 2 or 5 times a power of ten apart. */
export function niceTicks(low, high, count = 5) {
  const span = high - low;
  if (!(span > 0) || !Number.isFinite(span)) return [];
  const rough = span / Math.max(count, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((s) => s * power >= rough * (1 - 1e-9)) * power;
  const ticks = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k += 1) {
    ticks.push(Number((k * step).toPrecision(12)) + 0); // no 0.30000000000000004, no -0
  }
  return ticks;
}

/** Ticks for a logarithmic axis: whole powers of ten, thinned; 1, 2, 5 within less than two decades. */
export function logTicks(low, high, count = 5) {
  if (!(low > 0) || !(high > low) || !Number.isFinite(high)) return [];
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  const factors = last - first < 1 ? [1, 2, 5] : [1];
  const stride = Math.max(1, Math.ceil((last - first + 1) / count));
  const ticks = [];
  for (let p = first - (factors.length > 1 ? 1 : 0); p <= last; p += 1) {
    if (factors.length === 1 && ((p % stride) + stride) % stride !== 0) continue;
    for (const f of factors) {
      const tick = Number(`${f}e${p}`);
      if (tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9)) ticks.push(tick);
    }
  }
  return ticks;
}

/** The labels of a set of ticks, all with the same number of decimals. */
export function tickLabels(ticks) {
  const largest = Math.max(...ticks.map(Math.abs), 0);
  if (largest >= 1e5 || (largest > 0 && largest < 1e-3)) return ticks.map((t) => formatNumber(t));
  const decimals = Math.max(0, ...ticks.map((t) => (String(t).split(".")[1] || "").length));
  return ticks.map((t) => t.toFixed(Math.min(decimals, 6)).replace("-", "−"));
}

/** The distance between two marks of a trail, 1, 2, 5, 10, ... steps: at most `most` marks. */
export function marksEvery(rows, most = 30) {
  let every = 1;
  while (rows > most * every) every = String(every)[0] === "2" ? (every * 5) / 2 : every * 2;
  return every;
}

// ------------------------------------------------------------------------------------ quadratic model

/** Eigenvalues low <= high of [[a, b], [b, c]] and the unit eigenvector (ux, uy) of `low`. */
export function eigen2x2(a, b, c) {
  const middle = (a + c) / 2;
  const radius = Math.hypot((a - c) / 2, b);
  const turn = b === 0 ? (a <= c ? 0 : Math.PI / 2) : Math.atan2(-b, (c - a) / 2 + radius);
  return { low: middle - radius, high: middle + radius, ux: Math.cos(turn), uy: Math.sin(turn) };
}

/**
 * The set where the quadratic model dᵀHd/2 equals `rise`: in the frame of the eigenvectors, half axis
 * sqrt(2 rise/|lambda|) along each (Infinity where lambda is 0).
 *
 * `kind`: "ellipse" (both eigenvalues positive), "cap" (both negative: the set at -rise), "saddle" (a
 * hyperbola), "lines" (one eigenvalue is zero beside the other), "flat". Directions are of unit length:
 * `u` belongs to the lower eigenvalue.
 */
export function ellipseFromHessian(h11, h12, h22, rise) {
  const { low, high, ux, uy } = eigen2x2(h11, h12, h22);
  const size = Math.max(Math.abs(low), Math.abs(high));
  const flat = (value) => !(Math.abs(value) > 1e-9 * size);
  const half = (value) => (flat(value) ? Infinity : Math.sqrt((2 * rise) / Math.abs(value)));
  let kind = "saddle";
  if (!(size > 0)) kind = "flat";
  else if (flat(low) || flat(high)) kind = "lines";
  else if (low > 0) kind = "ellipse";
  else if (high < 0) kind = "cap";
  return { kind, low, high, u: [ux, uy], v: [-uy, ux], a: half(low), b: half(high) };
}

/**
 * A height, to one significant digit, at which ellipses of these [low, high] spectra are easy to see.
 *
 * Along a valley only the steep direction counts, and beside curved ground flat ground does not. An ellipse
 * that is not too long stays within the disc in which models are drawn (0.14 of the span), and so is closed.
 */
export function roundRise(spectra, span) {
  const known = spectra.filter(([, high]) => high > 0 && Number.isFinite(high));
  if (!known.length) return null;
  const most = Math.max(...known.map(([, high]) => high));
  const curved = known.filter(([, high]) => high > 1e-4 * most).map(([low, high]) => [low > 1e-4 * high ? low : high, high]);
  const sharpness = Math.min(...curved.map(([low, high]) => Math.sqrt(low * high)));
  const flattest = Math.min(...curved.map(([low]) => low));
  const closed = Math.min(...curved.filter(([low, high]) => high <= 16 * low).map(([low]) => low));
  const rise = Math.min(sharpness * (0.09 * span) ** 2, flattest * (0.3 * span) ** 2, closed * (0.13 * span) ** 2) / 2;
  return Number(rise.toExponential(0));
}

/** `roundRise` for Hessians {hxx, hxy, hyy} (of one coordinate, hyy is null). */
export function riseOf(hessians, span) {
  return roundRise(hessians.map(({ hxx, hxy, hyy }) => {
    const { low, high } = hyy === null ? { low: hxx, high: hxx } : eigen2x2(hxx, hxy, hyy);
    return [Math.abs(low), Math.abs(high)].sort((a, b) => a - b);
  }), span);
}

// ----------------------------------------------------------------------------------------- the camera
// Matrices are 4 x 4 in column order, as WebGL wants them.

/** Write a * b into `out`. */
export function multiply(out, a, b) {
  for (let j = 0; j < 4; j += 1) {
    for (let i = 0; i < 4; i += 1) {
      let sum = 0;
      for (let k = 0; k < 4; k += 1) sum += a[4 * k + i] * b[4 * j + k];
      out[4 * j + i] = sum;
    }
  }
  return out;
}

/** A perspective projection with a vertical opening angle (radians). */
export function perspective(angle, aspect, near, far) {
  const f = 1 / Math.tan(angle / 2);
  const d = near - far;
  return new Float64Array([f / aspect, 0, 0, 0, 0, f, 0, 0, 0, 0, (far + near) / d, -1, 0, 0, (2 * far * near) / d, 0]);
}

/** The view from `eye` towards `target`; z is up. */
export function lookAt(eye, target) {
  const unit = (v) => { const n = Math.hypot(...v); return v.map((c) => c / n); };
  const f = unit([target[0] - eye[0], target[1] - eye[1], target[2] - eye[2]]);
  const s = unit([f[1], -f[0], 0]); // f x (0, 0, 1)
  const u = [s[1] * f[2] - s[2] * f[1], s[2] * f[0] - s[0] * f[2], s[0] * f[1] - s[1] * f[0]];
  const dot = (v) => -(v[0] * eye[0] + v[1] * eye[1] + v[2] * eye[2]);
  return new Float64Array([s[0], u[0], -f[0], 0, s[1], u[1], -f[1], 0, s[2], u[2], -f[2], 0, dot(s), dot(u), -dot(f), 1]);
}

/** Where an eye on a sphere round `target` stands; angles in radians. */
export function orbitEye(target, distance, azimuth, elevation) {
  const flat = distance * Math.cos(elevation);
  return [target[0] + flat * Math.cos(azimuth), target[1] + flat * Math.sin(azimuth), target[2] + distance * Math.sin(elevation)];
}

/** Project a point by a matrix onto a canvas: writes [x, y, depth] into `out`; depth > 1 or NaN is unseen. */
export function project(out, m, x, y, z, width, height) {
  const w = m[3] * x + m[7] * y + m[11] * z + m[15];
  out[0] = ((m[0] * x + m[4] * y + m[8] * z + m[12]) / w + 1) * 0.5 * width;
  out[1] = (1 - (m[1] * x + m[5] * y + m[9] * z + m[13]) / w) * 0.5 * height;
  out[2] = w > 0 ? (m[2] * x + m[6] * y + m[10] * z + m[14]) / w : NaN;
  return out;
}

/** The unit direction of the ray from the eye through a canvas point. */
export function rayThrough(eye, target, angle, px, py, width, height) {
  const view = lookAt(eye, target);
  const t = Math.tan(angle / 2);
  const a = ((2 * px) / width - 1) * t * (width / height);
  const b = (1 - (2 * py) / height) * t;
  const d = [0, 1, 2].map((k) => a * view[4 * k] + b * view[4 * k + 1] - view[4 * k + 2]);
  const n = Math.hypot(...d);
  return d.map((c) => c / n);
}

/**
 * Where a ray meets a height field over the box [-bx, bx] x [-by, by]: [x, y, z], or null.
 *
 * `height(x, y)` returns z, NaN where there is no ground. Marches in `steps`, then halves the last step.
 */
export function pick(eye, ray, bx, by, height, far, steps = 256) {
  let before = 0;
  let wasAbove = false;
  for (let k = 1; k <= steps; k += 1) {
    const t = (far * k) / steps;
    const x = eye[0] + t * ray[0];
    const y = eye[1] + t * ray[1];
    const gap = Math.abs(x) <= bx && Math.abs(y) <= by ? eye[2] + t * ray[2] - height(x, y) : NaN;
    if (gap < 0 && wasAbove) {
      let low = before;
      let high = t;
      for (let n = 0; n < 24; n += 1) {
        const middle = (low + high) / 2;
        const mx = eye[0] + middle * ray[0];
        const my = eye[1] + middle * ray[1];
        if (eye[2] + middle * ray[2] - height(mx, my) < 0) high = middle; else low = middle;
      }
      return [eye[0] + high * ray[0], eye[1] + high * ray[1], eye[2] + high * ray[2]];
    }
    if (gap < 0) return null; // came in below the ground, through a wall
    if (gap >= 0) wasAbove = true;
    before = t;
  }
  return null;
}
