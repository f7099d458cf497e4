// The plans: base load and car stacked under the grid limit, the price beside it, and why each slot is as it is.

import { Chart } from "../kit/chart.js";
import { el, keep, mark, say } from "../kit/dom.js";
import { format, language, t } from "../kit/i18n.js";
import { zone } from "../kit/zone.js";

/** @typedef {import("./types.js").Overview} Overview */
/** @typedef {import("./types.js").Plan} Plan */

/** @type {import("../kit/chart.js").Line[]} */
const LINES = [
  { label: "plans.ev", colour: "--ev", shape: "step", filled: true, scale: "power" },
  { label: "plans.base", colour: "--base", shape: "step", filled: true, scale: "power" },
  { label: "plans.limit", colour: "--limit", shape: "step", dashed: true, scale: "power" },
  { label: "plans.price", colour: "--price", shape: "step", scale: "price" },
];

export class Plans {
  /** @param {{slotsOpen?: boolean, chosen?: (plan: Plan | undefined) => void}} [options]   `chosen` hears which plan is shown. */
  constructor({ slotsOpen = false, chosen = () => {} } = {}) {
    this._slotsOpen = slotsOpen;
    this._heard = chosen;
    this._chosen = "";
    /** @type {Plan[]} */
    this._plans = [];
    this._now = 0;
    this._drawn = "";
    this._tabs = el("div", { class: "plan-tabs", role: "tablist", "data-t-label": "plans.title" });
    this._summary = el("p", { class: "plan-summary" });
    this._figures = el("dl", { class: "plan-figures" });
    this._chart = new Chart();
    this._chart.addEventListener("point", (event) => this._showSlot(/** @type {CustomEvent} */ (event).detail));
    this._reason = el("p", { class: "plan-reason small", role: "status" });
    this._rows = el("tbody");
    this._empty = el("div", { class: "empty" }, el("strong", { "data-t": "plans.none" }), el("span", { "data-t": "plans.none_hint" }));
    this._full = el("div", { class: "plan-full", hidden: true }, this._summary, this._figures, this._chart, this._reason, this._table());
    this.element = el(
      "section",
      { class: "card plans-card" },
      el("div", { class: "card-head" }, el("h2", { "data-t": "plans.title" }), this._tabs),
      el("div", { class: "card-body" }, this._empty, this._full),
    );
  }

  _table() {
    const names = ["slot", "ev", "base", "price", "reason"];
    const head = el("thead", {}, el("tr", {}, names.map((name) => el("th", { scope: "col", "data-t": `plans.${name}` }))));
    return el("details", { class: "plan-slots", open: this._slotsOpen }, el("summary", { "data-t": "plans.slots" }), el("div", { class: "table-box" }, el("table", {}, head, this._rows)));
  }

  /** @param {string} key   Station and EVSE. */
  choose(key) {
    this._chosen = key;
    this._draw();
  }

  /** @param {Overview} overview */
  show({ plans, now }) {
    this._plans = plans;
    this._now = Date.parse(now) / 1000;
    this._draw();
  }

  _draw() {
    const plans = this._plans;
    this._empty.hidden = plans.length > 0;
    this._full.hidden = plans.length === 0;
    // Nobody has chosen: the newest.
    const newest = [...plans].sort((a, b) => (a.created_at < b.created_at ? 1 : -1))[0];
    const plan = plans.find((candidate) => keyOf(candidate) === this._chosen) ?? newest;
    keep(
      this._tabs,
      plans.length > 1 ? plans : [],
      keyOf,
      (candidate) => el("button", { type: "button", role: "tab", class: "button small", on: { click: () => this.choose(keyOf(candidate)) } }),
      (tab, candidate) => {
        say(tab, `${candidate.station_id} · ${candidate.evse_id}`);
        mark(tab, "aria-selected", candidate === plan ? "true" : "false");
        mark(tab, "aria-pressed", candidate === plan ? "true" : "false");
      },
    );
    this._plan = plan;
    this._heard(plan);
    if (plan) this._showPlan(plan);
  }

  /** @param {Plan} plan */
  _showPlan(plan) {
    say(this._summary, plan.summary[language()] ?? plan.summary.en ?? "");
    const figures = figuresOf(plan);
    keep(this._figures, figures, ([name]) => name, ([name]) => el("div", {}, el("dt", { "data-t": `plans.${name}` }, t(`plans.${name}`)), el("dd")), (element, [, text, tone]) => {
      say(element.lastElementChild, text);
      mark(element.lastElementChild, "data-tone", tone);
    });
    this._chart.show(picture(plan, this._now));
    this._showSlot(null);
    const drawn = `${plan.id} ${language()} ${zone()}`;
    if (drawn === this._drawn) return;
    this._drawn = drawn;
    this._rows.replaceChildren(...alike(plan.slots, plan.currency).map((slot) => slotRow(slot, plan.currency)));
  }

  /** @param {number | null} index   Null: the slot of this moment. */
  _showSlot(index) {
    const slots = this._plan?.slots ?? [];
    const current = slots.findIndex((slot) => Date.parse(slot.start_at) / 1000 + slot.duration_s > this._now);
    const slot = slots[Math.min(index ?? Math.max(0, current), slots.length - 1)];
    say(this._reason, slot ? t("plans.slot_said", { from: slot.start_at, to: endOf(slot), a: slot.current_a, power: slot.power_w, why: reasonText(slot.reason) }) : "");
  }
}

/** @param {Plan} plan */
function keyOf(plan) {
  return `${plan.station_id}/${plan.evse_id}`;
}

/** @param {string} reason */
export function reasonText(reason) {
  return t(`reason.${reason.replaceAll(" ", "_")}`, {}, reason);
}

/** @param {import("./types.js").OwnedSlot} slot */
export function endOf(slot) {
  return Date.parse(slot.start_at) / 1000 + slot.duration_s;
}

/**
 * @param {Plan} plan
 * @returns {[string, string, string | null][]}
 */
export function figuresOf(plan) {
  const money = (/** @type {number} */ value) => format.money(value, plan.currency);
  const saved = plan.cost_if_at_once - plan.cost;
  return [
    ["energy", plan.missing_wh >= 50 ? t("plans.energy_of", { got: plan.energy_wh, all: plan.energy_wh + plan.missing_wh }) : format.kwh(plan.energy_wh), plan.missing_wh >= 50 ? "warn" : null],
    ["complete", plan.complete_at ? format.when(plan.complete_at) : t("plans.never"), plan.complete_at ? null : "warn"],
    ["cost", money(plan.cost), null],
    ["at_once", money(plan.cost_if_at_once), null],
    ["saved", money(saved), saved >= 0.005 ? "good" : null],
    ["peak", t("plans.peak_of", { peak: plan.peak_w, limit: plan.limit_w }), plan.peak_w > plan.limit_w + 1 ? "bad" : null],
  ];
}

/**
 * @param {Plan} plan
 * @param {number} now
 * @returns {import("../kit/chart.js").Picture}
 */
function picture(plan, now) {
  const slots = plan.slots;
  const last = slots[slots.length - 1];
  // A step is drawn from its time on: the last one is said once more where it ends.
  const all = last ? [...slots, { ...last, start_at: new Date(endOf(last) * 1000).toISOString() }] : [];
  const times = all.map((slot) => Date.parse(slot.start_at) / 1000);
  const column = (/** @type {(slot: import("./types.js").Slot) => number} */ read) => all.map(read);
  const others = [column((slot) => slot.base_load_w), column((slot) => slot.limit_w), column((slot) => slot.price_per_kwh)];
  return {
    lines: LINES,
    data: [times, column((slot) => slot.base_load_w + slot.power_w), ...others],
    said: [times, column((slot) => slot.power_w), ...others],
    currency: plan.currency,
    now,
    summary: plan.summary[language()] ?? plan.summary.en ?? "",
    atLeastW: plan.limit_w,
  };
}

/**
 * Slots that follow each other and read the same as one.
 *
 * @param {import("./types.js").Slot[]} slots
 * @param {string} currency
 */
function alike(slots, currency) {
  /** @type {import("./types.js").Slot[]} */
  const found = [];
  let before = "";
  for (const slot of slots) {
    const said = slotTexts(slot, currency).join("\n");
    const last = found[found.length - 1];
    if (said === before) found[found.length - 1] = { ...last, duration_s: last.duration_s + slot.duration_s };
    else found.push(slot);
    before = said;
  }
  return found;
}

/**
 * What a slot says beside its time.
 *
 * @param {import("./types.js").Slot} slot
 * @param {string} currency
 */
function slotTexts(slot, currency) {
  return [
    slot.current_a > 0 ? `${format.a(slot.current_a)} · ${format.kw(slot.power_w)}` : "–",
    format.kw(slot.base_load_w),
    format.money(slot.price_per_kwh, currency),
    reasonText(slot.reason),
  ];
}

/**
 * @param {import("./types.js").Slot} slot
 * @param {string} currency
 */
function slotRow(slot, currency) {
  const cells = [`${format.when(slot.start_at)} – ${format.time(endOf(slot))}`, ...slotTexts(slot, currency)];
  // A phone has no room for the heads of the columns.
  const label = t("plans.base");
  return el("tr", {}, cells.map((text, column) => el("td", { "data-label": column === 2 && label }, text)));
}
