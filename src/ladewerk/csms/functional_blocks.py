"""What the CSMS does for stations besides transactions and smart charging, put together: lists, certificates, commands."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from ladewerk.clock import Clock
from ladewerk.csms.certificates.issuing import Issuing
from ladewerk.csms.commands import Commands, FollowUps, together
from ladewerk.csms.config import CsmsConfig
from ladewerk.csms.dossiers.inventories import Inventories
from ladewerk.csms.follow_ups.table import follow_ups
from ladewerk.csms.handlers.data_transfer import DataTransfers
from ladewerk.csms.ledger import Ledger
from ladewerk.csms.local_lists.keeping import ListKeeping
from ladewerk.csms.stations.connections import Connections
from ladewerk.csms.store.ports import Store
from ladewerk.csms.supervision import Tasks
from ladewerk.refusals import Refusals


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionalBlocks:
    """The parts that act."""

    commands: Commands
    lists: ListKeeping
    issuing: Issuing
    data_transfers: DataTransfers
    inventories: Inventories

    @asynccontextmanager
    async def running(self) -> AsyncIterator["FunctionalBlocks"]:
        """Act until the context ends."""
        async with self.lists.running(), self.issuing.running():
            yield self


def functional_blocks(
    config: CsmsConfig,
    ledger: Ledger,
    connections: Connections,
    store: Store,
    clock: Clock,
    tasks: Tasks,
    *,
    limits: FollowUps,
    refusals: Refusals,
) -> FunctionalBlocks:
    """Everything made, nothing running; ``limits`` is what is done around commands that change what may be drawn."""
    lists = ListKeeping(ledger, connections, store, clock, tasks)
    inventories = Inventories()
    kept = follow_ups(ledger, store.dossiers, lists, inventories, clock, file_hosts=config.file_hosts, refusals=refusals)
    joined = {kind: together(kept[kind], one) if kind in kept else one for kind, one in limits.items()}
    commands = Commands(connections, store.dossiers.variables, {**kept, **joined})
    issuing = Issuing(
        ledger,
        commands,
        store,
        clock,
        tasks,
        rules=config.rules,
        accept_unknown=config.accept_unknown,
        table=config.certificates,
        folder=config.authority_folder(),
    )
    return FunctionalBlocks(
        commands=commands,
        lists=lists,
        issuing=issuing,
        data_transfers=DataTransfers(config.data_transfer),
        inventories=inventories,
    )
