// The charging place: every quantity of it, and what a person there can do.

import { ApiError, ask } from "../kit/api.js";
import { el, mark, say } from "../kit/dom.js";
import { Field, numberReader } from "../kit/form.js";
import { format, t, tCode } from "../kit/i18n.js";

/** @typedef {import("./types.js").PanelState} PanelState */

/** What stands large, and what stands below, each with how it is written. */
/** @type {Record<string, (state: PanelState) => string>} */
const FIGURES = {
  power: (state) => format.kw(state.ev_power_w),
  current: (state) => `${format.a(state.current_a)} × ${state.phases}`,
  soc: (state) => percent(state.soc),
  drawn: (state) => format.kwh(state.drawn_wh),
};
/** @type {Record<string, (state: PanelState) => string>} */
const QUANTITIES = {
  pilot: (state) => `${state.pilot} · ${t(`pilot.${state.pilot}`)}`,
  set_current: (state) => format.a(state.set_current_a),
  offer: (state) => format.a(state.offer_a),
  contactor: (state) => t(state.contactor_closed ? "panel.closed" : "panel.open"),
  lock: (state) => t(state.locked ? "panel.locked" : "panel.unlocked"),
  household: (state) => format.kw(state.household_w),
  registers: (state) => `${state.registers_wh.map((counted_wh) => format.number(Math.round(counted_wh / 100) / 10)).join(" · ")}\u00a0kWh`,
};
const LAMPS = /** @type {const} */ (["ready", "charging", "fault"]);
const ACTIONS = { "plug-in": "main", unplug: "", "press/start": "", "press/stop": "" };

export class Place {
  /** @param {() => Promise<void>} refresh */
  constructor(refresh) {
    this._refresh = refresh;
    this._chip = el("span", { class: "chip" });
    this._sentence = el("p", { class: "sentence", role: "status" }, "–");
    this._charge = el("div", { class: "bar-done" });
    this._bar = el("div", { class: "bar", role: "progressbar", "aria-valuemin": "0", "aria-valuemax": "100", "data-t-label": "quantity.soc" }, this._charge);
    this._figures = terms(FIGURES, "figures", "figure");
    this._quantities = terms(QUANTITIES, "quantities", "");
    this._lamps = LAMPS.map((name) => ({ name, element: el("li", { class: "lamp", "data-lamp": name }) }));
    this._soc = new Field({ name: "soc", label: "panel.set_soc", unit: "%", scale: 0.01, read: numberReader({ min: 0, max: () => 100, scale: 0.01 }) });
    this._outcome = el("p", { class: "outcome", role: "status" });
    this._buttons = Object.entries(ACTIONS).map(([action, look]) => this._button(action, look));
    this.element = el(
      "section",
      { class: "card place" },
      el("div", { class: "card-head" }, el("h2", { "data-t": "panel.place" }), this._chip),
      this._sentence,
      this._bar,
      this._figures.element,
      el("div", { class: "actions" }, this._buttons),
      this._outcome,
      el("form", { class: "soc", novalidate: true, on: { submit: (/** @type {Event} */ event) => this._setSoc(event) } }, this._soc.element, el("button", { type: "submit", class: "button", "data-t": "panel.set" })),
      el("ul", { class: "lamps", "data-t-label": "panel.lamps" }, this._lamps.map(({ element }) => element)),
      this._quantities.element,
    );
  }

  /** @param {PanelState} state */
  show(state) {
    const charges = state.current_a > 0;
    mark(this.element, "data-charges", charges);
    mark(this._chip, "data-tone", charges ? "good" : state.plugged ? "info" : "");
    say(this._chip, t(state.plugged ? "panel.plugged" : "panel.away"));
    say(this._sentence, sentence(state));
    this._charge.style.width = percentWidth(state.soc);
    mark(this._bar, "aria-valuenow", String(Math.round(100 * state.soc)));
    this._figures.show(state);
    this._quantities.show(state);
    for (const { name, element } of this._lamps) {
      mark(element, "data-lit", state.lamps[name]);
      say(element, t(state.lamps[name] ? "panel.lamp_lit" : "panel.lamp_dark", { lamp: t(`lamp.${name}`) }));
    }
    this._allow("plug-in", !state.plugged);
    this._allow("unplug", state.plugged && !state.locked);
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
   * @param {string} action
   * @param {string} look
   */
  _button(action, look) {
    const key = action.replaceAll(/\W/g, "_");
    return el("button", { type: "button", class: `button ${look}`, "data-action": action, "data-t": `action.${key}`, on: { click: () => this._do(action, key) } });
  }

  /**
   * A grey button is sent too: the simulator says why not.
   *
   * @param {string} action
   * @param {string} key
   */
  _do(action, key) {
    return this._send("POST", action, undefined, key);
  }

  /** @param {Event} event */
  async _setSoc(event) {
    event.preventDefault();
    const soc = this._soc.check();
    if (soc === undefined) return;
    await this._send("PUT", "vehicle", { soc }, "soc");
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {unknown} body
   * @param {string} key   Of the text that says it is done.
   */
  async _send(method, path, body, key) {
    try {
      await ask(method, `/api/${path}`, body);
      this._tell(t(`done.${key}`), "good");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this._tell(tCode("problem", error.body), "bad");
    }
    await this._refresh();
  }

  /**
   * @param {string} text
   * @param {string} tone
   */
  _tell(text, tone) {
    say(this._outcome, text);
    mark(this._outcome, "data-tone", tone);
  }
}

/**
 * A list of names and values.
 *
 * @param {Record<string, (state: PanelState) => string>} writers
 * @param {string} listClass
 * @param {string} valueClass
 */
function terms(writers, listClass, valueClass) {
  const rows = Object.entries(writers).map(([name, write]) => ({ name, write, value: el("dd", { class: valueClass || null, "data-quantity": name }, "–") }));
  return {
    element: el("dl", { class: listClass }, rows.map(({ name, value }) => el("div", {}, el("dt", { "data-t": `quantity.${name}` }), value))),
    /** @param {PanelState} state */
    show: (state) => rows.forEach(({ write, value }) => say(value, write(state))),
  };
}

/** @param {PanelState} state */
function sentence(state) {
  if (state.current_a > 0) return t("sentence.charging", { power: state.ev_power_w });
  if (!state.plugged) return t("sentence.away");
  if (state.offer_a > 0) return t("sentence.offered", { offer: state.offer_a });
  return t("sentence.plugged");
}

/** @param {number} share */
function percent(share) {
  return `${format.number(Math.round(1000 * share) / 10)}\u00a0%`;
}

/** @param {number} share */
function percentWidth(share) {
  return `${(100 * share).toFixed(1)}%`;
}
