// Everybody who was turned away: why, how often, since when, and what can be done about it; by reason and words, page by page.

import { el, keep, mark, say } from "../kit/dom.js";
import { format, t } from "../kit/i18n.js";
import { Pages } from "../kit/pages.js";
import { Records } from "../kit/records.js";

/** @typedef {import("./types.js").Burst} Burst */
/** @typedef {{since: string, counts: Record<string, number>, bursts: Burst[]}} Refusals */

const PER_PAGE = 50;
const TYPING_MS = 300;
/** The first page follows what happens, not oftener than this. */
const AGAIN_MS = 5000;
/** Where a remedy is at hand. */
const PLACES = /** @type {Record<string, string>} */ ({ unknown_station: "stations", wrong_credentials: "stations", foreign_transaction: "transactions" });

export class RefusalsView {
  /** @param {import("../kit/link.js").ServerTime} time */
  constructor(time) {
    this._timer = 0;
    this._asked_ms = 0;
    this._why = "";
    /** @type {Refusals | null} */
    this._shown = null;
    this._pages = new Pages(time, () => this._address(), (/** @type {any} */ refusals) => this._take(refusals));
    this._words = el("input", { type: "search", class: "filter", "data-t-label": "refusals.search", "data-t-placeholder": "refusals.search", on: { input: () => this._typed() } });
    this._since = el("p", { class: "small quiet" });
    this._counts = el("div", { class: "quick counts", role: "group", "data-t-label": "refusals.why" });
    this._records = new Records({ title: "refusals.title", keyOf: (/** @type {Burst} */ { why, remote, what }) => [why, remote, what].join("\n"), none: "refusals.none", columns: columns() });
    this._records.element.hidden = true;
    this._noMatch = el("p", { class: "empty", hidden: true, "data-t": "refusals.no_match" });
    this.element = el(
      "div",
      { class: "view refusals" },
      el("section", { class: "card" }, el("div", { class: "card-head" }, el("h2", { "data-t": "refusals.title" }), this._pages.loaded.element, this._words), this._since, this._counts, this._noMatch, this._records.element, this._pages.element),
    );
  }

  enter() {
    this._pages.restart();
  }

  linked() {
    if (!this.element.hidden) this._pages.again();
  }

  show() {
    if (this.element.hidden || !this._pages.onFirst || Date.now() - this._asked_ms < AGAIN_MS) return;
    this._pages.again();
  }

  redraw() {
    this._draw();
  }

  _address() {
    const query = new URLSearchParams({ limit: String(PER_PAGE) });
    if (this._why) query.set("why", this._why);
    if (this._words.value.trim()) query.set("search", this._words.value.trim());
    return `/api/refusals?${query}`;
  }

  _typed() {
    clearTimeout(this._timer);
    this._timer = window.setTimeout(() => this._pages.restart(), TYPING_MS);
  }

  /** @param {string} why */
  _choose(why) {
    this._why = why === this._why ? "" : why;
    this._draw();
    this._pages.restart();
  }

  /** @param {Refusals} refusals */
  _take(refusals) {
    this._asked_ms = Date.now();
    this._shown = refusals;
    this._draw();
  }

  _draw() {
    if (this._shown === null) return;
    const { since, counts, bursts } = this._shown;
    const filtered = this._why !== "" || this._words.value.trim() !== "";
    say(this._since, t("refusals.since", { at: since, n: Object.values(counts).reduce((sum, times) => sum + times, 0) }));
    const reasons = Object.entries(counts).sort(([, a], [, b]) => b - a);
    keep(this._counts, reasons, ([why]) => why, ([why]) => el("button", { type: "button", class: "button small", on: { click: () => this._choose(why) } }), (button, [why, times]) => {
      say(button, `${t(`refused.${why}`, {}, why)} · ${format.number(times)}`);
      mark(button, "aria-pressed", String(why === this._why));
    });
    this._noMatch.hidden = !(filtered && bursts.length === 0);
    this._records.element.hidden = !this._noMatch.hidden;
    this._records.show(bursts);
  }
}

function columns() {
  return [
    { label: "refusals.why", kind: "main", text: (/** @type {Burst} */ { why }) => t(`refused.${why}`, {}, why) },
    { label: "refusals.remote", text: (/** @type {Burst} */ { remote }) => remote || "–" },
    { label: "refusals.what", kind: "wide", make: () => el("span", { lang: "en" }), show: (/** @type {HTMLElement} */ cell, /** @type {Burst} */ { what }) => say(cell, what || "–") },
    { label: "refusals.times", kind: "number", text: timesText },
    { label: "refusals.first", text: (/** @type {Burst} */ { first_at }) => format.moment(first_at) },
    { label: "refusals.last", text: (/** @type {Burst} */ { last_at }) => format.moment(last_at) },
    { label: "refusals.remedy", kind: "wide", make: () => el("a"), show: showRemedy },
  ];
}

/** @param {Burst} burst */
function timesText({ times, in_all }) {
  return times > 1 && times < in_all ? t("refusals.lately", { in_all, times }) : format.number(in_all);
}

/**
 * @param {HTMLElement} link
 * @param {Burst} burst
 */
function showRemedy(link, { why }) {
  say(link, t(`remedy.${why}`, {}, ""));
  mark(link, "href", PLACES[why] ? `#/${PLACES[why]}` : null);
}
