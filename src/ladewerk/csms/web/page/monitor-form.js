// The form that sets a monitor on a variable, or another one in the place of one that is there.

import { ApiError, ask } from "../kit/api.js";
import { el, mark, say } from "../kit/dom.js";
import { Field, FieldProblem, Fields, numberReader } from "../kit/form.js";
import { format, t } from "../kit/i18n.js";
import { Outcome, refusalText } from "../kit/outcome.js";
import { SEVERITIES, inOcpp, notToBeAsked, placeText, severityText, statusText } from "./device-words.js";

/** @typedef {import("./device-words.js").Place} Place */
/** @typedef {import("./station-monitors.js").Monitor} Monitor */
/** @typedef {import("./station-monitors.js").Variable} Variable */

const ANSWER_MS = 90000;
const TYPES = ["UpperThreshold", "LowerThreshold", "Delta", "Periodic", "PeriodicClockAligned", "TargetDelta", "TargetDeltaRelative"];
const ONLY_21 = new Set(["TargetDelta", "TargetDeltaRelative"]);
const USUAL_SEVERITY = 6;
const WHERE = ["component", "component_instance", "evse_id", "connector_id", "variable", "variable_instance"];
/** What a station that refuses speaks of. */
const FAULTS = /** @type {Record<string, [string, string]>} */ ({
  UnknownComponent: ["component", "unknown_component"],
  UnknownVariable: ["variable", "unknown_variable"],
  UnsupportedMonitorType: ["type", "unsupported_monitor_type"],
  Duplicate: ["severity", "duplicate_monitor"],
});

export class MonitorForm {
  /**
   * @param {string} path                     Of the station in the API.
   * @param {(said: string) => void} done
   */
  constructor(path, done) {
    this._path = path;
    this._done = done;
    /** @type {number | null} The number of the one that is being changed. */
    this._number = null;
    /** @type {Variable[]} */
    this._variables = [];
    this._station = /** @type {import("./types.js").Station | null} */ (null);
    this._type = new Field({ name: "type", label: "monitors.type", choices: TYPES.map((type) => [type, `monitor_type.${type}`]), read: String });
    this._severity = new Field({ name: "severity", label: "monitors.severity", choices: SEVERITIES.map((severity) => [String(severity), `severity.${severity}`]), read: Number });
    this._where = [required("component", "variables.component"), required("variable", "variables.variable"), optional("component_instance", "monitors.component_instance"), whole("evse_id", "profiles.evse", 0), whole("connector_id", "monitors.connector", 1), optional("variable_instance", "monitors.variable_instance")];
    this._value = new Field({ name: "value", label: "monitors.value", unit: " ", read: numberReader({ min: -1e9, max: () => 1e9 }), write: format.plain });
    this._fields = new Fields([...this._where, this._type, this._value, this._severity]);
    this._type.onInput = () => this._showUnit();
    this._pick = el("select", { id: "monitor-variable", class: "select", on: { change: () => this._picked() } });
    this._picker = el("div", { class: "field" }, el("label", { for: "monitor-variable", "data-t": "monitors.pick" }), this._pick, el("p", { class: "field-hint" }));
    this._transaction = el("input", { type: "checkbox" });
    this._send = el("button", { type: "submit", class: "button main", "data-t": "monitors.set" });
    this._cancel = el("button", { type: "button", class: "button", hidden: true, "data-t": "tokens.cancel", on: { click: () => this.open(null) } });
    this._outcome = new Outcome();
    this._title = el("summary", { "data-t": "monitors.new" });
    this._more = el("details", { class: "command-more" }, el("summary", { "data-t": "monitors.part" }), el("div", { class: "form-fields" }, this._where.slice(2).map((field) => field.element)));
    this.element = el(
      "details",
      { class: "add-form monitor-form" },
      this._title,
      el(
        "form",
        { novalidate: true, on: { submit: (/** @type {Event} */ event) => this._submit(event) } },
        el("div", { class: "form-fields" }, this._picker, this._where.slice(0, 2).map((field) => field.element)),
        this._more,
        el("div", { class: "form-fields" }, this._type.element, this._value.element, this._severity.element),
        el("label", { class: "check" }, this._transaction, el("span", { "data-t": "monitors.in_transaction_only" })),
        el("div", { class: "form-end" }, this._send, this._cancel, this._outcome.element),
      ),
    );
    this.offer([]);
    this.open(null);
  }

  /** @param {import("./types.js").Station} station */
  show(station) {
    this._station = station;
    mark(this._send, "aria-disabled", notToBeAsked(station) ? "true" : null);
    for (const option of this._type.input.options) option.hidden = option.disabled = ONLY_21.has(option.value) && station.version !== "ocpp2.1";
  }

  redraw() {
    for (const option of this._severity.input.options) say(option, severityText(Number(option.value)));
    if (this._pick.options.length > 0) say(this._pick.options[0], t("monitors.by_hand"));
    const title = this._number === null ? "monitors.new" : "monitors.change_one";
    mark(this._title, "data-t", title);
    say(this._title, t(title, { number: this._number }));
  }

  /**
   * Variables that can be monitored, as the station has told.
   *
   * @param {Variable[]} variables
   */
  offer(variables) {
    const names = variables.map(({ place }) => placeText(place));
    // Somebody may be choosing just now.
    if (names.join("\n") === this._variables.map(({ place }) => placeText(place)).join("\n") && this._pick.options.length > 0) return;
    const chosen = this._pick.value;
    this._variables = variables;
    this._picker.hidden = variables.length === 0;
    this._pick.replaceChildren(el("option", { value: "" }, t("monitors.by_hand")), ...names.map((name) => el("option", { value: name }, name)));
    this._pick.value = names.includes(chosen) ? chosen : "";
    this._showUnit();
  }

  /** @param {Monitor | null} monitor   Null: a new one. */
  open(monitor) {
    this._number = monitor?.monitor_id ?? null;
    this._fields.settle();
    const known = /** @type {any} */ (monitor ? { ...monitor, ...monitor.place } : { type: TYPES[0], severity: USUAL_SEVERITY });
    for (const field of this._fields.list) {
      field.complain(null);
      field.show(known[field.options.name]);
    }
    this._pick.value = monitor ? placeText(monitor.place) : "";
    this._transaction.checked = monitor?.transaction ?? false;
    this._more.open = Boolean(monitor && WHERE.some((name) => !["component", "variable"].includes(name) && known[name] !== undefined));
    this._cancel.hidden = monitor === null;
    this._outcome.tell("");
    this.redraw();
    this._showUnit();
    this.element.open = monitor !== null;
    if (monitor) this._value.input.focus();
  }

  _picked() {
    const variable = this._variables.find(({ place }) => placeText(place) === this._pick.value);
    if (!variable) return;
    for (const field of this._where) {
      field.dirty = false;
      field.show(/** @type {any} */ (variable.place)[field.options.name]);
      field.complain(null);
    }
    this._more.open = this._where.slice(2).some((field) => field.input.value !== "");
    this._showUnit();
  }

  _showUnit() {
    const variable = this._variables.find(({ place }) => placeText(place) === this._pick.value);
    const type = this._type.input.value;
    say(this._value.element.querySelector(".field-unit"), type.startsWith("Periodic") ? "s" : type === "TargetDeltaRelative" ? "%" : (variable?.characteristics?.unit ?? ""));
  }

  /** @param {Event} event */
  async _submit(event) {
    event.preventDefault();
    const not = notToBeAsked(this._station);
    if (not) return this._outcome.tell(t(not), "bad");
    const values = this._fields.values();
    if (values === null) return this._outcome.tell(t("device.see_fields"), "bad");
    const { type, value, severity, ...where } = values;
    const place = /** @type {Place} */ (Object.fromEntries(Object.entries(where).filter(([, part]) => part !== null)));
    const wanted = { ...inOcpp(place), type, value, severity, transaction: this._transaction.checked, ...(this._number === null ? {} : { id: this._number }) };
    mark(this._send, "aria-busy", "true");
    try {
      const answer = await ask("POST", `${this._path}/commands/SetVariableMonitoring`, { setMonitoringData: [wanted] }, ANSWER_MS);
      this._answered(answer.setMonitoringResult?.[0] ?? {});
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this._refused(error);
    } finally {
      mark(this._send, "aria-busy", null);
    }
    return undefined;
  }

  /** @param {any} result */
  _answered(result) {
    if (result.status === "Accepted") {
      this.open(null);
      return this._done(t("monitors.was_set", { number: result.id ?? "?" }));
    }
    const [field, code] = FAULTS[result.status] ?? ["value", "station_refused"];
    this._fields.complain([{ field, code, params: { status: statusText(result) }, text: "" }]);
    return this._outcome.tell(t("service.answered", { status: statusText(result) }), "bad");
  }

  /** @param {ApiError} error */
  _refused(error) {
    if (!Array.isArray(error.body?.errors)) return this._outcome.tell(refusalText(error), "bad");
    const homeless = this._fields.complain(error.body.errors.map((/** @type {any} */ fault) => ({ ...fault, field: fieldOf(fault.field) })));
    return this._outcome.tell(homeless.length > 0 ? refusalText(new ApiError(422, { errors: homeless })) : t("device.see_fields"), "bad");
  }
}

/**
 * The field of the form that makes a part of the message.
 *
 * @param {string} path   Such as `setMonitoringData[0].component.evse.id`.
 */
function fieldOf(path) {
  const part = path.replace(/^setMonitoringData\[0\]\.?/, "");
  const named = /** @type {Record<string, string>} */ ({ "component.name": "component", "component.instance": "component_instance", "component.evse.id": "evse_id", "component.evse.connectorId": "connector_id", "variable.name": "variable", "variable.instance": "variable_instance" });
  return named[part] ?? part;
}

/**
 * @param {string} name
 * @param {string} label
 */
function required(name, label) {
  const read = (/** @type {string} */ text) => {
    if (text === "") throw new FieldProblem("missing");
    return text;
  };
  return new Field({ name, label, inputmode: "text", read });
}

/**
 * @param {string} name
 * @param {string} label
 */
function optional(name, label) {
  return new Field({ name, label, inputmode: "text", read: (text) => text || null });
}

/**
 * @param {string} name
 * @param {string} label
 * @param {number} min
 */
function whole(name, label, min) {
  const number = numberReader({ min, max: () => 1000, optional: true });
  const read = (/** @type {string} */ text) => {
    const value = number(text);
    if (!Number.isInteger(value ?? 0)) throw new FieldProblem("not_whole");
    return value;
  };
  return new Field({ name, label, inputmode: "numeric", read });
}
