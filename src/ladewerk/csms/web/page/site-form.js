// The site: grid limit, prices, base load, what an hour is worth; checked beside the fields, saved together.

import { ApiError, ask } from "../kit/api.js";
import { el, mark, say } from "../kit/dom.js";
import { Field, FieldProblem, Fields, numberReader, readTimeOfDay } from "../kit/form.js";
import { format, onLanguage, t, tCode } from "../kit/i18n.js";
import { zone } from "../kit/zone.js";
import { SeriesField } from "./series-field.js";

/** @typedef {import("./types.js").Site} Site */
/** @typedef {"day_night" | "steps" | "file"} Kind */

/** @type {Kind[]} */
const KINDS = ["day_night", "steps", "file"];

export class SiteForm {
  /**
   * @param {import("../kit/link.js").ServerTime} time
   * @param {boolean} mayChange
   */
  constructor(time, mayChange) {
    this._mayChange = mayChange;
    const changed = () => this._changed();
    this._always = [
      power("limit_w", "site.limit", 0.1, 10000),
      power("base_load_constant_w", "site.base_load", 0, 10000),
      number("value_of_time_per_h", "site.value_of_time", 0, 1000),
    ];
    this._more = [currency(), number("voltage_v", "site.voltage", 100, 400, "V"), zoneField()];
    this._dayNight = [price("tariff.day_price_per_kwh", "site.day_price"), price("tariff.night_price_per_kwh", "site.night_price"), weekendPrice(), timeOfDay("tariff.night_from", "site.night_from"), timeOfDay("tariff.night_to", "site.night_to")];
    this._steps = stepsField();
    this._prices = new SeriesField("prices", "price_per_kwh", time, changed);
    this._baseLoad = new SeriesField("base_load", "power_w", time, changed);
    this._kinds = this._kindChoice();
    this._save = el("button", { type: "submit", class: "button main small", "data-t": "site.save" });
    this._discard = el("button", { type: "button", class: "button small", "data-t": "site.discard", on: { click: () => this._settle() } });
    this._outcome = el("p", { class: "outcome", role: "status" });
    this.element = this._layout();
    for (const field of this._all()) field.onInput = changed;
    /** @type {Site | null} */
    this._site = null;
    this._dirty = false;
    onLanguage(() => this._showUnits());
    this._showKind();
    this._changed(false);
    if (!mayChange) this._lock();
  }

  /** To be read alone. */
  _lock() {
    this._save.hidden = true;
    for (const field of this._all()) field.input.readOnly = true;
    for (const part of this.element.querySelectorAll("button, input[type=radio], input[type=file]")) part.disabled = true;
  }

  _layout() {
    const fields = (/** @type {Field[]} */ list) => list.map((field) => field.element);
    this._dayNightPart = el("div", { class: "site-fields three" }, fields(this._dayNight));
    return el(
      "form",
      { class: "card site", novalidate: true, on: { submit: (/** @type {Event} */ event) => this._submit(event) } },
      el("div", { class: "card-head" }, el("h2", { "data-t": "site.title" }), this._outcome, this._discard, this._save),
      el(
        "div",
        { class: "card-body" },
        el("div", { class: "site-fields three" }, fields(this._always)),
        this._kinds.element,
        this._dayNightPart,
        this._steps.element,
        this._prices.element,
        this._baseLoad.element,
        el("details", {}, el("summary", { "data-t": "site.more" }), el("div", { class: "site-fields three" }, fields(this._more))),
      ),
    );
  }

  _all() {
    return [...this._always, ...this._dayNight, this._steps, ...this._more];
  }

  /** @param {Site} site */
  show(site) {
    const first = this._site === null;
    this._site = site;
    if (first || !this._dirty) this._kinds.choose(kindOf(site));
    for (const field of this._all()) field.show(valueOf(site, field.options.name));
    this._always[1].note(site.base_load.length > 0 ? t("site.base_load_in_file") : "");
    this._prices.show(site.prices);
    this._baseLoad.show(site.base_load);
    this._more[2].note(site.time_zone === null ? t("site.zone_of_machine", { zone: zone() }) : "");
    this._showUnits();
    this._showKind();
  }

  _kindChoice() {
    const inputs = KINDS.map((kind) => el("input", { type: "radio", name: "tariff-kind", value: kind, on: { change: () => this._changed() } }));
    inputs[0].checked = true;
    const labels = inputs.map((input, i) => el("label", {}, input, el("span", { "data-t": `tariff.${KINDS[i]}` })));
    return {
      element: el("fieldset", { class: "kinds" }, el("legend", { class: "label", "data-t": "site.tariff" }), el("div", { class: "choice small" }, labels)),
      chosen: () => /** @type {Kind} */ (inputs.find((input) => input.checked)?.value ?? "day_night"),
      /** @param {Kind} kind */
      choose(kind) {
        for (const input of inputs) input.checked = input.value === kind;
      },
    };
  }

  _showKind() {
    const kind = this._kinds.chosen();
    if (this._dayNightPart) this._dayNightPart.hidden = kind !== "day_night";
    this._steps.element.hidden = kind !== "steps";
    this._prices.element.hidden = kind !== "file";
  }

  /** Money is in the site's currency. */
  _showUnits() {
    const money = format.symbol(this._site?.currency ?? "EUR");
    for (const field of [...this._dayNight.slice(0, 3), this._always[2]]) {
      const unit = field.element.querySelector(".field-unit");
      if (unit) say(unit, `${money}/${field === this._always[2] ? "h" : "kWh"}`);
    }
  }

  _changed(dirty = true) {
    this._dirty = dirty;
    this._showKind();
    mark(this._save, "aria-disabled", dirty ? null : "true");
    this._discard.hidden = !dirty;
    this._tell(dirty ? t("site.unsaved") : "", "");
  }

  _settle() {
    for (const field of this._all()) {
      field.dirty = false;
      field.complain(null);
    }
    this._prices.settle();
    this._baseLoad.settle();
    this._changed(false);
    if (this._site) this.show(this._site);
  }

  /** @param {Event} event */
  async _submit(event) {
    event.preventDefault();
    const change = this._dirty ? this._change() : null;
    if (change === null) {
      this._tell(t(this._dirty ? "site.see_fields" : "site.nothing"), this._dirty ? "bad" : "");
      return;
    }
    mark(this._save, "aria-busy", "true");
    try {
      this._site = await ask("PUT", "/api/site", change);
      this._settle();
      this._tell(t("site.saved"), "good");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this._refused(error);
    } finally {
      mark(this._save, "aria-busy", null);
    }
  }

  /** What to send, or null with the reason beside a field. */
  _change() {
    const kind = this._kinds.chosen();
    const chosen = kind === "day_night" ? this._dayNight : kind === "steps" ? [this._steps] : [];
    const values = new Fields([...this._always, ...chosen, ...this._more]).values();
    if (values === null || this._baseLoad.wrong) return null;
    if (kind === "file" && (this._prices.wrong || this._prices.steps === 0)) {
      if (!this._prices.wrong) this._prices.complain({ field: "prices", code: "missing", params: {}, text: "" });
      return null;
    }
    /** @type {Record<string, any>} */
    const change = { base_load: this._baseLoad.value, prices: kind === "file" ? this._prices.value : [] };
    /** @type {Record<string, any>} */
    const tariff = {};
    for (const [name, value] of Object.entries(values)) {
      if (!name.startsWith("tariff.")) change[name] = value;
      else if (value !== null) tariff[name.slice(7)] = value;
    }
    if (kind !== "file") change.tariff = tariff;
    return change;
  }

  /** @param {ApiError} error */
  _refused(error) {
    if (error.status !== 422 || !Array.isArray(error.body?.errors)) {
      this._tell(tCode("problem", error.body), "bad");
      return;
    }
    const homeless = new Fields(this._all()).complain(error.body.errors);
    const rest = homeless.filter((/** @type {any} */ problem) => {
      const series = [this._prices, this._baseLoad].find(({ name }) => problem.field.startsWith(name));
      series?.complain(problem);
      return !series;
    });
    this._tell(rest.map((problem) => tCode("problem", problem)).join(" ") || t("site.see_fields"), "bad");
  }

  /**
   * @param {string} text
   * @param {string} tone
   */
  _tell(text, tone) {
    say(this._outcome, text);
    mark(this._outcome, "data-tone", tone || null);
  }
}

/** @param {Site} site @returns {Kind} */
function kindOf(site) {
  if (site.prices.length > 0) return "file";
  return site.tariff.steps ? "steps" : "day_night";
}

/**
 * @param {Site} site
 * @param {string} name
 */
function valueOf(site, name) {
  return name.startsWith("tariff.") ? /** @type {any} */ (site.tariff)[name.slice(7)] : /** @type {any} */ (site)[name];
}

/** @param {number} value */
const plain = (value) => format.plain(value);

/**
 * @param {string} name
 * @param {string} label
 * @param {number} leastKw
 * @param {number} mostKw
 */
function power(name, label, leastKw, mostKw) {
  return new Field({ name, label, unit: "kW", scale: 1000, read: numberReader({ min: leastKw, max: () => mostKw, scale: 1000 }), write: (watts) => plain(watts / 1000) });
}

/**
 * @param {string} name
 * @param {string} label
 * @param {number} min
 * @param {number} max
 */
function number(name, label, min, max, unit = " ") {
  return new Field({ name, label, unit, read: numberReader({ min, max: () => max }), write: plain });
}

/**
 * @param {string} name
 * @param {string} label
 */
function price(name, label) {
  return number(name, label, -10, 100);
}

/** Left out, Saturday and Sunday are days like the others. */
function weekendPrice() {
  return new Field({ name: "tariff.weekend_price_per_kwh", label: "site.weekend_price", unit: " ", read: numberReader({ min: -10, max: () => 100, optional: true }), write: plain });
}

/**
 * @param {string} name
 * @param {string} label
 */
function timeOfDay(name, label) {
  return new Field({ name, label, inputmode: "text", placeholder: "22:00", read: readTimeOfDay });
}

function currency() {
  return new Field({
    name: "currency",
    label: "site.currency",
    inputmode: "text",
    read: (text) => {
      const code = text.toUpperCase();
      if (!/^[A-Z]{3}$/.test(code)) throw new FieldProblem("not_a_currency");
      return code;
    },
  });
}

function zoneField() {
  return new Field({ name: "time_zone", label: "site.time_zone", inputmode: "text", placeholder: "Europe/Berlin", read: (text) => text || null });
}

/** The steps of the day, a line each: "06:00 0.31". */
function stepsField() {
  return new Field({
    name: "tariff.steps",
    label: "site.steps",
    hint: "site.steps_hint",
    inputmode: "text",
    rows: 4,
    read: (text) => {
      if (text === "") throw new FieldProblem("missing");
      return text.split("\n").map((content, index) => readStep(content.trim(), index + 1));
    },
    write: (steps) => steps.map((/** @type {any} */ step) => `${step.from} ${plain(step.price_per_kwh)}`).join("\n"),
  });
}

/**
 * @param {string} content
 * @param {number} line
 */
function readStep(content, line) {
  const [from, value, ...more] = content.split(/[\s;]+/);
  try {
    if (!value || more.length > 0) throw new FieldProblem("step_form");
    return { from: readTimeOfDay(from), price_per_kwh: numberReader({ min: -10, max: () => 100 })(value) };
  } catch (error) {
    if (!(error instanceof FieldProblem)) throw error;
    throw new FieldProblem("step_line", { line });
  }
}
