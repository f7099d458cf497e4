// Plans with their pictures and the reason of every slot: those that hold now, and below them every plan that was made.

import { ApiError, ask } from "../kit/api.js";
import { el, mark, say } from "../kit/dom.js";
import { format, language, t } from "../kit/i18n.js";
import { refusalText } from "../kit/outcome.js";
import { Pages } from "../kit/pages.js";
import { Records } from "../kit/records.js";
import { Plans } from "./plans.js";

/** @typedef {import("./types.js").Overview} Overview */
/** @typedef {import("./types.js").Plan} Plan */
/** @typedef {Omit<Plan, "slots">} PlanHead */

const PER_PAGE = 20;

export class PlansView {
  /** @param {import("../kit/link.js").ServerTime} time */
  constructor(time) {
    /** @type {Overview | null} */
    this._overview = null;
    /** @type {Plan | null} One that was asked for by its number. */
    this._old = null;
    this._number = "";
    /** @type {PlanHead[]} */
    this._heads = [];
    this._newest = "";
    this._which = el("p", { class: "small quiet", role: "status" });
    this._current = el("a", { class: "button small", href: "#/plans", "data-t": "plans.current", hidden: true });
    this._plans = new Plans({ slotsOpen: true, chosen: (plan) => this._showWhich(plan) });
    this._plans.element.querySelector(".card-head")?.append(this._current);
    this._plans.element.querySelector(".plan-full")?.prepend(this._which);
    this._pages = new Pages(time, () => `/api/plans?limit=${PER_PAGE}`, (items) => this._take(items));
    this._records = new Records({ title: "plans.all", keyOf: (/** @type {PlanHead} */ { id }) => id, none: "plans.none_all", hint: "plans.none_hint", columns: columns() });
    this._records.element.hidden = true;
    this._refused = el("p", { class: "outcome small", "data-tone": "bad", role: "status" });
    this.element = el(
      "div",
      { class: "view plans-view" },
      this._refused,
      this._plans.element,
      el("section", { class: "card" }, el("div", { class: "card-head" }, el("h2", { "data-t": "plans.all" }), this._pages.loaded.element), this._records.element, this._pages.element),
    );
  }

  /** @param {string[]} path */
  async enter([number = ""]) {
    const other = number !== this._number;
    this._number = number;
    if (other || !this._pages.loaded.once) this._pages.again();
    if (other) scrollTo(0, 0);
    this._old = null;
    say(this._refused, "");
    if (number) {
      try {
        const plan = await ask("GET", `/api/plans/${encodeURIComponent(number)}`);
        if (number !== this._number) return;
        this._old = plan;
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        say(this._refused, refusalText(error));
      }
    }
    this._draw();
  }

  /** @param {Overview} overview */
  show(overview) {
    this._overview = overview;
    const newest = overview.plans.map(({ id }) => id).join(" ");
    // A new plan is in the list, too.
    if (newest !== this._newest && !this.element.hidden && this._pages.onFirst) this._pages.again();
    this._newest = newest;
    this._draw();
  }

  linked() {
    if (!this.element.hidden) this._pages.again();
  }

  redraw() {
    if (this._pages.loaded.once) this._records.show(this._heads);
    this._draw();
  }

  /** @param {PlanHead[]} heads */
  _take(heads) {
    this._heads = heads;
    this._records.element.hidden = false;
    this._records.show(heads);
  }

  _draw() {
    if (this._overview) this._plans.show(this._old ? { ...this._overview, plans: [this._old] } : this._overview);
  }

  /** @param {Plan | undefined} plan */
  _showWhich(plan) {
    mark(this._current, "hidden", this._old === null);
    say(this._which, plan ? t("plans.which", { number: plan.id, place: placeOf(plan), at: format.moment(plan.created_at), mode: modeOf(plan) }) : "");
  }
}

function columns() {
  return [
    { label: "plans.number", kind: "main", make: () => el("a"), show: (/** @type {HTMLElement} */ link, /** @type {PlanHead} */ { id }) => {
      say(link, id);
      mark(link, "href", `#/plans/${id}`);
    } },
    { label: "plans.place", text: placeOf },
    { label: "plans.made", text: (/** @type {PlanHead} */ { created_at }) => format.moment(created_at) },
    { label: "plans.mode", text: modeOf },
    { label: "plans.energy", kind: "number", text: (/** @type {PlanHead} */ { energy_wh }) => format.kwh(energy_wh) },
    { label: "plans.cost", kind: "number", text: (/** @type {PlanHead} */ { cost, currency }) => format.money(cost, currency) },
    { label: "plans.sentence", kind: "wide", text: (/** @type {PlanHead} */ { summary }) => summary[language()] ?? summary.en ?? "" },
  ];
}

/** @param {PlanHead} plan */
function placeOf({ station_id, evse_id }) {
  return `${station_id} · ${evse_id}`;
}

/** @param {PlanHead} plan */
function modeOf({ mode }) {
  return t(`mode.${mode}`, {}, mode);
}
