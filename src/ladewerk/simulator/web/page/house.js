// The grid connection: household, roof and vehicles, and their sum; household and roof can be turned by hand.

import { el, mark, say } from "../kit/dom.js";
import { format, t } from "../kit/i18n.js";
import { Outcome } from "./acts.js";
import { number } from "./controls.js";
import { terms } from "./terms.js";

const MOST_KW = 1000;

/** @typedef {import("./types.js").SiteState} SiteState */

/** @type {Record<string, (site: SiteState) => string>} */
const FIGURES = {
  household: (site) => format.kw(site.household_w),
  pv: (site) => format.kw(site.pv_w),
  vehicles: (site) => format.kw(site.ev_power_w),
  grid: (site) => format.kw(site.grid_w),
};

export class HouseCard {
  /** @param {import("./acts.js").Acts} acts */
  constructor(acts) {
    this._acts = acts;
    this._chip = el("span", { class: "chip" });
    this._figures = terms(FIGURES, "figures", "figure");
    this._outcome = new Outcome();
    this._hands = ["household_w", "pv_w"].map((name) => this._hand(name));
    this.element = el(
      "section",
      { class: "card house" },
      el("div", { class: "card-head" }, el("h2", { "data-t": "house.title" }), this._chip),
      this._figures.element,
      this._outcome.element,
      this._hands.map(({ element }) => element),
    );
  }

  /** @param {SiteState} site */
  show(site) {
    this._figures.show(site);
    mark(this._chip, "data-tone", site.grid_w < 0 ? "good" : "info");
    say(this._chip, t(site.grid_w < 0 ? "house.feeds_in" : "house.draws"));
    if (this._acts.underWay > 0) return;
    const byHand = { household_w: site.household_by_hand, pv_w: site.pv_by_hand };
    for (const { name, control, back } of this._hands) {
      const set = byHand[/** @type {keyof typeof byHand} */ (name)];
      control.show(set ? site[/** @type {keyof typeof byHand} */ (name)] : null);
      mark(back, "aria-disabled", set ? null : "true");
    }
  }

  /** @param {string} name */
  _hand(name) {
    const send = (/** @type {string} */ changed, /** @type {unknown} */ value) => this._acts.perform({ do: "set house", [changed]: value }, this._outcome, "done.house");
    const control = number({ name, texts: "house", send }, { min: 0, max: MOST_KW, unit: "kW", scale: 1000, empty: "model" });
    const giveBack = () => {
      control.field.dirty = false;
      control.field.complain(null);
      send(name, "model");
    };
    const back = el("button", { type: "button", class: "button", "data-action": `model_${name}`, "data-t": "house.by_model", on: { click: giveBack } });
    return { name, control, back, element: el("div", { class: "hand" }, control.element, back) };
  }
}
