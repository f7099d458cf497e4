// The link to the simulator: its state, asked for again and again. The hardware's small server has no WebSocket.

import { ApiError, ask } from "../kit/api.js";

const EVERY_MS = 1000;

/** Events as those of the kit's Link: `message` (detail: the state) and `change` (up or down). */
export class Poll extends EventTarget {
  /** @param {string} path */
  constructor(path) {
    super();
    this.up = false;
    /** When the link went down, in the browser's time; null before the first connection and while it is up. */
    /** @type {Date | null} */
    this.downSince = null;
    this._path = path;
    this._asked = 0;
    this._timer = 0;
    addEventListener("online", () => this.refresh());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.refresh());
  }

  /** Ask now; an answer to an earlier question no longer counts, it may be older than what was just done. */
  async refresh() {
    clearTimeout(this._timer);
    const turn = (this._asked += 1);
    let state = null;
    try {
      state = await ask("GET", this._path);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
    if (turn !== this._asked) return;
    this._timer = window.setTimeout(() => this.refresh(), EVERY_MS);
    this._change(state !== null);
    if (state !== null) this.dispatchEvent(new CustomEvent("message", { detail: state }));
  }

  /** @param {boolean} up */
  _change(up) {
    if (up === this.up && (up || this.downSince !== null)) return;
    this.up = up;
    this.downSince = up ? null : new Date();
    this.dispatchEvent(new Event("change"));
  }
}
