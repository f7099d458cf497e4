"""What the routes of the API work with."""

from dataclasses import dataclass

from ladewerk.clock import Clock
from ladewerk.csms.api.live_feed import LiveFeed
from ladewerk.csms.api.views import Overview, overview
from ladewerk.csms.functional_blocks import FunctionalBlocks
from ladewerk.csms.ledger import Ledger
from ladewerk.csms.limit.outlets import Outlets
from ladewerk.csms.security.accounts import Accounts
from ladewerk.csms.stations.connections import Connections
from ladewerk.csms.stations.networks import Networks
from ladewerk.csms.store.ports import Store
from ladewerk.csms.watching.frame_log import FrameLog
from ladewerk.csms.watching.health import Health
from ladewerk.csms.watching.measures import Measures
from ladewerk.csms.watching.message_log import MessageLog
from ladewerk.refusals import Refusals
from ladewerk.web.tries import Tries


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Everything a route may need."""

    ledger: Ledger
    connections: Connections
    frame_log: FrameLog
    store: Store
    blocks: FunctionalBlocks
    clock: Clock
    accounts: Accounts | None
    tries: Tries
    refusals: Refusals
    outlets: Outlets
    measures: Measures
    health: Health
    metrics_from: Networks
    message_log: MessageLog
    live: LiveFeed

    def overview(self) -> Overview:
        """What is known now."""
        return overview(self.ledger, self.connections, self.clock.now())
