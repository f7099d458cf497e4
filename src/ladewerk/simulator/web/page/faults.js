// What is broken: a switch or a field for each fault.

import { el, mark, say } from "../kit/dom.js";
import { t } from "../kit/i18n.js";
import { Outcome } from "./acts.js";
import { group, number, oneOf, severalOf, toggle } from "./controls.js";

/** @typedef {import("./types.js").FaultSet} FaultSet */

const PHASES = ["a", "b", "c"];
const METER_ERRORS = ["power_meter_failure", "phase_sequence", "no_load", "ct_type_not_set"];
const MOST_NTH = 1000;
const LONGEST_DELAY_S = 10;
const MOST_A = 80;
const LONGEST_S = 1000000;

/** Each change is sent at once, for as long as the field at the top says. */
export class FaultsCard {
  /** @param {import("./acts.js").Acts} acts */
  constructor(acts) {
    this._acts = acts;
    /** @type {unknown} Null: until it is repaired. */
    this._forS = null;
    /** @type {import("./controls.js").Control[]} */
    this._controls = [];
    this._chip = el("span", { class: "chip" });
    this._outcome = new Outcome();
    const repair = () => this._acts.atUnit({ do: "repair" }, this._outcome);
    const lasting = number({ name: "for_s", texts: "faults", send: (_, value) => (this._forS = value) }, { min: 0.1, max: LONGEST_S, unit: "s", empty: null });
    this.element = el(
      "section",
      { class: "card faults" },
      el(
        "div",
        { class: "card-head" },
        el("h2", { "data-t": "faults.title" }),
        this._chip,
        el("button", { type: "button", class: "button small", "data-action": "repair", "data-t": "faults.repair", on: { click: repair } }),
      ),
      this._outcome.element,
      lasting.element,
      ...this._groups(),
    );
  }

  _groups() {
    return [
      group(
        "faults.board",
        this._switch("board_silent"),
        this._switch("board_unpowered"),
        this._switch("relay_welded"),
        this._switch("board_foreign_frames"),
        this._switch("bridge_refuses"),
        this._oneOf("board_failure", ["none", "diode", "rcd"], "failure"),
        this._number("board_loses_every", { min: 1, max: MOST_NTH }),
        this._number("board_garbles_every", { min: 1, max: MOST_NTH }),
        this._number("board_delay_s", { min: 0.01, max: LONGEST_DELAY_S, unit: "s" }),
      ),
      group(
        "faults.meter",
        this._switch("meter_silent"),
        this._switch("meter_refuses"),
        this._switch("meter_frozen"),
        this._several("meter_null_phases", PHASES, (_, i) => `L${i + 1}`),
        this._several("meter_reversed_phases", PHASES, (_, i) => `L${i + 1}`),
        this._several("meter_errors", METER_ERRORS, (value) => value),
      ),
      group(
        "faults.vehicle",
        this._switch("vehicle_ignores_offer"),
        this._switch("pilot_interrupted"),
        this._number("vehicle_swings_a", { min: 0, max: MOST_A, unit: "A" }),
        this._number("vehicle_overdraws_a", { min: 0, max: MOST_A, unit: "A" }),
      ),
      group(
        "faults.lock",
        this._switch("lock_stuck"),
        this._switch("lock_unpowered"),
        this._switch("lock_wires_swapped"),
        this._oneOf("lock_feedback", ["none", "open", "closed"], "contact"),
        this._oneOf("lock_relay_stuck", ["none", "lock", "unlock"], "relay"),
        this._number("lock_jams_at", { min: 0, max: 100, unit: "%", scale: 0.01 }),
        this._number("lock_slowness", { min: 1, max: 1000, unit: "×" }),
      ),
    ];
  }

  /** @param {FaultSet} faults */
  show(faults) {
    // What comes now may be older than what is on its way.
    if (this._acts.underWay > 0) return;
    for (const control of this._controls) control.show(faults[/** @type {keyof FaultSet} */ (control.name)]);
    const count = Object.values(faults).filter((value) => (Array.isArray(value) ? value.length > 0 : value !== null && value !== false)).length;
    mark(this._chip, "data-tone", count ? "bad" : "good");
    say(this._chip, count ? t("faults.count", { count }) : t("faults.none"));
  }

  /**
   * @param {string} name
   * @param {unknown} value
   */
  _set(name, value) {
    const lasting = this._forS === null ? {} : { for_s: this._forS };
    this._acts.atUnit({ do: "set faults", faults: { [name]: value }, ...lasting }, this._outcome);
  }

  /** @param {keyof FaultSet} name */
  _about(name) {
    return { name, texts: "fault", send: (/** @type {string} */ changed, /** @type {unknown} */ value) => this._set(changed, value) };
  }

  /** @param {keyof FaultSet} name */
  _switch(name) {
    return this._keep(toggle(this._about(name)));
  }

  /**
   * @param {keyof FaultSet} name
   * @param {string[]} values
   * @param {string} texts
   */
  _oneOf(name, values, texts) {
    return this._keep(oneOf(this._about(name), values, (value) => `${texts}.${value}`));
  }

  /**
   * @param {keyof FaultSet} name
   * @param {string[]} values
   * @param {(value: string, i: number) => string} label
   */
  _several(name, values, label) {
    return this._keep(severalOf(this._about(name), values, label));
  }

  /**
   * A field that may be empty.
   *
   * @param {keyof FaultSet} name
   * @param {{min: number, max: number, unit?: string, scale?: number}} allowed
   */
  _number(name, allowed) {
    return this._keep(number(this._about(name), { ...allowed, empty: null }));
  }

  /** @param {import("./controls.js").Control} control */
  _keep(control) {
    this._controls.push(control);
    return control.element;
  }
}
