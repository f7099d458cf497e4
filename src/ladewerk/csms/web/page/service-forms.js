// Forms that ask a station for something longer: to install firmware, to upload a log, to keep a charging point for somebody.

import { ApiError, ask } from "../kit/api.js";
import { el, mark } from "../kit/dom.js";
import { Field, FieldProblem, Fields, numberReader, readTimeOfDay } from "../kit/form.js";
import { format, t } from "../kit/i18n.js";
import { Outcome, refusalText } from "../kit/outcome.js";
import { nextTimeOfDay } from "../kit/zone.js";

const ANSWER_MS = 90000;
/** What the CSMS checks in the message that it makes of a form, by the field of the form. */
const OF_MESSAGE = /** @type {Record<string, string>} */ ({ "log.remoteLocation": "location", "firmware.location": "location" });

/**
 * @param {string} path      Of the station in the API.
 * @param {() => void} done
 */
export function firmwareForm(path, done) {
  const fields = [text("location", "service.location", "https://example.com/firmware.bin"), optional("signature", "service.signature", "service.signature_hint"), optional("signing_certificate", "service.signing_certificate")];
  return form("service.new_firmware", fields, [], (values) => ask("POST", `${path}/firmware`, values, ANSWER_MS), done);
}

/**
 * @param {string} path
 * @param {() => void} done
 */
export function logForm(path, done) {
  const kind = el("select", { id: "log-type", class: "select" }, ["DiagnosticsLog", "SecurityLog", "DataCollectorLog"].map((type) => el("option", { value: type, "data-t": `log_type.${type}` })));
  const choice = el("div", { class: "field" }, el("label", { for: "log-type", "data-t": "service.log_type" }), kind, el("p", { class: "field-hint" }));
  return form("service.new_log", [text("location", "service.upload_to", "https://example.com/logs/")], [choice], (values) => ask("POST", `${path}/logs`, { ...values, log_type: kind.value }, ANSWER_MS), done);
}

/**
 * @param {string} station
 * @param {import("../kit/link.js").ServerTime} time
 * @param {() => void} done
 */
export function reservationForm(station, time, done) {
  const until = new Field({
    name: "expires_at",
    label: "service.until",
    placeholder: "18:30",
    inputmode: "text",
    read: (said) => {
      const [hours, minutes] = readTimeOfDay(said).split(":").map(Number);
      return nextTimeOfDay(hours, minutes, time.now() ?? new Date()).toISOString();
    },
    write: (at) => format.time(at),
  });
  const evse = new Field({ name: "evse_id", label: "profiles.evse", hint: "service.evse_hint", inputmode: "numeric", read: numberReader({ min: 1, max: () => 1000, optional: true }) });
  return form("service.new_reservation", [text("id_token", "tokens.id_token", "04A1B2C3"), until, evse], [], (values) => ask("POST", "/api/reservations", { ...values, station_id: station }, ANSWER_MS), done);
}

/**
 * @param {string} title
 * @param {Field[]} list
 * @param {HTMLElement[]} more                            Fields of their own.
 * @param {(values: Record<string, any>) => Promise<any>} send
 * @param {() => void} done
 */
function form(title, list, more, send, done) {
  const fields = new Fields(list);
  const outcome = new Outcome();
  const button = el("button", { type: "submit", class: "button main", "data-t": "service.ask" });
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const values = fields.values();
    if (values === null) return;
    mark(button, "aria-busy", "true");
    outcome.tell("");
    try {
      const kept = await send(values);
      outcome.tell(t("service.answered", { status: kept.status ?? t(`reservation.${kept.state}`, {}, kept.state) }));
      fields.settle();
      done();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const faults = error.body?.errors?.map((/** @type {any} */ fault) => ({ ...fault, field: OF_MESSAGE[fault.field] ?? fault.field }));
      const homeless = faults ? fields.complain(faults) : null;
      outcome.tell(homeless === null ? refusalText(error) : homeless.length > 0 ? refusalText(new ApiError(422, { errors: homeless })) : t("tokens.see_fields"), "bad");
      // What a station refused was asked for nevertheless.
      done();
    } finally {
      mark(button, "aria-busy", null);
    }
  };
  return el(
    "details",
    { class: "add-form" },
    el("summary", { "data-t": title }),
    el("form", { novalidate: true, on: { submit } }, el("div", { class: "form-fields" }, list.map((field) => field.element), more), el("div", { class: "form-end" }, button, outcome.element)),
  );
}

/**
 * @param {string} name
 * @param {string} label
 * @param {string} placeholder
 */
function text(name, label, placeholder) {
  return new Field({
    name,
    label,
    placeholder,
    inputmode: "text",
    read: (said) => {
      if (said === "") throw new FieldProblem("missing");
      return said;
    },
  });
}

/**
 * @param {string} name
 * @param {string} label
 * @param {string} [hint]
 */
function optional(name, label, hint) {
  return new Field({ name, label, hint, rows: 2, inputmode: "text", read: (said) => said || null });
}
