// What a station said beside transactions, each message in a line.

import { format, t } from "../kit/i18n.js";
import { placeOf, placeText, securityText, securityTone } from "./device-words.js";
import { summarise } from "./frames.js";

/** @typedef {{number: number, station_id: string, action: string, at: string, payload: any}} Notice */

/** Actions that are kept as they came; the first alone come without being asked for and say that something has happened. */
export const ACTIONS = [
  "SecurityEventNotification", "NotifyEvent", "DataTransfer", "FirmwareStatusNotification", "PublishFirmwareStatusNotification",
  "LogStatusNotification", "NotifyChargingLimit", "ClearedChargingLimit", "NotifyEVChargingSchedule", "ReportChargingProfiles",
  "NotifyPriorityCharging", "NotifySettlement", "NotifyDERAlarm", "NotifyDERStartStop", "ReportDERControl", "MeterValues",
];
/** Told every few minutes by some stations: among them nothing else would be found. */
export const FREQUENT = "MeterValues";

const MOST_EVENTS = 3;
const MUCH = 4;

/** @param {Notice} notice */
export function noticeLine({ action, payload }) {
  const write = /** @type {Record<string, (payload: any) => unknown[]>} */ (LINES)[action];
  if (!write) return summarise({ kind: "call", id: "", action, payload });
  return write(payload ?? {}).filter((part) => part !== undefined && part !== null && part !== false && part !== "").map(String).join(" · ");
}

/**
 * How much a notice matters, as the colour of its mark.
 *
 * @param {Notice} notice
 */
export function noticeTone({ action, payload }) {
  if (action === "SecurityEventNotification") return securityTone(String(payload?.type));
  if (action === "NotifyDERAlarm") return payload?.alarmEnded ? null : "bad";
  if (action !== "NotifyEvent") return /fail|invalid/i.test(String(payload?.status)) ? "bad" : null;
  const severities = (payload?.eventData ?? []).filter((/** @type {any} */ event) => !event.cleared && event.severity !== undefined).map((/** @type {any} */ event) => event.severity);
  const worst = Math.min(...severities);
  return worst <= MUCH ? "bad" : severities.length > 0 && worst <= MUCH + 2 ? "warn" : null;
}

/** @param {number | undefined} id */
const evse = (id) => id !== undefined && `EVSE ${id}`;
/** @param {number | undefined} id */
const request = (id) => id !== undefined && `#${id}`;

const LINES = {
  SecurityEventNotification: (/** @type {any} */ p) => [securityText(String(p.type)), p.techInfo],
  NotifyEvent: (/** @type {any} */ p) => {
    const events = p.eventData ?? [];
    const said = events.slice(0, MOST_EVENTS).map((/** @type {any} */ event) => `${placeText(placeOf(event))} = ${event.actualValue}${event.techInfo ? ` (${event.techInfo})` : ""}`);
    return [...said, events.length > MOST_EVENTS && `+${format.number(events.length - MOST_EVENTS)}`];
  },
  DataTransfer: (/** @type {any} */ p) => [[p.vendorId, p.messageId].filter(Boolean).join(" / "), typeof p.data === "string" ? p.data : JSON.stringify(p.data)],
  FirmwareStatusNotification: (/** @type {any} */ p) => [p.status, request(p.requestId), ...reasons(p)],
  PublishFirmwareStatusNotification: (/** @type {any} */ p) => [p.status, request(p.requestId), ...(p.location ?? []), ...reasons(p)],
  LogStatusNotification: (/** @type {any} */ p) => [p.status, request(p.requestId), ...reasons(p)],
  NotifyChargingLimit: (/** @type {any} */ p) => [evse(p.evseId), p.chargingLimit?.chargingLimitSource, p.chargingLimit?.isGridCritical && t("notices.grid_critical")],
  ClearedChargingLimit: (/** @type {any} */ p) => [evse(p.evseId), p.chargingLimitSource],
  NotifyEVChargingSchedule: (/** @type {any} */ p) => [evse(p.evseId), t("notices.periods", { n: p.chargingSchedule?.chargingSchedulePeriod?.length ?? 0 })],
  ReportChargingProfiles: (/** @type {any} */ p) => [evse(p.evseId), p.chargingLimitSource, t("notices.profiles", { n: p.chargingProfile?.length ?? 0 })],
  NotifyPriorityCharging: (/** @type {any} */ p) => [t(p.activated ? "notices.on" : "notices.off"), p.transactionId],
  NotifySettlement: (/** @type {any} */ p) => [p.status, p.pspRef, p.transactionId, p.statusInfo],
  NotifyDERAlarm: (/** @type {any} */ p) => [p.controlType, p.gridEventFault, p.alarmEnded && t("events.cleared"), p.extraInfo],
  NotifyDERStartStop: (/** @type {any} */ p) => [t(p.started ? "notices.on" : "notices.off"), p.controlId],
};

/** @param {any} payload */
function reasons({ statusInfo }) {
  return statusInfo ? [[statusInfo.reasonCode, statusInfo.additionalInfo].filter(Boolean).join(": ")] : [];
}
