// The live link to the program whose page this is, and its clock.

const RETRY_MS = [250, 500, 1000, 2000, 4000];
const SILENT_MS = 5000;
const ANSWER_MS = 3000;

/**
 * A WebSocket that comes back by itself. Events: `message` (detail: what was sent, parsed) and `change` (up or down).
 *
 * A program that has nothing to say is silent, and so is one that is gone without a word: after a silence it is asked, and
 * without an answer the link counts as down.
 */
export class Link extends EventTarget {
  /** @param {string} path */
  constructor(path) {
    super();
    this.up = false;
    /** When the link went down, in the browser's time; null before the first connection and while it is up. */
    /** @type {Date | null} */
    this.downSince = null;
    this._path = path;
    this._failures = 0;
    /** With what code the last connection was closed. */
    this.closedWith = 0;
    this._heard = performance.now();
    /** @type {WebSocket | null} */
    this._socket = null;
    this._retry = 0;
    this._open();
    setInterval(() => performance.now() - this._heard >= SILENT_MS && this._doubt(), 1000);
    addEventListener("online", () => this._openNow());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this._openNow());
  }

  /** Where to ask. */
  _address() {
    return this._path;
  }

  /**
   * Something was said, and nobody else knows it yet; false: nobody shall.
   *
   * @param {any} _said
   * @returns {boolean}
   */
  _take(_said) {
    return true;
  }

  _open() {
    const url = new URL(this._address(), location.href);
    url.protocol = url.protocol.replace("http", "ws");
    const socket = new WebSocket(url);
    this._socket = socket;
    this._heard = performance.now();
    socket.addEventListener("message", (event) => {
      if (socket !== this._socket) return;
      this._heard = performance.now();
      this._failures = 0;
      const said = JSON.parse(event.data);
      if (!this._take(said)) return;
      if (!this.up) this._change(true);
      this.dispatchEvent(new CustomEvent("message", { detail: said }));
    });
    socket.addEventListener("close", ({ code }) => {
      if (socket !== this._socket) return;
      this.closedWith = code;
      this._lose();
    });
  }

  _openNow() {
    // A device that slept may have lost it without a word.
    if (this.up) this._doubt();
    if (this.up || this._socket?.readyState === WebSocket.CONNECTING) return;
    clearTimeout(this._retry);
    this._open();
  }

  _lose() {
    const gone = this._socket;
    this._socket = null;
    gone?.close();
    if (this.up || this.downSince === null) {
      this.downSince = new Date();
      this._change(false);
    }
    this._retry = window.setTimeout(() => this._open(), RETRY_MS[Math.min(this._failures, RETRY_MS.length - 1)]);
    this._failures += 1;
  }

  /** @param {boolean} up */
  _change(up) {
    this.up = up;
    if (up) this.downSince = null;
    this.dispatchEvent(new Event("change"));
  }

  async _doubt() {
    const socket = this._socket;
    if (socket === null) return;
    this._heard = performance.now();
    try {
      await this._probe(socket);
    } catch {
      if (socket === this._socket) this._lose();
    }
  }

  /**
   * Whether the program is still there; raises an error where it is not. It is asked here: over another connection it may
   * answer while this one leads nowhere.
   *
   * @param {WebSocket} socket
   */
  _probe(socket) {
    return /** @type {Promise<void>} */ (
      new Promise((found, gone) => {
        const late = setTimeout(() => gone(new Error("no answer")), ANSWER_MS);
        const heard = () => {
          clearTimeout(late);
          found();
        };
        socket.addEventListener("message", heard, { once: true });
        if (socket.readyState === WebSocket.OPEN) socket.send("?");
      })
    );
  }
}

/**
 * The clock of the program, which may run faster than the browser's: in a demonstration an evening passes in minutes.
 * Between two messages it runs on at the pace seen so far.
 */
export class ServerTime {
  constructor() {
    this._at = NaN;
    this._seen = 0;
    this._pace = 1;
  }

  /**
   * Take over the time a message carries.
   *
   * @param {string} now
   */
  sync(now) {
    const at = Date.parse(now);
    const seen = performance.now();
    const passed = seen - this._seen;
    if (!Number.isNaN(this._at) && passed > 300) {
      const pace = (at - this._at) / passed;
      this._pace = pace > 0.8 && pace < 1.2 ? 1 : Math.max(0, pace);
    }
    if (Number.isNaN(this._at) || passed > 300) {
      this._at = at;
      this._seen = seen;
    }
  }

  /** @returns {Date | null} Null before the first message. */
  now() {
    if (Number.isNaN(this._at)) return null;
    return new Date(this._at + (performance.now() - this._seen) * this._pace);
  }
}
