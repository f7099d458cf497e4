"""What a user sees of the generated OCPP 2.1 types."""

import subprocess
import sys

from ladewerk.ocpp import v16, v21
from ladewerk.ocpp.messages import OneWay, Payload


def test_a_docstring_states_wire_names_types_limits_units_and_what_is_required() -> None:
    said = v21.ChargingSchedulePeriodType.__doc__ or ""
    assert "start_period: startPeriod, integer, required; s\n" in said
    assert "number_phases: numberPhases, integer from 0 to 3, optional\n" in said
    assert "discharge_limit_l2: dischargeLimit_L2, number up to 0, optional\n" in said
    assert "v2x_freq_watt_curve: v2xFreqWattCurve, 1 to 20 items of V2XFreqWattPointType, optional\n" in said
    said = v21.ACChargingParametersType.__doc__ or ""
    assert "energy_amount: energyAmount, number, required; Wh\n" in said
    assert "ev_max_current: evMaxCurrent, number, required; A\n" in said
    assert "model: model, string up to 20 characters, required\n" in (v21.ChargingStationType.__doc__ or "")
    assert v16.HeartbeatRequest.__doc__ == "OCPP 1.6 request Heartbeat. No fields."


def test_there_are_90_requests_with_responses_and_one_send() -> None:
    one_way = [action for action in v21.ACTIONS.values() if action.response is None]
    assert len(v21.ACTIONS) == 91
    assert [action.name for action in one_way] == ["NotifyPeriodicEventStream"]
    assert issubclass(one_way[0].request, OneWay)
    assert all(issubclass(action.request, Payload) for action in v21.ACTIONS.values())


def test_the_types_load_without_the_other_versions_and_without_the_network() -> None:
    code = "import sys; import ladewerk.ocpp.v21; print(*sorted(name for name in sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "ladewerk.ocpp.v21.types" in loaded
    assert not {"ladewerk.ocpp.v16", "ladewerk.ocpp.v201", "websockets", "asyncio", "litestar"} & set(loaded)
