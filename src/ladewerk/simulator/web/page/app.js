// The simulator's panel: what there is to see, what people do, what is broken.

import "../kit/header.js";
import { loadTexts, onLanguage, t, translate } from "../kit/i18n.js";
import { ServerTime } from "../kit/link.js";
import { FaultsCard } from "./faults.js";
import { Place } from "./place.js";
import { Poll } from "./poll.js";

/** @typedef {import("./types.js").PanelState} PanelState */

await loadTexts(new URL("../kit/i18n/", import.meta.url), new URL("./i18n/", import.meta.url));

const link = new Poll("/api/state");
const time = new ServerTime();
const header = /** @type {any} */ (document.querySelector("lw-header"));
const main = /** @type {HTMLElement} */ (document.querySelector("main"));
const refresh = () => link.refresh();
const place = new Place(refresh);
const faults = new FaultsCard(refresh);
/** @type {PanelState | null} */
let latest = null;

main.append(place.element, faults.element);
translate(document);
header.follow(link, time);
link.addEventListener("message", (event) => {
  latest = /** @type {PanelState} */ (/** @type {CustomEvent} */ (event).detail);
  time.sync(latest.at);
  show();
});
onLanguage(show);
show();
refresh();

function show() {
  header.name = t("panel.title");
  document.title = `${t("panel.title")} · Ladewerk`;
  if (latest === null) return;
  place.show(latest);
  faults.show(latest.faults);
}
