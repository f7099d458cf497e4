// Doing things: every act goes to the simulator in the words of a scenario, one after the other.

import { ApiError, ask } from "../kit/api.js";
import { el, mark, say } from "../kit/dom.js";
import { t, tCode } from "../kit/i18n.js";

/** What all cards share: which unit is meant, and the queue of what is done to it. */
export class Acts {
  /** @param {() => Promise<void>} refresh */
  constructor(refresh) {
    this._refresh = refresh;
    /** Name of the unit that the page shows. */
    this.unit = "";
    /** How many are on their way. */
    this.underWay = 0;
    /** @type {Promise<void>} */
    this._queue = Promise.resolve();
  }

  /**
   * Do something at the unit; `tell` says what came of it.
   *
   * @param {Record<string, unknown>} act
   * @param {Outcome} tell
   * @param {string} [done]   Key of the text that says it is done.
   */
  atUnit(act, tell, done) {
    return this.perform({ unit: this.unit, ...act }, tell, done);
  }

  /**
   * @param {Record<string, unknown>} act
   * @param {Outcome} tell
   * @param {string} [done]
   */
  perform(act, tell, done) {
    this.underWay += 1;
    this._queue = this._queue.then(async () => {
      try {
        await ask("POST", "/api/acts", act);
        tell.good(done ? t(done) : "");
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        tell.bad(error.body);
      } finally {
        this.underWay -= 1;
      }
      await this._refresh();
    });
    return this._queue;
  }
}

/** The line of a card that says what came of it. */
export class Outcome {
  constructor() {
    this.element = el("p", { class: "outcome", role: "status" });
  }

  /** @param {string} text */
  good(text) {
    say(this.element, text);
    mark(this.element, "data-tone", "good");
  }

  /**
   * What was refused, with the simulator's own words where they say more.
   *
   * @param {any} body
   */
  bad(body) {
    const said = tCode("problem", body);
    say(this.element, SAYS_MORE.has(body.code) ? `${said}: ${body.text}` : said);
    mark(this.element, "data-tone", "bad");
  }
}

const SAYS_MORE = new Set(["invalid", "no_vehicle"]);
