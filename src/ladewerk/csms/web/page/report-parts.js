// What a station tells in several messages after it was asked for a report: NotifyReport, ReportChargingProfiles.

import { ask } from "../kit/api.js";
import { readFrame } from "./frames.js";

const ANSWER_MS = 90000;

export class ReportParts {
  /**
   * @param {string} station
   * @param {string} action                    That the parts come in.
   * @param {(payload: any) => void} take      Called with each part.
   */
  constructor(station, action, take) {
    this._station = station;
    this._action = action;
    this._take = take;
    /** @type {number | null} */
    this._request = null;
    /** Whether the last part is still to come. */
    this.pending = false;
  }

  /**
   * Ask the station; gives the status of its answer, and the parts come after it or before.
   *
   * @param {string} command
   * @param {any} body
   */
  async ask(command, body) {
    this._request = Date.now() % 2000000000;
    this.pending = true;
    try {
      const answer = await ask("POST", `/api/stations/${encodeURIComponent(this._station)}/commands/${command}`, { requestId: this._request, ...body }, ANSWER_MS);
      if (answer.status !== "Accepted") this.pending = false;
      return answer.status;
    } catch (error) {
      this.pending = false;
      throw error;
    }
  }

  /** @param {import("./types.js").Frame} frame */
  frame(frame) {
    if (frame.sent || this._request === null || !frame.text.includes(this._action)) return;
    const { kind, action, payload } = readFrame(frame.text);
    if (kind !== "call" || action !== this._action || payload?.requestId !== this._request) return;
    this.pending = Boolean(payload.tbc);
    this._take(payload);
  }
}
