// Prices and base load as CSV files: `start_at,price_per_kwh` or `start_at,power_w`, a line each from when it holds.

import { FieldProblem } from "../kit/form.js";

const MOST_LINES = 20000;
const WITH_OFFSET = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/;

/**
 * The steps of a file; raises a FieldProblem that names the line.
 *
 * @param {string} text
 * @param {string} valueName  "price_per_kwh" or "power_w".
 * @returns {Record<string, string | number>[]}
 */
export function readSeries(text, valueName) {
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  const separator = lines[0].includes(";") ? ";" : ",";
  const header = lines[0].split(separator).map((name) => name.trim());
  if (header.length !== 2 || header[0] !== "start_at" || header[1] !== valueName) {
    throw new FieldProblem("csv_header", { line: 1, header: `start_at,${valueName}` });
  }
  /** @type {Record<string, string | number>[]} */
  const steps = [];
  let before = -Infinity;
  for (const [index, content] of lines.entries()) {
    if (index === 0 || content.trim() === "") continue;
    const line = index + 1;
    const { start_at, value } = readLine(content.split(separator), line, separator === ";");
    const at = Date.parse(start_at);
    if (at <= before) throw new FieldProblem("csv_order", { line });
    before = at;
    steps.push({ start_at, [valueName]: value });
  }
  if (steps.length === 0) throw new FieldProblem("csv_empty");
  if (steps.length > MOST_LINES) throw new FieldProblem("csv_too_long", { most: MOST_LINES });
  return steps;
}

/**
 * @param {string[]} cells
 * @param {number} line
 * @param {boolean} commaIsPoint  A file with semicolons may write 0,31.
 */
function readLine(cells, line, commaIsPoint) {
  if (cells.length !== 2) throw new FieldProblem("csv_columns", { line, found: cells.length });
  const [time, number] = cells.map((cell) => cell.trim());
  if (Number.isNaN(Date.parse(time))) throw new FieldProblem("csv_time", { line, found: time });
  if (!WITH_OFFSET.test(time)) throw new FieldProblem("csv_offset", { line, found: time });
  const value = number === "" ? NaN : Number(commaIsPoint ? number.replace(",", ".") : number);
  if (!Number.isFinite(value)) throw new FieldProblem("csv_number", { line, found: number });
  return { start_at: time.replace(" ", "T"), value };
}

/**
 * A file to start from: the hours of a day from `now` on.
 *
 * @param {string} valueName
 * @param {Date} now
 */
export function sampleSeries(valueName, now) {
  const start = new Date(now);
  start.setMinutes(0, 0, 0);
  const lines = Array.from({ length: 24 }, (_, hour) => {
    const at = new Date(start.getTime() + hour * 3600000);
    const evening = at.getHours() >= 17 && at.getHours() < 21;
    const night = at.getHours() >= 22 || at.getHours() < 6;
    const value = valueName === "power_w" ? (evening ? 3200 : night ? 350 : 900) : evening ? 0.36 : night ? 0.21 : 0.29;
    return `${localIso(at)},${value}`;
  });
  return [`start_at,${valueName}`, ...lines, ""].join("\n");
}

/**
 * Local time with its offset.
 *
 * @param {Date} at
 */
function localIso(at) {
  const minutes = -at.getTimezoneOffset();
  const two = (/** @type {number} */ value) => String(Math.floor(Math.abs(value))).padStart(2, "0");
  const local = new Date(at.getTime() + minutes * 60000).toISOString().slice(0, 19);
  return `${local}${minutes < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
}
