// Keys for programs: made with a scope, told once, taken back.

import { ask } from "../kit/api.js";
import { el, mark } from "../kit/dom.js";
import { Field, FieldProblem, Fields, numberReader } from "../kit/form.js";
import { format, t } from "../kit/i18n.js";
import { Loaded } from "../kit/loaded.js";
import { Outcome } from "../kit/outcome.js";
import { Records } from "../kit/records.js";
import { sureButton } from "../kit/sure.js";
import { ShownOnce } from "./shown-once.js";

/** @typedef {import("./types.js").Key} Key */

const SCOPES = ["read", "operate", "administer"];

export class KeysCard {
  /** @param {import("../kit/link.js").ServerTime} time */
  constructor(time) {
    /** @type {Key[]} */
    this._keys = [];
    this._loaded = new Loaded(time, () => this._fetch());
    this._outcome = new Outcome();
    this._made = new ShownOnce("keys.once");
    this._records = new Records({ title: "keys.title", keyOf: (/** @type {Key} */ { name }) => name, none: "keys.none", hint: "keys.none_hint", columns: this._columns() });
    this._records.element.hidden = true;
    this._name = new Field({ name: "name", label: "keys.name", inputmode: "text", placeholder: "Home Assistant", read: required });
    this._days = new Field({ name: "days", label: "keys.days", hint: "keys.days_hint", inputmode: "numeric", read: numberReader({ min: 1, max: () => 3650, optional: true }) });
    this._fields = new Fields([this._name, this._days]);
    this._scope = el("select", { id: "key-scope", class: "select" }, SCOPES.map((scope) => el("option", { value: scope, "data-t": `scope.${scope}` })));
    this._send = el("button", { type: "submit", class: "button main", "data-t": "keys.make" });
    this.element = el(
      "section",
      { class: "card keys" },
      el("div", { class: "card-head" }, el("h2", { "data-t": "keys.title" }), this._loaded.element),
      el("p", { class: "small quiet" , "data-t": "keys.hint" }),
      this._outcome.element,
      this._made.element,
      this._records.element,
      el(
        "details",
        { class: "add-form" },
        el("summary", { "data-t": "keys.new" }),
        el(
          "form",
          { novalidate: true, on: { submit: (/** @type {Event} */ event) => this._submit(event) } },
          el("div", { class: "form-fields" }, this._name.element, el("div", { class: "field" }, el("label", { for: "key-scope", "data-t": "keys.scope" }), this._scope, el("p", { class: "field-hint" })), this._days.element),
          el("div", { class: "form-end" }, this._send),
        ),
      ),
    );
  }

  _columns() {
    return [
      { label: "keys.name", kind: "main", text: (/** @type {Key} */ { name }) => name },
      { label: "keys.scope", text: (/** @type {Key} */ { scope }) => t(`scope.${scope}`, {}, scope) },
      { label: "keys.made", text: (/** @type {Key} */ { made_at, made_by }) => t("keys.made_by", { at: made_at, who: made_by }) },
      { label: "keys.expires", text: (/** @type {Key} */ { expires_at }) => (expires_at ? format.moment(expires_at) : t("keys.never")) },
      { label: "kit.actions", kind: "actions", make: () => this._dropButton(), show: (/** @type {HTMLElement} */ button, /** @type {Key} */ { name }) => {
        mark(button, "data-name", name);
        mark(button, "aria-label", `${button.textContent}: ${name}`);
      } },
    ];
  }

  load() {
    return this._loaded.load();
  }

  redraw() {
    if (this._loaded.once) this._records.show(this._keys);
  }

  async _fetch() {
    this._keys = await ask("GET", "/api/keys");
    this._records.element.hidden = false;
    this._records.show(this._keys);
  }

  /** @param {Event} event */
  async _submit(event) {
    event.preventDefault();
    const values = this._fields.values();
    if (values === null) return;
    this._made.show(null);
    const made = await this._outcome.of(this._send, () => ask("POST", "/api/keys", { ...values, scope: this._scope.value }));
    if (!made) return;
    for (const field of this._fields.list) field.input.value = "";
    this._fields.settle();
    this._made.show(made.key);
    await this.load();
  }

  _dropButton() {
    const button = sureButton("keys.drop", "keys.drop_sure", async () => {
      const name = button.getAttribute("data-name") ?? "";
      const done = await this._outcome.of(null, () => ask("DELETE", `/api/keys/${encodeURIComponent(name)}`));
      if (!done) return;
      this._outcome.tell(t("keys.was_dropped", { name }), "good");
      await this.load();
    });
    return button;
  }
}

/** @param {string} text */
function required(text) {
  if (text === "") throw new FieldProblem("missing");
  return text;
}
