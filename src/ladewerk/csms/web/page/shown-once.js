// A secret that the program tells once: to be copied now.

import { el } from "../kit/dom.js";

export class ShownOnce {
  /** @param {string} label   Key of the text before it. */
  constructor(label) {
    this._secret = el("code", { class: "code token-text" });
    this.element = el("p", { class: "token-new", role: "status", hidden: true }, el("span", { "data-t": label }), this._secret);
  }

  /** @param {string | null} secret   Null: there is none. */
  show(secret) {
    this._secret.textContent = secret ?? "";
    this.element.hidden = secret === null;
  }
}
