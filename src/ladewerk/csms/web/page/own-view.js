// A driver's own view: the sessions that run with their tokens, one below the other, or that none runs.

import { ApiError, ask } from "../kit/api.js";
import { el, say } from "../kit/dom.js";
import { t, translate } from "../kit/i18n.js";
import { OwnSession } from "./own-session.js";

/** @typedef {import("./types.js").Own} Own */
/** @typedef {import("./types.js").OwnedSession} OwnedSession */
/** @typedef {import("./types.js").Transaction} Transaction */

export class OwnView {
  /**
   * @param {import("../kit/link.js").ServerTime} time
   * @param {() => Promise<void>} askAgain   For what is known, at once.
   */
  constructor(time, askAgain) {
    this._time = time;
    this._askAgain = askAgain;
    /** @type {Map<string, OwnSession>} */
    this._sessions = new Map();
    /** @type {Own | null} */
    this._own = null;
    /** @type {Transaction | null} */
    this._last = null;
    this._tokens = el("span");
    this._before = el("p", { class: "small" });
    this._none = el(
      "section",
      { class: "card own-none", hidden: true },
      el("div", { class: "empty" }, el("strong", { "data-t": "own.none" }), this._tokens),
      this._before,
      el("p", {}, el("a", { href: "#/transactions", "data-t": "own.all" })),
    );
    this._loading = el("p", { class: "card quiet", role: "status", "data-t": "kit.loading" });
    this.element = el("div", { class: "view own" }, this._loading, this._none);
  }

  /** @param {Own} own */
  show(own) {
    const had = this._own?.sessions.length ?? 1;
    this._own = own;
    this._loading.hidden = true;
    this._none.hidden = own.sessions.length > 0;
    if (own.sessions.length === 0 && had > 0) this._askForLast();
    const keys = new Set(own.sessions.map(keyOf));
    for (const [key, session] of this._sessions) {
      if (keys.has(key)) continue;
      session.element.remove();
      this._sessions.delete(key);
    }
    for (const session of own.sessions) this._sessionOf(session).show(session, own.now);
    this._showNone();
  }

  redraw() {
    this._showNone();
    for (const session of this._sessions.values()) session.redraw();
  }

  /** @param {OwnedSession} owned */
  _sessionOf(owned) {
    const known = this._sessions.get(keyOf(owned));
    if (known) return known;
    const session = new OwnSession(this._time, this._askAgain);
    this._sessions.set(keyOf(owned), session);
    this.element.append(session.element);
    translate(session.element);
    return session;
  }

  async _askForLast() {
    try {
      [this._last = null] = await ask("GET", "/api/transactions?limit=1");
    } catch (error) {
      // Without it the way to all of them is still there.
      if (!(error instanceof ApiError)) throw error;
    }
    this._showNone();
  }

  _showNone() {
    const tokens = this._own?.id_tokens ?? [];
    say(this._tokens, tokens.length > 0 ? t("own.none_hint", { tokens: tokens.join(", ") }) : t("own.no_tokens"));
    const last = this._last;
    say(this._before, last?.ended_at ? t("own.last", { station: last.station_id, at: last.ended_at, energy_wh: last.energy_wh ?? 0 }) : "");
  }
}

/** @param {OwnedSession} session */
function keyOf({ transaction: { station_id, transaction_id } }) {
  return `${station_id}\n${transaction_id}`;
}
