// The vehicle: its make, its battery and how it behaves. Each change is sent at once.

import { ask } from "../kit/api.js";
import { el } from "../kit/dom.js";
import { Outcome } from "./acts.js";
import { foldable, group, number, oneOf, toggle } from "./controls.js";

const LONG_S = 1000000;

export class VehicleCard {
  /** @param {import("./acts.js").Acts} acts */
  constructor(acts) {
    this._acts = acts;
    this._outcome = new Outcome();
    this._makes = el("select", { class: "select", name: "model", on: { change: () => this._choose() } }, el("option", { value: "", "data-t": "vehicle.choose" }));
    /** @type {import("./controls.js").Control[]} */
    this._controls = [];
    this.element = foldable(
      "vehicle",
      "vehicle.title",
      el("label", { class: "field" }, el("span", { class: "label", "data-t": "vehicle.model" }), this._makes, el("span", { class: "field-hint", "data-t": "vehicle_hint.model" })),
      this._outcome.element,
      group(
        "vehicle.battery",
        this._number("soc", { min: 0, max: 100, unit: "%", scale: 0.01 }),
        this._number("stop_soc", { min: 0, max: 100, unit: "%", scale: 0.01 }),
        this._number("capacity_wh", { min: 0.001, max: 1000, unit: "kWh", scale: 1000 }),
        this._number("efficiency", { min: 1, max: 100, unit: "%", scale: 0.01 }),
        this._number("taper_from_soc", { min: 1, max: 99, unit: "%", scale: 0.01 }),
        this._number("end_power_fraction", { min: 1, max: 99, unit: "%", scale: 0.01 }),
        this._number("standby_w", { min: 0, max: 10000, unit: "W" }),
        this._number("top_up_gap", { min: 0, max: 100, unit: "%", scale: 0.01 }),
      ),
      group(
        "vehicle.charger",
        this._keep(oneOf(this._about("phases"), [1, 2, 3], String)),
        this._number("min_current_a", { min: 6, max: 80, unit: "A" }),
        this._number("max_current_a", { min: 6, max: 80, unit: "A" }),
        this._number("shortfall_a", { min: 0, max: 5, unit: "A" }),
        this._number("reaction_s", { min: 0, max: 5, unit: "s" }),
        this._number("wake_up_s", { min: 0, max: 60, unit: "s" }),
        this._number("fall_back_s", { min: 0, max: 60, unit: "s" }),
        this._keep(toggle(this._about("ventilation"))),
      ),
      group(
        "vehicle.sleep",
        this._number("sleeps_after_s", { min: 0, max: LONG_S, unit: "s", empty: "never" }),
        this._keep(oneOf(this._about("woken_by"), ["pause", "interruption", "replug"], (value) => `woken_by.${value}`)),
        this._number("wake_pause_s", { min: 0, max: LONG_S, unit: "s" }),
        this._number("most_pauses", { min: 0, max: LONG_S, empty: "any" }),
      ),
    );
    this._loadMakes();
  }

  /** @param {import("./types.js").VehicleSettings} vehicle */
  show(vehicle) {
    // What comes now may be older than what is on its way.
    if (this._acts.underWay > 0) return;
    for (const control of this._controls) control.show(vehicle[/** @type {keyof typeof vehicle} */ (control.name)]);
  }

  async _loadMakes() {
    const makes = Object.keys(await ask("GET", "/api/vehicles"));
    this._makes.append(...makes.map((name) => el("option", { value: name }, name)));
  }

  _choose() {
    const model = this._makes.value;
    // It is a choice among beginnings, not what the vehicle is from now on.
    this._makes.value = "";
    if (model !== "") this._set("model", model);
  }

  /**
   * @param {string} name
   * @param {unknown} value
   */
  _set(name, value) {
    this._acts.atUnit({ do: "set vehicle", vehicle: { [name]: value } }, this._outcome, "done.vehicle");
  }

  /** @param {string} name */
  _about(name) {
    return { name, texts: "vehicle", send: (/** @type {string} */ changed, /** @type {unknown} */ value) => this._set(changed, value) };
  }

  /**
   * @param {string} name
   * @param {Parameters<typeof number>[1]} allowed
   */
  _number(name, allowed) {
    return this._keep(number(this._about(name), allowed));
  }

  /** @param {import("./controls.js").Control} control */
  _keep(control) {
    this._controls.push(control);
    return control.element;
  }
}
