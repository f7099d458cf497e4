// What happened, newest first, and how the station stands with its CSMS.

import { el, keep, mark, say } from "../kit/dom.js";
import { format, t, tCode } from "../kit/i18n.js";

/** @typedef {import("./types.js").StationState} StationState */
/** @typedef {import("./types.js").Message} Message */

/** Tone of each level, the least first. */
export const LEVELS = { debug: "", info: "info", warning: "warn", error: "bad" };

/** The page of the messages has the rest. */
const MOST_HERE = 12;

export class Messages {
  constructor() {
    this._list = el("ol", { class: "messages", tabindex: "0", "data-t-label": "messages.title" });
    this._empty = el("p", { class: "empty", "data-t": "messages.none" });
    this._csms = el("span", { class: "chip" });
    this._csmsText = el("p", { class: "small quiet csms-text" });
    this._about = el("p", { class: "small quiet about" });
    this.element = el(
      "div",
      { class: "below" },
      el("section", { class: "card" }, el("div", { class: "card-head" }, el("h2", { "data-t": "messages.title" }), el("a", { class: "button small", href: "#/messages", "data-t": "messages.more" })), this._empty, this._list),
      el("section", { class: "card" }, el("div", { class: "card-head" }, el("h2", { "data-t": "csms.title" }), this._csms), this._csmsText, this._about),
    );
  }

  /** @param {StationState} state */
  show(state) {
    this._showCsms(state);
    const newest = state.messages.slice(-MOST_HERE).reverse();
    this._empty.hidden = newest.length > 0;
    this._list.hidden = newest.length === 0;
    const keys = new Map();
    keep(
      this._list,
      newest.map((message) => ({ message, key: unique(keys, message) })),
      ({ key }) => key,
      ({ message }) => line(message),
      (element, { message }) => showLine(element, message, state.units.length > 1),
    );
  }

  /** @param {StationState} state */
  _showCsms({ station: { csms, identity, version } }) {
    mark(this._csms, "data-tone", csms.connected ? "good" : "warn");
    say(this._csms, t(csms.connected ? "csms.connected" : "csms.not_connected"));
    const detail = csms.connected ? "" : csms.reason;
    const since = csms.since ? t("csms.since", { at: csms.since }) : "";
    say(this._csmsText, [csms.url, since, detail].filter(Boolean).join(" · "));
    say(this._about, t("station.about", { identity, version }));
  }
}

/**
 * @param {Map<string, number>} seen
 * @param {Message} message
 */
export function unique(seen, message) {
  const key = `${message.at} ${message.code} ${message.text}`;
  const count = (seen.get(key) ?? 0) + 1;
  seen.set(key, count);
  return `${key} ${count}`;
}

/** @param {Message} message */
export function line(message) {
  const element = el("li", { class: "message" }, el("time", { datetime: message.at }), el("span"));
  mark(element, "data-level", LEVELS[/** @type {keyof typeof LEVELS} */ (message.level)] ?? "");
  return element;
}

/**
 * @param {Element} element
 * @param {Message} message
 * @param {boolean} several   Whether it has to be said which unit is meant.
 * @param {boolean} [dated]
 */
export function showLine(element, message, several, dated = false) {
  const [time, text] = element.children;
  say(time, dated ? format.moment(message.at) : format.clock(message.at));
  say(text, messageText(message, several));
}

/**
 * @param {Message} message
 * @param {boolean} several
 */
export function messageText(message, several) {
  const unit = several && message.params.unit ? `${message.params.unit}: ` : "";
  const endless = message.code === "plan_received" && !message.params.ends_at;
  return unit + tCode("message error problem", endless ? { ...message, code: "plan_received_endless" } : message);
}
