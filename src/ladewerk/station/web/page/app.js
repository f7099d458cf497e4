// The page of a charging station: follows the live state; home shows one unit at a time, the other views have their own address.

import "../kit/header.js";
import { admitted } from "../kit/access.js";
import { ask } from "../kit/api.js";
import { el, keep, mark, say } from "../kit/dom.js";
import { loadTexts, onLanguage, t, translate } from "../kit/i18n.js";
import { Link, ServerTime } from "../kit/link.js";
import { setZone } from "../kit/zone.js";
import { HistoryView } from "./history-view.js";
import { Messages } from "./messages.js";
import { MessagesView } from "./messages-view.js";
import { SettingsView } from "./settings-view.js";
import { UnitView } from "./unit.js";

/** @typedef {import("./types.js").StationState} StationState */

await loadTexts(new URL("../kit/i18n/", import.meta.url), new URL("./i18n/", import.meta.url));

translate(document);
const main = /** @type {HTMLElement} */ (document.querySelector("main"));
const door = await admitted(main);
const link = new Link("/api/events");
const time = new ServerTime();
const header = /** @type {any} */ (document.querySelector("lw-header"));
const tabs = /** @type {HTMLElement} */ (document.querySelector("#units"));
const nav = /** @type {HTMLElement} */ (document.querySelector("#views"));

/** @type {Map<string, UnitView>} */
const units = new Map();
const messages = new Messages();
/** @type {Record<string, {element: HTMLElement, show: (state: StationState) => void, entered?: () => void}>} */
const views = { messages: new MessagesView(), history: new HistoryView(time), settings: new SettingsView(door) };
let view = "home";
let chosen = "";
/** @type {StationState | null} */
let latest = null;

const waiting = el(
  "section",
  { class: "card empty waiting-card" },
  el("strong", { "data-t": "station.waiting" }),
  el("span", { "data-t": "station.waiting_hint" }),
);
main.append(waiting, messages.element, ...Object.values(views).map(({ element }) => element));
messages.element.hidden = true;
for (const { element } of Object.values(views)) element.hidden = true;
translate(document);
header.follow(link, time);
follow();
addEventListener("hashchange", follow);

link.addEventListener("message", (event) => {
  const { type, state } = /** @type {CustomEvent} */ (event).detail;
  if (type !== "state") return;
  header.timeIsKnown = state.time_from !== "none";
  time.sync(state.now);
  setZone(state.station.time_zone);
  latest = state;
  show(state);
});
link.addEventListener("change", () => link.up || lookAtTheDoor());
onLanguage(() => latest && show(latest));

/** A link that went may be a session that ended: then the page begins with the login again. */
async function lookAtTheDoor() {
  const { door: now } = await ask("GET", "/api/session").catch(() => ({ door }));
  if (now !== door) location.reload();
}

/** Show what the address says: `#/messages` and its like, or `#garage` for a unit. */
function follow() {
  const said = location.hash.slice(1);
  view = said.startsWith("/") && said.slice(1) in views ? said.slice(1) : "home";
  if (view === "home" && said && !said.startsWith("/")) chosen = decodeURIComponent(said);
  for (const place of nav.querySelectorAll("a")) mark(place, "aria-current", place.dataset.view === view ? "page" : null);
  mark(document.body, "data-view", view);
  scrollTo(0, 0);
  if (latest) show(latest);
  views[view]?.entered?.();
}

/** @param {StationState} state */
function show(state) {
  header.name = state.station.identity;
  document.title = `${state.station.identity} · Ladewerk`;
  const home = view === "home";
  nav.hidden = false;
  waiting.hidden = !home || state.units.length > 0;
  messages.element.hidden = !home;
  if (state.units.length === 0) {
    say(waiting.firstElementChild ?? waiting, t("station.no_units"));
    say(waiting.lastElementChild ?? waiting, t("station.no_units_hint"));
  }
  if (!state.units.some((unit) => unit.id === chosen)) chosen = state.units[0]?.id ?? "";
  showTabs(state);
  for (const unit of state.units) {
    let shown = units.get(unit.id);
    if (!shown) {
      shown = new UnitView(unit, time);
      units.set(unit.id, shown);
      main.insertBefore(shown.element, messages.element);
    }
    mark(shown.element, "hidden", !home || unit.id !== chosen);
    shown.show(unit, state);
  }
  for (const [id, gone] of units) {
    if (state.units.some((unit) => unit.id === id)) continue;
    gone.element.remove();
    units.delete(id);
  }
  messages.show(state);
  for (const [name, { element, show: draw }] of Object.entries(views)) {
    element.hidden = name !== view;
    draw.call(views[name], state);
  }
}

/** @param {StationState} state */
function showTabs(state) {
  tabs.hidden = view !== "home" || state.units.length < 2;
  keep(
    tabs,
    state.units,
    (unit) => unit.id,
    (unit) =>
      el(
        "button",
        { type: "button", role: "tab", class: "unit-tab", id: `tab-${unit.id}`, "aria-controls": `unit-${unit.id}`, on: { click: () => choose(unit.id), keydown: walk } },
        el("span", { class: "unit-tab-name" }, unit.id),
        el("span", { class: "unit-tab-state" }),
      ),
    (tab, unit) => {
      mark(tab, "aria-selected", unit.id === chosen ? "true" : "false");
      mark(tab, "tabindex", unit.id === chosen ? "0" : "-1");
      mark(tab, "data-state", unit.state);
      say(tab.lastElementChild, t(`state.${unit.state}`));
    },
  );
}

/** @param {string} id */
function choose(id) {
  chosen = id;
  history.replaceState(null, "", `#${id}`);
  if (latest) show(latest);
}

/** @param {KeyboardEvent} event */
function walk(event) {
  const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
  if (!step || !latest) return;
  const ids = latest.units.map((unit) => unit.id);
  choose(ids[(ids.indexOf(chosen) + step + ids.length) % ids.length]);
  document.getElementById(`tab-${chosen}`)?.focus();
}
