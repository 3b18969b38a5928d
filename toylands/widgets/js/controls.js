// The control groups: what of the scene each shows, and which changes it sends.
import { symbolOf } from "./geometry.js";
import { numberPart } from "./numbers.js";
import {
  card, choicePart, freshId, icon, iconButton, make, menuPart, nameOfEntry, own, say, sceneStyles, swatch, togglePart,
} from "./parts.js";

// --- ranges of the sliders ------------------------------------------------------------------------

/** How long "copied" is to be read. */
const SAID_MS = 2000;

export const LR_RANGE = { low: 1e-5, high: 10, scale: "log" };

const RANGES = {
  beta: { low: 0, high: 1, scale: "memory" },
  beta1: { low: 0, high: 1, scale: "memory" },
  beta2: { low: 0, high: 1, scale: "memory" },
  alpha: { low: 0, high: 1, scale: "memory" },
  decay: { low: 0, high: 1, scale: "memory" },
  eps: { low: 1e-12, high: 1, scale: "log" },
  temperature: { low: 1e-6, high: 10, scale: "log" },
  max_norm: { low: 0.01, high: 100, scale: "log" },
  limit: { low: 0.01, high: 100, scale: "log" },
  patience: { low: 1, high: 20, whole: true },
  start: { low: 0, high: 300, whole: true },
  damping: { low: 0, high: 10 },
  sigma: { low: 0, high: 2 },
};

/** What a wrapper or a rule starts with where its factory has no default. */
const STARTS = { temperature: 0.01, max_norm: 1, limit: 1, sigma: 0.1, weight_decay: 0.01 };

export function numberRange(name) {
  return RANGES[name] ?? { low: 0, high: 1 };
}

export function startingNumbers(numbers) {
  const entries = Object.entries(numbers).filter(([name]) => name !== "lr");
  return Object.fromEntries(entries.map(([name, value]) => [name, value ?? STARTS[name] ?? 0.1]));
}

function dialRange(dial, value) {
  if (dial) {
    const scale = dial.log && dial.low > 0 ? "log" : "linear";
    return { low: dial.low, high: dial.high, scale, whole: dial.integer };
  }
  const reach = Math.abs(value) || 1;
  return value > 0 ? { low: 0, high: 2 * reach } : { low: -2 * reach, high: 2 * reach };
}

// --- groups ---------------------------------------------------------------------------------------

/** Landscapes by lesson, then by their first tag. */
export function landscapeGroups(catalog, scene) {
  const groups = new Map();
  const into = (group, name) => groups.set(group, [...(groups.get(group) ?? []), [name, name.replaceAll("_", " ")]]);
  const names = Object.keys(catalog.landscapes);
  const lesson = (name) => catalog.landscapes[name].lessons[0];
  names.sort((a, b) => (lesson(a) ?? 99) - (lesson(b) ?? 99) || a.localeCompare(b));
  if (!names.includes(scene.landscape)) into("This notebook", scene.landscape);
  for (const name of names) {
    const tag = catalog.landscapes[name].tags[0] ?? "other";
    into(lesson(name) ? `Lesson ${lesson(name)}` : tag[0].toUpperCase() + tag.slice(1), name);
  }
  return [...groups].map(([group, options]) => ({ group, options }));
}

/** The landscape's parameters, beside the picture that they change. */
export function dialsPart({ catalog, scene, send }) {
  const dials = catalog.landscapes[scene.landscape]?.dials ?? {};
  const parts = Object.entries(scene.params).map(([name, value]) => [
    name,
    numberPart({
      label: symbolOf(name), meaning: dials[name]?.label ?? "", testid: `param-${name}`, range: dialRange(dials[name], value),
      send: (number, final) => send({ [`params.${name}`]: number }, final),
    }),
  ]);
  const reset = iconButton("reset", "Default parameters", "params-reset", () => {
    const standard = Object.entries(dials).map(([name, dial]) => [`params.${name}`, dial.default]);
    send(Object.fromEntries(standard), true);
  });
  const root = make("div", { class: "tl-dials", role: "group", "aria-label": "Parameters of the landscape", hidden: parts.length === 0 },
    make("div", { class: "tl-knobs", "data-many": String(parts.length > 3) }, ...parts.map(([, part]) => part.root)), reset);
  return {
    root,
    update(now) {
      for (const [name, part] of parts) part.update(now.params[name]);
      const moved = Object.entries(dials).some(([name, dial]) => now.params[name] !== dial.default);
      if (reset.disabled === moved) reset.disabled = !moved;
    },
  };
}

/** Which landscape, and the start. */
export function landscapeCard({ catalog, scene, send, coordinates }) {
  const menu = menuPart({
    label: "Landscape", testid: "landscape", options: landscapeGroups(catalog, scene), hideLabel: true,
    send: (name) => send({ landscape: name }, true),
  });
  const title = make("p", { class: "tl-about", "data-testid": "landscape-title" });
  let current = scene;
  const starts = scene.start.map((_, axis) =>
    numberPart({
      label: "start", testid: `start-${axis}`,
      send: (value) => send({ start: current.start.map((old, k) => (k === axis ? value : old)) }, true),
    }),
  );
  const root = card("Landscape", "card-landscape", menu.root, title,
    make("div", { class: "tl-pair" }, ...starts.map((part) => part.root)));
  return {
    root,
    update(now) {
      current = now;
      menu.update(now.landscape);
      say(title, catalog.landscapes[now.landscape]?.title ?? "");
      starts.forEach((part, axis) => {
        part.relabel(`start ${symbolOf(coordinates()?.[axis] ?? "")}`);
        part.update(now.start[axis]);
      });
    },
  };
}

/** One optimizer: on or off, its own or the shared rate, and, unfolded, all its numbers. */
function optimizerPart({ catalog, scene, entry, place, palette, style, send, replace, open, onopen }) {
  const path = `optimizers.${place}`;
  const testid = `opt-${entry.id}`;
  const name = nameOfEntry(entry);
  const known = catalog.optimizers[entry.name];
  const on = make("input", {
    type: "checkbox", id: freshId(), "data-testid": `${testid}-on`,
    onchange: () => send({ [`${path}.on`]: on.checked }, true),
  });
  const title = make("label", { for: on.id, class: "tl-who" }, swatch(palette, style), make("span", {}, name));
  const own = togglePart({
    label: "own lr", testid: `${testid}-own`, note: "Give this optimizer its own learning rate",
    send: (yes) => send({ [`${path}.lr`]: yes ? current.lr : null }, true),
  });
  own.box.setAttribute("aria-label", `${name}: own learning rate`);
  const rate = numberPart({
    label: "lr", testid: `${testid}-lr`, range: LR_RANGE,
    send: (value, final) => send({ [`${path}.lr`]: value }, final),
  });
  let current = scene;
  const numbers = [];
  const number = (where, key, whole) => {
    const part = numberPart({
      label: key.replaceAll("_", " "), testid: `${testid}-${key}`, range: numberRange(key), whole,
      send: (value, final) => send({ [`${path}.${where}.${key}`]: value }, final),
    });
    numbers.push([where, key, part]);
    return part.root;
  };
  const rules = Object.keys(catalog.optimizers);
  if (!rules.includes(entry.name)) rules.push(entry.name);
  const rule = menuPart({
    label: "rule", testid: `${testid}-rule`, options: rules.map((key) => [key, key]),
    send: (key) => replace((list) => {
      list[place] = { ...list[place], ...newEntry(catalog, key, entry.id), wrap: list[place].wrap };
    }),
  });
  rule.update(entry.name);
  const wraps = entry.wrap.map((wrap, k) =>
    make("fieldset", { class: "tl-wrap" },
      make("legend", {}, wrap.kind.replaceAll("_", " "),
        iconButton("remove", `Take ${wrap.kind} off ${name}`, `${testid}-unwrap-${k}`, () =>
          replace((list) => list[place].wrap.splice(k, 1)))),
      ...Object.keys(wrap).filter((key) => key !== "kind")
        .map((key) => number(`wrap.${k}`, key, key === "start" || key === "patience"))),
  );
  const offered = Object.keys(catalog.wrappers).filter((kind) => !entry.wrap.some((wrap) => wrap.kind === kind));
  const wrapper = menuPart({
    label: "wrap in", testid: `${testid}-wrap`, options: [["", "add a wrapper…"], ...offered.map((kind) => [kind, kind])],
    send: (kind) => kind && replace((list) => {
      list[place].wrap.push({ kind, ...startingNumbers(catalog.wrappers[kind].numbers) });
    }),
  });
  const remove = make("button", {
    type: "button", class: "tl-button", "data-testid": `${testid}-remove`, disabled: scene.optimizers.length < 2,
    onclick: () => replace((list) => list.splice(place, 1)),
  }, icon("remove"), "Remove");
  const copy = make("button", {
    type: "button", class: "tl-button", "data-testid": `${testid}-copy`,
    disabled: scene.optimizers.length >= catalog.max_optimizers,
    onclick: () => replace((list) => {
      const id = Math.max(...list.map((other) => other.id)) + 1;
      list.splice(place + 1, 0, { ...structuredClone(list[place]), id });
    }),
  }, icon("copy"), "Duplicate");
  const more = make("details", { class: "tl-more", open, ontoggle: () => onopen(more.open) },
    make("summary", { "data-testid": `${testid}-more`, "aria-label": `${name}: all numbers` }, "numbers"),
    known ? make("p", { class: "tl-about" }, known.doc) : null,
    rule.root, ...Object.keys(entry.hyper).map((key) => number("hyper", key, false)),
    ...wraps, wrapper.root, make("div", { class: "tl-row" }, copy, remove));
  const root = make("div", { class: "tl-optimizer", "data-testid": testid, role: "group", "aria-label": name },
    make("div", { class: "tl-row" }, on, title, own.root), rate.root, more);
  return {
    root,
    update(now) {
      current = now;
      const mine = now.optimizers[place];
      on.checked = mine.on;
      own.update(mine.lr !== null);
      rate.root.hidden = mine.lr === null;
      if (mine.lr !== null) rate.update(mine.lr);
      for (const [where, key, part] of numbers) {
        const [first, k] = where.split(".");
        part.update((k === undefined ? mine[first] : mine[first][k])[key]);
      }
    },
  };
}

/** An optimizer as the scene describes it, with its factory's defaults. */
export function newEntry(catalog, name, id) {
  const { numbers } = catalog.optimizers[name];
  // A second-order rule's natural rate is 1; a rate meant for first-order rules would only stall it.
  const lr = numbers.lr >= 1 ? numbers.lr : null;
  return { id, name, on: true, lr, hyper: startingNumbers(numbers), wrap: [] };
}

/** All optimizers; `opened` remembers which ones are unfolded. */
export function optimizersCard({ catalog, scene, palette, send, opened }) {
  const replace = (change) => {
    const list = structuredClone(scene.optimizers);
    change(list);
    send({ optimizers: list }, true);
  };
  const styles = sceneStyles(palette, scene);
  const parts = scene.optimizers.map((entry, place) =>
    optimizerPart({
      catalog, scene, entry, place, palette, style: styles.get(entry.id), send, replace,
      open: opened.has(entry.id),
      onopen: (open) => (open ? opened.add(entry.id) : opened.delete(entry.id)),
    }),
  );
  const add = menuPart({
    label: "Add an optimizer", testid: "add-optimizer", hideLabel: true,
    options: [["", "Add an optimizer…"], ...Object.keys(catalog.optimizers).map((key) => [key, key])],
    send: (key) => key && replace((list) => {
      list.push(newEntry(catalog, key, Math.max(...list.map((entry) => entry.id)) + 1));
    }),
  });
  add.select.disabled = scene.optimizers.length >= catalog.max_optimizers;
  const list = make("div", { class: "tl-optimizers" }, ...parts.map((part) => part.root));
  const root = card("Optimizers", "card-optimizers", list, add.root);
  return {
    root,
    update(now) {
      scene = now;
      for (const part of parts) part.update(now);
    },
  };
}

/** Schedule, noise, steps and seed. */
export function runCard({ catalog, scene, send }) {
  let current = scene;
  const { name } = scene.schedule;
  const menu = menuPart({
    label: "schedule", testid: "schedule",
    options: Object.keys(catalog.schedules).map((key) => [key, key.replaceAll("_", " ")]),
    send: (key) => {
      const numbers = { ...catalog.schedules[key] };
      if (key === "cosine" || key === "one_cycle") numbers.steps = current.steps;
      send({ schedule: { name: key, ...numbers } }, true);
    },
  });
  const wholes = new Set(["every", "steps", "first", "mult", "half_period"]);
  const parts = Object.keys({ ...catalog.schedules[name], ...scene.schedule })
    .filter((key) => key !== "name")
    .map((key) => [
      key,
      numberPart({
        label: key.replaceAll("_", " "), testid: `schedule-${key}`, whole: wholes.has(key),
        send: (value) => send({ [`schedule.${key}`]: value }, true),
      }),
    ]);
  const noise = numberPart({
    label: "noise", testid: "noise", range: { low: 0, high: 2 },
    note: "Standard deviation of the Gaussian noise on every component of the gradient",
    send: (value, final) => send({ noise: value }, final),
  });
  const steps = numberPart({
    label: "steps", testid: "steps", range: { low: 1, high: 1000, whole: true },
    send: (value, final) => {
      const changes = { steps: value };
      // A schedule that spans the run goes on spanning it.
      if (current.schedule.steps === lastSteps && /cosine|one_cycle/.test(current.schedule.name)) {
        changes["schedule.steps"] = value;
      }
      lastSteps = value;
      send(changes, final);
    },
  });
  let lastSteps = scene.steps;
  const seed = numberPart({
    label: "seed", testid: "seed", whole: true, send: (value) => send({ seed: value }, true),
  });
  const root = card("Run", "card-run", steps.root, menu.root,
    make("div", { class: "tl-pair" }, ...parts.map(([, part]) => part.root)), noise.root, seed.root);
  return {
    root,
    update(now) {
      current = now;
      lastSteps = now.steps;
      menu.update(now.schedule.name);
      for (const [key, part] of parts) part.update(now.schedule[key] ?? catalog.schedules[name][key]);
      noise.update(now.noise);
      steps.update(now.steps);
      seed.update(now.seed);
    },
  };
}

/** Why there is no surface in three dimensions, in words; empty when there is one. */
export function whyNoSurface(canSolid, scene) {
  if (scene.start.length !== 2) return "A landscape of one coordinate is a curve: it has no 3-D surface.";
  return canSolid ? "" : "This browser offers no WebGL 2, which the 3-D surface needs.";
}

/** What is drawn and on which axes. */
export function viewCard({ scene, send, canSolid }) {
  const axis = choicePart({
    label: "Compare per", testid: "axis", options: [["steps", "step"], ["evaluations", "gradient evaluation"]],
    send: (value) => send({ axis: value }, true),
  });
  const scale = choicePart({
    label: "Loss axis", testid: "loss-scale", options: [["log", "log"], ["linear", "linear"]],
    send: (value) => send({ loss_scale: value }, true),
  });
  const toggles = [
    ["critical", "Critical points", "Found exactly: minima, saddles, maxima"],
    ["quadratic", "Local quadratic", "Eigen-directions and curvature ellipse of the exact Hessian at each head"],
    ["three_d", "3-D surface", null],
    ["inside", "Inside the optimizer", "Update equations and live numbers"],
    ["basin", "Basin map", "Colours every start by where the optimizer ends"],
  ].map(([key, label, note]) => [
    key,
    togglePart({ label, note, testid: `show-${key}`, send: (on) => send({ [`show.${key}`]: on }, true) }),
  ]);
  const solid = toggles.find(([key]) => key === "three_d")[1];
  const whose = menuPart({
    label: "basins of", testid: "basin-of", options: scene.optimizers.map((entry) => [entry.id, nameOfEntry(entry)]),
    send: (id) => send({ basin_of: Number(id) }, true),
  });
  const root = card("View", "card-view", axis.root, scale.root,
    make("div", { class: "tl-toggles" }, ...toggles.map(([, part]) => part.root)), whose.root);
  return {
    root,
    update(now) {
      axis.update(now.axis);
      scale.update(now.loss_scale);
      const why = whyNoSurface(canSolid(), now);
      solid.root.title = why;
      if (solid.box.disabled !== Boolean(why)) solid.box.disabled = Boolean(why);
      for (const [key, part] of toggles) part.update(now.show[key] && !(key === "three_d" && why));
      whose.root.hidden = !now.show.basin;
      whose.update(now.basin_of);
    },
  };
}

/** Known good and known bad scenes of the lessons, with the reason. */
export function presetsCard({ catalog, chosen, secret, send }) {
  const lessons = [...new Set(catalog.presets.map((preset) => preset.lesson))];
  const menu = menuPart({
    label: "Preset", testid: "preset", hideLabel: true,
    options: [
      ["", "Choose a scene…"],
      ...lessons.map((lesson) => ({
        group: `Lesson ${lesson}`,
        options: catalog.presets.filter((preset) => preset.lesson === lesson)
          .map((preset) => [preset.name, `${preset.good ? "✓" : "✗"} ${preset.name}`]),
      })),
    ],
    send: (name) => name && send({ preset: name }, true),
  });
  const badge = make("span", { class: "tl-badge" });
  const why = make("p", { class: "tl-why", "data-testid": "preset-why" });
  const root = card("Known good, known bad", "card-presets", menu.root, badge, why);
  return {
    root,
    update() {
      const preset = catalog.presets.find((one) => one.name === chosen());
      menu.update(preset?.name ?? "");
      badge.hidden = !preset || secret();
      say(badge, preset?.good ? "known good" : "known bad");
      badge.dataset.good = String(Boolean(preset?.good));
      say(why, preset && secret() ? "Its reason is told after the run." : preset?.why ?? "Scenes from the lessons that succeed, and some that fail, each with its reason.");
    },
  };
}

/** The scene as a string to copy; a pasted one is loaded. */
export function stateCard({ state, send }) {
  const id = freshId();
  const field = make("input", {
    id, class: "tl-state", type: "text", spellcheck: "false", autocomplete: "off", "data-testid": "state",
    onfocus: () => field.select(),
    onkeydown: (event) => {
      if (event.key === "Enter") load();
      if (event.key === "Escape") restore();
    },
  });
  const said = make("span", { class: "tl-said", role: "status" });
  const fault = make("span", { class: "tl-fault", role: "alert", "data-testid": "state-fault" });
  let before = null; // the scene that a pasted text is to replace
  const restore = () => {
    refuse("");
    before = null;
    field.value = state();
  };
  const load = () => {
    refuse("");
    const text = field.value.trim();
    if (!text || text === state()) return;
    before = state();
    send({ state: text }, true);
  };
  const refuse = (words) => {
    say(fault, words);
    if (words) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  };
  let going = 0;
  const tell = (words) => {
    say(said, words);
    clearTimeout(going);
    going = setTimeout(() => say(said, ""), SAID_MS);
  };
  const copy = async () => {
    restore();
    try {
      await navigator.clipboard.writeText(field.value);
      tell("copied");
    } catch {
      field.select();
      tell(document.execCommand("copy") ? "copied" : "press Ctrl+C to copy");
    }
  };
  const buttons = [
    make("button", { type: "button", class: "tl-button", "data-testid": "state-copy", onclick: copy }, icon("copy"), "Copy"),
    make("button", { type: "button", class: "tl-button", "data-testid": "state-load", onclick: load }, "Show pasted"),
  ];
  const hint = make("label", { for: id, class: "tl-about" }, "Copy this text to keep or share exactly this scene, or paste one here.");
  const root = card("Scene as text", "card-state", hint, make("div", { class: "tl-anchor" }, field, fault),
    make("div", { class: "tl-row" }, ...buttons, said));
  return own(root, {
    root,
    refuse,
    update() {
      if (before === state()) return; // what was pasted stays, to be shown or corrected
      if (before !== null) restore();
      else if (field.ownerDocument.activeElement !== field && field.value !== state()) field.value = state();
    },
  });
}
