// The dashboard of the CSMS: four quarters that follow one overview, and the frames as they pass.

import "../kit/header.js";
import { admitted } from "../kit/access.js";
import { ask } from "../kit/api.js";
import { el, mark, svg } from "../kit/dom.js";
import { loadTexts, onLanguage, t, translate } from "../kit/i18n.js";
import { Link, ServerTime } from "../kit/link.js";
import { onZone, setZone } from "../kit/zone.js";
import { Console } from "./console.js";
import { Plans } from "./plans.js";
import { SiteForm } from "./site-form.js";
import { Stations } from "./stations.js";

await loadTexts(new URL("../kit/i18n/", import.meta.url), new URL("./i18n/", import.meta.url));

const TABS = {
  site: "M4 20V9l8-5 8 5v11M9 20v-6h6v6",
  stations: "M6 21V5a2 2 0 0 1 2-2h5a2 2 0 0 1 2 2v16M4 21h13M15 11h2a2 2 0 0 1 2 2v3a1.5 1.5 0 0 0 3 0V9l-3-3M10.5 7 9 11h3l-1.5 4",
  console: "M4 5h16v14H4zM7 10l3 2.5L7 15M12.5 15H17",
  plans: "M4 4v16h16M8 16v-4M12 16V8M16 16v-6",
};

translate(document);
const main = /** @type {HTMLElement} */ (document.querySelector("main"));
const door = await admitted(main, { named: true });
const link = new Link("/api/events");
const time = new ServerTime();
const header = /** @type {any} */ (document.querySelector("lw-header"));
const tabs = /** @type {HTMLElement} */ (document.querySelector(".tabs"));

const site = new SiteForm(time);
const plans = new Plans();
const stations = new Stations((key) => {
  plans.choose(key);
  choose("plans");
}, time);
const frames = new Console();
const parts = { site, stations, console: frames, plans };
/** @type {import("./types.js").Overview | null} */
let latest = null;

for (const [name, part] of Object.entries(parts)) {
  part.element.id = name;
  main.append(part.element);
  tabs.append(tab(name));
}
choose(location.hash.slice(1) in parts ? location.hash.slice(1) : "stations");
header.name = t("app.name");
document.title = `CSMS · Ladewerk`;
translate(document);
header.follow(link, time);

link.addEventListener("message", (event) => {
  const said = /** @type {CustomEvent} */ (event).detail;
  if (said.type === "frame") frames.add(said.frame);
  if (said.type !== "overview") return;
  time.sync(said.overview.now);
  latest = said.overview;
  setZone(said.overview.site.time_zone);
  show();
});
// Frames that passed while there was no link are asked for.
link.addEventListener("change", () => (link.up ? frames.load() : lookAtTheDoor()));
onZone(() => frames.redraw());
onLanguage(() => {
  header.name = t("app.name");
  show();
  frames.redraw();
});

/** A link that went may be a session that ended: then the page begins with the login again. */
async function lookAtTheDoor() {
  const { door: now } = await ask("GET", "/api/session").catch(() => ({ door }));
  if (now !== door) location.reload();
}

function show() {
  if (!latest) return;
  site.show(latest.site);
  stations.show(latest);
  plans.show(latest);
  frames.showStations(latest.stations.map((station) => station.id));
}

/** @param {string} name */
function choose(name) {
  mark(main, "data-tab", name);
  for (const button of tabs.children) mark(button, "aria-current", button.getAttribute("data-tab") === name ? "page" : null);
}

/** @param {string} name */
function tab(name) {
  const path = svg("path", { d: TABS[/** @type {keyof typeof TABS} */ (name)] });
  const picture = svg("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" }, path);
  return el("button", { type: "button", class: "tab", "data-tab": name, on: { click: () => choose(name) } }, picture, el("span", { "data-t": `tab.${name}` }));
}
