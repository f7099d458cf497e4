// The form for a message on a station's display: a new one, or one that takes the place of one that is there.

import { ApiError, ask } from "../kit/api.js";
import { el, mark, say } from "../kit/dom.js";
import { Field, FieldProblem, Fields, numberReader } from "../kit/form.js";
import { t } from "../kit/i18n.js";
import { Outcome, refusalText } from "../kit/outcome.js";
import { localIso, momentsShowing } from "../kit/zone.js";
import { notToBeAsked, statusText } from "./device-words.js";

/** @typedef {import("./station-display.js").Message} Message */
/** @typedef {import("./station-display.js").Text} Text */

const ANSWER_MS = 90000;
const MOST_NUMBER = 2147483647;
/** One, and four more in other languages; before OCPP 2.1 there are no others, and texts are shorter. */
const MOST_TEXTS = 5;
const LONGEST = 1024;
const LONGEST_201 = 512;
const LONGEST_LANGUAGE = 8;
const FORMATS = ["UTF8", "ASCII", "HTML", "URI", "QRCODE"];
const STATES = ["Idle", "Charging", "Suspended", "Discharging", "Faulted", "Unavailable"];
const ONLY_21 = new Set(["QRCODE", "Suspended", "Discharging"]);
/** What a station that refuses speaks of. */
const FAULTS = /** @type {Record<string, string>} */ ({
  NotSupportedMessageFormat: "texts[0].format",
  NotSupportedPriority: "priority",
  NotSupportedState: "state",
  UnknownTransaction: "transaction",
  LanguageNotSupported: "texts[0].language",
});

export class DisplayForm {
  /**
   * @param {string} path                     Of the station in the API.
   * @param {import("../kit/link.js").ServerTime} time
   * @param {(said: string) => void} done
   */
  constructor(path, time, done) {
    this._path = path;
    this._time = time;
    this._done = done;
    this._is21 = true;
    /** Why the station cannot be asked now: key of a text. */
    this._not = "";
    this._changes = false;
    /** @type {number[]} */
    this._taken = [];
    this._number = new Field({ name: "id", label: "display.number", inputmode: "numeric", read: wholeNumber, write: String });
    this._priority = new Field({ name: "priority", label: "display.priority", choices: ["NormalCycle", "InFront", "AlwaysFront"].map((priority) => [priority, `display_priority.${priority}`]), read: String });
    this._state = new Field({ name: "state", label: "display.state", choices: [["", "display.any_state"], .../** @type {[string, string][]} */ (STATES.map((state) => [state, `display_state.${state}`]))], read: orNothing });
    this._from = moment("startDateTime", "display.from", () => null);
    this._until = moment("endDateTime", "display.until", () => this._tooEarly());
    this._transaction = new Field({ name: "transaction", label: "display.transaction", choices: [["", "display.any_transaction"]], read: orNothing });
    this._texts = Array.from({ length: MOST_TEXTS }, (_, place) => this._text(place));
    this._add = el("button", { type: "button", class: "button small", "data-t": "display.add_text", on: { click: () => this._showTexts(this._shownTexts + 1) } });
    this._drop = el("button", { type: "button", class: "button small", "data-t": "display.drop_text", on: { click: () => this._showTexts(this._shownTexts - 1) } });
    this._shownTexts = 1;
    this._send = el("button", { type: "submit", class: "button main", "data-t": "display.show" });
    this._cancel = el("button", { type: "button", class: "button", "data-t": "tokens.cancel", on: { click: () => this.open(null) } });
    this._outcome = new Outcome();
    this._title = el("summary", { "data-t": "display.new" });
    this.element = el(
      "details",
      { class: "add-form display-form" },
      this._title,
      el(
        "form",
        { novalidate: true, on: { submit: (/** @type {Event} */ event) => this._submit(event) } },
        this._texts.map(({ element }) => element),
        el("div", { class: "quick" }, this._add, this._drop),
        el("div", { class: "form-fields" }, [this._priority, this._state, this._from, this._until, this._transaction, this._number].map((field) => field.element)),
        el("div", { class: "form-end" }, this._send, this._cancel, this._outcome.element),
      ),
    );
    this.open(null);
  }

  /** @param {number} place */
  _text(place) {
    const content = new Field({ name: `texts[${place}].content`, label: "display.text", rows: 2, inputmode: "text", read: (text) => this._content(text) });
    const language = new Field({ name: `texts[${place}].language`, label: "display.language", hint: "display.language_hint", placeholder: "de", inputmode: "text", read: languageOf });
    const kind = new Field({ name: `texts[${place}].format`, label: "display.format", choices: FORMATS.map((format) => [format, `display_format.${format}`]), read: String });
    return { content, language, format: kind, element: el("div", { class: "display-text-form" }, content.element, language.element, kind.element) };
  }

  /** @param {string} text */
  _content(text) {
    const most = this._is21 ? LONGEST : LONGEST_201;
    if (text === "") throw new FieldProblem("missing");
    if (text.length > most) throw new FieldProblem("length", { least: 1, most });
    return text;
  }

  /** @param {import("./types.js").Station} station */
  show(station) {
    this._not = notToBeAsked(station);
    this._is21 = station.version === "ocpp2.1" || station.version === null;
    mark(this._send, "aria-disabled", this._not ? "true" : null);
    for (const { input } of [this._state, ...this._texts.map((text) => text.format)]) {
      for (const option of input.options) option.hidden = option.disabled = ONLY_21.has(option.value) && !this._is21;
    }
    const running = station.evses.flatMap(({ transaction_id }) => transaction_id ?? []);
    // One that is over is kept while it is chosen: the station says what it makes of it.
    const chosen = this._transaction.input.value;
    this._offer([...new Set([...running, ...(chosen ? [chosen] : [])])]);
    this._showTexts(this._shownTexts);
  }

  /** @param {string[]} transactions */
  _offer(transactions) {
    const { input } = this._transaction;
    const chosen = input.value;
    const offered = [...input.options].slice(1).map(({ value }) => value);
    if (offered.join("\n") === transactions.join("\n")) return;
    input.replaceChildren(input.options[0], ...transactions.map((id) => el("option", { value: id }, id)));
    input.value = chosen;
  }

  redraw() {
    const title = this._changes ? "display.change_one" : "display.new";
    mark(this._title, "data-t", title);
    say(this._title, t(title));
  }

  /**
   * Numbers of the messages that are there: a new one gets another.
   *
   * @param {number[]} numbers
   */
  know(numbers) {
    this._taken = numbers;
    if (!this._changes) this._number.show(this._free());
  }

  _free() {
    return Math.min(Math.max(0, ...this._taken) + 1, MOST_NUMBER);
  }

  /** @param {Message | null} message   Null: a new one. */
  open(message) {
    this._changes = message !== null;
    const fields = this._all().list;
    for (const field of fields) {
      field.dirty = false;
      field.complain(null);
    }
    this._number.input.readOnly = this._changes;
    this._number.show(message?.message_id ?? this._free());
    this._priority.show(message?.priority ?? "NormalCycle");
    this._state.show(message?.state);
    this._from.show(message?.starts_at);
    this._until.show(message?.ends_at);
    if (message?.transaction_id) this._offer([...new Set([...[...this._transaction.input.options].slice(1).map(({ value }) => value), message.transaction_id])]);
    this._transaction.show(message?.transaction_id);
    for (const [place, { content, language, format }] of this._texts.entries()) {
      content.show(message?.texts[place]?.content);
      language.show(message?.texts[place]?.language);
      format.show(message?.texts[place]?.format ?? FORMATS[0]);
    }
    this._showTexts(message?.texts.length ?? 1);
    this._cancel.hidden = !this._changes;
    this._outcome.tell("");
    this.redraw();
    this.element.open = this._changes;
    if (message) this._texts[0].content.input.focus();
  }

  /** @param {number} wanted */
  _showTexts(wanted) {
    this._shownTexts = this._is21 ? Math.max(1, Math.min(wanted, MOST_TEXTS)) : 1;
    for (const [place, { element }] of this._texts.entries()) element.hidden = place >= this._shownTexts;
    this._add.hidden = !this._is21 || this._shownTexts === MOST_TEXTS;
    this._drop.hidden = this._shownTexts === 1;
  }

  /** The fields that count. */
  _all() {
    const texts = this._texts.slice(0, this._shownTexts).flatMap(({ content, language, format }) => [content, language, format]);
    return new Fields([...texts, this._priority, this._state, this._from, this._until, this._transaction, this._number]);
  }

  /** Why the end cannot be what it is. */
  _tooEarly() {
    const [from, until] = [this._from, this._until].map(({ input }) => input.value);
    if (from && until <= from) return "not-after";
    const end = momentsShowing(Date.parse(`${until}Z`))[0];
    return end && end <= (this._time.now() ?? new Date()) ? "past" : null;
  }

  /** @param {Event} event */
  async _submit(event) {
    event.preventDefault();
    if (this._not) return this._outcome.tell(t(this._not), "bad");
    const values = this._all().values();
    if (values === null) return this._outcome.tell(t("device.see_fields"), "bad");
    mark(this._send, "aria-busy", "true");
    try {
      const answer = await ask("POST", `${this._path}/commands/SetDisplayMessage`, { message: this._message(values) }, ANSWER_MS);
      this._answered(answer, values.id);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this._refused(error);
    } finally {
      mark(this._send, "aria-busy", null);
    }
    return undefined;
  }

  /** @param {Record<string, any>} values */
  _message({ id, priority, state, startDateTime, endDateTime, transaction, ...values }) {
    const texts = Array.from({ length: this._shownTexts }, (_, place) => said({ content: values[`texts[${place}].content`], format: values[`texts[${place}].format`], language: values[`texts[${place}].language`] }));
    return said({ id, priority, state, startDateTime, endDateTime, transactionId: transaction, message: texts[0], messageExtra: texts.length > 1 ? texts.slice(1) : null });
  }

  /**
   * @param {any} answer
   * @param {number} number
   */
  _answered(answer, number) {
    const status = statusText(answer);
    if (answer.status === "Accepted") {
      this.open(null);
      return this._done(t("display.was_set", { number }));
    }
    const field = FAULTS[answer.status];
    if (field) this._all().complain([{ field, code: "station_refused", params: { status }, text: "" }]);
    return this._outcome.tell(t("service.answered", { status }), "bad");
  }

  /** @param {ApiError} error */
  _refused(error) {
    if (!Array.isArray(error.body?.errors)) return this._outcome.tell(refusalText(error), "bad");
    const homeless = this._all().complain(error.body.errors.map((/** @type {any} */ fault) => ({ ...fault, field: fieldOf(fault.field) })));
    return this._outcome.tell(homeless.length > 0 ? refusalText(new ApiError(422, { errors: homeless })) : t("device.see_fields"), "bad");
  }
}

/**
 * What is not said is left out.
 *
 * @param {Record<string, any>} values
 */
function said(values) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}

/**
 * The field of the form that makes a part of the message.
 *
 * @param {string} path   Such as `message.messageExtra[0].language`.
 */
function fieldOf(path) {
  const part = path.replace(/^message\./, "");
  const extra = /^messageExtra\[(\d+)\]\.(\w+)$/.exec(part);
  if (extra) return `texts[${Number(extra[1]) + 1}].${extra[2]}`;
  return part === "transactionId" ? "transaction" : part.replace(/^message\./, "texts[0].");
}

/** @param {string} text */
function orNothing(text) {
  return text || null;
}

/** @param {string} text */
function wholeNumber(text) {
  const value = numberReader({ min: 0, max: () => MOST_NUMBER })(text);
  if (!Number.isInteger(value)) throw new FieldProblem("not_whole");
  return value;
}

/** @param {string} text */
function languageOf(text) {
  if (text.length > LONGEST_LANGUAGE) throw new FieldProblem("length", { least: 1, most: LONGEST_LANGUAGE });
  return text || null;
}

/**
 * A moment on the clocks of the place; left empty there is none.
 *
 * @param {string} name
 * @param {string} label
 * @param {() => string | null} wrong   Code of what is wrong with it.
 */
function moment(name, label, wrong) {
  const read = (/** @type {string} */ text) => {
    if (text === "") return null;
    const code = wrong();
    if (code) throw new FieldProblem(code);
    const at = momentsShowing(Date.parse(`${text}Z`))[0];
    if (!at) throw new FieldProblem("not_a_time");
    return at.toISOString();
  };
  return new Field({ name, label, type: "datetime-local", read, write: (at) => localIso(new Date(at)).slice(0, 16) });
}
