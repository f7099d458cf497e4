// A link for a visitor whom the CSMS tells no live events: it asks now and then what is theirs.

import { ApiError, ask } from "../kit/api.js";

const EVERY_MS = 3000;
const ANSWER_MS = 4000;

/** Like the kit's Link: `up`, `downSince`, the event `change`; a `message` is of the type "own". */
export class PolledLink extends EventTarget {
  constructor() {
    super();
    this.up = false;
    this.resumed = false;
    this.missed = false;
    this.anew = false;
    /** @type {Date | null} */
    this.downSince = null;
    this._asked = 0;
    this._timer = 0;
    this.ask();
    addEventListener("online", () => this.ask());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.ask());
  }

  /** Now, and then again and again; of several at a time the last counts. */
  async ask() {
    const mine = (this._asked += 1);
    clearTimeout(this._timer);
    try {
      const own = await ask("GET", "/api/own", undefined, ANSWER_MS);
      if (mine !== this._asked) return;
      this._change(true);
      this.dispatchEvent(new CustomEvent("message", { detail: { type: "own", own } }));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (mine !== this._asked) return;
      this._change(false);
    }
    this._timer = window.setTimeout(() => this.ask(), EVERY_MS);
  }

  /** @param {boolean} up */
  _change(up) {
    if (up === this.up && (up || this.downSince)) return;
    this.up = up;
    this.downSince = up ? null : new Date();
    this.dispatchEvent(new Event("change"));
  }
}
