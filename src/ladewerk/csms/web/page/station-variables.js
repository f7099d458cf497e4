// The variables of a station as last heard of: searched, set, and asked for anew.

import { ask } from "../kit/api.js";
import { el, mark, say } from "../kit/dom.js";
import { format, t } from "../kit/i18n.js";
import { Outcome } from "../kit/outcome.js";
import { Pages } from "../kit/pages.js";
import { Records } from "../kit/records.js";
import { componentText, inOcpp, variableText } from "./device-words.js";

/** @typedef {import("./device-words.js").Place} Place */
/** @typedef {{type?: string, value?: string, mutability?: string}} Attribute   Left out: "Actual", not said. */
/** @typedef {{place: Place, attributes: Attribute[], characteristics: {data_type: string, unit?: string, values_list?: string} | null, heard_at: string}} Variable */
/** @typedef {{place: Place, attribute: Attribute, variable: Variable}} Row */

const PER_PAGE = 100;
const TYPING_MS = 250;
/** Reports come in parts: the list follows them, not oftener than this. */
const AGAIN_MS = 500;
const ANSWER_MS = 90000;

export class StationVariables {
  /**
   * @param {string} id
   * @param {import("../kit/link.js").ServerTime} time
   * @param {boolean} steer   Whether the visitor may ask and set.
   */
  constructor(id, time, steer) {
    this._path = `/api/stations/${encodeURIComponent(id)}`;
    this._steer = steer;
    this._timer = 0;
    /** @type {Row[]} */
    this._rows = [];
    this._words = el("input", { type: "search", class: "filter", "data-t-label": "variables.search", "data-t-placeholder": "variables.search", on: { input: () => this._later(TYPING_MS, () => this._pages.restart()) } });
    this._pages = new Pages(time, () => `${this._path}/variables?limit=${PER_PAGE}&search=${encodeURIComponent(this._words.value.trim())}`, (items) => this._take(items));
    this._base = el("select", { class: "select small", "data-t-label": "variables.which" }, ["ConfigurationInventory", "FullInventory", "SummaryInventory"].map((base) => el("option", { value: base, "data-t": `variables.${base}` })));
    this._ask = el("button", { type: "button", class: "button main small", "data-t": "variables.ask", on: { click: () => this._report() } });
    this._outcome = new Outcome();
    this._records = new Records({ title: "station.variables", keyOf: (/** @type {Row} */ row) => nameOf(row), none: "variables.none", hint: steer ? "variables.none_hint" : undefined, columns: this._columns() });
    this._records.element.hidden = true;
    this.element = el(
      "section",
      { class: "card variables" },
      el("div", { class: "card-head" }, el("h2", { "data-t": "station.variables" }), this._pages.loaded.element, steer && [this._base, this._ask], this._words),
      this._outcome.element,
      this._records.element,
      this._pages.element,
    );
  }

  _columns() {
    return [
      { label: "variables.component", kind: "main", text: (/** @type {Row} */ { place }) => componentText(place) },
      { label: "variables.variable", kind: "main", text: (/** @type {Row} */ row) => variableOf(row) },
      { label: "variables.value", kind: "wide", text: valueText },
      { label: "variables.kind", text: kindText },
      { label: "variables.heard", kind: "time", text: (/** @type {Row} */ { variable }) => format.moment(variable.heard_at) },
      ...(this._steer ? [{ label: "variables.set", kind: "actions", make: () => el("div", { class: "setter" }), show: (/** @type {HTMLElement} */ box, /** @type {Row} */ row) => this._showSetter(box, row) }] : []),
    ];
  }

  enter() {
    this._pages.restart();
  }

  linked() {
    this._pages.again();
  }

  redraw() {
    if (this._pages.loaded.once) this._records.show(this._rows);
  }

  /** @param {import("./types.js").Station} station */
  show(station) {
    mark(this._ask, "aria-disabled", station.state === "online" ? null : "true");
  }

  /** @param {import("./types.js").Frame} frame */
  frame(frame) {
    if (!this.element.hidden && !frame.sent && frame.text.includes("NotifyReport")) this._later(AGAIN_MS, () => this._pages.again());
  }

  /**
   * @param {number} wait_ms
   * @param {() => void} act
   */
  _later(wait_ms, act) {
    clearTimeout(this._timer);
    this._timer = window.setTimeout(act, wait_ms);
  }

  /** @param {Variable[]} variables */
  _take(variables) {
    this._rows = variables.flatMap((variable) => (variable.attributes.length > 0 ? variable.attributes : [{}]).map((attribute) => ({ place: variable.place, attribute, variable })));
    this._records.element.hidden = false;
    this._records.show(this._rows);
  }

  async _report() {
    if (this._ask.hasAttribute("aria-disabled")) return this._outcome.tell(t("commands.offline"), "bad");
    // A number that no other report has, as far as anybody can know.
    const body = { requestId: Date.now() % 2000000000, reportBase: this._base.value };
    const answer = await this._outcome.of(this._ask, () => ask("POST", `${this._path}/commands/GetBaseReport`, body, ANSWER_MS));
    if (answer && answer.status !== "Accepted") this._outcome.tell(t("variables.not_told", { status: answer.status }), "bad");
    await this._pages.again();
    return undefined;
  }

  /**
   * @param {HTMLElement} box
   * @param {Row} row
   */
  _showSetter(box, row) {
    const name = nameOf(row);
    const locked = row.attribute.mutability === "ReadOnly";
    // Somebody is typing here, or it is there already.
    if (box.querySelector("form") || (box.getAttribute("data-name") === name && box.hasChildNodes() === !locked)) return;
    mark(box, "data-name", name);
    box.replaceChildren();
    if (locked) return;
    const open = () => box.replaceChildren(this._setter(box, name));
    box.append(el("button", { type: "button", class: "button small", "data-t": "variables.change", "aria-label": `${t("variables.change")}: ${name}`, on: { click: open } }, t("variables.change")));
  }

  /**
   * @param {HTMLElement} box
   * @param {string} name
   */
  _setter(box, name) {
    const row = /** @type {Row} */ (this._rows.find((candidate) => nameOf(candidate) === name));
    const input = el("input", { type: "text", class: "select small", "aria-label": name, value: row.attribute.value ?? "" });
    const send = el("button", { type: "submit", class: "button small main" }, t("variables.set"));
    const submit = async (/** @type {Event} */ event) => {
      event.preventDefault();
      if (await this._set(row, input.value, send)) box.replaceChildren();
      this.redraw();
    };
    const leave = (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== "Escape") return;
      box.replaceChildren();
      this.redraw();
    };
    setTimeout(() => input.focus());
    return el("form", { class: "setter", on: { submit, keydown: leave } }, input, send);
  }

  /**
   * @param {Row} row
   * @param {string} value
   * @param {HTMLElement} button
   */
  async _set(row, value, button) {
    const { place, attribute } = row;
    const wanted = { ...inOcpp(place), attributeValue: value, ...(attribute.type ? { attributeType: attribute.type } : {}) };
    const answer = await this._outcome.of(button, () => ask("POST", `${this._path}/commands/SetVariables`, { setVariableData: [wanted] }, ANSWER_MS));
    if (!answer) return false;
    const status = answer.setVariableResult?.[0]?.attributeStatus ?? "";
    const done = status === "Accepted" || status === "RebootRequired";
    this._outcome.tell(t("variables.answer", { name: nameOf(row), status }), done ? "good" : "bad");
    if (done) await this._pages.again();
    return done;
  }
}

/** @param {Row} row */
function variableOf({ place, attribute }) {
  const type = attribute.type && attribute.type !== "Actual" ? ` (${attribute.type})` : "";
  return `${variableText(place)}${type}`;
}

/** @param {Row} row */
function nameOf(row) {
  return `${componentText(row.place)} ${variableOf(row)}`;
}

/** @param {Row} row */
function valueText({ attribute, variable }) {
  const value = attribute.value ?? (attribute.mutability === "WriteOnly" ? "•••" : "–");
  return [value, variable.characteristics?.unit].filter(Boolean).join(" ");
}

/** @param {Row} row */
function kindText({ attribute, variable }) {
  return [variable.characteristics?.data_type, attribute.mutability, variable.characteristics?.values_list].filter(Boolean).join(" · ") || "–";
}
