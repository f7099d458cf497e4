// What a station says of its parts and of what happened to it, in words: places of variables, severities, security events.

import { mark, say } from "../kit/dom.js";
import { format, t } from "../kit/i18n.js";

/** @typedef {{component: string, component_instance?: string, evse_id?: number, connector_id?: number, variable: string, variable_instance?: string}} Place */

const WARNS_FROM = 5;
const INFORMS_FROM = 7;
/** The severities of OCPP: 0 is a danger, 9 is for those who look for a fault. */
export const SEVERITIES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

/** Security events that OCPP 2.1 (part 2, appendix 1) calls critical. */
const CRITICAL = new Set([
  "FirmwareUpdated", "SettingSystemTime", "StartupOfTheDevice", "ResetOrReboot", "SecurityLogWasCleared", "MemoryExhaustion",
  "TamperDetectionActivated", "MaintenanceLoginAccepted", "MaintenanceLoginFailed",
]);
/** Critical, but what happens in the life of every station. */
const USUAL = new Set(["FirmwareUpdated", "SettingSystemTime", "StartupOfTheDevice", "ResetOrReboot"]);

/** @param {Place} place */
export function componentText({ component, component_instance, evse_id, connector_id }) {
  const evse = evse_id === undefined ? "" : `EVSE ${[evse_id, connector_id].filter((part) => part !== undefined).join("/")}`;
  if (component === "EVSE" && component_instance === undefined && evse) return evse;
  return `${component}${component_instance === undefined ? "" : `[${component_instance}]`}${evse && ` · ${evse}`}`;
}

/** @param {Place} place */
export function variableText({ variable, variable_instance }) {
  return `${variable}${variable_instance === undefined ? "" : `[${variable_instance}]`}`;
}

/** @param {Place} place */
export function placeText(place) {
  return `${componentText(place)} · ${variableText(place)}`;
}

/**
 * The place that a message of OCPP names.
 *
 * @param {any} said   With a component and a variable.
 * @returns {Place}
 */
export function placeOf({ component, variable }) {
  return {
    component: String(component?.name ?? "?"),
    component_instance: component?.instance,
    evse_id: component?.evse?.id,
    connector_id: component?.evse?.connectorId,
    variable: String(variable?.name ?? "?"),
    variable_instance: variable?.instance,
  };
}

/**
 * The place as a message of OCPP names it.
 *
 * @param {Place} place
 */
export function inOcpp({ component, component_instance, evse_id, connector_id, variable, variable_instance }) {
  const evse = evse_id === undefined ? {} : { evse: { id: evse_id, ...(connector_id === undefined ? {} : { connectorId: connector_id }) } };
  return {
    component: { name: component, ...(component_instance === undefined ? {} : { instance: component_instance }), ...evse },
    variable: { name: variable, ...(variable_instance === undefined ? {} : { instance: variable_instance }) },
  };
}

/**
 * @param {HTMLElement} chip
 * @param {number | undefined} severity   Undefined: nobody said.
 */
export function showSeverity(chip, severity) {
  say(chip, severity === undefined ? t("severity.unknown") : severityText(severity));
  mark(chip, "data-tone", severity === undefined || severity > INFORMS_FROM ? null : severity < WARNS_FROM ? "bad" : severity < INFORMS_FROM ? "warn" : "info");
}

/** @param {number} severity */
export function severityText(severity) {
  return `${format.number(severity)} · ${t(`severity.${severity}`, {}, "?")}`;
}

/**
 * How much a security event matters.
 *
 * @param {string} type
 * @returns {"bad" | "info" | null}
 */
export function securityTone(type) {
  if (USUAL.has(type)) return "info";
  return CRITICAL.has(type) || /fail|invalid|attack|tamper/i.test(type) ? "bad" : null;
}

/** @param {string} type */
export function securityText(type) {
  return t(`security_event.${type}`, {}, type);
}

/**
 * Why a station cannot be asked about its device, as the key of a text; empty: it can.
 *
 * @param {import("./types.js").Station | null} station
 */
export function notToBeAsked(station) {
  if (station?.version === "ocpp1.6") return "device.not_in_16";
  return station?.state === "online" ? "" : "commands.offline";
}

/**
 * What an answer of a station says of its status, with its reason.
 *
 * @param {any} answer
 */
export function statusText(answer) {
  const info = answer?.statusInfo;
  const reason = info ? [info.reasonCode, info.additionalInfo].filter(Boolean).join(": ") : "";
  return [answer?.status, reason].filter(Boolean).join(" · ");
}
