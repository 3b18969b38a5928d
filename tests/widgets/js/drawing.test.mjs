// The pure parts of the charts and of the solid stage.
import assert from "node:assert/strict";
import { test } from "node:test";
import { chartWindow, piecesAbove, placeLabel } from "../../../toylands/widgets/js/charts.js";
import { clipToFrame } from "../../../toylands/widgets/js/clipping.js";
import { drawArrow, drawHeads } from "../../../toylands/widgets/js/marks.js";
import { drape, meshOf } from "../../../toylands/widgets/js/mesh.js";

test("a logarithmic chart holds its values, and says where it cannot", () => {
  const range = chartWindow([{ loss: [100, 1, 0.01] }], "loss", true);
  assert.equal(range.log, true);
  assert.ok(range.low < -2 && range.low > -3 && range.high > 2 && range.high < 3);
  assert.equal(range.note, "");
  assert.deepEqual(
    [chartWindow([{ loss: [1, -1] }], "loss", true)].map((r) => [r.log, r.note]), [[false, "linear: values below 0"]],
  );
  assert.equal(chartWindow([{ loss: [0, 0] }], "loss", true).note, "linear: no value above 0");
  assert.equal(chartWindow([{ loss: [NaN] }], "loss", true), null);
});

test("a rounding error below zero does not cost the logarithmic chart", () => {
  const tiny = chartWindow([{ loss: [0.5, 1e-9, -1e-17] }], "loss", true);
  assert.deepEqual([tiny.log, tiny.note], [true, "rounding errors below 0 not shown"]);
  assert.equal(chartWindow([{ loss: [0.5, 1e-9, -1e-12] }], "loss", true).log, false);
});

test("an arrow head has its tip where it is drawn and points where it is told", () => {
  for (const [dx, dy] of [[1, 0], [0, -1], [0.6, 0.8], [-0.8, 0.6]]) {
    const corners = [];
    const put = (x, y) => corners.push([x, y]);
    const ctx = new Proxy({}, { get: (_, name) => (/^(move|line)To$/.test(name) ? put : () => {}), set: () => true });
    drawArrow(ctx, { color: "#000", outline: "#fff" }, 7, 5, dx, dy, 10, 1);
    const [tip, left, right] = corners;
    assert.deepEqual(tip, [7, 5]);
    for (const [x, y] of [left, right]) {
      assert.ok(Math.abs((7 - x) * dx + (5 - y) * dy - 10) < 1e-12); // its base lies one size behind the tip
    }
    assert.ok(Math.abs((left[0] + right[0]) / 2 - (7 - 10 * dx)) < 1e-12); // as wide on both sides
    assert.ok(Math.abs((left[1] + right[1]) / 2 - (5 - 10 * dy)) < 1e-12);
    assert.ok(Math.hypot(left[0] - right[0], left[1] - right[1]) > 5);
  }
});

/** A stage on which walkers stand at the pixels given, and the texts and boxes its heads are drawn with. */
function headsOf(walks, frame) {
  const [texts, boxes, heads] = [[], [], []];
  const acts = {
    fillText: (text) => texts.push(text),
    roundRect: (...box) => boxes.push(box),
    arc: (x, y) => heads.push([x, y]),
    measureText: (text) => ({ width: 7 * text.length }),
  };
  const ctx = new Proxy({}, { get: (_, name) => acts[name] ?? (() => {}), set: () => true });
  const inside = ({ x, y }) => x >= 0 && x <= frame.width && y >= 0 && y <= frame.height;
  const stage = {
    unit: 1, font: "serif", taken: [], inks: {}, walks, rowOf: (walk) => walk.row,
    palette: { shapes: { disc: { radius: 0.5 } } },
    headAt: (walk, row, out) => Object.assign(out, walk.at, { dx: 1, dy: 0, hidden: false, outside: !inside(walk.at) }),
  };
  drawHeads(ctx, stage, frame);
  return { texts, boxes, heads };
}

test("a walker is outside since the step after its last point inside, whatever its lines cross", () => {
  // A parabola at a rate of 2.1: x = (-1.1)^t in a view from -3 to 3 is beyond it from step 12 on.
  const xs = Array.from({ length: 60 }, (_, t) => 50 + (50 / 3) * (-1.1) ** t);
  const trail = clipToFrame(xs, xs.map(() => 10), xs.length, [0, 0, 100, 100]);
  const at = { x: 101, y: 10 };
  for (const row of [12, 13, 19, 20, 30, 31, 40, 59]) {
    const walk = { marker: "disc", kind: "running", rows: 60, row, at, trail };
    assert.deepEqual(headsOf([walk], { left: 0, top: 0, width: 100, height: 100 }).texts, ["outside since step 12"]);
  }
  // What is seen may be less than the frame: a surface with a hole.
  const holed = clipToFrame([1, 2, 3, 4], [1, 1, 1, 1], 4, [0, 0, 9, 9], (k) => k === 1);
  assert.deepEqual([...holed.since], [0, 2, 2, 2]);
});

test("a tag covers neither another walker's head nor another tag", () => {
  const frame = { left: 0, top: 0, width: 400, height: 300 };
  const trail = { since: [0] };
  const gone = { marker: "disc", kind: "diverged", diverged_at: 5, rows: 1, row: 0, trail, at: { x: 60, y: 150 } };
  const rest = { ...gone, kind: "converged", at: { x: 110, y: 132 } };
  for (const walks of [[gone, rest], [rest, gone], [gone, { ...gone, at: { x: 62, y: 150 } }, rest]]) {
    const { boxes, heads } = headsOf(walks, frame);
    boxes.forEach(([l, t, w, h], n) => {
      for (const [x, y] of heads) assert.ok(x < l - 5 || x > l + w + 5 || y < t - 5 || y > t + h + 5, `${x}, ${y}`);
      for (const o of boxes.slice(n + 1)) assert.ok(l >= o[0] + o[2] || o[0] >= l + w || t >= o[1] + o[3] || o[1] >= t + h);
    });
  }
});

test("a walk that diverges does not flatten the others", () => {
  const range = chartWindow([{ loss: [10, 1, 0.1] }, { loss: [10, 1e9, 1e30] }], "loss", true);
  assert.ok(range.high < 5 && range.low > -2);
  assert.equal(range.note, "up to 1×10³⁰");
  const back = chartWindow([{ loss: [1e-5, 1, 1e-7] }, { loss: [1e-5, 1e-6, 1e-6] }], "loss", true);
  assert.ok(back.high > 0); // one that climbs a hill and comes back is shown whole
});

test("a logarithmic chart ends at the precision of a double", () => {
  const range = chartWindow([{ loss: [1, 1e-30] }], "loss", true);
  assert.ok(range.low < -16 && range.low > -18);
  assert.equal(range.note, "down to 1×10⁻³⁰");
});

test("the meter shows zero and its limit, and at most three times the limit", () => {
  const calm = chartWindow([{ meter: [0.5, 0.6], limit: 2 }], "meter");
  assert.equal(calm.low, 0);
  assert.ok(calm.high >= 2.5 && calm.high < 2.7);
  const wild = chartWindow([{ meter: [1, 100], limit: 2 }], "meter");
  assert.ok(wild.high >= 6 && wild.high < 6.5);
  assert.equal(wild.note, "up to 100");
  // A rule without a limit does not stretch the window of one that has it.
  const mixed = chartWindow([{ meter: [1], limit: 2 }, { meter: [1e6], limit: null }], "meter");
  assert.ok(mixed.high < 3);
});

test("what is above a limit is cut where it crosses, and a curve that keeps to it has nothing above", () => {
  const { at, values, pen } = piecesAbove([1, 3, 4, 2, NaN, 5, 5, 0], 2);
  assert.deepEqual(values, [2, 3, 4, 2, 5, 5, 2]);
  assert.deepEqual(at, [0.5, 1, 2, 3, 5, 6, 6.6]);
  assert.deepEqual(pen, [false, true, true, true, false, true, true]);
  assert.deepEqual(piecesAbove([2, 2, 2], 2).at, []);
  assert.deepEqual(piecesAbove([2, 2 * (1 + Number.EPSILON)], 2).at, []); // a rounding error is not above
  assert.deepEqual(piecesAbove([2.01, 2.01], 2).values, [2.01, 2.01]);
});

test("a limit's label stands on the side of its line that no curve crosses", () => {
  const level = (...ys) => ({ xs: [0, 100], ys, pen: [false, true] });
  const at = (curves, taken = []) => placeLabel(curves, taken, [0, 95], 50, [30, 12]);
  assert.deepEqual(at([]), [65, 36, 30, 12]);
  assert.deepEqual(at([level(45, 45)]), [65, 54, 30, 12]); // a curve just above the limit
  assert.deepEqual(at([level(50, 50)]), [65, 36, 30, 12]); // at it
  assert.deepEqual(at([level(55, 55)]), [65, 36, 30, 12]); // just below it
  assert.deepEqual(at([level(45, 45), level(55, 55)]), [65, 36, 30, 12]); // no free place: its rim keeps it legible
  assert.deepEqual(at([level(90, 20)]), [65, 54, 30, 12]); // it comes from below and passes
  const swings = { xs: [40, 80, 100], ys: [50, 20, 80], pen: [false, true, true] };
  assert.deepEqual(at([swings]), [25, 54, 30, 12]); // further left
  assert.deepEqual(at([], [[70, 30, 20, 10]]), [65, 54, 30, 12]); // another limit's label
  const gap = { ...level(45, 45), pen: [false, false] };
  assert.deepEqual(at([gap]), [65, 36, 30, 12]); // nothing is drawn across what is not known
});

test("the mesh of a plane: its slopes, its area, its walls", () => {
  // share = column over 3 columns and 2 rows, on [-1, 1] x [-0.5, 0.5], one share 0.25 high: dz/dx = 0.25.
  const { vertices, triangles } = meshOf([0, 1, 2, 0, 1, 2], 2, 3, 1, 0.5, 0.25);
  const at = (k) => [...vertices.slice(6 * k, 6 * k + 6)];
  assert.deepEqual(at(0), [-1, -0.5, 0, 0.25, 0, 0]);
  assert.deepEqual(at(4), [0, 0.5, 1, 0.25, 0, 0]);
  let area = 0;
  for (let k = 0; k < 12; k += 3) {
    const [p, q, r] = [0, 1, 2].map((n) => at(triangles[k + n]));
    area += ((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])) / 2;
  }
  assert.equal(area, 2); // all counter-clockwise from above
  assert.equal(triangles.length, 12 + 6 * 6); // the border has six edges
  for (const corner of triangles.slice(12)) assert.equal(at(corner)[5], 1);
});

test("the mesh has a hole where the ground is not finite", () => {
  const { vertices, triangles } = meshOf([0, 0, 0, 0, NaN, 0, 0, 0, 0], 3, 3, 1, 1, 1);
  assert.equal(triangles.length, 8 * 6); // no cell has four finite corners; the walls stand
  assert.ok(vertices.every(Number.isFinite));
});

test("a draped trail lies on the ground, in short pieces, countable row by row", () => {
  const trail = clipToFrame([0, 0.5, 5], [0, 0, 0], 3, [-1, -1, 1, 1]);
  const { segments, count, upto } = drape(trail, (x) => x * x, 0.1, 0.01);
  assert.equal(count, 10);
  assert.deepEqual([...upto], [0, 5, 10]);
  for (let k = 0; k < count; k += 1) {
    const [x0, y0, z0, x1, , z1, way] = segments.slice(7 * k, 7 * k + 7);
    // The way along z = x² from 0 to x0, by its integral.
    const arc = (x0 * Math.sqrt(1 + 4 * x0 * x0)) / 2 + Math.asinh(2 * x0) / 4;
    assert.ok(Math.abs(way - arc) < 2e-3);
    assert.ok(Math.abs(x1 - x0 - 0.1) < 1e-6 && y0 === 0);
    assert.ok(Math.abs(z0 - x0 * x0 - 0.01) < 1e-6 && Math.abs(z1 - x1 * x1 - 0.01) < 1e-6);
  }
  const holed = drape(trail, (x) => (x > 0.25 && x < 0.35 ? NaN : 0), 0.1, 0);
  assert.equal(holed.count, 8);
});
