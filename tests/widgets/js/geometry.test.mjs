// The geometry of the stage against numbers worked out by hand.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as c from "../../../toylands/widgets/js/clipping.js";
import * as g from "../../../toylands/widgets/js/geometry.js";

const near = (actual, expected, tol = 1e-12) =>
  assert.ok(Math.abs(actual - expected) <= tol, `${actual} is not within ${tol} of ${expected}`);

/** A grid over [-2, 2] x [-2, 2] of f(x, y), row by y. */
function gridOf(f, n) {
  const grid = new Float32Array(n * n);
  const at = (k) => -2 + (4 * k) / (n - 1);
  for (let j = 0; j < n; j += 1) for (let i = 0; i < n; i += 1) grid[j * n + i] = f(at(i), at(j));
  return { grid, at };
}

test("the scale maps corners to corners, y upwards, and back", () => {
  const s = g.makeScale([[-2, 2], [-1, 3]], 400, 200, false, 10, 20);
  assert.deepEqual([s.x(-2), s.y(-1), s.x(2), s.y(3)], [10, 220, 410, 20]);
  assert.deepEqual([s.ax * 2 + s.bx, s.ay * 3 + s.by], [410, 20]);
  near(s.fromX(s.x(0.3)), 0.3);
  near(s.fromY(s.y(0.7)), 0.7);
});

test("an equal scale has square units and is centred", () => {
  const s = g.makeScale([[0, 2], [0, 1]], 300, 300, true);
  assert.deepEqual([s.left, s.top, s.width, s.height], [0, 75, 300, 150]);
  assert.equal(s.ax, -s.ay);
  assert.equal(g.sameScale([[0, 2], [0, 1]]), true);
  assert.equal(g.sameScale([[0, 10], [0, 1]]), false);
});

test("sampling is exact for a bilinear function and NaN outside", () => {
  const { grid } = gridOf((x, y) => 1 + 2 * x - 3 * y + x * y, 5);
  const view = [[-2, 2], [-2, 2]];
  near(g.sampleGrid(grid, 5, 5, view, 0.3, -1.7), 1 + 0.6 + 5.1 - 0.51, 1e-6);
  near(g.sampleGrid(grid, 5, 5, view, 2, 2), 1 + 4 - 6 + 4, 1e-6);
  assert.ok(Number.isNaN(g.sampleGrid(grid, 5, 5, view, 2.01, 0)));
  near(g.sampleGrid([0, 10, 20], 1, 3, [[0, 1]], 0.75, 0), 15);
});

test("the contour of a circle is closed and has its radius and length", () => {
  const n = 201;
  const { grid } = gridOf((x, y) => x * x + y * y, n);
  const links = g.contourLinks(n, n);
  const lines = g.contourLines(grid, n, n, 1.44, links);
  assert.equal(lines.length, 1);
  const [line] = lines;
  assert.deepEqual(line.slice(0, 2), line.slice(-2));
  const unit = 4 / (n - 1);
  let length = 0;
  for (let k = 0; k < line.length; k += 2) {
    near(Math.hypot(line[k] * unit - 2, line[k + 1] * unit - 2), 1.2, 1e-4);
    if (k) length += unit * Math.hypot(line[k] - line[k - 2], line[k + 1] - line[k - 1]);
  }
  near(length, 2 * Math.PI * 1.2, 1e-3);
  assert.ok(links.every((link) => link === -1), "the scratch space is left clean");
});

test("contours that leave the grid are open, and end on its border", () => {
  const n = 41;
  const { grid } = gridOf((x) => x, n);
  const lines = g.contourLines(grid, n, n, 0.05, undefined);
  assert.equal(lines.length, 1);
  const line = lines[0];
  assert.equal(line.length, 2 * n);
  assert.deepEqual([line[1], line[line.length - 1]].sort((a, b) => a - b), [0, n - 1]);
  for (let k = 0; k < line.length; k += 2) near(line[k], 20.5, 1e-5);
});

test("a saddle cell is cut by the mean of its corners", () => {
  // Corners 1 0 / 0 1 (bottom left and top right high), level 0.4 < mean: the high corners are joined.
  const joined = g.contourLines([1, 0, 0, 1], 2, 2, 0.4);
  const apart = g.contourLines([1, 0, 0, 1], 2, 2, 0.6);
  const round = (lines) => lines.map((line) => {
    const p = line.map((c) => Math.round(100 * c) / 100);
    return (p[0] < p[2] ? p : [p[2], p[3], p[0], p[1]]).join(" ");
  }).sort();
  assert.deepEqual(round(joined), ["0 0.6 0.4 1", "0.6 0 1 0.4"]);
  assert.deepEqual(round(apart), ["0 0.4 0.4 0", "0.6 1 1 0.6"]);
});

test("cells that are not finite have no contour", () => {
  const grid = [0, 0, 0, 1, NaN, 1, 2, 2, 2];
  assert.deepEqual(g.contourLines(grid, 3, 3, 0.5), []);
  const open = g.contourLines([0, 0, 0, 1, 1, Infinity, 2, 2, 2], 3, 3, 0.5);
  assert.deepEqual(open.map((line) => line.length), [4]);
});

test("every band between two edges is equally long", () => {
  const edges = [0, 1, 10, 100];
  assert.deepEqual([0, 0.5, 1, 5.5, 10, 55, 100].map((v) => g.shareOf(edges, v)), [0, 0.5, 1, 1.5, 2, 2.5, 3]);
  assert.ok(Number.isNaN(g.shareOf(edges, NaN)));
  assert.ok(Number.isNaN(g.shareOf(edges, Infinity)));
});

test("bands take the middles of their equal shares of the stops", () => {
  assert.deepEqual(g.bandColors(["#000000", "#646464", "#C8C8C8"], 2), [[50, 50, 50], [150, 150, 150]]);
  assert.deepEqual(g.bandColors(["#000000", "#FFFFFF"], 1), [[128, 128, 128]]);
  assert.deepEqual(g.rgb("#0072B2"), [0, 114, 178]);
});

test("painting puts each pixel into its band, top row first, and leaves holes", () => {
  const pixels = new Uint32Array(16);
  g.paintBands(pixels, 4, 4, [0, 0, 4, 4], 2, 2, [0, 2, 4], [[1, 2, 3], [4, 5, 6]]);
  const [low, high] = [0xff030201, 0xff060504];
  assert.deepEqual([...pixels], [...Array(8).fill(high), ...Array(8).fill(low)]);
  g.paintBands(pixels, 4, 4, [0, NaN, 4, 4], 2, 2, [0, 2, 4], [[1, 2, 3], [4, 5, 6]]);
  assert.deepEqual([...pixels], Array(16).fill(0));
  g.paintBands(pixels, 4, 4, [0, 9, 4, 4], 2, 2, [0, 2, 4], [[1, 2, 3], [4, 5, 6]]);
  assert.equal(pixels[15], 0); // 9 lies beyond the last edge
  assert.equal(pixels[12], low);
});

test("ticks are few, round and inside", () => {
  assert.deepEqual(g.niceTicks(-2, 2, 5), [-2, -1, 0, 1, 2]);
  assert.deepEqual(g.niceTicks(0, 0.35, 4), [0, 0.1, 0.2, 0.3]);
  assert.deepEqual(g.niceTicks(0, 300, 4), [0, 100, 200, 300]);
  assert.deepEqual(g.niceTicks(1, 1, 4), []);
  assert.ok(Object.is(g.niceTicks(-1, 1, 2)[1], 0));
  assert.deepEqual(g.logTicks(0.005, 200, 9), [0.01, 0.1, 1, 10, 100]);
  assert.deepEqual(g.logTicks(1e-12, 1, 4), [1e-12, 1e-8, 1e-4, 1]);
  assert.deepEqual(g.logTicks(1.5, 7, 5), [2, 5]);
  assert.deepEqual(g.logTicks(0, 7, 5), []);
  assert.deepEqual(g.tickLabels([-0.5, 0, 0.5, 1]), ["−0.5", "0.0", "0.5", "1.0"]);
  assert.deepEqual(g.tickLabels([0, 1e5, 2e5]), ["0", "1×10⁵", "2×10⁵"]);
});

test("numbers have three significant digits and a true minus", () => {
  const table = [
    [0.0000123456, "1.23×10⁻⁵"], [-1.2, "−1.2"], [0, "0"], [1234.5, "1230"], [99999, "1×10⁵"], [0.5, "0.5"],
    [1e-3, "0.001"], [123456, "1.23×10⁵"], [NaN, "undefined"], [Infinity, "∞"], [-Infinity, "−∞"], [null, "undefined"],
    [1200, "1200"], [-2.5e-7, "−2.5×10⁻⁷"],
  ];
  for (const [value, text] of table) assert.equal(g.formatNumber(value), text);
  assert.equal(g.powerOfTen(-12), "10⁻¹²");
});

test("marks are 1, 2, 5, 10, ... steps apart and at most thirty", () => {
  assert.deepEqual([10, 31, 61, 151, 301, 601].map((n) => g.marksEvery(n)), [1, 2, 5, 10, 20, 50]);
});

test("clipping a segment finds the parts inside", () => {
  const part = [0, 0];
  assert.equal(c.clipSegment(-1, 0.5, 3, 0.5, [0, 0, 1, 1], part), true);
  assert.deepEqual(part, [0.25, 0.5]);
  assert.equal(c.clipSegment(-1, 2, 3, 2, [0, 0, 1, 1], part), false);
  assert.equal(c.clipSegment(0, -1, 2, 1.2, [0, 0, 1, 1], part), true);
  assert.equal(c.clipSegment(1.5, 0, 2.5, 1, [0, 0, 1, 1], part), false);
});

test("clipping a segment to a disc", () => {
  const part = [0, 0];
  assert.equal(c.clipDisc(-2, 0.6, 2, 0.6, 1, part), true); // the chord at 0.6 is 2 * 0.8 long
  near(part[0], 0.3);
  near(part[1], 0.7);
  assert.equal(c.clipDisc(0, 0, 0.5, 0, 1, part), true);
  assert.deepEqual(part, [0, 1]);
  assert.equal(c.clipDisc(-2, 1.1, 2, 1.1, 1, part), false);
  assert.equal(c.clipDisc(2, 0, 3, 0, 1, part), false);
});

test("a trail that leaves for good has an exit with its direction", () => {
  const t = c.clipToFrame([5, 8, 16, 1e30], [5, 5, 5, 5], 4, [0, 0, 10, 10]);
  assert.deepEqual([...t.x.slice(0, t.count)], [5, 8, 10]);
  assert.deepEqual([...t.pen.slice(0, t.count)], [0, 1, 1]);
  assert.deepEqual([...t.upto], [1, 2, 3, 3]);
  assert.deepEqual(t.exit, { point: [10, 5], direction: [1, 0], row: 2 });
});

test("a trail that comes back is drawn in two pieces and has no exit", () => {
  const t = c.clipToFrame([5, 15, 15, 5], [2, 2, 8, 8], 4, [0, 0, 10, 10]);
  assert.deepEqual([...t.x.slice(0, t.count)], [5, 10, 10, 5]);
  assert.deepEqual([...t.y.slice(0, t.count)], [2, 2, 8, 8]);
  assert.deepEqual([...t.pen.slice(0, t.count)], [0, 1, 0, 1]);
  assert.deepEqual([...t.upto], [1, 2, 2, 4]);
  assert.equal(t.exit, null);
});

test("a trail that starts outside begins where it enters; one that stays outside is empty", () => {
  const t = c.clipToFrame([-5, 5], [5, 5], 2, [0, 0, 10, 10]);
  assert.deepEqual([t.x[0], t.x[1], t.pen[0], t.count], [0, 5, 0, 2]);
  assert.equal(c.clipToFrame([-5, -6], [5, 5], 2, [0, 0, 10, 10]).count, 0);
  const over = c.clipToFrame([5, -5, 15, -5, 5, 15, -5], [5, 5, 5, 5, 5, 5, 5], 7, [0, 0, 10, 10]);
  assert.deepEqual([...over.since], [1, 1, 1, 1, 5, 5, 5], "a line across the frame brings nobody back");
  assert.deepEqual([...c.clipToFrame([-5, -6], [5, 5], 2, [0, 0, 10, 10]).since], [0, 0]);
  const through = c.clipToFrame([-5, 15], [5, 5], 2, [0, 0, 10, 10]);
  assert.deepEqual([through.x[0], through.x[1], through.exit], [0, 10, null]);
});

test("eigenvalues and directions of a symmetric 2 x 2 matrix", () => {
  // [[2, 1], [1, 2]]: 1 along (1, -1)/sqrt 2, 3 along (1, 1)/sqrt 2.
  const e = g.eigen2x2(2, 1, 2);
  near(e.low, 1);
  near(e.high, 3);
  near(Math.abs(e.ux), Math.SQRT1_2);
  near(e.ux * e.uy, -0.5);
  for (const [a, b, c] of [[1, 0, 4], [4, 0, 1], [802, -400, 200], [-3, 2, 5], [1, 1e-9, 1]]) {
    const { low, ux, uy } = g.eigen2x2(a, b, c);
    const size = Math.max(Math.abs(a), Math.abs(c), 1);
    near(a * ux + b * uy, low * ux, 1e-12 * size);
    near(b * ux + c * uy, low * uy, 1e-12 * size);
    near(ux * ux + uy * uy, 1);
  }
});

test("half axes of the quadratic model are sqrt(2 c / lambda)", () => {
  const e = g.ellipseFromHessian(1, 0, 100, 0.5);
  assert.equal(e.kind, "ellipse");
  near(e.a, 1);
  near(e.b, 0.1);
  assert.deepEqual(e.u, [1, 0]);
  // Each point of the ellipse lies `rise` above the centre, for a Hessian with a turn.
  const [h11, h12, h22, c] = [5, -2, 3, 0.7];
  const m = g.ellipseFromHessian(h11, h12, h22, c);
  for (const t of [0, 0.4, 1.9, 3, 5.5]) {
    const x = m.a * Math.cos(t) * m.u[0] + m.b * Math.sin(t) * m.v[0];
    const y = m.a * Math.cos(t) * m.u[1] + m.b * Math.sin(t) * m.v[1];
    near((h11 * x * x + 2 * h12 * x * y + h22 * y * y) / 2, c);
  }
  assert.equal(g.ellipseFromHessian(-1, 0, -4, 1).kind, "cap");
  assert.equal(g.ellipseFromHessian(-1, 0, 4, 1).kind, "saddle");
  assert.equal(g.ellipseFromHessian(0, 0, 0, 1).kind, "flat");
  const valley = g.ellipseFromHessian(1, 1, 1, 1); // eigenvalues 0 and 2
  assert.equal(valley.kind, "lines");
  assert.equal(valley.a, Infinity);
  near(valley.b, 1);
});

test("the common height of ellipses is round and keeps them in sight", () => {
  // One minimum, curvatures 1 and 4, window 2: 2 (0.09 * 2)^2 / 2 = 0.0324 -> 0.03.
  assert.equal(g.roundRise([[1, 4]], 2), 0.03);
  assert.equal(g.roundRise([[0, 0]], 2), null);
  for (const high of [1, 2, 5, 10, 16]) { // the long half-axis is sqrt(2 rise / 1)
    for (const span of [0.7, 1, 2, 3.1, 5, 8]) assert.ok(Math.sqrt(2 * g.roundRise([[1, high]], span)) < 0.14 * span, `${high}, ${span}`);
  }
  assert.equal(g.roundRise([[1, 100]], 2), 0.2); // too long to be closed: 10 (0.09 * 2)^2 / 2 = 0.162
  assert.equal(g.roundRise([[0, 4]], 2), g.roundRise([[4, 4]], 2)); // a valley: across it
  assert.equal(g.roundRise([[1, 4], [1e-300, 1e-299]], 2), 0.03); // one walk is far out in the plain
  assert.equal(g.riseOf([{ hxx: 1, hxy: 0, hyy: 4 }], 2), 0.03);
  assert.equal(g.riseOf([{ hxx: 4, hxy: null, hyy: null }], 2), g.roundRise([[4, 4]], 2));
});

test("the nearest point", () => {
  assert.deepEqual(g.nearestPoint([0, 3, 10], [0, 4, 0], 3, 0), { index: 0, distance: 3 });
  assert.deepEqual(g.nearestPoint([], [], 0, 0), { index: -1, distance: Infinity });
});

test("the camera looks at its target and projects by similar triangles", () => {
  const angle = Math.PI / 2; // half the height at distance 1 is 1
  const eye = g.orbitEye([0, 0, 0], 4, 0, 0);
  eye.forEach((c, k) => near(c, [4, 0, 0][k]));
  const camera = g.multiply(new Float64Array(16), g.perspective(angle, 2, 0.1, 100), g.lookAt(eye, [0, 0, 0]));
  const spot = (x, y, z) => [...g.project([0, 0, 0], camera, x, y, z, 800, 400)];
  let [x, y] = spot(0, 0, 0);
  near(x, 400, 1e-9);
  near(y, 200, 1e-9);
  [x, y] = spot(0, 0, 1); // 1 up at distance 4: a quarter of the half height of 200
  near(y, 150, 1e-9);
  [x, y] = spot(0, 1, 0); // y points to the right when seen from +x
  near(x, 450, 1e-9);
  assert.ok(spot(2, 0, 0)[2] < spot(-2, 0, 0)[2], "what is nearer has the smaller depth");
  assert.ok(Number.isNaN(spot(5, 0, 0)[2]), "behind the eye");
});

test("a ray through the projection of a point hits that point on the ground", () => {
  const height = (x, y) => 0.3 + 0.2 * x - 0.1 * y;
  const target = [0, 0, 0.2];
  const eye = g.orbitEye(target, 5, -1, 0.7);
  const camera = g.multiply(new Float64Array(16), g.perspective(0.6, 1.5, 0.1, 20), g.lookAt(eye, target));
  for (const [x, y] of [[0.4, -0.3], [-0.9, 0.9], [0, 0]]) {
    const [px, py] = g.project([0, 0, 0], camera, x, y, height(x, y), 600, 400);
    const hit = g.pick(eye, g.rayThrough(eye, target, 0.6, px, py, 600, 400), 1, 1, height, 10);
    near(hit[0], x, 1e-6);
    near(hit[1], y, 1e-6);
    near(hit[2], height(x, y), 1e-6);
  }
  assert.equal(g.pick(eye, g.rayThrough(eye, target, 0.6, 0, 0, 600, 400), 1, 1, height, 10), null);
});

test("a line with fewer vertices stays within the slack of the one it stands for", () => {
  const draw = (xs, ys, pen = () => true) => {
    const kept = [];
    c.thinLine(xs, ys, xs.length, pen, (x, y) => kept.push(["M", x, y]), (x, y) => kept.push(["L", x, y]), 0.35);
    return kept;
  };
  const away = (x, y, kept) => Math.min(...kept.slice(1).map(([what, bx, by], k) => {
    const [, ax, ay] = kept[k];
    if (what === "M") return Infinity;
    const [dx, dy] = [bx - ax, by - ay];
    const t = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
    return Math.hypot(x - ax - t * dx, y - ay - t * dy);
  }));
  const k = Array.from({ length: 300 }, (_, n) => n);
  const spiral = [k.map((n) => 100 * 0.98 ** n * Math.cos(n / 5)), k.map((n) => 100 * 0.98 ** n * Math.sin(n / 5))];
  const zigzag = [k.map((n) => n / 3), k.map((n) => 40 * 0.97 ** n * (-1) ** n)];
  const back = [[0, 50, 20, 20, 80, 80.1], [0, 0, 0, 0, 0, 0]]; // there and back again on one line
  for (const [xs, ys] of [spiral, zigzag, back]) {
    const kept = draw(xs, ys);
    xs.forEach((x, n) => assert.ok(away(x, ys[n], kept) <= 0.36, `point ${n} is ${away(x, ys[n], kept)} away`));
    assert.deepEqual(kept[0], ["M", xs[0], ys[0]]);
    assert.deepEqual(kept[kept.length - 1], ["L", xs[xs.length - 1], ys[ys.length - 1]]);
  }
  assert.equal(draw(k, k.map((n) => 2 * n)).length, 2); // a straight line is one line
  assert.ok(draw(...spiral).length < 150);
  assert.deepEqual(draw([0, 50, 20], [0, 0, 0]).length, 3); // a turn back is kept
  // A pen lifted in between begins a new piece.
  assert.deepEqual(draw([0, 5, 9, 20], [0, 0, 0, 0], (n) => n !== 2), [["M", 0, 0], ["L", 5, 0], ["M", 9, 0], ["L", 20, 0]]);
});

test("a coordinate's name is written as in a formula", () => {
  assert.deepEqual(["x", "theta", "w1", "u12", "psi2"].map(g.symbolOf), ["x", "θ", "w₁", "u₁₂", "ψ₂"]);
});
