// Predict mode: the class's guesses, committed before anything plays, and the verdict.
import { numberPart } from "./numbers.js";
import { choicePart, make, nameOfEntry, say, swatch } from "./parts.js";

const OUTCOMES = [["converged", "converges"], ["diverged", "diverges"], ["running", "on its way"]];

/** What is still missing of a guess, in words; empty when it is complete. */
export function missingOf(guess, dim) {
  if (!guess?.outcome) return ["an outcome"];
  const missing = [];
  if (guess.outcome !== "diverged" && guess.end?.length !== dim) missing.push("an end point");
  if (guess.outcome !== "running" && !(guess.steps > 0)) missing.push("a number of steps");
  return missing;
}

/** The class's guesses, locked in before anything plays; then the verdict. */
export function predictPanel({ palette, onguess, onactive, onlock, onagain }) {
  const forms = make("div", { class: "tl-guesses" });
  const state = make("p", { class: "tl-about", role: "status", "data-testid": "predict-state" });
  const lock = make("button", { type: "button", class: "tl-button tl-primary", "data-testid": "predict-lock", onclick: onlock }, "Lock the prediction");
  const again = make("button", { type: "button", class: "tl-button", "data-testid": "predict-again", onclick: onagain }, "Predict again");
  const verdict = make("ul", { class: "tl-verdict", "aria-live": "polite", "data-testid": "verdict" });
  const root = make("section", { class: "tl-panel tl-predict", "aria-label": "Prediction", "data-testid": "predict" },
    make("h3", {}, "Predict first, then play"), forms, state, make("div", { class: "tl-row" }, lock, again), verdict);
  let shape = "";
  let parts = new Map();
  const build = (entries, styles, coordinates, active) => {
    parts = new Map(
      entries.map((entry) => {
        const { id } = entry;
        const testid = `predict-${id}`;
        const outcome = choicePart({
          label: "It", testid: `${testid}-outcome`, options: OUTCOMES, hideLabel: true,
          send: (value) => onguess(id, { outcome: value }),
        });
        const ends = coordinates.map((coordinate, axis) =>
          numberPart({
            label: coordinate, testid: `${testid}-end-${axis}`, optional: true,
            send: (value) => onguess(id, { axis, value }),
          }),
        );
        const steps = numberPart({
          label: "steps", testid: `${testid}-steps`, optional: true,
          send: (value) => onguess(id, { steps: value }),
        });
        const pick = make("button", {
          type: "button", class: "tl-button", "data-testid": `${testid}-place`, onclick: () => onactive(id),
          "aria-pressed": String(id === active),
        }, "Point on the map");
        const place = make("div", { class: "tl-ends" }, make("span", {}, "ends near"), ...ends.map((end) => end.root), pick);
        const form = make("fieldset", { class: "tl-guess", "data-testid": testid },
          make("legend", {}, swatch(palette, styles.get(id)), nameOfEntry(entry)), outcome.root, place, steps.root);
        return [id, { form, outcome, ends, steps, pick, place }];
      }),
    );
    forms.replaceChildren(...[...parts.values()].map(({ form }) => form));
  };
  return {
    root,
    update({ entries, styles, coordinates, guesses, active, locked, revealed, scores }) {
      const now = JSON.stringify([entries.map((entry) => [entry.id, nameOfEntry(entry)]), coordinates]);
      if (now !== shape) {
        shape = now;
        build(entries, styles, coordinates, active);
      }
      const open = [];
      for (const [id, part] of parts) {
        const guess = guesses[id] ?? {};
        part.form.disabled = locked;
        part.form.classList.toggle("tl-active", id === active && !locked);
        part.pick.setAttribute("aria-pressed", String(id === active));
        part.outcome.update(guess.outcome);
        part.place.hidden = !guess.outcome || guess.outcome === "diverged";
        part.steps.root.hidden = !guess.outcome || guess.outcome === "running";
        part.steps.relabel(guess.outcome === "diverged" ? "leaves at step" : "after steps");
        part.steps.update(guess.steps ?? null);
        part.ends.forEach((end, axis) => end.update(guess.half?.[axis] ?? null));
        const missing = missingOf(guess, coordinates.length);
        const name = nameOfEntry(entries.find((entry) => entry.id === id));
        if (missing.length) open.push(`${name}: ${missing.join(" and ")}`);
      }
      lock.disabled = locked || open.length > 0 || entries.length === 0;
      lock.hidden = locked;
      again.hidden = !locked;
      if (revealed) say(state, "");
      else if (locked) say(state, "Locked. Play the run to see who was right.");
      else say(state, open.length ? `Still needed: ${open.join("; ")}.` : "Complete: lock it to enable Play.");
      const lines = revealed ? scores : [];
      verdict.replaceChildren(
        ...lines.map(({ id, points, possible, sentence }) => {
          const entry = entries.find((one) => one.id === id);
          return make("li", {}, make("strong", {}, `${entry ? nameOfEntry(entry) : id}: ${points} of ${possible}`), ` — ${sentence}`);
        }),
      );
    },
  };
}
