// The visitor's own: who they are here, another password, the way out.

import { logOutButton, passwordCard } from "../kit/access.js";
import { el, say } from "../kit/dom.js";
import { t } from "../kit/i18n.js";

export class AccountView {
  /** @param {import("./visitor.js").Visitor} visitor */
  constructor(visitor) {
    this._visitor = visitor;
    this._who = el("p");
    this._may = el("p", { class: "small quiet" });
    this.element = el("div", { class: "view narrow" }, el("section", { class: "card" }, el("div", { class: "card-head" }, el("h2", {}, visitor.name), logOutButton()), this._who, this._may), passwordCard());
    this.redraw();
  }

  redraw() {
    say(this._who, t(`role.${this._visitor.role}`, {}, this._visitor.role));
    say(this._may, t(`role.${this._visitor.role}_may`, {}, ""));
  }
}
