// What can be set: the units while the station runs, who may use the page, and what the file alone decides.

import { AccountCard } from "../kit/access.js";
import { el, keep, say } from "../kit/dom.js";
import { onLanguage, t } from "../kit/i18n.js";
import { StationForm } from "./station-form.js";
import { UnitForm } from "./unit-form.js";

/** @typedef {import("./types.js").StationState} StationState */

export class SettingsView {
  /** @param {string} door  "open" where nobody logs in. */
  constructor(door) {
    this._units = el("div", { class: "unit-forms" });
    /** @type {Map<string, UnitForm>} */
    this._forms = new Map();
    this._new = new UnitForm(null, () => this._added());
    this._facts = el("dl", { class: "facts" });
    this._station = new StationForm();
    this._account = door === "in" ? new AccountCard() : null;
    this.element = el(
      "div",
      { class: "view settings" },
      el("div", { class: "column" }, el("section", { class: "card" }, el("h2", { "data-t": "settings.units" }), el("p", { class: "small quiet", "data-t": "settings.units_hint" }), this._units, this._new.element)),
      el(
        "div",
        { class: "column" },
        el("section", { class: "card" }, el("h2", { "data-t": "settings.station" }), el("p", { class: "small quiet", "data-t": "settings.station_hint" }), this._station.element, this._facts),
        this._account ? this._account.element : el("section", { class: "card" }, el("h2", { "data-t": "access.password" }), el("p", { class: "small quiet", "data-t": "settings.open" })),
      ),
    );
    onLanguage(() => this._state && this._showFacts(this._state));
  }

  /** The view is on the screen from now on. */
  entered() {
    for (const form of this._forms.values()) form.load();
    this._account?.show();
    this._station.load();
  }

  /** @param {StationState} state */
  show(state) {
    this._state = state;
    if (this.element.hidden) return;
    const ids = state.units.map((unit) => unit.id);
    keep(this._units, ids, (id) => id, (id) => {
      const form = new UnitForm(id, () => {});
      this._forms.set(id, form);
      form.load();
      return form.element;
    });
    for (const id of this._forms.keys()) if (!ids.includes(id)) this._forms.delete(id);
    for (const unit of state.units) this._forms.get(unit.id)?.show(unit);
    this._new.suggest(Math.max(0, ...state.units.map((unit) => unit.evse_id)) + 1);
    this._showFacts(state);
  }

  _added() {
    this._new.clear();
  }

  /** @param {StationState} state */
  _showFacts({ station }) {
    const facts = [
      ["settings.csms_url", station.csms.url],
      ["settings.version", station.version],
    ];
    keep(this._facts, facts, ([key]) => key, () => el("div", {}, el("dt"), el("dd")), (element, [key, value]) => {
      say(element.children[0], t(key));
      say(element.children[1], value);
    });
  }
}
