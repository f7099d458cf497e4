// Fields with a unit, a check and a hint of what is wrong beside them.

import { el, mark, say } from "./dom.js";
import { onLanguage, t, tCode } from "./i18n.js";

/**
 * @typedef {object} FieldOptions
 * @property {string} name               Name of the field in the API; errors of the API find their field by it.
 * @property {string} label              Key of the label's text.
 * @property {string} [unit]             Stands behind the field.
 * @property {string} [hint]             Key of a text below the field.
 * @property {number} [scale]            What the API's value is of the shown one: 1000 for kWh shown and Wh sent.
 * @property {string} [placeholder]
 * @property {string} [inputmode]
 * @property {number} [rows]             Set: a text of several lines.
 * @property {[string, string][]} [choices]  Set: one of these values, each with the key of its text.
 * @property {string} [type]             Of the input: "password".
 * @property {string} [autocomplete]     What a browser may fill in.
 * @property {(text: string) => unknown} read  Value for the API of what was typed; raises a FieldProblem.
 * @property {(value: any) => string} [write]  What to show for a value of the API.
 */

/** What was typed cannot be used: a code and parameters, as the API's own errors have. */
export class FieldProblem extends Error {
  /**
   * @param {string} code
   * @param {Record<string, unknown>} [params]
   */
  constructor(code, params = {}) {
    super(code);
    this.code = code;
    this.params = params;
  }
}

/** One labelled input. */
export class Field {
  /** @param {FieldOptions} options */
  constructor(options) {
    this.options = options;
    const id = `field-${options.name.replaceAll(/\W/g, "-")}-${(Field._count += 1)}`;
    const tag = options.choices ? "select" : options.rows ? "textarea" : "input";
    const choices = options.choices?.map(([value, key]) => el("option", { value, "data-t": key }, t(key))) ?? [];
    this.input = el(tag, {
      id,
      name: options.name,
      type: tag === "input" ? (options.type ?? "text") : null,
      rows: options.rows,
      inputmode: tag === "select" ? null : (options.inputmode ?? "decimal"),
      autocomplete: options.autocomplete ?? "off",
      placeholder: options.placeholder,
      "aria-describedby": `${id}-hint`,
      on: { [tag === "select" ? "change" : "input"]: () => this._typed(), blur: () => this.dirty && this.check() },
    }, choices);
    this._hint = el("p", { class: "field-hint", id: `${id}-hint`, role: "status" });
    this.element = el(
      "div",
      { class: "field", "data-field": options.name },
      el("label", { for: id, "data-t": options.label }),
      el("div", { class: "field-box" }, this.input, options.unit && el("span", { class: "field-unit" }, options.unit)),
      this._hint,
    );
    /** Whether the visitor changed it since it was last shown or sent. */
    this.dirty = false;
    /** @type {{code: string, params?: Record<string, any>, text?: string} | null} */
    this._problem = null;
    this._note = "";
    /** @type {(() => void) | null} */
    this.onInput = null;
    onLanguage(() => this._show());
    this._show();
  }

  /**
   * Show a value of the API, unless the visitor is at it.
   *
   * @param {any} value
   */
  show(value) {
    if (this.dirty) return;
    const text = value === null || value === undefined ? "" : (this.options.write ?? String)(value);
    if (this.input.value !== text) this.input.value = text;
  }

  /** The value for the API, or undefined with the reason shown beside the field. */
  check() {
    try {
      const typed = this.input.value;
      const value = this.options.read(this.options.type === "password" ? typed : typed.trim());
      this.complain(null);
      return value;
    } catch (error) {
      if (!(error instanceof FieldProblem)) throw error;
      this.complain({ code: error.code, params: error.params });
      return undefined;
    }
  }

  /**
   * Show what is wrong with the field; null: nothing.
   *
   * @param {{code: string, params?: Record<string, any>, text?: string} | null} problem
   */
  complain(problem) {
    this._problem = problem;
    this._show();
  }

  /**
   * Show a text below the field for as long as nothing is wrong with it.
   *
   * @param {string} text
   */
  note(text) {
    this._note = text;
    this._show();
  }

  get wrong() {
    return this._problem !== null;
  }

  _typed() {
    this.dirty = true;
    if (this.wrong) this.check();
    this.onInput?.();
  }

  _show() {
    mark(this.element, "data-wrong", this.wrong);
    mark(this.input, "aria-invalid", this.wrong ? "true" : null);
    const note = this.options.hint ? t(this.options.hint) : this._note;
    say(this._hint, this._problem ? problemText(this._problem, this.options) : note);
  }
}
Field._count = 0;

/** The fields of a form: checked together, and with the API's errors put beside the fields they name. */
export class Fields {
  /** @param {Field[]} fields */
  constructor(fields) {
    this.list = fields;
  }

  /**
   * Every field's value by name, or null; then the first wrong field has the focus.
   *
   * @returns {Record<string, any> | null}
   */
  values() {
    const found = Object.fromEntries(this.list.map((field) => [field.options.name, field.check()]));
    return this._focusWrong() ? null : found;
  }

  /**
   * Put each error beside its field; gives those whose field is not here.
   *
   * @param {{field: string, code: string, params: Record<string, any>, text: string}[]} errors
   */
  complain(errors) {
    const homeless = [];
    for (const error of errors) {
      const field = this.list.find(({ options }) => options.name === error.field);
      if (field) field.complain(error);
      else homeless.push(error);
    }
    this._focusWrong();
    return homeless;
  }

  /** Forget that anything was typed: it has been sent. */
  settle() {
    for (const field of this.list) field.dirty = false;
  }

  _focusWrong() {
    const wrong = this.list.find((field) => field.wrong);
    wrong?.input.focus();
    // The hint is below the field.
    wrong?.element.scrollIntoView({ block: "nearest" });
    return Boolean(wrong);
  }
}

/**
 * Reader of a number between two bounds (in what is shown), for FieldOptions.read; a comma is as good as a point.
 *
 * @param {{min: number, max: () => number, scale?: number, optional?: boolean}} allowed
 */
export function numberReader({ min, max, scale = 1, optional = false }) {
  return (/** @type {string} */ text) => {
    if (text === "") {
      if (optional) return null;
      throw new FieldProblem("missing");
    }
    const value = /^[-+]?\d*([.,]\d+|\d)$/.test(text) ? Number(text.replace(",", ".")) : NaN;
    if (Number.isNaN(value)) throw new FieldProblem("not_a_number");
    const most = max();
    if (value < min || value > most) throw new FieldProblem("out_of_range", { min: min * scale, max: most * scale });
    return Math.round(value * scale * 1e6) / 1e6;
  };
}

/**
 * A time of day as "HH:MM" from 6:30, 06.30, 630 or 6.
 *
 * @param {string} text
 */
export function readTimeOfDay(text) {
  if (text === "") throw new FieldProblem("missing");
  const parts = /^(\d{1,2})(?:[:.h： ]?(\d{2}))?$/.exec(text);
  if (!parts || Number(parts[1]) > 23 || Number(parts[2] ?? 0) > 59) throw new FieldProblem("not_a_time_of_day");
  return `${parts[1].padStart(2, "0")}:${parts[2] ?? "00"}`;
}

/**
 * The text beside a field: bounds are said in the unit of the field.
 *
 * @param {{code: string, params?: Record<string, any>, text?: string}} problem
 * @param {{scale?: number, unit?: string}} options
 */
function problemText(problem, { scale = 1, unit = "" }) {
  const params = { ...problem.params };
  params.min ??= params.low;
  params.max ??= params.high;
  for (const name of ["min", "max"]) if (typeof params[name] === "number") params[name] /= scale;
  return tCode("problem", { ...problem, params: { ...params, unit } }).trim();
}
