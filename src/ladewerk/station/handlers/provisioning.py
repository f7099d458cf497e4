"""Block B: the variables of the device model that this station has, and its reset."""

from collections.abc import Callable, Mapping
from typing import Final

from msgspec import UNSET

from ladewerk.ocpp import Context, v21
from ladewerk.station.events import Origin, StopPressed
from ladewerk.station.handlers.reach import Reach, info

_Read = Callable[[Reach], str]


def _said(able: bool) -> str:
    return "true" if able else "false"


VARIABLES: Final[Mapping[tuple[str, str], _Read]] = {
    ("ChargingStation", "Model"): lambda reach: reach.config.station.model,
    ("ChargingStation", "VendorName"): lambda reach: reach.config.station.vendor,
    ("SecurityCtrlr", "Identity"): lambda reach: reach.config.station.identity,
    ("SampledDataCtrlr", "TxUpdatedInterval"): lambda reach: str(round(reach.config.station.meter_values_s)),
    ("SmartChargingCtrlr", "Enabled"): lambda _reach: "true",
    ("SmartChargingCtrlr", "Available"): lambda _reach: "true",
    ("SmartChargingCtrlr", "PeriodsPerSchedule"): lambda reach: str(reach.profiles.abilities.most_periods),
    ("SmartChargingCtrlr", "RateUnit"): lambda reach: ",".join(sorted(reach.profiles.abilities.rate_units)),
    ("SmartChargingCtrlr", "Entries"): lambda reach: str(reach.profiles.abilities.most_profiles),
    ("SmartChargingCtrlr", "ProfileStackLevel"): lambda reach: str(reach.profiles.abilities.most_stack_level),
    ("SmartChargingCtrlr", "SupportsDynamicProfiles"): lambda reach: _said(reach.profiles.abilities.dynamic),
    ("SmartChargingCtrlr", "SupportsLocalTime"): lambda reach: _said(reach.profiles.abilities.local_time),
    ("SmartChargingCtrlr", "SupportsRandomizedDelay"): lambda reach: _said(reach.profiles.abilities.random_delay),
    ("SmartChargingCtrlr", "SupportsLimitAtSoC"): lambda reach: _said(reach.profiles.abilities.limit_at_soc),
    ("SmartChargingCtrlr", "ACPhaseSwitchingSupported"): lambda reach: _said(reach.profiles.abilities.phase_switching),
    ("TxCtrlr", "StopTxOnInvalidId"): lambda _reach: "true",
    ("TxCtrlr", "TxStartPoint"): lambda _reach: "EVConnected",
    ("TxCtrlr", "TxStopPoint"): lambda _reach: "EVConnected",
}
"""Component and variable of the OCPP 2.0.1 appendix, and where its value comes from. All are read-only: the file decides."""


async def get_variables(ctx: Context[Reach], request: v21.GetVariablesRequest) -> v21.GetVariablesResponse:
    """B06: the actual values of what is asked for, one result each."""
    results = tuple(_read(ctx.state, asked) for asked in request.get_variable_data)
    return v21.GetVariablesResponse(get_variable_result=results)


def _read(reach: Reach, asked: v21.GetVariableDataType) -> v21.GetVariableResultType:
    statuses = v21.GetVariableStatusEnumType
    read = VARIABLES.get((asked.component.name, asked.variable.name))
    value: str | None = None
    if read is None:
        known = any(component == asked.component.name for component, _ in VARIABLES)
        status = statuses.UNKNOWN_VARIABLE if known else statuses.UNKNOWN_COMPONENT
    elif asked.attribute_type not in (UNSET, v21.AttributeEnumType.ACTUAL):
        status = statuses.NOT_SUPPORTED_ATTRIBUTE_TYPE
    else:
        status, value = statuses.ACCEPTED, read(reach)
    return v21.GetVariableResultType(
        attribute_status=status,
        component=asked.component,
        variable=asked.variable,
        attribute_type=asked.attribute_type,
        attribute_value=UNSET if value is None else value,
    )


async def set_variables(ctx: Context[Reach], request: v21.SetVariablesRequest) -> v21.SetVariablesResponse:
    """B05: nothing can be set from afar; each is answered so."""
    return v21.SetVariablesResponse(set_variable_result=tuple(_refuse(asked) for asked in request.set_variable_data))


def _refuse(asked: v21.SetVariableDataType) -> v21.SetVariableResultType:
    statuses = v21.SetVariableStatusEnumType
    name = (asked.component.name, asked.variable.name)
    if name in VARIABLES:
        status = statuses.REJECTED
    else:
        known = any(component == name[0] for component, _ in VARIABLES)
        status = statuses.UNKNOWN_VARIABLE if known else statuses.UNKNOWN_COMPONENT
    return v21.SetVariableResultType(
        attribute_status=status,
        component=asked.component,
        variable=asked.variable,
        attribute_type=asked.attribute_type,
        attribute_status_info=info("ReadOnly", "set it in the station's file") if status is statuses.REJECTED else UNSET,
    )


async def reset(ctx: Context[Reach], request: v21.ResetRequest) -> v21.ResetResponse:
    """B12: the whole station ends in an orderly way and is started again by its supervisor; never a single EVSE."""
    statuses = v21.ResetStatusEnumType
    if request.evse_id not in (UNSET, 0):
        return v21.ResetResponse(
            status=statuses.REJECTED, status_info=info("UnsupportedParam", "the station resets as a whole")
        )
    running = [unit for unit in ctx.state.units if unit.transaction is not None]
    if running and request.type is v21.ResetEnumType.ON_IDLE:
        return v21.ResetResponse(status=statuses.REJECTED, status_info=info("TxInProgress", "a transaction is open"))
    return v21.ResetResponse(status=statuses.ACCEPTED)


async def reset_when_answered(ctx: Context[Reach], request: v21.ResetRequest) -> None:
    """The reset itself, once it is answered and only if it was accepted."""
    answer = await reset(ctx, request)
    if answer.status is not v21.ResetStatusEnumType.ACCEPTED:
        return
    for unit in ctx.state.units:
        unit.handle(StopPressed(Origin.REMOTE))
    ctx.state.reset_asked.set()
