// The link over which the CSMS tells live events. They are numbered: whoever comes back asks for what was told meanwhile.

import { Link } from "../kit/link.js";

/** With this the CSMS closes a link where as many listen as it has room for. */
const CROWDED = 4429;

/**
 * Besides what the kit's Link has: when `change` says that the link is up, `resumed` says that nothing was missed, `missed` that
 * something is gone for good, and `anew` that the CSMS has been started anew, so that its numbers have begun anew too.
 */
export class LiveLink extends Link {
  constructor() {
    super("/api/events");
    this._run = "";
    this._number = 0;
    this.resumed = false;
    this.missed = false;
    this.anew = false;
  }

  /** As many listen as there is room for. */
  get crowded() {
    return !this.up && this.closedWith === CROWDED;
  }

  _address() {
    // It is asked for the first time before anything is known.
    return this._run ? `${this._path}?${new URLSearchParams({ run: this._run, after: String(this._number) })}` : this._path;
  }

  /**
   * @param {any} said
   * @returns {boolean}
   */
  _take(said) {
    if (said.type === "hello") {
      this.missed = said.missed;
      this.anew = this._run !== "" && said.run !== this._run;
      this.resumed = this._run !== "" && !said.missed;
      this._run = said.run;
      this._number = said.number;
    }
    const told = said.type === "frame" ? said.frame.number - 1 : said.type === "here" ? said.number : this._number;
    if (told > this._number) {
      // One of them never came: they are asked for.
      this._lose();
      return false;
    }
    if (said.type === "frame") this._number = said.frame.number;
    return true;
  }
}
