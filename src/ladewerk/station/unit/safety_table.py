"""What is watched, what it takes to be found, and what follows: the table of ``docs/station.md``."""

from dataclasses import asdict
from typing import Final

from ladewerk.station.unit.safety import Thresholds

_FAULT: Final = "fault"
_FAULT_AT_START: Final = "fault; nothing was energised"

WATCHED: Final[tuple[tuple[str, str, str], ...]] = (
    (
        "over_current",
        "more than (offer + {tolerance_a} A) x {soft_factor} for {soft_for_s} s; a higher one counts {settle_s} s on",
        "the offer is lowered by as much, once in a session; if that does not help: fault",
    ),
    ("surge", "the same with x {hard_factor} for {hard_for_s} s", _FAULT),
    (
        "contactor_welded",
        "more than {welded_a} A for {welded_for_s} s with the contactor open or no vehicle asking; it never opens",
        "fault; a reset is refused as long as it flows",
    ),
    (
        "current_fluctuates",
        "the current swings to and fro by more than {band_a} A three times within {band_for_s} s",
        "alarm; the offer is kept at the lowest current seen plus the band",
    ),
    ("phases_unbalanced", "two phases of a three-phase unit differ by more than {imbalance_a} A", "alarm"),
    ("evse_silent", "the board has not answered for {evse_silent_s} s", _FAULT),
    (
        "evse_disobeys",
        "the board shows another current than it was told, as after a power cut of its own, for {evse_silent_s} s",
        "it is told again after 2 s; then fault",
    ),
    ("evse_error", "the board reports a diode fault or a vehicle that wants ventilation", _FAULT),
    (
        "ground_fault",
        "the board says that its RCD has tripped",
        f"{_FAULT}; it lasts until the board was switched off and on",
    ),
    ("evse_pilot", "the control pilot is in state E or F", _FAULT),
    (
        "meter_silent",
        "the meter has not told the current of every phase of the unit for {meter_hold_s} s; for {meter_silent_s} s",
        "no higher current, no new session; then fault",
    ),
    ("meter_frozen", "the meter shows the very same numbers for {meter_frozen_s} s while a current is offered", _FAULT),
    ("lock_failed", "the plug is not locked, or its switch says so, within 10 s", _FAULT_AT_START),
    ("lock_open", "the switch of the plug lock says open while a current is offered", _FAULT),
    ("unlock_failed", "the plug cannot be let go", _FAULT),
    ("self_test_failed", "the board's self-test ends with an error, or without a result within 60 s", _FAULT_AT_START),
    ("impossible", "what cannot happen by the table of states happens", _FAULT),
)
"""Code, what has to be seen with the thresholds in braces, and what is done. A fault: 0 A, contactor open, error latched."""


def as_markdown() -> str:
    """The table with the thresholds as they are by default."""
    defaults = {name: f"{value:g}" for name, value in asdict(Thresholds()).items()}
    lines = ["| code | found when | then |", "| --- | --- | --- |"]
    lines += [f"| `{code}` | {when.format_map(defaults)} | {then} |" for code, when, then in WATCHED]
    return "\n".join(lines)
