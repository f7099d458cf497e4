// One charging unit: its state in a sentence, what to press, what the car needs, what it draws.

import { ApiError, ask } from "../kit/api.js";
import { el, keep, mark, say } from "../kit/dom.js";
import { format, t, tCode, translate } from "../kit/i18n.js";
import { NeedsForm } from "./needs-form.js";
import { PlanStrip } from "./plan-strip.js";
import { ScheduleCard } from "./schedule-card.js";
import { TokenField } from "./token-field.js";
import { PowerGraph } from "./power-graph.js";
import { whyNot } from "./why-not.js";

/** @typedef {import("./types.js").Unit} Unit */
/** @typedef {import("./types.js").StationState} StationState */

/** Tone of the chip and of the edge of the card in each state. */
const TONES = {
  idle: "", plugged: "info", requested: "info", planned: "info", locking: "info", testing: "info",
  waiting: "warn", charging: "good", direct: "good", finishing: "info", fault: "bad",
};

/** @typedef {"start" | "stop" | "reset"} Action */

export class UnitView {
  /**
   * @param {Unit} unit
   * @param {import("../kit/link.js").ServerTime} time
   */
  constructor(unit, time) {
    this._id = unit.id;
    this._token = new TokenField();
    this._form = new NeedsForm(unit, time, this._token);
    this._graph = new PowerGraph(unit.id);
    this._strip = new PlanStrip();
    this._schedule = new ScheduleCard(unit.id, this._token);
    this._chip = el("span", { class: "chip" });
    this._sentence = el("p", { class: "sentence", role: "status" });
    this._why = el("p", { class: "why" });
    this._figures = figures();
    this._progress = el("div", { class: "bar-done" });
    this._progressBar = el("div", { class: "bar", role: "progressbar", "aria-valuemin": "0", "aria-valuemax": "100" }, this._progress);
    this._progressText = el("p", { class: "small quiet progress-text" });
    this._phases = el("div", { class: "phases quiet" });
    this._outcome = el("p", { class: "outcome", role: "status" });
    this._buttons = { start: this._button("start", "main"), stop: this._button("stop", "danger"), reset: this._button("reset", "") };
    this.element = this._layout();
    translate(this.element);
  }

  _layout() {
    const hero = el(
      "section",
      { class: "card hero", "data-t-label": "station.state" },
      el("div", { class: "card-head" }, el("h2", { class: "unit-name" }, this._id), this._chip),
      this._sentence,
      this._why,
      el("div", { class: "progress" }, this._progressBar, this._progressText),
      this._figures.element,
      this._token.element,
      el("div", { class: "actions" }, Object.values(this._buttons)),
      this._outcome,
      this._phases,
    );
    return el(
      "div",
      { class: "unit", id: `unit-${this._id}`, role: "tabpanel", "aria-labelledby": `tab-${this._id}` },
      el("div", { class: "column" }, hero, this._form.element, this._schedule.element),
      el("div", { class: "column" }, this._graph.element, this._strip.element),
    );
  }

  /**
   * @param {Unit} unit
   * @param {StationState} state
   */
  show(unit, state) {
    if (this._unit && this._unit.state !== unit.state) {
      this._tell("", "");
      if (unit.state === "idle") this._token.forget();
    }
    this._unit = unit;
    mark(this.element, "data-state", unit.state);
    mark(this._chip, "data-tone", TONES[/** @type {keyof typeof TONES} */ (unit.state)] ?? "");
    say(this._chip, t(`state.${unit.state}`, {}, unit.state));
    say(this._sentence, sentence(unit));
    say(this._why, why(unit, state));
    this._showProgress(unit);
    this._figures.show(unit);
    for (const [action, button] of Object.entries(this._buttons)) {
      mark(button, "aria-disabled", unit.allowed[/** @type {Action} */ (action)] ? null : "true");
    }
    keep(this._phases, phases(unit), (_, i) => String(i), () => el("span"), say);
    this._form.show(unit, state);
    this._graph.show(unit, state.now, !this.element.hidden);
    this._strip.show(unit, state.now);
    this._schedule.show(unit);
  }

  /** @param {Unit} unit */
  _showProgress(unit) {
    const wanted = unit.needs?.energy_wh ?? 0;
    const share = wanted > 0 ? Math.min(1, unit.session_energy_wh / wanted) : 0;
    this._progress.style.width = `${(share * 100).toFixed(1)}%`;
    mark(this._progressBar, "aria-valuenow", String(Math.round(share * 100)));
    const text = unit.needs
      ? t("station.progress", { done: unit.session_energy_wh, wanted, depart: unit.needs.depart_at })
      : t("station.no_needs");
    say(this._progressText, text);
    mark(this._progressBar, "aria-label", text);
  }

  /**
   * @param {Action} action
   * @param {string} look
   */
  _button(action, look) {
    return el("button", { type: "button", class: `button ${look}`, "data-action": action, "data-t": `action.${action}`, on: { click: () => this._press(action) } });
  }

  /** @param {Action} action */
  async _press(action) {
    const unit = this._unit;
    if (!unit) return;
    if (!unit.allowed[action]) {
      this._tell(whyNot(action, unit), "");
      return;
    }
    const button = this._buttons[action];
    mark(button, "aria-busy", "true");
    try {
      await ask("POST", `/api/units/${encodeURIComponent(this._id)}/${action}`, this._token.said());
      this._tell(t(`done.${action}`), "good");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this._tell(tCode("problem", error.body), "bad");
      this._token.refused(error.body);
    } finally {
      mark(button, "aria-busy", null);
    }
  }

  /**
   * @param {string} text
   * @param {string} tone
   */
  _tell(text, tone) {
    say(this._outcome, text);
    mark(this._outcome, "data-tone", tone || null);
  }
}

/** The four big numbers. */
function figures() {
  const values = ["power", "current", "energy", "missing"].map((name) => ({ name, value: el("dd", { class: "figure" }, "–") }));
  return {
    element: el("dl", { class: "figures" }, values.map(({ name, value }) => el("div", {}, el("dt", { "data-t": `figure.${name}` }), value))),
    /** @param {Unit} unit */
    show(unit) {
      const missing = unit.needs ? Math.max(0, unit.needs.energy_wh - unit.session_energy_wh) : null;
      const texts = [
        unit.power_w === null ? "–" : format.kw(unit.power_w),
        format.a(unit.set_current_a),
        format.kwh(unit.session_energy_wh),
        missing === null ? "–" : format.kwh(missing),
      ];
      values.forEach(({ value }, i) => say(value, texts[i]));
    },
  };
}

/** @param {Unit} unit */
function sentence(unit) {
  const end = unit.actions.current?.end_at;
  const params = { ...unit.sentence.params, power_w: unit.power_w ?? 0 };
  if (unit.sentence.code === "charging" && end) return t("sentence.charging_until", { ...params, until: end });
  return tCode("sentence", { ...unit.sentence, params });
}

/**
 * Why it is so, or what to do next.
 *
 * @param {Unit} unit
 * @param {StationState} state
 */
function why(unit, state) {
  if (unit.error) return t(unit.state === "fault" ? "why.fault" : "why.not_ready", { error: tCode("error", unit.error) });
  if (unit.sentence.code === "waiting_for_csms" && !state.station.csms.connected) return t("why.requested_offline");
  if (unit.sentence.code === "held") return t("why.held");
  if (unit.sentence.code === "vehicle_pauses") return t("why.vehicle_pauses");
  if (unit.state === "waiting" && unit.mode === "schedule") return t("why.waiting_schedule");
  if (unit.state === "planned" && unit.mode === "schedule") return t("why.planned_schedule");
  if (unit.state === "charging" || unit.state === "direct") return limitText(unit);
  return t(`why.${unit.state}`, {}, "");
}

/**
 * Which of the limits holds the current where it is.
 *
 * @param {Unit} unit
 */
function limitText(unit) {
  const params = { a: unit.set_current_a };
  const holds = (/** @type {number | null | undefined} */ limit_a) => typeof limit_a === "number" && limit_a <= unit.set_current_a + 0.05;
  if (holds(unit.max_current_a)) return t("why.limit_unit", params);
  if (holds(unit.cable_limit_a)) return t("why.limit_cable", params);
  if (unit.state === "charging" && holds(unit.needs?.max_current_a)) return t("why.limit_car", params);
  if (unit.state === "charging" && holds(unit.offered_limit_a)) return t(unit.mode === "schedule" ? "why.limit_schedule" : "why.limit_plan", params);
  if (holds(unit.allowed_a)) return t("why.limit_outside", params);
  return t("why.limit_none", params);
}

/**
 * Current and voltage of each phase, as text.
 *
 * @param {Unit} unit
 */
function phases(unit) {
  const { current_a, voltage_v } = unit;
  return Array.from({ length: unit.phases }, (_, i) => {
    const [current, voltage] = [current_a[i], voltage_v[i]];
    if (current === null || voltage === null) return `L${i + 1}\n–`;
    return `L${i + 1}\n${format.a(current)} · ${format.number(Math.round(voltage))} V`;
  });
}
