// Run with: node --test tests/widgets/js
import assert from "node:assert/strict";
import { test } from "node:test";
import { numberRange, startingNumbers } from "../../../toylands/widgets/js/controls.js";
import { hubOf } from "../../../toylands/widgets/js/hub.js";
import { parseNumber, readNumber, sliderScale, writeNumber } from "../../../toylands/widgets/js/numbers.js";
import { biasCorrections, heldEqual, insideVectors, mostStarts, readoutLines } from "../../../toylands/widgets/js/panels.js";
import { familyOf, nameOfEntry } from "../../../toylands/widgets/js/parts.js";
import { missingOf } from "../../../toylands/widgets/js/predict.js";

test("numbers are read as people type them, and nothing else is", () => {
  assert.equal(readNumber(" 1e-3 "), 0.001);
  assert.equal(readNumber("2/9"), 2 / 9);
  assert.equal(readNumber("−4"), -4);
  for (const text of ["", "abc", "1/0", "1/2/3", "/2", "0x10", "1e", "1.2.3", "Infinity", "1,2,3", "1.5,2"]) {
    assert.ok(Number.isNaN(readNumber(text)), text);
  }
});

test("a decimal comma is read where it can only mean one thing", () => {
  for (const [text, value] of [["0,5", 0.5], ["-2,25", -2.25], ["1,5e-3", 0.0015], ["0,125", 0.125], ["1234,567", 1234.567], [",5", 0.5]]) {
    assert.equal(readNumber(text), value, text);
  }
  assert.equal(parseNumber("1,234").fault, "“1,234” can mean 1.234 or 1234: write it without the comma.");
  assert.match(parseNumber("5,000", true).fault, /can mean 5.000 or 5000/);
  assert.equal(parseNumber("1,5", true).fault, "“1,5” is not a whole number.");
});

test("what a computer cannot hold is refused, not turned into 0 or infinity", () => {
  assert.match(parseNumber("1e-400").fault, /too small/);
  assert.match(parseNumber("-1e400").fault, /too large/);
  assert.match(parseNumber("1/1e-400").fault, /too small/);
  assert.equal(readNumber("0e-400"), 0);
  assert.equal(readNumber("5e-324"), 5e-324);
  assert.ok(Number.isNaN(readNumber("1e-300/1e300")));
});

test("where only whole numbers make sense, no other one is read", () => {
  assert.equal(readNumber("12", true), 12);
  assert.equal(readNumber("6/2", true), 3);
  for (const text of ["2.5", "1/3", "1e-3"]) assert.ok(Number.isNaN(readNumber(text, true)), text);
});

test("a number is written exactly, so that it can be read again", () => {
  for (const value of [0.1, 2 / 9, 1e-12, -3, 1e21, 0]) assert.equal(readNumber(writeNumber(value)), value);
  assert.equal(writeNumber(null), "");
});

test("a slider's place and its value are inverse to each other", () => {
  const ranges = [
    { low: 1e-5, high: 10, scale: "log" },
    { low: 0, high: 1, scale: "memory" },
    { low: 1, high: 1000, whole: true },
    { low: -2, high: 3 },
  ];
  for (const range of ranges) {
    const scale = sliderScale(range);
    for (let at = 0; at <= 1000; at += 50) {
      assert.ok(Math.abs(scale.at(scale.value(at)) - at) < 2, `${range.scale} at ${at}: ${scale.value(at)}`);
    }
  }
  assert.equal(sliderScale(ranges[0]).value(0), 1e-5);
  assert.equal(sliderScale(ranges[0]).value(1000), 10);
});

test("a slider of whole numbers stops at each of them", () => {
  for (const scale of ["linear", "log"]) {
    const places = sliderScale({ low: 2, high: 30, scale, whole: true });
    const seen = new Set();
    for (let at = 0; at <= 1000; at += 1) seen.add(places.value(at));
    assert.deepEqual([...seen], Array.from({ length: 29 }, (_, k) => k + 2), scale);
  }
});

test("decay rates count by their distance from 1", () => {
  const { at, value } = sliderScale(numberRange("beta2"));
  assert.equal(value(0), 0);
  assert.equal(value(250), 0.9);
  assert.equal(value(500), 0.99);
  assert.equal(value(750), 0.999);
  assert.ok(Math.abs(at(0.999) - 750) < 1e-9);
  assert.equal(at(1.2), 1000); // typed beyond the slider: it stays at its end
});

test("numbers without a default start with a sensible one, and lr is no hyper-parameter", () => {
  assert.deepEqual(startingNumbers({ lr: null, temperature: null, beta: 0.9 }), { temperature: 0.01, beta: 0.9 });
});

test("a wrapped optimizer is named from the inside out; whatever looks uphill is SAM", () => {
  const entry = { name: "gd", wrap: [{ kind: "clip_norm" }, { kind: "sam" }] };
  assert.equal(nameOfEntry(entry), "sam(clip_norm(gd))");
  assert.equal(familyOf(entry), "sam");
  assert.equal(familyOf({ name: "adam", wrap: [] }), "adam");
});

test("a guess needs what its outcome can be judged by", () => {
  assert.deepEqual(missingOf(undefined, 2), ["an outcome"]);
  assert.deepEqual(missingOf({ outcome: "converged" }, 2), ["an end point", "a number of steps"]);
  assert.deepEqual(missingOf({ outcome: "diverged", steps: 3 }, 2), []);
  assert.deepEqual(missingOf({ outcome: "running", end: [1] }, 2), ["an end point"]);
  assert.deepEqual(missingOf({ outcome: "running", end: [1] }, 1), []);
});

test("the inside panel's lines follow the order of an update", () => {
  const column = Float32Array.of(1);
  const names = ["loss", "theta_x", "theta_y", "g_x", "g_y", "h_xx", "step_x", "step_y", "lr", "m_x", "m_y"];
  const columns = Object.fromEntries(names.map((name) => [name, column]));
  assert.deepEqual(insideVectors(columns, ["x", "y"]), [
    ["theta", ["theta_x", "theta_y"]], ["g", ["g_x", "g_y"]], ["m", ["m_x", "m_y"]], ["lr", ["lr"]],
    ["step", ["step_x", "step_y"]],
  ]);
});

test("the gradient a rule is given is told when a wrapper changes it", () => {
  const columns = { g_x: Float32Array.of(1, 2), used_x: Float32Array.of(1, 2) };
  assert.deepEqual(insideVectors(columns, ["x"]).map(([name]) => name), ["g"]);
  columns.used_x[1] = 3;
  assert.deepEqual(insideVectors(columns, ["x"]).map(([name]) => name), ["g", "used"]);
});

test("only a comparison is said to be one", () => {
  const gd = { name: "gd", on: true }, adam = { name: "adam", on: true };
  const scene = { lr: 0.1, noise: 0, seed: 3, axis: "steps", optimizers: [gd, { ...adam, on: false }] };
  assert.equal(heldEqual(scene), `Learning rate 0.1.`);
  assert.equal(heldEqual({ ...scene, optimizers: [{ ...gd, lr: 0.5 }] }), `Learning rate 0.5.`);
  assert.equal(
    heldEqual({ ...scene, optimizers: [gd, adam] }),
    `Same start, same learning rate 0.1, compared step by step.`,
  );
  assert.equal(
    heldEqual({ ...scene, optimizers: [gd, { ...adam, lr: 0.2 }], axis: "evaluations", noise: 1 }),
    `Same start, learning rates differ, compared per gradient evaluation, gradient noise 1, seed 3.`,
  );
});

test("a basin map's key names the minima with the most starts, and counts the rest", () => {
  const counts = [5, 0, 9, 1, 7];
  assert.deepEqual(mostStarts(counts, 5, 3), { kept: [0, 2, 4], rest: 1 });
  assert.deepEqual(mostStarts(counts, 5), { kept: [0, 1, 2, 3, 4], rest: 0 });
  assert.deepEqual(mostStarts([2, 2, 2], 3, 2), { kept: [0, 1], rest: 2 });
});

test("a constant gradient comes out of the bias corrections as it went in", () => {
  const [g, rows] = [[3, -0.5], 6];
  const walk = { corrects: true, memory: ["m", "v"], numbers: { beta1: 0.9, beta2: 0.99, eps: 0 } };
  const after = (beta, x) => Array.from({ length: rows }, (_, t) => (1 - beta ** t) * x); // of a sum of powers
  const columns = {
    m_x: after(0.9, g[0]), m_y: after(0.9, g[1]), v_x: after(0.99, g[0] ** 2), v_y: after(0.99, g[1] ** 2),
  };
  for (let row = 0; row < rows - 1; row += 1) {
    const [m, v] = biasCorrections(walk, columns, ["x", "y"], row);
    assert.deepEqual([m[0], v[0]], ["m̂", "v̂"]);
    m[2].forEach((value, k) => assert.ok(Math.abs(value - g[k]) < 1e-12));
    v[2].forEach((value, k) => assert.ok(Math.abs(value - g[k] ** 2) < 1e-12));
  }
  const last = biasCorrections(walk, columns, ["x", "y"], rows - 1);
  assert.ok(last.every(([, , values]) => values.every(Number.isNaN)));
  assert.deepEqual(biasCorrections({ ...walk, corrects: false }, columns, ["x", "y"], 0), []);
});

test("the table's numbers are all of the step shown, the last one too", () => {
  const walk = { id: "a", name: "gd", loss: [3, 2, 1], gradNorm: [6, 5, 4], meter: [9, 8, 7], rows: 3, limit: 2, kind: "running", status: "running" };
  for (const row of [0, 1, 2]) {
    const hub = { rowOf: () => row, picture: { final: false }, hiding: false, exact: true };
    const [line] = readoutLines(hub, [walk], new Map());
    assert.deepEqual([line.loss, line.gradNorm, line.meter], [3 - row, 6 - row, 9 - row]);
  }
});

test("the meter of a walk's end is the last rate times the sharpness there; without a step, the rate set", () => {
  const scene = { steps: 9, axis: "steps", mode: "explore", optimizers: [], lr: 0.5, schedule: { name: "constant" } };
  const values = { catalog: {}, scene, seq: null, cursor: -1 };
  const hub = hubOf({ get: (name) => values[name], set: () => {} });
  const meterOf = (walk, lr) => {
    hub.details = new Map([["a", { columns: { lr, sharpness: walk.sharpness } }]]);
    return hub.complete({ id: "a", rows: lr.length, lr: 0.5, ...walk }).meter;
  };
  assert.deepEqual(meterOf({ sharpness: [1, 2, 10] }, [1, 3, NaN]), [1, 6, 30]);
  assert.deepEqual(meterOf({ sharpness: [5] }, [NaN]), [2.5]);
  scene.schedule.name = "cosine";
  assert.deepEqual(meterOf({ sharpness: [5] }, [NaN]), [NaN]); // no step, no rate known
});
