// Plans with their pictures and the reason of every slot: those that hold now, and any older one by its number.

import { ApiError, ask } from "../kit/api.js";
import { el, say } from "../kit/dom.js";
import { format, t } from "../kit/i18n.js";
import { refusalText } from "../kit/outcome.js";
import { Plans } from "./plans.js";

/** @typedef {import("./types.js").Overview} Overview */
/** @typedef {import("./types.js").Plan} Plan */

export class PlansView {
  constructor() {
    /** @type {Overview | null} */
    this._overview = null;
    /** @type {Plan | null} One that was asked for by its number. */
    this._old = null;
    this._number = "";
    this._plans = new Plans({ slotsOpen: true, chosen: (plan) => this._showWhich(plan) });
    this._which = el("p", { class: "small quiet", role: "status" });
    this._older = el("a", { class: "button small", "data-t": "plans.older" });
    this._newer = el("a", { class: "button small", "data-t": "plans.newer" });
    this._current = el("a", { class: "button small", href: "#/plans", "data-t": "plans.current" });
    this._walk = el("nav", { class: "pages", "data-t-label": "plans.walk" }, this._older, this._newer, this._current);
    this.element = el("div", { class: "view plans-view" }, this._plans.element, el("section", { class: "card", hidden: true }, this._which, this._walk));
    this._foot = this.element.lastElementChild;
  }

  /** @param {string[]} path */
  async enter([number]) {
    this._number = number ?? "";
    this._old = null;
    if (this._number) {
      try {
        const plan = await ask("GET", `/api/plans/${encodeURIComponent(this._number)}`);
        if (number !== this._number) return;
        this._old = plan;
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        this._foot.hidden = false;
        this._walk.hidden = false;
        this._older.hidden = true;
        this._newer.hidden = true;
        this._current.hidden = false;
        say(this._which, refusalText(error));
      }
    }
    this._draw();
  }

  /** @param {Overview} overview */
  show(overview) {
    this._overview = overview;
    this._draw();
  }

  redraw() {
    this._draw();
  }

  _draw() {
    if (!this._overview || (this._number && !this._old)) return;
    this._plans.show(this._old ? { ...this._overview, plans: [this._old] } : this._overview);
  }

  /** @param {Plan | undefined} plan */
  _showWhich(plan) {
    this._foot.hidden = !plan;
    if (!plan) return;
    const number = Number(plan.id);
    say(this._which, t("plans.which", { number: plan.id, place: `${plan.station_id} · ${plan.evse_id}`, at: format.moment(plan.created_at), mode: t(`mode.${plan.mode}`, {}, plan.mode) }));
    this._older.hidden = number <= 1;
    this._older.setAttribute("href", `#/plans/${number - 1}`);
    const newest = Math.max(...(this._overview?.plans ?? []).map(({ id }) => Number(id)), 0);
    this._newer.hidden = number >= newest;
    this._newer.setAttribute("href", `#/plans/${number + 1}`);
    this._current.hidden = this._old === null;
  }
}
