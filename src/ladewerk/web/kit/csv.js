// Tables as CSV files, such as spreadsheets open them.

import { el } from "./dom.js";

/**
 * RFC 4180. A text that a spreadsheet would take for a formula gets an apostrophe: a station may call itself `=HYPERLINK(…)`.
 *
 * @param {string[]} heads
 * @param {(string | number | null | undefined)[][]} rows
 */
export function csvText(heads, rows) {
  return [heads, ...rows].map((row) => `${row.map(cellText).join(",")}\r\n`).join("");
}

/**
 * Hand a file to the visitor.
 *
 * @param {string} name
 * @param {string} text
 */
export function download(name, text) {
  const url = URL.createObjectURL(new Blob(["\uFEFF", text], { type: "text/csv" }));
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

/** @param {string | number | null | undefined} value */
function cellText(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const safe = /^[=+\-@\t\r\n＝＋－＠]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
