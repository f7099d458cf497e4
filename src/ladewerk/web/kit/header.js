// The bar at the top of every page: whose page it is, the program's clock, language, light or dark.

import { el, mark, say, svg } from "./dom.js";
import { LANGUAGES, format, language, onLanguage, rememberLanguage, setLanguage, t } from "./i18n.js";
import { isForeign, zone } from "./zone.js";

/** @typedef {import("./i18n.js").Language} Language */

const THEMES = ["auto", "light", "dark"];
const SHORT_NAMES = { en: "EN", de: "DE", zh: "中文" };
const THEME_REMEMBERED_AS = "ladewerk-theme";
const THEME_PICTURES = {
  auto: "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18",
  light: "M12 7.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 0 0 0-9M12 2v2.5M12 19.5V22M2 12h2.5M19.5 12H22M5 5l1.7 1.7M17.3 17.3 19 19M5 19l1.7-1.7M17.3 6.7 19 5",
  dark: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z",
};

/** `<lw-header>`: set `link` and `time` once; `name` is what stands beside the brand. */
class Header extends HTMLElement {
  connectedCallback() {
    this._name = el("span", { class: "header-name" });
    this._clock = el("span", { class: "clock-time" });
    this._zone = el("span", { class: "clock-zone" });
    this._pill = el("span", { class: "clock", role: "status", "data-state": "waiting" }, el("span", { class: "dot" }), this._clock, this._zone);
    this.append(
      el("a", { class: "brand", href: "#main" }, brand(), el("span", { class: "brand-name" }, "Ladewerk")),
      this._name,
      this._pill,
      el("div", { class: "header-choices" }, languageBox(), themeButton()),
    );
    /** False: what the program says of the time is made up. */
    this.timeIsKnown = true;
    setInterval(() => this._tick(), 500);
    onLanguage(() => this._tick());
  }

  /**
   * @param {import("./link.js").Link} link
   * @param {import("./link.js").ServerTime} time
   */
  follow(link, time) {
    this._link = link;
    this._time = time;
    link.addEventListener("change", () => this._tick());
    link.addEventListener("message", () => this._tick());
    this._tick();
  }

  /** @param {string} text */
  set name(text) {
    say(/** @type {Node} */ (this._name), text);
  }

  _tick() {
    if (!this._link || !this._time || !this._pill || !this._clock) return;
    const now = this._time.now();
    if (this._link.up && now && !this.timeIsKnown) {
      this._show("up", t("kit.time_unknown"), t("kit.time_unknown_hint"));
    } else if (this._link.up && now) {
      const foreign = isForeign(now);
      const named = zone();
      this._show("up", format.clock(now), named ? `${t("kit.link_up")} (${named})` : t("kit.link_up"), foreign ? format.zone(now) : "");
    } else if (this._link.downSince) {
      const since = this._link.downSince;
      const age = format.duration((Date.now() - since.getTime()) / 1000);
      this._show("down", t(/** @type {any} */ (this._link).crowded ? "kit.link_crowded" : "kit.link_down", { since: format.clock(since), age }), t("kit.link_down_hint"));
    } else {
      this._show("waiting", t("kit.link_waiting"), t("kit.link_waiting"));
    }
    mark(document.documentElement, "data-link", this._link.up ? "up" : "down");
  }

  /**
   * @param {string} state
   * @param {string} text
   * @param {string} hint
   * @param {string} [zoneName]
   */
  _show(state, text, hint, zoneName = "") {
    const pill = /** @type {HTMLElement} */ (this._pill);
    mark(pill, "data-state", state);
    // A clock that ticks is not news to a screen reader; a link that goes is.
    mark(pill, "aria-live", state === "up" ? "off" : "polite");
    mark(pill, "title", hint);
    say(/** @type {Node} */ (this._clock), text);
    say(/** @type {Node} */ (this._zone), zoneName);
  }
}

function brand() {
  return svg(
    "svg",
    { viewBox: "0 0 32 32", class: "brand-sign", "aria-hidden": "true" },
    svg("rect", { width: 32, height: 32, rx: 8 }),
    svg("path", { d: "M17.5 4 7 18h7l-1.5 10L25 13h-8z" }),
  );
}

function languageBox() {
  const box = el(
    "select",
    {
      class: "language",
      "data-t-label": "kit.language",
      on: {
        change: async () => {
          rememberLanguage(/** @type {Language} */ (box.value));
          await setLanguage(/** @type {Language} */ (box.value));
        },
      },
    },
    Object.entries(LANGUAGES).map(([code, name]) => el("option", { value: code, lang: code, label: SHORT_NAMES[/** @type {Language} */ (code)] }, name)),
  );
  box.value = language();
  onLanguage(() => (box.value = language()));
  return box;
}

function themeButton() {
  const path = svg("path", { d: "" });
  const button = el("button", { type: "button", class: "icon-button", on: { click: () => show(THEMES[(THEMES.indexOf(theme()) + 1) % 3]) } },
    svg("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" }, path));
  /** @param {string} chosen */
  const show = (chosen) => {
    if (chosen === "auto") localStorage.removeItem(THEME_REMEMBERED_AS);
    else localStorage.setItem(THEME_REMEMBERED_AS, chosen);
    path.setAttribute("d", THEME_PICTURES[/** @type {keyof typeof THEME_PICTURES} */ (chosen)]);
    label();
    paint();
  };
  const system = matchMedia("(prefers-color-scheme: dark)");
  const paint = () => {
    mark(document.documentElement, "data-theme", theme() === "auto" ? (system.matches ? "dark" : "light") : theme());
    document.dispatchEvent(new Event("themechange"));
  };
  const label = () => {
    mark(button, "aria-label", t(`kit.theme_${theme()}`));
    mark(button, "title", t(`kit.theme_${theme()}`));
  };
  system.addEventListener("change", paint);
  onLanguage(label);
  show(theme());
  return button;
}

function theme() {
  const chosen = localStorage.getItem(THEME_REMEMBERED_AS);
  return chosen === "light" || chosen === "dark" ? chosen : "auto";
}

customElements.define("lw-header", Header);
