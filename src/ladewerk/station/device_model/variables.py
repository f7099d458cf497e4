"""The variables that a CSMS can set, as a table; each takes effect where its constant is read.

Names, units and meaning are those of the OCPP appendices (dm_components_vars). What the station only tells of itself
stands in ``facts``. ``docs/station-ocpp.md`` prints both.
"""

from typing import Final

from ladewerk.ocpp import v21
from ladewerk.station.device_model.variable import Effect, Kind, Mutability, Variable

_RW: Final = Mutability.READ_WRITE
_RO: Final = Mutability.READ_ONLY
_DAY_S: Final = 86_400

_Measurand = v21.MeasurandEnumType

MEASURANDS: Final = (
    _Measurand.ENERGY_ACTIVE_IMPORT_REGISTER,
    _Measurand.POWER_ACTIVE_IMPORT,
    _Measurand.CURRENT_IMPORT,
    _Measurand.VOLTAGE,
    _Measurand.CURRENT_OFFERED,
    _Measurand.POWER_OFFERED,
)
"""What the meter and the board can tell."""

START_POINTS: Final = ("EVConnected", "Authorized", "PowerPathClosed", "EnergyTransfer")
STOP_POINTS: Final = START_POINTS

_REGISTER: Final = str(_Measurand.ENERGY_ACTIVE_IMPORT_REGISTER)
_BRIEF: Final = ",".join((_REGISTER, _Measurand.POWER_ACTIVE_IMPORT, _Measurand.CURRENT_IMPORT, _Measurand.CURRENT_OFFERED))


def _flag(component: str, name: str, default: bool, says: str, *, fixed: bool = False) -> Variable:
    return Variable(
        component=component,
        name=name,
        kind=Kind.BOOLEAN,
        default="true" if default else "false",
        mutability=_RO if fixed else _RW,
        says=says,
    )


def _whole(
    component: str,
    name: str,
    default: int,
    says: str,
    *,
    instance: str = "",
    unit: str = "s",
    least: int = 0,
    most: int = _DAY_S,
    effect: Effect = Effect.AT_ONCE,
    fixed: bool = False,
) -> Variable:
    return Variable(
        component=component,
        name=name,
        instance=instance,
        kind=Kind.INTEGER,
        unit=unit,
        least=least,
        most=most,
        default=str(default),
        mutability=_RO if fixed else _RW,
        effect=effect,
        says=says,
    )


def _members(
    component: str,
    name: str,
    default: str,
    values: tuple[str, ...],
    says: str,
    *,
    least: int = 0,
    effect: Effect = Effect.AT_ONCE,
) -> Variable:
    return Variable(
        component=component,
        name=name,
        kind=Kind.MEMBER_LIST,
        values=values,
        least=least,
        default=default,
        mutability=_RW,
        effect=effect,
        says=says,
    )


def _measurands(component: str, name: str, default: str, says: str) -> Variable:
    return _members(component, name, default, tuple(str(one) for one in MEASURANDS), says)


# Who may charge -------------------------------------------------------------------------------------------------------

AUTH_ENABLED: Final = _flag("AuthCtrlr", "Enabled", False, "without authorization nobody is offered energy")
AUTHORIZE_REMOTE_START: Final = _flag(
    "AuthCtrlr", "AuthorizeRemoteStart", False, "the token of a RequestStartTransaction is authorized first"
)
LOCAL_AUTHORIZE_OFFLINE: Final = _flag("AuthCtrlr", "LocalAuthorizeOffline", True, "offline, the list and the cache decide")
LOCAL_PRE_AUTHORIZE: Final = _flag(
    "AuthCtrlr", "LocalPreAuthorize", False, "online, the list and the cache are asked before the CSMS"
)
OFFLINE_UNKNOWN: Final = _flag(
    "AuthCtrlr", "OfflineTxForUnknownIdEnabled", False, "offline, a token that nobody knows may charge"
)
DISABLE_REMOTE: Final = _flag("AuthCtrlr", "DisableRemoteAuthorization", False, "no token is ever asked for at the CSMS")
MASTER_PASS_GROUP: Final = Variable(
    component="AuthCtrlr",
    name="MasterPassGroupId",
    mutability=_RW,
    most=36,
    says="tokens of this group stop every transaction and start none",
)
CACHE_ENABLED: Final = _flag("AuthCacheCtrlr", "Enabled", True, "what the CSMS says of tokens is remembered")
CACHE_LIFE_TIME: Final = _whole(
    "AuthCacheCtrlr",
    "LifeTime",
    0,
    "how long after its last use a token is remembered that has no cacheExpiryDateTime; 0: for ever",
    most=366 * _DAY_S,
)
LIST_ENABLED: Final = _flag("LocalAuthListCtrlr", "Enabled", True, "the local list counts")
LIST_EXPIRES: Final = _flag(
    "LocalAuthListCtrlr", "SupportsExpiryDateTime", True, "an entry of the list counts until its date", fixed=True
)

# Transactions ---------------------------------------------------------------------------------------------------------

TX_START_POINT: Final = _members(
    "TxCtrlr",
    "TxStartPoint",
    "EVConnected",
    START_POINTS,
    "what begins a transaction; a plan by charging needs wants EVConnected or Authorized",
    least=1,
    effect=Effect.NEXT,
)
TX_STOP_POINT: Final = _members(
    "TxCtrlr",
    "TxStopPoint",
    "EVConnected,Authorized",
    STOP_POINTS,
    "the end of which ends a transaction; EnergyTransfer ends it, and the charging, with the first pause",
    least=1,
    effect=Effect.NEXT,
)
EV_CONNECTION_TIMEOUT: Final = _whole(
    "TxCtrlr", "EVConnectionTimeOut", 120, "how long a vehicle is waited for that was authorized", least=1
)
STOP_ON_INVALID: Final = _flag(
    "TxCtrlr", "StopTxOnInvalidId", True, "a token that the CSMS does not accept ends the charging; else it is suspended"
)
MAX_ENERGY_ON_INVALID: Final = _whole(
    "TxCtrlr",
    "MaxEnergyOnInvalidId",
    0,
    "what such a token may still charge where that does not end it",
    unit="Wh",
    most=100_000,
)
STOP_ON_EV_SIDE: Final = _flag(
    "TxCtrlr", "StopTxOnEVSideDisconnect", True, "a cable that is pulled ends the authorization", fixed=True
)

# Meter values ---------------------------------------------------------------------------------------------------------

SAMPLED_ENABLED: Final = _flag("SampledDataCtrlr", "Enabled", True, "sampled values are sent")
TX_UPDATED_INTERVAL: Final = _whole(
    "SampledDataCtrlr", "TxUpdatedInterval", 60, "how often meter values go out while a current may flow; 0: never"
)
TX_ENDED_INTERVAL: Final = _whole(
    "SampledDataCtrlr", "TxEndedInterval", 0, "the end of a transaction has its last values, and no earlier ones", fixed=True
)
TX_STARTED_MEASURANDS: Final = _measurands("SampledDataCtrlr", "TxStartedMeasurands", _BRIEF, "with the beginning")
TX_UPDATED_MEASURANDS: Final = _measurands("SampledDataCtrlr", "TxUpdatedMeasurands", _BRIEF, "with each update")
TX_ENDED_MEASURANDS: Final = _measurands("SampledDataCtrlr", "TxEndedMeasurands", _BRIEF, "with the end")
ALIGNED_ENABLED: Final = _flag("AlignedDataCtrlr", "Enabled", True, "clock-aligned values are sent")
ALIGNED_INTERVAL: Final = _whole(
    "AlignedDataCtrlr", "Interval", 0, "clock-aligned values at these steps from midnight UTC; 0: never"
)
ALIGNED_MEASURANDS: Final = _measurands("AlignedDataCtrlr", "Measurands", _BRIEF, "clock-aligned, and by TriggerMessage")
ALIGNED_IDLE: Final = _flag(
    "AlignedDataCtrlr", "SendDuringIdle", False, "clock-aligned values only where no transaction is open"
)
ALIGNED_ENDED_INTERVAL: Final = _whole(
    "AlignedDataCtrlr", "TxEndedInterval", 0, "the end of a transaction has no clock-aligned values", fixed=True
)
ALIGNED_ENDED_MEASURANDS: Final = Variable(
    component="AlignedDataCtrlr", name="TxEndedMeasurands", kind=Kind.MEMBER_LIST, says="none, as TxEndedInterval is 0"
)

# The link -------------------------------------------------------------------------------------------------------------

HEARTBEAT_INTERVAL: Final = _whole(
    "OCPPCommCtrlr", "HeartbeatInterval", 300, "of silence until a Heartbeat; each accepted boot sets it", least=1
)
MESSAGE_TIMEOUT: Final = _whole(
    "OCPPCommCtrlr",
    "MessageTimeout",
    30,
    "how long an answer is waited for",
    instance="Default",
    least=5,
    most=600,
    effect=Effect.RECONNECT,
)
MESSAGE_ATTEMPTS: Final = _whole(
    "OCPPCommCtrlr",
    "MessageAttempts",
    3,
    "how often an event goes out that the CSMS refuses",
    instance="TransactionEvent",
    unit="",
    least=1,
    most=100,
)
MESSAGE_ATTEMPT_INTERVAL: Final = _whole(
    "OCPPCommCtrlr",
    "MessageAttemptInterval",
    10,
    "before the next attempt, times the attempts so far",
    instance="TransactionEvent",
    most=600,
)
OFFLINE_THRESHOLD: Final = _whole(
    "OCPPCommCtrlr", "OfflineThreshold", 60, "after a longer outage every connector's status is told again"
)
PING_INTERVAL: Final = _whole(
    "OCPPCommCtrlr", "WebSocketPingInterval", 60, "between two pings; 0: none", effect=Effect.RECONNECT
)
BACK_OFF_MINIMUM: Final = _whole(
    "OCPPCommCtrlr",
    "RetryBackOffWaitMinimum",
    10,
    "the first wait before a new connection",
    effect=Effect.RECONNECT,
    most=3600,
)
BACK_OFF_RANGE: Final = _whole(
    "OCPPCommCtrlr", "RetryBackOffRandomRange", 10, "the random part of a wait", effect=Effect.RECONNECT, most=3600
)
BACK_OFF_REPEATS: Final = _whole(
    "OCPPCommCtrlr", "RetryBackOffRepeatTimes", 5, "how often the wait is doubled", unit="", effect=Effect.RECONNECT, most=20
)
CONNECTION_ATTEMPTS: Final = _whole(
    "OCPPCommCtrlr",
    "NetworkProfileConnectionAttempts",
    3,
    "attempts at one connection profile before the next one",
    unit="",
    least=1,
    most=100,
    effect=Effect.RECONNECT,
)
NETWORK_PRIORITY: Final = Variable(
    component="OCPPCommCtrlr",
    name="NetworkConfigurationPriority",
    kind=Kind.SEQUENCE_LIST,
    values=("0", "1", "2"),
    least=1,
    default="0",
    mutability=_RW,
    effect=Effect.RECONNECT,
    says="connection profiles in the order they are tried after a reset; 0 is that of the file",
)
UNLOCK_ON_EV_SIDE: Final = _flag(
    "OCPPCommCtrlr", "UnlockOnEVSideDisconnect", True, "a cable that is pulled is unlocked", fixed=True
)
RESET_RETRIES: Final = _whole("OCPPCommCtrlr", "ResetRetries", 0, "a reset does not fail", unit="", fixed=True)
TIME_ADJUSTMENT_THRESHOLD: Final = _whole(
    "ClockCtrlr",
    "TimeAdjustmentReportingThreshold",
    20,
    "clocks that differ by more are told on the page",
    most=3600,
    least=1,
)
BASIC_AUTH_PASSWORD: Final = Variable(
    component="SecurityCtrlr",
    name="BasicAuthPassword",
    mutability=Mutability.WRITE_ONLY,
    least=16,
    most=40,
    effect=Effect.RECONNECT,
    says="of the link, instead of that of the file; the station reconnects with it at once",
)
ORGANIZATION_NAME: Final = Variable(
    component="SecurityCtrlr", name="OrganizationName", default="Ladewerk", most=64, mutability=_RW, says="who operates it"
)
LIMIT_SIGNIFICANCE: Final = Variable(
    component="SmartChargingCtrlr",
    name="LimitChangeSignificance",
    kind=Kind.DECIMAL,
    unit="Percent",
    least=0,
    most=100,
    default="10",
    mutability=_RW,
    says="an offer, or a limit from outside, that changes by more is told",
)
SMART_CHARGING: Final = _flag("SmartChargingCtrlr", "Enabled", True, "charging profiles are taken", fixed=True)

SETTINGS: Final[tuple[Variable, ...]] = tuple(one for one in list(globals().values()) if isinstance(one, Variable))
"""All of them, in the order above."""


def as_markdown() -> str:
    """The table for the documentation."""
    lines = ["| variable | type | by default | what it does |", "| --- | --- | --- | --- |"]
    for one in SETTINGS:
        name = f"{one.component}.{one.name}" + (f"[{one.instance}]" if one.instance else "")
        bounds = (
            f" {one.least:.0f} to {one.most:.0f} {one.unit}".rstrip() if one.kind is Kind.INTEGER and one.writable else ""
        )
        fixed = "" if one.writable else "; read-only"
        when = "" if one.effect is Effect.AT_ONCE or not one.writable else f"; {one.effect}"
        default = one.default.replace(",", ", ") or "empty"
        lines.append(f"| `{name}` | {one.kind}{bounds} | {default} | {one.says}{when}{fixed} |")
    return "\n".join(lines)
