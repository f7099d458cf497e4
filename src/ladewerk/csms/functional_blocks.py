"""What the CSMS does for stations besides transactions and smart charging, put together: lists, certificates, commands."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from ladewerk.clock import Clock
from ladewerk.csms.certificates.issuing import CertificatesTable, Issuing
from ladewerk.csms.commands import Commands, FollowUps
from ladewerk.csms.data_transfer_rules import DataTransferRule
from ladewerk.csms.dossiers.inventories import Inventories
from ladewerk.csms.follow_ups.table import follow_ups
from ladewerk.csms.handlers.data_transfer import DataTransfers
from ladewerk.csms.ledger import Ledger
from ladewerk.csms.local_lists.keeping import ListKeeping
from ladewerk.csms.stations.connections import Connections
from ladewerk.csms.stations.station_rules import Rules
from ladewerk.csms.store.ports import Store
from ladewerk.csms.supervision import Tasks


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
    ledger: Ledger,
    connections: Connections,
    store: Store,
    clock: Clock,
    tasks: Tasks,
    *,
    rules: Rules,
    accept_unknown: bool,
    file_hosts: Sequence[str],
    certificates: CertificatesTable,
    authority_folder: Path,
    data_transfer: Sequence[DataTransferRule],
    limits: FollowUps,
) -> FunctionalBlocks:
    """Everything made, nothing running; ``limits`` is what is done around commands that change what may be drawn."""
    lists = ListKeeping(ledger, connections, store, clock, tasks)
    inventories = Inventories()
    kept = follow_ups(ledger, store.dossiers, lists, inventories, clock, file_hosts=file_hosts)
    commands = Commands(connections, {**kept, **limits})
    issuing = Issuing(
        ledger,
        commands,
        store,
        clock,
        tasks,
        rules=rules,
        accept_unknown=accept_unknown,
        table=certificates,
        folder=authority_folder,
    )
    return FunctionalBlocks(
        commands=commands,
        lists=lists,
        issuing=issuing,
        data_transfers=DataTransfers(data_transfer),
        inventories=inventories,
    )
