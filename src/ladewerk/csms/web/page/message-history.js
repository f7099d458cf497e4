// The OCPP messages of a station that are kept, each with its answer: by action, way and outcome, page by page.

import { el, mark, say } from "../kit/dom.js";
import { format, t } from "../kit/i18n.js";
import { Pages } from "../kit/pages.js";
import { Records } from "../kit/records.js";
import { failed, readFrame, reply, summarise } from "./frames.js";

/** @typedef {{number: number, at: string, direction: string, action: string, outcome: string, request: string, answer: string | null, answered_at: string | null}} KeptExchange */

const PER_PAGE = 50;
const TYPING_MS = 300;
const DIRECTIONS = ["", "received", "sent"];
const TONES = /** @type {Record<string, string>} */ ({ answered: "good", unanswered: "warn", refused: "bad", sent: "info", stray: "bad" });

export class MessageHistory {
  /**
   * @param {string} id
   * @param {import("../kit/link.js").ServerTime} time
   */
  constructor(id, time) {
    this._timer = 0;
    /** @type {KeptExchange[]} */
    this._shown = [];
    this._action = el("input", { type: "search", class: "filter", "data-t-label": "messages.action", "data-t-placeholder": "messages.action", on: { input: () => this._typed() } });
    const again = () => this._pages.restart();
    this._direction = choice("messages.direction", "messages", DIRECTIONS, again);
    this._outcome = choice("messages.outcome", "outcome", ["", ...Object.keys(TONES)], again);
    this._pages = new Pages(time, () => this._address(id), (items) => this._take(items));
    this._records = new Records({ title: "messages.kept", keyOf: (/** @type {KeptExchange} */ { number }) => String(number), none: "messages.none", hint: "messages.none_hint", columns: columns() });
    this._records.element.hidden = true;
    this.element = el(
      "section",
      { class: "card message-history" },
      el("div", { class: "card-head" }, el("h2", { "data-t": "messages.kept" }), this._pages.loaded.element, this._direction, this._outcome, this._action),
      this._records.element,
      this._pages.element,
    );
  }

  enter() {
    this._pages.restart();
  }

  redraw() {
    if (this._pages.loaded.once) this._records.show(this._shown);
  }

  /** @param {string} id */
  _address(id) {
    const wanted = { action: this._action.value.trim(), direction: this._direction.value, outcome: this._outcome.value };
    const query = new URLSearchParams({ limit: String(PER_PAGE) });
    for (const [name, value] of Object.entries(wanted)) if (value) query.set(name, value);
    return `/api/stations/${encodeURIComponent(id)}/frames?${query}`;
  }

  _typed() {
    clearTimeout(this._timer);
    this._timer = window.setTimeout(() => this._pages.restart(), TYPING_MS);
  }

  /** @param {KeptExchange[]} exchanges */
  _take(exchanges) {
    this._shown = exchanges;
    this._records.element.hidden = false;
    this._records.show(exchanges);
  }
}

function columns() {
  return [
    { label: "messages.at", kind: "time", text: (/** @type {KeptExchange} */ { at }) => format.moment(at) },
    { label: "messages.direction", kind: "time", text: (/** @type {KeptExchange} */ { direction }) => t(`messages.${direction}`, {}, direction) },
    { label: "messages.message", kind: "main", make: () => el("details", { class: "change" }, el("summary"), el("pre"), el("pre")), show: showMessage },
    { label: "messages.outcome", make: () => el("span", { class: "chip" }), show: showOutcome },
    { label: "messages.took", kind: "number", text: tookText },
  ];
}

/**
 * @param {HTMLElement} details
 * @param {KeptExchange} exchange
 */
function showMessage(details, { action, outcome, request, answer }) {
  const [summary, asked, answered] = details.children;
  const read = readFrame(request);
  // A long message is kept cut off, and cannot be read any more.
  const said = read.kind === "odd" && outcome !== "stray" ? "…" : summarise(read);
  say(summary, [action || t("console.odd"), said].filter(Boolean).join(" · "));
  say(asked, request);
  say(answered, answer ?? "");
  mark(answered, "hidden", answer === null);
}

/**
 * @param {HTMLElement} chip
 * @param {KeptExchange} exchange
 */
function showOutcome(chip, { action, outcome, answer }) {
  const read = outcome === "answered" && answer ? readFrame(answer) : null;
  const said = read?.kind === "odd" ? "…" : reply(read);
  const no = failed({ asked: { kind: "call", id: "", action, payload: null }, answered: read });
  say(chip, [t(`outcome.${outcome}`, {}, outcome), said].filter(Boolean).join(" · "));
  mark(chip, "data-tone", no ? "bad" : (TONES[outcome] ?? ""));
}

/** @param {KeptExchange} exchange */
function tookText({ at, answered_at }) {
  return answered_at ? `${format.number(Date.parse(answered_at) - Date.parse(at))} ms` : "–";
}

/**
 * @param {string} label
 * @param {string} group      Of the texts of the values; the empty value is "any".
 * @param {string[]} values
 * @param {() => void} change
 */
function choice(label, group, values, change) {
  return el("select", { class: "select small", "data-t-label": label, on: { change } }, values.map((value) => el("option", { value, "data-t": `${group}.${value || "any"}` })));
}
