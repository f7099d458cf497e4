// The page of a charging station: follows the live state and shows one unit at a time.

import "../kit/header.js";
import { el, keep, mark, say } from "../kit/dom.js";
import { loadTexts, onLanguage, t, translate } from "../kit/i18n.js";
import { Link, ServerTime } from "../kit/link.js";
import { setZone } from "../kit/zone.js";
import { Messages } from "./messages.js";
import { UnitView } from "./unit.js";

/** @typedef {import("./types.js").StationState} StationState */

await loadTexts(new URL("../kit/i18n/", import.meta.url), new URL("./i18n/", import.meta.url));

const link = new Link("/api/events");
const time = new ServerTime();
const header = /** @type {any} */ (document.querySelector("lw-header"));
const main = /** @type {HTMLElement} */ (document.querySelector("main"));
const tabs = /** @type {HTMLElement} */ (document.querySelector("#units"));

/** @type {Map<string, UnitView>} */
const views = new Map();
const messages = new Messages();
let chosen = location.hash.slice(1);
/** @type {StationState | null} */
let latest = null;

const waiting = el(
  "section",
  { class: "card empty waiting-card" },
  el("strong", { "data-t": "station.waiting" }),
  el("span", { "data-t": "station.waiting_hint" }),
);
main.append(waiting, messages.element);
messages.element.hidden = true;
translate(document);
header.follow(link, time);

link.addEventListener("message", (event) => {
  const { type, state } = /** @type {CustomEvent} */ (event).detail;
  if (type !== "state") return;
  time.sync(state.now);
  setZone(state.station.time_zone);
  latest = state;
  show(state);
});
onLanguage(() => latest && show(latest));

/** @param {StationState} state */
function show(state) {
  header.name = state.station.identity;
  document.title = `${state.station.identity} · Ladewerk`;
  waiting.hidden = state.units.length > 0;
  messages.element.hidden = false;
  if (state.units.length === 0) say(waiting.firstElementChild ?? waiting, t("station.no_units"));
  if (!state.units.some((unit) => unit.id === chosen)) chosen = state.units[0]?.id ?? "";
  showTabs(state);
  for (const unit of state.units) {
    let view = views.get(unit.id);
    if (!view) {
      view = new UnitView(unit, time);
      views.set(unit.id, view);
      main.insertBefore(view.element, messages.element);
    }
    mark(view.element, "hidden", unit.id !== chosen);
    view.show(unit, state);
  }
  for (const [id, view] of views) {
    if (state.units.some((unit) => unit.id === id)) continue;
    view.element.remove();
    views.delete(id);
  }
  messages.show(state);
}

/** @param {StationState} state */
function showTabs(state) {
  tabs.hidden = state.units.length < 2;
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
