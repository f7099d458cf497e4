"""What can be broken at run time."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ladewerk.simulator.evse_board import BoardFailure


class Faults(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All faults at once; the defaults are a sound world."""

    board_silent: bool = False
    board_loses_every: Annotated[int, Meta(ge=1)] | None = None
    """Every n-th answer of the board gets lost."""
    board_failure: BoardFailure | None = None
    relay_welded: bool = False
    meter_silent: bool = False
    """It takes requests and never answers."""
    meter_refuses: bool = False
    """It breaks off every connection."""
    meter_frozen: bool = False
    """Its readings and registers no longer change."""
    meter_null_phases: tuple[Literal["a", "b", "c"], ...] = ()
    """Phases out of "a", "b", "c" of which it tells null."""
    vehicle_swings_a: Annotated[float, Meta(ge=0)] | None = None
    """It draws this much less in every other four seconds."""
    vehicle_ignores_offer: bool = False
    """It draws its maximum as long as its inlet is energised."""
