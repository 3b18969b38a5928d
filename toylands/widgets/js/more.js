// Everything that is set seldom, folded under the picture: landscape, run, optimizers, view, presets, the scene as text.
import { landscapeCard, optimizersCard, presetsCard, runCard, stateCard, viewCard } from "./controls.js";
import { make } from "./parts.js";

/** Parts that are built again only when what they are made of changes: `keyOf(scene)` names that. */
export class Slots {
  constructor(makers) {
    this.slots = makers.map(({ key, make: build }) => ({ keyOf: key, build, key: null, part: null, root: make("div") }));
  }

  get roots() { return this.slots.map(({ root }) => root); }

  update(scene) {
    for (const slot of this.slots) {
      const key = JSON.stringify(slot.keyOf(scene));
      if (key !== slot.key) {
        const part = slot.build(scene);
        slot.root.replaceWith(part.root);
        Object.assign(slot, { key, part, root: part.root });
      }
      slot.part.update(scene);
    }
  }
}

/** The folded controls; `formulas` is shown below them. */
export function morePart({ hub, model, send, canSolid, palette, formulas }) {
  const catalog = model.get("catalog");
  const state = () => model.get("state_string");
  const coordinates = () => model.get("terrain_meta").coordinates;
  const names = (scene) => scene.optimizers.map((entry) => [entry.id, entry.name, Object.keys(entry.hyper), entry.wrap.map((w) => Object.keys(w).concat(w.kind))]);
  const slots = new Slots([
    { key: (scene) => [scene.landscape, scene.start.length], make: (scene) => landscapeCard({ catalog, scene, send, coordinates }) },
    { key: (scene) => Object.keys(scene.schedule).concat(scene.schedule.name), make: (scene) => runCard({ catalog, scene, send }) },
    { key: names, make: (scene) => optimizersCard({ catalog, scene, palette, send, opened: hub.opened }) },
    { key: names, make: (scene) => viewCard({ scene, send, canSolid }) },
    { key: () => [], make: () => presetsCard({ catalog, chosen: () => hub.preset, secret: () => hub.hiding, send }) },
    { key: () => [], make: () => stateCard({ state, send }) },
  ]);
  const [landscape, run, optimizers, view, presets, scene] = slots.roots;
  const controls = make("div", { class: "tl-controls" },
    make("div", { class: "tl-stack" }, landscape, run),
    make("div", { class: "tl-stack tl-wide" }, optimizers,
      make("div", { class: "tl-beside" }, view, make("div", { class: "tl-stack" }, presets, scene))));
  const root = make("details", { class: "tl-fold", "data-testid": "more", open: hub.unfolded, ontoggle: () => (hub.unfolded = root.open) },
    make("summary", { "data-testid": "more-open" }, "More: landscape, optimizers, steps, basin map, 3-D surface, formulas"),
    controls, formulas);
  return { root, controls, update: (now) => slots.update(now) };
}
