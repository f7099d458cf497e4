// What of a plan is shown: up to the departure. What stands behind it holds for any car, and is no plan of this one.

/** @typedef {import("./types.js").Unit} Unit */
/** @typedef {import("./types.js").Period} Period */

/**
 * @param {Unit} unit
 * @param {number} now_ms
 * @returns {Period[]}
 */
export function shownPeriods(unit, now_ms) {
  const periods = unit.plan?.periods ?? [];
  if (unit.needs === null) return periods;
  const until_ms = Math.max(Date.parse(unit.needs.depart_at), now_ms);
  return periods.filter((period) => Date.parse(period.start_at) <= until_ms).map((period) => cut(period, until_ms));
}

/**
 * @param {Period} period
 * @param {number} until_ms
 * @returns {Period}
 */
function cut(period, until_ms) {
  const ends = period.end_at === null ? Infinity : Date.parse(period.end_at);
  return ends > until_ms ? { ...period, end_at: new Date(until_ms).toISOString() } : period;
}
