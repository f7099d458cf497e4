// What a station was asked to do over a longer time, and what it keeps of ours: firmware, logs, reservations, local list, certificates.

import { ask } from "../kit/api.js";
import { el, mark, say } from "../kit/dom.js";
import { format, t } from "../kit/i18n.js";
import { Loaded } from "../kit/loaded.js";
import { Outcome } from "../kit/outcome.js";
import { allPages } from "../kit/pages.js";
import { Records } from "../kit/records.js";
import { sureButton } from "../kit/sure.js";
import { firmwareForm, logForm, reservationForm } from "./service-forms.js";

/** @typedef {{request_id: number, status: string, reason: string, changed_at: string, asked_at: string | null, location: string, log_type?: string, filename?: string | null, signed?: boolean}} Errand */
/** @typedef {{station_id: string, reservation_id: number, evse_id: number | null, id_token: string, expires_at: string, state: string, reason: string}} Reservation */
/** @typedef {{serial: string, use: string, subject: string, not_after: string, state: string, reason: string}} Certificate */

const MOST_RESERVATIONS = 200;
/** Stations tell how far they are: the lists follow them, not oftener than this. */
const AGAIN_MS = 1000;
const TOLD_BY = /"(FirmwareStatusNotification|LogStatusNotification|ReservationStatusUpdate|SignCertificate|SendLocalList)"/;
const BAD = /fail|reject|invalid|refused|removed/i;
const DONE = /^(Installed|Uploaded|SignatureVerified|active|used|issued|accepted)$/;

export class StationService {
  /**
   * @param {string} id
   * @param {import("../kit/link.js").ServerTime} time
   * @param {boolean} steer   Whether the visitor may ask the station.
   */
  constructor(id, time, steer) {
    this._id = id;
    this._path = `/api/stations/${encodeURIComponent(id)}`;
    this._timer = 0;
    /** @type {{records: Records<any>, rows: any[]}[]} */
    this._lists = [];
    this._loaded = new Loaded(time, () => this._fetch());
    this._outcome = new Outcome();
    this._firmware = this._list("service.firmware", "service.no_firmware", (/** @type {Errand} */ { request_id }) => String(request_id), errandColumns());
    this._logs = this._list("service.logs", "service.no_logs", (/** @type {Errand} */ { request_id }) => String(request_id), errandColumns());
    this._reservations = this._list("service.reservations", "service.no_reservations", (/** @type {Reservation} */ { reservation_id }) => String(reservation_id), this._reservationColumns(steer));
    this._certificates = this._list("service.certificates", "service.no_certificates", (/** @type {Certificate} */ { serial }) => serial, certificateColumns());
    this._listState = el("p", { role: "status" });
    const again = () => this._loaded.load();
    const resend = el("button", { type: "button", class: "button small", "data-t": "service.send_list", on: { click: () => this._resend(resend) } });
    this.element = el(
      "div",
      { class: "view service" },
      el("section", { class: "card" }, el("div", { class: "card-head" }, el("h2", { "data-t": "service.reservations" }), this._loaded.element), this._outcome.element, this._reservations.records.element, steer && reservationForm(id, time, again)),
      el("section", { class: "card" }, el("div", { class: "card-head" }, el("h2", { "data-t": "service.firmware" })), this._firmware.records.element, steer && firmwareForm(this._path, again)),
      el("section", { class: "card" }, el("div", { class: "card-head" }, el("h2", { "data-t": "service.logs" })), this._logs.records.element, steer && logForm(this._path, again)),
      el("section", { class: "card" }, el("div", { class: "card-head" }, el("h2", { "data-t": "service.local_list" }), steer && resend), this._listState),
      el("section", { class: "card" }, el("div", { class: "card-head" }, el("h2", { "data-t": "service.certificates" })), this._certificates.records.element),
    );
  }

  /**
   * @param {string} title
   * @param {string} none
   * @param {(row: any) => string} keyOf
   * @param {any[]} columns
   */
  _list(title, none, keyOf, columns) {
    const list = { records: new Records({ title, none, keyOf, columns }), rows: [] };
    list.records.element.hidden = true;
    this._lists.push(list);
    return list;
  }

  enter() {
    this._loaded.load();
  }

  linked() {
    this._loaded.load();
  }

  redraw() {
    if (!this._loaded.once) return;
    for (const { records, rows } of this._lists) records.show(rows);
    this._showList();
  }

  /** @param {import("./types.js").Frame} frame */
  frame(frame) {
    if (this.element.hidden || !TOLD_BY.test(frame.text)) return;
    clearTimeout(this._timer);
    this._timer = window.setTimeout(() => this._loaded.load(), AGAIN_MS);
  }

  async _fetch() {
    const [firmware, logs, reservations, local, certificates] = await Promise.all([
      ask("GET", `${this._path}/firmware?limit=20`),
      ask("GET", `${this._path}/logs?limit=20`),
      allPages(`/api/reservations?station=${encodeURIComponent(this._id)}`, MOST_RESERVATIONS),
      ask("GET", `${this._path}/local-list`),
      ask("GET", `${this._path}/certificates`),
    ]);
    this._firmware.rows = firmware;
    this._logs.rows = logs;
    // Those that still hold have the highest numbers.
    this._reservations.rows = reservations.reverse();
    this._certificates.rows = certificates;
    this._local = local;
    for (const { records, rows } of this._lists) {
      records.element.hidden = false;
      records.show(rows);
    }
    this._showList();
  }

  _showList() {
    const { version, state, reason, updated_at } = this._local;
    const said = t(`list_state.${state}`, {}, state);
    say(this._listState, [said, reason, version > 0 ? t("service.list_version", { version }) : "", updated_at ? format.moment(updated_at) : ""].filter(Boolean).join(" · "));
  }

  /** @param {HTMLElement} button */
  async _resend(button) {
    const sent = await this._outcome.of(button, () => ask("POST", `${this._path}/local-list`));
    if (sent) await this._loaded.load();
  }

  /** @param {boolean} steer */
  _reservationColumns(steer) {
    return [
      { label: "service.number", kind: "main", text: (/** @type {Reservation} */ { reservation_id }) => String(reservation_id) },
      { label: "stations.state", make: chip, show: (/** @type {HTMLElement} */ element, /** @type {Reservation} */ { state, reason }) => showStatus(element, t(`reservation.${state}`, {}, state), state, reason) },
      { label: "profiles.evse", text: (/** @type {Reservation} */ { evse_id }) => (evse_id === null ? t("service.any_evse") : String(evse_id)) },
      { label: "tokens.id_token", text: (/** @type {Reservation} */ { id_token }) => id_token },
      { label: "tokens.valid_until", text: (/** @type {Reservation} */ { expires_at }) => format.moment(expires_at) },
      ...(steer ? [{ label: "kit.actions", kind: "actions", make: () => this._cancelButton(), show: showCancel }] : []),
    ];
  }

  _cancelButton() {
    const button = sureButton("service.cancel", "service.cancel_sure", async () => {
      const done = await this._outcome.of(null, () => ask("DELETE", `${this._path}/reservations/${button.getAttribute("data-number")}`));
      if (done) await this._loaded.load();
    });
    return button;
  }
}

function errandColumns() {
  return [
    { label: "service.number", kind: "main", text: (/** @type {Errand} */ { request_id }) => String(request_id) },
    { label: "stations.state", make: chip, show: (/** @type {HTMLElement} */ element, /** @type {Errand} */ { status, reason }) => showStatus(element, status, status, reason) },
    { label: "service.location", kind: "wide", text: (/** @type {Errand} */ { location, log_type, filename }) => [log_type, location, filename].filter(Boolean).join(" · ") || "–" },
    { label: "service.asked", text: (/** @type {Errand} */ { asked_at }) => (asked_at ? format.moment(asked_at) : t("service.not_here")) },
    { label: "service.changed", text: (/** @type {Errand} */ { changed_at }) => format.moment(changed_at) },
  ];
}

function certificateColumns() {
  return [
    { label: "service.serial", kind: "main", text: (/** @type {Certificate} */ { serial }) => serial },
    { label: "stations.state", make: chip, show: (/** @type {HTMLElement} */ element, /** @type {Certificate} */ { state, reason }) => showStatus(element, state, state, reason) },
    { label: "service.use", text: (/** @type {Certificate} */ { use }) => use },
    { label: "service.subject", kind: "wide", text: (/** @type {Certificate} */ { subject }) => subject },
    { label: "tokens.valid_until", text: (/** @type {Certificate} */ { not_after }) => format.moment(not_after) },
  ];
}

function chip() {
  return el("span", { class: "chip" });
}

/**
 * @param {HTMLElement} element
 * @param {string} text
 * @param {string} status
 * @param {string} reason
 */
function showStatus(element, text, status, reason) {
  say(element, reason ? `${text}: ${reason}` : text);
  mark(element, "data-tone", BAD.test(status) ? "bad" : DONE.test(status) ? "good" : "info");
}

/**
 * @param {HTMLElement} button
 * @param {Reservation} reservation
 */
function showCancel(button, { reservation_id, state }) {
  button.hidden = state !== "active" && state !== "asked";
  mark(button, "data-number", String(reservation_id));
}
