// The time zone of the place that a page is about, and calendar arithmetic in it.

/** @type {string | undefined} Undefined: the browser's. */
let current;
/** @type {Intl.DateTimeFormat | undefined} */
let calendar;
/** @type {Set<() => void>} */
const listeners = new Set();

/** @returns {string | undefined} The zone for Intl's `timeZone`; undefined is the browser's own. */
export function zone() {
  return current;
}

/**
 * Show every time in the zone of this IANA name; null, and a name that the browser does not know, is its own zone.
 *
 * @param {string | null} name
 */
export function setZone(name) {
  const wanted = known(name);
  if (wanted === current) return;
  current = wanted;
  calendar = undefined;
  for (const listener of listeners) listener();
}

/**
 * Call `listener` whenever the zone has changed.
 *
 * @param {() => void} listener
 */
export function onZone(listener) {
  listeners.add(listener);
}

/**
 * Date and time of day in the zone.
 *
 * @param {Date} at
 * @returns {{year: number, month: number, day: number, hour: number, minute: number, second: number}}  The month from 1 on.
 */
export function wallClock(at) {
  calendar ??= new Intl.DateTimeFormat("en-US-u-ca-gregory-nu-latn", {
    timeZone: current, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit",
  });
  const parts = calendar.formatToParts(at).map(({ type, value }) => [type, Number(value)]);
  return Object.fromEntries(parts.filter(([type]) => type !== "literal"));
}

/**
 * Minutes by which the clocks of the zone are ahead of UTC at `at`.
 *
 * @param {Date} at
 */
export function offsetMinutes(at) {
  const { year, month, day, hour, minute, second } = wallClock(at);
  return Math.round((Date.UTC(year, month - 1, day, hour, minute, second) - at.getTime()) / 60000);
}

/**
 * Whether the clocks of the zone differ from the browser's at `at`.
 *
 * @param {Date} at
 */
export function isForeign(at) {
  return offsetMinutes(at) !== -at.getTimezoneOffset();
}

/**
 * The first moment after `after` at which the clocks of the zone show this time of day. In the night in which they skip it, it
 * is as much later as they are put forward.
 *
 * @param {number} hour
 * @param {number} minute
 * @param {Date} after
 */
export function nextTimeOfDay(hour, minute, after) {
  const today = wallClock(after);
  for (let days = 0; ; days += 1) {
    const wall = Date.UTC(today.year, today.month - 1, today.day + days, hour, minute);
    const shown = momentsShowing(wall);
    const next = (shown.length > 0 ? shown : [new Date(wall - offsetsAround(wall)[0])]).find((at) => at > after);
    if (next) return next;
  }
}

/**
 * Days on the calendar of the zone from `from` to `to`.
 *
 * @param {Date} from
 * @param {Date} to
 */
export function daysBetween(from, to) {
  const [a, b] = [from, to].map(wallClock).map(({ year, month, day }) => Date.UTC(year, month - 1, day));
  return Math.round((b - a) / 86400000);
}

/**
 * The moments at which the clocks show a time: mostly one, two where they are put back, earliest first, none where they skip it.
 *
 * @param {number} wall  What they show, as if it were UTC, in milliseconds.
 */
export function momentsShowing(wall) {
  const moments = offsetsAround(wall).map((offset) => wall - offset);
  return [...new Set(moments)]
    .sort((a, b) => a - b)
    .map((at) => new Date(at))
    .filter((at) => at.getTime() + offsetMinutes(at) * 60000 === wall);
}

/**
 * Local time of the place with its offset.
 *
 * @param {Date} at
 */
export function localIso(at) {
  const minutes = offsetMinutes(at);
  const two = (/** @type {number} */ value) => String(Math.floor(Math.abs(value))).padStart(2, "0");
  const local = new Date(at.getTime() + minutes * 60000).toISOString().slice(0, 19);
  return `${local}${minutes < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
}

/** @param {number} wall */
function offsetsAround(wall) {
  return [-86400000, 86400000].map((away) => offsetMinutes(new Date(wall + away)) * 60000);
}

/** @param {string | null} name */
function known(name) {
  if (name === null) return undefined;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}
