// Which charging unit the page is about, where there are several.

import { el, keep, say } from "../kit/dom.js";

const REMEMBERED_AS = "ladewerk-simulated-unit";

export class UnitChoice {
  /** @param {() => void} onChange */
  constructor(onChange) {
    this._onChange = onChange;
    this.chosen = localStorage.getItem(REMEMBERED_AS) ?? "";
    this._labels = el("div", { class: "choice" });
    this.element = el("nav", { class: "units", role: "group", "data-t-label": "panel.units", hidden: true }, this._labels);
  }

  /** @param {string[]} names */
  show(names) {
    if (!names.includes(this.chosen)) this.chosen = names[0];
    this.element.hidden = names.length < 2;
    keep(
      this._labels,
      names,
      (name) => name,
      (name) => el("label", {}, el("input", { type: "radio", name: "unit", value: name, on: { change: () => this._choose(name) } }), el("span")),
      (element, name) => {
        element.children[0].checked = name === this.chosen;
        say(element.children[1], name);
      },
    );
  }

  /** @param {string} name */
  _choose(name) {
    this.chosen = name;
    localStorage.setItem(REMEMBERED_AS, name);
    this._onChange();
  }
}
