// Doing something once for many occasions that come close together.

export class Soon {
  /**
   * @param {() => void} act
   * @param {number} wait_ms   From the first occasion on: those that keep coming do not put it off.
   */
  constructor(act, wait_ms) {
    this._act = act;
    this._wait_ms = wait_ms;
    this._timer = 0;
  }

  please() {
    if (this._timer) return;
    this._timer = window.setTimeout(() => {
      this._timer = 0;
      this._act();
    }, this._wait_ms);
  }
}
