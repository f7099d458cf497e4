// Why an order would be refused now, in a sentence that says what to do.

import { t, tCode } from "../kit/i18n.js";

/**
 * @param {"start" | "stop" | "reset" | "submit" | "direct"} action
 * @param {import("./types.js").Unit} unit
 * @returns {string}
 */
export function whyNot(action, unit) {
  const begins = action !== "stop" && action !== "reset";
  if (begins && unit.error && unit.state !== "fault") return t("why.not_ready", { error: tCode("error", unit.error) });
  return t(`hint.${action}.${unit.state}`, {}, t(`hint.${action}`));
}
