// The line that says what came of a press of a button.

import { ApiError } from "./api.js";
import { el, mark, say } from "./dom.js";
import { tCode } from "./i18n.js";

export class Outcome {
  constructor() {
    this.element = el("p", { class: "outcome small", role: "status" });
  }

  /**
   * @param {string} text
   * @param {"good" | "bad" | ""} [tone]
   */
  tell(text, tone = "") {
    say(this.element, text);
    mark(this.element, "data-tone", tone || null);
  }

  /**
   * Do it, and say why the program refused, if it did.
   *
   * @template T
   * @param {Element | null} button   Busy meanwhile.
   * @param {() => Promise<T>} act
   * @returns {Promise<T | undefined>}  Undefined where it was refused.
   */
  async of(button, act) {
    if (button) mark(button, "aria-busy", "true");
    this.tell("");
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.tell(refusalText(error), "bad");
      return undefined;
    } finally {
      if (button) mark(button, "aria-busy", null);
    }
  }
}

/**
 * What the program says of a request that it refused.
 *
 * @param {ApiError} error
 */
export function refusalText({ body }) {
  if (!Array.isArray(body?.errors)) return tCode("problem", body);
  return body.errors.map((/** @type {any} */ fault) => [fault.field, tCode("problem", fault)].filter(Boolean).join(": ")).join(" ");
}
