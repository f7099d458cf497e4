// The plan for a driver's car: the sentence, the car's power over time with the price, and why each slot is as it is.

import { Chart } from "../kit/chart.js";
import { el, keep, mark, say } from "../kit/dom.js";
import { format, language, t } from "../kit/i18n.js";
import { zone } from "../kit/zone.js";
import { endOf, figuresOf, reasonText } from "./plans.js";

/** @typedef {import("./types.js").OwnedPlan} OwnedPlan */
/** @typedef {import("./types.js").OwnedSlot} OwnedSlot */

/** @type {import("../kit/chart.js").Line[]} */
const LINES = [
  { label: "plans.ev", colour: "--ev", shape: "step", filled: true, scale: "power" },
  { label: "plans.price", colour: "--price", shape: "step", scale: "price" },
];
/** When it is complete stands above; what else a plan says is about the site. */
const FIGURES = ["energy", "cost", "at_once", "saved"];

export class OwnPlan {
  constructor() {
    /** @type {OwnedPlan | null} */
    this._plan = null;
    this._now = 0;
    this._drawn = "";
    this._summary = el("p", { class: "plan-summary" });
    this._figures = el("dl", { class: "plan-figures" });
    this._chart = new Chart();
    this._chart.addEventListener("point", (event) => this._showSlot(/** @type {CustomEvent} */ (event).detail));
    this._reason = el("p", { class: "plan-reason small", role: "status" });
    this._rows = el("tbody");
    const heads = ["slot", "ev", "price", "reason"].map((name) => el("th", { scope: "col", "data-t": `plans.${name}` }));
    const table = el("div", { class: "table-box" }, el("table", {}, el("thead", {}, el("tr", {}, heads)), this._rows));
    this._empty = el("div", { class: "empty" }, el("strong", { "data-t": "plans.none" }), el("span", { "data-t": "own.no_plan_hint" }));
    this._full = el("div", { class: "plan-full", hidden: true }, this._summary, this._figures, this._chart, this._reason, el("details", { class: "plan-slots" }, el("summary", { "data-t": "plans.slots" }), table));
    this.element = el("section", { class: "card own-plan" }, el("div", { class: "card-head" }, el("h2", { "data-t": "own.plan" })), this._empty, this._full);
  }

  /**
   * @param {OwnedPlan | null} plan
   * @param {string} now
   */
  show(plan, now) {
    this._plan = plan;
    this._now = Date.parse(now) / 1000;
    this._empty.hidden = plan !== null;
    this._full.hidden = plan === null;
    if (plan === null) return;
    say(this._summary, sentenceOf(plan));
    const figures = figuresOf(/** @type {any} */ (plan)).filter(([name]) => FIGURES.includes(name));
    keep(this._figures, figures, ([name]) => name, ([name]) => el("div", {}, el("dt", { "data-t": `plans.${name}` }, t(`plans.${name}`)), el("dd")), (element, [, text, tone]) => {
      say(element.lastElementChild, text);
      mark(element.lastElementChild, "data-tone", tone);
    });
    this._chart.show(picture(plan, this._now));
    this._showSlot(null);
    const drawn = `${plan.created_at} ${language()} ${zone()}`;
    if (drawn === this._drawn) return;
    this._drawn = drawn;
    this._rows.replaceChildren(...alike(plan).map(({ from, until, texts }) => el("tr", {}, [`${format.when(from)} – ${format.time(until)}`, ...texts].map((text) => el("td", {}, text)))));
  }

  /** @param {number | null} index   Null: the slot of this moment. */
  _showSlot(index) {
    const slots = this._plan?.slots ?? [];
    const current = slots.findIndex((slot) => endOf(slot) > this._now);
    const slot = slots[Math.min(index ?? Math.max(0, current), slots.length - 1)];
    say(this._reason, slot ? t("plans.slot_said", { from: slot.start_at, to: endOf(slot), a: slot.current_a, power: slot.power_w, why: reasonText(slot.reason) }) : "");
  }
}

/** @param {OwnedPlan} plan */
function sentenceOf({ summary }) {
  return summary[language()] ?? summary.en ?? "";
}

/**
 * @param {OwnedPlan} plan
 * @param {number} now
 * @returns {import("../kit/chart.js").Picture}
 */
function picture(plan, now) {
  const last = plan.slots[plan.slots.length - 1];
  // A step is drawn from its time on: the last one is said once more where it ends.
  const all = last ? [...plan.slots, { ...last, start_at: new Date(endOf(last) * 1000).toISOString() }] : [];
  return {
    lines: LINES,
    data: [all.map((slot) => Date.parse(slot.start_at) / 1000), all.map((slot) => slot.power_w), all.map((slot) => slot.price_per_kwh)],
    currency: plan.currency,
    now,
    summary: sentenceOf(plan),
  };
}

/**
 * Slots that follow each other and read the same as one.
 *
 * @param {OwnedPlan} plan
 */
function alike({ slots, currency }) {
  /** @type {{from: string, until: number, texts: string[]}[]} */
  const found = [];
  for (const slot of slots) {
    const texts = [slot.current_a > 0 ? `${format.a(slot.current_a)} · ${format.kw(slot.power_w)}` : "–", format.money(slot.price_per_kwh, currency), reasonText(slot.reason)];
    const last = found[found.length - 1];
    const until = endOf(slot);
    if (last && last.texts.join("\n") === texts.join("\n")) last.until = until;
    else found.push({ from: slot.start_at, until, texts });
  }
  return found;
}
