// The settings of the station that count from the next start on.

import { ApiError, ask } from "../kit/api.js";
import { el, mark, say } from "../kit/dom.js";
import { Field, FieldProblem, Fields } from "../kit/form.js";
import { onLanguage, t, tCode } from "../kit/i18n.js";

export class StationForm {
  constructor() {
    this._fields = new Fields(fields());
    this._outcome = el("p", { class: "outcome", role: "status" });
    this._restart = el("p", { class: "restart small", role: "status", hidden: true });
    this._save = el("button", { type: "submit", class: "button main", "data-t": "settings.save" });
    this.element = el(
      "form",
      { class: "station-form", novalidate: true, on: { submit: (/** @type {Event} */ event) => this._submit(event) } },
      this._restart,
      this._fields.list.map((field) => field.element),
      el("div", { class: "form-actions" }, this._save),
      this._outcome,
    );
    onLanguage(() => say(this._restart, t("settings.restart")));
  }

  async load() {
    try {
      const { settings, restart } = await ask("GET", "/api/settings");
      for (const field of this._fields.list) field.show(settings[field.options.name] ?? null);
      this._showRestart(restart);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this._tell(tCode("problem", error.body), "bad");
    }
  }

  /** @param {boolean} restart */
  _showRestart(restart) {
    say(this._restart, t("settings.restart"));
    this._restart.hidden = !restart;
  }

  /** @param {Event} event */
  async _submit(event) {
    event.preventDefault();
    const values = this._fields.values();
    if (values === null) return;
    const changed = Object.fromEntries(this._fields.list.filter((field) => field.dirty).map((field) => [field.options.name, values[field.options.name]]));
    mark(this._save, "aria-busy", "true");
    try {
      const { restart } = await ask("PATCH", "/api/settings", changed);
      this._fields.settle();
      this._showRestart(restart);
      this._tell(t("settings.saved"), "good");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const homeless = Array.isArray(error.body?.errors) ? this._fields.complain(error.body.errors) : [error.body];
      this._tell(homeless.map((one) => tCode("problem", one)).join(" "), "bad");
    } finally {
      mark(this._save, "aria-busy", null);
    }
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

/** @returns {Field[]} */
function fields() {
  const needed = (/** @type {string} */ text) => {
    if (text === "") throw new FieldProblem("missing");
    return text;
  };
  const optional = (/** @type {string} */ text) => text || null;
  return [
    new Field({ name: "identity", label: "settings.identity", inputmode: "text", read: needed }),
    new Field({ name: "csms", label: "settings.csms", placeholder: "wss://csms.example/ocpp", inputmode: "url", read: needed }),
    new Field({ name: "password", label: "settings.csms_password", type: "password", inputmode: "text", autocomplete: "off", read: optional }),
    new Field({ name: "time_zone", label: "settings.zone", hint: "settings.zone_browser", placeholder: "Europe/Berlin", inputmode: "text", read: optional }),
  ];
}
