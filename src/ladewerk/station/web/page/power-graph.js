// Measured power against the plan, over the session.

import { Chart } from "../kit/chart.js";
import { ApiError, ask } from "../kit/api.js";
import { el } from "../kit/dom.js";
import { t } from "../kit/i18n.js";
import { shownPeriods } from "./plan-shown.js";

/** @typedef {import("./types.js").Unit} Unit */
/** @typedef {[number, number, number, number | null]} Sample   epoch_s, power_w, set_current_a, planned_power_w */

const LOOK_BACK_S = 12 * 3600;
const BEFORE_PLAN_S = 900;
const MOST_SAMPLES = 3000;
const REDRAW_MS = 900;

/** @type {import("../kit/chart.js").Line[]} */
const LINES = [
  { label: "graph.plan", colour: "--ev", shape: "step", filled: true, scale: "power" },
  { label: "graph.measured", colour: "--measured", shape: "line", scale: "power" },
];

export class PowerGraph {
  /** @param {string} id */
  constructor(id) {
    this._id = id;
    this._chart = new Chart();
    /** @type {Sample[]} */
    this._samples = [];
    this._drawn = 0;
    this._loading = false;
    this._loaded = false;
    this.element = el("section", { class: "card graph" }, el("div", { class: "card-head" }, el("h2", { "data-t": "graph.title" })), this._chart);
  }

  /**
   * @param {Unit} unit
   * @param {string} now
   * @param {boolean} visible
   */
  show(unit, now, visible) {
    const at = Date.parse(now) / 1000;
    const last = this._samples.at(-1)?.[0] ?? 0;
    // After a lost link, or at the start, the station has what is missing here.
    if (!this._loaded || at - last > 3600) this._load(at - LOOK_BACK_S);
    if (at > last && unit.power_w !== null) this._samples.push([at, unit.power_w, unit.set_current_a, plannedPowerW(unit, at)]);
    this._thin();
    if (!visible || performance.now() - this._drawn < REDRAW_MS) return;
    this._drawn = performance.now();
    this._draw(unit, at);
  }

  /** @param {number} since */
  async _load(since) {
    if (this._loading) return;
    this._loading = true;
    try {
      const from = new Date(since * 1000).toISOString();
      const { samples } = await ask("GET", `/api/units/${encodeURIComponent(this._id)}/samples?since=${encodeURIComponent(from)}`);
      const newest = samples.at(-1)?.[0] ?? 0;
      this._samples = [...samples, ...this._samples.filter((sample) => sample[0] > newest)];
      this._loaded = true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    } finally {
      this._loading = false;
    }
  }

  /** Bounded: the older half loses every second sample. */
  _thin() {
    if (this._samples.length <= MOST_SAMPLES) return;
    const half = MOST_SAMPLES / 2;
    this._samples = this._samples.filter((_, i) => i >= half || i % 2 === 0);
  }

  /**
   * @param {Unit} unit
   * @param {number} now
   */
  _draw(unit, now) {
    const begin = unit.plan ? Math.min(now, Date.parse(unit.plan.received_at) / 1000) - BEFORE_PLAN_S : now - 3600;
    const earliest = Math.max(begin, now - LOOK_BACK_S);
    const past = this._samples.filter((sample) => sample[0] >= earliest && sample[0] <= now);
    const future = plannedSteps(unit, now);
    const end = Math.max(now + 600, future.at(-1)?.[0] ?? 0);
    this._chart.show({
      lines: LINES,
      data: [
        [...past.map((sample) => sample[0]), ...future.map(([at]) => at)],
        [...past.map((sample) => sample[3]), ...future.map(([, power]) => power)],
        [...past.map((sample) => sample[1]), ...future.map(() => null)],
      ],
      now,
      span: [past[0]?.[0] ?? earliest, end],
      atLeastW: unit.max_current_a * unit.phases * 230,
      summary: t("graph.summary", { power: unit.power_w ?? 0, planned: plannedPowerW(unit, now) ?? 0 }),
    });
  }
}

/**
 * The plan from now on: each moment it changes, with the power from then on.
 *
 * @param {Unit} unit
 * @param {number} now
 * @returns {[number, number | null][]}
 */
function plannedSteps(unit, now) {
  const periods = shownPeriods(unit, now * 1000);
  if (periods.length === 0) return [];
  /** @type {[number, number | null][]} */
  const steps = [];
  for (const period of periods) {
    const start = Math.max(now, Date.parse(period.start_at) / 1000);
    const end = endOf(period);
    if (end > start) steps.push([start, powerOf(unit, period.limit_a)]);
  }
  // The last step is drawn up to here.
  steps.push([endOf(periods[periods.length - 1]), steps.at(-1)?.[1] ?? null]);
  return steps.filter(([at], i) => at >= now && (i === 0 || at > steps[i - 1][0]));
}

/**
 * Epoch seconds; a limit without an end is drawn for an hour.
 *
 * @param {import("./types.js").Period} period
 */
function endOf(period) {
  return period.end_at === null ? Date.parse(period.start_at) / 1000 + 3600 : Date.parse(period.end_at) / 1000;
}

/**
 * @param {Unit} unit
 * @param {number} at
 */
function plannedPowerW(unit, at) {
  const period = unit.plan?.periods.find((candidate) => Date.parse(candidate.start_at) / 1000 <= at && at < endOf(candidate));
  return period ? powerOf(unit, period.limit_a) : null;
}

/**
 * @param {Unit} unit
 * @param {number} current_a
 */
function powerOf(unit, current_a) {
  const volts = unit.voltage_v[0] ?? 0;
  return current_a * unit.phases * (volts > 150 ? volts : 230);
}
