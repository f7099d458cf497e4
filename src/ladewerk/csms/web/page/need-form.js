// A need stated here: for cars at stations that cannot say what they need.

import { ApiError, ask } from "../kit/api.js";
import { el, keep, mark, say } from "../kit/dom.js";
import { Field, Fields, numberReader, readTimeOfDay } from "../kit/form.js";
import { format, t, tCode } from "../kit/i18n.js";
import { nextTimeOfDay } from "../kit/zone.js";

/** @typedef {import("./types.js").Station} Station */

const MODES = ["balanced", "shortest", "cheapest"];
const PHASES = ["3", "2", "1"];
const LOWEST_OFFER_A = 6;
const HIGHEST_A = 80;

export class NeedForm {
  /** @param {import("../kit/link.js").ServerTime} time */
  constructor(time) {
    this._fields = new Fields([energy(), departure(time), most()]);
    this._place = choice("place", "needs.place", []);
    this._mode = choice("mode", "needs.mode", MODES, (mode) => `mode.${mode}`);
    this._phases = choice("phases", "needs.phases", PHASES);
    this._send = el("button", { type: "submit", class: "button main small", "data-t": "needs.send" });
    this._outcome = el("p", { class: "outcome small", role: "status" });
    this.element = el(
      "details",
      { class: "need-form" },
      el("summary", { "data-t": "needs.state_one" }),
      el(
        "form",
        { novalidate: true, on: { submit: (/** @type {Event} */ event) => this._submit(event) } },
        el("p", { class: "small quiet", "data-t": "needs.state_hint" }),
        el("div", { class: "site-fields three" }, this._place.element, this._mode.element, this._fields.list.map((field) => field.element), this._phases.element),
        this._send,
        this._outcome,
      ),
    );
  }

  /** @param {Station[]} stations */
  show(stations) {
    const places = stations.filter((station) => station.state === "online").flatMap((station) => station.evses.map((evse) => [station.id, String(evse.id)]));
    this.element.hidden = places.length === 0;
    keep(this._place.select, places, ([id, evse]) => `${id}/${evse}`, () => el("option"), (option, [id, evse]) => {
      /** @type {HTMLOptionElement} */ (option).value = JSON.stringify([id, evse]);
      say(option, `${id} · ${evse}`);
    });
  }

  /** @param {Event} event */
  async _submit(event) {
    event.preventDefault();
    const values = this._fields.values();
    if (values === null) {
      this._tell(t("needs.see_fields"), "bad");
      return;
    }
    const [id, evse] = JSON.parse(this._place.select.value);
    const said = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
    const need = { ...said, mode: this._mode.select.value, phases: Number(this._phases.select.value) };
    mark(this._send, "aria-busy", "true");
    try {
      await ask("PUT", `/api/stations/${encodeURIComponent(id)}/evses/${evse}/needs`, need);
      this._fields.settle();
      this._tell(t("needs.stated"), "good");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this._refused(error);
    } finally {
      mark(this._send, "aria-busy", null);
    }
  }

  /** @param {ApiError} error */
  _refused(error) {
    const homeless = Array.isArray(error.body?.errors) ? this._fields.complain(error.body.errors) : [error.body];
    this._tell(homeless.map((problem) => tCode("problem", problem)).join(" ") || t("needs.see_fields"), "bad");
  }

  /**
   * @param {string} text
   * @param {string} tone
   */
  _tell(text, tone) {
    say(this._outcome, text);
    mark(this._outcome, "data-tone", tone);
    // It is the last of a form that is longer than its card.
    this._outcome.scrollIntoView({ block: "nearest" });
  }
}

/**
 * @param {string} name
 * @param {string} label
 * @param {string[]} values
 * @param {(value: string) => string} [text]   Key of a value's text; without it the value is shown.
 */
function choice(name, label, values, text) {
  const id = `need-${name}`;
  const options = values.map((value) => el("option", text ? { value, "data-t": text(value) } : { value }, text ? undefined : value));
  const select = /** @type {HTMLSelectElement} */ (el("select", { id, name: `need_${name}`, class: "select" }, options));
  return { select, element: el("div", { class: "field" }, el("label", { for: id, "data-t": label }), select) };
}

function energy() {
  const read = numberReader({ min: 0.1, max: () => 1000, scale: 1000 });
  return new Field({ name: "energy_wh", label: "needs.energy", unit: "kWh", scale: 1000, placeholder: "20", read, write: (wattHours) => format.number(wattHours / 1000) });
}

/** @param {import("../kit/link.js").ServerTime} time */
function departure(time) {
  /** @param {string} text */
  const read = (text) => {
    if (text === "") return null;
    const [hours, minutes] = readTimeOfDay(text).split(":").map(Number);
    return nextTimeOfDay(hours, minutes, time.now() ?? new Date()).toISOString();
  };
  return new Field({ name: "depart_at", label: "needs.departure", placeholder: "06:30", inputmode: "text", read, write: (at) => format.time(at) });
}

function most() {
  const read = numberReader({ min: LOWEST_OFFER_A, max: () => HIGHEST_A, optional: true });
  return new Field({ name: "max_current_a", label: "needs.current", unit: "A", placeholder: "16", read, write: format.number });
}
