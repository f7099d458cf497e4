// Who was turned away lately: stations that nobody knows, wrong passwords, floods.

import { ask } from "../kit/api.js";
import { el } from "../kit/dom.js";
import { format, t } from "../kit/i18n.js";
import { Loaded } from "../kit/loaded.js";
import { Records } from "../kit/records.js";

/** @typedef {{why: string, remote: string, what: string, began_at: string, last_at: string, times: number}} Burst */

export class RefusalsCard {
  /** @param {import("../kit/link.js").ServerTime} time */
  constructor(time) {
    /** @type {Burst[]} */
    this._bursts = [];
    this._loaded = new Loaded(time, () => this._fetch());
    this._records = new Records({
      title: "refusals.title",
      keyOf: (/** @type {Burst} */ { why, remote, what, began_at }) => [why, remote, what, began_at].join("\n"),
      none: "refusals.none",
      columns: [
        { label: "refusals.why", kind: "main", text: (/** @type {Burst} */ { why }) => t(`refused.${why}`, {}, why) },
        { label: "refusals.what", kind: "wide", text: (/** @type {Burst} */ { what }) => what || "–" },
        { label: "refusals.remote", text: (/** @type {Burst} */ { remote }) => remote || "–" },
        { label: "refusals.times", kind: "number", text: (/** @type {Burst} */ { times }) => format.number(times) },
        { label: "refusals.last", text: (/** @type {Burst} */ { last_at }) => format.moment(last_at) },
      ],
    });
    this._records.element.hidden = true;
    this._details = el("details", { on: { toggle: () => this._details.open && this._loaded.load() } }, el("summary", { "data-t": "refusals.title" }), this._loaded.element, this._records.element);
    this.element = el("section", { class: "card refusals" }, this._details);
  }

  redraw() {
    if (this._loaded.once) this._records.show(this._bursts);
  }

  async _fetch() {
    this._bursts = (await ask("GET", "/api/refusals")).bursts;
    this._records.element.hidden = false;
    this._records.show(this._bursts);
  }
}
