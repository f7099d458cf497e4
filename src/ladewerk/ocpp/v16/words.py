"""What values of one version are called in the other, and which configuration key of OCPP 1.6 is which variable."""

from collections.abc import Mapping

Words = Mapping[str, str]

# 1.6 -> 2.1

CONNECTOR_STATUS: Words = {
    "Available": "Available",
    "Preparing": "Occupied",
    "Charging": "Occupied",
    "SuspendedEVSE": "Occupied",
    "SuspendedEV": "Occupied",
    "Finishing": "Occupied",
    "Reserved": "Reserved",
    "Unavailable": "Unavailable",
    "Faulted": "Faulted",
}

CHARGING_STATE: Words = {
    "Preparing": "EVConnected",
    "Charging": "Charging",
    "SuspendedEVSE": "SuspendedEVSE",
    "SuspendedEV": "SuspendedEV",
    "Finishing": "EVConnected",
}
"""Of a transaction while its connector has that status; the others say nothing about it."""

STOPPED_REASON: Words = {
    "DeAuthorized": "DeAuthorized",
    "EmergencyStop": "EmergencyStop",
    "EVDisconnected": "EVDisconnected",
    "HardReset": "ImmediateReset",
    "Local": "Local",
    "Other": "Other",
    "PowerLoss": "PowerLoss",
    "Reboot": "Reboot",
    "Remote": "Remote",
    "SoftReset": "ImmediateReset",
    "UnlockCommand": "Remote",
}

STOP_TRIGGER: Words = {
    "DeAuthorized": "Deauthorized",
    "EmergencyStop": "AbnormalCondition",
    "EVDisconnected": "EVCommunicationLost",
    "HardReset": "ResetCommand",
    "Local": "StopAuthorized",
    "Other": "AbnormalCondition",
    "PowerLoss": "AbnormalCondition",
    "Reboot": "AbnormalCondition",
    "Remote": "RemoteStop",
    "SoftReset": "ResetCommand",
    "UnlockCommand": "UnlockCommand",
}

READING_TRIGGER: Words = {"Sample.Clock": "MeterValueClock", "Trigger": "Trigger"}
"""By the context of the first sample; all others are MeterValuePeriodic."""

UNIT: Words = {"Celcius": "Celsius", "Hertz": "Hz"}
"""All others are the same."""

NO_MEASURAND = frozenset({"RPM", "Temperature"})
"""Measurands of 1.6 that 2.1 has no word for: the sample is left out."""

UPLOAD_STATUS: Words = {"Idle": "Idle", "Uploaded": "Uploaded", "UploadFailed": "UploadFailure", "Uploading": "Uploading"}

# 2.1 -> 1.6

TAG_STATUS: Words = {
    "Accepted": "Accepted",
    "Blocked": "Blocked",
    "ConcurrentTx": "ConcurrentTx",
    "Expired": "Expired",
    "Invalid": "Invalid",
    "NoCredit": "Blocked",
    "NotAllowedTypeEVSE": "Blocked",
    "NotAtThisLocation": "Blocked",
    "NotAtThisTime": "Blocked",
    "Unknown": "Invalid",
}

PROFILE_PURPOSE: Words = {
    "ChargingStationMaxProfile": "ChargePointMaxProfile",
    "TxDefaultProfile": "TxDefaultProfile",
    "TxProfile": "TxProfile",
}

PROFILE_KIND: Words = {"Absolute": "Absolute", "Recurring": "Recurring", "Relative": "Relative"}

RECURRENCY: Words = {"Daily": "Daily", "Weekly": "Weekly"}

RESET: Words = {"Immediate": "Hard", "OnIdle": "Soft"}

CERTIFICATE_USE: Words = {
    "CSMSRootCertificate": "CentralSystemRootCertificate",
    "ManufacturerRootCertificate": "ManufacturerRootCertificate",
}

TRIGGER: Words = {
    "BootNotification": "BootNotification",
    "FirmwareStatusNotification": "FirmwareStatusNotification",
    "Heartbeat": "Heartbeat",
    "MeterValues": "MeterValues",
    "StatusNotification": "StatusNotification",
    "TransactionEvent": "MeterValues",
}
"""By TriggerMessage."""

EXTENDED_TRIGGER: Words = {
    "LogStatusNotification": "LogStatusNotification",
    "SignChargingStationCertificate": "SignChargePointCertificate",
}
"""By ExtendedTriggerMessage; how GetDiagnostics goes is asked for by TriggerMessage."""

# Answers of a 1.6 station that 2.1 has no word for, with the reasonCode that says so.

SET_VARIABLE_STATUS: Words = {
    "Accepted": "Accepted",
    "Rejected": "Rejected",
    "RebootRequired": "RebootRequired",
    "NotSupported": "UnknownVariable",
}
PROFILE_STATUS: Words = {"Accepted": "Accepted", "Rejected": "Rejected", "NotSupported": "Rejected"}
UNLOCK_STATUS: Words = {"Unlocked": "Unlocked", "UnlockFailed": "UnlockFailed", "NotSupported": "UnlockFailed"}
LOCAL_LIST_STATUS: Words = {
    "Accepted": "Accepted",
    "Failed": "Failed",
    "VersionMismatch": "VersionMismatch",
    "NotSupported": "Failed",
}
UNSUPPORTED = "UnsupportedRequest"

# Variables

KEYS_COMPONENT = "OCPP16"
"""The component of every configuration key that is not in ``VARIABLE``; the variable is named as the key is."""

VARIABLE: Mapping[str, tuple[str, str, str]] = {
    "AdditionalRootCertificateCheck": ("SecurityCtrlr", "AdditionalRootCertificateCheck", ""),
    "AllowOfflineTxForUnknownId": ("AuthCtrlr", "OfflineTxForUnknownIdEnabled", ""),
    "AuthorizationCacheEnabled": ("AuthCacheCtrlr", "Enabled", ""),
    "AuthorizeRemoteTxRequests": ("AuthCtrlr", "AuthorizeRemoteStart", ""),
    "CertificateSignedMaxChainSize": ("SecurityCtrlr", "MaxCertificateChainSize", ""),
    "CertificateStoreMaxLength": ("SecurityCtrlr", "CertificateEntries", ""),
    "ChargeProfileMaxStackLevel": ("SmartChargingCtrlr", "ProfileStackLevel", ""),
    "ChargingScheduleMaxPeriods": ("SmartChargingCtrlr", "PeriodsPerSchedule", ""),
    "ClockAlignedDataInterval": ("AlignedDataCtrlr", "Interval", ""),
    "ConnectionTimeOut": ("TxCtrlr", "EVConnectionTimeOut", ""),
    "ConnectorSwitch3to1PhaseSupported": ("SmartChargingCtrlr", "Phases3to1", ""),
    "CpoName": ("SecurityCtrlr", "OrganizationName", ""),
    "HeartbeatInterval": ("OCPPCommCtrlr", "HeartbeatInterval", ""),
    "LocalAuthListEnabled": ("LocalAuthListCtrlr", "Enabled", ""),
    "LocalAuthorizeOffline": ("AuthCtrlr", "LocalAuthorizeOffline", ""),
    "LocalPreAuthorize": ("AuthCtrlr", "LocalPreAuthorize", ""),
    "MaxChargingProfilesInstalled": ("SmartChargingCtrlr", "Entries", "ChargingProfiles"),
    "MaxEnergyOnInvalidId": ("TxCtrlr", "MaxEnergyOnInvalidId", ""),
    "MeterValueSampleInterval": ("SampledDataCtrlr", "TxUpdatedInterval", ""),
    "MeterValuesAlignedData": ("AlignedDataCtrlr", "Measurands", ""),
    "MeterValuesSampledData": ("SampledDataCtrlr", "TxUpdatedMeasurands", ""),
    "ReserveConnectorZeroSupported": ("ReservationCtrlr", "NonEvseSpecific", ""),
    "ResetRetries": ("OCPPCommCtrlr", "ResetRetries", ""),
    "SecurityProfile": ("SecurityCtrlr", "SecurityProfile", ""),
    "SendLocalListMaxLength": ("LocalAuthListCtrlr", "ItemsPerMessage", ""),
    "StopTransactionOnEVSideDisconnect": ("TxCtrlr", "StopTxOnEVSideDisconnect", ""),
    "StopTransactionOnInvalidId": ("TxCtrlr", "StopTxOnInvalidId", ""),
    "StopTxnAlignedData": ("AlignedDataCtrlr", "TxEndedMeasurands", ""),
    "StopTxnSampledData": ("SampledDataCtrlr", "TxEndedMeasurands", ""),
    "TransactionMessageAttempts": ("OCPPCommCtrlr", "MessageAttempts", "TransactionEvent"),
    "TransactionMessageRetryInterval": ("OCPPCommCtrlr", "MessageAttemptInterval", "TransactionEvent"),
    "UnlockConnectorOnEVSideDisconnect": ("OCPPCommCtrlr", "UnlockOnEVSideDisconnect", ""),
    "WebSocketPingInterval": ("OCPPCommCtrlr", "WebSocketPingInterval", ""),
}
"""Configuration key -> component, variable, instance of the variable."""

KEYS = {key.lower(): key for key in VARIABLE}
"""Keys are told apart without regard to case (1.6 part 2, 5.8)."""
