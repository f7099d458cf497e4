// One station: how it is, and its parts behind tabs of their own: commands, messages, limits, variables, monitors and others.

import { ask } from "../kit/api.js";
import { el, keep, mark, say } from "../kit/dom.js";
import { format, t, translate } from "../kit/i18n.js";
import { Outcome } from "../kit/outcome.js";
import { sureButton } from "../kit/sure.js";
import { Console } from "./console.js";
import { MessageHistory } from "./message-history.js";
import { ShownOnce } from "./shown-once.js";
import { StationCommands } from "./station-commands.js";
import { StationCustomers } from "./station-customers.js";
import { StationDisplay } from "./station-display.js";
import { StationMonitors } from "./station-monitors.js";
import { StationNotices } from "./station-notices.js";
import { StationProfiles } from "./station-profiles.js";
import { StationQuirks } from "./station-quirks.js";
import { StationService } from "./station-service.js";
import { StationVariables } from "./station-variables.js";
import { aboutText, agedText, deviceText, evseFigures, evseState, seenText, showStationState, stationHref, versionText } from "./station-words.js";

/** @typedef {import("./types.js").Station} Station */
/** @typedef {import("./types.js").Overview} Overview */

/**
 * @typedef {object} Part
 * @property {HTMLElement} element
 * @property {(path: string[]) => void} [enter]      Somebody has come to look.
 * @property {(station: Station, overview: Overview) => void} [show]
 * @property {(frame: import("./types.js").Frame) => void} [frame]   Of this station; also while the part is hidden.
 * @property {() => void} [linked]                   There is a link again.
 * @property {(anew: boolean) => void} [missed]      Frames are gone for good; anew: they are counted from the beginning.
 * @property {() => void} [redraw]                   Language or time zone has changed.
 */

const QUICK = ["Reset", "ChangeAvailability", "TriggerMessage", "GetLog"];

export class StationView {
  /**
   * @param {string} id
   * @param {import("./visitor.js").Visitor} visitor
   * @param {import("../kit/link.js").ServerTime} time
   */
  constructor(id, visitor, time) {
    this.id = id;
    this._visitor = visitor;
    this._chip = el("span", { class: "chip" });
    this._about = el("span", { class: "small quiet" });
    this._facts = el("dl", { class: "facts" });
    this._evses = el("ul", { class: "evse-cards" });
    this._noEvses = el("p", { class: "empty", "data-t": "station.no_evses" });
    this._makers = this._makersOf(time);
    /** @type {Record<string, Part>} Those that somebody has looked at. */
    this._parts = {};
    /** @type {{station: Station, overview: Overview} | null} */
    this._latest = null;
    this._tabs = el("nav", { class: "subviews", "data-t-label": "station.parts" }, Object.keys(this._makers).map((name) => el("a", { href: stationHref(id, name), "data-part": name, "data-t": `station.${name}` })));
    this._unknown = el("div", { class: "card empty", hidden: true }, el("strong", { "data-t": "station.unknown" }), el("a", { href: "#/stations", "data-t": "station.back" }));
    this._known = el(
      "div",
      { class: "view" },
      el("section", { class: "card station-bar" }, el("div", { class: "card-head" }, el("a", { class: "back", href: "#/stations", "data-t-label": "station.back" }, "‹"), el("h2", { class: "station-id" }, id), this._chip, this._about), this._tabs),
    );
    this.element = el("div", { class: "one-station" }, this._unknown, this._known);
  }

  /**
   * What the visitor may see of it, in the order of the tabs; made when somebody comes to look.
   *
   * @param {import("../kit/link.js").ServerTime} time
   */
  _makersOf(time) {
    const { id } = this;
    const steer = this._visitor.may("operate");
    /** @type {Record<string, false | (() => Part)>} */
    const makers = {
      state: () => ({ element: this._state() }),
      commands: steer && (() => new StationCommands(id, time)),
      messages: () => messages(id, time),
      notices: () => new StationNotices(id, time),
      profiles: steer && (() => new StationProfiles(id, time)),
      quirks: () => new StationQuirks(id, time, steer),
      variables: () => new StationVariables(id, time, steer),
      monitors: () => new StationMonitors(id, time, steer),
      display: () => new StationDisplay(id, time, steer),
      customers: steer && (() => new StationCustomers(id, time)),
      service: () => new StationService(id, time, steer),
    };
    return /** @type {Record<string, () => Part>} */ (Object.fromEntries(Object.entries(makers).filter(([, make]) => make)));
  }

  /** @param {string} name */
  _part(name) {
    if (!(name in this._parts)) {
      const part = this._makers[name]();
      this._parts[name] = part;
      this._known.append(part.element);
      translate(part.element);
      if (this._latest) part.show?.(this._latest.station, this._latest.overview);
    }
    return this._parts[name];
  }

  _state() {
    const quick = this._visitor.may("operate") && el("div", { class: "quick" }, QUICK.map((action) => el("a", { class: "button small", href: stationHref(this.id, "commands", action), "data-t": `command.${action}` })));
    return el("div", { class: "view" }, el("section", { class: "card" }, this._facts, quick, this._visitor.may("administer") && this._password()), el("section", { class: "card" }, el("div", { class: "card-head" }, el("h2", { "data-t": "stations.evses" })), this._noEvses, this._evses));
  }

  _password() {
    const outcome = new Outcome();
    const made = new ShownOnce("stations.password_once");
    const button = sureButton("station.new_password", "station.new_password_sure", async () => {
      const changed = await outcome.of(null, () => ask("POST", "/api/stations", { id: this.id, make_password: true }));
      made.show(changed?.password ?? null);
    });
    return el("div", { class: "station-password" }, button, outcome.element, made.element);
  }

  /** @param {string[]} path */
  enter([part, ...rest]) {
    const wanted = part in this._makers ? part : "state";
    const shown = this._part(wanted);
    for (const [name, { element }] of Object.entries(this._parts)) element.hidden = name !== wanted;
    for (const link of this._tabs.children) mark(link, "aria-current", link.getAttribute("data-part") === wanted ? "page" : null);
    shown.enter?.(rest);
  }

  /** @param {import("./types.js").Frame} frame */
  frame(frame) {
    if (frame.station_id.toLowerCase() !== this.id.toLowerCase()) return;
    for (const part of Object.values(this._parts)) part.frame?.(frame);
  }

  linked() {
    for (const part of Object.values(this._parts)) if (!part.element.hidden) part.linked?.();
  }

  /** @param {boolean} anew */
  missed(anew) {
    for (const part of Object.values(this._parts)) part.missed?.(anew);
  }

  redraw() {
    for (const part of Object.values(this._parts)) part.redraw?.();
  }

  /** @param {Overview} overview */
  show(overview) {
    const station = overview.stations.find(({ id, state }) => id.toLowerCase() === this.id.toLowerCase() && state !== "waiting");
    this._unknown.hidden = Boolean(station);
    this._known.hidden = !station;
    if (!station) return;
    this._latest = { station, overview };
    showStationState(this._chip, station);
    say(this._about, aboutText(station));
    this._showFacts(station);
    this._noEvses.hidden = station.evses.length > 0;
    keep(this._evses, station.evses, (evse) => String(evse.id), () => this._evseCard(), (card, evse) => this._showEvse(card, evse, station));
    for (const part of Object.values(this._parts)) part.show?.(station, overview);
  }

  /** @param {Station} station */
  _showFacts(station) {
    const facts = [
      ["version", versionText(station) || "–"],
      ["device", deviceText(station) || "–"],
      ["seen", seenText(station) || "–"],
      ["password", t(station.has_password ? "station.has_password" : "station.no_password")],
    ];
    keep(this._facts, facts, ([name]) => name, ([name]) => el("div", {}, el("dt", { "data-t": `stations.${name}` }, t(`stations.${name}`)), el("dd")), (fact, [, text]) => say(fact.lastElementChild, text));
  }

  _evseCard() {
    return el("li", { class: "evse-card" }, el("div", { class: "station-head" }, el("strong"), el("span", { class: "chip" })), el("p", { class: "figure" }), el("p", { class: "small quiet" }), el("div", { class: "quick" }));
  }

  /**
   * @param {HTMLElement} card
   * @param {import("./types.js").Evse} evse
   * @param {Station} station
   */
  _showEvse(card, evse, station) {
    const [head, figures, transaction, quick] = card.children;
    const { text, tone } = evseState(evse);
    say(head.children[0], `EVSE ${format.number(evse.id)}`);
    say(head.children[1], text);
    mark(head.children[1], "data-tone", station.state === "online" ? tone : "");
    say(figures, [evseFigures(evse), agedText(station)].filter(Boolean).join(" · "));
    say(transaction, evse.transaction_id ? t("station.transaction", { id: evse.transaction_id }) : t("station.no_transaction"));
    if (!this._visitor.may("operate")) return;
    const actions = [evse.transaction_id ? "RequestStopTransaction" : "RequestStartTransaction", "UnlockConnector"];
    keep(quick, actions, (action) => action, (action) => el("a", { class: "button small", href: stationHref(this.id, "commands", action, String(evse.id)), "data-t": `command.${action}` }), (link, action) => say(link, t(`command.${action}`)));
  }
}

/**
 * The messages as they pass, and below them those that are kept.
 *
 * @param {string} id
 * @param {import("../kit/link.js").ServerTime} time
 * @returns {Part}
 */
function messages(id, time) {
  const passing = new Console(id);
  const history = new MessageHistory(id, time);
  let loaded = false;
  return {
    element: el("div", { class: "view" }, passing.element, history.element),
    enter: () => {
      if (!loaded) passing.load();
      loaded = true;
      passing.redraw();
      history.enter();
    },
    frame: (frame) => loaded && passing.add(frame),
    missed: (anew) => loaded && passing.missed(anew),
    linked: () => {
      passing.load();
      history.enter();
    },
    redraw: () => {
      passing.redraw();
      history.redraw();
    },
  };
}
