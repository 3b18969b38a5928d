// The trails of the walkers. Where a trail has covered its ground many times, only its newest part is drawn in full:
// what is older fades and thins, so that three hundred zigzags are not one solid patch.
import { thinLine } from "./clipping.js";
import { traceShape } from "./marks.js";

/** How much of the ground under a trail its full-strength part may cover, and the part that is half faded. */
const FULL_SHARE = 0.35;
const HALF_SHARE = 0.35;

/**
 * How a polyline is crowded: {along, full, half}.
 *
 * `along[k]` is the length drawn up to vertex k (pieces with pen 0 are jumps), `full` the length of the newest part that
 * is drawn in full and `half` that of the part before it: a line of this width and length covers the shares above of
 * the box that the polyline spans. An ordinary trail is shorter than `full`.
 */
export function crowdOf(x, y, pen, count, width) {
  const along = new Float64Array(count);
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let k = 0; k < count; k += 1) {
    along[k] = k ? along[k - 1] + (pen[k] ? Math.hypot(x[k] - x[k - 1], y[k] - y[k - 1]) : 0) : 0;
    [left, right] = [Math.min(left, x[k]), Math.max(right, x[k])];
    [top, bottom] = [Math.min(top, y[k]), Math.max(bottom, y[k])];
  }
  const air = 8 * width;
  const ground = count ? (right - left + air) * (bottom - top + air) : 0;
  return { along, full: (FULL_SHARE * ground) / width, half: (HALF_SHARE * ground) / width };
}

/** The first vertices of the full and of the half part of a trail drawn up to its vertex number `count`. */
export function fadeAt({ along, full, half }, count) {
  if (!count) return [0, 0];
  const end = along[count - 1];
  const first = (length) => {
    if (end <= length) return 0;
    let [low, high] = [0, count - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (end - along[middle] > length) low = middle + 1; else high = middle;
    }
    return low;
  };
  return [first(full), first(full + half)];
}

/** Add a clipped trail (see clipToFrame) to the path, from its vertex `from` to before its vertex number `count`. */
export function traceTrail(ctx, trail, from, count) {
  const [x, y, pen] = from ? [trail.x, trail.y, trail.pen].map((list) => list.subarray(from)) : [trail.x, trail.y, trail.pen];
  thinLine(x, y, count - from, (k) => pen[k] === 1, (px, py) => ctx.moveTo(px, py), (px, py) => ctx.lineTo(px, py));
}

// `stage` has palette, walks with `trail` (see clipToFrame), `crowd`, xs and ys in pixels, rowOf(walk), unit.

/** Draw the whole trails faintly: where the walkers will go. */
export function drawFuture(ctx, stage) {
  ctx.lineJoin = "round";
  for (const walk of stage.walks) {
    const { along, full } = walk.crowd;
    const crowded = (along.at(-1) ?? 0) > full;
    ctx.lineWidth = (crowded ? 0.8 : 1.2) * stage.unit;
    ctx.globalAlpha = crowded ? 0.3 : 0.6;
    ctx.strokeStyle = walk.color;
    ctx.stroke(walk.whole);
  }
  ctx.globalAlpha = 1;
}

/** Draw the trails up to the frame, with a mark every `stage.every` steps. */
export function drawTrails(ctx, stage) {
  const { unit, palette } = stage;
  const width = 2.5 * unit;
  ctx.lineJoin = "round";
  for (const walk of stage.walks) {
    const row = stage.rowOf(walk);
    const count = walk.trail.upto[row];
    const [full, half] = fadeAt(walk.crowd, count);
    const old = (from, to, thick, alpha) => {
      if (to - from < 1) return;
      ctx.beginPath();
      traceTrail(ctx, walk.trail, from, to);
      ctx.strokeStyle = walk.color;
      ctx.lineWidth = thick * unit;
      ctx.globalAlpha = alpha;
      ctx.stroke();
      ctx.globalAlpha = 1;
    };
    old(0, Math.min(half + 1, count), 0.8, 0.3);
    if (full) old(half, Math.min(full + 1, count), 1.3, 0.55);
    ctx.beginPath();
    traceTrail(ctx, walk.trail, full, count);
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
    for (let k = stage.every; k < row; k += stage.every) {
      if (walk.trail.upto[k] > full) traceShape(ctx, shape, walk.xs[k], walk.ys[k], 5.5 * unit);
    }
    ctx.strokeStyle = walk.outline;
    ctx.lineWidth = 1.6;
    ctx.stroke();
    ctx.fillStyle = walk.color;
    ctx.fill();
  }
}
