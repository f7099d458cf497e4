// The token of whoever charges: asked for once the station says that it needs one, forgotten when the car is gone.

import { el } from "../kit/dom.js";
import { Field, FieldProblem } from "../kit/form.js";

const ASKED_BY = new Set(["token_needed", "token_not_accepted", "token_not_yours"]);

export class TokenField {
  constructor() {
    this._field = new Field({
      name: "id_token",
      label: "token.label",
      hint: "token.hint",
      placeholder: "04A1B2C3",
      inputmode: "text",
      read: (text) => {
        if (text.length > 36) throw new FieldProblem("token_too_long");
        return text;
      },
    });
    this.element = el("div", { class: "token-field", hidden: true }, this._field.element);
  }

  /** What goes into a request. */
  said() {
    const text = this._field.input.value.trim();
    return this.element.hidden || text === "" || this._field.check() === undefined ? {} : { id_token: text };
  }

  /**
   * Show the field where it was the lack of a token that a request was refused for.
   *
   * @param {{code?: string} | null | undefined} refusal
   */
  refused(refusal) {
    if (!ASKED_BY.has(refusal?.code ?? "")) return;
    this.element.hidden = false;
    this._field.input.focus();
  }

  forget() {
    this._field.input.value = "";
    this.element.hidden = true;
  }
}
