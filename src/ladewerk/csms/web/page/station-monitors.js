// The monitors on variables of a station: those it has, which of them run, new ones; and the events that they reported.

import { ask } from "../kit/api.js";
import { el, mark, say } from "../kit/dom.js";
import { format, t } from "../kit/i18n.js";
import { Loaded } from "../kit/loaded.js";
import { Outcome } from "../kit/outcome.js";
import { allPages } from "../kit/pages.js";
import { Records } from "../kit/records.js";
import { sureButton } from "../kit/sure.js";
import { SEVERITIES, notToBeAsked, placeText, severityText, showSeverity, statusText } from "./device-words.js";
import { MonitorForm } from "./monitor-form.js";
import { Soon } from "./soon.js";
import { StationEvents } from "./station-events.js";

/** @typedef {import("./device-words.js").Place} Place */
/** @typedef {{monitor_id: number, place: Place, type: string, value: number, severity: number, transaction: boolean, event_notification_type: string | null, heard_at: string}} Monitor */
/** @typedef {{place: Place, characteristics: {supports_monitoring: boolean, unit?: string, data_type: string} | null}} Variable */

const MOST_VARIABLES = 5000;
const ANSWER_MS = 90000;
/** Reports come in parts: the list follows them. */
const AGAIN_MS = 500;
const TOLD_BY = /"(NotifyMonitoringReport|SetVariableMonitoring|ClearVariableMonitoring)"/;

export class StationMonitors {
  /**
   * @param {string} id
   * @param {import("../kit/link.js").ServerTime} time
   * @param {boolean} steer   Whether the visitor may ask and set.
   */
  constructor(id, time, steer) {
    this._path = `/api/stations/${encodeURIComponent(id)}`;
    this._steer = steer;
    /** Why the station cannot be asked now: key of a text. */
    this._not = "";
    /** @type {Monitor[]} */
    this._monitors = [];
    /** @type {Variable[] | null} As they were when somebody came to look. */
    this._variables = null;
    /** @type {Map<string, string>} Units of variables by their places. */
    this._units = new Map();
    this._loaded = new Loaded(time, () => this._fetch());
    this._soon = new Soon(() => this._loaded.load(), AGAIN_MS);
    this._outcome = new Outcome();
    this._events = new StationEvents(id, time);
    this._form = new MonitorForm(this._path, (said) => this._settled(said));
    this._ask = el("button", { type: "button", class: "button main small", "data-t": "variables.ask", on: { click: () => this._report() } });
    /** Buttons that ask the station something. */
    this._asking = [this._ask];
    this._records = new Records({ title: "monitors.title", keyOf: (/** @type {Monitor} */ { monitor_id }) => String(monitor_id), none: "monitors.none", hint: steer ? "monitors.none_hint" : undefined, columns: this._columns() });
    this._records.element.hidden = true;
    this._lacks = el("p", { class: "small quiet", hidden: true, "data-t": "device.not_in_16" });
    this.element = el(
      "div",
      { class: "view monitors" },
      el("section", { class: "card" }, el("div", { class: "card-head" }, el("h2", { "data-t": "monitors.title" }), this._loaded.element, steer && this._ask), this._lacks, this._outcome.element, this._records.element, steer && [this._form.element, this._watching()]),
      this._events.element,
    );
  }

  _columns() {
    return [
      { label: "monitors.number", kind: "time", text: (/** @type {Monitor} */ { monitor_id }) => String(monitor_id) },
      { label: "monitors.place", kind: "main", text: (/** @type {Monitor} */ { place }) => placeText(place) },
      { label: "monitors.when", text: (/** @type {Monitor} */ monitor) => whenText(monitor, this._units.get(placeText(monitor.place)) ?? "") },
      { label: "monitors.severity", make: () => el("span", { class: "chip" }), show: (/** @type {HTMLElement} */ chip, /** @type {Monitor} */ { severity }) => showSeverity(chip, severity) },
      { label: "monitors.whose", text: whoseText },
      { label: "variables.heard", kind: "time", text: (/** @type {Monitor} */ { heard_at }) => format.moment(heard_at) },
      ...(this._steer ? [{ label: "kit.actions", kind: "actions", make: () => this._buttons(), show: showButtons }] : []),
    ];
  }

  /** Which monitors run, and from which severity on they tell. */
  _watching() {
    const base = el("select", { class: "select small", "data-t-label": "monitors.base" }, ["All", "FactoryDefault", "HardWiredOnly"].map((name) => el("option", { value: name, "data-t": `monitor_base.${name}` })));
    const level = el("select", { class: "select small severity-choice", "data-t-label": "monitors.level" }, SEVERITIES.map((severity) => el("option", { value: severity, selected: severity === 9 }, severityText(severity))));
    const setBase = sureButton("monitors.set", "monitors.set_base_sure", () => this._tell("SetMonitoringBase", { monitoringBase: base.value }, setBase, true));
    const setLevel = el("button", { type: "button", class: "button small", "data-t": "monitors.set", on: { click: () => this._tell("SetMonitoringLevel", { severity: Number(level.value) }, setLevel, false) } });
    this._level = level;
    this._asking.push(setBase, setLevel);
    return el(
      "details",
      { class: "add-form" },
      el("summary", { "data-t": "monitors.watching" }),
      el("div", { class: "inline-form" }, el("span", { class: "label", "data-t": "monitors.base" }), base, setBase),
      el("p", { class: "small quiet", "data-t": "monitors.base_hint" }),
      el("div", { class: "inline-form" }, el("span", { class: "label", "data-t": "monitors.level" }), level, setLevel),
      el("p", { class: "small quiet", "data-t": "monitors.level_hint" }),
    );
  }

  enter() {
    this._variables = null;
    this._loaded.load();
    this._events.enter();
  }

  linked() {
    this._loaded.load();
    this._events.linked();
  }

  redraw() {
    if (this._loaded.once) this._records.show(this._monitors);
    for (const [place, option] of [...(this._level?.options ?? [])].entries()) say(option, severityText(SEVERITIES[place]));
    this._form.redraw();
    this._events.redraw();
  }

  /** @param {import("./types.js").Station} station */
  show(station) {
    this._not = notToBeAsked(station);
    this._lacks.hidden = station.version !== "ocpp1.6";
    for (const button of this._asking) mark(button, "aria-disabled", this._not ? "true" : null);
    this._form.show(station);
  }

  /** @param {import("./types.js").Frame} frame */
  frame(frame) {
    if (this.element.hidden) return;
    if (TOLD_BY.test(frame.text)) this._soon.please();
    this._events.frame(frame);
  }

  async _fetch() {
    const [monitors, variables] = await Promise.all([ask("GET", `${this._path}/monitors`), this._variables ?? allPages(`${this._path}/variables?limit=1000`, MOST_VARIABLES)]);
    this._monitors = monitors;
    this._variables = variables;
    this._units = new Map(variables.filter((/** @type {Variable} */ { characteristics }) => characteristics?.unit).map((/** @type {any} */ { place, characteristics }) => [placeText(place), characteristics.unit]));
    this._form.offer(variables.filter((/** @type {Variable} */ { characteristics }) => characteristics?.supports_monitoring));
    this._events.know(this._monitors, this._units);
    this._records.element.hidden = false;
    this._records.show(this._monitors);
  }

  /** @param {string} said */
  async _settled(said) {
    this._outcome.tell(said, "good");
    await this._loaded.load();
  }

  async _report() {
    if (this._not) return this._outcome.tell(t(this._not), "bad");
    const answer = await this._outcome.of(this._ask, () => this._command("GetMonitoringReport", { requestId: Date.now() % 2000000000 }));
    if (answer && answer.status !== "Accepted" && answer.status !== "EmptyResultSet") this._outcome.tell(t("variables.not_told", { status: statusText(answer) }), "bad");
    await this._loaded.load();
    return undefined;
  }

  /**
   * @param {string} action
   * @param {any} body
   * @param {HTMLElement} button
   * @param {boolean} changes   Whether other monitors run then.
   */
  async _tell(action, body, button, changes) {
    if (this._not) return this._outcome.tell(t(this._not), "bad");
    const answer = await this._outcome.of(button, () => this._command(action, body));
    if (answer?.status === "Accepted" && changes) await this._report();
    if (answer) this._outcome.tell(t("service.answered", { status: statusText(answer) }), answer.status === "Accepted" ? "good" : "bad");
    return undefined;
  }

  /**
   * @param {string} action
   * @param {any} body
   */
  _command(action, body) {
    return ask("POST", `${this._path}/commands/${action}`, body, ANSWER_MS);
  }

  _buttons() {
    const box = el("div", { class: "row-actions" });
    const number = () => Number(box.getAttribute("data-monitor"));
    const change = () => this._form.open(this._monitors.find(({ monitor_id }) => monitor_id === number()) ?? null);
    box.append(el("button", { type: "button", class: "button small", "data-t": "variables.change", on: { click: change } }, t("variables.change")), sureButton("profiles.clear", "profiles.clear_sure", () => this._clear(number())));
    return box;
  }

  /** @param {number} number */
  async _clear(number) {
    const answer = await this._outcome.of(null, () => this._command("ClearVariableMonitoring", { id: [number] }));
    const result = answer?.clearMonitoringResult?.[0];
    if (!result) return;
    const gone = result.status === "Accepted" || result.status === "NotFound";
    this._outcome.tell(t(gone ? "monitors.cleared" : "monitors.not_cleared", { number, status: statusText(result) }), gone ? "good" : "bad");
    await this._loaded.load();
  }
}

/**
 * @param {Monitor} monitor
 * @param {string} unit
 */
function whenText({ type, value }, unit) {
  const percent = type === "TargetDeltaRelative";
  const seconds = type.startsWith("Periodic");
  const said = [format.number(value), percent ? "%" : seconds ? "s" : unit].filter(Boolean).join("\u00a0");
  return t(`monitor_when.${type}`, { value: said }, `${type} ${said}`);
}

/** @param {Monitor} monitor */
function whoseText({ event_notification_type, transaction }) {
  const whose = event_notification_type ? t(`monitor_whose.${event_notification_type}`, {}, event_notification_type) : "–";
  return transaction ? `${whose} · ${t("monitors.in_transaction")}` : whose;
}

/**
 * What is built into a station can be neither changed nor taken away.
 *
 * @param {HTMLElement} box
 * @param {Monitor} monitor
 */
function showButtons(box, { monitor_id, place, event_notification_type }) {
  box.hidden = event_notification_type?.startsWith("HardWired") ?? false;
  mark(box, "data-monitor", String(monitor_id));
  for (const button of box.children) mark(button, "aria-label", `${button.textContent}: ${placeText(place)}`);
}
