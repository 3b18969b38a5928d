// Lines cut down to what is seen of them: to a frame, to a disc, to as few vertices as look the same.
// Pure functions, tested in node.

const ENTER = 0;
const LEAVE = 1;

/**
 * Clip the segment (x0, y0) to (x1, y1) to a box [left, top, right, bottom] (Liang and Barsky).
 *
 * Writes the parts 0 to 1 at which it enters and leaves into `out`; returns whether any of it is inside.
 */
export function clipSegment(x0, y0, x1, y1, box, out) {
  let enter = 0;
  let leave = 1;
  const dx = x1 - x0;
  const dy = y1 - y0;
  for (let side = 0; side < 4; side += 1) {
    const across = side % 2 === 0 ? dx : dy;
    const from = side % 2 === 0 ? x0 : y0;
    const p = side < 2 ? -across : across;
    const q = side < 2 ? from - box[side] : box[side] - from;
    if (p === 0) {
      if (q < 0) return false;
    } else if (p < 0) {
      enter = Math.max(enter, q / p);
    } else {
      leave = Math.min(leave, q / p);
    }
  }
  out[ENTER] = enter;
  out[LEAVE] = leave;
  return enter <= leave;
}

/**
 * Trace points 0..count - 1 with fewer lines: what is left out lies within `slack` pixels of a drawn line.
 *
 * `move(x, y)` and `line(x, y)` are called with the kept points; `pen(k)` is false where a piece begins. From the last
 * kept point a wedge of directions is narrowed by every point passed, until one falls out of it (Reumann and Witkam's
 * strip, as Williams 1978 narrows it).
 */
export function thinLine(xs, ys, count, pen, move, line, slack = 0.35) {
  let [ax, ay, px, py] = [0, 0, 0, 0]; // the last kept point, the last point seen
  let [ux, uy, least, most] = [0, 0, 0, 0]; // the wedge: a direction and the slopes allowed beside it
  let waiting = false;
  for (let k = 0; k < count; k += 1) {
    const [x, y] = [xs[k], ys[k]];
    if (k === 0 || !pen(k)) {
      if (waiting) line(px, py);
      move(x, y);
      [ax, ay, px, py, ux, uy, waiting] = [x, y, x, y, 0, 0, false];
      continue;
    }
    for (;;) {
      const [dx, dy] = [x - ax, y - ay];
      const far = Math.hypot(dx, dy);
      if (ux === 0 && uy === 0) {
        if (far > slack) [ux, uy, least, most] = [dx / far, dy / far, -slack / far, slack / far];
        break;
      }
      const along = dx * ux + dy * uy;
      const slope = (dy * ux - dx * uy) / along;
      // It must go on outwards: a turn back would be cut off.
      if (along > 0 && along >= (px - ax) * ux + (py - ay) * uy && slope >= least && slope <= most) {
        least = Math.max(least, slope - slack / along);
        most = Math.min(most, slope + slack / along);
        break;
      }
      line(px, py);
      [ax, ay, ux, uy] = [px, py, 0, 0];
    }
    [px, py, waiting] = [x, y, true];
  }
  if (waiting) line(px, py);
}

/** Clip the segment (x0, y0) to (x1, y1) to the disc of radius r round (0, 0), as `clipSegment` does. */
export function clipDisc(x0, y0, x1, y1, r, out) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const a = dx * dx + dy * dy;
  const b = x0 * dx + y0 * dy;
  const root = Math.sqrt(b * b - a * (x0 * x0 + y0 * y0 - r * r));
  out[ENTER] = Math.max(0, (-b - root) / a);
  out[LEAVE] = Math.min(1, (-b + root) / a);
  return out[ENTER] < out[LEAVE]; // false also where there is no root
}

/**
 * A polyline (xs, ys) cut down to a frame [left, top, right, bottom], ready to be drawn up to any row.
 *
 * Returns {x, y, pen, count, upto, since, exit}: vertices, `pen[i]` 1 to draw to a vertex and 0 to move to it,
 * `upto[k]` the number of vertices to draw when the walker is at row k, and `since[k]` the row after the last one
 * up to there at which `seen(row)`: by default, inside the frame (a line may cross it between two rows outside).
 * `exit` is where the polyline leaves for good, {point, direction (unit), row: the first row outside}, or null
 * when it ends inside.
 */
export function clipToFrame(xs, ys, rows, frame, seen) {
  const x = new Float32Array(2 * rows + 1);
  const y = new Float32Array(2 * rows + 1);
  const pen = new Uint8Array(2 * rows + 1);
  const upto = new Int32Array(rows);
  const since = new Int32Array(rows);
  const [left, top, right, bottom] = frame;
  const isInside = (k) => xs[k] >= left && xs[k] <= right && ys[k] >= top && ys[k] <= bottom;
  const part = [0, 1];
  let count = 0;
  let last = -1; // the last row inside
  const put = (px, py, draw) => { x[count] = px; y[count] = py; pen[count] = draw; count += 1; };
  let connected = false;
  if (rows && isInside(0)) { put(xs[0], ys[0], 0); connected = true; last = 0; upto[0] = count; }
  if (rows) since[0] = Number((seen ?? isInside)(0));
  for (let k = 1; k < rows; k += 1) {
    const dx = xs[k] - xs[k - 1];
    const dy = ys[k] - ys[k - 1];
    if (clipSegment(xs[k - 1], ys[k - 1], xs[k], ys[k], frame, part)) {
      if (!connected) put(xs[k - 1] + part[ENTER] * dx, ys[k - 1] + part[ENTER] * dy, 0);
      put(xs[k - 1] + part[LEAVE] * dx, ys[k - 1] + part[LEAVE] * dy, 1);
    }
    connected = isInside(k);
    if (connected) last = k;
    upto[k] = count;
    since[k] = (seen ?? isInside)(k) ? k + 1 : since[k - 1];
  }
  let exit = null;
  if (last >= 0 && last < rows - 1) {
    const dx = xs[last + 1] - xs[last];
    const dy = ys[last + 1] - ys[last];
    clipSegment(xs[last], ys[last], xs[last + 1], ys[last + 1], frame, part);
    const length = Math.hypot(dx, dy) || 1;
    exit = {
      point: [xs[last] + part[LEAVE] * dx, ys[last] + part[LEAVE] * dy],
      direction: [dx / length, dy / length],
      row: last + 1,
    };
  }
  return { x, y, pen, count, upto, since, exit };
}
