// What happened at a station as its monitors and the station itself report it (NotifyEvent), the newest first.

import { el, say } from "../kit/dom.js";
import { format, t } from "../kit/i18n.js";
import { Pages } from "../kit/pages.js";
import { Records } from "../kit/records.js";
import { placeOf, placeText, showSeverity } from "./device-words.js";
import { Soon } from "./soon.js";

/** @typedef {{key: string, at: string, event: any}} Row */
/** @typedef {{number: number, action: string, at: string, payload: any}} Notice */

const PER_PAGE = 50;
const AGAIN_MS = 1000;
/** Told so much later than it happened, that is worth a word. */
const LATE_MS = 60000;

export class StationEvents {
  /**
   * @param {string} id
   * @param {import("../kit/link.js").ServerTime} time
   */
  constructor(id, time) {
    /** @type {Row[]} */
    this._rows = [];
    /** @type {Map<number, number>} */
    this._severities = new Map();
    /** @type {Map<string, string>} */
    this._units = new Map();
    this._pages = new Pages(time, () => `/api/notices?station=${encodeURIComponent(id)}&action=NotifyEvent&limit=${PER_PAGE}`, (notices) => this._take(notices));
    this._soon = new Soon(() => this._pages.again(), AGAIN_MS);
    this._records = new Records({ title: "events.title", keyOf: (/** @type {Row} */ { key }) => key, none: "events.none", hint: "events.none_hint", columns: this._columns() });
    this._records.element.hidden = true;
    this.element = el("section", { class: "card events" }, el("div", { class: "card-head" }, el("h2", { "data-t": "events.title" }), this._pages.loaded.element), this._records.element, this._pages.element);
  }

  _columns() {
    return [
      { label: "events.at", kind: "time", make: () => el("div", {}, el("div"), el("div", { class: "small quiet" })), show: showAt },
      { label: "monitors.severity", make: () => el("span", { class: "chip" }), show: (/** @type {HTMLElement} */ chip, /** @type {Row} */ { event }) => showSeverity(chip, this._severity(event)) },
      { label: "monitors.place", kind: "main", text: (/** @type {Row} */ { event }) => placeText(placeOf(event)) },
      { label: "variables.value", kind: "wide", text: (/** @type {Row} */ { event }) => [event.actualValue, this._units.get(placeText(placeOf(event)))].filter(Boolean).join("\u00a0") || "–" },
      { label: "events.what", kind: "wide", text: whatText },
    ];
  }

  /** @param {any} event */
  _severity({ severity, variableMonitoringId }) {
    return severity ?? this._severities.get(variableMonitoringId);
  }

  /**
   * What is known of the monitors: stations before OCPP 2.1 name a monitor, and not how much it matters.
   *
   * @param {{monitor_id: number, severity: number}[]} monitors
   * @param {Map<string, string>} units
   */
  know(monitors, units) {
    this._severities = new Map(monitors.map(({ monitor_id, severity }) => [monitor_id, severity]));
    this._units = units;
    this.redraw();
  }

  enter() {
    this._pages.restart();
  }

  linked() {
    this._pages.again();
  }

  /** @param {import("./types.js").Frame} frame */
  frame(frame) {
    if (!frame.sent && this._pages.onFirst && frame.text.includes('"NotifyEvent"')) this._soon.please();
  }

  redraw() {
    if (this._pages.loaded.once) this._records.show(this._rows);
  }

  /** @param {Notice[]} notices */
  _take(notices) {
    this._rows = notices.flatMap(({ number, at, payload }) => [...(payload.eventData ?? [])].reverse().map((event, place) => ({ key: `${number}/${place}`, at, event })));
    this._records.element.hidden = false;
    this._records.show(this._rows);
  }
}

/**
 * @param {HTMLElement} box
 * @param {Row} row
 */
function showAt(box, { at, event }) {
  const happened = event.timestamp ?? at;
  const late = Date.parse(at) - Date.parse(happened) > LATE_MS;
  say(box.children[0], format.moment(happened));
  say(box.children[1], late ? t("events.told_at", { at }) : "");
}

/** @param {Row} row */
function whatText({ event }) {
  const { trigger, cleared, techCode, techInfo, cause, transactionId, variableMonitoringId, eventNotificationType } = event;
  const whose = variableMonitoringId === undefined ? t(`monitor_whose.${eventNotificationType}`, {}, String(eventNotificationType ?? "")) : t("events.monitor", { number: variableMonitoringId });
  const tech = [techCode, techInfo].filter(Boolean).join(": ");
  const parts = [cleared ? t("events.cleared") : t(`event_trigger.${trigger}`, {}, String(trigger ?? "")), tech, whose, cause === undefined ? "" : t("events.cause", { number: cause }), transactionId ? t("station.transaction", { id: transactionId }) : ""];
  return parts.filter(Boolean).join(" · ");
}
