// The decoder against bytes that Python's encoder has just made (see test_js.py), and the looks against Python's.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as codec from "../../../toylands/widgets/js/codec.js";
import * as marks from "../../../toylands/widgets/js/marks.js";
import { crowdOf, fadeAt, traceTrail } from "../../../toylands/widgets/js/trails.js";
import { ellipseFromHessian, formatNumber } from "../../../toylands/widgets/js/geometry.js";

const c = { ...codec, ...marks };
const palette = JSON.parse(readFileSync(new URL("../../../toylands/palette.json", import.meta.url), "utf8"));
const folder = process.env.TOYLANDS_FIXTURE;
const made = folder ? JSON.parse(readFileSync(`${folder}/expected.json`, "utf8")) : null;
const withPython = { skip: made ? false : "run by test_js.py, which has Python make the bytes" };

/** A file's bytes as a DataView at an odd offset, as they come over the socket. */
function oddView(name) {
  const bytes = readFileSync(`${folder}/${name}`);
  const room = new Uint8Array(bytes.length + 4);
  room.fill(0xaa);
  room.set(bytes, 3);
  return new DataView(room.buffer, 3, bytes.length);
}

const same = (actual, expected) => {
  assert.equal(actual.length, expected.length);
  const kept = (value) => (actual instanceof Float64Array ? value : Math.fround(value));
  expected.forEach((value, k) => assert.equal(actual[k], kept(value)));
};

/** Logarithms of quantised numbers lie within half a step, signs and zeros come back; null is NaN or infinite. */
function alike(actual, expected) {
  assert.equal(actual.length, expected.length);
  const logs = expected.filter((v) => v !== null && v !== 0).map((v) => Math.log(Math.abs(v)));
  const levels = expected.some((v) => v < 0) ? 32499 : 64999;
  const step = Math.max((Math.max(...logs) - Math.min(...logs)) / levels, 1e-8);
  expected.forEach((value, k) => {
    if (value === null) assert.ok(!Number.isFinite(actual[k]));
    else if (value === 0) assert.equal(actual[k], 0);
    else assert.ok(Math.abs(Math.log(actual[k] / value)) < 0.51 * step + 1e-8, `row ${k}`);
  });
}

for (const name of ["plane", "line"]) {
  test(`walks of a ${name} come back`, withPython, () => {
    const { picture, walks } = made[name];
    const decoded = c.decodeWalks(oddView(`${name}.walks`), picture);
    assert.equal(decoded.length, walks.length);
    decoded.forEach((walk, k) => {
      assert.deepEqual([walk.id, walk.rows], [walks[k].id, walks[k].x.length]);
      same(walk.x, walks[k].x);
      if (walks[k].y) same(walk.y, walks[k].y); else assert.equal(walk.y, null);
      alike(walk.loss, walks[k].loss);
      alike(walk.gradNorm, walks[k].grad_norm);
      alike(walk.sharpness, walks[k].sharpness);
    });
  });

  test(`details of a ${name} come back and feed the quadratic model`, withPython, () => {
    const { details, walks, coordinates } = made[name];
    const tables = c.decodeDetails(oddView(`${name}.details`), details);
    const quadratic = c.quadraticOf(tables, coordinates);
    walks.forEach((walk, k) => {
      const { columns, rows } = tables.get(walk.id);
      assert.equal(rows, walk.x.length);
      same(columns.grad_norm, walk.grad_norm.map((v) => v ?? NaN));
      const model = quadratic[k];
      assert.equal(model.id, walk.id);
      for (const [name, exact] of [["gx", walk.gx], ["hxx", walk.hxx], ["hxy", walk.hxy], ["hyy", walk.hyy]]) {
        for (const row of [0, 3, rows - 1]) assert.equal(model.at(row)[name], exact?.[row] ?? null, `${name} of row ${row}`);
      }
      assert.deepEqual([model.only, model.at(rows)], [null, null]);
    });
  });
}

test("while something is dragged one row of each walk is known", () => {
  const [plane, line] = c.quadraticOfBends([{ id: 3, bend: [7, 1, 2, 3, 4, 5] }, { id: 4, bend: [2, 1, 6] }, { id: 5 }]);
  assert.deepEqual([plane.id, plane.only, plane.at(7)], [3, 7, { row: 7, gx: 1, gy: 2, hxx: 3, hxy: 4, hyy: 5 }]);
  assert.deepEqual(line.at(2), { row: 2, gx: 1, gy: null, hxx: 6, hxy: null, hyy: null });
});

test("the terrain and the basin map come back, row by y", withPython, () => {
  const { terrain, loss, basin, labels } = made.maps;
  const ground = c.decodeTerrain(oddView("maps.terrain"), terrain);
  same(ground.loss, loss);
  assert.deepEqual([ground.rows, ground.columns], [terrain.rows, terrain.columns]);
  const map = c.decodeBasin(oddView("maps.basin"), basin);
  const codes = { "-1": c.BASIN_CODES.diverged, "-2": c.BASIN_CODES.running, "-3": c.BASIN_CODES.other };
  assert.deepEqual([...map.labels], labels.map((label) => codes[label] ?? label));
  assert.ok(new Set(labels).size >= 3, "the fixture shows several outcomes");
});

test("numbers read as Python writes them", withPython, () => {
  for (const [value, text] of made.numbers) assert.equal(formatNumber(value), text);
});

test("every optimizer looks as in Python, also unknown and repeated ones", withPython, () => {
  for (const { names, styles } of made.styles) {
    assert.deepEqual(c.stylesOf(palette, names), styles);
  }
});

test("bytes of another length are refused", () => {
  const meta = { rows: 2, columns: 2 };
  assert.throws(() => c.decodeTerrain(new ArrayBuffer(12), meta), /terrain: expected 12 bytes, got 16|expected/);
  assert.throws(() => c.decodeBasin(new ArrayBuffer(3), meta), /basin/);
  const picture = { dim: 2, walks: [{ id: 0, rows: 1, q: [[0, 1], [0, 1], [0, 1]] }] };
  assert.equal(c.decodeWalks(new ArrayBuffer(16), picture).length, 1); // 4 + 4 + 3 * 2, padded to 16
  assert.throws(() => c.decodeWalks(new ArrayBuffer(20), picture), /walks: expected 16 bytes, got 20/);
});

test("codes are ends and steps of a logarithmic scale, with signs where there are some", () => {
  const [low, high] = [Math.log(1e-6), Math.log(100)];
  const near = (actual, expected) => assert.ok(Math.abs(actual / expected - 1) < 1e-3, `${actual} ${expected}`);
  const values = c.unquantise([0, 32500, 64999], [low, high, 0]);
  [1e-6, 1e-2, 100].forEach((value, k) => near(values[k], value));
  const signed = c.unquantise([0, 32499, 32500, 64999], [low, high, 1]);
  [1e-6, 100, -1e-6, -100].forEach((value, k) => near(signed[k], value));
  assert.deepEqual([...c.unquantise([65535, 65534, 65533, 65532], [low, high, 0])], [NaN, 0, Infinity, -Infinity]);
});

test("FNV-1a gives the published values", () => {
  // Landon Curt Noll's test vectors.
  assert.equal(c.fnv1a(""), 0x811c9dc5);
  assert.equal(c.fnv1a("a"), 0xe40c292c);
  assert.equal(c.fnv1a("foobar"), 0xbf9cf968);
});

test("contrast is that of WCAG", () => {
  assert.equal(c.contrast("#000000", "#FFFFFF"), 21);
  assert.ok(Math.abs(c.contrast("#777777", "#FFFFFF") - 4.48) < 0.005); // the well-known grey just below 4.5
});

test("basin colours never repeat for different losses", () => {
  const minima = Array.from({ length: 15 }, (_, k) => ({ loss: (7 * k) % 15, point: [k, 0] }));
  const on = (list, reached = list.keys()) => c.basinColors(palette, { minima: list, view: [[-1, 0], [-1, 1]], labels: Uint8Array.from(reached) });
  const few = on(minima.slice(0, 14));
  assert.equal(new Set(few.colors).size, 14);
  assert.equal(few.steps, null);
  const { colors, steps } = on(minima);
  assert.equal(new Set(colors).size, 15);
  const order = [...minima.keys()].sort((a, b) => minima[a].loss - minima[b].loss);
  const light = order.map((k) => c.luminance(colors[k]));
  assert.ok(light.every((value, k) => k === 0 || value > light[k - 1])); // the lowest is the darkest
  assert.deepEqual(steps.map(({ loss }) => loss), [...Array(15).keys()]);
  const pairs = on(minima.map(({ loss }) => ({ loss: loss >> 1 })));
  assert.equal(new Set(pairs.colors).size, 8);
  const level = on(minima.map((_, k) => ({ loss: 1e-17 * k })));
  assert.equal(new Set(level.colors).size, 1);
  assert.deepEqual(on(minima, [1, 2]).steps.map(({ loss }) => loss), [0, 7, 14]); // the first lies in the view
});

test("a trail of any optimizer is seen on any basin", () => {
  const minima = Array.from({ length: 40 }, (_, k) => ({ loss: k, point: [k, 0] }));
  const channels = (color) => [1, 3, 5].map((i) => Number.parseInt(color.slice(i, i + 2), 16));
  const apart = (a, b) => Math.hypot(...channels(a).map((value, k) => value - channels(b)[k]));
  for (const count of [14, 40]) {
    const { colors } = c.basinColors(palette, { minima: minima.slice(0, count), view: [[0, 40], [-1, 1]], labels: [] });
    for (const ground of colors) {
      for (const [hue, { outline }] of Object.entries(palette.hues)) {
        assert.ok(apart(hue, ground) > 60, `${hue} on ${ground}`);
        const seen = Math.max(c.contrast(hue, ground), c.contrast(outline, ground));
        assert.ok(seen > 2, `${hue} with ${outline} on ${ground}: ${seen}`);
      }
    }
  }
});

test("the basin map says what becomes of a start", () => {
  const { diverged, running, other } = c.BASIN_CODES;
  const basin = {
    rows: 2, columns: 3, view: [[0, 2], [0, 10]], minima: [{ point: [0.5, 9], loss: 1 }],
    labels: Uint8Array.of(0, running, diverged, 0, other, 0),
  };
  assert.equal(c.fateAt(basin, [0.1, 1]), "ends at (0.5, 9) from here");
  assert.equal(c.fateAt(basin, [1.2, 4]), "not there yet from here");
  assert.equal(c.fateAt(basin, [2, 0]), "diverges from here");
  assert.equal(c.fateAt(basin, [1, 6]), "ends elsewhere from here");
  assert.equal(c.fateAt(basin, [3, 6]), "");
  assert.equal(c.fateAt({ ...basin, rows: 1, view: [[0, 2]], labels: Uint8Array.of(0, 0, diverged) }, [1.9]), "diverges from here");
});

test("the model of a saddle rises on solid lines and falls on dashed ones, within reach", () => {
  const { calls, ctx } = recorder();
  const model = ellipseFromHessian(-1, 0, 4, 0.5);
  c.drawModel(ctx, palette, model, { ax: 10, ay: -10 }, (x, y) => [100 + x, 100 + y], 1, 30);
  const paths = [];
  for (const [name, ...args] of calls) {
    if (name === "beginPath") paths.push([]);
    if (name === "moveTo" || name === "lineTo") paths[paths.length - 1].push([(args[0] - 100) / 10, (100 - args[1]) / 10]);
  }
  assert.equal(paths.length, 2);
  paths.forEach((points, dashed) => {
    assert.ok(points.length > 40);
    for (const [x, y] of points) {
      assert.ok(Math.hypot(x, y) <= 3 + 1e-9);
      const rise = (-x * x + 4 * y * y) / 2;
      const onAxis = Math.abs(dashed ? y : x) < 1e-9;
      assert.ok(onAxis || Math.abs(rise - (dashed ? -0.5 : 0.5)) < 0.1, `(${x}, ${y}) rises by ${rise}`);
    }
  });
});

/** A context that writes down what is called. */
function recorder() {
  const calls = [];
  return { calls, ctx: new Proxy({}, { get: (_, name) => (...args) => calls.push([name, ...args]), set: () => true }) };
}

test("a shape is traced round its centre, y upwards", () => {
  const { calls, ctx } = recorder();
  c.traceShape(ctx, palette.shapes["^"], 10, 20, 4);
  assert.deepEqual(calls, [["moveTo", 10, 18], ["lineTo", 8, 22], ["lineTo", 12, 22], ["closePath"]]);
});

test("a clipped trail is drawn up to a vertex, with its gaps", () => {
  const { calls, ctx } = recorder();
  traceTrail(ctx, { x: [0, 1, 5, 6], y: [0, 0, 2, 2], pen: [0, 1, 0, 1] }, 0, 3);
  assert.deepEqual(calls, [["moveTo", 0, 0], ["lineTo", 1, 0], ["moveTo", 5, 2]]);
});

test("tags stay in the frame and do not cover one another", () => {
  const frame = { left: 0, top: 0, width: 200, height: 160 };
  const taken = [];
  for (let k = 0; k < 4; k += 1) c.placeTag(frame, taken, 199, 80, 60, 20);
  for (const [k, a] of taken.entries()) {
    assert.ok(a[0] >= 0 && a[1] >= 0 && a[0] + a[2] <= 200 && a[1] + a[3] <= 160);
    for (const b of taken.slice(k + 1)) assert.ok(Math.abs(a[1] - b[1]) >= 20, "apart");
  }
});

test("only a trail that has covered its ground many times fades, and its newest part never does", () => {
  const zigzag = (turns) => ({ x: Array.from({ length: turns }, (_, k) => 100 * (k % 2)), y: Array.from({ length: turns }, (_, k) => k / 10) });
  const crowd = ({ x, y }, pen = x.map((_, k) => Number(k > 0))) => crowdOf(x, y, pen, x.length, 4.5);
  assert.deepEqual(fadeAt(crowd(zigzag(4)), 4), [0, 0]);
  const [full, half] = fadeAt(crowd(zigzag(300)), 300);
  assert.ok(half > 0 && half < full && full < 300, `${half} ${full}`);
  assert.ok(300 - full >= 3, "the last turns are seen");
  assert.deepEqual(fadeAt(crowd(zigzag(300)), 3), [0, 0]); // at the beginning of the run nothing has piled up
  const jumps = zigzag(300).x.map(() => 0); // never drawn: no crowd
  assert.deepEqual(fadeAt(crowd(zigzag(300), jumps), 300), [0, 0]);
  assert.deepEqual(fadeAt(crowdOf([], [], [], 0, 4.5), 0), [0, 0]);
});
