"""The variables of OCPP 2.1 as the configuration keys of OCPP 1.6."""

from collections.abc import Generator
from datetime import datetime
from typing import Final

from msgspec import UNSET

from ladewerk.errors import CallRefused
from ladewerk.ocpp.codec import Learned
from ladewerk.ocpp.messages import Payload
from ladewerk.ocpp.v16 import types as v16
from ladewerk.ocpp.v16.dialogue import Down, call, raised, refused
from ladewerk.ocpp.v16.memory import Memory
from ladewerk.ocpp.v16.words import KEYS, KEYS_COMPONENT, SET_VARIABLE_STATUS, VARIABLE
from ladewerk.ocpp.v21 import types as v21

_KEY_OF = {place: key for key, place in VARIABLE.items()}
_COMPONENTS = frozenset(component for component, _, _ in VARIABLE.values())
_LONGEST_KEY: Final = 50
_LONGEST_VALUE: Final = 500


def get_variables(request: v21.GetVariablesRequest, _memory: Memory) -> Down:
    """One GetConfiguration for all of them."""
    keys = [configuration_key(asked.component, asked.variable) for asked in request.get_variable_data]
    known = tuple(dict.fromkeys(key for key in keys if key is not None))
    values: dict[str, str] = {}
    if known:
        answer = yield from call(v16.GetConfigurationRequest(key=known))
        said = () if answer.configuration_key is UNSET else answer.configuration_key
        # 1.6 part 2: keys are told apart without regard to case.
        values = {item.key.lower(): "" if item.value is UNSET else item.value for item in said}
    results = []
    for asked, key in zip(request.get_variable_data, keys, strict=True):
        value = None if key is None else values.get(key.lower())
        status = _unknown(asked.component) if value is None else "Accepted"
        results.append(
            v21.GetVariableResultType(
                attribute_status=v21.GetVariableStatusEnumType(status),
                component=asked.component,
                variable=asked.variable,
                attribute_type=asked.attribute_type,
                attribute_value=UNSET if value is None else value,
            )
        )
    return raised(v21.GetVariablesResponse(get_variable_result=tuple(results)))


def set_variables(request: v21.SetVariablesRequest, _memory: Memory) -> Down:
    """One ChangeConfiguration after the other; one that fails with a CALLERROR is Rejected."""
    for wanted in request.set_variable_data:
        if len(wanted.attribute_value) > _LONGEST_VALUE:
            raise refused(f"set {wanted.variable.name}: a value has at most {_LONGEST_VALUE} characters")
    results = []
    for wanted in request.set_variable_data:
        key = configuration_key(wanted.component, wanted.variable)
        status = _unknown(wanted.component)
        if key is not None:
            try:
                answer = yield from call(v16.ChangeConfigurationRequest(key=key, value=wanted.attribute_value))
            except CallRefused:
                status = "Rejected"
            else:
                status = SET_VARIABLE_STATUS[answer.status]
        results.append(
            v21.SetVariableResultType(
                attribute_status=v21.SetVariableStatusEnumType(status),
                component=wanted.component,
                variable=wanted.variable,
                attribute_type=wanted.attribute_type,
            )
        )
    return raised(v21.SetVariablesResponse(set_variable_result=tuple(results)))


def get_base_report(
    request: v21.GetBaseReportRequest, _memory: Memory
) -> Generator[tuple[str, bytes] | Learned, bytes, Payload]:
    """All keys by one GetConfiguration, and what it answers as the NotifyReport of a 2.1 station."""
    statuses = v21.GenericDeviceModelStatusEnumType
    if request.report_base == "SummaryInventory":
        return v21.GetBaseReportResponse(status=statuses.NOT_SUPPORTED)
    answer = yield from call(v16.GetConfigurationRequest())
    said = () if answer.configuration_key is UNSET else answer.configuration_key
    full = request.report_base == "FullInventory"
    # B07.FR.08: a ConfigurationInventory is of what can be changed.
    data = tuple(_reported(item) for item in said if full or not item.readonly)
    if not data:
        return v21.GetBaseReportResponse(status=statuses.EMPTY_RESULT_SET)

    def report(at: datetime) -> Payload:
        return v21.NotifyReportRequest(request_id=request.request_id, generated_at=at, seq_no=0, report_data=data)

    yield report
    return v21.GetBaseReportResponse(status=statuses.ACCEPTED)


def _reported(item: v16.KeyValue) -> v21.ReportDataType:
    spelled = KEYS.get(item.key.lower())
    component, variable, instance = (KEYS_COMPONENT, item.key, "") if spelled is None else VARIABLE[spelled]
    attribute = v21.VariableAttributeType(
        value=item.value,
        mutability=v21.MutabilityEnumType.READ_ONLY if item.readonly else v21.MutabilityEnumType.READ_WRITE,
    )
    return v21.ReportDataType(
        component=v21.ComponentType(name=component),
        variable=v21.VariableType(name=variable, instance=instance or UNSET),
        variable_attribute=(attribute,),
    )


def configuration_key(component: v21.ComponentType, variable: v21.VariableType) -> str | None:
    """The key of a variable, None if there is none."""
    instance = "" if variable.instance is UNSET else variable.instance
    if component.name == KEYS_COMPONENT and not instance:
        return variable.name if len(variable.name) <= _LONGEST_KEY else None
    return _KEY_OF.get((component.name, variable.name, instance))


def _unknown(component: v21.ComponentType) -> str:
    known = component.name in _COMPONENTS or component.name == KEYS_COMPONENT
    return "UnknownVariable" if known else "UnknownComponent"
