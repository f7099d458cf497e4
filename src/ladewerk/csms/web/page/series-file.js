// Prices and base load as CSV files, by the same rules as the CSMS itself reads them: the header `start_at,price_per_kwh` or
// `start_at,power_w`, then a line for each time with the value that holds from it on. Times without an offset are those of the
// clocks of the place: an hour that comes twice is read in order, one that they skip is an error.

import { FieldProblem } from "../kit/form.js";
import { localIso, momentsShowing, wallClock } from "../kit/zone.js";

const MOST_LINES = 20000;
const TIME = /^([12]\d{3}-\d{2}-\d{2})[T ]((?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?)(Z|[+-](?:[01]\d|2[0-3]):?[0-5]\d)?$/;
const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)$/;

/**
 * The steps of a file and the line that each stands in; raises a FieldProblem that names the line.
 *
 * @param {string} text
 * @param {string} valueName  "price_per_kwh" or "power_w".
 * @returns {{steps: Record<string, string | number>[], lines: number[]}}
 */
export function readSeries(text, valueName) {
  const rows = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  const separator = rows[0].includes(";") ? ";" : ",";
  const header = rows[0].split(separator).map((name) => name.trim());
  if (header.length !== 2 || header[0] !== "start_at" || header[1] !== valueName) {
    throw new FieldProblem("csv_header", { line: 1, header: `start_at,${valueName}` });
  }
  const steps = [];
  const lines = [];
  let before = -Infinity;
  for (const [index, content] of rows.entries()) {
    if (index === 0 || content.trim() === "") continue;
    const line = index + 1;
    const { start_at, value } = readLine(content.split(separator), line, separator === ";", before);
    if (valueName === "power_w" && value < 0) throw new FieldProblem("csv_negative", { line });
    const at = Date.parse(start_at);
    if (at <= before) throw new FieldProblem("csv_order", { line });
    before = at;
    steps.push({ start_at, [valueName]: value });
    lines.push(line);
  }
  if (steps.length === 0) throw new FieldProblem("csv_empty");
  if (steps.length > MOST_LINES) throw new FieldProblem("csv_too_long", { most: MOST_LINES });
  return { steps, lines };
}

/**
 * @param {string[]} cells
 * @param {number} line
 * @param {boolean} commaIsPoint  A file with semicolons may write 0,31.
 * @param {number} before  The moment of the line before.
 */
function readLine(cells, line, commaIsPoint, before) {
  if (cells.length !== 2) throw new FieldProblem("csv_columns", { line, found: cells.length });
  const [time, number] = cells.map((cell) => cell.trim());
  const [, day, clock, offset] = TIME.exec(time) ?? [];
  if (!day || !isDay(day)) throw new FieldProblem("csv_time", { line, found: time });
  const shown = offset ? [] : momentsShowing(Date.parse(`${day}T${clock}Z`));
  if (!offset && shown.length === 0) throw new FieldProblem("csv_skipped", { line, found: time });
  const pointed = commaIsPoint ? number.replace(",", ".") : number;
  const value = NUMBER.test(pointed) ? Number(pointed) : NaN;
  if (!Number.isFinite(value)) throw new FieldProblem("csv_number", { line, found: number });
  const at = shown.find((moment) => moment.getTime() > before) ?? shown[0];
  return { start_at: at ? localIso(at) : `${day}T${clock}${offset}`, value };
}

/**
 * Whether the calendar has this day: a browser takes the thirtieth of February for the second of March.
 *
 * @param {string} day
 */
function isDay(day) {
  const midnight = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(day);
}

/**
 * A file to start from: the hours of a day from `now` on, by the clock of the place.
 *
 * @param {string} valueName
 * @param {Date} now
 */
export function sampleSeries(valueName, now) {
  const { minute, second } = wallClock(now);
  const start = now.getTime() - now.getMilliseconds() - (minute * 60 + second) * 1000;
  const lines = Array.from({ length: 24 }, (_, hours) => {
    const at = new Date(start + hours * 3600000);
    const { hour } = wallClock(at);
    const evening = hour >= 17 && hour < 21;
    const night = hour >= 22 || hour < 6;
    const value = valueName === "power_w" ? (evening ? 3200 : night ? 350 : 900) : evening ? 0.36 : night ? 0.21 : 0.29;
    return `${localIso(at)},${value}`;
  });
  return [`start_at,${valueName}`, ...lines, ""].join("\n");
}
