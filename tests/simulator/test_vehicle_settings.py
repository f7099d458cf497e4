import msgspec
import pytest

from ladewerk.simulator.vehicle_settings import VehicleChange, VehicleSettings, makes


@pytest.mark.parametrize("name", makes())
def test_every_make_is_a_vehicle_that_a_board_can_charge(name: str) -> None:
    make = makes()[name]
    assert make.min_current_a <= make.max_current_a
    assert make.model(230).voltage_v == 230
    assert make.battery(230).max_power_w == make.max_current_a * make.phases * 230


def test_what_stands_beside_a_make_differs_from_it() -> None:
    changed = VehicleChange(model="renault-zoe", max_current_a=16, soc=0.7).applied(VehicleSettings())
    assert (changed.min_current_a, changed.max_current_a, changed.soc) == (8, 16, 0.7)


def test_another_make_keeps_the_state_of_charge() -> None:
    assert VehicleChange(model="golf-gte").applied(VehicleSettings(soc=0.9)).soc == 0.9


def test_what_is_not_said_stays() -> None:
    before = VehicleSettings(phases=1, sleeps_after_s=60, most_pauses=3)
    assert VehicleChange().applied(before) == before
    assert VehicleChange(most_pauses="any").applied(before) == msgspec.structs.replace(before, most_pauses=None)


def test_a_make_that_is_none_is_named_with_those_that_are() -> None:
    with pytest.raises(ValueError, match=r"^model: there is no vehicle 'ufo'; expected one of vw-id3, "):
        VehicleChange(model="ufo").applied(VehicleSettings())
