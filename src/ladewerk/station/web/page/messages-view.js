// Every message, newest first: those of the history and those that come, by level, unit and words; a fault is reset here too.

import { ApiError, ask } from "../kit/api.js";
import { el, keep, mark, say } from "../kit/dom.js";
import { onLanguage, t, tCode } from "../kit/i18n.js";
import { LEVELS, line, messageText, showLine, unique } from "./messages.js";

/** @typedef {import("./types.js").StationState} StationState */
/** @typedef {import("./types.js").Message} Message */

/** More lines than anyone reads; the file has them all. */
const MOST_LINES = 300;

export class MessagesView {
  constructor() {
    /** @type {Message[]} Older than what the live state holds, newest first. */
    this._older = [];
    this._loaded = false;
    /** @type {StationState | null} */
    this._state = null;
    this._level = choice("messages.level", () => this._draw());
    this._unit = choice("messages.unit", () => this._draw());
    this._words = el("input", { type: "search", class: "select", "data-t-label": "messages.search", "data-t-placeholder": "messages.search", on: { input: () => this._draw() } });
    this._list = el("ol", { class: "messages messages-all", tabindex: "0", "data-t-label": "messages.title" });
    this._empty = el("p", { class: "empty" });
    this._count = el("p", { class: "small quiet", role: "status" });
    this._faults = el("div", { class: "faults" });
    this.element = el(
      "section",
      { class: "card view" },
      el(
        "div",
        { class: "card-head" },
        el("h2", { "data-t": "messages.title" }),
        el("a", { class: "button small", href: "/api/history/messages.csv", download: "messages.csv", "data-t": "messages.file" }),
      ),
      this._faults,
      el("div", { class: "filters" }, this._level, this._unit, this._words),
      this._count,
      this._empty,
      this._list,
    );
    onLanguage(() => {
      fill(this._level, levels());
      this._draw();
    });
    fill(this._level, levels());
  }

  /** @param {StationState} state */
  show(state) {
    this._state = state;
    if (this.element.hidden) return;
    if (!this._loaded) this._load();
    this._showFaults(state);
    const names = state.units.map((unit) => ({ value: unit.id, text: unit.id }));
    fill(this._unit, [{ value: "", text: t("messages.all_units") }, ...names]);
    this._unit.hidden = names.length < 2;
    this._draw();
  }

  async _load() {
    this._loaded = true;
    try {
      const { messages } = await ask("GET", "/api/history/messages");
      this._older = messages.map((/** @type {any} */ said) => ({ ...said, params: said.unit ? { unit: said.unit, ...said.params } : said.params }));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this._loaded = false;
    }
    this._draw();
  }

  /** @param {StationState} state */
  _showFaults(state) {
    const faulty = state.units.filter((unit) => unit.state === "fault" && unit.error);
    const create = (/** @type {any} */ unit) =>
      el("div", { class: "fault" }, el("span"), el("button", { type: "button", class: "button small danger", on: { click: () => this._reset(unit.id) } }), el("p", { class: "outcome", role: "status" }));
    keep(this._faults, faulty, (unit) => unit.id, create, (element, unit) => {
      say(element.children[0], `${unit.id}: ${tCode("error", unit.error)}`);
      say(element.children[1], t("action.reset"));
      mark(element.children[1], "aria-disabled", unit.allowed.reset ? null : "true");
    });
  }

  /** @param {string} id */
  async _reset(id) {
    const outcome = this._faults.querySelector(`[data-key="${CSS.escape(id)}"] .outcome`);
    try {
      await ask("POST", `/api/units/${encodeURIComponent(id)}/reset`);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (outcome) say(outcome, tCode("problem", error.body));
    }
  }

  _draw() {
    if (!this._state || this.element.hidden) return;
    const live = [...this._state.messages].reverse();
    const oldest = live.length > 0 ? Date.parse(live[live.length - 1].at) : Infinity;
    // The history tells milliseconds, the live state more.
    const all = [...live, ...this._older.filter((message) => Date.parse(message.at) < oldest - 2)];
    const found = all.filter((message) => this._wanted(message));
    const keys = new Map();
    say(this._count, found.length > MOST_LINES ? t("messages.bounded", { most: MOST_LINES, all: found.length }) : t("messages.count", { all: found.length }));
    say(this._empty, t(all.length > 0 ? "messages.none_such" : "messages.none"));
    this._empty.hidden = found.length > 0;
    keep(
      this._list,
      found.slice(0, MOST_LINES).map((message) => ({ message, key: unique(keys, message) })),
      ({ key }) => key,
      ({ message }) => line(message),
      (element, { message }) => showLine(element, message, true, true),
    );
  }

  /** @param {Message} message */
  _wanted(message) {
    const order = Object.keys(LEVELS);
    if (this._level.value && order.indexOf(message.level) < order.indexOf(this._level.value)) return false;
    if (this._unit.value && message.params.unit !== this._unit.value) return false;
    const words = this._words.value.trim().toLowerCase();
    return !words || messageText(message, true).toLowerCase().includes(words);
  }
}

function levels() {
  return [
    { value: "", text: t("messages.all_levels") },
    { value: "warning", text: t("messages.warnings") },
    { value: "error", text: t("messages.errors") },
  ];
}

/**
 * @param {string} label
 * @param {() => void} change
 */
function choice(label, change) {
  return el("select", { class: "select", "data-t-label": label, on: { change } });
}

/**
 * @param {any} box
 * @param {{value: string, text: string}[]} options
 */
export function fill(box, options) {
  const chosen = box.value;
  keep(box, options, ({ value }) => value, ({ value }) => el("option", { value }), (option, { text }) => say(option, text));
  box.value = options.some(({ value }) => value === chosen) ? chosen : (options[0]?.value ?? "");
}
