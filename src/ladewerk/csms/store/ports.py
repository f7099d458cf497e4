"""What the CSMS asks of its database."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from ladewerk.csms.dossiers.shelves import Dossiers
from ladewerk.csms.limit.allocation import EvseKey, Outlet
from ladewerk.csms.planning.site import Site
from ladewerk.csms.records import ChargingNeed, ConnectorStatus, StationRecord, StoredPlan
from ladewerk.csms.security.records import Change, Key, Login, User
from ladewerk.csms.smart_charging.quirks import KnownQuirks
from ladewerk.csms.tokens import Token
from ladewerk.csms.transactions import Transaction
from ladewerk.signals import Signal


class EventRecord(Struct, frozen=True, kw_only=True, gc=False):
    """A TransactionEvent as it came; ``payload`` is its OCPP 2.1 JSON. Unique in station, transaction and ``seq_no``."""

    station_id: str
    transaction_id: str
    seq_no: int
    event_type: str
    trigger_reason: str
    at: datetime
    received_at: datetime
    offline: bool
    payload: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """Another message of a station that is kept: security events, meter values outside transactions, device events."""

    station_id: str
    action: str
    at: datetime
    payload: str


@dataclass(frozen=True, slots=True)
class KeptNotice:
    """One that is kept, under a number that grows."""

    number: int
    notification: Notification


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """Everything a starting CSMS needs to go on where it stopped."""

    stations: tuple[StationRecord, ...] = ()
    connectors: tuple[ConnectorStatus, ...] = ()
    transactions: tuple[Transaction, ...] = ()
    needs: tuple[ChargingNeed, ...] = ()
    plans: tuple[StoredPlan, ...] = ()
    accepted_plans: tuple[StoredPlan, ...] = ()
    outlets: Mapping[EvseKey, Outlet] = field(default_factory=dict)
    quirks: Mapping[str, KnownQuirks] = field(default_factory=dict)
    last_plan_number: int = 0
    site: Site | None = None
    configured_site: Site | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAccounts:
    """Who may use page and API."""

    users: tuple[User, ...] = ()
    logins: tuple[Login, ...] = ()
    keys: tuple[Key, ...] = ()


class AccountStore(Protocol):
    """Every method returns when its work is committed, and raises StoreError where the database refuses."""

    async def accounts(self) -> KnownAccounts:
        """Everybody."""
        ...

    async def put_user(self, user: User) -> None:
        """Add or replace a user."""
        ...

    async def drop_user(self, user_key: str) -> None:
        """Forget a user."""
        ...

    async def put_login(self, login: Login) -> None:
        """Add a login, or note that it was seen."""
        ...

    async def drop_logins(self, digests: Sequence[str]) -> None:
        """End logins."""
        ...

    async def put_key(self, key: Key) -> None:
        """Add a key."""
        ...

    async def drop_key(self, name: str) -> None:
        """Forget a key."""
        ...

    async def add_change(self, change: Change) -> None:
        """Write down who wanted to change what."""
        ...

    async def changes(self, before: int | None, limit: int) -> list[tuple[int, Change]]:
        """The newest ``limit`` changes with a number below ``before``, newest first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One transaction of the database, with its fsync, that held so many ``writes``."""

    writes: int
    duration_s: float


class Writing(Protocol):
    """How the writing goes; ``committed`` announces each transaction."""

    committed: Signal[Commit]

    @property
    def waiting(self) -> int:
        """Writes that nobody has begun with."""
        ...

    async def touch(self) -> None:
        """Write and commit what is there already: whether that can be done. Raises StoreError."""
        ...


class HistoryStore(Protocol):
    """What was, the newest first and ``limit`` at most; ``after`` goes on behind the last of another page.

    Of each filter None asks for all. Every method raises StoreError where the database cannot be read.
    """

    async def transactions(
        self,
        limit: int,
        *,
        after: tuple[datetime, str, str] | None = None,
        station_id: str | None = None,
        id_tokens: Collection[str] | None = None,
    ) -> list[Transaction]:
        """By ``updated_at``, station and transaction id, which ``after`` names."""
        ...

    async def plans(
        self,
        limit: int,
        *,
        after: int | None = None,
        station_id: str | None = None,
        transaction_id: str | None = None,
    ) -> list[StoredPlan]:
        """By their numbers."""
        ...


class NoticeStore(Protocol):
    """Messages that were kept as they came."""

    async def newest(
        self, limit: int, *, after: int | None, station: str | None, actions: Collection[str]
    ) -> list[KeptNotice]:
        """The newest first, behind the number ``after``, of one station or all; no ``actions``: any. Raises StoreError."""
        ...


class TokenChangeStore(Protocol):
    """In what order tokens were changed, by numbers that only grow. Every method raises StoreError."""

    async def last(self) -> int:
        """The number of the last change, 0 before the first."""
        ...

    async def since(self, number: int) -> list[str]:
        """The keys of the tokens that were entered, changed or deleted after that change."""
        ...


class Store(Protocol):
    """Every method returns when its work is committed, and raises StoreError where the database refuses."""

    accounts: AccountStore
    dossiers: Dossiers
    notices: NoticeStore
    token_changes: TokenChangeStore
    tokens_changed: Signal[None]
    """A token was entered, changed or deleted."""
    history: HistoryStore
    event_stored: Signal[None]
    """A TransactionEvent that was new is committed."""

    @property
    def writing(self) -> Writing:
        """How the writing goes."""
        ...

    async def remember(self) -> Remembered:
        """The stations, open transactions with their newest needs and plans, and the site."""
        ...

    async def put_station(self, station: StationRecord) -> None:
        """Add or replace a station."""
        ...

    async def put_quirks(self, station_key: str, known: KnownQuirks) -> None:
        """Add or replace what is known of a station's quirks."""
        ...

    async def put_connector(self, status: ConnectorStatus) -> None:
        """Add or replace the status of a connector."""
        ...

    async def add_event(self, event: EventRecord, transaction: Transaction) -> bool:
        """Add an event and what the transaction is after it; False and nothing changed if that event is already there."""
        ...

    async def add_notification(self, notification: Notification) -> None:
        """Keep a message."""
        ...

    async def put_transaction(self, transaction: Transaction) -> None:
        """Replace what is known of a transaction."""
        ...

    async def put_need(self, need: ChargingNeed) -> None:
        """Add or replace the need of a transaction at an EVSE."""
        ...

    async def add_plan(self, plan: StoredPlan) -> None:
        """Keep a plan."""
        ...

    async def accept_plan(self, number: int, at: datetime) -> None:
        """Note that the station took the plan over at ``at``."""
        ...

    async def put_outlet(self, key: EvseKey, outlet: Outlet) -> None:
        """Add or replace what an EVSE may draw."""
        ...

    async def plan(self, number: int) -> StoredPlan | None:
        """A plan, also of a transaction long ended."""
        ...

    async def transactions(self, limit: int) -> list[Transaction]:
        """The newest ``limit`` transactions, newest first."""
        ...

    async def past_transactions(self, id_token: str, limit: int) -> list[Transaction]:
        """The newest ``limit`` transactions of an id token that have ended, newest first."""
        ...

    async def has_event(self, station_id: str, transaction_id: str, seq_no: int) -> bool:
        """Whether that event is committed."""
        ...

    async def transaction(self, station_id: str, transaction_id: str) -> Transaction | None:
        """A transaction, also one that has ended."""
        ...

    async def token(self, id_token: str) -> Token | None:
        """What was entered about an id token."""
        ...

    async def tokens(self, search: str, after: str, limit: int) -> list[Token]:
        """The first ``limit`` tokens behind the one called ``after``, of those with ``search`` in their name or owner."""
        ...

    async def put_token(self, token: Token) -> None:
        """Add or replace a token."""
        ...

    async def delete_token(self, id_token: str) -> bool:
        """Forget a token; False if there was none."""
        ...

    async def forget(self, before: Mapping[str, datetime], at_most: int) -> int:
        """Delete up to ``at_most`` messages, events, plans and changes each that are older; how many were deleted."""
        ...

    async def put_site(self, site: Site, configured: Site | None) -> None:
        """Remember the site, and what the configuration file said when it was set."""
        ...
