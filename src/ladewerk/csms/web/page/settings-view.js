// What holds for the site: its limits, prices, base load, and the fuses behind its own.

import { el } from "../kit/dom.js";
import { FuseForm } from "./fuse-form.js";
import { SiteForm } from "./site-form.js";

export class SettingsView {
  /**
   * @param {import("./visitor.js").Visitor} visitor
   * @param {import("../kit/link.js").ServerTime} time
   */
  constructor(visitor, time) {
    const mayChange = visitor.may("operate");
    this._site = new SiteForm(time, mayChange);
    this._fuses = new FuseForm(mayChange);
    this._site.element.querySelector("details")?.setAttribute("open", "");
    this.element = el("div", { class: "view columns" }, this._site.element, this._fuses.element);
  }

  /** @param {import("./types.js").Overview} overview */
  show({ site }) {
    this._site.show(site);
    this._fuses.show(site);
  }
}
