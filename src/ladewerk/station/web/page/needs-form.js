// What the car needs, checked beside the fields before it is sent.

import { ApiError, ask } from "../kit/api.js";
import { el, mark, say } from "../kit/dom.js";
import { Field, FieldProblem, Fields, numberReader, readTimeOfDay } from "../kit/form.js";
import { format, onLanguage, t, tCode } from "../kit/i18n.js";
import { daysBetween, nextTimeOfDay } from "../kit/zone.js";
import { whyNot } from "./why-not.js";

/** @typedef {import("./types.js").Unit} Unit */

const MODES = ["balanced", "shortest", "cheapest", "direct"];
const MOST_KWH = 1000;
const LEAST_KWH = 0.1;
const LOWEST_OFFER_A = 6;

export class NeedsForm {
  /**
   * @param {Unit} unit
   * @param {import("../kit/link.js").ServerTime} time
   * @param {import("./token-field.js").TokenField} token
   */
  constructor(unit, time, token) {
    this._token = token;
    this._unit = unit;
    this._time = time;
    this._fields = new Fields([this._energy(), this._departure(), this._least(), this._most()]);
    this._modeHint = el("p", { class: "small quiet mode-hint" });
    this._modes = this._modeChoice();
    this._numbers = el("div", { class: "needs-fields" }, this._fields.list.map((field) => field.element));
    this._outcome = el("p", { class: "outcome", role: "status" });
    this._send = el("button", { type: "submit", class: "button main wide" });
    this.element = el(
      "form",
      { class: "card needs", novalidate: true, on: { submit: (/** @type {Event} */ event) => this._submit(event) } },
      el("div", { class: "card-head" }, el("h2", { "data-t": "needs.title" })),
      this._modes.element,
      this._modeHint,
      this._numbers,
      this._send,
      this._outcome,
    );
    /** @type {string | null} */
    this._shown = null;
    this._modeTouched = false;
    this._remembered();
    onLanguage(() => this._showMode());
    this._showMode();
  }

  /**
   * @param {Unit} unit
   * @param {import("./types.js").StationState} state
   */
  show(unit, state) {
    const before = this._unit;
    this._unit = unit;
    this._offline = !state.station.csms.connected;
    const needs = JSON.stringify(unit.needs);
    if (unit.needs && needs !== this._shown) {
      for (const field of this._fields.list) field.show(unit.needs[/** @type {keyof typeof unit.needs} */ (field.options.name)]);
      if (!this._modeTouched) this._modes.choose(unit.needs.mode);
      this._shown = needs;
    }
    if (before.state !== unit.state) say(this._outcome, "");
    this._showMode();
  }

  _energy() {
    return new Field({
      name: "energy_wh",
      label: "needs.energy",
      unit: "kWh",
      scale: 1000,
      placeholder: "20",
      read: numberReader({ min: LEAST_KWH, max: () => MOST_KWH, scale: 1000 }),
      write: (wattHours) => format.number(wattHours / 1000),
    });
  }

  _departure() {
    const field = new Field({
      name: "depart_at",
      label: "needs.departure",
      placeholder: "06:30",
      inputmode: "text",
      read: (text) => this._readDeparture(text),
      write: (at) => format.time(at),
    });
    field.onInput = () => this._showDay();
    return field;
  }

  _least() {
    return new Field({
      name: "min_current_a",
      label: "needs.min_current",
      unit: "A",
      placeholder: String(LOWEST_OFFER_A),
      read: (text) => this._readLeast(text),
      write: format.number,
    });
  }

  _most() {
    return new Field({
      name: "max_current_a",
      label: "needs.max_current",
      unit: "A",
      placeholder: String(this._unit.max_current_a),
      read: numberReader({ min: LOWEST_OFFER_A, max: () => this._unit.max_current_a, optional: true }),
      write: format.number,
    });
  }

  /** @param {string} text */
  _readLeast(text) {
    const least = numberReader({ min: 0, max: () => this._unit.max_current_a, optional: true })(text);
    const most = Number(this._fields.list[3].input.value.replace(",", ".")) || this._unit.max_current_a;
    if (least !== null && least > most) throw new FieldProblem("above_maximum", { max: most });
    return least;
  }

  /**
   * The next moment at which it is the time of day that was typed, by the clock of the place.
   *
   * @param {string} text
   */
  _readDeparture(text) {
    const [hours, minutes] = readTimeOfDay(text).split(":").map(Number);
    return nextTimeOfDay(hours, minutes, this._time.now() ?? new Date()).toISOString();
  }

  _showDay() {
    let text = "";
    try {
      const at = new Date(this._readDeparture(this._fields.list[1].input.value.trim()));
      const now = this._time.now() ?? new Date();
      text = t(daysBetween(now, at) === 0 ? "needs.today" : "needs.tomorrow", { in: format.duration((at.getTime() - now.getTime()) / 1000) });
    } catch (error) {
      if (!(error instanceof FieldProblem)) throw error;
    }
    this._fields.list[1].note(text);
  }

  _modeChoice() {
    const name = `mode-${this._unit.id}`;
    const inputs = MODES.map((mode) => el("input", { type: "radio", name, value: mode, on: { change: () => this._modeChanged() } }));
    inputs[0].checked = true;
    const labels = inputs.map((input, i) => el("label", {}, input, el("span", { "data-t": `mode.${MODES[i]}` })));
    return {
      element: el("fieldset", { class: "modes" }, el("legend", { class: "label", "data-t": "needs.mode" }), el("div", { class: "choice" }, labels)),
      chosen: () => inputs.find((input) => input.checked)?.value ?? "balanced",
      /** @param {string} mode */
      choose(mode) {
        for (const input of inputs) input.checked = input.value === mode;
      },
    };
  }

  _modeChanged() {
    this._modeTouched = true;
    say(this._outcome, "");
    this._showMode();
  }

  _showMode() {
    const mode = this._modes.chosen();
    const direct = mode === "direct";
    const { allowed, needs } = this._unit;
    say(this._modeHint, t(`mode.${mode}_hint`));
    this._numbers.hidden = direct;
    say(this._send, t(direct ? "needs.send_direct" : needs ? "needs.send_again" : "needs.send"));
    mark(this._send, "aria-disabled", (direct ? allowed.direct : allowed.submit) ? null : "true");
    this._showDay();
  }

  /** @param {Event} event */
  async _submit(event) {
    event.preventDefault();
    const mode = this._modes.chosen();
    const action = mode === "direct" ? "direct" : "submit";
    if (!this._unit.allowed[action]) {
      this._tell(whyNot(action, this._unit), "");
      return;
    }
    const values = mode === "direct" ? {} : this._fields.values();
    if (values === null) {
      this._tell(t("needs.see_fields"), "bad");
      return;
    }
    mark(this._send, "aria-busy", "true");
    try {
      await this._post(mode, values);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this._refused(error);
    } finally {
      mark(this._send, "aria-busy", null);
    }
  }

  /**
   * @param {string} mode
   * @param {Record<string, any>} values
   */
  async _post(mode, values) {
    const unit = `/api/units/${encodeURIComponent(this._unit.id)}`;
    if (mode === "direct") {
      await ask("POST", `${unit}/direct`, this._token.said());
      this._tell(t("done.direct"), "good");
      return;
    }
    const said = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
    await ask("POST", `${unit}/needs`, { mode, ...said, ...this._token.said() });
    this._fields.settle();
    this._modeTouched = false;
    this._remember();
    this._tell(t(this._offline ? "done.submit_offline" : "done.submit"), "good");
  }

  /** @param {ApiError} error */
  _refused(error) {
    if (error.status !== 422 || !Array.isArray(error.body?.errors)) {
      this._tell(tCode("problem", error.body), "bad");
      this._token.refused(error.body);
      return;
    }
    const homeless = this._fields.complain(error.body.errors);
    this._tell(homeless.map((problem) => tCode("problem", problem)).join(" ") || t("needs.see_fields"), "bad");
  }

  /**
   * @param {string} text
   * @param {string} tone
   */
  _tell(text, tone) {
    say(this._outcome, text);
    mark(this._outcome, "data-tone", tone || null);
  }

  _remember() {
    const typed = this._fields.list.map((field) => field.input.value);
    localStorage.setItem(`ladewerk-needs-${this._unit.id}`, JSON.stringify(typed));
  }

  /** Start with what was asked for the last time. */
  _remembered() {
    const typed = JSON.parse(localStorage.getItem(`ladewerk-needs-${this._unit.id}`) ?? "[]");
    this._fields.list.forEach((field, i) => (field.input.value = typeof typed[i] === "string" ? typed[i] : ""));
  }
}
