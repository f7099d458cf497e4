// Commands to a station: chosen, filled in as fields or as JSON, sent through the API, and answered as the station answers.

import { ApiError, ask } from "../kit/api.js";
import { el, keep, mark, say } from "../kit/dom.js";
import { format, onLanguage, t } from "../kit/i18n.js";
import { refusalText } from "../kit/outcome.js";
import { at, grouped, put, usualForm } from "./command-forms.js";
import { commandSchemas } from "./command-schema.js";

/** @typedef {import("./command-schema.js").SchemaField} SchemaField */
/** @typedef {import("./command-schema.js").Kind} Kind */
/** @typedef {{number: number, at: Date | null, action: string, body: any, answer: any, failed: ApiError | null, took_ms: number | null}} Sent */

const MOST_ANSWERS = 50;
/** A station may take its time. */
const ANSWER_MS = 90000;
const SAYS_NO = new Set(["Rejected", "NotSupported", "NotImplemented", "Failed", "UnlockFailed", "UnknownVendorId", "UnknownMessageId", "UnknownConnector", "Unknown", "NotFound", "Faulted", "Occupied", "Unavailable", "VersionMismatch"]);

export class StationCommands {
  /**
   * @param {string} id
   * @param {import("../kit/link.js").ServerTime} time
   */
  constructor(id, time) {
    this._id = id;
    this._time = time;
    /** @type {import("./types.js").Station | null} */
    this._station = null;
    this._body = {};
    this._evse = 1;
    /** @type {import("./command-schema.js").CommandSchemas | null} */
    this._schemas = null;
    /** @type {SchemaField[]} Those that are not shown at once. */
    this._optional = [];
    /** @type {Sent[]} */
    this._sent = [];
    this._choice = el("select", { id: "command-choice", class: "select", on: { change: () => this._choose() } });
    this._fields = el("div", { class: "command-fields" });
    this._more = el("div", { class: "command-fields" });
    this._moreBox = el("details", { class: "command-more", on: { toggle: () => this._showMore() } }, el("summary", { "data-t": "commands.more" }), this._more);
    this._json = el("textarea", { class: "code json", rows: "9", spellcheck: "false", "data-t-label": "commands.json", on: { input: () => this._readJson() } });
    this._wrong = el("p", { class: "outcome small", "data-tone": "bad", role: "status" });
    this._send = el("button", { type: "submit", class: "button main", "data-t": "commands.send" });
    this._hint = el("p", { class: "small quiet" });
    this._none = el("div", { class: "empty" }, el("strong", { "data-t": "commands.none" }), el("span", { "data-t": "commands.none_hint" }));
    this._answers = el("div", { class: "answers", role: "log", "data-t-label": "commands.answers" });
    this.element = this._layout();
    onLanguage(() => this._redraw());
  }

  _layout() {
    return el(
      "div",
      { class: "view columns" },
      el(
        "form",
        { class: "card command", novalidate: true, on: { submit: (/** @type {Event} */ event) => this._submit(event) } },
        el("div", { class: "card-head" }, el("h2", { "data-t": "station.commands" })),
        el("div", { class: "field" }, el("label", { for: "command-choice", "data-t": "commands.command" }), this._choice),
        this._hint,
        this._fields,
        this._moreBox,
        el("details", { class: "command-json" }, el("summary", { "data-t": "commands.json" }), this._json),
        this._wrong,
        this._send,
      ),
      el("section", { class: "card" }, el("div", { class: "card-head" }, el("h2", { "data-t": "commands.answers" })), this._none, this._answers),
    );
  }

  /** @param {string[]} path   Action and EVSE. */
  async enter([action, evse]) {
    if (evse && Number(evse) > 0) this._evse = Number(evse);
    if (!this._schemas && !(await this._learn())) return;
    if (action && this._schemas?.actions.includes(action)) this._choice.value = action;
    this._choose();
  }

  /** Which commands there are, once. */
  async _learn() {
    try {
      this._schemas = await commandSchemas();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this._tell(refusalText(error));
      return false;
    }
    const groups = grouped(this._schemas.actions).map(([group, actions]) => el("optgroup", { "data-group": group }, actions.map((action) => el("option", { value: action }, action))));
    this._choice.replaceChildren(...groups);
    return true;
  }

  /** @param {import("./types.js").Station} station */
  show(station) {
    this._station = station;
    const offline = station.state !== "online";
    mark(this._send, "aria-disabled", offline ? "true" : null);
    if (offline) this._tell(t("commands.offline"));
    else if (this._wrong.textContent === t("commands.offline")) this._tell("");
  }

  _choose() {
    if (!this._schemas) return;
    const now = this._time.now() ?? new Date();
    const evse = this._station?.evses.find(({ id }) => id === this._evse) ?? this._station?.evses[0];
    const context = { evse: evse?.id ?? this._evse, transaction: evse?.transaction_id ?? "", number: Math.floor(now.getTime() / 1000) % 1000000, now };
    const { body, shown, more } = usualForm(this._choice.value, this._schemas.fields(this._choice.value), context);
    this._body = body;
    this._optional = more;
    this._fields.replaceChildren(...shown.map((field) => this._field(field)));
    this._more.replaceChildren();
    this._moreBox.hidden = more.length === 0;
    this._moreBox.open = false;
    this._writeJson();
    this._redraw();
  }

  /** The optional fields are many: made when somebody looks for them. */
  _showMore() {
    if (this._moreBox.open && this._more.childElementCount === 0) this._more.append(...this._optional.map((field) => this._field(field)));
  }

  /** @param {SchemaField} field */
  _field({ path, kind, required }) {
    const id = `command-${path.replaceAll(/\W/g, "-")}`;
    const change = () => this._set(path, kind, input);
    const choices = kind === "boolean" ? ["true", "false"] : kind;
    const input = Array.isArray(choices)
      ? el("select", { id, class: "select", on: { change } }, (required ? choices : ["", ...choices]).map((value) => el("option", { value }, value || "–")))
      : el("input", { id, name: path, type: "text", inputmode: kind === "integer" || kind === "number" ? "decimal" : "text", autocomplete: "off", placeholder: required ? null : "–", on: { input: change } });
    const value = at(this._body, path);
    input.value = value === undefined ? "" : String(value);
    const box = Array.isArray(choices) ? input : el("div", { class: "field-box" }, input);
    // The whole path would be longer than the field.
    const name = path.replaceAll("[0]", "").split(".").slice(-2).join(".");
    return el("div", { class: "field", "data-field": path }, el("label", { for: id, title: path }, name), box, el("p", { class: "field-hint", role: "status" }));
  }

  /**
   * @param {string} path
   * @param {Kind} kind
   * @param {HTMLInputElement} input
   */
  _set(path, kind, input) {
    const text = input.value.trim();
    const value = text === "" ? undefined : valueOf(text, kind);
    const wrong = value === null;
    const field = /** @type {HTMLElement} */ (input.closest(".field"));
    mark(field, "data-wrong", wrong);
    mark(input, "aria-invalid", wrong ? "true" : null);
    say(/** @type {Node} */ (field.lastElementChild), wrong ? t(kind === "time" ? "problem.no_offset" : "problem.not_a_number") : "");
    if (wrong) return;
    put(this._body, path, value);
    this._writeJson();
  }

  _writeJson() {
    this._json.value = JSON.stringify(this._body, null, 2);
    this._tell("");
  }

  _readJson() {
    try {
      const body = JSON.parse(this._json.value);
      if (typeof body !== "object" || body === null || Array.isArray(body)) throw new SyntaxError("not an object");
      this._body = body;
      this._tell("");
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      this._tell(t("commands.no_json", { why: error.message }));
      return;
    }
    for (const field of this.element.querySelectorAll("[data-field]")) {
      const value = at(this._body, field.getAttribute("data-field"));
      field.querySelector("input, select").value = value === undefined ? "" : String(value);
    }
  }

  /** @param {Event} event */
  async _submit(event) {
    event.preventDefault();
    if (this._station?.state !== "online") return this._tell(t("commands.offline"));
    const wrong = this.element.querySelector("[aria-invalid]");
    if (wrong) return wrong.focus();
    this._readJson();
    if (this._wrong.textContent) return undefined;
    const action = this._choice.value;
    /** @type {Sent} */
    const sent = { number: this._sent.length + 1, at: this._time.now(), action, body: structuredClone(this._body), answer: null, failed: null, took_ms: null };
    this._sent.unshift(sent);
    this._sent.splice(MOST_ANSWERS);
    this._redraw();
    const began = performance.now();
    try {
      sent.answer = await ask("POST", `/api/stations/${encodeURIComponent(this._id)}/commands/${action}`, sent.body, ANSWER_MS);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      sent.failed = error;
    }
    sent.took_ms = performance.now() - began;
    this._redraw();
    return undefined;
  }

  _redraw() {
    for (const group of this._choice.children) group.label = t(`commands.group_${group.getAttribute("data-group")}`);
    say(this._hint, t(`command.${this._choice.value}`, {}, ""));
    this._none.hidden = this._sent.length > 0;
    keep(this._answers, this._sent, (sent) => String(sent.number), () => el("details", { class: "answer" }, el("summary", {}, el("time"), el("b"), el("span", { class: "chip" }), el("span", { class: "small quiet" })), el("p", { class: "small" }), el("pre", {}), el("pre", {})), showAnswer);
  }

  /** @param {string} text */
  _tell(text) {
    say(this._wrong, text);
  }
}

/**
 * The value for JSON, or null where the text is none.
 *
 * @param {string} text
 * @param {Kind} kind
 */
function valueOf(text, kind) {
  if (kind === "boolean") return text === "true";
  if (kind === "time") return /(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text)) ? text : null;
  if (kind !== "integer" && kind !== "number") return text;
  const value = Number(text.replace(",", "."));
  return Number.isNaN(value) || (kind === "integer" && !Number.isInteger(value)) ? null : value;
}

/**
 * @param {HTMLElement} element
 * @param {Sent} sent
 */
function showAnswer(element, sent) {
  const [summary, refusal, body, answer] = element.children;
  const [time, action, chip, took] = summary.children;
  const { text, tone } = verdict(sent);
  say(time, sent.at ? format.clock(sent.at) : "");
  say(action, sent.action);
  say(chip, text);
  mark(chip, "data-tone", tone);
  say(took, sent.took_ms === null ? "" : `${format.number(Math.round(sent.took_ms))} ms`);
  say(refusal, sent.failed ? refusalText(sent.failed) : "");
  mark(refusal, "hidden", !sent.failed);
  say(body, JSON.stringify(sent.body, null, 2));
  mark(answer, "hidden", sent.answer === null && !sent.failed?.body);
  say(answer, JSON.stringify(sent.failed ? sent.failed.body : sent.answer, null, 2));
  if (sent.failed) element.setAttribute("open", "");
}

/** @param {Sent} sent */
function verdict({ answer, failed, took_ms }) {
  if (failed) return { text: t("commands.refused"), tone: "bad" };
  if (took_ms === null) return { text: t("commands.waiting"), tone: "info" };
  const parts = answer.getVariableResult ?? answer.setVariableResult ?? answer.setMonitoringResult ?? answer.clearMonitoringResult ?? [];
  const statuses = [answer.status, ...parts.map((/** @type {any} */ part) => part.attributeStatus ?? part.status)].filter(Boolean);
  const reason = answer.statusInfo ? [answer.statusInfo.reasonCode, answer.statusInfo.additionalInfo].filter(Boolean).join(": ") : "";
  const no = statuses.some((status) => SAYS_NO.has(status));
  return { text: [statuses.join(", ") || t("commands.answered"), reason].filter(Boolean).join(" · "), tone: no ? "bad" : "good" };
}
