// What the hardware shows from outside: the bolt of the lock, the pins, the meter, the registers of the board.

import { el, mark } from "../kit/dom.js";
import { format, t } from "../kit/i18n.js";
import { Outcome } from "./acts.js";
import { foldable } from "./controls.js";
import { table, terms } from "./terms.js";

/** @typedef {import("./types.js").UnitState} UnitState */

/** @type {Record<string, (state: UnitState) => string>} */
const LOCK = {
  lock_position: (state) => `${format.number(Math.round(100 * state.lock.position))}\u00a0%`,
  lock_moving: (state) => t(state.lock.moving > 0 ? "hardware.locking" : state.lock.moving < 0 ? "hardware.unlocking" : "hardware.stands"),
  lock_contact: (state) => t(state.lock.contact_closed ? "panel.closed" : "panel.open"),
  lock_longest: (state) => `${format.number(Math.round(100 * state.lock.longest_drive_s) / 100)}\u00a0s`,
  lock_violations: (state) => format.number(state.lock.violations.length),
};

/** @type {Record<string, (state: UnitState) => string>} */
const REACHED = {
  reached_board: (state) => state.reached.board,
  reached_meter: (state) => state.reached.meter,
  reached_pins: (state) => state.reached.pins,
};
/** @type {Record<string, string>} */
const ACTIONS = { release_lock: "release lock", reboot_meter: "reboot meter", pull_an: "pull AN" };

export class HardwareCard {
  /** @param {import("./acts.js").Acts} acts */
  constructor(acts) {
    const outcome = new Outcome();
    const buttons = Object.entries(ACTIONS).map(([action, words]) => {
      const press = () => acts.atUnit({ do: words }, outcome, `done.${action}`);
      return el("button", { type: "button", class: "button small", "data-action": action, "data-t": `action.${action}`, on: { click: press } });
    });
    this._bolt = el("div", { class: "bar-done" });
    this._bar = el("div", { class: "bar bolt", role: "meter", "aria-valuemin": "0", "aria-valuemax": "100", "data-t-label": "quantity.lock_position" }, this._bolt);
    this._lock = terms(LOCK, "quantities");
    this._reached = terms(REACHED, "quantities");
    this._pins = table(["hardware.pin", "hardware.wire", "hardware.direction", "hardware.level"]);
    this._meter = table(["hardware.phase", "hardware.voltage", "hardware.current", "hardware.power", "hardware.counted"]);
    this.element = foldable(
      "hardware",
      "hardware.title",
      el("h2", { "data-t": "hardware.lock" }),
      this._bar,
      this._lock.element,
      el("div", { class: "hands" }, buttons),
      outcome.element,
      el("h2", { "data-t": "hardware.meter" }),
      el("div", { class: "table-box" }, this._meter.element),
      el("h2", { "data-t": "hardware.pins" }),
      el("div", { class: "table-box" }, this._pins.element),
      el("h2", { "data-t": "hardware.reached" }),
      this._reached.element,
    );
  }

  /** @param {UnitState} state */
  show(state) {
    this._bolt.style.width = `${(100 * state.lock.position).toFixed(1)}%`;
    mark(this._bar, "aria-valuenow", String(Math.round(100 * state.lock.position)));
    this._lock.show(state);
    this._reached.show(state);
    this._pins.show(
      state.pins.map((pin) => [String(pin.pin), t(`wire.${pin.wire}`), t(pin.output ? "hardware.output" : "hardware.input"), String(pin.level)]),
    );
    this._meter.show(
      state.meter.phases.map((phase, i) => [
        `L${i + 1}`,
        `${format.number(Math.round(10 * phase.voltage_v) / 10)}\u00a0V`,
        format.a(phase.current_a),
        format.kw(phase.power_w),
        format.kwh(state.meter.registers_wh[i]),
      ]),
    );
  }
}

/** The registers of the board, by number, with what they mean. */
export class RegistersCard {
  constructor() {
    this._table = table(["hardware.register", "hardware.meaning", "hardware.value", "hardware.bits"]);
    this._none = el("p", { class: "quiet", "data-t": "hardware.no_registers" });
    this.element = foldable("registers", "hardware.registers", this._none, el("div", { class: "table-box" }, this._table.element));
  }

  /** @param {Record<string, number>} registers */
  show(registers) {
    const rows = Object.entries(registers);
    this._none.hidden = rows.length > 0;
    this._table.show(rows.map(([number, value]) => [number, t(`register.${number}`, {}, "–"), String(value), BIT_MASKS.has(number) ? bits(value) : ""]));
  }
}

/** Registers of which each bit means something of its own. */
const BIT_MASKS = new Set(["1004", "1007", "2005"]);

/** @param {number} value */
function bits(value) {
  return [...Array(16).keys()].filter((bit) => value & (1 << bit)).join(" ");
}
