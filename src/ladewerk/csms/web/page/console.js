// The OCPP frames as they pass: a line per call with its answer, to be opened, filtered, paused and copied.

import { ApiError, ask } from "../kit/api.js";
import { el, keep, mark, say } from "../kit/dom.js";
import { format, t } from "../kit/i18n.js";
import { Exchanges, failed, reply, summarise } from "./frames.js";

/** @typedef {import("./types.js").Frame} Frame */
/** @typedef {import("./frames.js").Exchange} Exchange */

const MOST = 400;
const MOST_PAUSED = 2000;

export class Console {
  /** @param {string} [station]   Show this one alone; empty: those of all, to choose from. */
  constructor(station = "") {
    this._only = station;
    this._exchanges = new Exchanges(MOST);
    /** @type {Map<string, HTMLElement>} */
    this._lines = new Map();
    /** @type {Set<Exchange>} */
    this._due = new Set();
    /** @type {Frame[] | null} Frames held back while paused. */
    this._held = null;
    this._drawing = false;
    /** @type {Frame[] | null} Frames that pass while the older ones are being fetched. */
    this._early = null;
    /** Number of the newest frame that was taken in. */
    this._newest = 0;
    this._station = el("select", { class: "select small", "data-t-label": "console.station", on: { change: () => this._filter() } });
    this._text = el("input", { type: "search", class: "filter", "data-t-placeholder": "console.filter", "data-t-label": "console.filter", on: { input: () => this._filter() } });
    this._pause = el("button", { type: "button", class: "button small", "aria-pressed": "false", on: { click: () => this._togglePause() } });
    this._copy = el("button", { type: "button", class: "button small", "data-t": "console.copy", on: { click: () => this._copyShown() } });
    this._list = el("div", { class: "console", role: "log", "aria-live": "off", tabindex: "0", "data-t-label": "console.title" });
    this._empty = el("div", { class: "empty" }, el("strong", { "data-t": "console.none" }), el("span", { "data-t": "console.none_hint" }));
    this._nothing = el("div", { class: "empty", hidden: true }, el("span", { "data-t": "console.no_match" }));
    this.element = el(
      "section",
      { class: "card console-card" },
      el("div", { class: "card-head" }, el("h2", { "data-t": "console.title" }), el("div", { class: "console-tools" }, this._station, this._text, this._pause, this._copy)),
      el("div", { class: "card-body" }, this._empty, this._nothing, this._list),
    );
    this._station.hidden = this._only !== "";
    this.showStations([]);
    this._showPause();
  }

  /** Take over the frames that the CSMS still has. */
  async load() {
    // They are on their way already.
    if (this._early !== null) return;
    this._early = [];
    /** @type {Frame[]} */
    let older = [];
    try {
      const only = this._only ? `&station=${encodeURIComponent(this._only)}` : "";
      older = await ask("GET", `/api/frames?limit=${2 * MOST}${only}`);
    } catch (error) {
      // Without the old frames the new ones still come.
      if (!(error instanceof ApiError)) throw error;
    }
    const early = this._early;
    this._early = null;
    for (const frame of [...older, ...early]) this.add(frame);
  }

  /**
   * What passed meanwhile is gone for good: say it, and take over what there still is.
   *
   * @param {boolean} anew   The frames are counted from the beginning.
   */
  missed(anew) {
    if (anew) this._newest = 0;
    this._draw();
    if (this._exchanges.list.length > 0) this._list.append(el("p", { class: "frame-gap", "data-t": "console.gap" }, t("console.gap")));
    return this.load();
  }

  /** @param {Frame} frame */
  add(frame) {
    if (this._only && frame.station_id !== this._only) return;
    if (this._early !== null) {
      this._early.push(frame);
      return;
    }
    if (frame.number <= this._newest) return;
    this._newest = frame.number;
    if (this._held !== null) {
      this._held.push(frame);
      if (this._held.length > MOST_PAUSED) this._held.shift();
      this._showPause();
      return;
    }
    this._due.add(this._exchanges.add(frame));
    if (this._drawing) return;
    this._drawing = true;
    requestAnimationFrame(() => this._draw());
  }

  /** Everything anew: the language has changed. */
  redraw() {
    this._showPause();
    this.showStations([...this._station.options].map((option) => option.value).filter(Boolean));
    for (const exchange of this._exchanges.list) this._due.add(exchange);
    this._draw();
  }

  /** @param {string[]} ids */
  showStations(ids) {
    const chosen = this._station.value;
    keep(this._station, ["", ...ids], (id) => id, (id) => el("option", { value: id }), (option, id) => say(option, id || t("console.all")));
    this._station.value = ids.includes(chosen) ? chosen : "";
  }

  _draw() {
    this._drawing = false;
    const atEnd = this._list.scrollTop + this._list.clientHeight >= this._list.scrollHeight - 24;
    const alive = new Set(this._exchanges.list);
    for (const exchange of this._due) {
      if (!alive.has(exchange)) continue;
      const known = this._lines.get(exchange.key);
      const line = known ?? newLine();
      if (!known) {
        this._lines.set(exchange.key, line);
        this._list.append(line);
      }
      showLine(line, exchange);
      line.hidden = !this._matches(exchange);
    }
    this._due.clear();
    while (this._list.childElementCount > MOST) this._list.firstElementChild.remove();
    if (this._lines.size > MOST * 1.5) {
      const keys = new Set(this._exchanges.list.map(({ key }) => key));
      for (const key of this._lines.keys()) if (!keys.has(key)) this._lines.delete(key);
    }
    this._showEmpty();
    if (atEnd) this._list.scrollTop = this._list.scrollHeight;
  }

  /** @param {Exchange} exchange */
  _matches(exchange) {
    if (this._station.value && exchange.station !== this._station.value) return false;
    const wanted = this._text.value.trim().toLowerCase();
    return wanted === "" || `${exchange.station} ${exchange.texts.join(" ")}`.toLowerCase().includes(wanted);
  }

  _filter() {
    for (const exchange of this._exchanges.list) {
      const line = this._lines.get(exchange.key);
      if (line) line.hidden = !this._matches(exchange);
    }
    this._showEmpty();
    this._list.scrollTop = this._list.scrollHeight;
  }

  _showEmpty() {
    const shown = this._exchanges.list.some((exchange) => this._matches(exchange));
    this._empty.hidden = this._exchanges.list.length > 0;
    this._nothing.hidden = this._exchanges.list.length === 0 || shown;
    this._list.hidden = !shown;
  }

  _togglePause() {
    const held = this._held;
    this._held = held === null ? [] : null;
    for (const frame of held ?? []) this.add(frame);
    this._showPause();
  }

  _showPause() {
    mark(this._pause, "aria-pressed", this._held === null ? "false" : "true");
    say(this._pause, this._held === null ? t("console.pause") : t("console.go_on", { n: this._held.length }));
  }

  async _copyShown() {
    const shown = this._exchanges.list.filter((exchange) => this._matches(exchange));
    const text = shown.map(({ at, station, sent, texts }) => texts.map((frame, i) => `${at} ${station} ${sent === (i === 0) ? "<-" : "->"} ${frame}`).join("\n")).join("\n");
    const done = await copyText(text);
    say(this._copy, t(done ? "console.copied" : "console.not_copied", { n: shown.length }));
    setTimeout(() => say(this._copy, t("console.copy")), 2000);
  }
}

function newLine() {
  const line = el(
    "details",
    { class: "frame", on: { toggle: () => line.open && line.fill() } },
    el("summary", {}, el("time"), el("span", { class: "frame-way" }), el("b"), el("span", { class: "frame-text" }), el("span", { class: "frame-reply" }), el("span", { class: "frame-station" }), el("span", { class: "frame-took" })),
  );
  return line;
}

/**
 * @param {any} line
 * @param {Exchange} exchange
 */
function showLine(line, exchange) {
  const [time, way, action, text, answer, station, took] = line.firstElementChild.children;
  const { asked, answered } = exchange;
  say(time, format.clock(exchange.at));
  mark(time, "datetime", exchange.at);
  say(way, exchange.sent ? "◀" : "▶");
  mark(way, "title", t(exchange.sent ? "console.to_station" : "console.from_station"));
  say(action, asked.action || t(`console.${asked.kind}`));
  say(text, summarise(asked));
  say(answer, reply(answered));
  say(station, exchange.station);
  mark(line, "data-state", failed(exchange) ? "bad" : asked.kind === "call" && !answered ? "open" : null);
  mark(line, "data-sent", exchange.sent);
  const waited_ms = exchange.answeredAt ? Date.parse(exchange.answeredAt) - Date.parse(exchange.at) : null;
  say(took, waited_ms === null ? (asked.kind === "call" ? "…" : "") : `${format.number(waited_ms)} ms`);
  // The JSON is written out only when somebody looks.
  line.fill = () => showFrames(line, exchange);
  if (line.open) line.fill();
}

/**
 * @param {Element} line
 * @param {Exchange} exchange
 */
function showFrames(line, exchange) {
  const texts = exchange.texts.map(pretty);
  keep(
    /** @type {Element} */ (line.querySelector(".frame-texts") ?? line.appendChild(el("div", { class: "frame-texts" }))),
    texts,
    (_, index) => String(index),
    () => el("pre"),
    say,
  );
}

/** @param {string} text */
function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/**
 * The clipboard needs HTTPS or this machine; the old way does not.
 *
 * @param {string} text
 */
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = el("textarea", { class: "visually-hidden", readonly: true });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}
