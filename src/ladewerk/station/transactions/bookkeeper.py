"""Keeps the books of one unit: enters what happens, hands the events to the journal, and knows who may charge."""

from collections.abc import Callable

from msgspec.structs import replace

from ladewerk.ocpp import v21
from ladewerk.station.authorization.rules import same
from ladewerk.station.moment import Moment
from ladewerk.station.transactions import books
from ladewerk.station.transactions.books import At, Books, NewId, Terms
from ladewerk.station.transactions.transaction import Grant, Transaction
from ladewerk.station.unit.actions import AuthorizeTransaction, BeginTransaction, EndReason, EndTransaction, Refuse
from ladewerk.station.unit.events import DirectPressed, Event, NeedsGiven, ScheduleGiven, StartPressed
from ladewerk.station.unit.state import ENERGISED, RUNNING, UnitState

Entry = BeginTransaction | AuthorizeTransaction | EndTransaction


class Bookkeeper:
    """``transaction`` is the open one. ``free`` says for whom a charging counts that nobody showed a token for, None where a
    token is needed. ``append`` takes each event, and keeps it before it is ever sent; ``unwritten``: why it cannot."""

    def __init__(
        self,
        terms: Callable[[], Terms],
        free: Callable[[], Grant | None],
        append: Callable[[v21.TransactionEventRequest], None],
        new_id: NewId,
        *,
        unwritten: Callable[[], str | None],
    ) -> None:
        self._terms = terms
        self._free = free
        self._append = append
        self._new_id = new_id
        self._unwritten = unwritten
        self._books = Books()
        self._given: Grant | None = None

    @property
    def transaction(self) -> Transaction | None:
        return self._books.transaction

    @property
    def grant(self) -> Grant | None:
        """Who may charge now."""
        return self._books.grant

    @property
    def out_of_service(self) -> bool:
        """Nothing may begin, since the CSMS has ordered so; what runs goes on."""
        return self._books.transaction is None and not self._terms().operative

    def why_not(self, event: Event, given: Grant | None) -> Refuse | None:
        """Why ``event`` may not happen now, whatever the unit says: out of service, for nobody, or untold."""
        if not isinstance(event, NeedsGiven | ScheduleGiven | StartPressed | DirectPressed):
            return None
        if self.out_of_service:
            return Refuse("out_of_service")
        if given is None and self._books.grant is None and self._free() is None:
            return Refuse("token_needed")
        unwritten = self._unwritten()
        if unwritten is not None:
            # What runs goes on; nothing begins of which the CSMS might never hear.
            return Refuse("journal_not_written", {"why": unwritten})
        return None

    def given(self, grant: Grant | None) -> None:
        """Whom the next authorization is for; None for whoever stands there."""
        self._given = grant

    def enter(self, entry: Entry, state: UnitState, now: Moment) -> None:
        """What the unit's table says of a session."""
        at = self._at(state, now)
        match entry:
            case BeginTransaction(plugged_now=True):
                self._keep(books.plugged(self._books, at))
            case BeginTransaction():
                self._books = replace(self._books, connected=True)
            case AuthorizeTransaction():
                self._grant(at)
            case EndTransaction(reason):
                self._keep(books.released(self._books, reason, at))

    def _grant(self, at: At) -> None:
        standing = self._books.grant
        grant = self._given or standing or self._free()
        if grant is not None and (standing is None or not self._books.told or not _alike(grant, standing)):
            self._keep(books.granted(self._books, grant, at))

    def follow(self, state: UnitState, now: Moment) -> EndReason | None:
        """What the unit's state calls for; why its session has to stop, where that has ended its transaction."""
        if state.phase in RUNNING and self._books.grant is None:
            # A plan that nobody asked for was started: it charges for whoever started it.
            self._grant(self._at(state, now))
        self._keep(books.followed(self._books, self._at(state, now)))
        return self._books.ceased if state.phase in ENERGISED else None

    def report_now(self, state: UnitState, now: Moment) -> bool:
        """An event that the CSMS asked for; False where no transaction is open."""
        self._keep(books.asked_for(self._books, self._at(state, now)))
        return self._books.transaction is not None

    def await_vehicle(self, grant: Grant, state: UnitState, now: Moment) -> None:
        """Somebody may charge who has no vehicle there yet (E03, F02)."""
        self._keep(books.granted(self._books, grant, self._at(state, now)))

    def close(self, reason: EndReason, state: UnitState, now: Moment, *, final: bool = False) -> None:
        """The authorization ends though the unit has no session: no vehicle came (E03.FR.05), or the station is reset.

        ``final`` where the unit is no more: its transaction ends too, whatever its TxStopPoints are.
        """
        self._keep(books.released(self._books, reason, self._at(state, now), final=final))

    def stopped_by(self, token: v21.IdTokenType) -> None:
        """The token that ends the session (E07)."""
        self._books = replace(self._books, stopped_by=token)

    def learn_group(self, group: v21.IdTokenType) -> None:
        """The CSMS has said to which group the token belongs that charges."""
        if self._books.grant is not None:
            self._books = replace(self._books, grant=replace(self._books.grant, group=group))

    def _at(self, state: UnitState, now: Moment) -> At:
        return At(state, now, self._terms(), self._new_id)

    def _keep(self, kept: books.Kept) -> None:
        self._books, events = kept
        for event in events:
            self._append(event)


def _alike(one: Grant, other: Grant) -> bool:
    return same(one.id_token, other.id_token) and one.remote_start_id == other.remote_start_id
