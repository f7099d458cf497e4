// The limits of currents, and the fuses behind the site's: a row each, checked by the CSMS, saved together.

import { ApiError, ask } from "../kit/api.js";
import { el, mark, say } from "../kit/dom.js";
import { Field, Fields, numberReader } from "../kit/form.js";
import { format, onLanguage, t, tCode } from "../kit/i18n.js";
import { Outcome } from "../kit/outcome.js";

/** @typedef {import("./types.js").Site} Site */
/** @typedef {import("./types.js").Fuse} Fuse */

const MOST_A = 10000;
const MOST_KW = 10000;

export class FuseForm {
  /** @param {boolean} mayChange */
  constructor(mayChange) {
    this._mayChange = mayChange;
    this._dirty = false;
    /** @type {Site | null} */
    this._site = null;
    this._limits = [amps("limit_a", "fuses.limit_a", 1, "fuses.limit_a_hint"), amps("evse_max_current_a", "fuses.evse_max", 6, "fuses.evse_max_hint", false), amps("fallback_a", "fuses.fallback", 0, "fuses.fallback_hint")];
    /** @type {{element: HTMLElement, fields: Fields}[]} */
    this._rows = [];
    this._drawn = "";
    this._list = el("ol", { class: "fuses" });
    this._none = el("p", { class: "small quiet", "data-t": "fuses.none" });
    this._add = el("button", { type: "button", class: "button small", "data-t": "fuses.add", on: { click: () => this._addRow(null) } });
    this._save = el("button", { type: "submit", class: "button main small", "data-t": "site.save" });
    this._discard = el("button", { type: "button", class: "button small", "data-t": "site.discard", on: { click: () => this._settle() } });
    this._outcome = new Outcome();
    this.element = el(
      "form",
      { class: "card fuse-form", novalidate: true, on: { submit: (/** @type {Event} */ event) => this._submit(event) } },
      el("div", { class: "card-head" }, el("h2", { "data-t": "fuses.title" }), this._outcome.element, this._discard, this._save),
      el("div", { class: "form-fields" }, this._limits.map((field) => field.element)),
      el("h3", { "data-t": "fuses.behind_title" }),
      el("p", { class: "small quiet", "data-t": "fuses.behind_hint" }),
      this._none,
      this._list,
      this._add,
    );
    for (const field of this._limits) field.onInput = () => this._changed(true);
    for (const button of [this._add, this._save, this._discard]) button.hidden = !mayChange;
    for (const field of this._limits) field.input.readOnly = !mayChange;
    onLanguage(() => this._changed(this._dirty));
    this._changed(false);
  }

  /** @param {Site} site */
  show(site) {
    this._site = site;
    for (const field of this._limits) field.show(/** @type {any} */ (site)[field.options.name]);
    if (!this._dirty) this._showFuses(site.fuses);
  }

  /** @param {Fuse[]} fuses */
  _showFuses(fuses) {
    const now = JSON.stringify(fuses);
    if (now === this._drawn) return;
    this._drawn = now;
    this._rows = [];
    this._list.replaceChildren();
    for (const fuse of fuses) this._addRow(fuse);
    this._none.hidden = fuses.length > 0;
  }

  /** @param {Fuse | null} fuse */
  _addRow(fuse) {
    const fields = new Fields([
      text("name", "fuses.name", "Garage"),
      new Field({ name: "limit_a", label: "fuses.limit_a", unit: "A", read: numberReader({ min: 1, max: () => MOST_A, optional: true }), write: format.plain }),
      new Field({ name: "limit_w", label: "fuses.limit_w", unit: "kW", scale: 1000, read: numberReader({ min: 0.1, max: () => MOST_KW, scale: 1000, optional: true }), write: (watts) => format.plain(watts / 1000) }),
      text("within", "fuses.within", ""),
      new Field({ name: "behind", label: "fuses.behind", hint: "fuses.behind_field_hint", inputmode: "text", placeholder: "LW-0001, LW-0002/1", read: (said) => said.split(/[\s,;]+/).filter(Boolean), write: (places) => places.join(", ") }),
    ]);
    for (const field of fields.list) {
      if (fuse) field.show(/** @type {any} */ (fuse)[field.options.name]);
      field.onInput = () => this._changed(true);
      field.input.readOnly = !this._mayChange;
    }
    const drop = el("button", { type: "button", class: "button small danger", on: { click: () => this._drop(row) } }, t("fuses.drop"));
    drop.setAttribute("data-t", "fuses.drop");
    drop.hidden = !this._mayChange;
    const element = el("li", { class: "fuse" }, el("div", { class: "form-fields" }, fields.list.map((field) => field.element)), drop);
    for (const label of element.querySelectorAll("[data-t]")) say(label, t(label.getAttribute("data-t")));
    const row = { element, fields };
    this._rows.push(row);
    this._list.append(element);
    this._none.hidden = true;
    if (fuse) return;
    this._changed(true);
    fields.list[0].input.focus();
  }

  /** @param {{element: HTMLElement, fields: Fields}} row */
  _drop(row) {
    row.element.remove();
    this._rows = this._rows.filter((other) => other !== row);
    this._none.hidden = this._rows.length > 0;
    this._changed(true);
  }

  /** @param {boolean} dirty */
  _changed(dirty) {
    this._dirty = dirty;
    mark(this._save, "aria-disabled", dirty ? null : "true");
    this._discard.hidden = !dirty;
    this._outcome.tell(dirty ? t("site.unsaved") : "");
  }

  _settle() {
    for (const field of this._limits) {
      field.dirty = false;
      field.complain(null);
    }
    this._drawn = "";
    this._changed(false);
    if (this._site) this.show(this._site);
  }

  /** @param {Event} event */
  async _submit(event) {
    event.preventDefault();
    if (!this._dirty) return this._outcome.tell(t("site.nothing"));
    const limits = new Fields(this._limits).values();
    const fuses = this._rows.map(({ fields }) => fields.values());
    if (limits === null || fuses.includes(null)) return this._outcome.tell(t("site.see_fields"), "bad");
    mark(this._save, "aria-busy", "true");
    try {
      this._site = await ask("PUT", "/api/site", { ...limits, fuses: fuses.map((fuse) => ({ ...fuse, within: fuse?.within || null })) });
      this._settle();
      this._outcome.tell(t("site.saved"), "good");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this._refused(error);
    } finally {
      mark(this._save, "aria-busy", null);
    }
    return undefined;
  }

  /** @param {ApiError} error */
  _refused({ body }) {
    const faults = Array.isArray(body?.errors) ? body.errors : [body];
    const homeless = faults.filter((/** @type {any} */ fault) => {
      const [, row, name] = /^fuses\[(\d+)\]\.(\w+)$/.exec(fault.field ?? "") ?? [];
      const field = row === undefined ? this._limits.find(({ options }) => options.name === fault.field) : this._rows[Number(row)]?.fields.list.find(({ options }) => options.name === name);
      field?.complain(fault);
      field?.input.focus();
      return !field;
    });
    this._outcome.tell(homeless.map((/** @type {any} */ fault) => tCode("problem", fault)).join(" ") || t("site.see_fields"), "bad");
  }
}

/**
 * @param {string} name
 * @param {string} label
 * @param {number} min
 * @param {string} hint
 * @param {boolean} [optional]
 */
function amps(name, label, min, hint, optional = true) {
  return new Field({ name, label, hint, unit: "A", read: numberReader({ min, max: () => MOST_A, optional }), write: format.plain });
}

/**
 * @param {string} name
 * @param {string} label
 * @param {string} placeholder
 */
function text(name, label, placeholder) {
  return new Field({ name, label, inputmode: "text", placeholder, read: (said) => said });
}
