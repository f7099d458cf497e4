"""What can be broken at run time."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ladewerk.simulator.evse_board import BoardFailure
from ladewerk.simulator.plug_lock import LockFaults

Phases = tuple[Literal["a", "b", "c"], ...]
Nth = Annotated[int, Meta(ge=1)]


class Faults(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All faults at once; the defaults are a sound world."""

    board_silent: bool = False
    board_unpowered: bool = False
    """It has no supply; when that comes back, it boots."""
    board_loses_every: Nth | None = None
    """Every n-th answer of the board gets lost."""
    board_garbles_every: Nth | None = None
    """Every n-th answer of the board has a wrong bit."""
    board_delay_s: Annotated[float, Meta(gt=0, le=10)] | None = None
    """Each answer of the board is so much late."""
    board_foreign_frames: bool = False
    """Before each answer of the board another device's is heard on the line."""
    bridge_refuses: bool = False
    """The TCP bridge, where there is one, breaks off every connection."""
    board_failure: BoardFailure | None = None
    relay_welded: bool = False
    meter_silent: bool = False
    """It takes requests and never answers."""
    meter_refuses: bool = False
    """It breaks off every connection."""
    meter_frozen: bool = False
    """Its readings and registers no longer change."""
    meter_null_phases: Phases = ()
    """Phases out of "a", "b", "c" of which it tells null."""
    meter_reversed_phases: Phases = ()
    """Phases whose clamp is on the wrong way round."""
    meter_errors: tuple[Literal["power_meter_failure", "phase_sequence", "no_load", "ct_type_not_set"], ...] = ()
    """What it says is wrong with itself."""
    vehicle_swings_a: Annotated[float, Meta(ge=0)] | None = None
    """It draws this much less in every other four seconds."""
    vehicle_ignores_offer: bool = False
    """It draws its maximum as long as its inlet is energised."""
    vehicle_overdraws_a: Annotated[float, Meta(ge=0, le=80)] | None = None
    """It draws this much more than is offered, up to its maximum."""
    pilot_interrupted: bool = False
    """The wire of the control pilot is open: the board sees no vehicle, the vehicle no offer."""
    lock_jams_at: Annotated[float, Meta(ge=0, le=1)] | None = None
    """The bolt meets something there on its way to locked (0 open, 1 locked), and can only go back."""
    lock_stuck: bool = False
    """The bolt does not move."""
    lock_slowness: Annotated[float, Meta(ge=1, le=1000)] | None = None
    """The bolt takes so many times as long."""
    lock_feedback: Literal["open", "closed"] | None = None
    """What its contact says whatever the position."""
    lock_wires_swapped: bool = False
    """The motor turns the other way."""
    lock_relay_stuck: Literal["lock", "unlock"] | None = None
    """The relay that stays closed whatever its pin says."""
    lock_unpowered: bool = False
    """The motor has no supply: the bolt stays where it is, half-way too."""

    def of_lock(self) -> LockFaults:
        """Those of the lock."""
        return LockFaults(
            jams_at=self.lock_jams_at,
            stuck=self.lock_stuck,
            slowness=self.lock_slowness or 1.0,
            feedback=self.lock_feedback,
            wires_swapped=self.lock_wires_swapped,
            relay_stuck=self.lock_relay_stuck,
            unpowered=self.lock_unpowered,
        )
