// Which stations are here, which wait to be let in, and what the cars at them need.

import { ApiError, ask } from "../kit/api.js";
import { el, keep, mark, say } from "../kit/dom.js";
import { format, t, tCode } from "../kit/i18n.js";
import { NeedForm } from "./need-form.js";
import { aboutText, showEvse, showStationState, stationHref } from "./station-words.js";

/** @typedef {import("./types.js").Overview} Overview */
/** @typedef {import("./types.js").Station} Station */
/** @typedef {import("./types.js").Need} Need */

/** All of them are in the view of the stations. */
const MOST_STATIONS = 100;
const NEED_TONES = { planning: "info", sent: "info", accepted: "good", rejected: "bad", ended: "" };

export class Stations {
  /**
   * @param {(key: string) => void} showPlan   Called with the key of the EVSE whose plan is wanted.
   * @param {import("../kit/link.js").ServerTime} time
   * @param {import("./visitor.js").Visitor} visitor
   */
  constructor(showPlan, time, visitor) {
    this._showPlan = showPlan;
    this._visitor = visitor;
    this._needForm = new NeedForm(time);
    this._needForm.element.hidden = true;
    this._list = el("ul", { class: "stations" });
    this._none = el(
      "div",
      { class: "empty" },
      el("strong", { "data-t": "stations.none" }),
      el("span", { "data-t": "stations.none_hint" }),
      el("code", {}, `ws://${location.hostname}:9000/…`),
    );
    this._rows = el("tbody");
    this._table = el(
      "table",
      { class: "needs-table" },
      el("caption", { class: "visually-hidden", "data-t": "needs.title" }),
      el("thead", {}, el("tr", {}, ["place", "mode", "energy", "departure", "current", "state"].map((name) => el("th", { scope: "col", "data-t": `needs.${name}` })))),
      this._rows,
    );
    this._noNeeds = el("p", { class: "quiet small no-needs", "data-t": "needs.none" });
    this._count = el("span", { class: "quiet small" });
    this._outcome = el("p", { class: "outcome small", role: "status" });
    this.element = el(
      "section",
      { class: "card stations-card" },
      el("div", { class: "card-head" }, el("h2", { "data-t": "stations.title" }), this._outcome, this._count),
      el("div", { class: "card-body" }, this._none, this._list, el("div", { class: "table-box" }, this._table), this._noNeeds, this._needForm.element),
    );
  }

  /** @param {Overview} overview */
  show({ stations, needs, plans }) {
    const online = stations.filter((station) => station.state === "online").length;
    say(this._count, t("stations.count", { online, all: stations.length }));
    this._none.hidden = stations.length > 0;
    // Who waits to be let in needs somebody to act: first.
    const ordered = [...stations].sort((a, b) => Number(b.state === "waiting") - Number(a.state === "waiting"));
    keep(this._list, ordered.slice(0, MOST_STATIONS), (station) => station.id, () => this._station(), (element, station) => this._showStation(element, station));
    // Who may not steer stations is not asked for a need.
    if (this._visitor.may("operate")) this._needForm.show(stations);
    this._noNeeds.hidden = stations.length === 0 || needs.length > 0;
    this._table.hidden = needs.length === 0;
    const planned = new Set(plans.map((plan) => `${plan.station_id}/${plan.evse_id}`));
    keep(this._rows, needs, (need) => `${need.station_id}/${need.evse_id}`, () => this._need(), (row, need) => this._showNeed(row, need, planned));
  }

  _station() {
    const approve = el("button", { type: "button", class: "button main small", "data-action": "approve", on: { click: () => this._approve(approve) } });
    return el(
      "li",
      { class: "station" },
      el("div", { class: "station-head" }, el("a", { class: "station-id" }), el("span", { class: "chip" }), approve),
      el("p", { class: "small quiet station-about" }),
      el("ul", { class: "evses" }),
    );
  }

  /**
   * @param {HTMLElement} element
   * @param {Station} station
   */
  _showStation(element, station) {
    const [head, about, evses] = element.children;
    const [id, chip, approve] = head.children;
    say(id, station.id);
    mark(id, "href", station.state === "waiting" ? null : stationHref(station.id));
    showStationState(chip, station);
    mark(approve, "hidden", station.state !== "waiting" || !this._visitor.may("administer"));
    mark(approve, "data-station", station.id);
    say(approve, t("stations.approve"));
    mark(approve, "aria-label", t("stations.approve_id", { id: station.id }));
    say(about, aboutText(station));
    keep(evses, station.evses, (evse) => String(evse.id), () => el("li", { class: "evse small" }, el("span", { class: "chip" }), el("span")), (line, evse) => showEvse(line, evse, station));
  }

  /** @param {HTMLElement} button */
  async _approve(button) {
    const id = button.getAttribute("data-station") ?? "";
    mark(button, "aria-busy", "true");
    try {
      await ask("POST", `/api/stations/${encodeURIComponent(id)}/approve`);
      this._tell(t("stations.approved", { id }), "good");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this._tell(tCode("problem", error.body), "bad");
    } finally {
      mark(button, "aria-busy", null);
    }
  }

  _need() {
    const row = el("tr", {}, Array.from({ length: 6 }, () => el("td")));
    const place = el("button", { type: "button", class: "link-button", on: { click: () => this._showPlan(row.getAttribute("data-key") ?? "") } });
    row.children[0].append(place);
    row.children[5].append(el("span", { class: "chip" }));
    return row;
  }

  /**
   * @param {HTMLElement} row
   * @param {Need} need
   * @param {Set<string>} planned
   */
  _showNeed(row, need, planned) {
    const [place, mode, energy, departure, current, state] = row.children;
    const button = /** @type {HTMLButtonElement} */ (place.firstElementChild);
    say(button, `${need.station_id} · ${need.evse_id}`);
    button.disabled = !planned.has(`${need.station_id}/${need.evse_id}`);
    mark(button, "title", t("needs.show_plan"));
    say(mode, t(`mode.${need.mode}`, {}, need.mode));
    say(energy, format.kwh(need.energy_wh));
    say(departure, need.depart_at ? format.when(need.depart_at) : "–");
    say(current, `${format.number(need.min_current_a)}–${format.a(need.max_current_a)} · ${need.phases}~`);
    const chip = /** @type {Element} */ (state.firstElementChild);
    mark(chip, "data-tone", NEED_TONES[/** @type {keyof typeof NEED_TONES} */ (need.state)] ?? "");
    mark(chip, "title", need.reason || null);
    say(chip, t(`need_state.${need.state}`, {}, need.state));
  }

  /**
   * @param {string} text
   * @param {string} tone
   */
  _tell(text, tone) {
    say(this._outcome, text);
    mark(this._outcome, "data-tone", tone);
  }
}
