// What a view has asked for: since when it holds, that it is on its way, or why it did not come. Never blank, never old without saying so.

import { ApiError } from "./api.js";
import { el, mark, say } from "./dom.js";
import { onLanguage, t, tCode } from "./i18n.js";
import { onZone } from "./zone.js";

export class Loaded {
  /**
   * @param {import("./link.js").ServerTime} time
   * @param {() => Promise<void>} fetch   Asks and shows; raises ApiError.
   */
  constructor(time, fetch) {
    this._time = time;
    this._fetch = fetch;
    /** @type {Date | null} */
    this._at = null;
    /** @type {ApiError | null} */
    this._failed = null;
    this._asked = 0;
    this._text = el("span", { role: "status", class: "small quiet" });
    this._again = el("button", { type: "button", class: "icon-button reload", "data-t-label": "kit.reload", on: { click: () => this.load() } }, "↻");
    this.element = el("div", { class: "loaded" }, this._text, this._again);
    onLanguage(() => this._show());
    onZone(() => this._show());
    this._show();
  }

  /** Ask now. Of several at a time the last counts. */
  async load() {
    const mine = (this._asked += 1);
    mark(this._again, "aria-busy", "true");
    this._show();
    try {
      await this._fetch();
      if (mine !== this._asked) return;
      this._at = this._time.now() ?? new Date();
      this._failed = null;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (mine === this._asked) this._failed = error;
    }
    if (mine !== this._asked) return;
    mark(this._again, "aria-busy", null);
    this._show();
  }

  /** Whether something was ever loaded. */
  get once() {
    return this._at !== null;
  }

  _show() {
    mark(this._text, "data-tone", this._failed ? "bad" : null);
    const since = this._at ? t("kit.as_of", { at: this._at }) : "";
    if (this._failed) say(this._text, `${tCode("problem", this._failed.body)} ${this._at ? t("kit.shown_is_of", { at: this._at }) : ""}`.trim());
    else say(this._text, since || t("kit.loading"));
  }
}
