// How many were turned away: stations that nobody knows, wrong passwords, floods; and the way to all of them.

import { ask } from "../kit/api.js";
import { el, say } from "../kit/dom.js";
import { t } from "../kit/i18n.js";
import { Loaded } from "../kit/loaded.js";

export class RefusalsCard {
  /** @param {import("../kit/link.js").ServerTime} time */
  constructor(time) {
    /** @type {{since: string, counts: Record<string, number>} | null} */
    this._told = null;
    this._loaded = new Loaded(time, () => this._fetch());
    this._said = el("p");
    this.element = el("section", { class: "card refusals" }, el("div", { class: "card-head" }, el("h2", { "data-t": "refusals.title" }), this._loaded.element, el("a", { class: "button small", href: "#/refusals", "data-t": "refusals.all" })), this._said);
  }

  enter() {
    this._loaded.load();
  }

  redraw() {
    if (this._told === null) return;
    const { since, counts } = this._told;
    const reasons = Object.entries(counts).sort(([, a], [, b]) => b - a).slice(0, 3).map(([why]) => t(`refused.${why}`, {}, why));
    const n = Object.values(counts).reduce((sum, times) => sum + times, 0);
    say(this._said, n === 0 ? t("refusals.none") : `${t("refusals.since", { at: since, n })} ${t("refusals.mostly", { reasons: reasons.join(", ") })}`);
  }

  async _fetch() {
    this._told = await ask("GET", "/api/refusals?limit=1");
    this.redraw();
  }
}
