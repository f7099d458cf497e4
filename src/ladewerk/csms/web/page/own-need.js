// What a driver's car needs, from now on: checked beside the fields, and again by the CSMS.

import { ApiError } from "../kit/api.js";
import { el, keep, mark, say } from "../kit/dom.js";
import { Field, Fields, numberReader, readTimeOfDay } from "../kit/form.js";
import { format, onLanguage, t, tCode } from "../kit/i18n.js";
import { nextTimeOfDay } from "../kit/zone.js";

/** @typedef {import("./types.js").OwnedNeed} OwnedNeed */

const MODES = ["balanced", "shortest", "cheapest"];
const LEAST_KWH = 0.1;
const MOST_KWH = 1000;
/** A departure is on one of the next so many days. */
const DAYS = 7;

export class OwnNeed {
  /**
   * @param {import("../kit/link.js").ServerTime} time
   * @param {(need: Record<string, unknown>) => Promise<void>} send   Raises ApiError.
   */
  constructor(time, send) {
    this._time = time;
    this._tell = send;
    /** @type {OwnedNeed | null} */
    this._need = null;
    /** @type {boolean} Chosen by the visitor, and not sent yet. */
    this._chosen = false;
    this._energy = energy();
    this._departure = new Field({ name: "depart_at", label: "needs.departure", placeholder: "06:30", inputmode: "text", read: (text) => (text === "" ? null : this._moment(text)), write: (at) => format.time(at) });
    this._departure.onInput = () => this._showDays();
    this._fields = new Fields([this._energy, this._departure]);
    this._day = el("select", { class: "select", "data-t-label": "own.day", hidden: true, on: { change: () => this._choose() } });
    this._departure.element.querySelector(".field-box")?.after(this._day);
    const name = `own-mode-${(OwnNeed._count += 1)}`;
    this._modes = MODES.map((mode) => el("input", { type: "radio", name, value: mode, on: { change: () => this._choose() } }));
    this._modeHint = el("p", { class: "small quiet" });
    this._state = el("p", { class: "small", role: "status" });
    this._outcome = el("p", { class: "outcome small", role: "status" });
    this._send = el("button", { type: "submit", class: "button main", "data-t": "needs.send" });
    this.element = el(
      "form",
      { class: "card own-need", novalidate: true, on: { submit: (/** @type {Event} */ event) => this._submit(event) } },
      el("div", { class: "card-head" }, el("h2", { "data-t": "own.need" })),
      this._state,
      this._fields.list.map((field) => field.element),
      el("fieldset", { class: "modes" }, el("legend", { class: "label", "data-t": "needs.mode" }), el("div", { class: "choice" }, this._modes.map((input, place) => el("label", {}, input, el("span", { "data-t": `mode.${MODES[place]}` }))))),
      this._modeHint,
      this._send,
      this._outcome,
    );
    this._modes[0].checked = true;
    onLanguage(() => this._showTexts());
    this._showTexts();
  }

  /** @param {OwnedNeed | null} need */
  show(need) {
    this._need = need;
    if (need && !this._busy()) {
      this._energy.show(need.remaining_wh >= 50 ? need.remaining_wh : null);
      this._departure.show(need.depart_at);
      if (!this._chosen) for (const input of this._modes) input.checked = input.value === need.mode;
    }
    this._showDays();
    this._showTexts();
  }

  /** What is being looked at with the cursor in it does not change below it. */
  _busy() {
    return this.element.contains(document.activeElement) && document.activeElement?.matches("input, select");
  }

  _choose() {
    this._chosen = true;
    this._showTexts();
    this._noteDeparture();
  }

  get _mode() {
    return this._modes.find((input) => input.checked)?.value ?? MODES[0];
  }

  _showTexts() {
    say(this._modeHint, t(`own.${this._mode}_hint`));
    const need = this._need;
    say(this._state, need === null ? t("own.unsaid") : need.assumed ? t("own.assumed", { energy_wh: need.energy_wh }) : t(`own.${need.state}`, {}, need.state));
    mark(this._state, "data-tone", need?.state === "rejected" ? "warn" : null);
  }

  /**
   * The moment that was chosen of those at which the clocks show this.
   *
   * @param {string} text
   */
  _moment(text) {
    const moments = momentsAt(readTimeOfDay(text), this._time.now() ?? new Date());
    return moments.includes(this._day.value) ? this._day.value : moments[0];
  }

  _showDays() {
    /** @type {string[]} */
    let moments = [];
    try {
      const typed = this._departure.input.value.trim();
      moments = typed ? momentsAt(readTimeOfDay(typed), this._time.now() ?? new Date()) : [];
    } catch {
      // What is wrong with it stands beside it as soon as it is left.
    }
    const before = this._day.value;
    const said = this._departure.dirty || this._chosen || !this._need?.depart_at ? "" : new Date(this._need.depart_at).toISOString();
    this._day.hidden = moments.length === 0;
    keep(this._day, moments, (at) => at, (at) => el("option", { value: at }), (option, at) => say(option, format.day(at)));
    this._day.value = [said, before, moments[0] ?? ""].find((at) => moments.includes(at)) ?? "";
    this._noteDeparture();
  }

  _noteDeparture() {
    const now = this._time.now() ?? new Date();
    const at = this._day.value;
    this._departure.note(at ? t("own.in", { in: format.duration((Date.parse(at) - now.getTime()) / 1000) }) : t("own.open"));
  }

  /** @param {Event} event */
  async _submit(event) {
    event.preventDefault();
    const values = this._fields.values();
    if (values === null) return this._answer(t("needs.see_fields"), "bad");
    mark(this._send, "aria-busy", "true");
    try {
      await this._tell({ ...values, mode: this._mode });
      this._fields.settle();
      this._chosen = false;
      this._answer(t("own.stated"), "good");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const homeless = Array.isArray(error.body?.errors) ? this._fields.complain(error.body.errors) : [error.body];
      this._answer(homeless.map((problem) => tCode("problem", problem)).join(" ") || t("needs.see_fields"), "bad");
    } finally {
      mark(this._send, "aria-busy", null);
    }
  }

  /**
   * @param {string} text
   * @param {string} tone
   */
  _answer(text, tone) {
    say(this._outcome, text);
    mark(this._outcome, "data-tone", tone);
    this._outcome.scrollIntoView({ block: "nearest" });
  }
}
OwnNeed._count = 0;

function energy() {
  const read = numberReader({ min: LEAST_KWH, max: () => MOST_KWH, scale: 1000 });
  return new Field({ name: "energy_wh", label: "own.energy", hint: "own.energy_hint", unit: "kWh", scale: 1000, placeholder: "20", read, write: (wattHours) => format.plain(Math.round(wattHours / 100) / 10) });
}

/**
 * The next moments at which the clocks of the place show a time of day.
 *
 * @param {string} clock
 * @param {Date} now
 */
function momentsAt(clock, now) {
  const [hours, minutes] = clock.split(":").map(Number);
  const found = [nextTimeOfDay(hours, minutes, now)];
  while (found.length < DAYS) found.push(nextTimeOfDay(hours, minutes, found[found.length - 1]));
  return found.map((at) => at.toISOString());
}
