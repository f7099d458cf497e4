// How a station differs: what it was found to be by asking it, what an operator says of it, and what holds of both.

import { ApiError, ask } from "../kit/api.js";
import { el, mark, say } from "../kit/dom.js";
import { Field, FieldProblem, Fields, numberReader } from "../kit/form.js";
import { format, t } from "../kit/i18n.js";
import { Loaded } from "../kit/loaded.js";
import { Outcome, refusalText } from "../kit/outcome.js";
import { sureButton } from "../kit/sure.js";
import { Soon } from "./soon.js";

/** @typedef {Record<string, string | number | boolean | null | undefined>} Values */
/** @typedef {{said: Values, found: Values, used: Values, usual: Values}} Known   As the API says it. */
/** @typedef {{name: string, choices?: string[], unit?: string, whole?: boolean, min?: number, max?: number}} Quirk */

/** @type {Quirk[]} The bounds are those of the API. */
const QUIRKS = [
  { name: "rate_unit", choices: ["A", "W"] },
  { name: "purpose", choices: ["TxProfile", "TxDefaultProfile"] },
  { name: "kind", choices: ["Absolute", "Relative"] },
  { name: "max_periods", whole: true, min: 1, max: 1024 },
  { name: "stack_level", whole: true, min: 0, max: 1000 },
  { name: "max_stack_level", whole: true, min: 0, max: 1000 },
  { name: "least_limit_a", unit: "A", min: 0, max: 80 },
  { name: "min_interval_s", unit: "s", min: 0, max: 86400 },
  { name: "keeps_profiles", choices: ["true", "false"] },
  { name: "follows_profiles", choices: ["true", "false"] },
  { name: "tells_composite", choices: ["true", "false"] },
  { name: "lenient", choices: ["true", "false"] },
];
/** After these a station has perhaps said something new of itself. */
const TOLD_BY = /"(BootNotification|GetVariables|GetConfiguration)"/;
const AGAIN_MS = 1500;

export class StationQuirks {
  /**
   * @param {string} id
   * @param {import("../kit/link.js").ServerTime} time
   * @param {boolean} steer   Whether the visitor may say something.
   */
  constructor(id, time, steer) {
    this._path = `/api/stations/${encodeURIComponent(id)}/quirks`;
    this._steer = steer;
    /** @type {Known | null} */
    this._known = null;
    this._loaded = new Loaded(time, async () => this._take(await ask("GET", this._path)));
    this._soon = new Soon(() => this._loaded.load(), AGAIN_MS);
    this._fields = new Fields(QUIRKS.map((quirk) => fieldOf(quirk)));
    this._rows = QUIRKS.map((quirk, place) => this._row(quirk, this._fields.list[place]));
    this._save = el("button", { type: "submit", class: "button main", "data-t": "quirks.save" });
    this._discard = el("button", { type: "button", class: "button", "data-t": "quirks.discard", on: { click: () => this._settle("") } });
    this._reset = sureButton("quirks.reset", "quirks.reset_sure", () => this._put({}, this._reset));
    this._outcome = new Outcome();
    const heads = ["quirk", "found", "said", "holds"].map((name) => el("span", { "data-t": `quirks.${name}` }));
    this._form = el(
      "form",
      { class: "quirk-form", novalidate: true, hidden: true, on: { submit: (/** @type {Event} */ event) => this._submit(event) } },
      el("div", { class: "quirk-heads small quiet", "aria-hidden": "true" }, heads),
      this._rows.map(({ element }) => element),
      steer && el("div", { class: "form-end quirk-end" }, this._save, this._discard, this._outcome.element, this._reset),
    );
    this.element = el("section", { class: "card quirks" }, el("div", { class: "card-head" }, el("h2", { "data-t": "quirks.title" }), this._loaded.element), el("p", { class: "small quiet", "data-t": "quirks.hint" }), this._form);
  }

  /**
   * @param {Quirk} quirk
   * @param {Field} field
   */
  _row(quirk, field) {
    field.onInput = () => this._changed();
    field.input.disabled = !this._steer;
    const found = el("span", { class: "quirk-found" });
    const holds = el("span", { class: "chip" });
    const back = el("button", { type: "button", class: "icon-button quirk-back", "data-t-label": "quirks.back", hidden: true, on: { click: () => unsay(field) } }, "⟲");
    const element = el(
      "div",
      { class: "quirk", "data-quirk": quirk.name },
      field.element,
      el("p", { class: "quirk-why small quiet", "data-t": `quirk_why.${quirk.name}` }),
      found,
      el("span", { class: "quirk-holds" }, holds),
      this._steer && back,
    );
    return { quirk, field, element, found, holds, back };
  }

  enter() {
    this._loaded.load();
  }

  linked() {
    this._loaded.load();
  }

  /** @param {import("./types.js").Frame} frame */
  frame(frame) {
    if (!this.element.hidden && TOLD_BY.test(frame.text)) this._soon.please();
  }

  redraw() {
    if (this._known) this._take(this._known);
  }

  /** @param {Known} known */
  _take(known) {
    this._known = known;
    this._form.hidden = false;
    for (const { quirk, field, found, holds } of this._rows) {
      const { name } = quirk;
      field.show(known.said[name]);
      say(found, valueText(quirk, known.found[name]));
      mark(found, "data-label", t("quirks.found"));
      mark(found, "data-empty", known.found[name] === undefined);
      const from = isSaid(known.said[name]) ? "said" : isSaid(known.found[name]) ? "found" : "usual";
      // Of the highest stack level there is no usual one.
      const value = known.said[name] ?? known.found[name] ?? known.used[name];
      say(holds, isSaid(value) ? `${valueText(quirk, value)} · ${t(`quirks.from_${from}`)}` : t("quirks.not_known"));
      mark(holds, "data-tone", from === "said" ? "info" : from === "found" ? "good" : null);
      mark(holds.parentElement, "data-label", t("quirks.holds"));
      this._showOtherwise(quirk, field, known);
    }
    this._changed();
  }

  /**
   * What it is like where nothing is said here.
   *
   * @param {Quirk} quirk
   * @param {Field} field
   * @param {Known} known
   */
  _showOtherwise({ name, ...quirk }, field, known) {
    const found = isSaid(known.found[name]);
    const value = found ? known.found[name] : known.usual[name];
    const text = isSaid(value) ? t(found ? "quirks.as_found" : "quirks.as_usual", { value: valueText({ name, ...quirk }, value) }) : t("quirks.nothing");
    if (quirk.choices) say(field.input.options[0], text);
    else mark(field.input, "placeholder", text);
  }

  /** Something was typed, or forgotten. */
  _changed() {
    const dirty = this._fields.list.some((field) => field.dirty);
    this._discard.hidden = !dirty;
    mark(this._save, "aria-disabled", dirty ? null : "true");
    this._reset.hidden = dirty || !Object.values(this._known?.said ?? {}).some(isSaid);
    for (const { field, back } of this._rows) back.hidden = field.input.value === "";
    if (dirty) this._outcome.tell(t("quirks.unsaved"));
    else if (this._outcome.element.textContent === t("quirks.unsaved")) this._outcome.tell("");
  }

  /** @param {string} said */
  _settle(said) {
    this._fields.settle();
    for (const field of this._fields.list) field.complain(null);
    if (this._known) this._take(this._known);
    this._outcome.tell(said, said ? "good" : "");
  }

  /** @param {Event} event */
  async _submit(event) {
    event.preventDefault();
    const values = this._fields.values();
    if (values === null) return this._outcome.tell(t("quirks.see_fields"), "bad");
    const changed = this._fields.list.filter((field) => field.dirty).map(({ options }) => [options.name, values[options.name]]);
    if (changed.length === 0) return this._outcome.tell(t("quirks.no_change"));
    return this._put(Object.fromEntries(changed), this._save);
  }

  /**
   * @param {Values} changed   Empty: nothing is said any more.
   * @param {HTMLElement} button
   */
  async _put(changed, button) {
    mark(button, "aria-busy", "true");
    try {
      // What somebody else has said meanwhile stays.
      const said = Object.keys(changed).length > 0 ? { ...(await ask("GET", this._path)).said, ...changed } : {};
      this._known = await ask("PUT", this._path, said);
      this._settle(t("quirks.saved"));
      await this._loaded.load();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const homeless = Array.isArray(error.body?.errors) ? this._fields.complain(error.body.errors) : null;
      this._outcome.tell(homeless?.length === 0 ? t("quirks.see_fields") : refusalText(homeless ? new ApiError(422, { errors: homeless }) : error), "bad");
    } finally {
      mark(button, "aria-busy", null);
    }
  }
}

/** @param {unknown} value */
function isSaid(value) {
  return value !== undefined && value !== null;
}

/** @param {Field} field */
function unsay(field) {
  field.input.value = "";
  field.input.dispatchEvent(new Event(field.options.choices ? "change" : "input"));
  field.input.focus();
}

/** @param {Quirk} quirk */
function fieldOf({ name, choices, unit, whole, min = 0, max = 0 }) {
  const label = `quirk.${name}`;
  if (choices) {
    const read = (/** @type {string} */ text) => (text === "" ? null : choices.includes("true") ? text === "true" : text);
    return new Field({ name, label, choices: ["", ...choices].map((value) => [value, value ? `quirk_value.${value}` : "quirks.nothing"]), read });
  }
  const number = numberReader({ min, max: () => max, optional: true });
  const read = (/** @type {string} */ text) => {
    const value = number(text);
    if (whole && !Number.isInteger(value ?? 0)) throw new FieldProblem("not_whole");
    return value;
  };
  return new Field({ name, label, unit, inputmode: whole ? "numeric" : "decimal", read, write: format.plain });
}

/**
 * @param {Quirk} quirk
 * @param {unknown} value
 */
function valueText({ choices, unit }, value) {
  if (!isSaid(value)) return "–";
  if (choices) return t(`quirk_value.${value}`, {}, String(value));
  return [typeof value === "number" ? format.number(value) : String(value), unit].filter(Boolean).join("\u00a0");
}
