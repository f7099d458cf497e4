// The commands of OCPP 2.1 that a CSMS may send: for each the fields that people set, with what is usual. What is not here can be
// written into the JSON. Kinds: a list of choices, "integer", "number", "text", "time", "boolean". Names are those of OCPP.

/** @typedef {string[] | "integer" | "number" | "text" | "time" | "boolean"} Kind */
/** @typedef {{path: string, kind: Kind, usual?: any}} FormField   `usual` undefined: left out until somebody fills it in. */
/** @typedef {{action: string, group: string, fields: FormField[]}} CommandForm */
/** @typedef {{evse: number, transaction: string, profile: number, number: number, now: Date}} Context   What the usual values are made of. */

const TOKEN_TYPES = ["ISO14443", "ISO15693", "Central", "KeyCode", "Local", "eMAID", "MacAddress", "NoAuthorization"];
const PURPOSES = ["TxProfile", "TxDefaultProfile", "ChargingStationMaxProfile", "ChargingStationExternalConstraints", "PriorityCharging", "LocalGeneration"];
const BASES = ["FullInventory", "ConfigurationInventory", "SummaryInventory"];
const CERTIFICATES = ["CSMSRootCertificate", "ManufacturerRootCertificate", "V2GRootCertificate", "MORootCertificate", "OEMRootCertificate"];
const TRIGGERS = ["StatusNotification", "BootNotification", "Heartbeat", "MeterValues", "TransactionEvent", "LogStatusNotification", "FirmwareStatusNotification", "SignChargingStationCertificate"];

/** @param {number} hours @returns {(context: Context) => string} */
const inHours = (hours) => ({ now }) => new Date(Math.floor(now.getTime() / 1000) * 1000 + hours * 3600000).toISOString();
/** @param {Context} context */
const evse = (context) => context.evse;
/** @param {Context} context */
const transaction = (context) => context.transaction;
/** @param {Context} context */
const number = (context) => context.number;

/** @type {[string, string, [string, Kind, any?][]][]} */
const FORMS = [
  ["remote", "RequestStartTransaction", [["evseId", "integer", evse], ["remoteStartId", "integer", number], ["idToken.idToken", "text", ""], ["idToken.type", TOKEN_TYPES, "ISO14443"]]],
  ["remote", "RequestStopTransaction", [["transactionId", "text", transaction]]],
  ["remote", "UnlockConnector", [["evseId", "integer", evse], ["connectorId", "integer", 1]]],
  ["remote", "TriggerMessage", [["requestedMessage", TRIGGERS, "StatusNotification"], ["evse.id", "integer"], ["evse.connectorId", "integer"]]],
  ["remote", "ReserveNow", [["id", "integer", number], ["expiryDateTime", "time", inHours(1)], ["idToken.idToken", "text", ""], ["idToken.type", TOKEN_TYPES, "ISO14443"], ["evseId", "integer", evse]]],
  ["remote", "CancelReservation", [["reservationId", "integer", 1]]],
  ["remote", "GetTransactionStatus", [["transactionId", "text"]]],
  ["operation", "Reset", [["type", ["OnIdle", "Immediate", "ImmediateAndResume"], "OnIdle"], ["evseId", "integer"]]],
  ["operation", "ChangeAvailability", [["operationalStatus", ["Inoperative", "Operative"], "Inoperative"], ["evse.id", "integer"], ["evse.connectorId", "integer"]]],
  ["operation", "ClearCache", []],
  ["operation", "GetLocalListVersion", []],
  ["operation", "SendLocalList", [["versionNumber", "integer", 1], ["updateType", ["Full", "Differential"], "Full"], ["localAuthorizationList[0].idToken.idToken", "text"], ["localAuthorizationList[0].idToken.type", TOKEN_TYPES], ["localAuthorizationList[0].idTokenInfo.status", ["Accepted", "Blocked", "Expired", "Invalid"]]]],
  ["operation", "DataTransfer", [["vendorId", "text", ""], ["messageId", "text"], ["data", "text"]]],
  ["smart", "SetChargingProfile", [["evseId", "integer", evse], ["chargingProfile.id", "integer", number], ["chargingProfile.stackLevel", "integer", 0], ["chargingProfile.chargingProfilePurpose", PURPOSES, "TxDefaultProfile"], ["chargingProfile.chargingProfileKind", ["Absolute", "Recurring", "Relative"], "Absolute"], ["chargingProfile.transactionId", "text"], ["chargingProfile.validTo", "time"], ["chargingProfile.chargingSchedule[0].id", "integer", 1], ["chargingProfile.chargingSchedule[0].startSchedule", "time", inHours(0)], ["chargingProfile.chargingSchedule[0].duration", "integer"], ["chargingProfile.chargingSchedule[0].chargingRateUnit", ["A", "W"], "A"], ["chargingProfile.chargingSchedule[0].chargingSchedulePeriod[0].startPeriod", "integer", 0], ["chargingProfile.chargingSchedule[0].chargingSchedulePeriod[0].limit", "number", 10]]],
  ["smart", "ClearChargingProfile", [["chargingProfileId", "integer"], ["chargingProfileCriteria.evseId", "integer"], ["chargingProfileCriteria.chargingProfilePurpose", PURPOSES], ["chargingProfileCriteria.stackLevel", "integer"]]],
  ["smart", "GetChargingProfiles", [["requestId", "integer", number], ["evseId", "integer"], ["chargingProfile.chargingProfilePurpose", PURPOSES, "TxProfile"]]],
  ["smart", "GetCompositeSchedule", [["evseId", "integer", evse], ["duration", "integer", 86400], ["chargingRateUnit", ["A", "W"]]]],
  ["smart", "UpdateDynamicSchedule", [["chargingProfileId", "integer", 1], ["scheduleUpdate.limit", "number", 10]]],
  ["smart", "UsePriorityCharging", [["transactionId", "text", transaction], ["activate", "boolean", true]]],
  ["smart", "NotifyAllowedEnergyTransfer", [["transactionId", "text", transaction], ["allowedEnergyTransfer[0]", ["AC_single_phase", "AC_three_phase", "DC", "AC_BPT", "DC_BPT"], "AC_three_phase"]]],
  ["variables", "GetVariables", [["getVariableData[0].component.name", "text", "OCPPCommCtrlr"], ["getVariableData[0].variable.name", "text", "HeartbeatInterval"], ["getVariableData[0].attributeType", ["Actual", "Target", "MinSet", "MaxSet"]]]],
  ["variables", "SetVariables", [["setVariableData[0].component.name", "text", "OCPPCommCtrlr"], ["setVariableData[0].variable.name", "text", "HeartbeatInterval"], ["setVariableData[0].attributeValue", "text", ""], ["setVariableData[0].attributeType", ["Actual", "Target"]]]],
  ["variables", "GetBaseReport", [["requestId", "integer", number], ["reportBase", BASES, "ConfigurationInventory"]]],
  ["variables", "GetReport", [["requestId", "integer", number], ["componentVariable[0].component.name", "text"], ["componentVariable[0].variable.name", "text"]]],
  ["variables", "SetNetworkProfile", [["configurationSlot", "integer", 1], ["connectionData.ocppInterface", ["Wired0", "Wired1", "Wireless0", "Any"], "Wired0"], ["connectionData.ocppTransport", ["JSON"], "JSON"], ["connectionData.ocppCsmsUrl", "text", ""], ["connectionData.messageTimeout", "integer", 30], ["connectionData.securityProfile", "integer", 1]]],
  ["watching", "SetMonitoringBase", [["monitoringBase", ["All", "FactoryDefault", "HardWiredOnly"], "All"]]],
  ["watching", "SetMonitoringLevel", [["severity", "integer", 5]]],
  ["watching", "GetMonitoringReport", [["requestId", "integer", number], ["monitoringCriteria[0]", ["ThresholdMonitoring", "DeltaMonitoring", "PeriodicMonitoring"]]]],
  ["watching", "SetVariableMonitoring", [["setMonitoringData[0].component.name", "text", "ChargingStation"], ["setMonitoringData[0].variable.name", "text", "Power"], ["setMonitoringData[0].type", ["UpperThreshold", "LowerThreshold", "Delta", "Periodic", "PeriodicClockAligned"], "UpperThreshold"], ["setMonitoringData[0].value", "number", 0], ["setMonitoringData[0].severity", "integer", 5]]],
  ["watching", "ClearVariableMonitoring", [["id[0]", "integer", 1]]],
  ["watching", "GetLog", [["logType", ["DiagnosticsLog", "SecurityLog", "DataCollectorLog"], "DiagnosticsLog"], ["requestId", "integer", number], ["log.remoteLocation", "text", ""], ["log.oldestTimestamp", "time"]]],
  ["watching", "CustomerInformation", [["requestId", "integer", number], ["report", "boolean", true], ["clear", "boolean", false], ["customerIdentifier", "text"]]],
  ["firmware", "UpdateFirmware", [["requestId", "integer", number], ["firmware.location", "text", ""], ["firmware.retrieveDateTime", "time", inHours(0)], ["firmware.installDateTime", "time"], ["firmware.signature", "text"], ["firmware.signingCertificate", "text"]]],
  ["firmware", "PublishFirmware", [["location", "text", ""], ["checksum", "text", ""], ["requestId", "integer", number]]],
  ["firmware", "UnpublishFirmware", [["checksum", "text", ""]]],
  ["certificates", "GetInstalledCertificateIds", [["certificateType[0]", [...CERTIFICATES, "V2GCertificateChain"]]]],
  ["certificates", "InstallCertificate", [["certificateType", CERTIFICATES, "CSMSRootCertificate"], ["certificate", "text", ""]]],
  ["certificates", "DeleteCertificate", [["certificateHashData.hashAlgorithm", ["SHA256", "SHA384", "SHA512"], "SHA256"], ["certificateHashData.issuerNameHash", "text", ""], ["certificateHashData.issuerKeyHash", "text", ""], ["certificateHashData.serialNumber", "text", ""]]],
  ["certificates", "CertificateSigned", [["certificateChain", "text", ""], ["certificateType", ["ChargingStationCertificate", "V2GCertificate"]]]],
  ["display", "SetDisplayMessage", [["message.id", "integer", 1], ["message.priority", ["AlwaysFront", "InFront", "NormalCycle"], "NormalCycle"], ["message.message.format", ["UTF8", "ASCII", "HTML", "URI"], "UTF8"], ["message.message.content", "text", ""], ["message.startDateTime", "time"], ["message.endDateTime", "time"], ["message.transactionId", "text"]]],
  ["display", "GetDisplayMessages", [["requestId", "integer", number], ["priority", ["AlwaysFront", "InFront", "NormalCycle"]]]],
  ["display", "ClearDisplayMessage", [["id", "integer", 1]]],
  ["display", "CostUpdated", [["totalCost", "number", 0], ["transactionId", "text", transaction]]],
];

/** @type {CommandForm[]} */
export const COMMANDS = FORMS.map(([group, action, fields]) => ({ group, action, fields: fields.map(([path, kind, usual]) => ({ path, kind, usual })) }));

/**
 * The body with the usual values.
 *
 * @param {CommandForm} form
 * @param {Context} context
 */
export function usualBody(form, context) {
  const body = {};
  for (const { path, usual } of form.fields) {
    const value = typeof usual === "function" ? usual(context) : usual;
    if (value !== undefined) put(body, path, value);
  }
  return body;
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
