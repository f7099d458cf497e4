"""Requests as they come from pages and files."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ladewerk.station.unit.needs import FieldError, Mode, Needs, read_needs
from ladewerk.station.wording import FIELD_ERRORS

NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
GOOD: dict[str, Any] = {"mode": "cheapest", "energy_wh": 20000, "depart_at": "2026-01-06T06:30:00+01:00"}


def errors(**changed: object) -> list[tuple[str, str]]:
    read = read_needs({**GOOD, **changed}, now=NOW, max_current_a=16.0)
    assert not isinstance(read, Needs)
    return [(error.field, error.code) for error in read]


def test_a_request_is_read_with_its_defaults() -> None:
    assert read_needs(GOOD, now=NOW, max_current_a=16.0) == Needs(
        mode=Mode.CHEAPEST,
        energy_wh=20000,
        depart_at=datetime(2026, 1, 6, 5, 30, tzinfo=UTC),
        min_current_a=6,
        max_current_a=16,
    )


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("mode", "", "missing"),
        ("mode", "fast", "unknown_mode"),
        ("mode", ["balanced"], "unknown_mode"),
        ("energy_wh", None, "missing"),
        ("energy_wh", "20", "not_a_number"),
        ("energy_wh", True, "not_a_number"),
        ("energy_wh", float("nan"), "not_a_number"),
        ("energy_wh", -5, "out_of_range"),
        ("energy_wh", 0, "out_of_range"),
        ("energy_wh", 1e9, "out_of_range"),
        ("depart_at", "", "missing"),
        ("depart_at", "tomorrow", "not_a_time"),
        ("depart_at", "2026-01-06T06:30:00", "no_offset"),
        ("depart_at", "2026-01-05T16:59:00Z", "in_the_past"),
        ("depart_at", (NOW + timedelta(days=15)).isoformat(), "too_far"),
        ("min_current_a", 17, "out_of_range"),
        ("max_current_a", 5, "out_of_range"),
        ("max_current_a", 32, "out_of_range"),
        ("colour", "red", "unknown_field"),
    ],
)
def test_B01_B02_each_field_that_cannot_be_used_has_its_hint(field: str, value: object, code: str) -> None:
    assert (field, code) in errors(**{field: value})
    assert code in FIELD_ERRORS


def test_B01_a_minimum_above_the_maximum_is_told_beside_the_minimum() -> None:
    assert errors(min_current_a=12, max_current_a=10) == [("min_current_a", "above_maximum")]


def test_all_hints_come_at_once() -> None:
    assert len(errors(mode="x", energy_wh="y", depart_at="z")) == 3


@pytest.mark.parametrize("raw", [None, [], "text", 5])
def test_what_is_no_object_is_told_so(raw: object) -> None:
    (error,) = read_needs(raw, now=NOW, max_current_a=16.0)  # type: ignore[misc]
    assert isinstance(error, FieldError)
    assert error.code == "not_an_object"


def test_what_is_missing_never_falls_below_zero() -> None:
    needs = read_needs(GOOD, now=NOW, max_current_a=16.0)
    assert isinstance(needs, Needs)
    assert needs.missing(5000).energy_wh == 15000
    assert needs.missing(25000).energy_wh == 0
