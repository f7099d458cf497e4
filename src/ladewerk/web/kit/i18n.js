// The languages of the pages: catalogues of texts, and numbers, times and money as the language writes them.

import { mark, say } from "./dom.js";
import { zone } from "./zone.js";

/** Name of each language in itself. */
export const LANGUAGES = { en: "English", de: "Deutsch", zh: "中文" };

const LOCALES = { en: "en-GB", de: "de-DE", zh: "zh-CN" };
const REMEMBERED_AS = "ladewerk-language";

/** @typedef {keyof typeof LANGUAGES} Language */

/** @type {Language} */
let current = "en";
/** @type {string[]} */
let folders = [];
/** @type {Map<Language, Record<string, string>>} */
const catalogues = new Map();
/** @type {Set<() => void>} */
const listeners = new Set();

/** @returns {Language} The language the page is in. */
export function language() {
  return current;
}

/**
 * Read the catalogues of `urls` (folders that hold en.json, de.json and zh.json) in the language that was chosen before, or
 * else the browser's.
 *
 * @param {...URL} urls
 */
export async function loadTexts(...urls) {
  folders = urls.map((url) => url.href);
  await setLanguage(rememberedLanguage() ?? browserLanguage());
}

/**
 * Show everything in another language, and remember it.
 *
 * @param {Language} chosen
 */
export async function setLanguage(chosen) {
  await Promise.all([...new Set(/** @type {Language[]} */ ([chosen, "en"]))].map(readCatalogue));
  current = chosen;
  document.documentElement.lang = chosen === "zh" ? "zh-Hans" : chosen;
  translate(document);
  for (const listener of listeners) listener();
}

/** @param {Language} chosen */
export function rememberLanguage(chosen) {
  localStorage.setItem(REMEMBERED_AS, chosen);
}

/**
 * Call `listener` whenever the language has changed.
 *
 * @param {() => void} listener
 */
export function onLanguage(listener) {
  listeners.add(listener);
}

/**
 * The text `key` stands for, with `{name}` and `{name:format}` filled in from `params`; formats are the functions of `format`,
 * and a format of another name is a group of texts, of which the value is the key. A key without a text gives `fallback`.
 *
 * @param {string} key
 * @param {Record<string, any>} [params]
 * @param {string} [fallback]
 * @returns {string}
 */
export function t(key, params = {}, fallback = key) {
  const text = catalogues.get(current)?.[key] ?? catalogues.get("en")?.[key];
  if (text === undefined) return fallback;
  return text.replace(/\{(\w+)(?::(\w+))?\}/g, (_, name, how) => {
    const value = params[name];
    if (value === undefined || value === null) return "–";
    /** @type {((value: any) => string) | undefined} */
    const write = /** @type {any} */ (format)[how];
    if (write) return write(value);
    if (how) return t(`${how}.${value}`, {}, String(value));
    return typeof value === "number" ? format.number(value) : String(value);
  });
}

/**
 * The text for a code that a program sent: its translation under the first of `groups` that has one, else the program's own
 * English text.
 *
 * @param {string} groups   One or more, with spaces between.
 * @param {{code: string, params?: Record<string, any>, text?: string} | null | undefined} said
 */
export function tCode(groups, said) {
  if (!said?.code) return said?.text ?? "";
  const keys = groups.split(" ").map((group) => `${group}.${said.code.replaceAll("-", "_")}`);
  const key = keys.find((candidate) => catalogues.get("en")?.[candidate] !== undefined) ?? keys[0];
  return t(key, said.params ?? {}, said.text || said.code);
}

/**
 * Fill in every element below `root` that names its text: `data-t` for the content, `data-t-label` for what a screen reader says
 * and a pointer shows, `data-t-placeholder`.
 *
 * @param {ParentNode} root
 */
export function translate(root) {
  for (const element of root.querySelectorAll("[data-t]")) say(element, t(element.getAttribute("data-t") ?? ""));
  for (const element of root.querySelectorAll("[data-t-label]")) {
    const text = t(element.getAttribute("data-t-label") ?? "");
    mark(element, "aria-label", text);
    mark(element, "title", text);
  }
  for (const element of root.querySelectorAll("[data-t-placeholder]")) {
    mark(element, "placeholder", t(element.getAttribute("data-t-placeholder") ?? ""));
  }
}

/** @param {Intl.DateTimeFormatOptions} options */
function dates(options) {
  return new Intl.DateTimeFormat(LOCALES[current], { hourCycle: "h23", timeZone: zone(), ...options });
}

/**
 * @param {number} value
 * @param {number} least
 * @param {number} most
 */
function decimals(value, least, most) {
  return new Intl.NumberFormat(LOCALES[current], { minimumFractionDigits: least, maximumFractionDigits: most }).format(value);
}

/**
 * Values as the language writes them; times are Date, ISO 8601 or epoch seconds, in the zone of `zone.js`.
 */
export const format = {
  /** @param {number} value */
  number: (value) => decimals(value, 0, 2),
  /**
   * As it is typed: no thousands separator, every decimal.
   *
   * @param {number} value
   */
  plain: (value) =>
    new Intl.NumberFormat(LOCALES[current], { useGrouping: false, maximumFractionDigits: 6 }).format(value),
  /** @param {number} watts */
  kw: (watts) => `${decimals(watts / 1000, 1, Math.abs(watts) < 95 && watts !== 0 ? 2 : 1)}\u00a0kW`,
  /** @param {number} wattHours */
  kwh: (wattHours) => `${decimals(wattHours / 1000, 1, 1)}\u00a0kWh`,
  /** @param {number} amps */
  a: (amps) => `${decimals(amps, 0, 1)}\u00a0A`,
  /** @param {any} at */
  time: (at) => dates({ hour: "2-digit", minute: "2-digit" }).format(date(at)),
  /** @param {any} at */
  clock: (at) => dates({ hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(date(at)),
  /**
   * Short name of the zone.
   *
   * @param {any} at
   */
  zone: (at) => dates({ timeZoneName: "short" }).formatToParts(date(at)).find(({ type }) => type === "timeZoneName")?.value ?? "",
  /** @param {any} at */
  day: (at) => dates({ weekday: "short", day: "numeric", month: "short" }).format(date(at)),
  /** @param {any} at */
  when: (at) => dates({ weekday: "short", hour: "2-digit", minute: "2-digit" }).format(date(at)),
  /** @param {any} at */
  moment: (at) => dates({ day: "2-digit", month: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(date(at)),
  /** @param {number} seconds */
  duration: (seconds) => duration(seconds),
  /** @param {string} currency */
  symbol: (currency) => {
    const parts = new Intl.NumberFormat(LOCALES[current], { style: "currency", currency, currencyDisplay: "narrowSymbol" }).formatToParts(0);
    return parts.find((part) => part.type === "currency")?.value ?? currency;
  },
  /**
   * @param {number} value
   * @param {string} currency
   */
  money: (value, currency) =>
    new Intl.NumberFormat(LOCALES[current], { style: "currency", currency, currencyDisplay: "narrowSymbol" }).format(value),
};

/**
 * @param {Date | string | number} at
 * @returns {Date}
 */
export function date(at) {
  if (at instanceof Date) return at;
  return new Date(typeof at === "number" ? at * 1000 : at);
}

/** @param {number} seconds */
function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return t("kit.seconds", { s: whole });
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return t("kit.minutes", { min: minutes });
  return t("kit.hours", { h: Math.floor(minutes / 60), min: String(minutes % 60).padStart(2, "0") });
}

/** @param {Language} wanted */
async function readCatalogue(wanted) {
  if (catalogues.has(wanted)) return;
  const parts = await Promise.all(folders.map(async (folder) => (await fetch(`${folder}${wanted}.json`)).json()));
  catalogues.set(wanted, Object.assign({}, ...parts));
}

/** @returns {Language | null} */
function rememberedLanguage() {
  const known = localStorage.getItem(REMEMBERED_AS) ?? "";
  return known in LANGUAGES ? /** @type {Language} */ (known) : null;
}

/** @returns {Language} */
function browserLanguage() {
  for (const wanted of navigator.languages) {
    const short = wanted.slice(0, 2);
    if (short in LANGUAGES) return /** @type {Language} */ (short);
  }
  return "en";
}
