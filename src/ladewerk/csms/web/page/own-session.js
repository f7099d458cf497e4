// One session of a driver: how it goes, the plan for it, what the car needs, and the way to end it.

import { ask } from "../kit/api.js";
import { el, keep, mark, say } from "../kit/dom.js";
import { format, t } from "../kit/i18n.js";
import { Outcome } from "../kit/outcome.js";
import { sureButton } from "../kit/sure.js";
import { OwnNeed } from "./own-need.js";
import { OwnPlan } from "./own-plan.js";

/** @typedef {import("./types.js").OwnedSession} OwnedSession */

export class OwnSession {
  /**
   * @param {import("../kit/link.js").ServerTime} time
   * @param {() => Promise<void>} askAgain
   */
  constructor(time, askAgain) {
    this._askAgain = askAgain;
    /** @type {OwnedSession | null} */
    this._session = null;
    this._now = "";
    this._place = el("h2");
    this._state = el("span", { class: "chip" });
    this._aged = el("p", { class: "own-aged", role: "status" });
    this._figures = el("dl", { class: "facts" });
    this._outcome = new Outcome();
    this._stop = sureButton("own.stop", "own.stop_sure", () => this._end());
    this._plan = new OwnPlan();
    this._need = new OwnNeed(time, (need) => this._say(need));
    this.element = el(
      "div",
      { class: "own-session" },
      el("section", { class: "card own-state" }, el("div", { class: "card-head" }, this._place, this._state, this._stop), this._aged, this._outcome.element, this._figures),
      this._plan.element,
      this._need.element,
    );
  }

  /**
   * @param {OwnedSession} session
   * @param {string} now
   */
  show(session, now) {
    this._session = session;
    this._now = now;
    const { transaction, online, need } = session;
    const { station_id, evse_id, charging_state, updated_at } = transaction;
    const state = charging_state ?? "unknown";
    say(this._place, evse_id === null ? station_id : `${station_id} · ${evse_id}`);
    say(this._state, t(`evse_state.${state}`, {}, state));
    mark(this._state, "data-tone", !online ? "" : state === "Charging" ? "good" : "info");
    say(this._aged, online ? "" : t("own.offline", { at: updated_at }));
    this._stop.hidden = !online;
    keep(this._figures, figuresOf(session), ([name]) => name, ([name]) => el("div", {}, el("dt", { "data-t": `own.${name}` }, t(`own.${name}`)), el("dd")), (element, [, text]) => say(element.lastElementChild, text));
    this._plan.show(session.plan, now);
    // Where the EVSE is not known, nobody can say what its car needs.
    this._need.element.hidden = evse_id === null;
    this._need.show(need);
  }

  redraw() {
    if (this._session) this.show(this._session, this._now);
  }

  /** @param {Record<string, unknown>} need */
  async _say(need) {
    const { station_id, evse_id } = /** @type {OwnedSession} */ (this._session).transaction;
    await ask("PUT", `/api/stations/${encodeURIComponent(station_id)}/evses/${evse_id}/needs`, need);
    await this._askAgain();
  }

  async _end() {
    const { station_id, transaction_id } = /** @type {OwnedSession} */ (this._session).transaction;
    const said = await this._outcome.of(null, () => ask("POST", `/api/stations/${encodeURIComponent(station_id)}/stop`, { transaction_id }, 40000));
    if (!said) return;
    const ends = said.status === "Accepted";
    this._outcome.tell(t(ends ? "own.stopping" : "own.not_stopped"), ends ? "good" : "bad");
    await this._askAgain();
  }
}

/**
 * @param {OwnedSession} session
 * @returns {[string, string][]}
 */
function figuresOf({ transaction, need, plan }) {
  const { energy_wh, power_w, started_at } = transaction;
  return [
    ["charged", energy_wh === null ? "–" : format.kwh(energy_wh)],
    ["power", power_w === null ? "–" : format.kw(power_w)],
    ["missing", need ? format.kwh(need.remaining_wh) : "–"],
    ["complete", plan?.complete_at ? format.when(plan.complete_at) : plan ? t("plans.never") : "–"],
    ["since", started_at ? format.when(started_at) : "–"],
  ];
}
