// Walking through a list that the program gives page by page.

import { askPage } from "./api.js";
import { el, say } from "./dom.js";
import { onLanguage, t } from "./i18n.js";
import { Loaded } from "./loaded.js";

export class Pages {
  /**
   * @param {import("./link.js").ServerTime} time
   * @param {() => string} first             Address of the first page, as the filters are now.
   * @param {(items: any[]) => void} show
   */
  constructor(time, first, show) {
    this._first = first;
    this._show = show;
    /** @type {string[]} Addresses of this page and those before it. */
    this._trail = [];
    /** @type {string | null} */
    this._next = null;
    this.loaded = new Loaded(time, () => this._fetch());
    this._back = el("button", { type: "button", class: "button small", "data-t": "kit.page_before", on: { click: () => this._to(this._trail.slice(0, -1)) } });
    this._on = el("button", { type: "button", class: "button small", "data-t": "kit.page_after", on: { click: () => this._next && this._to([...this._trail, this._next]) } });
    this._number = el("span", { class: "small quiet" });
    this.element = el("nav", { class: "pages", "data-t-label": "kit.pages", hidden: true }, this._back, this._number, this._on);
    onLanguage(() => this._draw());
  }

  /** From the beginning: the filters have changed, or somebody has come to look. */
  restart() {
    return this._to([this._first()]);
  }

  /** The same page again. */
  again() {
    return this._trail.length === 0 ? this.restart() : this.loaded.load();
  }

  get onFirst() {
    return this._trail.length <= 1;
  }

  /** @param {string[]} trail */
  _to(trail) {
    this._trail = trail;
    return this.loaded.load();
  }

  async _fetch() {
    const asked = this._trail[this._trail.length - 1];
    const { items, next } = await askPage(asked);
    if (asked !== this._trail[this._trail.length - 1]) return;
    this._next = next;
    this._draw();
    this._show(items);
  }

  _draw() {
    this.element.hidden = this.onFirst && this._next === null;
    this._back.disabled = this.onFirst;
    this._on.disabled = this._next === null;
    say(this._number, t("kit.page", { n: this._trail.length }));
  }
}

/**
 * Every page of a list, at most `most` items; for files.
 *
 * @param {string} path
 * @param {number} most
 */
export async function allPages(path, most) {
  const found = [];
  for (let next = /** @type {string | null} */ (path); next && found.length < most; ) {
    const page = await askPage(next);
    found.push(...page.items);
    next = page.next;
  }
  return found.slice(0, most);
}
