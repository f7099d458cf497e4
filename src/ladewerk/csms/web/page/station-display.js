// The messages on the display of a station: what it shows when, new ones, and those to be taken away.

import { ask } from "../kit/api.js";
import { el, keep, mark, say } from "../kit/dom.js";
import { format, t } from "../kit/i18n.js";
import { Loaded } from "../kit/loaded.js";
import { Outcome } from "../kit/outcome.js";
import { Records } from "../kit/records.js";
import { sureButton } from "../kit/sure.js";
import { notToBeAsked, statusText } from "./device-words.js";
import { DisplayForm } from "./display-form.js";
import { Soon } from "./soon.js";

/** @typedef {{content: string, format: string, language: string | null}} Text */
/** @typedef {{message_id: number, priority: string, texts: Text[], state: string | null, starts_at: string | null, ends_at: string | null, transaction_id: string | null, heard_at: string}} Message */

const ANSWER_MS = 90000;
const AGAIN_MS = 500;
const TOLD_BY = /"(NotifyDisplayMessages|SetDisplayMessage|ClearDisplayMessage)"/;
const PLAIN = new Set(["UTF8", "ASCII"]);
const FIRST = /** @type {Record<string, number>} */ ({ AlwaysFront: 0, InFront: 1 });

export class StationDisplay {
  /**
   * @param {string} id
   * @param {import("../kit/link.js").ServerTime} time
   * @param {boolean} steer   Whether the visitor may ask and set.
   */
  constructor(id, time, steer) {
    this._path = `/api/stations/${encodeURIComponent(id)}`;
    this._time = time;
    this._steer = steer;
    /** Why the station cannot be asked now: key of a text. */
    this._not = "";
    /** @type {Message[]} */
    this._messages = [];
    this._loaded = new Loaded(time, () => this._fetch());
    this._soon = new Soon(() => this._loaded.load(), AGAIN_MS);
    this._outcome = new Outcome();
    this._form = new DisplayForm(this._path, time, (said) => this._settled(said));
    this._ask = el("button", { type: "button", class: "button main small", "data-t": "variables.ask", on: { click: () => this._report() } });
    this._records = new Records({ title: "display.title", keyOf: (/** @type {Message} */ { message_id }) => String(message_id), none: "display.none", hint: steer ? "display.none_hint" : undefined, columns: this._columns() });
    this._records.element.hidden = true;
    this._lacks = el("p", { class: "small quiet", hidden: true, "data-t": "device.not_in_16" });
    this.element = el("section", { class: "card display" }, el("div", { class: "card-head" }, el("h2", { "data-t": "display.title" }), this._loaded.element, steer && this._ask), this._lacks, this._outcome.element, this._records.element, steer && this._form.element);
  }

  _columns() {
    return [
      { label: "display.number", kind: "time", text: (/** @type {Message} */ { message_id }) => String(message_id) },
      { label: "display.text", kind: "main", make: () => el("ul", { class: "display-texts" }), show: showTexts },
      { label: "display.now", make: () => el("span", { class: "chip" }), show: (/** @type {HTMLElement} */ chip, /** @type {Message} */ message) => this._showNow(chip, message) },
      { label: "display.priority", text: (/** @type {Message} */ { priority }) => t(`display_priority.${priority}`, {}, priority) },
      { label: "display.state", text: whileText },
      { label: "display.time", text: spanText },
      { label: "variables.heard", kind: "time", text: (/** @type {Message} */ { heard_at }) => format.moment(heard_at) },
      ...(this._steer ? [{ label: "kit.actions", kind: "actions", make: () => this._buttons(), show: showButtons }] : []),
    ];
  }

  enter() {
    this._loaded.load();
  }

  linked() {
    this._loaded.load();
  }

  redraw() {
    if (this._loaded.once) this._records.show(this._messages);
    this._form.redraw();
  }

  /** @param {import("./types.js").Station} station */
  show(station) {
    this._not = notToBeAsked(station);
    this._lacks.hidden = station.version !== "ocpp1.6";
    mark(this._ask, "aria-disabled", this._not ? "true" : null);
    this._form.show(station);
    // What is shown changes with the time, too.
    if (this._loaded.once && !this.element.hidden) this._records.show(this._messages);
  }

  /** @param {import("./types.js").Frame} frame */
  frame(frame) {
    if (!this.element.hidden && TOLD_BY.test(frame.text)) this._soon.please();
  }

  async _fetch() {
    const messages = await ask("GET", `${this._path}/display-messages`);
    this._messages = messages.sort((/** @type {Message} */ a, /** @type {Message} */ b) => (FIRST[a.priority] ?? 2) - (FIRST[b.priority] ?? 2) || a.message_id - b.message_id);
    this._form.know(this._messages.map(({ message_id }) => message_id));
    this._records.element.hidden = false;
    this._records.show(this._messages);
  }

  /** @param {string} said */
  async _settled(said) {
    this._outcome.tell(said, "good");
    await this._loaded.load();
  }

  async _report() {
    if (this._not) return this._outcome.tell(t(this._not), "bad");
    const answer = await this._outcome.of(this._ask, () => this._command("GetDisplayMessages", { requestId: Date.now() % 2000000000 }));
    // "Unknown" is the word for none.
    if (answer && answer.status !== "Accepted" && answer.status !== "Unknown") this._outcome.tell(t("variables.not_told", { status: statusText(answer) }), "bad");
    await this._loaded.load();
    return undefined;
  }

  /**
   * @param {string} action
   * @param {any} body
   */
  _command(action, body) {
    return ask("POST", `${this._path}/commands/${action}`, body, ANSWER_MS);
  }

  _buttons() {
    const box = el("div", { class: "row-actions" });
    const number = () => Number(box.getAttribute("data-message"));
    const change = () => this._form.open(this._messages.find(({ message_id }) => message_id === number()) ?? null);
    box.append(el("button", { type: "button", class: "button small", "data-t": "variables.change", on: { click: change } }, t("variables.change")), sureButton("display.clear", "display.clear_sure", () => this._clear(number())));
    return box;
  }

  /** @param {number} number */
  async _clear(number) {
    const answer = await this._outcome.of(null, () => this._command("ClearDisplayMessage", { id: number }));
    if (!answer) return;
    const gone = answer.status === "Accepted" || answer.status === "Unknown";
    this._outcome.tell(t(gone ? "display.cleared" : "display.not_cleared", { number, status: statusText(answer) }), gone ? "good" : "bad");
    await this._loaded.load();
  }

  /**
   * @param {HTMLElement} chip
   * @param {Message} message
   */
  _showNow(chip, { starts_at, ends_at }) {
    const now = (this._time.now() ?? new Date()).getTime();
    const when = ends_at && Date.parse(ends_at) <= now ? "over" : starts_at && Date.parse(starts_at) > now ? "later" : "shown";
    say(chip, t(`display_now.${when}`));
    mark(chip, "data-tone", when === "shown" ? "good" : when === "later" ? "info" : null);
  }
}

/**
 * A message may be HTML: it is shown as the text it is.
 *
 * @param {HTMLElement} list
 * @param {Message} message
 */
function showTexts(list, { texts }) {
  keep(list, texts, (_, place) => String(place), () => el("li", {}, el("span", { class: "display-text" }), el("span", { class: "small quiet" })), (line, text) => {
    say(line.children[0], text.content);
    say(line.children[1], [text.language, PLAIN.has(text.format) ? "" : t(`display_format.${text.format}`, {}, text.format)].filter(Boolean).join(" · "));
  });
}

/** @param {Message} message */
function whileText({ state, transaction_id }) {
  const said = [state && t(`display_state.${state}`, {}, state), transaction_id && t("station.transaction", { id: transaction_id })].filter(Boolean);
  return said.join(" · ") || t("display.any_state");
}

/** @param {Message} message */
function spanText({ starts_at, ends_at }) {
  const said = [starts_at && t("tokens.from", { at: format.moment(starts_at) }), ends_at && t("tokens.until", { at: format.moment(ends_at) })].filter(Boolean);
  return said.join(" ") || t("tokens.always");
}

/**
 * @param {HTMLElement} box
 * @param {Message} message
 */
function showButtons(box, { message_id }) {
  mark(box, "data-message", String(message_id));
  for (const button of box.children) mark(button, "aria-label", `${button.textContent}: ${message_id}`);
}
