// Who looks at the page, and what the CSMS lets them do; it asks again at every request.

/** @typedef {"own" | "read" | "operate" | "administer"} Right */

export class Visitor {
  /** @param {{door: string, user?: string | null, role?: string | null, rights?: string[]}} session   As the API says it. */
  constructor({ door, user, role, rights }) {
    this.door = door;
    this.name = user ?? "";
    this.role = role ?? "";
    this._rights = new Set(rights ?? []);
  }

  /** @param {Right} right */
  may(right) {
    return this._rights.has(right);
  }

  /** Whether there are users at all: a CSMS for this machine alone has none. */
  get hasName() {
    return this.door === "in";
  }
}
