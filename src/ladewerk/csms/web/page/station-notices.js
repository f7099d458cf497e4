// What a station said beside transactions, as it came: security events, events of the device, states, messages of its maker.

import { el, mark, say } from "../kit/dom.js";
import { csvText, download } from "../kit/csv.js";
import { format, onLanguage, t } from "../kit/i18n.js";
import { Outcome } from "../kit/outcome.js";
import { Pages, allPages } from "../kit/pages.js";
import { Records } from "../kit/records.js";
import { ACTIONS, FREQUENT, noticeLine, noticeTone } from "./notice-words.js";
import { Soon } from "./soon.js";

/** @typedef {import("./notice-words.js").Notice} Notice */

const PER_PAGE = 50;
const MOST_IN_FILE = 20000;
const AGAIN_MS = 1000;
const TOLD_BY = new RegExp(`"(${ACTIONS.join("|")})"`);
const FILE_COLUMNS = ["at", "action", "text", "payload"];

export class StationNotices {
  /**
   * @param {string} id
   * @param {import("../kit/link.js").ServerTime} time
   */
  constructor(id, time) {
    this._id = id;
    /** @type {Notice[]} */
    this._notices = [];
    const options = [["", "notices.most"], ["*", "notices.all"], ...ACTIONS.map((action) => [action, `notice.${action}`])];
    this._action = el("select", { class: "select small", "data-t-label": "notices.which", on: { change: () => this._pages.restart() } }, options.map(([value, key]) => el("option", { value, "data-t": key }, t(key))));
    this._file = el("button", { type: "button", class: "button small", "data-t": "transactions.file", on: { click: () => this._save() } });
    this._outcome = new Outcome();
    this._pages = new Pages(time, () => this._address(PER_PAGE), (notices) => this._take(notices));
    this._soon = new Soon(() => this._pages.again(), AGAIN_MS);
    this._records = new Records({ title: "notices.title", keyOf: (/** @type {Notice} */ { number }) => String(number), none: "notices.none", hint: "notices.none_hint", columns: columns() });
    this._records.element.hidden = true;
    this.element = el("section", { class: "card notices" }, el("div", { class: "card-head" }, el("h2", { "data-t": "notices.title" }), this._pages.loaded.element, this._action, this._file), this._outcome.element, this._records.element, this._pages.element);
    onLanguage(() => this.redraw());
  }

  /** @param {number} limit */
  _address(limit) {
    const query = new URLSearchParams({ station: this._id, limit: String(limit) });
    const actions = this._action.value === "*" ? [] : this._action.value ? [this._action.value] : ACTIONS.filter((action) => action !== FREQUENT);
    for (const action of actions) query.append("action", action);
    return `/api/notices?${query}`;
  }

  enter() {
    this._pages.restart();
  }

  linked() {
    this._pages.again();
  }

  redraw() {
    if (this._pages.loaded.once) this._records.show(this._notices);
  }

  /** @param {import("./types.js").Frame} frame */
  frame(frame) {
    if (!this.element.hidden && !frame.sent && this._pages.onFirst && TOLD_BY.test(frame.text)) this._soon.please();
  }

  /** @param {Notice[]} notices */
  _take(notices) {
    this._notices = notices;
    mark(this._file, "aria-disabled", notices.length === 0 ? "true" : null);
    this._records.element.hidden = false;
    this._records.show(notices);
  }

  async _save() {
    if (this._file.hasAttribute("aria-disabled")) return;
    const all = await this._outcome.of(this._file, () => allPages(this._address(500), MOST_IN_FILE));
    if (!all) return;
    download(`notices-${this._id}.csv`, csvText(FILE_COLUMNS, all.map((notice) => [notice.at, notice.action, noticeLine(notice), JSON.stringify(notice.payload)])));
    this._outcome.tell(t("notices.saved", { n: all.length }), "good");
  }
}

function columns() {
  return [
    { label: "messages.at", kind: "time", text: (/** @type {Notice} */ { at }) => format.moment(at) },
    { label: "notices.kind", kind: "main", make: () => el("span", { class: "chip" }), show: showKind },
    { label: "notices.said", kind: "wide", make: () => el("details", { class: "change" }, el("summary"), el("pre")), show: showSaid },
  ];
}

/**
 * @param {HTMLElement} chip
 * @param {Notice} notice
 */
function showKind(chip, notice) {
  say(chip, t(`notice.${notice.action}`, {}, notice.action));
  mark(chip, "data-tone", noticeTone(notice));
  mark(chip, "title", notice.action);
}

/**
 * @param {HTMLElement} details
 * @param {Notice} notice
 */
function showSaid(details, notice) {
  say(details.children[0], noticeLine(notice) || t(`notice.${notice.action}`, {}, notice.action));
  say(details.children[1], `${notice.action} ${JSON.stringify(notice.payload, null, 2)}`);
}
