// The frame around the views: a way to each of them, and the one that the address asks for. `#/stations/LW-0001/messages` is the
// view "stations" with the path ["LW-0001", "messages"]; an address without a slash, such as `#plans`, is a part of the dashboard.

import { el, mark } from "../kit/dom.js";

/**
 * @typedef {object} View
 * @property {HTMLElement} element
 * @property {(path: string[]) => void} [enter]      The address has come here.
 * @property {() => void} [leave]
 * @property {(heard: any) => void} [show]           What is known now: an Overview, or to a driver what is theirs.
 * @property {(frame: import("./types.js").Frame) => void} [frame]
 * @property {(resumed: boolean) => void} [linked]   There is a link again; resumed: every frame that passed meanwhile is told.
 * @property {(anew: boolean) => void} [missed]      Frames are gone for good; anew: the CSMS counts them from the beginning.
 * @property {() => void} [redraw]                   Language or time zone has changed.
 */

/** As many fit beside each other on a phone; the others are behind a button. */
const ON_A_PHONE = 4;

export class Shell {
  /**
   * @param {HTMLElement} nav
   * @param {HTMLElement} main
   * @param {Record<string, View>} views   In the order of the menu; the first is that of an address that says nothing.
   */
  constructor(nav, main, views) {
    this.views = views;
    this._nav = nav;
    this.current = "";
    this._more = el("button", { type: "button", class: "view-link more", "aria-expanded": "false", on: { click: () => this._open(!nav.hasAttribute("data-open")) } }, el("span", { "data-t": "view.more" }));
    const names = Object.keys(views);
    const links = names.map((name, place) => el("a", { class: "view-link", href: `#/${name}`, "data-view": name, "data-late": names.length > ON_A_PHONE + 1 && place >= ON_A_PHONE, "data-t": `view.${name}` }));
    nav.append(...links);
    if (names.length > ON_A_PHONE + 1) nav.append(this._more);
    nav.hidden = false;
    for (const { element } of Object.values(views)) {
      element.hidden = true;
      main.append(element);
    }
    addEventListener("hashchange", () => this.follow());
    addEventListener("keydown", (event) => event.key === "Escape" && this._open(false));
  }

  /** Show what the address says. */
  follow() {
    const said = location.hash.slice(1);
    const [name, ...path] = said.startsWith("/") ? said.slice(1).split("/").map(decoded) : ["", said];
    const first = Object.keys(this.views)[0];
    const wanted = name in this.views ? name : first;
    if (this.current !== wanted) {
      this.views[this.current]?.leave?.();
      scrollTo(0, 0);
    }
    this.current = wanted;
    for (const [other, { element }] of Object.entries(this.views)) element.hidden = other !== wanted;
    for (const link of this._nav.querySelectorAll("a")) mark(link, "aria-current", link.getAttribute("data-view") === wanted ? "page" : null);
    mark(this._more, "aria-current", this._nav.querySelector("a[data-late][aria-current]") ? "page" : null);
    mark(document.body, "data-view", wanted);
    this._open(false);
    this.views[wanted].enter?.(path);
  }

  /** @param {boolean} open */
  _open(open) {
    mark(this._nav, "data-open", open);
    mark(this._more, "aria-expanded", String(open));
  }
}

/** @param {string} part */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
