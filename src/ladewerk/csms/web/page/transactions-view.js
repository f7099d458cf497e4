// Transactions, the newest first: those that run and those that are over, page by page and as a file.

import { csvText, download } from "../kit/csv.js";
import { el, keep, mark, say } from "../kit/dom.js";
import { format, t } from "../kit/i18n.js";
import { Outcome } from "../kit/outcome.js";
import { allPages, Pages } from "../kit/pages.js";
import { Records } from "../kit/records.js";
import { stationHref } from "./station-words.js";

/** @typedef {import("./types.js").Transaction} Transaction */

const PER_PAGE = 50;
const MOST_IN_FILE = 20000;
/** While transactions run the first page follows them, not oftener than this. */
const AGAIN_MS = 5000;
/** A transaction that runs is heard of at least once in a quarter of an hour. */
const SILENT_MS = 20 * 60 * 1000;
const TYPING_MS = 300;

/** @type {(keyof Transaction)[]} */
const FILE_COLUMNS = ["station_id", "evse_id", "transaction_id", "started_at", "ended_at", "energy_wh", "id_token", "id_token_type", "authorized_by", "charging_state", "stopped_reason"];

export class TransactionsView {
  /**
   * @param {import("./visitor.js").Visitor} visitor
   * @param {import("../kit/link.js").ServerTime} time
   */
  constructor(visitor, time) {
    this._visitor = visitor;
    this._asked_ms = 0;
    this._timer = 0;
    /** @type {Transaction[]} */
    this._shown = [];
    /** @type {string[]} What a station may be chosen from. */
    this._stations = [];
    this._pages = new Pages(time, () => this._address(PER_PAGE), (items) => this._take(items));
    this._known = el("datalist", { id: "transactions-stations" });
    this._station = this._filter("transactions.station", "transactions-stations");
    this._token = this._filter("transactions.token");
    this._token.hidden = !visitor.may("read");
    this._noMatch = el("p", { class: "empty", hidden: true, "data-t": "transactions.no_match" });
    this._outcome = new Outcome();
    this._file = el("button", { type: "button", class: "button small", "data-t": "transactions.file", on: { click: () => this._save() } });
    this._sum = el("p", { class: "small quiet", role: "status" });
    this._records = new Records({
      title: "transactions.title",
      keyOf: (/** @type {Transaction} */ { station_id, transaction_id }) => `${station_id}\n${transaction_id}`,
      none: "transactions.none",
      hint: visitor.may("read") ? "transactions.none_hint" : "transactions.none_own_hint",
      columns: this._columns(time),
    });
    this._records.element.hidden = true;
    this.element = el(
      "div",
      { class: "view" },
      el("section", { class: "card" }, el("div", { class: "card-head" }, el("h2", { "data-t": "transactions.title" }), this._pages.loaded.element, this._station, this._token, this._file, this._known), this._outcome.element, this._sum, this._noMatch, this._records.element, this._pages.element),
    );
  }

  /** @param {import("../kit/link.js").ServerTime} time */
  _columns(time) {
    const steer = this._visitor.may("operate");
    return [
      { label: "transactions.place", kind: "main", make: () => el("a"), show: (/** @type {HTMLElement} */ link, /** @type {Transaction} */ transaction) => this._showPlace(link, transaction) },
      { label: "transactions.state", make: () => el("span", { class: "chip" }), show: (/** @type {HTMLElement} */ chip, /** @type {Transaction} */ transaction) => showState(chip, transaction, time.now() ?? new Date()) },
      { label: "transactions.started", text: (/** @type {Transaction} */ { started_at }) => (started_at ? format.moment(started_at) : "–") },
      { label: "transactions.took", text: tookText },
      { label: "transactions.energy", kind: "number", text: (/** @type {Transaction} */ { energy_wh }) => (energy_wh === null ? "–" : format.kwh(energy_wh)) },
      { label: "transactions.token", text: tokenText },
      { label: "transactions.reason", text: (/** @type {Transaction} */ { stopped_reason }) => (stopped_reason ? t(`stopped.${stopped_reason}`, {}, stopped_reason) : "–") },
      { label: "transactions.id", text: (/** @type {Transaction} */ { transaction_id }) => transaction_id },
      ...(steer ? [{ label: "kit.actions", kind: "actions", make: () => el("a", { class: "button small", "data-t": "transactions.steer" }, t("transactions.steer")), show: showSteer }] : []),
    ];
  }

  /** @param {string[]} path  Those of a station alone. */
  enter([station]) {
    if (station) this._station.value = station;
    this._pages.restart();
  }

  /**
   * @param {string} label
   * @param {string} [list]
   */
  _filter(label, list) {
    const ask = () => this._pages.restart();
    const typed = () => {
      clearTimeout(this._timer);
      // A station is named in full: what is half typed would find nothing.
      const whole = !list || input.value === "" || this._stations.includes(input.value);
      if (whole) this._timer = window.setTimeout(ask, TYPING_MS);
    };
    const input = el("input", { type: "search", class: "filter", list, autocomplete: "off", "data-t-label": label, "data-t-placeholder": label, on: { input: typed, change: ask } });
    return input;
  }

  /** @param {number} limit */
  _address(limit) {
    const query = new URLSearchParams({ limit: String(limit) });
    for (const [name, input] of Object.entries({ station: this._station, id_token: this._token })) if (input.value.trim()) query.set(name, input.value.trim());
    return `/api/transactions?${query}`;
  }

  /** @param {Iterable<string>} names */
  _offer(names) {
    this._stations = [...new Set([...this._stations, ...names])].sort();
    keep(this._known, this._stations, (name) => name, (name) => el("option", { value: name }));
  }

  linked() {
    if (!this.element.hidden) this._pages.again();
  }

  /**
   * What is known has changed, and with it, it may be, a transaction.
   *
   * @param {{stations?: {id: string, state: string}[]}} heard
   */
  show({ stations = [] }) {
    this._offer(stations.filter(({ state }) => state !== "waiting").map(({ id }) => id));
    if (this.element.hidden || !this._pages.onFirst || Date.now() - this._asked_ms < AGAIN_MS) return;
    this._pages.again();
  }

  redraw() {
    this._draw();
  }

  /** @param {Transaction[]} transactions */
  _take(transactions) {
    this._asked_ms = Date.now();
    this._shown = transactions;
    this._offer(transactions.map(({ station_id }) => station_id));
    this._draw();
  }

  _draw() {
    if (!this._pages.loaded.once && this._asked_ms === 0) return;
    const filtered = this._station.value.trim() !== "" || this._token.value.trim() !== "";
    this._noMatch.hidden = !(filtered && this._shown.length === 0);
    this._records.element.hidden = !this._noMatch.hidden;
    this._records.show(this._shown);
    const energy_wh = this._shown.reduce((sum, transaction) => sum + (transaction.energy_wh ?? 0), 0);
    const running = this._shown.filter((transaction) => transaction.ended_at === null).length;
    say(this._sum, this._shown.length > 0 ? t("transactions.sum", { n: this._shown.length, running, energy_wh }) : "");
    mark(this._file, "aria-disabled", this._shown.length === 0 ? "true" : null);
  }

  /**
   * @param {HTMLElement} link
   * @param {Transaction} transaction
   */
  _showPlace(link, { station_id, evse_id }) {
    say(link, evse_id === null ? station_id : `${station_id} · ${evse_id}`);
    mark(link, "href", this._visitor.may("read") ? stationHref(station_id) : null);
  }

  async _save() {
    if (this._file.hasAttribute("aria-disabled")) return;
    const all = await this._outcome.of(this._file, () => allPages(this._address(500), MOST_IN_FILE));
    if (!all) return;
    download("transactions.csv", csvText(FILE_COLUMNS, all.map((transaction) => FILE_COLUMNS.map((name) => transaction[name]))));
    this._outcome.tell(t("transactions.saved", { n: all.length }), "good");
  }
}

/** @param {Transaction} transaction */
function tookText({ started_at, ended_at, updated_at }) {
  if (!started_at) return "–";
  const seconds = (Date.parse(ended_at ?? updated_at) - Date.parse(started_at)) / 1000;
  return format.duration(seconds);
}

/** @param {Transaction} transaction */
function tokenText({ id_token, id_token_type }) {
  if (!id_token) return "–";
  return id_token_type ? `${id_token} (${id_token_type})` : id_token;
}

/**
 * @param {HTMLElement} chip
 * @param {Transaction} transaction
 * @param {Date} now
 */
function showState(chip, { ended_at, charging_state, updated_at }, now) {
  const runs = ended_at === null;
  const state = charging_state ?? "unknown";
  const silent = runs && now.getTime() - Date.parse(updated_at) > SILENT_MS;
  const said = runs ? t(`evse_state.${state}`, {}, state) : t("transactions.ended");
  say(chip, silent ? `${said} (${t("stations.as_of", { at: updated_at })})` : said);
  mark(chip, "data-tone", silent ? "warn" : !runs ? "" : charging_state === "Charging" ? "good" : "info");
}

/**
 * @param {HTMLElement} link
 * @param {Transaction} transaction
 */
function showSteer(link, { station_id, evse_id, ended_at }) {
  link.hidden = ended_at !== null;
  mark(link, "href", stationHref(station_id, "commands", "RequestStopTransaction", String(evse_id ?? "")));
}
