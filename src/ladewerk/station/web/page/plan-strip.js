// The plan as a strip to glance at and a list to read: when it charges, with how much, and when it waits.

import { el, keep, mark, say } from "../kit/dom.js";
import { format, t } from "../kit/i18n.js";
import { shownPeriods } from "./plan-shown.js";

/** @typedef {import("./types.js").Unit} Unit */
/** @typedef {import("./types.js").Period} Period */

export class PlanStrip {
  constructor() {
    this._strip = el("div", { class: "strip", "aria-hidden": "true" });
    this._now = el("div", { class: "strip-now", "aria-hidden": "true" });
    this._ends = el("div", { class: "strip-ends small quiet", "aria-hidden": "true" }, el("span"), el("span"));
    this._list = el("ol", { class: "periods" });
    this._received = el("span", { class: "small quiet" });
    this._empty = el("div", { class: "empty" }, el("strong", { "data-t": "plan.none" }), el("span", { "data-t": "plan.none_hint" }));
    this._full = el("div", { hidden: true }, el("div", { class: "strip-box" }, this._strip, this._now), this._ends, this._list);
    this.element = el(
      "section",
      { class: "card plan" },
      el("div", { class: "card-head" }, el("h2", { "data-t": "plan.title" }), this._received),
      this._empty,
      this._full,
    );
  }

  /**
   * @param {Unit} unit
   * @param {string} now
   */
  show(unit, now) {
    const at = Date.parse(now);
    const periods = shownPeriods(unit, at);
    this._full.hidden = periods.length === 0;
    this._empty.hidden = periods.length > 0;
    say(this._received, unit.plan ? t("plan.received", { at: unit.plan.received_at }) : "");
    if (periods.length === 0) return;
    const start = Date.parse(periods[0].start_at);
    const end = endOf(periods[periods.length - 1]);
    const key = (/** @type {Period} */ period) => `${period.start_at}/${period.end_at}/${period.limit_a}`;
    keep(this._strip, periods, key, (period) => bar(period, unit.max_current_a));
    this._now.style.left = `${(Math.min(1, Math.max(0, (at - start) / (end - start))) * 100).toFixed(2)}%`;
    say(this._ends.firstElementChild, format.when(periods[0].start_at));
    say(this._ends.lastElementChild, format.when(end / 1000));
    keep(this._list, periods, key, line, (element, period) => showLine(element, period, at, unit));
  }
}

/** A limit without an end is drawn this long. */
const FOR_EVER_MS = 3600000;

/** @param {Period} period */
function endOf(period) {
  return period.end_at === null ? Date.parse(period.start_at) + FOR_EVER_MS : Date.parse(period.end_at);
}

/**
 * @param {Period} period
 * @param {number} max_a
 */
function bar(period, max_a) {
  const element = el("div", { class: "strip-bar" }, el("div", { class: "strip-level" }));
  element.style.flexGrow = String(endOf(period) - Date.parse(period.start_at));
  element.firstElementChild.style.height = `${Math.min(100, (period.limit_a / max_a) * 100)}%`;
  return element;
}

function line() {
  return el("li", { class: "period" }, el("span", { class: "period-time" }), el("span", { class: "period-what" }), el("span", { class: "period-when small" }));
}

/**
 * @param {Element} element
 * @param {Period} period
 * @param {number} now
 * @param {Unit} unit
 */
function showLine(element, period, now, unit) {
  const when = now >= endOf(period) ? "past" : now >= Date.parse(period.start_at) ? "now" : "next";
  mark(element, "data-when", when);
  const [time, what, whenText] = element.children;
  say(time, `${format.time(period.start_at)} – ${period.end_at === null ? "…" : format.time(period.end_at)}`);
  const power_w = period.limit_a * unit.phases * 230;
  say(what, period.limit_a > 0 ? t("plan.charge", { a: period.limit_a, power: power_w }) : t("plan.pause"));
  say(whenText, when === "next" ? "" : t(`plan.${when}`));
}
