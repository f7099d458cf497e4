// What is said of a station and its EVSEs, on the dashboard and in the views.

import { mark, say } from "../kit/dom.js";
import { format, t } from "../kit/i18n.js";

/** @typedef {import("./types.js").Station} Station */
/** @typedef {import("./types.js").Evse} Evse */

const STATION_TONES = { online: "good", offline: "", waiting: "warn" };

/**
 * @param {Element} chip
 * @param {Station} station
 */
export function showStationState(chip, station) {
  mark(chip, "data-tone", STATION_TONES[station.state] ?? "");
  say(chip, t(`station_state.${station.state}`, {}, station.state));
}

/** @param {Station} station */
export function aboutText(station) {
  if (station.state === "waiting") return t("stations.waiting_hint", { at: station.last_seen });
  return [versionText(station), deviceText(station), seenText(station)].filter(Boolean).join(" · ");
}

/** @param {Station} station */
export function versionText(station) {
  return station.version ? station.version.replace(/^ocpp/i, "OCPP ") : "";
}

/** @param {Station} station */
export function deviceText(station) {
  return [station.vendor, station.model, station.firmware].filter(Boolean).join(" ");
}

/** @param {Station} station */
export function seenText(station) {
  const seen = station.state === "offline" && station.last_seen ? t("stations.last_seen", { at: station.last_seen }) : "";
  return seen || (station.connected_since ? t("stations.since", { at: station.connected_since }) : "");
}

/** @param {Evse} evse */
export function evseState(evse) {
  const charging = evse.charging_state === "Charging";
  const state = charging ? "Charging" : evse.charging_state && evse.status === "Occupied" ? evse.charging_state : (evse.status ?? "unknown");
  const tone = charging ? "good" : evse.status === "Faulted" ? "bad" : evse.status === "Available" ? "" : "info";
  return { text: t(`evse_state.${state}`, {}, state), tone };
}

/** @param {Evse} evse */
export function evseFigures(evse) {
  if (!evse.transaction_id) return "";
  const offered = evse.offered_a === null ? "" : t("stations.offered", { a: evse.offered_a });
  return [evse.power_w === null ? "" : format.kw(evse.power_w), evse.energy_wh === null ? "" : format.kwh(evse.energy_wh), offered].filter(Boolean).join(" · ");
}

/**
 * @param {Element} line   A chip and a text.
 * @param {Evse} evse
 * @param {Station} station
 */
export function showEvse(line, evse, station) {
  const [chip, text] = line.children;
  const { text: state, tone } = evseState(evse);
  mark(chip, "data-tone", station.state === "online" ? tone : "");
  say(chip, `EVSE ${evse.id}: ${state}`);
  say(text, [evseFigures(evse), agedText(station)].filter(Boolean).join(" · "));
}

/**
 * What is known of a station that is gone is as old as its last word.
 *
 * @param {Station} station
 */
export function agedText({ state, last_seen }) {
  return state === "offline" && last_seen ? t("stations.as_of", { at: last_seen }) : "";
}

/**
 * Address of a part of a station's view.
 *
 * @param {string} id
 * @param {...string} parts
 */
export function stationHref(id, ...parts) {
  return `#/${["stations", id, ...parts].map(encodeURIComponent).join("/")}`;
}
