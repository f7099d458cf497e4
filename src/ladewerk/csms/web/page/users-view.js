// Who may use the page and the API: users with their roles, and the keys of programs.

import { ApiError, ask } from "../kit/api.js";
import { el, mark, say } from "../kit/dom.js";
import { Field, FieldProblem, Fields } from "../kit/form.js";
import { format, t } from "../kit/i18n.js";
import { Loaded } from "../kit/loaded.js";
import { Outcome, refusalText } from "../kit/outcome.js";
import { Records } from "../kit/records.js";
import { sureButton } from "../kit/sure.js";
import { KeysCard } from "./keys-card.js";

/** @typedef {import("./types.js").User} User */

const ROLES = ["administrator", "operator", "viewer", "driver"];
const LEAST_LENGTH = 10;

export class UsersView {
  /**
   * @param {import("./visitor.js").Visitor} visitor
   * @param {import("../kit/link.js").ServerTime} time
   */
  constructor(visitor, time) {
    this._visitor = visitor;
    /** @type {User[]} */
    this._users = [];
    /** @type {User | null} The one that is being changed. */
    this._known = null;
    this._loaded = new Loaded(time, () => this._fetch());
    this._outcome = new Outcome();
    this._records = new Records({ title: "users.title", keyOf: (/** @type {User} */ { name }) => name.toLowerCase(), none: "users.none", columns: this._columns() });
    this._records.element.hidden = true;
    this._name = new Field({ name: "name", label: "access.user", inputmode: "text", read: required });
    this._password = new Field({ name: "password", label: "access.password", type: "password", inputmode: "text", autocomplete: "new-password", read: (text) => this._readPassword(text) });
    this._tokens = new Field({ name: "id_tokens", label: "users.id_tokens", hint: "users.id_tokens_hint", inputmode: "text", read: (text) => text.split(/[\s,;]+/).filter(Boolean), write: (tokens) => tokens.join(", ") });
    this._fields = new Fields([this._name, this._password, this._tokens]);
    this._role = el("select", { id: "user-role", class: "select", on: { change: () => this._show() } }, ROLES.map((role) => el("option", { value: role, "data-t": `role.${role}` })));
    this._about = el("p", { class: "field-hint" });
    this._disabled = el("input", { type: "checkbox" });
    this._send = el("button", { type: "submit", class: "button main" });
    this._cancel = el("button", { type: "button", class: "button", "data-t": "tokens.cancel", on: { click: () => this._open(null) } });
    this._told = new Outcome();
    this._title = el("summary");
    this._keys = new KeysCard(time);
    this.element = el(
      "div",
      { class: "view" },
      el("section", { class: "card" }, el("div", { class: "card-head" }, el("h2", { "data-t": "users.title" }), this._loaded.element), this._outcome.element, this._records.element, this._form()),
      this._keys.element,
    );
    this._show();
  }

  _columns() {
    return [
      { label: "access.user", kind: "main", text: (/** @type {User} */ { name }) => name },
      { label: "users.role", text: (/** @type {User} */ { role }) => t(`role.${role}`, {}, role) },
      { label: "users.state", make: () => el("span", { class: "chip" }), show: (/** @type {HTMLElement} */ chip, /** @type {User} */ { disabled }) => {
        say(chip, t(disabled ? "users.disabled" : "users.enabled"));
        mark(chip, "data-tone", disabled ? "bad" : "good");
      } },
      { label: "users.id_tokens", text: (/** @type {User} */ { id_tokens }) => id_tokens.join(", ") || "–" },
      { label: "users.made", text: (/** @type {User} */ { made_at }) => format.moment(made_at) },
      { label: "kit.actions", kind: "actions", make: () => this._buttons(), show: (/** @type {HTMLElement} */ box, /** @type {User} */ user) => this._showButtons(box, user) },
    ];
  }

  _form() {
    return el(
      "details",
      { class: "add-form user-form" },
      this._title,
      el(
        "form",
        { novalidate: true, on: { submit: (/** @type {Event} */ event) => this._submit(event) } },
        el("div", { class: "form-fields" }, this._name.element, el("div", { class: "field" }, el("label", { for: "user-role", "data-t": "users.role" }), this._role, this._about), this._password.element, this._tokens.element),
        el("label", { class: "check" }, this._disabled, el("span", { "data-t": "users.disable" })),
        el("div", { class: "form-end" }, this._send, this._cancel, this._told.element),
      ),
    );
  }

  enter() {
    this._loaded.load();
    this._keys.load();
  }

  linked() {
    if (!this.element.hidden) this.enter();
  }

  redraw() {
    this._show();
    if (this._loaded.once) this._records.show(this._users);
    this._keys.redraw();
  }

  async _fetch() {
    this._users = await ask("GET", "/api/users");
    this._records.element.hidden = false;
    this._records.show(this._users);
  }

  _buttons() {
    const box = el("div", { class: "row-actions" });
    const user = () => /** @type {User} */ (this._users.find(({ name }) => name === box.getAttribute("data-user")));
    box.append(
      el("button", { type: "button", class: "button small", "data-action": "change", "data-t": "users.change", on: { click: () => this._open(user()) } }, t("users.change")),
      sureButton("users.delete", "users.delete_sure", (button) => this._delete(button, user())),
    );
    return box;
  }

  /**
   * @param {HTMLElement} box
   * @param {User} user
   */
  _showButtons(box, { name }) {
    mark(box, "data-user", name);
    say(box.children[0], t("users.change"));
    for (const button of box.children) mark(button, "aria-label", `${button.textContent}: ${name}`);
    // Nobody forgets themselves by mistake; another administrator can do it.
    box.children[1].hidden = name === this._visitor.name;
  }

  /** @param {User | null} user   Null: a new one. */
  _open(user) {
    this._known = user;
    this._fields.settle();
    for (const field of this._fields.list) field.complain(null);
    this._name.input.value = user?.name ?? "";
    this._password.input.value = "";
    this._tokens.input.value = user?.id_tokens.join(", ") ?? "";
    this._role.value = user?.role ?? "operator";
    this._disabled.checked = user?.disabled ?? false;
    this._told.tell("");
    this._show();
    const details = /** @type {HTMLDetailsElement} */ (this._title.parentElement);
    details.open = user !== null;
    if (user) this._role.focus();
  }

  _show() {
    this._name.input.readOnly = this._known !== null;
    mark(this._title, "data-t", this._known ? "users.change_one" : "users.new");
    say(this._title, t(this._known ? "users.change_one" : "users.new"));
    mark(this._send, "data-t", this._known ? "tokens.save" : "tokens.add");
    say(this._send, t(this._known ? "tokens.save" : "tokens.add"));
    say(this._about, t(`role.${this._role.value}_may`));
    this._password.note(t(this._known ? "users.password_kept" : "users.password_hint"));
    this._cancel.hidden = this._known === null;
  }

  /** @param {string} text */
  _readPassword(text) {
    if (text === "" && this._known) return null;
    if (text === "") throw new FieldProblem("missing");
    if (text.length < LEAST_LENGTH) throw new FieldProblem("password_length", { min: LEAST_LENGTH, max: 200 });
    return text;
  }

  /** @param {Event} event */
  async _submit(event) {
    event.preventDefault();
    const values = this._fields.values();
    if (values === null) return;
    mark(this._send, "aria-busy", "true");
    try {
      await ask("PUT", `/api/users/${encodeURIComponent(values.name)}`, { ...values, role: this._role.value, disabled: this._disabled.checked });
      const said = t(this._known ? "users.was_changed" : "users.was_added", { name: values.name });
      this._open(null);
      this._outcome.tell(said, "good");
      await this._loaded.load();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const homeless = Array.isArray(error.body?.errors) ? this._fields.complain(error.body.errors) : null;
      this._told.tell(homeless === null || homeless.length > 0 ? refusalText(error) : t("tokens.see_fields"), "bad");
    } finally {
      mark(this._send, "aria-busy", null);
    }
  }

  /**
   * @param {HTMLElement} button
   * @param {User} user
   */
  async _delete(button, { name }) {
    const done = await this._outcome.of(button, () => ask("DELETE", `/api/users/${encodeURIComponent(name)}`));
    if (!done) return;
    this._outcome.tell(t("users.was_deleted", { name }), "good");
    await this._loaded.load();
  }
}

/** @param {string} text */
function required(text) {
  if (text === "") throw new FieldProblem("missing");
  return text;
}
