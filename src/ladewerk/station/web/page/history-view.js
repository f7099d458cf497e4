// What each unit really did against its plan: a day, a week or six hours at a time, as a graph and as a table.

import { Chart } from "../kit/chart.js";
import { ApiError, ask } from "../kit/api.js";
import { el, keep, mark, say } from "../kit/dom.js";
import { format, onLanguage, t } from "../kit/i18n.js";
import { momentsShowing, onZone, wallClock } from "../kit/zone.js";
import { fill } from "./messages-view.js";

/** @typedef {import("./types.js").StationState} StationState */
/** @typedef {{begin: string, end: string, measured_s: number, energy_wh: number, mean_w: number, highest_w: number, planned_w: number | null}} Reading */
/** @typedef {{transaction_id: string, unit: string, begin: string, end: string | null, energy_wh: number, reason: string | null}} Session */

const SPANS = { hours: 6, day: 24, week: 168 };
const AT_MOST = 1500;
const AGAIN_MS = 60000;
/** A reading further from the one before leaves a gap in the line. */
const GAP_S = 1900;

/** @type {import("../kit/chart.js").Line[]} */
const LINES = [
  { label: "graph.plan", colour: "--ev", shape: "step", filled: true, scale: "power" },
  { label: "graph.measured", colour: "--measured", shape: "step", scale: "power" },
];

export class HistoryView {
  /** @param {import("../kit/link.js").ServerTime} time */
  constructor(time) {
    this._time = time;
    /** @type {StationState | null} */
    this._state = null;
    /** @type {Date | null} Null: up to now. */
    this._begin = null;
    /** @type {Reading[]} */
    this._readings = [];
    /** @type {Session[]} */
    this._sessions = [];
    this._asked = 0;
    this._loadedAt = -Infinity;
    this._unit = el("select", { class: "select small", "data-t-label": "history.unit", on: { change: () => this._load() } });
    this._span = this._spans();
    this._date = el("input", { type: "date", class: "select small", "data-t-label": "history.date", on: { change: () => this._goTo(this._date.value) } });
    this._chart = new Chart();
    this._said = el("p", { class: "small quiet", role: "status" });
    this._table = el("tbody");
    this._list = el("tbody");
    this._files = el("p", { class: "files" });
    this.element = this._layout();
    const again = () => this._draw();
    onLanguage(again);
    onZone(() => this._load());
  }

  _layout() {
    const step = (/** @type {number} */ by, /** @type {string} */ key, /** @type {string} */ sign) =>
      el("button", { type: "button", class: "icon-button", "data-step": by, "data-t-label": key, on: { click: () => this._step(by) } }, sign);
    const heads = (/** @type {string[]} */ keys) => el("thead", {}, el("tr", {}, keys.map((key) => el("th", { scope: "col", "data-t": key }))));
    return el(
      "div",
      { class: "view history" },
      el(
        "section",
        { class: "card" },
        el("div", { class: "card-head" }, el("h2", { "data-t": "history.title" }), this._unit),
        el("div", { class: "filters" }, this._span.element, el("div", { class: "stepper" }, step(-1, "history.before", "‹"), this._date, step(1, "history.after", "›"))),
        this._chart,
        this._said,
        el("details", {}, el("summary", { "data-t": "history.as_table" }), el("div", { class: "scroll", tabindex: "0", role: "region", "data-t-label": "history.as_table" }, el("table", {}, heads(["history.time", "history.energy", "history.mean", "history.highest", "graph.plan"]), this._table))),
      ),
      el("section", { class: "card" }, el("div", { class: "card-head" }, el("h2", { "data-t": "history.sessions" }), this._files), el("div", { class: "scroll", tabindex: "0", role: "region", "data-t-label": "history.sessions" }, el("table", { class: "sessions" }, heads(["history.from", "history.to", "history.unit", "history.energy", "history.reason"]), this._list))),
    );
  }

  _spans() {
    const inputs = Object.keys(SPANS).map((span) => el("input", { type: "radio", name: "history-span", value: span, on: { change: () => this._zoom() } }));
    inputs[1].checked = true;
    const labels = inputs.map((input) => el("label", {}, input, el("span", { "data-t": `history.span_${input.value}` })));
    return {
      element: el("fieldset", { class: "choice small", "data-t-label": "history.span" }, labels),
      chosen: () => /** @type {keyof typeof SPANS} */ (inputs.find((input) => input.checked)?.value ?? "day"),
    };
  }

  /** @param {StationState} state */
  show(state) {
    const first = this._state === null;
    this._state = state;
    if (this.element.hidden) return;
    fill(this._unit, state.units.map((unit) => ({ value: unit.id, text: unit.id })));
    this._unit.hidden = state.units.length < 2;
    const stale = performance.now() - this._loadedAt > AGAIN_MS && this._end() >= this._now();
    if (first || stale || this._loadedAt === -Infinity) this._load();
  }

  _now() {
    return this._time.now() ?? new Date();
  }

  _length() {
    return SPANS[this._span.chosen()] * 3600000;
  }

  _start() {
    return this._begin ?? midnight(this._now(), 0);
  }

  _end() {
    const start = this._start();
    // A day is as long as the clocks of the place make it.
    if (this._span.chosen() === "day") return midnight(start, 1);
    return new Date(start.getTime() + this._length());
  }

  _zoom() {
    const span = this._span.chosen();
    const now = this._now();
    const shown = this._start();
    if (span === "week") this._begin = midnight(shown, -6);
    else if (span === "hours") this._begin = new Date(Math.min(Math.max(shown.getTime(), now.getTime() - this._length()), now.getTime()));
    else this._begin = midnight(this._begin ?? now, 0);
    this._load();
  }

  /** @param {number} by */
  _step(by) {
    const span = this._span.chosen();
    const start = this._start();
    this._begin = span === "hours" ? new Date(start.getTime() + by * this._length()) : midnight(start, by * (span === "week" ? 7 : 1));
    this._load();
  }

  /** @param {string} date  As the field has it: YYYY-MM-DD. */
  _goTo(date) {
    const [year, month, day] = date.split("-").map(Number);
    if (!day) return;
    this._begin = beginOfDay(Date.UTC(year, month - 1, day));
    this._load();
  }

  async _load() {
    if (this.element.hidden || !this._unit.value) return;
    const asked = (this._asked += 1);
    this._loadedAt = performance.now();
    const span = new URLSearchParams({ from: this._start().toISOString(), to: this._end().toISOString() });
    try {
      const unit = new URLSearchParams({ unit: this._unit.value, at_most: String(AT_MOST) });
      const [{ readings }, { sessions }] = await Promise.all([ask("GET", `/api/history/readings?${unit}&${span}`), ask("GET", `/api/history/sessions?${span}`)]);
      if (asked !== this._asked) return;
      [this._readings, this._sessions] = [readings, sessions];
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (asked !== this._asked) return;
      [this._readings, this._sessions] = [[], []];
    }
    this._draw();
  }

  _draw() {
    if (this.element.hidden || !this._state) return;
    const [start, end] = [this._start(), this._end()];
    const { year, month, day } = wallClock(start);
    this._date.value = `${year}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
    const total = this._readings.reduce((sum, reading) => sum + reading.energy_wh, 0);
    const summary = this._readings.length > 0 ? t("history.summary", { from: start, to: end, energy: total }) : t("history.nothing", { from: start, to: end });
    say(this._said, summary);
    const unit = this._state.units.find(({ id }) => id === this._unit.value);
    this._chart.show({
      lines: LINES,
      data: points(this._readings),
      summary,
      now: this._now().getTime() / 1000,
      span: [start.getTime() / 1000, end.getTime() / 1000],
      atLeastW: unit ? unit.max_current_a * unit.phases * 230 : 0,
    });
    this._showTable(start, end);
    this._showSessions();
    this._showFiles(start, end);
  }

  /**
   * @param {Date} start
   * @param {Date} end
   */
  _showTable(start, end) {
    const rows = table(this._readings, start.getTime() / 1000, end.getTime() / 1000);
    const cells = 5;
    keep(this._table, rows, ({ at }) => String(at), () => el("tr", {}, Array.from({ length: cells }, (_, i) => el(i ? "td" : "th", i ? {} : { scope: "row" }))), (element, row) => {
      const texts = [format.when(row.at), format.kwh(row.energy_wh), format.kw(row.mean_w), format.kw(row.highest_w), row.planned_w === null ? "–" : format.kw(row.planned_w)];
      texts.forEach((text, i) => say(element.children[i], text));
    });
  }

  _showSessions() {
    const empty = this._sessions.length === 0;
    const rows = empty ? [null] : this._sessions;
    keep(this._list, rows, (session) => session?.transaction_id ?? "", (session) => (session ? el("tr", {}, Array.from({ length: 5 }, () => el("td"))) : el("tr", {}, el("td", { colspan: 5, class: "quiet" }))), (element, session) => {
      if (!session) {
        say(element.firstElementChild, t("history.no_sessions"));
        return;
      }
      const reason = session.reason ? t(`end.${session.reason}`, {}, session.reason) : t("history.running");
      const texts = [format.moment(session.begin), session.end ? format.moment(session.end) : "–", session.unit, format.kwh(session.energy_wh), reason];
      texts.forEach((text, i) => say(element.children[i], text));
    });
  }

  /**
   * @param {Date} start
   * @param {Date} end
   */
  _showFiles(start, end) {
    const span = new URLSearchParams({ from: start.toISOString(), to: end.toISOString() });
    const names = ["readings", "sessions", "plans"];
    keep(this._files, names, (name) => name, (name) => el("a", { class: "button small", download: `${name}.csv` }), (link, name) => {
      mark(link, "href", `/api/history/${name}.csv?${span}`);
      say(link, `${t(`history.file_${name}`)} (CSV)`);
    });
  }
}

/**
 * Epoch seconds, planned and measured watts; a step holds from its begin, and a gap between two readings is one in the lines.
 *
 * @param {Reading[]} readings
 * @returns {(number | null)[][]}
 */
function points(readings) {
  /** @type {[number[], (number | null)[], (number | null)[]]} */
  const data = [[], [], []];
  const add = (/** @type {number} */ at, /** @type {number | null} */ planned, /** @type {number | null} */ measured) => {
    if (data[0].length > 0 && at <= data[0][data[0].length - 1]) return;
    data[0].push(at);
    data[1].push(planned);
    data[2].push(measured);
  };
  let before = -Infinity;
  for (const reading of readings) {
    const begin = Date.parse(reading.begin) / 1000;
    if (begin - before > GAP_S && before > 0) add(before + 1, null, null);
    add(begin, reading.planned_w, reading.mean_w);
    before = Date.parse(reading.end) / 1000;
  }
  const last = readings[readings.length - 1];
  if (last) add(before, last.planned_w, last.mean_w);
  return data;
}

/**
 * The same by hours, or by days where it is long; rows without a reading are left out.
 *
 * @param {Reading[]} readings
 * @param {number} start
 * @param {number} end
 */
function table(readings, start, end) {
  const row_s = end - start > 30 * 3600 ? 86400 : 3600;
  /** @type {Map<number, {at: number, energy_wh: number, measured_s: number, highest_w: number, planned: number, planned_s: number}>} */
  const rows = new Map();
  for (const reading of readings) {
    const at = start + Math.floor((Date.parse(reading.begin) / 1000 - start) / row_s) * row_s;
    const row = rows.get(at) ?? { at, energy_wh: 0, measured_s: 0, highest_w: 0, planned: 0, planned_s: 0 };
    row.energy_wh += reading.energy_wh;
    row.measured_s += reading.measured_s;
    row.highest_w = Math.max(row.highest_w, reading.highest_w);
    if (reading.planned_w !== null) {
      row.planned += reading.planned_w * reading.measured_s;
      row.planned_s += reading.measured_s;
    }
    rows.set(at, row);
  }
  return [...rows.values()].map((row) => ({
    ...row,
    mean_w: row.measured_s > 0 ? Math.min((row.energy_wh * 3600) / row.measured_s, row.highest_w) : 0,
    planned_w: row.planned_s > 0 ? row.planned / row.planned_s : null,
  }));
}

/**
 * The begin of the day of the place that is `days` after that of `at`.
 *
 * @param {Date} at
 * @param {number} days
 */
function midnight(at, days) {
  const { year, month, day } = wallClock(at);
  return beginOfDay(Date.UTC(year, month - 1, day + days));
}

/**
 * @param {number} wall  Midnight as if the place's clocks were UTC.
 * @returns {Date}
 */
function beginOfDay(wall) {
  // Where the clocks skip midnight the day begins an hour later.
  return momentsShowing(wall)[0] ?? momentsShowing(wall + 3600000)[0] ?? new Date(wall);
}
