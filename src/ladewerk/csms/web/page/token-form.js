// The form for an id token: a new one, or one that is known.

import { ApiError, ask } from "../kit/api.js";
import { el, say } from "../kit/dom.js";
import { Field, FieldProblem, Fields } from "../kit/form.js";
import { t } from "../kit/i18n.js";
import { Outcome, refusalText } from "../kit/outcome.js";
import { localIso, momentsShowing } from "../kit/zone.js";

/** @typedef {import("./types.js").Token} Token */

const TYPES = ["ISO14443", "ISO15693", "eMAID", "KeyCode", "MacAddress", "Central", "VIN"];

export class TokenForm {
  /** @param {(said: string) => void} saved */
  constructor(saved) {
    this._saved = saved;
    /** @type {Token | null} The one that is being changed. */
    this._known = null;
    this._id = new Field({ name: "id_token", label: "tokens.id_token", inputmode: "text", placeholder: "04A1B2C3", read: required });
    this._fields = new Fields([
      this._id,
      new Field({ name: "owner", label: "tokens.owner", inputmode: "text", read: (text) => text }),
      new Field({ name: "group_id", label: "tokens.group_id", hint: "tokens.group_hint", inputmode: "text", read: (text) => text || null }),
      new Field({ name: "stations", label: "tokens.stations", hint: "tokens.stations_hint", inputmode: "text", read: (text) => text.split(/[\s,;]+/).filter(Boolean), write: (names) => names.join(", ") }),
    ]);
    this._from = moment("valid_from");
    this._until = moment("valid_until");
    this._type = el("select", { id: "token-type", class: "select" }, TYPES.map((type) => el("option", { value: type }, type)));
    this._blocked = el("input", { type: "checkbox" });
    this._concurrent = el("input", { type: "checkbox", checked: true });
    this._outcome = new Outcome();
    this._send = el("button", { type: "submit", class: "button main" });
    this._cancel = el("button", { type: "button", class: "button", "data-t": "tokens.cancel", on: { click: () => this.open(null) } });
    this._title = el("summary");
    this.element = el(
      "section",
      { class: "card" },
      el(
        "details",
        { class: "add-form" },
        this._title,
        el(
          "form",
          { novalidate: true, on: { submit: (/** @type {Event} */ event) => this._submit(event) } },
          el("div", { class: "form-fields" }, this._id.element, el("div", { class: "field" }, el("label", { for: "token-type", "data-t": "tokens.type" }), this._type, el("p", { class: "field-hint" })), this._fields.list.slice(1).map((field) => field.element), this._from.element, this._until.element),
          el("label", { class: "check" }, this._blocked, el("span", { "data-t": "tokens.blocked" })),
          el("label", { class: "check" }, this._concurrent, el("span", { "data-t": "tokens.concurrent" })),
          el("div", { class: "form-end" }, this._send, this._cancel, this._outcome.element),
        ),
      ),
    );
    this._show();
  }

  /** @param {Token | null} token   Null: a new one. */
  open(token) {
    this._known = token;
    this._fields.settle();
    for (const field of this._fields.list) {
      field.complain(null);
      field.show(token ? /** @type {any} */ (token)[field.options.name] : null);
    }
    this._type.value = token?.type ?? "ISO14443";
    this._blocked.checked = token?.blocked ?? false;
    this._concurrent.checked = token?.concurrent ?? true;
    this._from.show(token?.valid_from ?? null);
    this._until.show(token?.valid_until ?? null);
    this._outcome.tell("");
    this._show();
    this.element.firstElementChild.open = token !== null;
    if (token) this._fields.list[1].input.focus();
  }

  redraw() {
    this._show();
  }

  _show() {
    this._id.input.readOnly = this._known !== null;
    this._title.setAttribute("data-t", this._known ? "tokens.change_one" : "tokens.new");
    say(this._title, t(this._known ? "tokens.change_one" : "tokens.new"));
    this._send.setAttribute("data-t", this._known ? "tokens.save" : "tokens.add");
    say(this._send, t(this._known ? "tokens.save" : "tokens.add"));
    this._cancel.hidden = this._known === null;
  }

  /** @param {Event} event */
  async _submit(event) {
    event.preventDefault();
    const values = this._fields.values();
    if (values === null) return;
    // What the form does not show stays as it is.
    const token = { ...this._known, ...values, type: this._type.value, blocked: this._blocked.checked, concurrent: this._concurrent.checked, valid_from: this._from.value(), valid_until: this._until.value() };
    this._send.setAttribute("aria-busy", "true");
    try {
      await ask("PUT", `/api/tokens/${encodeURIComponent(token.id_token)}`, token);
      const said = t(this._known ? "tokens.was_changed" : "tokens.was_added", { id: token.id_token });
      this.open(null);
      this._saved(said);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this._refused(error, values.stations);
    } finally {
      this._send.removeAttribute("aria-busy");
    }
  }

  /**
   * @param {ApiError} error
   * @param {string[]} stations   That were sent.
   */
  _refused(error, stations) {
    if (!Array.isArray(error.body?.errors)) return this._outcome.tell(refusalText(error), "bad");
    const faults = error.body.errors.map((/** @type {any} */ fault) => {
      const place = /^stations\[(\d+)\]$/.exec(fault.field)?.[1];
      return place === undefined ? fault : { ...fault, field: "stations", params: { station: stations[Number(place)], ...fault.params } };
    });
    const homeless = this._fields.complain(faults);
    this._outcome.tell(homeless.length > 0 ? refusalText(new ApiError(422, { errors: homeless })) : t("tokens.see_fields"), "bad");
    return undefined;
  }
}

/**
 * A moment on the clocks of the place; left empty there is none.
 *
 * @param {string} name
 */
function moment(name) {
  const id = `token-${name}`;
  const input = el("input", { id, name, type: "datetime-local", class: "select" });
  return {
    element: el("div", { class: "field" }, el("label", { for: id, "data-t": `tokens.${name}` }), input, el("p", { class: "field-hint" })),
    /** @param {string | null} at */
    show: (at) => (input.value = at ? localIso(new Date(at)).slice(0, 16) : ""),
    value: () => (input.value ? (momentsShowing(Date.parse(`${input.value}Z`))[0]?.toISOString() ?? null) : null),
  };
}

/** @param {string} text */
function required(text) {
  if (text === "") throw new FieldProblem("missing");
  return text;
}
