// How far the scenario is that the simulator goes through.

import { el, keep, mark, say } from "../kit/dom.js";
import { format, t } from "../kit/i18n.js";

/** @typedef {import("./types.js").ScenarioState} ScenarioState */

/** @type {Record<string, string>} */
const TONES = { done: "good", waiting: "info", refused: "warn", late: "bad" };

export class ScenarioCard {
  constructor() {
    this._title = el("span", { class: "quiet" });
    this._chip = el("span", { class: "chip" });
    this._steps = el("ol", { class: "steps" });
    this.element = el("section", { class: "card scenario", hidden: true }, el("div", { class: "card-head" }, el("h2", { "data-t": "scenario.title" }), this._chip), this._title, this._steps);
  }

  /** @param {ScenarioState | null} scenario */
  show(scenario) {
    this.element.hidden = scenario === null;
    if (scenario === null) return;
    const told = scenario.steps.filter(({ at }) => at !== null).length;
    say(this._title, scenario.title);
    mark(this._chip, "data-tone", scenario.failed ? "bad" : scenario.over ? "good" : "info");
    say(this._chip, t(scenario.failed ? "scenario.failed" : scenario.over ? "scenario.over" : "scenario.at", { told, of: scenario.steps.length }));
    keep(
      this._steps,
      scenario.steps,
      (_, index) => String(index),
      () => el("li", { class: "step" }, el("span", { class: "chip" }), el("span", { class: "step-text" }), el("span", { class: "quiet small" })),
      (element, step) => {
        const [chip, text, note] = element.children;
        mark(chip, "data-tone", TONES[step.state] ?? "");
        say(chip, t(`step.${step.state}`));
        say(text, step.text);
        say(note, [step.at === null ? "" : format.clock(step.at), step.why].filter(Boolean).join(" · "));
      },
    );
  }
}
