// What a station knows of a customer: asked for, shown as the text it tells, kept as a file, and forgotten there and here.

import { ApiError, ask } from "../kit/api.js";
import { download } from "../kit/csv.js";
import { el, mark, say } from "../kit/dom.js";
import { Field, FieldProblem, Fields } from "../kit/form.js";
import { format, t } from "../kit/i18n.js";
import { Loaded } from "../kit/loaded.js";
import { Outcome, refusalText } from "../kit/outcome.js";
import { Records } from "../kit/records.js";
import { sureButton } from "../kit/sure.js";
import { notToBeAsked, statusText } from "./device-words.js";
import { Soon } from "./soon.js";

/** @typedef {{request_id: number, status: string, reason: string, report: boolean, clear: boolean, asked_at: string | null, changed_at: string, text: string}} Report */

const ANSWER_MS = 90000;
const AGAIN_MS = 500;
const TOLD_BY = /"(NotifyCustomerInformation|CustomerInformation)"/;
const TOKEN_TYPES = ["ISO14443", "ISO15693", "eMAID", "KeyCode", "MacAddress", "Central", "VIN"];
const TONES = /** @type {Record<string, string>} */ ({ Complete: "good", Accepted: "info", Asked: "warn", Canceled: "warn", Rejected: "bad", Invalid: "bad" });

export class StationCustomers {
  /**
   * @param {string} id
   * @param {import("../kit/link.js").ServerTime} time
   */
  constructor(id, time) {
    this._id = id;
    this._path = `/api/stations/${encodeURIComponent(id)}`;
    /** Why the station cannot be asked now: key of a text. */
    this._not = "";
    /** @type {Report[]} */
    this._reports = [];
    this._loaded = new Loaded(time, () => this._fetch());
    this._soon = new Soon(() => this._loaded.load(), AGAIN_MS);
    this._listed = new Outcome();
    this._outcome = new Outcome();
    this._kind = new Field({ name: "kind", label: "customers.by", choices: [["idToken", "customers.token"], ["customerIdentifier", "customers.identifier"]], read: String });
    this._type = new Field({ name: "type", label: "tokens.type", choices: TOKEN_TYPES.map((type) => [type, `token_type.${type}`]), read: String });
    this._who = new Field({ name: "who", label: "customers.who", inputmode: "text", read: (text) => whoOf(text, this._kind.input.value) });
    this._fields = new Fields([this._kind, this._type, this._who]);
    this._kind.onInput = () => this._showType();
    this._report = el("button", { type: "submit", class: "button main", "data-t": "customers.ask" });
    this._forget = sureButton("customers.forget", "customers.forget_sure", () => this._send(true, this._forget));
    this._lacks = el("p", { class: "small quiet", hidden: true, "data-t": "device.not_in_16" });
    this._records = new Records({ title: "customers.title", keyOf: (/** @type {Report} */ { request_id }) => String(request_id), none: "customers.none", hint: "customers.none_hint", columns: this._columns() });
    this._records.element.hidden = true;
    const submit = (/** @type {Event} */ event) => {
      event.preventDefault();
      this._send(false, this._report);
    };
    this.element = el(
      "div",
      { class: "view customers" },
      el("section", { class: "card" }, el("div", { class: "card-head" }, el("h2", { "data-t": "customers.ask_title" })), this._lacks, el("p", { class: "small quiet", "data-t": "customers.hint" }), el("form", { class: "customer-form", novalidate: true, on: { submit } }, el("div", { class: "form-fields" }, this._fields.list.map((field) => field.element)), el("div", { class: "form-end" }, this._report, this._forget, this._outcome.element))),
      el("section", { class: "card" }, el("div", { class: "card-head" }, el("h2", { "data-t": "customers.title" }), this._loaded.element), this._listed.element, this._records.element),
    );
  }

  _columns() {
    return [
      { label: "service.number", kind: "time", text: (/** @type {Report} */ { request_id }) => String(request_id) },
      { label: "service.asked", kind: "time", text: (/** @type {Report} */ { asked_at }) => (asked_at ? format.moment(asked_at) : "–") },
      { label: "customers.what", text: (/** @type {Report} */ { report, clear }) => t(clear ? (report ? "customers.both" : "customers.cleared") : "customers.reported") },
      { label: "stations.state", make: () => el("span", { class: "chip" }), show: showStatus },
      { label: "customers.text", kind: "wide", make: () => el("details", { class: "change customer-text" }, el("summary"), el("pre")), show: showText },
      { label: "kit.actions", kind: "actions", make: () => this._buttons(), show: showButtons },
    ];
  }

  enter() {
    this._showType();
    this._loaded.load();
  }

  linked() {
    this._loaded.load();
  }

  redraw() {
    if (this._loaded.once) this._records.show(this._reports);
  }

  /** @param {import("./types.js").Station} station */
  show(station) {
    this._not = notToBeAsked(station);
    this._lacks.hidden = station.version !== "ocpp1.6";
    for (const button of [this._report, this._forget]) mark(button, "aria-disabled", this._not ? "true" : null);
  }

  /** @param {import("./types.js").Frame} frame */
  frame(frame) {
    if (!this.element.hidden && TOLD_BY.test(frame.text)) this._soon.please();
  }

  async _fetch() {
    this._reports = await ask("GET", `${this._path}/customer-information`);
    this._records.element.hidden = false;
    this._records.show(this._reports);
  }

  _showType() {
    this._type.element.hidden = this._kind.input.value !== "idToken";
  }

  /**
   * @param {boolean} clear      Whether the station is to forget the customer, too.
   * @param {HTMLElement} button
   */
  async _send(clear, button) {
    if (this._not) return this._outcome.tell(t(this._not), "bad");
    const values = this._fields.values();
    if (values === null) return this._outcome.tell(t("device.see_fields"), "bad");
    const { kind, type, who } = values;
    // Whoever has it forgotten gets to see what that was.
    const body = { requestId: Date.now() % 2000000000, report: true, clear, [kind]: kind === "idToken" ? { idToken: who, type } : who };
    mark(button, "aria-busy", "true");
    this._outcome.tell("");
    try {
      const answer = await ask("POST", `${this._path}/commands/CustomerInformation`, body, ANSWER_MS);
      const done = answer.status === "Accepted";
      if (!done) this._fields.complain([{ field: "who", code: "station_refused", params: { status: statusText(answer) }, text: "" }]);
      this._outcome.tell(t(done ? "customers.on_the_way" : "service.answered", { status: statusText(answer), number: body.requestId }), done ? "good" : "bad");
      if (done) this._fields.settle();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const homeless = Array.isArray(error.body?.errors) ? this._fields.complain(error.body.errors.map((/** @type {any} */ fault) => ({ ...fault, field: /^(idToken|customerIdentifier)/.test(fault.field) ? "who" : fault.field }))) : null;
      this._outcome.tell(homeless?.length === 0 ? t("device.see_fields") : refusalText(homeless ? new ApiError(422, { errors: homeless }) : error), "bad");
    } finally {
      mark(button, "aria-busy", null);
    }
    await this._loaded.load();
    return undefined;
  }

  _buttons() {
    const box = el("div", { class: "row-actions" });
    const report = () => this._reports.find(({ request_id }) => String(request_id) === box.getAttribute("data-report"));
    const save = () => download(`customer-${this._id}-${report()?.request_id}.txt`, report()?.text ?? "");
    box.append(el("button", { type: "button", class: "button small", "data-t": "customers.file", on: { click: save } }, t("customers.file")), sureButton("customers.drop", "customers.drop_sure", () => this._drop(report())));
    return box;
  }

  /** @param {Report | undefined} report */
  async _drop(report) {
    if (!report) return;
    const done = await this._listed.of(null, () => ask("DELETE", `${this._path}/customer-information/${report.request_id}`));
    if (done) this._listed.tell(t("customers.was_dropped", { number: report.request_id }), "good");
    await this._loaded.load();
  }
}

/**
 * @param {string} text
 * @param {string} kind
 */
function whoOf(text, kind) {
  const most = kind === "idToken" ? 255 : 64;
  if (text === "") throw new FieldProblem("missing");
  if (text.length > most) throw new FieldProblem("length", { least: 1, most });
  return text;
}

/**
 * @param {HTMLElement} chip
 * @param {Report} report
 */
function showStatus(chip, { status, reason }) {
  const said = t(`customer_status.${status}`, {}, status);
  say(chip, reason ? `${said}: ${reason}` : said);
  mark(chip, "data-tone", TONES[status] ?? "info");
}

/**
 * @param {HTMLElement} details
 * @param {Report} report
 */
function showText(details, { text, status }) {
  say(details.children[0], text ? t("customers.characters", { n: text.length }) : status === "Complete" || status === "Accepted" ? t(status === "Complete" ? "customers.nothing" : "customers.no_text") : "–");
  say(details.children[1], text);
  mark(details.children[1], "hidden", text === "");
}

/**
 * @param {HTMLElement} box
 * @param {Report} report
 */
function showButtons(box, { request_id, text }) {
  mark(box, "data-report", String(request_id));
  box.children[0].hidden = text === "";
  for (const button of box.children) mark(button, "aria-label", `${button.textContent}: ${request_id}`);
}
