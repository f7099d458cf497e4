// The charging place: what happens there, and what a person there can do.

import { el, mark, say } from "../kit/dom.js";
import { format, t } from "../kit/i18n.js";
import { Outcome } from "./acts.js";
import { terms } from "./terms.js";

/** @typedef {import("./types.js").UnitState} UnitState */

/** @type {Record<string, (state: UnitState) => string>} */
const FIGURES = {
  power: (state) => format.kw(state.ev_power_w),
  current: (state) => `${format.a(state.current_a)} × ${state.phases}`,
  soc: (state) => percent(state.soc),
  drawn: (state) => format.kwh(state.drawn_wh),
};
/** @type {Record<string, (state: UnitState) => string>} */
const QUANTITIES = {
  pilot: (state) => `${state.pilot} · ${t(`pilot.${state.pilot}`)}`,
  set_current: (state) => format.a(state.set_current_a),
  offer: (state) => format.a(state.offer_a),
  contactor: (state) => t(state.contactor_closed ? "panel.closed" : "panel.open"),
  lock: (state) => t(state.lock.locked ? "panel.locked" : state.lock.position === 0 ? "panel.unlocked" : "panel.half_way"),
};
const LAMPS = /** @type {const} */ (["ready", "charging", "fault"]);
/** @type {Record<string, {act: Record<string, unknown>, look: string}>} */
const ACTIONS = {
  plug_in: { act: { do: "plug in" }, look: "main" },
  unplug: { act: { do: "unplug" }, look: "" },
  press_start: { act: { do: "press", button: "start" }, look: "" },
  press_stop: { act: { do: "press", button: "stop" }, look: "" },
};

export class Place {
  /** @param {import("./acts.js").Acts} acts */
  constructor(acts) {
    this._acts = acts;
    this._chip = el("span", { class: "chip" });
    this._sentence = el("p", { class: "sentence", role: "status" }, "–");
    this._charge = el("div", { class: "bar-done" });
    this._bar = el("div", { class: "bar", role: "progressbar", "aria-valuemin": "0", "aria-valuemax": "100", "data-t-label": "quantity.soc" }, this._charge);
    this._figures = terms(FIGURES, "figures", "figure");
    this._quantities = terms(QUANTITIES, "quantities");
    this._lamps = LAMPS.map((name) => ({ name, element: el("li", { class: "lamp", "data-lamp": name }) }));
    this._outcome = new Outcome();
    this._buttons = Object.keys(ACTIONS).map((action) => this._button(action));
    this.element = el(
      "section",
      { class: "card place" },
      el("div", { class: "card-head" }, el("h2", { "data-t": "panel.place" }), this._chip),
      this._sentence,
      this._bar,
      this._figures.element,
      el("div", { class: "actions" }, this._buttons),
      this._outcome.element,
      el("ul", { class: "lamps", "data-t-label": "panel.lamps" }, this._lamps.map(({ element }) => element)),
      this._quantities.element,
    );
  }

  /** @param {UnitState} state */
  show(state) {
    const charges = state.current_a > 0;
    mark(this.element, "data-charges", charges);
    mark(this._chip, "data-tone", charges ? "good" : state.plugged ? "info" : "");
    say(this._chip, t(state.plugged ? "panel.plugged" : "panel.away"));
    say(this._sentence, sentence(state));
    this._charge.style.width = `${(100 * state.soc).toFixed(1)}%`;
    mark(this._bar, "aria-valuenow", String(Math.round(100 * state.soc)));
    this._figures.show(state);
    this._quantities.show(state);
    for (const { name, element } of this._lamps) {
      mark(element, "data-lit", state.lamps[name]);
      say(element, t(state.lamps[name] ? "panel.lamp_lit" : "panel.lamp_dark", { lamp: t(`lamp.${name}`) }));
    }
    this._allow("plug_in", !state.plugged);
    this._allow("unplug", state.plugged && !state.lock.holds_plug);
  }

  /**
   * @param {string} action
   * @param {boolean} allowed
   */
  _allow(action, allowed) {
    const button = this._buttons.find((candidate) => candidate.dataset.action === action);
    mark(button, "aria-disabled", allowed ? null : "true");
  }

  /**
   * A grey button is sent too: the simulator says why not.
   *
   * @param {string} action
   */
  _button(action) {
    const { act, look } = ACTIONS[action];
    const press = () => this._acts.atUnit(act, this._outcome, `done.${action}`);
    return el("button", { type: "button", class: `button ${look}`, "data-action": action, "data-t": `action.${action}`, on: { click: press } });
  }
}

/** @param {UnitState} state */
function sentence(state) {
  if (state.current_a > 0) return t("sentence.charging", { power: state.ev_power_w });
  if (!state.plugged) return t("sentence.away");
  if (state.asleep) return t("sentence.asleep");
  if (state.offer_a > 0) return t("sentence.offered", { offer: state.offer_a });
  return t("sentence.plugged");
}

/** @param {number} share */
function percent(share) {
  return `${format.number(Math.round(1000 * share) / 10)}\u00a0%`;
}
