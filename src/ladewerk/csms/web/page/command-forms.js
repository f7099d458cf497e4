// What is usual in a command: where it stands in the list, the fields that people set beside those that must be, with what they
// start with. Fields and their kinds are those of the API's description; a command that is not here has its required fields alone.

/** @typedef {import("./command-schema.js").SchemaField} SchemaField */
/** @typedef {{evse: number, transaction: string, number: number, now: Date}} Context   What the usual values are made of. */

const TOKEN_TYPES = ["ISO14443", "ISO15693", "Central", "KeyCode", "Local", "eMAID", "MacAddress", "NoAuthorization"];

/** @param {number} hours @returns {(context: Context) => string} */
const inHours = (hours) => ({ now }) => new Date(Math.floor(now.getTime() / 1000) * 1000 + hours * 3600000).toISOString();
/** @param {Context} context */
const evse = (context) => context.evse;
/** @param {Context} context */
const transaction = (context) => context.transaction;
/** @param {Context} context */
const number = (context) => context.number;

/** Groups in the order of the list; the last takes every other command. */
const GROUPS = /** @type {Record<string, Record<string, Record<string, any>>>} */ ({
  remote: {
    RequestStartTransaction: { evseId: evse, remoteStartId: number, "idToken.type": "ISO14443" },
    RequestStopTransaction: { transactionId: transaction },
    UnlockConnector: { evseId: evse, connectorId: 1 },
    TriggerMessage: { requestedMessage: "StatusNotification", "evse.id": undefined },
    ReserveNow: { id: number, expiryDateTime: inHours(1), "idToken.type": "ISO14443", evseId: evse },
    CancelReservation: {},
    GetTransactionStatus: { transactionId: transaction },
  },
  operation: {
    Reset: { type: "OnIdle", evseId: undefined },
    ChangeAvailability: { operationalStatus: "Inoperative", "evse.id": undefined },
    ClearCache: {},
    GetLocalListVersion: {},
    SendLocalList: { versionNumber: 1, updateType: "Full" },
    DataTransfer: { messageId: undefined, data: undefined },
  },
  smart: {
    SetChargingProfile: {
      evseId: evse,
      "chargingProfile.id": number,
      "chargingProfile.stackLevel": 1,
      "chargingProfile.chargingProfilePurpose": "TxDefaultProfile",
      "chargingProfile.chargingProfileKind": "Absolute",
      "chargingProfile.transactionId": undefined,
      "chargingProfile.chargingSchedule[0].id": 1,
      "chargingProfile.chargingSchedule[0].startSchedule": inHours(0),
      "chargingProfile.chargingSchedule[0].chargingRateUnit": "A",
      "chargingProfile.chargingSchedule[0].chargingSchedulePeriod[0].startPeriod": 0,
      "chargingProfile.chargingSchedule[0].chargingSchedulePeriod[0].limit": 10,
    },
    ClearChargingProfile: { chargingProfileId: undefined, "chargingProfileCriteria.evseId": undefined, "chargingProfileCriteria.chargingProfilePurpose": undefined },
    GetChargingProfiles: { requestId: number, evseId: undefined, "chargingProfile.chargingProfilePurpose": "TxProfile" },
    GetCompositeSchedule: { evseId: evse, duration: 86400, chargingRateUnit: undefined },
    UpdateDynamicSchedule: { "scheduleUpdate.limit": 10 },
    UsePriorityCharging: { transactionId: transaction, activate: true },
    NotifyAllowedEnergyTransfer: { transactionId: transaction },
  },
  variables: {
    GetVariables: { "getVariableData[0].component.name": "OCPPCommCtrlr", "getVariableData[0].variable.name": "HeartbeatInterval" },
    SetVariables: { "setVariableData[0].component.name": "OCPPCommCtrlr", "setVariableData[0].variable.name": "HeartbeatInterval" },
    GetBaseReport: { requestId: number, reportBase: "ConfigurationInventory" },
    GetReport: { requestId: number, "componentVariable[0].component.name": undefined },
    SetNetworkProfile: { configurationSlot: 1, "connectionData.messageTimeout": 30, "connectionData.securityProfile": 1 },
  },
  watching: {
    GetLog: { requestId: number, logType: "DiagnosticsLog" },
    GetMonitoringReport: { requestId: number },
    SetMonitoringBase: { monitoringBase: "All" },
    SetMonitoringLevel: { severity: 5 },
    SetVariableMonitoring: { "setMonitoringData[0].component.name": "ChargingStation", "setMonitoringData[0].variable.name": "Power", "setMonitoringData[0].severity": 5, "setMonitoringData[0].type": "UpperThreshold" },
    ClearVariableMonitoring: {},
    CustomerInformation: { requestId: number, report: true, clear: false, customerIdentifier: undefined },
  },
  firmware: {
    UpdateFirmware: { requestId: number, "firmware.retrieveDateTime": inHours(0) },
    PublishFirmware: { requestId: number },
    UnpublishFirmware: {},
  },
  certificates: {
    GetInstalledCertificateIds: { "certificateType[0]": undefined },
    InstallCertificate: { certificateType: "CSMSRootCertificate" },
    DeleteCertificate: { "certificateHashData.hashAlgorithm": "SHA256" },
    CertificateSigned: { certificateType: "ChargingStationCertificate" },
  },
  display: {
    SetDisplayMessage: { "message.id": 1, "message.priority": "NormalCycle", "message.message.format": "UTF8" },
    GetDisplayMessages: { requestId: number },
    ClearDisplayMessage: { id: 1 },
    CostUpdated: { transactionId: transaction },
  },
  other: {},
});

/**
 * The commands by group, those without a group in the last.
 *
 * @param {string[]} actions   All there are.
 * @returns {[string, string[]][]}
 */
export function grouped(actions) {
  const known = new Set(Object.values(GROUPS).flatMap(Object.keys));
  return Object.entries(GROUPS).map(([group, forms]) => [group, group === "other" ? actions.filter((action) => !known.has(action)) : Object.keys(forms).filter((action) => actions.includes(action))]);
}

/**
 * The fields to show at once and those to ask for, and the body to start with.
 *
 * @param {string} action
 * @param {SchemaField[]} fields
 * @param {Context} context
 */
export function usualForm(action, fields, context) {
  const usual = Object.values(GROUPS).find((forms) => action in forms)?.[action] ?? {};
  const body = {};
  for (const { path, kind, required } of fields) {
    const value = typeof usual[path] === "function" ? usual[path](context) : (usual[path] ?? (required ? startOf(kind) : undefined));
    if (value !== undefined) put(body, path, value);
  }
  const suggested = fields.map((field) => (field.path.endsWith("idToken.type") ? { ...field, kind: TOKEN_TYPES } : field));
  const shown = suggested.filter(({ path, required }) => required || path in usual);
  return { body, shown, more: suggested.filter((field) => !shown.includes(field)) };
}

/** @param {import("./command-schema.js").Kind} kind */
function startOf(kind) {
  if (Array.isArray(kind)) return kind[0];
  if (kind === "boolean") return false;
  return kind === "text" ? "" : undefined;
}

/**
 * The value at a path such as `chargingSchedule[0].id`, or undefined.
 *
 * @param {any} body
 * @param {string} path
 */
export function at(body, path) {
  return steps(path).reduce((value, step) => value?.[step], body);
}

/**
 * Set the value at a path; undefined takes it away, with the objects and lists that are empty then.
 *
 * @param {any} body
 * @param {string} path
 * @param {any} value
 */
export function put(body, path, value) {
  const [step, ...rest] = steps(path);
  set(body, step, rest, value);
}

/**
 * @param {any} holder
 * @param {string | number} step
 * @param {(string | number)[]} rest
 * @param {any} value
 */
function set(holder, step, rest, value) {
  if (rest.length === 0) {
    if (value === undefined) drop(holder, step);
    else holder[step] = value;
    return;
  }
  if (typeof holder[step] !== "object" || holder[step] === null) {
    if (value === undefined) return;
    holder[step] = typeof rest[0] === "number" ? [] : {};
  }
  set(holder[step], rest[0], rest.slice(1), value);
  if (value === undefined && Object.keys(holder[step]).length === 0) drop(holder, step);
}

/**
 * @param {any} holder
 * @param {string | number} step
 */
function drop(holder, step) {
  if (Array.isArray(holder)) holder.splice(Number(step), 1);
  else delete holder[step];
}

/** @param {string} path */
function steps(path) {
  return path.split(/[.[\]]+/).filter(Boolean).map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}
