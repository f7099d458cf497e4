// The simulator's panel: what there is to see, what people do, what is broken.

import "../kit/header.js";
import { el } from "../kit/dom.js";
import { loadTexts, onLanguage, t, translate } from "../kit/i18n.js";
import { ServerTime } from "../kit/link.js";
import { setZone } from "../kit/zone.js";
import { Acts } from "./acts.js";
import { FaultsCard } from "./faults.js";
import { HardwareCard, RegistersCard } from "./hardware.js";
import { HouseCard } from "./house.js";
import { Place } from "./place.js";
import { Poll } from "./poll.js";
import { ScenarioCard } from "./scenario.js";
import { UnitChoice } from "./units.js";
import { VehicleCard } from "./vehicle.js";

/** @typedef {import("./types.js").PanelState} PanelState */

await loadTexts(new URL("../kit/i18n/", import.meta.url), new URL("./i18n/", import.meta.url));

const link = new Poll("/api/state");
const time = new ServerTime();
const header = /** @type {any} */ (document.querySelector("lw-header"));
const main = /** @type {HTMLElement} */ (document.querySelector("main"));
const acts = new Acts(() => link.refresh());
const units = new UnitChoice(show);
const place = new Place(acts);
const house = new HouseCard(acts);
const vehicle = new VehicleCard(acts);
const scenario = new ScenarioCard();
const faults = new FaultsCard(acts);
const hardware = new HardwareCard(acts);
const registers = new RegistersCard();
/** @type {PanelState | null} */
let latest = null;

main.append(
  units.element,
  el("div", { class: "column" }, place.element, scenario.element, house.element, hardware.element, registers.element),
  el("div", { class: "column" }, faults.element, vehicle.element),
);
translate(document);
header.follow(link, time);
link.addEventListener("message", (event) => {
  latest = /** @type {PanelState} */ (/** @type {CustomEvent} */ (event).detail);
  setZone(latest.time_zone);
  time.sync(latest.at);
  show();
});
onLanguage(show);
show();
link.refresh();

function show() {
  header.name = t("panel.title");
  document.title = `${t("panel.title")} · Ladewerk`;
  if (latest === null) return;
  units.show(Object.keys(latest.units));
  acts.unit = units.chosen;
  const unit = latest.units[units.chosen];
  place.show(unit);
  house.show(latest.site);
  vehicle.show(unit.vehicle);
  scenario.show(latest.scenario);
  faults.show(unit.faults);
  hardware.show(unit);
  registers.show(unit.registers);
}
