// What limits a station: the composite schedule of each EVSE, drawn as the station says it, and the charging profiles it holds.

import { ask } from "../kit/api.js";
import { Chart } from "../kit/chart.js";
import { el, keep, mark, say } from "../kit/dom.js";
import { format, t } from "../kit/i18n.js";
import { Outcome } from "../kit/outcome.js";
import { Records } from "../kit/records.js";
import { sureButton } from "../kit/sure.js";
import { ReportParts } from "./report-parts.js";

/** @typedef {{startPeriod: number, limit: number, numberPhases?: number}} Period */
/** @typedef {{scheduleStart: string, duration: number, chargingRateUnit: string, chargingSchedulePeriod: Period[], evseId: number}} Composite */
/** @typedef {{key: string, evse: number, source: string, profile: any}} Held */

const DAY_S = 86400;
const THREE_PHASES = 3;

/** @type {import("../kit/chart.js").Line[]} */
const LINES = [{ label: "profiles.limit", colour: "--ev", shape: "step", filled: true, scale: "power" }];

export class StationProfiles {
  /**
   * @param {string} id
   * @param {import("../kit/link.js").ServerTime} time
   */
  constructor(id, time) {
    this._id = id;
    this._time = time;
    this._voltage_v = 230;
    this._online = false;
    /** @type {Composite | null} */
    this._composite = null;
    /** @type {Map<string, Held>} */
    this._held = new Map();
    this._parts = new ReportParts(id, "ReportChargingProfiles", (payload) => this._take(payload));
    this._evse = el("select", { class: "select small", "data-t-label": "profiles.evse", on: { change: () => this._askComposite() } });
    this._unit = el("select", { class: "select small", "data-t-label": "profiles.unit", on: { change: () => this._askComposite() } }, ["A", "W"].map((unit) => el("option", { value: unit }, unit)));
    this._ask = el("button", { type: "button", class: "button main small", "data-t": "profiles.ask", on: { click: () => this._askAll() } });
    this._outcome = new Outcome();
    this._said = el("p", { class: "small", role: "status" });
    this._chart = new Chart();
    this._periods = el("tbody");
    this._picture = el("div", { class: "composite", hidden: true }, this._chart, el("details", {}, el("summary", { "data-t": "profiles.as_table" }), el("div", { class: "table-box" }, el("table", {}, el("thead", {}, el("tr", {}, ["from", "until", "limit"].map((name) => el("th", { scope: "col", "data-t": `profiles.${name}` })))), this._periods))));
    this._empty = el("div", { class: "empty" }, el("strong", { "data-t": "profiles.none" }), el("span", { "data-t": "profiles.none_hint" }));
    this._installed = new Records({ title: "profiles.installed", keyOf: (/** @type {Held} */ held) => held.key, none: "profiles.none_installed", hint: "profiles.none_installed_hint", columns: this._columns() });
    this._told = new Outcome();
    this.element = el(
      "div",
      { class: "view" },
      el("section", { class: "card" }, el("div", { class: "card-head" }, el("h2", { "data-t": "profiles.composite" }), this._evse, this._unit, this._ask), this._outcome.element, this._said, this._empty, this._picture),
      el("section", { class: "card" }, el("div", { class: "card-head" }, el("h2", { "data-t": "profiles.installed" })), this._told.element, this._installed.element),
    );
  }

  _columns() {
    return [
      { label: "profiles.id", kind: "main", text: (/** @type {Held} */ { profile }) => String(profile.id) },
      { label: "profiles.evse", text: (/** @type {Held} */ { evse }) => (evse === 0 ? t("profiles.whole") : String(evse)) },
      { label: "profiles.purpose", text: (/** @type {Held} */ { profile, source }) => `${profile.chargingProfilePurpose} · ${profile.chargingProfileKind}${source && source !== "CSO" ? ` · ${source}` : ""}` },
      { label: "profiles.stack", text: (/** @type {Held} */ { profile }) => String(profile.stackLevel) },
      { label: "profiles.limits", kind: "wide", text: limitsText },
      { label: "kit.actions", kind: "actions", make: () => this._clearButton(), show: (/** @type {HTMLElement} */ button, /** @type {Held} */ { profile }) => mark(button, "data-profile", String(profile.id)) },
    ];
  }

  enter() {
    if (this._composite === null && this._online) this._askAll();
  }

  /**
   * @param {import("./types.js").Station} station
   * @param {import("./types.js").Overview} overview
   */
  show(station, overview) {
    this._voltage_v = overview.site.voltage_v;
    const known = this._evse.value;
    keep(this._evse, [...station.evses.map(({ id }) => id), 0], String, (id) => el("option", { value: id }), (option, id) => say(option, id === 0 ? t("profiles.whole") : `EVSE ${id}`));
    this._evse.value = known || String(station.evses[0]?.id ?? 0);
    const came = station.state === "online" && !this._online;
    this._online = station.state === "online";
    mark(this._ask, "aria-disabled", this._online ? null : "true");
    if (came && !this.element.hidden && this._composite === null) this._askAll();
  }

  /** @param {import("./types.js").Frame} frame */
  frame(frame) {
    this._parts.frame(frame);
  }

  redraw() {
    if (this._composite) this._draw(this._composite);
    this._installed.show([...this._held.values()]);
  }

  async _askAll() {
    if (!this._online) return this._outcome.tell(t("commands.offline"), "bad");
    await this._askComposite();
    await this._askInstalled();
    return undefined;
  }

  async _askComposite() {
    const body = { evseId: Number(this._evse.value), duration: DAY_S, chargingRateUnit: this._unit.value };
    const answer = await this._outcome.of(this._ask, () => ask("POST", `/api/stations/${encodeURIComponent(this._id)}/commands/GetCompositeSchedule`, body));
    const schedule = answer?.schedule ?? null;
    if (answer && !schedule) this._outcome.tell(t("profiles.not_told", { status: answer.status }), "bad");
    this._composite = schedule;
    this._picture.hidden = schedule === null;
    this._empty.hidden = schedule !== null;
    say(this._said, schedule ? t("profiles.said", { at: this._time.now() ?? new Date() }) : "");
    if (schedule) this._draw(schedule);
  }

  async _askInstalled() {
    this._held.clear();
    const status = await this._told.of(null, () => this._parts.ask("GetChargingProfiles", { chargingProfile: {} }));
    if (status && status !== "Accepted" && status !== "NoProfiles") this._told.tell(t("profiles.not_told", { status }), "bad");
    this._installed.show([...this._held.values()]);
  }

  /** @param {any} payload */
  _take(payload) {
    for (const profile of payload.chargingProfile ?? []) {
      const key = `${payload.evseId}/${profile.id}`;
      this._held.set(key, { key, evse: payload.evseId, source: payload.chargingLimitSource, profile });
    }
    this._installed.show([...this._held.values()]);
  }

  /** @param {Composite} composite */
  _draw(composite) {
    const start = Date.parse(composite.scheduleStart) / 1000;
    const end = start + composite.duration;
    const periods = composite.chargingSchedulePeriod;
    const watts = (/** @type {Period} */ { limit, numberPhases }) => (composite.chargingRateUnit === "W" ? limit : limit * this._voltage_v * (numberPhases ?? THREE_PHASES));
    const last = periods[periods.length - 1];
    const times = [...periods.map(({ startPeriod }) => start + startPeriod), end];
    this._chart.show({ lines: LINES, data: [times, [...periods, last].map(watts)], now: (this._time.now() ?? new Date()).getTime() / 1000, summary: t("profiles.composite"), span: [start, end] });
    const rows = periods.map((period, place) => [times[place], times[place + 1], period]);
    keep(this._periods, rows, (_, place) => String(place), () => el("tr", {}, el("td"), el("td"), el("td")), (row, [from, until, period]) => {
      say(row.children[0], format.when(from));
      say(row.children[1], format.when(until));
      say(row.children[2], limitText(period, composite.chargingRateUnit));
    });
  }

  _clearButton() {
    const button = sureButton("profiles.clear", "profiles.clear_sure", async () => {
      const body = { chargingProfileId: Number(button.getAttribute("data-profile")) };
      const answer = await this._told.of(null, () => ask("POST", `/api/stations/${encodeURIComponent(this._id)}/commands/ClearChargingProfile`, body));
      if (!answer) return;
      await this._askAll();
      this._told.tell(t("profiles.cleared", { status: answer.status }), answer.status === "Accepted" ? "good" : "bad");
    });
    return button;
  }
}

/**
 * @param {Period} period
 * @param {string} unit
 */
function limitText({ limit, numberPhases }, unit) {
  const value = unit === "W" ? format.kw(limit) : format.a(limit);
  return numberPhases ? `${value} · ${numberPhases}~` : value;
}

/** @param {Held} held */
function limitsText({ profile }) {
  const schedule = profile.chargingSchedule?.[0];
  if (!schedule) return "–";
  const said = schedule.chargingSchedulePeriod.slice(0, 6).map((/** @type {Period} */ period) => limitText(period, schedule.chargingRateUnit));
  const more = schedule.chargingSchedulePeriod.length > 6 ? ", …" : "";
  const from = schedule.startSchedule ? `${format.when(schedule.startSchedule)}: ` : "";
  return `${from}${said.join(", ")}${more}`;
}
