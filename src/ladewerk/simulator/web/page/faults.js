// What is broken: a switch or a field for each fault.

import { ApiError, ask } from "../kit/api.js";
import { el, mark, say } from "../kit/dom.js";
import { Field, FieldProblem, numberReader } from "../kit/form.js";
import { format, t, tCode } from "../kit/i18n.js";

/** @typedef {import("./types.js").FaultSet} FaultSet */
/** @typedef {{element: HTMLElement, show: (value: any) => void}} Control */

const PATH = "/api/faults";
const PHASES = ["a", "b", "c"];
const FAILURES = ["none", "diode", "rcd"];
const MOST_LOST_EVERY = 1000;
const MOST_SWING_A = 80;

/** Each change is sent at once, with all that others have broken meanwhile. */
export class FaultsCard {
  /** @param {() => Promise<void>} refresh */
  constructor(refresh) {
    this._refresh = refresh;
    this._sending = 0;
    /** @type {Promise<void>} */
    this._queue = Promise.resolve();
    /** @type {Partial<Record<keyof FaultSet, Control>>} */
    this._controls = {};
    this._chip = el("span", { class: "chip" });
    this._outcome = el("p", { class: "outcome", role: "status" });
    const repair = el("button", { type: "button", class: "button small", "data-action": "repair", "data-t": "faults.repair", on: { click: () => this._send(() => ({})) } });
    this.element = el(
      "section",
      { class: "card faults" },
      el("div", { class: "card-head" }, el("h2", { "data-t": "faults.title" }), this._chip, repair),
      this._outcome,
      group("board", this._switch("board_silent"), this._switch("relay_welded"), this._failure(), this._number("board_loses_every", 1, MOST_LOST_EVERY, "")),
      group("meter", this._switch("meter_silent"), this._switch("meter_refuses"), this._switch("meter_frozen"), this._nullPhases()),
      group("vehicle", this._switch("vehicle_ignores_offer"), this._number("vehicle_swings_a", 0, MOST_SWING_A, "A")),
    );
  }

  /** @param {FaultSet} faults */
  show(faults) {
    // What comes now may be older than what is on its way.
    if (this._sending > 0) return;
    for (const [name, control] of Object.entries(this._controls)) control.show(faults[/** @type {keyof FaultSet} */ (name)]);
    const count = Object.values(faults).filter((value) => (Array.isArray(value) ? value.length > 0 : Boolean(value))).length;
    mark(this._chip, "data-tone", count ? "bad" : "good");
    say(this._chip, count ? t("faults.count", { count }) : t("faults.none"));
  }

  /**
   * @param {keyof FaultSet} name
   * @param {unknown} value
   */
  _set(name, value) {
    return this._send((faults) => ({ ...faults, [name]: value }));
  }

  /**
   * Change what is broken, one change after the other: a PUT names all of it.
   *
   * @param {(faults: FaultSet) => Partial<FaultSet>} change
   */
  _send(change) {
    this._sending += 1;
    this._queue = this._queue.then(async () => {
      try {
        await ask("PUT", PATH, change(await ask("GET", PATH)));
        say(this._outcome, "");
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        say(this._outcome, tCode("problem", error.body));
        mark(this._outcome, "data-tone", "bad");
      } finally {
        this._sending -= 1;
      }
      await this._refresh();
    });
    return this._queue;
  }

  /** @param {keyof FaultSet} name */
  _switch(name) {
    const input = el("input", { type: "checkbox", role: "switch", name, on: { change: () => this._set(name, input.checked) } });
    const element = el(
      "label",
      { class: "switch" },
      input,
      el("span", { class: "switch-track" }),
      el("span", { class: "switch-text" }, el("span", { "data-t": `fault.${name}` }), el("span", { class: "small quiet", "data-t": `fault_hint.${name}` })),
    );
    this._controls[name] = { element, show: (value) => (input.checked = value) };
    return element;
  }

  _failure() {
    const name = "board_failure";
    const inputs = FAILURES.map((value) => el("input", { type: "radio", name, value, on: { change: () => this._set(name, value === "none" ? null : value) } }));
    const labels = inputs.map((input) => el("label", {}, input, el("span", { "data-t": `failure.${input.value}` })));
    const element = choice(name, labels);
    this._controls[name] = { element, show: (value) => inputs.forEach((input) => (input.checked = input.value === (value ?? "none"))) };
    return element;
  }

  _nullPhases() {
    const name = "meter_null_phases";
    const chosen = () => inputs.filter((input) => input.checked).map((input) => input.value);
    const inputs = PHASES.map((value) => el("input", { type: "checkbox", name, value, on: { change: () => this._set(name, chosen()) } }));
    const labels = inputs.map((input, i) => el("label", {}, input, el("span", {}, `L${i + 1}`)));
    const element = choice(name, labels);
    this._controls[name] = { element, show: (value) => inputs.forEach((input) => (input.checked = value.includes(input.value))) };
    return element;
  }

  /**
   * A field that may be empty.
   *
   * @param {keyof FaultSet} name
   * @param {number} min
   * @param {number} max
   * @param {string} unit   Without one it counts something: a whole number.
   */
  _number(name, min, max, unit) {
    const read = (/** @type {string} */ text) => {
      const value = numberReader({ min, max: () => max, optional: true })(text);
      if (unit === "" && value !== null && !Number.isInteger(value)) throw new FieldProblem("not_whole");
      return value;
    };
    const field = new Field({ name, label: `fault.${name}`, hint: `fault_hint.${name}`, unit, read, write: format.plain });
    field.input.addEventListener("change", () => {
      const value = field.check();
      if (value === undefined) return;
      field.dirty = false;
      this._set(name, value);
    });
    this._controls[name] = { element: field.element, show: (value) => field.show(value) };
    return field.element;
  }
}

/**
 * @param {string} name
 * @param {...HTMLElement} parts
 */
function group(name, ...parts) {
  return el("fieldset", { class: "fault-group" }, el("legend", { "data-t": `faults.${name}` }), parts);
}

/**
 * @param {string} name
 * @param {HTMLElement[]} labels
 */
function choice(name, labels) {
  return el(
    "div",
    { class: "field", role: "group", "data-t-label": `fault.${name}` },
    el("span", { class: "label", "data-t": `fault.${name}` }),
    el("div", { class: "choice" }, labels),
    el("p", { class: "field-hint", "data-t": `fault_hint.${name}` }),
  );
}
