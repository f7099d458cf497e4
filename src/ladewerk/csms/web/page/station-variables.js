// The variables of a station: what it reports when asked, to be searched and set.

import { ask } from "../kit/api.js";
import { el, keep, mark, say } from "../kit/dom.js";
import { t } from "../kit/i18n.js";
import { Outcome } from "../kit/outcome.js";
import { ReportParts } from "./report-parts.js";

/** @typedef {{key: string, component: any, variable: any, attribute: any, characteristics: any}} Row */

const MOST_ROWS = 500;

export class StationVariables {
  /**
   * @param {string} id
   * @param {import("../kit/link.js").ServerTime} time
   */
  constructor(id, time) {
    this._id = id;
    this._time = time;
    /** @type {Map<string, Row>} */
    this._rows = new Map();
    /** @type {Date | null} */
    this._at = null;
    this._parts = new ReportParts(id, "NotifyReport", (payload) => this._take(payload));
    this._base = el("select", { class: "select small", "data-t-label": "variables.which" }, ["ConfigurationInventory", "FullInventory", "SummaryInventory"].map((base) => el("option", { value: base, "data-t": `variables.${base}` })));
    this._ask = el("button", { type: "button", class: "button main small", "data-t": "variables.ask", on: { click: () => this._report() } });
    this._words = el("input", { type: "search", class: "filter", "data-t-label": "variables.search", "data-t-placeholder": "variables.search", on: { input: () => this._draw() } });
    this._outcome = new Outcome();
    this._said = el("p", { class: "small quiet", role: "status" });
    this._body = el("tbody");
    const heads = ["component", "variable", "value", "kind", "set"].map((name) => el("th", { scope: "col", "data-t": `variables.${name}` }));
    this._table = el("div", { class: "table-box", hidden: true }, el("table", { class: "records variables" }, el("caption", { class: "visually-hidden", "data-t": "station.variables" }), el("thead", {}, el("tr", {}, heads)), this._body));
    this._empty = el("div", { class: "empty" }, el("strong", { "data-t": "variables.none" }), el("span", { "data-t": "variables.none_hint" }));
    this.element = el("section", { class: "card" }, el("div", { class: "card-head" }, el("h2", { "data-t": "station.variables" }), this._base, this._ask, this._words), this._outcome.element, this._said, this._empty, this._table);
  }

  enter() {
    this._draw();
  }

  /** @param {import("./types.js").Station} station */
  show(station) {
    mark(this._ask, "aria-disabled", station.state === "online" ? null : "true");
  }

  /** @param {import("./types.js").Frame} frame */
  frame(frame) {
    this._parts.frame(frame);
  }

  async _report() {
    if (this._ask.hasAttribute("aria-disabled")) return this._outcome.tell(t("commands.offline"), "bad");
    this._rows.clear();
    const status = await this._outcome.of(this._ask, () => this._parts.ask("GetBaseReport", { reportBase: this._base.value }));
    if (status && status !== "Accepted") this._outcome.tell(t("variables.not_told", { status }), "bad");
    this._draw();
    return undefined;
  }

  /** @param {any} payload */
  _take(payload) {
    for (const { component, variable, variableAttribute, variableCharacteristics } of payload.reportData ?? []) {
      for (const attribute of variableAttribute ?? []) {
        const key = JSON.stringify([component, variable, attribute.type ?? "Actual"]);
        this._rows.set(key, { key, component, variable, attribute, characteristics: variableCharacteristics ?? {} });
      }
    }
    this._at = this._time.now();
    this._draw();
  }

  _draw() {
    const wanted = this._words.value.trim().toLowerCase();
    const all = [...this._rows.values()].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
    const shown = all.filter((row) => `${nameOf(row)} ${row.attribute.value ?? ""}`.toLowerCase().includes(wanted));
    this._empty.hidden = all.length > 0;
    this._table.hidden = shown.length === 0;
    const more = this._parts.pending ? t("variables.more") : "";
    say(this._said, all.length === 0 ? more : [t("variables.count", { n: shown.length, all: all.length, at: this._at }), more, shown.length > MOST_ROWS ? t("variables.cut", { most: MOST_ROWS }) : ""].filter(Boolean).join(" "));
    keep(this._body, shown.slice(0, MOST_ROWS), ({ key }) => key, (row) => this._row(row), showRow);
  }

  /** @param {Row} row */
  _row(row) {
    const cells = Array.from({ length: 5 }, (_, place) => el("td", { "data-kind": ["main", "main", "wide", null, "actions"][place] }));
    if (row.attribute.mutability !== "ReadOnly") cells[4].append(this._setter(row.key));
    return el("tr", {}, cells);
  }

  /** @param {string} key */
  _setter(key) {
    const opened = () => {
      const row = /** @type {Row} */ (this._rows.get(key));
      const input = el("input", { type: "text", class: "select small", "aria-label": nameOf(row), value: row.attribute.value ?? "" });
      const form = el("form", { class: "setter", on: { submit: (/** @type {Event} */ event) => this._set(event, key, input.value, form) } }, input, el("button", { type: "submit", class: "button small main" }, t("variables.set")));
      button.replaceWith(form);
      input.focus();
    };
    const button = el("button", { type: "button", class: "button small", "aria-label": `${t("variables.change")}: ${nameOf(/** @type {Row} */ (this._rows.get(key)))}`, on: { click: opened } }, t("variables.change"));
    return button;
  }

  /**
   * @param {Event} event
   * @param {string} key
   * @param {string} value
   * @param {HTMLElement} form
   */
  async _set(event, key, value, form) {
    event.preventDefault();
    const row = /** @type {Row} */ (this._rows.get(key));
    const wanted = { component: row.component, variable: row.variable, attributeValue: value, ...(row.attribute.type ? { attributeType: row.attribute.type } : {}) };
    const answer = await this._outcome.of(form.lastElementChild, () => ask("POST", `/api/stations/${encodeURIComponent(this._id)}/commands/SetVariables`, { setVariableData: [wanted] }));
    if (!answer) return;
    const status = answer.setVariableResult?.[0]?.attributeStatus ?? "";
    const done = status === "Accepted" || status === "RebootRequired";
    this._outcome.tell(t("variables.answer", { name: nameOf(row), status }), done ? "good" : "bad");
    if (!done) return;
    row.attribute = { ...row.attribute, value };
    form.replaceWith(this._setter(key));
    this._draw();
  }
}

/** @param {Row} row */
function nameOf({ component, variable, attribute }) {
  const type = attribute.type && attribute.type !== "Actual" ? ` (${attribute.type})` : "";
  return `${placeOf(component)} ${variable.name}${variable.instance ? `[${variable.instance}]` : ""}${type}`;
}

/** @param {any} component */
function placeOf({ name, instance, evse }) {
  const place = evse ? ` · EVSE ${[evse.id, evse.connectorId].filter((part) => part !== undefined).join("/")}` : "";
  return `${name}${instance ? `[${instance}]` : ""}${place}`;
}

/**
 * @param {HTMLElement} element
 * @param {Row} row
 */
function showRow(element, row) {
  const { attribute, characteristics } = row;
  const texts = [
    placeOf(row.component),
    nameOf(row).slice(placeOf(row.component).length + 1),
    [attribute.value ?? (attribute.mutability === "WriteOnly" ? "•••" : "–"), characteristics.unit].filter(Boolean).join(" "),
    [characteristics.dataType, attribute.mutability, characteristics.valuesList].filter(Boolean).join(" · "),
  ];
  const heads = ["component", "variable", "value", "kind"];
  for (const [place, text] of texts.entries()) {
    say(element.children[place], text);
    mark(element.children[place], "data-label", t(`variables.${heads[place]}`));
  }
}
