// Commands to a station: chosen, filled in as fields or as JSON, sent through the API, and answered as the station answers.

import { ApiError, ask } from "../kit/api.js";
import { el, keep, mark, say } from "../kit/dom.js";
import { format, onLanguage, t } from "../kit/i18n.js";
import { refusalText } from "../kit/outcome.js";
import { at, COMMANDS, put, usualBody } from "./command-forms.js";

/** @typedef {import("./command-forms.js").FormField} FormField */
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
    /** @type {Sent[]} */
    this._sent = [];
    this._choice = el("select", { id: "command-choice", class: "select", on: { change: () => this._choose(this._choice.value) } }, this._groups());
    this._fields = el("div", { class: "command-fields" });
    this._json = el("textarea", { class: "code json", rows: "9", spellcheck: "false", "data-t-label": "commands.json", on: { input: () => this._readJson() } });
    this._wrong = el("p", { class: "outcome small", "data-tone": "bad", role: "status" });
    this._send = el("button", { type: "submit", class: "button main", "data-t": "commands.send" });
    this._hint = el("p", { class: "small quiet" });
    this._none = el("div", { class: "empty" }, el("strong", { "data-t": "commands.none" }), el("span", { "data-t": "commands.none_hint" }));
    this._answers = el("div", { class: "answers", role: "log", "data-t-label": "commands.answers" });
    this.element = this._layout();
    onLanguage(() => this._redraw());
    this._choose(COMMANDS[0].action);
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
        el("details", { class: "command-json" }, el("summary", { "data-t": "commands.json" }), this._json),
        this._wrong,
        this._send,
      ),
      el("section", { class: "card" }, el("div", { class: "card-head" }, el("h2", { "data-t": "commands.answers" })), this._none, this._answers),
    );
  }

  _groups() {
    const names = [...new Set(COMMANDS.map(({ group }) => group))];
    return names.map((group) => el("optgroup", { "data-group": group, label: group }, COMMANDS.filter((form) => form.group === group).map(({ action }) => el("option", { value: action }, action))));
  }

  /** @param {string[]} path   Action and EVSE. */
  enter([action, evse]) {
    if (evse && Number(evse) > 0) this._evse = Number(evse);
    if (COMMANDS.some((form) => form.action === action)) {
      this._choice.value = action;
      this._choose(action);
    }
    this._redraw();
  }

  /** @param {import("./types.js").Station} station */
  show(station) {
    this._station = station;
    const offline = station.state !== "online";
    mark(this._send, "aria-disabled", offline ? "true" : null);
    if (offline) this._tell(t("commands.offline"));
    else if (this._wrong.textContent === t("commands.offline")) this._tell("");
  }

  get _form() {
    return /** @type {import("./command-forms.js").CommandForm} */ (COMMANDS.find(({ action }) => action === this._choice.value));
  }

  /** @param {string} action */
  _choose(action) {
    const number = (this._time.now() ?? new Date()).getTime() % 1000000;
    const evse = this._station?.evses.find(({ id }) => id === this._evse) ?? this._station?.evses[0];
    this._body = usualBody(this._form, { evse: evse?.id ?? this._evse, transaction: evse?.transaction_id ?? "", profile: 1, number, now: this._time.now() ?? new Date() });
    this._fields.replaceChildren(...this._form.fields.map((field) => this._field(field, action)));
    this._writeJson();
    this._redraw();
  }

  /**
   * @param {FormField} field
   * @param {string} action
   */
  _field({ path, kind, usual }, action) {
    const id = `command-${action}-${path.replaceAll(/\W/g, "-")}`;
    const change = () => this._set(path, kind, input);
    const input = Array.isArray(kind) || kind === "boolean" ? choiceOf(id, kind === "boolean" ? ["true", "false"] : kind, usual === undefined, change) : el("input", { id, name: path, type: "text", inputmode: kind === "text" || kind === "time" ? "text" : "decimal", autocomplete: "off", placeholder: usual === undefined ? "–" : null, on: { input: change } });
    const value = at(this._body, path);
    input.value = value === undefined ? "" : String(value);
    const box = Array.isArray(kind) || kind === "boolean" ? input : el("div", { class: "field-box" }, input);
    return el("div", { class: "field", "data-field": path }, el("label", { for: id }, path.replaceAll("[0]", "")), box, el("p", { class: "field-hint", role: "status" }));
  }

  /**
   * @param {string} path
   * @param {import("./command-forms.js").Kind} kind
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
    for (const { path } of this._form.fields) {
      const input = this._fields.querySelector(`[data-field="${CSS.escape(path)}"] :is(input, select)`);
      const value = at(this._body, path);
      if (input) input.value = value === undefined ? "" : String(value);
    }
  }

  /** @param {Event} event */
  async _submit(event) {
    event.preventDefault();
    if (this._station?.state !== "online") return this._tell(t("commands.offline"));
    const wrong = this._fields.querySelector("[aria-invalid]");
    if (wrong) return wrong.focus();
    this._readJson();
    if (this._wrong.textContent) return undefined;
    const action = this._form.action;
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
 * @param {string} id
 * @param {string[]} values
 * @param {boolean} optional
 * @param {() => void} change
 */
function choiceOf(id, values, optional, change) {
  return el("select", { id, class: "select", on: { change } }, (optional ? ["", ...values] : values).map((value) => el("option", { value }, value || "–")));
}

/**
 * The value for JSON, or null where the text is none.
 *
 * @param {string} text
 * @param {import("./command-forms.js").Kind} kind
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
