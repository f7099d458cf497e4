// The record of changes: who wanted to change what, from where, and how it ended.

import { el, mark, say } from "../kit/dom.js";
import { format, t } from "../kit/i18n.js";
import { Pages } from "../kit/pages.js";
import { Records } from "../kit/records.js";

/** @typedef {import("./types.js").Change} Change */

const PER_PAGE = 50;

export class ChangesView {
  /** @param {import("../kit/link.js").ServerTime} time */
  constructor(time) {
    /** @type {Change[]} */
    this._shown = [];
    this._pages = new Pages(time, () => `/api/changes?limit=${PER_PAGE}`, (items) => this._take(items));
    this._records = new Records({ title: "changes.title", keyOf: (/** @type {Change} */ { number }) => String(number), none: "changes.none", hint: "changes.none_hint", columns: columns() });
    this._records.element.hidden = true;
    this.element = el("div", { class: "view" }, el("section", { class: "card" }, el("div", { class: "card-head" }, el("h2", { "data-t": "changes.title" }), this._pages.loaded.element), this._records.element, this._pages.element));
  }

  enter() {
    this._pages.restart();
  }

  linked() {
    if (!this.element.hidden) this._pages.again();
  }

  redraw() {
    if (this._pages.loaded.once) this._records.show(this._shown);
  }

  /** @param {Change[]} changes */
  _take(changes) {
    this._shown = changes;
    this._records.element.hidden = false;
    this._records.show(changes);
  }
}

function columns() {
  return [
    { label: "changes.at", kind: "time", text: (/** @type {Change} */ { change }) => format.moment(change.at) },
    { label: "changes.who", text: (/** @type {Change} */ { change }) => change.who || t("changes.nobody") },
    { label: "changes.what", kind: "main", make: () => el("details", { class: "change" }, el("summary", { class: "code" }), el("pre")), show: showWhat },
    { label: "changes.ended", make: () => el("span", { class: "chip" }), show: showEnd },
    { label: "changes.remote", text: (/** @type {Change} */ { change }) => change.remote || "–" },
  ];
}

/**
 * @param {HTMLElement} details
 * @param {Change} record
 */
function showWhat(details, { change }) {
  say(details.children[0], change.action);
  say(details.children[1], change.body || t("changes.no_body"));
}

/**
 * @param {HTMLElement} chip
 * @param {Change} record
 */
function showEnd(chip, { change: { status } }) {
  const done = status < 400;
  say(chip, t(done ? "changes.done" : "changes.refused", { status: String(status) }));
  mark(chip, "data-tone", done ? "good" : "bad");
}
