// A field that takes a CSV file of prices or base load.

import { el, mark, say } from "../kit/dom.js";
import { FieldProblem } from "../kit/form.js";
import { onLanguage, t, tCode } from "../kit/i18n.js";
import { readSeries, sampleSeries } from "./series-file.js";

/** @typedef {{start_at: string}[]} Series */

export class SeriesField {
  /**
   * @param {string} name        Of the site's setting: "prices" or "base_load".
   * @param {string} valueName   Of the column: "price_per_kwh" or "power_w".
   * @param {import("../kit/link.js").ServerTime} time
   * @param {() => void} onInput
   */
  constructor(name, valueName, time, onInput) {
    this.name = name;
    this._valueName = valueName;
    this._time = time;
    this._onInput = onInput;
    this._file = el("input", { type: "file", accept: ".csv,text/csv", class: "visually-hidden", tabindex: "-1", "aria-hidden": "true", on: { change: () => this._read() } });
    this._status = el("p", { class: "field-hint", role: "status" });
    this._remove = el("button", { type: "button", class: "button small", "data-t": "series.remove", on: { click: () => this._take([]) } });
    this.element = el(
      "div",
      { class: "field series", "data-field": name },
      el("span", { class: "label", "data-t": `series.${name}` }),
      el(
        "div",
        { class: "series-buttons" },
        el("button", { type: "button", class: "button small", "data-t": "series.choose", on: { click: () => this._file.click() } }),
        el("button", { type: "button", class: "button small", "data-t": "series.sample", on: { click: () => this._sample() } }),
        this._remove,
        this._file,
      ),
      this._status,
    );
    /** @type {Series} */
    this._known = [];
    /** @type {number[]} Of the file that was read last. */
    this._lines = [];
    /** @type {Series | null} What was chosen and not yet sent. */
    this._taken = null;
    /** @type {{code: string, params?: Record<string, any>, text?: string} | null} */
    this._problem = null;
    onLanguage(() => this._show());
  }

  /** @param {Series} series */
  show(series) {
    this._known = series;
    this._show();
  }

  /** What to send: undefined leaves it as it is. */
  get value() {
    return this._taken ?? undefined;
  }

  get steps() {
    return (this._taken ?? this._known).length;
  }

  get wrong() {
    return this._problem !== null;
  }

  settle() {
    this._taken = null;
    this._problem = null;
    this._show();
  }

  /**
   * The API's word about a step, as `prices[3].start_at`, said of the line in the file.
   *
   * @param {{field: string, code: string, params: Record<string, any>, text: string}} error
   */
  complain(error) {
    const index = /\[(\d+)\]/.exec(error.field)?.[1];
    const line = index === undefined ? "" : `${t("series.line", { line: this._lines[Number(index)] ?? Number(index) + 2 })}: `;
    this._problem = { code: "csv_refused", params: { line, why: tCode("problem", error) } };
    this._show();
  }

  async _read() {
    const file = this._file.files?.[0];
    this._file.value = "";
    if (!file) return;
    try {
      const { steps, lines } = readSeries(await file.text(), this._valueName);
      this._lines = lines;
      this._take(/** @type {any} */ (steps));
    } catch (error) {
      if (!(error instanceof FieldProblem)) throw error;
      this._problem = { code: error.code, params: error.params };
      this._show();
    }
  }

  /** @param {Series} series */
  _take(series) {
    this._taken = series;
    this._problem = null;
    this._show();
    this._onInput();
  }

  _show() {
    const steps = this._taken ?? this._known;
    mark(this.element, "data-wrong", this.wrong);
    this._remove.hidden = steps.length === 0;
    if (this._problem) say(this._status, tCode("problem", this._problem));
    else if (steps.length === 0) say(this._status, t(`series.${this.name}_none`));
    else {
      const text = t("series.has", { n: steps.length, from: steps[0].start_at, to: steps[steps.length - 1].start_at });
      say(this._status, this._taken ? `${text} ${t("series.unsaved")}` : text);
    }
  }

  _sample() {
    const text = sampleSeries(this._valueName, this._time.now() ?? new Date());
    const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    el("a", { href: url, download: `${this.name.replace("_", "-")}-sample.csv` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  }
}

