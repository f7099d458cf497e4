// A table of records: rows that stay where they are when they change, a line each on a desk, a card each on a phone.

import { el, keep, mark, say } from "./dom.js";
import { onLanguage, t } from "./i18n.js";

/**
 * @template T
 * @typedef {object} Column
 * @property {string} label                          Key of its head.
 * @property {(row: T) => string} [text]             What a cell says.
 * @property {() => HTMLElement} [make]              Instead: the element of a cell, made once,
 * @property {(element: any, row: T) => void} [show] and filled in.
 * @property {string} [kind]                         "main" leads the card, "wide" takes a line of it, "number" stands to the right,
 *                                                   "time" stays on one line, "actions" has buttons and no head.
 */

/** @template T */
export class Records {
  /**
   * @param {{title: string, columns: Column<T>[], keyOf: (row: T) => string, none: string, hint?: string}} options
   *   `title` is what a screen reader calls the table, `none` and `hint` what stands there without a row: keys of texts.
   */
  constructor({ title, columns, keyOf, none, hint }) {
    this._columns = columns;
    this._keyOf = keyOf;
    /** @type {T[]} */
    this._rows = [];
    this._body = el("tbody");
    const head = columns.map(({ label, kind }) => el("th", { scope: "col", "data-kind": kind, class: kind === "actions" && "head-actions" }, el("span", { "data-t": label, class: kind === "actions" && "visually-hidden" })));
    this._table = el("div", { class: "table-box", tabindex: "0", role: "region", "data-t-label": title, hidden: true }, el("table", { class: "records" }, el("thead", {}, el("tr", {}, head)), this._body));
    this._empty = el("div", { class: "empty", hidden: true }, el("strong", { "data-t": none }), hint && el("span", { "data-t": hint }));
    this.element = el("div", { class: "records-box" }, this._empty, this._table);
    onLanguage(() => this._draw());
  }

  /** @param {T[]} rows */
  show(rows) {
    this._rows = rows;
    this._empty.hidden = rows.length > 0;
    this._table.hidden = rows.length === 0;
    this._draw();
  }

  _draw() {
    keep(this._body, this._rows, this._keyOf, () => this._row(), (row, record) => this._fill(row, record));
  }

  _row() {
    return el("tr", {}, this._columns.map(({ kind, make }) => el("td", { "data-kind": kind }, make?.())));
  }

  /**
   * @param {HTMLElement} row
   * @param {T} record
   */
  _fill(row, record) {
    for (const [place, { label, kind, text, show }] of this._columns.entries()) {
      const cell = row.children[place];
      // A card has no heads of columns.
      if (kind !== "actions") mark(cell, "data-label", t(label));
      if (show) show(cell.firstElementChild, record);
      else if (text) say(cell, text(record));
    }
  }
}
