"""The energy of one session, from a meter's register that others may reset."""

from msgspec import Struct

from ladewerk.station.drivers.ports import MeterReading


class SessionEnergy(Struct, frozen=True, kw_only=True):
    """``session_wh`` since the session's first reading; ``register_wh`` is the register as last seen."""

    register_wh: float
    session_wh: float = 0.0

    def measured(self, reading: MeterReading) -> "SessionEnergy":
        """The count after ``reading``. It never goes back: a register that does was reset, and is followed from there."""
        step_wh = max(0.0, reading.energy_register_wh - self.register_wh)
        return SessionEnergy(register_wh=reading.energy_register_wh, session_wh=self.session_wh + step_wh)
