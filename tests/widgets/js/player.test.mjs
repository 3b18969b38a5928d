// Run with: node --test tests/widgets/js
import assert from "node:assert/strict";
import { test } from "node:test";
import { Outbox, Player, applyChanges, suitableSpeed } from "../../../toylands/widgets/js/player.js";

test("plays at its speed and stops at the end", () => {
  const seen = [];
  const player = new Player({ frames: 10, speed: 20, onframe: (frame) => seen.push(frame) });
  player.play();
  for (let now = 1000; now <= 1600; now += 25) player.tick(now);
  assert.deepEqual(seen, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  assert.equal(player.playing, false);
});

test("the first tick starts the clock and a long gap is not made up for", () => {
  const player = new Player({ frames: 1000, speed: 100 });
  player.play();
  assert.equal(player.tick(5e6), 0);
  assert.equal(player.tick(5e6 + 60_000), 25);
});

test("play at the end starts again from the beginning", () => {
  const player = new Player({ frames: 4, speed: 1 });
  player.seek(4);
  player.play();
  assert.equal(player.frame, 0);
  assert.equal(player.playing, true);
});

test("steps forward and back, pausing, and stays inside the run", () => {
  const player = new Player({ frames: 2, speed: 1 });
  player.play();
  player.stepForward();
  assert.equal(player.playing, false);
  player.stepForward();
  player.stepForward();
  assert.equal(player.frame, 2);
  player.stepBack();
  assert.equal(player.frame, 1);
  player.stepBack();
  player.stepBack();
  assert.equal(player.frame, 0);
});

test("pausing between two frames keeps the frame shown, also for the next play", () => {
  const player = new Player({ frames: 10, speed: 10 });
  player.play();
  player.tick(0);
  player.tick(170);
  player.pause();
  assert.equal(player.frame, 1);
  player.play();
  player.tick(9000);
  assert.equal(player.tick(9090), 1);
  assert.equal(player.tick(9110), 2);
});

test("reduced motion: play jumps to the end", () => {
  const states = [];
  const player = new Player({ frames: 7, reducedMotion: true, onstate: (on) => states.push(on) });
  player.play();
  assert.equal(player.frame, 7);
  assert.deepEqual(states, []);
});

test("a shorter run and back keeps the scrub position", () => {
  const player = new Player({ frames: 300 });
  player.seek(200);
  player.setFrames(50);
  assert.equal(player.frame, 50);
  player.setFrames(300);
  assert.equal(player.frame, 200);
});

test("a frame that is not a number becomes 0, never NaN", () => {
  const player = new Player({ frames: 5 });
  player.seek(3);
  player.seek(Number.NaN);
  assert.equal(player.frame, 0);
});

test("every patch carries what has not been acknowledged", () => {
  const outbox = new Outbox();
  assert.deepEqual(outbox.put(1, { lr: 0.1 }, false), { n: 1, final: false, lr: 0.1 });
  assert.deepEqual(outbox.put(2, { lr: 0.2 }, true), { n: 2, final: true, lr: 0.2 });
  assert.deepEqual(outbox.put(3, { "params.b": 5 }, false), { n: 3, final: false, lr: 0.2, "params.b": 5 });
  outbox.acknowledge(1);
  assert.deepEqual(outbox.changes(), { lr: 0.2, "params.b": 5 });
  outbox.acknowledge(2);
  assert.deepEqual(outbox.changes(), { "params.b": 5 });
  outbox.acknowledge(3);
  assert.equal(outbox.empty, true);
});

test("a whole list replaces waiting changes inside it, and later ones follow it", () => {
  const outbox = new Outbox();
  outbox.put(1, { "optimizers.3.lr": 1 }, false);
  outbox.put(2, { optimizers: [{ lr: 2 }] }, true);
  const patch = outbox.put(3, { "optimizers.0.lr": 3 }, true);
  assert.deepEqual(Object.keys(patch), ["n", "final", "optimizers", "optimizers.0.lr"]);
});

test("another landscape drops waiting parameters but not the learning rate", () => {
  const outbox = new Outbox();
  outbox.put(1, { lr: 1, "params.b": 2, start: [0, 0] }, true);
  assert.deepEqual(outbox.put(2, { landscape: "beale" }, true), { n: 2, final: true, lr: 1, landscape: "beale" });
  assert.deepEqual(outbox.put(3, { state: "tl1:x" }, true), { n: 3, final: true, state: "tl1:x" });
});

test("changes are applied in place by dotted path and copied", () => {
  const scene = { lr: 1, params: { b: 1 }, optimizers: [{ on: true, hyper: { beta: 0.9 } }] };
  const start = [1, 2];
  const made = applyChanges(scene, { lr: 2, "params.b": 3, "optimizers.0.hyper.beta": 0.5, start, preset: "x" });
  start[0] = 9;
  assert.equal(made, scene);
  assert.deepEqual(scene, {
    lr: 2, params: { b: 3 }, optimizers: [{ on: true, hyper: { beta: 0.5 } }], start: [1, 2],
  });
  applyChanges(scene, { "optimizers.7.on": false }); // an optimizer removed meanwhile: no error
});

test("a suitable speed plays a run in about five seconds", () => {
  const speeds = [2, 5, 15, 30, 60, 120, 300];
  assert.equal(suitableSpeed(300, speeds), 60);
  assert.equal(suitableSpeed(20, speeds), 5);
  assert.equal(suitableSpeed(5000, speeds), 300);
  assert.equal(suitableSpeed(0, speeds), 2);
});
