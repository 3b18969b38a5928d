// The pure parts of the charts and of the solid stage.
import assert from "node:assert/strict";
import { test } from "node:test";
import { chartWindow } from "../../../toylands/widgets/js/charts.js";
import { clipToFrame } from "../../../toylands/widgets/js/clipping.js";
import { drawArrow } from "../../../toylands/widgets/js/marks.js";
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
