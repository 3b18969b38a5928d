// What is read rather than set: numbers at the scrubbed step, the basin map's key, formulas.
import { BASIN_CODES, basinColors } from "./codec.js";
import { formatNumber, isOver } from "./geometry.js";
import { make, menuPart, nameOfEntry, say, swatch } from "./parts.js";

/** MathML text (made from our own formulas) as an element. */
export function mathElement(text) {
  const parsed = new DOMParser().parseFromString(text, "text/html").querySelector("math");
  return parsed ? document.importNode(parsed, true) : make("span");
}

// --- the table under the charts -------------------------------------------------------------------

/** One line per walk: its numbers at the frame shown, and how it ended. */
export function readoutTable(palette) {
  const body = make("tbody");
  const heads = [
    ["optimizer", null], ["loss", "Loss at the step shown"], ["‖g‖", "Gradient norm at the step shown", "tl-exact"],
    ["lr·λ", "Learning rate times the largest eigenvalue of the exact Hessian, against its stability limit", "tl-exact"],
    ["outcome", "How the whole run ends"],
  ];
  const root = make("table", { class: "tl-readout", "data-testid": "readout" },
    make("caption", { class: "tl-hidden" }, "Numbers at the step shown"),
    make("thead", {}, make("tr", {}, ...heads.map(([text, title, look]) => make("th", { scope: "col", title, class: look }, text)))),
    body);
  let rows = new Map();
  let shape = "";
  return {
    root,
    /** lines: those of `readoutLines` */
    update(lines) {
      const now = JSON.stringify(lines.map(({ id, name, style }) => [id, name, style]));
      if (now !== shape) {
        shape = now;
        rows = new Map(
          lines.map((line) => {
            const cells = [null, "tl-exact", "tl-exact", null].map((look) => make("td", { class: look }));
            const head = make("th", { scope: "row" }, swatch(palette, line.style), make("span", {}, line.name));
            return [line.id, { row: make("tr", { "data-testid": `readout-${line.id}` }, head, ...cells), cells }];
          }),
        );
        body.replaceChildren(...[...rows.values()].map(({ row }) => row));
      }
      for (const line of lines) {
        const { cells } = rows.get(line.id);
        const over = line.limit !== null && isOver(line.meter, line.limit);
        const limit = line.limit === null ? "" : ` / ${formatNumber(line.limit)}`;
        const meter = Number.isNaN(line.meter ?? NaN) || line.limit === null ? "–" : `${formatNumber(line.meter)}${limit}`;
        const texts = [formatNumber(line.loss), formatNumber(line.gradNorm), meter, line.status];
        texts.forEach((text, k) => {
          say(cells[k], text);
        });
        cells[2].classList.toggle("tl-over", over);
        const about = over ? "above its stability limit" : "";
        if (cells[2].title !== about) cells[2].title = about;
        cells[3].dataset.kind = line.kind;
      }
    },
  };
}

/** The lines of the table at the frame a hub shows. */
export function readoutLines(hub, walks, styles) {
  return walks.map((walk) => {
    const row = hub.rowOf(walk);
    const rates = hub.picture.final && walk.rate_predicted && walk.rate_measured
      ? `, rate ${formatNumber(walk.rate_measured)} (predicted ${formatNumber(walk.rate_predicted)})`
      : "";
    const told = hub.exact ? `${walk.status}${rates}` : walk.outcome ?? walk.status;
    return {
      id: walk.id,
      name: walk.name,
      style: styles.get(walk.id),
      loss: walk.loss[row],
      gradNorm: walk.gradNorm[row],
      meter: walk.meter[row] ?? null,
      limit: walk.limit,
      kind: hub.hiding ? "hidden" : walk.kind,
      status: hub.hiding ? "?" : told,
    };
  });
}

/** The sentence under the stage: what happened, or that it is not told yet. */
export function sentenceOf(hub) {
  if (hub.scene.frozen) return "Frozen: changes are computed but not shown. Reveal them when the class is ready.";
  if (!hub.hiding) return hub.exact ? hub.picture.exact : hub.picture.explain;
  return hub.locked ? "What will happen? Predict it first; the trails stay hidden until then." : "Play, and watch.";
}

/** What a picture holds equal, where it compares. */
export function heldEqual(scene) {
  const on = scene.optimizers.filter((entry) => entry.on);
  const rates = new Set(on.map((entry) => entry.lr ?? scene.lr));
  const first = formatNumber([...rates][0] ?? scene.lr);
  const unit = scene.axis === "steps" ? "compared step by step" : "compared per gradient evaluation";
  const noise = scene.noise ? `, gradient noise ${formatNumber(scene.noise)}, seed ${scene.seed}` : "";
  if (on.length < 2) return `Learning rate ${first}${noise}.`;
  const rate = rates.size > 1 ? "learning rates differ" : `same learning rate ${first}`;
  return `Same start, ${rate}, ${unit}${noise}.`;
}

// --- the basin map's key --------------------------------------------------------------------------

/** Minima that the key of a basin map names: those with the most starts. */
const NAMED = 8;
/** The smallest share of starts that is named. */
const FEWEST = 1e-3;

/** The numbers of the minima with the most starts, in their order, and the number of starts of the rest. */
export function mostStarts(counts, minima, named = NAMED) {
  const all = Array.from({ length: minima }, (_, k) => k);
  const least = FEWEST * all.reduce((sum, k) => sum + counts[k], 0);
  const many = all.filter((k) => counts[k] === 0 || counts[k] >= least); // not the crumbs along a border
  const kept = many.sort((a, b) => counts[b] - counts[a] || a - b).slice(0, named).sort((a, b) => a - b);
  const rest = all.filter((k) => !kept.includes(k)).reduce((sum, k) => sum + counts[k], 0);
  return { kept, rest };
}

/** What the colours of the basin map mean, and how much of it each has. */
export function basinLegend(palette) {
  const root = make("p", { class: "tl-basins", "data-testid": "basin-key", hidden: true });
  const item = (color, text) => {
    const patch = make("span", { class: "tl-patch", "aria-hidden": "true" });
    patch.style.background = color;
    return make("span", { class: "tl-key" }, patch, text);
  };
  /** The key of very many minima: the colour is the loss there. */
  const byLoss = (basin, steps, colors, share, place) => {
    const losses = basin.minima.map(({ loss }) => loss ?? Infinity);
    const best = losses.indexOf(Math.min(...losses));
    const reached = new Set(basin.labels);
    const count = `in ${losses.filter((_, k) => reached.has(k)).length} minima, coloured by the loss there:`;
    if (steps.length === 1) return [make("span", {}, count), item(steps[0].color, `${formatNumber(steps[0].loss)} everywhere`)];
    const bar = make("span", { class: "tl-ladder", "aria-hidden": "true" });
    bar.style.background = `linear-gradient(to right, ${steps.map(({ color }) => color).join(", ")})`;
    return [
      make("span", {}, count),
      make("span", { class: "tl-key" }, formatNumber(steps[0].loss), bar, formatNumber(steps.at(-1).loss)),
      item(colors[best], `lowest: ${place(basin.minima[best])} ${share(best)}`),
    ];
  };
  const { diverged, running, other } = palette.outcomes;
  const stripes = `repeating-linear-gradient(135deg, ${diverged.hatch_color} 0 1.5px, ${diverged.color} 1.5px 4px)`;
  const fates = [[BASIN_CODES.diverged, stripes, "diverges"], [BASIN_CODES.running, running.color, "not there yet"], [BASIN_CODES.other, other.color, "elsewhere"],
    [BASIN_CODES.outside, palette.outcomes["left the domain"].color, "leaves the domain"],
    [BASIN_CODES.still, palette.outcomes["no gradient"].color, "no gradient where it ends"]];
  let shown;
  return {
    root,
    update(basin) {
      if (basin === shown) return;
      shown = basin;
      root.hidden = !basin;
      if (!basin) return;
      const counts = new Uint32Array(256);
      for (const code of basin.labels) counts[code] += 1;
      const percent = (count) => `${formatNumber((100 * count) / basin.labels.length)} %`;
      const share = (code) => percent(counts[code]);
      const { colors, steps } = basinColors(palette, basin);
      const { kept, rest } = mostStarts(counts, basin.minima.length);
      const more = basin.minima.length - kept.length;
      const place = ({ point }) => `(${point.map((x) => formatNumber(x)).join(", ")})`;
      const named = steps
        ? byLoss(basin, steps, colors, share, place)
        : [
          ...kept.map((k) => item(colors[k], `${place(basin.minima[k])} ${share(k)}`)),
          ...(more ? [make("span", {}, `and ${more} more ${more > 1 ? "minima" : "minimum"} ${percent(rest)}`)] : []),
        ];
      root.replaceChildren(
        make("span", {}, `Where ${basin.optimizer} ends from each start:`), ...named,
        ...fates.filter(([code]) => counts[code]).map(([code, color, words]) => item(color, `${words} ${share(code)}`)),
      );
    },
  };
}

// --- inside the optimizer -------------------------------------------------------------------------

const MEANINGS = {
  theta: ["θ", "where it is"],
  g: ["g", "gradient there"],
  lr: ["η", "rate of this step"],
  step: ["Δθ", "step taken"],
  uphill: ["ε̂", "SAM's step uphill"],
  g_uphill: ["g(θ + ε̂)", "gradient uphill"],
  used: ["g used", "gradient the rule is given"],
};
const UPHILL = "SAM looks uphill first: ε̂ in the table is that step, and the rule is given the gradient at θ + ε̂.";
/** How the equations write an optimizer's numbers. */
const SYMBOLS = {
  alpha: "α", beta: "β", beta1: "β₁", beta2: "β₂", damping: "δ", decay: "γ", eps: "ε", limit: "c", max_norm: "c", rho: "ρ",
  sigma: "σ", temperature: "T", weight_decay: "λ",
};
const OWN = /^(loss|grad_norm|sharpness|h_.*)$/;

/** The columns of a details table as vectors: theta, g, memory, ..., in the order of an update. */
export function insideVectors(columns, coordinates) {
  const groups = new Map();
  for (const name of Object.keys(columns)) {
    if (OWN.test(name)) continue;
    const axis = coordinates.findIndex((coordinate) => name.endsWith(`_${coordinate}`));
    const group = axis < 0 ? name : name.slice(0, -coordinates[axis].length - 1);
    groups.set(group, [...(groups.get(group) ?? []), name]);
  }
  // Without a wrapper the rule is given the gradient itself: not worth a line
  // (compared as float32; the last row has none).
  const near = (a, b) => Number.isNaN(a) || Math.abs(a - b) <= 1e-6 * Math.abs(b);
  const same = (a, b) => columns[a].every((value, k) => near(value, columns[b]?.[k]));
  if (groups.has("used") && groups.get("used").every((name) => same(name, name.replace("used", "g")))) groups.delete("used");
  const order = ["theta", "g", "uphill", "g_uphill", "used"];
  const place = (name) => {
    if (order.includes(name)) return order.indexOf(name);
    return { lr: 98, step: 99 }[name] ?? 50;
  };
  return [...groups].sort(([a], [b]) => place(a) - place(b));
}

/**
 * The bias corrections of a rule of Adam's kind in the update after `row`: [symbol, meaning, values] for m and for v
 * (or u, the largest v so far). The table has the memory before the update; corrected is the one after it.
 */
export function biasCorrections(walk, columns, coordinates, row) {
  const { corrects, memory, numbers } = walk;
  const of = { beta1: "m", beta2: memory?.includes("u") ? "u" : "v" };
  return Object.entries(corrects ? of : {}).map(([beta, name]) => {
    const share = 1 - numbers[beta] ** (row + 1);
    const values = coordinates.map((coordinate) => (columns[`${name}_${coordinate}`][row + 1] ?? NaN) / share);
    return [`${name}̂`, `the new ${name} / ${formatNumber(share)}, against its start at 0`, values];
  });
}

/** Update equations beside the live numbers of one walk. */
export function insidePanel({ onpick }) {
  const menu = menuPart({ label: "Inside", testid: "inside-of", options: [], send: (id) => onpick(Number(id)) });
  const equations = make("div", { class: "tl-equations", "data-testid": "inside-equations" });
  const body = make("tbody");
  const when = make("p", { class: "tl-about", "data-testid": "inside-step" });
  const table = make("table", { class: "tl-numbers", "data-testid": "inside-numbers" },
    make("caption", { class: "tl-hidden" }, "Live numbers of the update"), body);
  const root = make("section", { class: "tl-panel tl-inside", "aria-label": "Inside the optimizer", "data-testid": "inside" },
    make("div", { class: "tl-row" }, make("h3", {}, "Inside the optimizer"), menu.root),
    make("div", { class: "tl-columns" }, equations, make("div", {}, when, table)));
  let shown = "";
  let options = "";
  return {
    root,
    update({ entries, id, walk, details, row, coordinates }) {
      const list = JSON.stringify(entries.map((entry) => [entry.id, nameOfEntry(entry)]));
      if (list !== options) {
        options = list;
        menu.fill(JSON.parse(list));
      }
      menu.update(id);
      const texts = walk?.equations ?? [];
      const key = `${walk?.family} ${texts} ${JSON.stringify(walk?.numbers)}`;
      if (key !== shown) {
        shown = key;
        equations.replaceChildren(...texts.map((text) => make("div", {}, mathElement(text))));
        const numbers = Object.entries(walk?.numbers ?? {}).map(([name, value]) => `${SYMBOLS[name] ?? name} = ${formatNumber(value)}`);
        if (numbers.length) equations.append(make("p", { class: "tl-about", "data-testid": "inside-with" }, `with ${numbers.join(", ")}`));
        if (walk?.family === "sam") equations.append(make("p", { class: "tl-about" }, UPHILL));
      }
      if (!details || !walk) {
        when.textContent = walk ? "Release the slider to see the numbers." : "Switch this optimizer on to see its numbers.";
        body.replaceChildren();
        return;
      }
      const last = row >= details.rows - 1;
      const step = row * (walk.every ?? 1);
      say(when, last ? `After step ${step}, the last one` : `Step ${step} → ${step + 1}`);
      const lines = insideVectors(details.columns, coordinates).map(([name, columns]) =>
        [...(MEANINGS[name] ?? [name, "remembered by the rule"]), columns.map((column) => details.columns[column][row])]);
      const rate = lines.findIndex(([symbol]) => symbol === MEANINGS.lr[0]);
      lines.splice(rate, 0, ...biasCorrections(walk, details.columns, coordinates, row));
      body.replaceChildren(
        ...lines.map(([symbol, meaning, values]) => {
          const cells = values.map((value) => make("td", {}, Number.isNaN(value) ? "–" : formatNumber(value)));
          while (cells.length < coordinates.length) cells.push(make("td"));
          return make("tr", {}, make("th", { scope: "row", title: meaning }, symbol), ...cells,
            make("td", { class: "tl-meaning" }, meaning));
        }),
      );
    },
  };
}

// --- formulas -------------------------------------------------------------------------------------

/** Loss, gradient and Hessian, folded away until wanted. */
export function formulasPanel() {
  const body = make("div", { class: "tl-formulas" });
  const source = make("p", { class: "tl-about" });
  const root = make("details", { class: "tl-panel", "data-testid": "formulas" },
    make("summary", { "data-testid": "formulas-open" }, "Formulas: loss, gradient, Hessian"), body, source);
  let shown = null;
  return {
    root,
    update(terrain) {
      if (!terrain?.formulas || terrain.formulas.loss === shown) return;
      shown = terrain.formulas.loss;
      const names = { loss: "L", grad: "∇L", hessian: "H" };
      body.replaceChildren(
        ...Object.entries(names).map(([key, symbol]) =>
          make("div", { class: "tl-formula" }, make("span", { class: "tl-symbol" }, `${symbol} =`), mathElement(terrain.formulas[key])),
        ),
      );
      const kink = terrain.kink ? ` No gradient exists ${terrain.kink}.` : "";
      source.textContent = `Source: ${terrain.source}. Gradient and Hessian are derived from the loss, exactly.${kink}`;
    },
  };
}
