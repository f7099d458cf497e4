// Names and values, as a list and as a table.

import { el, keep, say } from "../kit/dom.js";

/**
 * A list of names and values.
 *
 * @template S
 * @param {Record<string, (state: S) => string>} writers
 * @param {string} listClass
 * @param {string} [valueClass]
 */
export function terms(writers, listClass, valueClass = "") {
  const rows = Object.entries(writers).map(([name, write]) => ({ name, write, value: el("dd", { class: valueClass || null, "data-quantity": name }, "–") }));
  return {
    element: el("dl", { class: listClass }, rows.map(({ name, value }) => el("div", {}, el("dt", { "data-t": `quantity.${name}` }), value))),
    /** @param {S} state */
    show: (state) => rows.forEach(({ write, value }) => say(value, write(state))),
  };
}

/**
 * A table whose rows come and go.
 *
 * @param {string[]} headings   Keys of their texts.
 */
export function table(headings) {
  const body = el("tbody");
  return {
    element: el("table", { class: "table" }, el("thead", {}, el("tr", {}, headings.map((key) => el("th", { scope: "col", "data-t": key })))), body),
    /** @param {string[][]} rows   Texts; the first of a row is its key. */
    show: (rows) =>
      keep(
        body,
        rows,
        (row) => row[0],
        (row) => el("tr", { "data-row": row[0] }, row.map(() => el("td"))),
        (element, row) => row.forEach((text, i) => say(element.children[i], text)),
      ),
  };
}
