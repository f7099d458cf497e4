"""One connection of a station, as its handlers see it."""

from dataclasses import dataclass, field

from ladewerk.clock import Clock
from ladewerk.csms.ledger import Ledger
from ladewerk.csms.records import StationRecord, station_key
from ladewerk.csms.store.ports import Store
from ladewerk.csms.tokens import UnknownTokens
from ladewerk.refusals import Refusals


@dataclass(frozen=True, slots=True, kw_only=True)
class StationSession:
    """Who speaks and where it is written down; ``generation`` tells this connection from every other there ever was."""

    station_id: str
    generation: int
    ledger: Ledger
    store: Store
    unknown_tokens: UnknownTokens
    clock: Clock
    refusals: Refusals
    invited: set[str] = field(default_factory=set)
    """Actions that were asked for over this connection: a station that is not accepted may send nothing else."""

    @property
    def key(self) -> str:
        """See :func:`ladewerk.csms.records.station_key`."""
        return station_key(self.station_id)

    @property
    def station(self) -> StationRecord:
        """What is known of the station."""
        return self.ledger.stations[self.key]
