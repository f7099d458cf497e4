"""What is known of a station, by its own word and that of an operator."""

import msgspec
import pytest

from ladewerk.csms.smart_charging.quirks import NO_QUIRKS, KnownQuirks, Quirks, QuirksSaid


def test_nothing_known_is_as_ocpp_has_it() -> None:
    assert KnownQuirks().used() == NO_QUIRKS


def test_an_operator_knows_better_than_the_station_and_both_than_the_usual() -> None:
    found = QuirksSaid(rate_unit="W", max_periods=6, keeps_profiles=False)
    known = KnownQuirks(found=found, said=QuirksSaid(rate_unit="A", least_limit_a=0.0, keeps_profiles=True))
    assert known.used() == Quirks(rate_unit="A", max_periods=6)


@pytest.mark.parametrize(
    ("said", "faults"),
    [
        (QuirksSaid(stack_level=1), []),
        (QuirksSaid(stack_level=2), [("stack_level", "stack-level")]),
        (QuirksSaid(purpose="TxDefaultProfile"), []),
        (QuirksSaid(purpose="TxDefaultProfile", stack_level=1), [("purpose", "no-level-above")]),
        (QuirksSaid(purpose="TxDefaultProfile", stack_level=1, max_stack_level=8), []),
    ],
)
def test_a_stack_level_that_the_station_does_not_take_is_a_fault(said: QuirksSaid, faults: list[tuple[str, str]]) -> None:
    known = KnownQuirks(found=QuirksSaid(max_stack_level=1), said=said)
    assert [(fault.field, fault.code) for fault in known.faults()] == faults


def test_they_come_back_from_json_as_they_were() -> None:
    known = KnownQuirks(found=QuirksSaid(rate_unit="W"), said=QuirksSaid(min_interval_s=300, lenient=True))
    assert msgspec.json.decode(msgspec.json.encode(known), type=KnownQuirks) == known
