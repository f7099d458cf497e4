// Id tokens: who may charge, and where. Listed, searched, added, changed, blocked, deleted.

import { ask } from "../kit/api.js";
import { el, mark, say } from "../kit/dom.js";
import { format, t } from "../kit/i18n.js";
import { Outcome } from "../kit/outcome.js";
import { Pages } from "../kit/pages.js";
import { Records } from "../kit/records.js";
import { sureButton } from "../kit/sure.js";
import { TokenForm } from "./token-form.js";

/** @typedef {import("./types.js").Token} Token */

const PER_PAGE = 50;
const TYPING_MS = 250;

export class TokensView {
  /**
   * @param {import("./visitor.js").Visitor} visitor
   * @param {import("../kit/link.js").ServerTime} time
   */
  constructor(visitor, time) {
    this._time = time;
    this._steer = visitor.may("operate");
    this._timer = 0;
    /** @type {Token[]} */
    this._shown = [];
    this._words = el("input", { type: "search", class: "filter", "data-t-label": "tokens.search", "data-t-placeholder": "tokens.search", on: { input: () => this._typed() } });
    this._pages = new Pages(time, () => `/api/tokens?limit=${PER_PAGE}&search=${encodeURIComponent(this._words.value.trim())}`, (items) => this._take(items));
    this._outcome = new Outcome();
    this._records = new Records({ title: "tokens.title", keyOf: (/** @type {Token} */ token) => token.id_token.toLowerCase(), none: "tokens.none", hint: this._steer ? "tokens.none_hint" : undefined, columns: this._columns() });
    this._records.element.hidden = true;
    this._form = this._steer ? new TokenForm((said) => this._saved(said)) : null;
    this.element = el(
      "div",
      { class: "view" },
      el("section", { class: "card" }, el("div", { class: "card-head" }, el("h2", { "data-t": "tokens.title" }), this._pages.loaded.element, this._words), this._outcome.element, this._records.element, this._pages.element),
      this._form?.element ?? "",
    );
  }

  _columns() {
    const state = { label: "tokens.state", make: () => el("span", { class: "chip" }), show: (/** @type {HTMLElement} */ chip, /** @type {Token} */ token) => this._showState(chip, token) };
    return [
      { label: "tokens.id_token", kind: "main", text: (/** @type {Token} */ { id_token }) => id_token },
      state,
      { label: "tokens.owner", text: (/** @type {Token} */ { owner }) => owner || "–" },
      { label: "tokens.type", text: (/** @type {Token} */ { type }) => type ?? "ISO14443" },
      { label: "tokens.group_id", text: (/** @type {Token} */ { group_id }) => group_id || "–" },
      { label: "tokens.stations", text: (/** @type {Token} */ { stations }) => (stations?.length ? stations.join(", ") : t("tokens.everywhere")) },
      { label: "tokens.valid", kind: "wide", text: validText },
      ...(this._steer ? [{ label: "kit.actions", kind: "actions", make: () => this._buttons(), show: showButtons }] : []),
    ];
  }

  enter() {
    this._pages.restart();
  }

  linked() {
    if (!this.element.hidden) this._pages.again();
  }

  redraw() {
    if (this._pages.loaded.once) this._records.show(this._shown);
  }

  /** @param {Token[]} tokens */
  _take(tokens) {
    this._shown = tokens;
    this._records.element.hidden = false;
    this._records.show(tokens);
  }

  _typed() {
    clearTimeout(this._timer);
    this._timer = window.setTimeout(() => this._pages.restart(), TYPING_MS);
  }

  /** @param {string} said */
  _saved(said) {
    this._outcome.tell(said, "good");
    this._pages.again();
  }

  /**
   * @param {HTMLElement} chip
   * @param {Token} token
   */
  _showState(chip, token) {
    const now = this._time.now() ?? new Date();
    const early = token.valid_from && new Date(token.valid_from) > now;
    const late = token.valid_until && new Date(token.valid_until) <= now;
    const state = token.blocked ? "blocked" : late ? "expired" : early ? "not_yet" : "good";
    say(chip, t(`token_state.${state}`));
    mark(chip, "data-tone", { blocked: "bad", expired: "warn", not_yet: "warn", good: "good" }[state]);
  }

  _buttons() {
    const box = el("div", { class: "row-actions" });
    const token = () => /** @type {Token} */ (this._shown.find(({ id_token }) => id_token === box.getAttribute("data-token")));
    box.append(
      el("button", { type: "button", class: "button small", "data-action": "change", on: { click: () => this._form?.open(token()) } }),
      el("button", { type: "button", class: "button small", "data-action": "block", on: { click: (/** @type {Event} */ event) => this._block(/** @type {HTMLElement} */ (event.currentTarget), token()) } }),
      sureButton("tokens.delete", "tokens.delete_sure", (button) => this._delete(button, token())),
    );
    return box;
  }

  /**
   * @param {HTMLElement} button
   * @param {Token} token
   */
  async _block(button, token) {
    const changed = { ...token, blocked: !token.blocked };
    const done = await this._outcome.of(button, () => ask("PUT", `/api/tokens/${encodeURIComponent(token.id_token)}`, changed));
    if (done) this._saved(t(changed.blocked ? "tokens.was_blocked" : "tokens.was_unblocked", { id: token.id_token }));
  }

  /**
   * @param {HTMLElement} button
   * @param {Token} token
   */
  async _delete(button, token) {
    const done = await this._outcome.of(button, () => ask("DELETE", `/api/tokens/${encodeURIComponent(token.id_token)}`));
    if (done) this._saved(t("tokens.was_deleted", { id: token.id_token }));
  }
}

/**
 * @param {HTMLElement} box
 * @param {Token} token
 */
function showButtons(box, token) {
  mark(box, "data-token", token.id_token);
  const [change, block, gone] = box.children;
  say(change, t("tokens.change"));
  say(block, t(token.blocked ? "tokens.unblock" : "tokens.block"));
  for (const button of [change, block, gone]) mark(button, "aria-label", `${button.textContent}: ${token.id_token}`);
}

/** @param {Token} token */
function validText({ valid_from, valid_until }) {
  if (!valid_from && !valid_until) return t("tokens.always");
  const from = valid_from ? t("tokens.from", { at: format.moment(valid_from) }) : "";
  const until = valid_until ? t("tokens.until", { at: format.moment(valid_until) }) : "";
  return [from, until].filter(Boolean).join(" ");
}
