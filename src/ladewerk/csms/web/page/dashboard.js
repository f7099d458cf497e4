// The dashboard: four quarters that follow one overview, and the frames as they pass. A phone shows one quarter at a time.

import { el, mark, svg } from "../kit/dom.js";
import { Console } from "./console.js";
import { Plans } from "./plans.js";
import { SiteForm } from "./site-form.js";
import { Stations } from "./stations.js";

/** @typedef {import("./types.js").Overview} Overview */
/** @typedef {import("./visitor.js").Visitor} Visitor */

const PICTURES = {
  site: "M4 20V9l8-5 8 5v11M9 20v-6h6v6",
  stations: "M6 21V5a2 2 0 0 1 2-2h5a2 2 0 0 1 2 2v16M4 21h13M15 11h2a2 2 0 0 1 2 2v3a1.5 1.5 0 0 0 3 0V9l-3-3M10.5 7 9 11h3l-1.5 4",
  console: "M4 5h16v14H4zM7 10l3 2.5L7 15M12.5 15H17",
  plans: "M4 4v16h16M8 16v-4M12 16V8M16 16v-6",
};

export class Dashboard {
  /**
   * @param {Visitor} visitor
   * @param {import("../kit/link.js").ServerTime} time
   */
  constructor(visitor, time) {
    this._plans = new Plans();
    this._site = new SiteForm(time, visitor.may("operate"));
    this._stations = new Stations((key) => this._showPlan(key), time, visitor);
    this._console = new Console();
    this._parts = { site: this._site, stations: this._stations, console: this._console, plans: this._plans };
    this._tabs = el("div", { class: "tabs", role: "group", "data-t-label": "tab.all" }, Object.keys(this._parts).map((name) => this._tab(name)));
    this.element = el("div", { class: "dashboard" }, this._tabs);
    for (const [name, part] of Object.entries(this._parts)) {
      part.element.id = name;
      this.element.append(part.element);
    }
    this._choose("stations");
  }

  /** @param {string[]} path  The quarter that a phone shows. */
  enter([name]) {
    if (name in this._parts) this._choose(name);
    this._console.redraw();
  }

  /** @param {Overview} overview */
  show(overview) {
    this._site.show(overview.site);
    this._stations.show(overview);
    this._plans.show(overview);
    this._console.showStations(overview.stations.map((station) => station.id));
  }

  /** @param {import("./types.js").Frame} frame */
  frame(frame) {
    this._console.add(frame);
  }

  /** @param {boolean} resumed */
  linked(resumed) {
    if (!resumed) this._console.load();
  }

  /** @param {boolean} anew */
  missed(anew) {
    this._console.missed(anew);
  }

  /** Everything anew: language or time zone has changed. */
  redraw() {
    this._console.redraw();
  }

  /** @param {string} key */
  _showPlan(key) {
    this._plans.choose(key);
    this._choose("plans");
  }

  /** @param {string} name */
  _choose(name) {
    mark(this.element, "data-tab", name);
    for (const button of this._tabs.children) mark(button, "aria-pressed", button.getAttribute("data-tab") === name ? "true" : "false");
  }

  /** @param {string} name */
  _tab(name) {
    const path = svg("path", { d: PICTURES[/** @type {keyof typeof PICTURES} */ (name)] });
    const picture = svg("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" }, path);
    return el("button", { type: "button", class: "tab", "data-tab": name, on: { click: () => this._choose(name) } }, picture, el("span", { "data-t": `tab.${name}` }));
  }
}
