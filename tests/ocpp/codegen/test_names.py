"""Wire names become Python names that a reader recognises."""

import pytest

from ladewerk.ocpp.codegen.names import attribute, camel, member


@pytest.mark.parametrize(
    ("wire", "name"),
    [
        ("evseId", "evse_id"),
        ("limit_L2", "limit_l2"),
        ("fixedPFAbsorb", "fixed_pf_absorb"),
        ("evMinV2XEnergyRequest", "ev_min_v2x_energy_request"),
        ("v2xBaseline", "v2x_baseline"),
        ("soC", "soc"),
        ("limitAtSoC", "limit_at_soc"),
        ("iso15118SchemaVersion", "iso15118_schema_version"),
        ("prioritizedEMAIDs", "prioritized_emaids"),
        ("evDurationLevel1DCInjection", "ev_duration_level1_dc_injection"),
        ("responderURL", "responder_url"),
        ("class", "class_"),
    ],
)
def test_attributes(wire: str, name: str) -> None:
    assert attribute(wire) == name


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("Energy.Active.Import.Register", "ENERGY_ACTIVE_IMPORT_REGISTER"),
        ("AC_three_phase", "AC_THREE_PHASE"),
        ("EVDisconnected", "EV_DISCONNECTED"),
        ("L1-N", "L1_N"),
        ("kWh", "KWH"),
        ("s309-1P-16A", "S309_1P_16A"),
        ("cCCS2", "C_CCS2"),
        ("15118", "_15118"),
    ],
)
def test_members(value: str, name: str) -> None:
    assert member(value) == name


def test_camel_is_what_msgspec_makes_of_an_attribute() -> None:
    assert camel("ev_max_current") == "evMaxCurrent"
    assert camel("limit_l2") == "limitL2"
