"""Block B: the device model read, set and reported (B05 to B08)."""

from msgspec import UNSET

from ladewerk.ocpp import Context, v21
from ladewerk.station.device_model import report as device_report
from ladewerk.station.device_model.variable import Mutability, Variable
from ladewerk.station.handlers.reach import Reach, info

_Get = v21.GetVariableStatusEnumType
_Set = v21.SetVariableStatusEnumType
_Report = v21.GenericDeviceModelStatusEnumType
_Asked = v21.GetVariableDataType | v21.SetVariableDataType
_ACTUAL = v21.AttributeEnumType.ACTUAL


async def get_variables(ctx: Context[Reach], request: v21.GetVariablesRequest) -> v21.GetVariablesResponse:
    """B06: the actual values of what is asked for, one result each."""
    inventory = ctx.state.model.inventory()
    results = tuple(_read(inventory, asked) for asked in request.get_variable_data)
    return v21.GetVariablesResponse(get_variable_result=results)


def _read(inventory: device_report.Inventory, asked: v21.GetVariableDataType) -> v21.GetVariableResultType:
    found = _find(inventory, asked)
    value: str | None = None
    if found is None:
        status = _Get.UNKNOWN_VARIABLE if _knows_component(inventory, asked) else _Get.UNKNOWN_COMPONENT
    elif asked.attribute_type is v21.AttributeEnumType.MAX_SET and found[0].has_max_set:
        status, value = _Get.ACCEPTED, f"{found[0].most:.0f}"
    elif asked.attribute_type not in (UNSET, _ACTUAL):
        status = _Get.NOT_SUPPORTED_ATTRIBUTE_TYPE
    elif found[0].mutability is Mutability.WRITE_ONLY:
        status = _Get.REJECTED
    else:
        status, value = _Get.ACCEPTED, found[1]
    return v21.GetVariableResultType(
        attribute_status=status,
        component=asked.component,
        variable=asked.variable,
        attribute_type=_ACTUAL if asked.attribute_type is UNSET else asked.attribute_type,
        attribute_value=UNSET if value is None else value,
    )


async def set_variables(ctx: Context[Reach], request: v21.SetVariablesRequest) -> v21.SetVariablesResponse:
    """B05: each by itself; what is accepted is kept for good before it is answered."""
    model = ctx.state.model
    inventory = model.inventory()
    accepted: dict[Variable, str] = {}
    results = []
    for asked in request.set_variable_data:
        found = _find(inventory, asked)
        why: tuple[str, str] | None = None
        if found is None:
            status = _Set.UNKNOWN_VARIABLE if _knows_component(inventory, asked) else _Set.UNKNOWN_COMPONENT
        elif asked.attribute_type not in (UNSET, _ACTUAL):
            status = _Set.NOT_SUPPORTED_ATTRIBUTE_TYPE
        elif found[0] in accepted:
            status, why = _Set.REJECTED, ("DuplicateRequestId", "set twice in one request")
        elif (refusal := model.refusal(found[0], asked.attribute_value)) is not None:
            status, why = _Set.REJECTED, ("InvalidValue" if found[0].writable else "ReadOnly", refusal)
        else:
            status = _Set.ACCEPTED
            accepted[found[0]] = asked.attribute_value
        results.append(_set_result(asked, status, why))
    failed = await model.put(list(accepted.items())) if accepted else None
    if failed is not None:
        results = [
            _set_result(asked, _Set.REJECTED, ("InternalError", failed))
            if result.attribute_status is _Set.ACCEPTED
            else result
            for asked, result in zip(request.set_variable_data, results, strict=True)
        ]
    return v21.SetVariablesResponse(set_variable_result=tuple(results))


def _set_result(
    asked: v21.SetVariableDataType, status: v21.SetVariableStatusEnumType, why: tuple[str, str] | None
) -> v21.SetVariableResultType:
    return v21.SetVariableResultType(
        attribute_status=status,
        component=asked.component,
        variable=asked.variable,
        attribute_type=_ACTUAL if asked.attribute_type is UNSET else asked.attribute_type,
        attribute_status_info=UNSET if why is None else info(*why),
    )


async def get_base_report(ctx: Context[Reach], request: v21.GetBaseReportRequest) -> v21.GetBaseReportResponse:
    """B07: whether there is anything to report; the parts follow."""
    found = device_report.of_base(ctx.state.model.inventory(), request.report_base)
    return v21.GetBaseReportResponse(status=_Report.ACCEPTED if found else _Report.EMPTY_RESULT_SET)


async def report_base(ctx: Context[Reach], request: v21.GetBaseReportRequest) -> None:
    """The parts of the report, once the question is answered."""
    found = device_report.of_base(ctx.state.model.inventory(), request.report_base)
    for part in device_report.messages(found, request.request_id, ctx.state.clock.now()):
        await ctx.peer.call(part)


async def get_report(ctx: Context[Reach], request: v21.GetReportRequest) -> v21.GetReportResponse:
    """B08: the same for what fits the criteria."""
    found = device_report.of_criteria(ctx.state.model.inventory(), request)
    return v21.GetReportResponse(status=_Report.ACCEPTED if found else _Report.EMPTY_RESULT_SET)


async def report_found(ctx: Context[Reach], request: v21.GetReportRequest) -> None:
    """The parts of that report."""
    found = device_report.of_criteria(ctx.state.model.inventory(), request)
    for part in device_report.messages(found, request.request_id, ctx.state.clock.now()):
        await ctx.peer.call(part)


def _find(inventory: device_report.Inventory, asked: _Asked) -> tuple[Variable, str] | None:
    place = _place(asked)
    instance = "" if asked.variable.instance is UNSET else asked.variable.instance
    for variable, value in inventory:
        if (variable.component, variable.evse_id, variable.connector_id) != place or variable.name != asked.variable.name:
            continue
        if variable.instance == instance:
            return variable, value
    return None


def _knows_component(inventory: device_report.Inventory, asked: _Asked) -> bool:
    place = _place(asked)
    return any((one.component, one.evse_id, one.connector_id) == place for one, _ in inventory)


def _place(asked: _Asked) -> tuple[str, int, int]:
    """The component that is meant; one that names an instance is none that is here."""
    component = asked.component
    name = component.name if component.instance is UNSET or not component.instance else ""
    if component.evse is UNSET:
        return name, 0, 0
    connector_id = component.evse.connector_id
    return name, component.evse.id, 0 if connector_id is UNSET else connector_id
