// What OCPP frames say: taken apart, answered ones joined with their answers, each in one line.

import { format } from "../kit/i18n.js";

/**
 * @typedef {object} Read
 * @property {"call" | "result" | "error" | "send" | "odd"} kind
 * @property {string} id
 * @property {string} action     Empty but for a call.
 * @property {any} payload       Of an error: {code, description, details}.
 */

/**
 * One call with its answer, or a frame that stands alone.
 *
 * @typedef {object} Exchange
 * @property {string} key
 * @property {string} station
 * @property {boolean} sent      By the CSMS.
 * @property {string} at
 * @property {Read} asked
 * @property {Read | null} answered
 * @property {string | null} answeredAt
 * @property {string[]} texts    The frames as they went over the wire.
 */

/**
 * @param {string} text
 * @returns {Read}
 */
export function readFrame(text) {
  let frame;
  try {
    frame = JSON.parse(text);
  } catch {
    return { kind: "odd", id: "", action: "", payload: text };
  }
  if (!Array.isArray(frame) || typeof frame[1] !== "string") return { kind: "odd", id: "", action: "", payload: frame };
  const [type, id] = frame;
  if (type === 2) return { kind: "call", id, action: String(frame[2]), payload: frame[3] };
  if (type === 6) return { kind: "send", id, action: String(frame[2]), payload: frame[3] };
  if (type === 3) return { kind: "result", id, action: "", payload: frame[2] };
  if (type === 4 || type === 5) return { kind: "error", id, action: "", payload: { code: frame[2], description: frame[3], details: frame[4] } };
  return { kind: "odd", id, action: "", payload: frame };
}

/** Frames in, exchanges out; bounded, oldest first. */
export class Exchanges {
  /** @param {number} most */
  constructor(most) {
    this._most = most;
    this._count = 0;
    /** @type {Exchange[]} */
    this.list = [];
    /** @type {Map<string, Exchange>} */
    this._open = new Map();
  }

  /**
   * Take in a frame; gives the exchange it opened or completed.
   *
   * @param {import("./types.js").Frame} frame
   * @returns {Exchange}
   */
  add(frame) {
    const read = readFrame(frame.text);
    if (read.kind === "result" || read.kind === "error") {
      // An answer goes the other way than its call.
      const key = `${frame.station_id}\n${!frame.sent}\n${read.id}`;
      const open = this._open.get(key);
      if (open) {
        this._open.delete(key);
        Object.assign(open, { answered: read, answeredAt: frame.at, texts: [...open.texts, frame.text] });
        return open;
      }
    }
    return this._start(frame, read);
  }

  /**
   * @param {import("./types.js").Frame} frame
   * @param {Read} read
   */
  _start(frame, read) {
    this._count += 1;
    /** @type {Exchange} */
    const exchange = { key: String(this._count), station: frame.station_id, sent: frame.sent, at: frame.at, asked: read, answered: null, answeredAt: null, texts: [frame.text] };
    this.list.push(exchange);
    if (read.kind === "call") this._open.set(`${frame.station_id}\n${frame.sent}\n${read.id}`, exchange);
    if (this.list.length > this._most) {
      const gone = /** @type {Exchange} */ (this.list.shift());
      const key = `${gone.station}\n${gone.sent}\n${gone.asked.id}`;
      if (this._open.get(key) === gone) this._open.delete(key);
    }
    return exchange;
  }
}

/**
 * Whether an exchange ended as nobody wants it: no OCPP, an error, or a status that says no.
 *
 * @param {{asked: Read, answered: Read | null}} exchange
 */
export function failed({ asked, answered }) {
  if (asked.kind === "odd" || asked.kind === "error" || answered?.kind === "error") return true;
  return NO.has(answered?.payload?.status);
}

const NO = new Set(["Rejected", "NotSupported", "NotImplemented", "Failed", "Faulted", "UnknownVendorId", "InvalidCertificate"]);

/**
 * What the answer says, in a line; empty where it only says that it came.
 *
 * @param {Read | null} read
 */
export function reply(read) {
  return read ? summarise(read) : "";
}

/**
 * What a frame is about, in a line.
 *
 * @param {Read} read
 */
export function summarise({ kind, action, payload }) {
  if (kind === "odd") return short(payload);
  if (kind === "error") return [payload.code, payload.description].filter(Boolean).join(": ");
  if (kind === "result") return answerText(payload);
  const write = /** @type {Record<string, (payload: any) => (string | undefined | false)[]>} */ (LINES)[action];
  if (!write || typeof payload !== "object" || payload === null) return short(payload);
  return write(payload).filter(Boolean).join(" · ");
}

/** What matters of each action; all others are shown as their JSON. */
const LINES = {
  BootNotification: (/** @type {any} */ p) => [p.chargingStation?.vendorName, p.chargingStation?.model, p.reason],
  Heartbeat: () => [],
  StatusNotification: (/** @type {any} */ p) => [place(p.evseId, p.connectorId), p.connectorStatus],
  Authorize: (/** @type {any} */ p) => [p.idToken?.type, p.idToken?.idToken],
  TransactionEvent: (/** @type {any} */ p) => [p.eventType, ...measured(p.meterValue), p.transactionInfo?.stoppedReason, p.triggerReason, p.transactionInfo?.chargingState, p.offline && "offline", `#${p.seqNo}`],
  MeterValues: (/** @type {any} */ p) => [place(p.evseId), ...measured(p.meterValue)],
  NotifyEVChargingNeeds: (/** @type {any} */ p) => {
    const needs = p.chargingNeeds ?? {};
    const energy = needs.acChargingParameters?.energyAmount;
    return [place(p.evseId), typeof energy === "number" && format.kwh(energy), needs.departureTime && `${format.when(needs.departureTime)}`, `${needs.acChargingParameters?.evMinCurrent ?? "?"}–${needs.acChargingParameters?.evMaxCurrent ?? "?"} A`];
  },
  SetChargingProfile: (/** @type {any} */ p) => {
    const profile = p.chargingProfile ?? {};
    const periods = profile.chargingSchedule?.[0]?.chargingSchedulePeriod ?? [];
    const unit = profile.chargingSchedule?.[0]?.chargingRateUnit ?? "";
    const limits = periods.slice(0, 6).map((/** @type {any} */ period) => format.number(period.limit ?? 0)).join(", ");
    return [place(p.evseId), profile.chargingProfilePurpose, `${limits}${periods.length > 6 ? ", …" : ""} ${unit}`];
  },
  NotifyReport: (/** @type {any} */ p) => [`#${p.seqNo}`, `${p.reportData?.length ?? 0} variables`, p.tbc && "more follows"],
};

/**
 * @param {number | undefined} evse
 * @param {number} [connector]
 */
function place(evse, connector) {
  if (evse === undefined) return "";
  return connector === undefined ? `EVSE ${evse}` : `EVSE ${evse}/${connector}`;
}

/**
 * Power and energy of the newest meter value.
 *
 * @param {any} meterValue
 */
function measured(meterValue) {
  const sampled = Array.isArray(meterValue) ? (meterValue.at(-1)?.sampledValue ?? []) : [];
  const found = [];
  for (const { measurand, phase, value, unitOfMeasure } of sampled) {
    if (phase || typeof value !== "number") continue;
    const scaled = value * 10 ** (unitOfMeasure?.multiplier ?? 0) * (String(unitOfMeasure?.unit ?? "").startsWith("k") ? 1000 : 1);
    if (measurand === "Power.Active.Import") found.push(format.kw(scaled));
    if (measurand === undefined || measurand === "Energy.Active.Import.Register") found.push(format.kwh(scaled));
  }
  return found;
}

/** @param {any} payload */
function answerText(payload) {
  if (typeof payload !== "object" || payload === null) return short(payload);
  const status = payload.status ?? payload.idTokenInfo?.status;
  const reason = payload.statusInfo ? [payload.statusInfo.reasonCode, payload.statusInfo.additionalInfo].filter(Boolean).join(": ") : "";
  if (status) return [status, reason].filter(Boolean).join(" · ");
  return Object.keys(payload).length === 0 || payload.currentTime ? "" : short(payload);
}

/** @param {any} value */
function short(value) {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}
