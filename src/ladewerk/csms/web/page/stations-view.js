// All stations, those that wait to be let in first; and the way to a single one.

import { ask } from "../kit/api.js";
import { el, keep, mark, say } from "../kit/dom.js";
import { Field, FieldProblem, Fields } from "../kit/form.js";
import { t, translate } from "../kit/i18n.js";
import { Outcome } from "../kit/outcome.js";
import { Records } from "../kit/records.js";
import { sureButton } from "../kit/sure.js";
import { RefusalsCard } from "./refusals-card.js";
import { ShownOnce } from "./shown-once.js";
import { StationView } from "./station-view.js";
import { deviceText, seenText, showEvse, showStationState, stationHref, versionText } from "./station-words.js";

/** @typedef {import("./types.js").Station} Station */
/** @typedef {import("./types.js").Overview} Overview */

/** More than anyone reads; others are found by the search. */
const MOST_ROWS = 300;

export class StationsView {
  /**
   * @param {import("./visitor.js").Visitor} visitor
   * @param {import("../kit/link.js").ServerTime} time
   */
  constructor(visitor, time) {
    this._visitor = visitor;
    this._time = time;
    /** @type {Station[]} */
    this._stations = [];
    /** @type {Overview | null} */
    this._overview = null;
    /** @type {StationView | null} */
    this._one = null;
    this._outcome = new Outcome();
    this._count = el("span", { class: "small quiet" });
    this._words = el("input", { type: "search", class: "filter", "data-t-label": "stations.search", "data-t-placeholder": "stations.search", on: { input: () => this._draw() } });
    this._records = new Records({ title: "stations.all", keyOf: (/** @type {Station} */ station) => station.id, none: "stations.none", hint: "stations.none_hint", columns: this._columns() });
    this._cut = el("p", { class: "small quiet", role: "status" });
    this._noMatch = el("p", { class: "empty", hidden: true, "data-t": "stations.no_match" });
    this._list = el(
      "section",
      { class: "card", id: "stations-list" },
      el("div", { class: "card-head" }, el("h2", { "data-t": "stations.all" }), this._count, this._words),
      this._outcome.element,
      this._noMatch,
      this._records.element,
      this._cut,
      visitor.may("administer") && newStation(),
    );
    this._refusals = new RefusalsCard(time);
    this.element = el("div", { class: "view" }, this._list, this._refusals.element);
  }

  _columns() {
    return [
      { label: "stations.id", kind: "main", make: () => el("a"), show: showName },
      { label: "stations.state", make: () => el("span", { class: "chip" }), show: showStationState },
      { label: "stations.evses", kind: "wide", make: () => el("ul", { class: "evses" }), show: showEvses },
      { label: "stations.version", text: versionText },
      { label: "stations.device", text: deviceText },
      { label: "stations.seen", text: (/** @type {Station} */ station) => (station.state === "waiting" ? t("stations.waiting_hint", { at: station.last_seen }) : seenText(station)) },
      ...(this._visitor.may("administer") ? [{ label: "kit.actions", kind: "actions", make: () => this._letInButtons(), show: showLetIn }] : []),
    ];
  }

  /** @param {string[]} path */
  enter([id, ...path]) {
    if (id && this._one?.id !== id) {
      this._one?.element.remove();
      this._one = new StationView(id, this._visitor, this._time);
      this.element.append(this._one.element);
      translate(this._one.element);
      if (this._overview) this._one.show(this._overview);
    }
    this._list.hidden = Boolean(id);
    this._refusals.element.hidden = Boolean(id);
    if (this._one) this._one.element.hidden = !id;
    if (id) this._one?.enter(path);
    else if (this._overview) this._draw();
    if (!id) this._refusals.enter();
  }

  /** @param {Overview} overview */
  show(overview) {
    this._overview = overview;
    // Who waits to be let in needs somebody to act: first.
    this._stations = [...overview.stations].sort((a, b) => Number(b.state === "waiting") - Number(a.state === "waiting"));
    if (!this._list.hidden) this._draw();
    this._one?.show(overview);
  }

  /** @param {import("./types.js").Frame} frame */
  frame(frame) {
    this._one?.frame(frame);
  }

  /** @param {boolean} resumed */
  linked(resumed) {
    this._one?.linked(resumed);
    if (!this.element.hidden && !this._list.hidden) this._refusals.enter();
  }

  /** @param {boolean} anew */
  missed(anew) {
    this._one?.missed(anew);
  }

  redraw() {
    this._draw();
    this._refusals.redraw();
    this._one?.redraw();
  }

  _draw() {
    const online = this._stations.filter((station) => station.state === "online").length;
    say(this._count, t("stations.count", { online, all: this._stations.length }));
    const wanted = this._words.value.trim().toLowerCase();
    const shown = this._stations.filter((station) => [station.id, station.vendor, station.model, station.firmware, station.version].join(" ").toLowerCase().includes(wanted));
    this._noMatch.hidden = shown.length > 0 || this._stations.length === 0;
    this._records.element.hidden = !this._noMatch.hidden;
    this._records.show(shown.slice(0, MOST_ROWS));
    say(this._cut, shown.length > MOST_ROWS ? t("stations.cut", { most: MOST_ROWS }) : "");
  }

  _letInButtons() {
    const box = el("div", { class: "row-actions" });
    const id = () => box.getAttribute("data-station") ?? "";
    box.append(
      el("button", { type: "button", class: "button main small", "data-action": "approve", on: { click: (/** @type {Event} */ event) => this._decide(/** @type {HTMLElement} */ (event.currentTarget), id(), "approve") } }),
      sureButton("stations.refuse", "stations.refuse_sure", (button) => this._decide(button, id(), "refuse")),
    );
    return box;
  }

  /**
   * @param {HTMLElement} button
   * @param {string} id
   * @param {"approve" | "refuse"} what
   */
  async _decide(button, id, what) {
    const done = await this._outcome.of(button, () => ask("POST", `/api/stations/${encodeURIComponent(id)}/${what}`));
    if (done) this._outcome.tell(t(what === "approve" ? "stations.approved" : "stations.refused", { id }), "good");
  }
}

/**
 * @param {HTMLElement} link
 * @param {Station} station
 */
function showName(link, station) {
  say(link, station.id);
  mark(link, "href", station.state === "waiting" ? null : stationHref(station.id));
}

/**
 * @param {HTMLElement} list
 * @param {Station} station
 */
function showEvses(list, station) {
  keep(list, station.evses, (evse) => String(evse.id), () => el("li", { class: "evse small" }, el("span", { class: "chip" }), el("span")), (line, evse) => showEvse(line, evse, station));
}

/**
 * @param {HTMLElement} box
 * @param {Station} station
 */
function showLetIn(box, { id, state }) {
  box.hidden = state !== "waiting";
  mark(box, "data-station", id);
  say(box.children[0], t("stations.approve"));
  for (const button of box.children) mark(button, "aria-label", `${button.textContent}: ${id}`);
}

/** A form that lets a station in before it comes. */
function newStation() {
  const id = new Field({
    name: "station_id",
    label: "stations.id",
    hint: "stations.new_id_hint",
    inputmode: "text",
    placeholder: "LW-0001",
    read: (text) => {
      if (text === "") throw new FieldProblem("missing");
      return text;
    },
  });
  const fields = new Fields([id]);
  const withPassword = el("input", { type: "checkbox", checked: true });
  const outcome = new Outcome();
  const made = new ShownOnce("stations.password_once");
  const button = el("button", { type: "submit", class: "button main", "data-t": "stations.add" });
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const values = fields.values();
    if (values === null) return;
    made.show(null);
    const added = await outcome.of(button, () => ask("POST", "/api/stations", { id: values.station_id, make_password: withPassword.checked }));
    if (!added) return;
    id.input.value = "";
    fields.settle();
    outcome.tell(t("stations.added", { id: added.station.id }), "good");
    made.show(added.password);
  };
  return el(
    "details",
    { class: "add-form" },
    el("summary", { "data-t": "stations.new" }),
    el("form", { class: "narrow-form", novalidate: true, on: { submit } }, id.element, el("label", { class: "check" }, withPassword, el("span", { "data-t": "stations.make_password" })), button, outcome.element, made.element),
  );
}
