"""Which EVSEs are in service, as the CSMS has ordered it, kept over restarts (OCPP 2.x part 2, G03 and G04).

Station, EVSE and connector each have a state of their own; an EVSE is operative where all three are. A transaction that runs
is never cut off: what is ordered meanwhile counts from its end.
"""

from collections.abc import Mapping
from typing import Final

from ladewerk.errors import StoreError
from ladewerk.ocpp import v21
from ladewerk.station.device_model.settings_memory import SettingsMemory

Wanted = v21.OperationalStatusEnumType
Place = tuple[int, int]
"""EVSE and connector; (0, 0) is the station, (n, 0) an EVSE."""

STATION: Final[Place] = (0, 0)


class Availability:
    """The one place that knows. Raises nothing but where it says so."""

    def __init__(self, memory: SettingsMemory) -> None:
        self._memory = memory
        self._wanted: dict[Place, Wanted] = {}
        self.closing = False
        """A reset waits for the transactions that run: none begins any more."""

    async def load(self) -> None:
        """Take over what survived a restart. Raises StoreError."""
        for name, value in (await self._memory.read()).items():
            kind, _, place = name.partition("/")
            if kind == "availability":
                evse_id, connector_id = (int(part) for part in place.split("/"))
                self._wanted[evse_id, connector_id] = Wanted(value)

    def ordered(self, place: Place) -> Wanted:
        """What the CSMS has ordered for one place."""
        return self._wanted.get(place, Wanted.OPERATIVE)

    def operative(self, evse_id: int) -> bool:
        """Whether a transaction may begin at this EVSE."""
        if self.closing or not self._wanted:  # hardly ever is anything ordered, and every poll asks
            return not self.closing
        places = (STATION, (evse_id, 0), (evse_id, 1))
        return all(self.ordered(place) is Wanted.OPERATIVE for place in places)

    async def order(self, place: Place, wanted: Wanted) -> str | None:
        """Keep what is ordered and follow it; why it could not be kept, None where it is."""
        written: Mapping[str, str] = {f"availability/{place[0]}/{place[1]}": wanted.value}
        try:
            await self._memory.keep(written)
        except StoreError as err:
            return str(err)
        self._wanted[place] = wanted
        return None
