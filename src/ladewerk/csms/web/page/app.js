// The page of the CSMS: one shell around its views. What the visitor may not do is not offered; the CSMS refuses it anyway.

import "../kit/header.js";
import { admitted, session } from "../kit/access.js";
import { ask } from "../kit/api.js";
import { loadTexts, onLanguage, t, translate } from "../kit/i18n.js";
import { ServerTime } from "../kit/link.js";
import { onZone, setZone } from "../kit/zone.js";
import { AccountView } from "./account-view.js";
import { ChangesView } from "./changes-view.js";
import { Dashboard } from "./dashboard.js";
import { LiveLink } from "./live-link.js";
import { OwnView } from "./own-view.js";
import { PlansView } from "./plans-view.js";
import { PolledLink } from "./polled-link.js";
import { RefusalsView } from "./refusals-view.js";
import { SettingsView } from "./settings-view.js";
import { Shell } from "./shell.js";
import { StationsView } from "./stations-view.js";
import { TokensView } from "./tokens-view.js";
import { TransactionsView } from "./transactions-view.js";
import { UsersView } from "./users-view.js";
import { Visitor } from "./visitor.js";

/** @typedef {import("./shell.js").View} View */

await loadTexts(new URL("../kit/i18n/", import.meta.url), new URL("./i18n/", import.meta.url));

translate(document);
const main = /** @type {HTMLElement} */ (document.querySelector("main"));
await admitted(main, { named: true });
const visitor = new Visitor(await session(main));
const link = visitor.may("read") ? new LiveLink() : new PolledLink();
const time = new ServerTime();
const header = /** @type {any} */ (document.querySelector("lw-header"));
const shell = new Shell(/** @type {HTMLElement} */ (document.querySelector("#views")), main, viewsFor(visitor));
/** @type {import("./types.js").Overview | import("./types.js").Own | null} */
let latest = null;

header.name = t("app.name");
document.title = "CSMS · Ladewerk";
translate(document);
header.follow(link, time);
shell.follow();
addEventListener("hashchange", show);

link.addEventListener("message", (event) => {
  const said = /** @type {CustomEvent} */ (event).detail;
  if (said.type === "frame") for (const view of Object.values(shell.views)) view.frame?.(said.frame);
  const known = said.overview ?? said.own;
  if (!known) return;
  time.sync(known.now);
  latest = known;
  setZone(known.time_zone);
  show();
});
link.addEventListener("change", () => {
  if (!link.up) lookAtTheDoor();
  else for (const view of Object.values(shell.views)) {
    view.linked?.(link.resumed);
    if (link.missed) view.missed?.(link.anew);
  }
});
onZone(redraw);
onLanguage(() => {
  header.name = t("app.name");
  show();
  redraw();
});

/**
 * The views of a visitor, in the order of the menu.
 *
 * @param {Visitor} who
 * @returns {Record<string, View>}
 */
function viewsFor(who) {
  /** @type {Record<string, View | false>} */
  const views = {
    home: who.may("read") && new Dashboard(who, time),
    own: !who.may("read") && who.may("own") && new OwnView(time, () => /** @type {PolledLink} */ (link).ask()),
    stations: who.may("read") && new StationsView(who, time),
    transactions: who.may("own") && new TransactionsView(who, time),
    plans: who.may("read") && new PlansView(time),
    tokens: who.may("read") && new TokensView(who, time),
    refusals: who.may("read") && new RefusalsView(time),
    users: who.hasName && who.may("administer") && new UsersView(who, time),
    changes: who.hasName && who.may("administer") && new ChangesView(time),
    settings: who.may("read") && new SettingsView(who, time),
    account: who.hasName && new AccountView(who),
  };
  return /** @type {Record<string, View>} */ (Object.fromEntries(Object.entries(views).filter(([, view]) => view)));
}

/** A link that went may be a session that ended, or one with other rights now: then the page begins anew. */
async function lookAtTheDoor() {
  const { door, role } = await ask("GET", "/api/session").catch(() => visitor);
  if (door !== visitor.door || (role ?? "") !== visitor.role) location.reload();
}

/** Only what can be seen is drawn: a large site says something every second. */
function show() {
  if (latest) shell.views[shell.current].show?.(latest);
}

function redraw() {
  for (const view of Object.values(shell.views)) view.redraw?.();
}
