// A link for a visitor whom the CSMS does not tell live events: it asks now and then whether the program is there.

const EVERY_MS = 5000;
const ANSWER_MS = 4000;

/** Like the kit's Link: `up`, `downSince`, the event `change`; `message` carries the time of the program alone. */
export class PolledLink extends EventTarget {
  constructor() {
    super();
    this.up = false;
    /** @type {Date | null} */
    this.downSince = null;
    this._ask();
    setInterval(() => this._ask(), EVERY_MS);
    addEventListener("online", () => this._ask());
  }

  async _ask() {
    try {
      const answer = await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(ANSWER_MS) });
      this._change(true);
      const date = answer.headers.get("Date");
      if (date) this.dispatchEvent(new CustomEvent("message", { detail: { type: "time", now: date } }));
    } catch {
      this._change(false);
    }
  }

  /** @param {boolean} up */
  _change(up) {
    if (up === this.up && (up || this.downSince)) return;
    this.up = up;
    this.downSince = up ? null : new Date();
    this.dispatchEvent(new Event("change"));
  }
}
