"""When a driver who has not said it will leave, by the transactions that the same id token has had before."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from ladewerk.csms.planning.needs import remaining_wh
from ladewerk.csms.planning.problem import Waiting
from ladewerk.csms.planning.site import Site
from ladewerk.csms.planning.zones import site_zone
from ladewerk.csms.transactions import Transaction
from ladewerk.electrical import power_w
from ladewerk.optimizer.habits import Stay, driver_habit

MOST_STAYS: Final = 200
"""Past transactions of a driver that are looked at."""

_NOBODY: Final = "NoAuthorization"
_SHORTEST_STAY: Final = timedelta(minutes=10)
"""What is shorter was a mistake, not a visit."""

_RESERVE: Final = 1.25
"""How much more time than at full speed there has to be until a departure that is only expected."""


def known_token(transaction: Transaction) -> str | None:
    """The id token by which habits are looked for; None where nobody knows who it is."""
    return None if transaction.id_token_type == _NOBODY else transaction.id_token or None


def usual_energy_wh(transaction: Transaction, stays: Sequence[Stay], site: Site, now: datetime) -> float | None:
    """What nine in ten such stays take at most; None where that is not known."""
    arrived_at = transaction.started_at
    habit = None if arrived_at is None else driver_habit(stays, arrived_at, now, site_zone(site))
    return None if habit is None else habit.much_energy_wh


def past_stays(transactions: Iterable[Transaction]) -> list[Stay]:
    """The ended ones as stays."""
    return [
        Stay(arrived_at=past.started_at, departed_at=past.ended_at, energy_wh=max(0.0, past.energy_wh or 0.0))
        for past in transactions
        if past.started_at is not None and past.ended_at is not None and past.ended_at - past.started_at >= _SHORTEST_STAY
    ]


def expected_departure(car: Waiting, stays: Sequence[Stay], site: Site, now: datetime) -> datetime | None:
    """The moment before which one in ten such stays had ended; None where that is not known.

    None as well where the car would hardly be full by then: an expectation must not cost anybody energy.
    """
    arrived_at = car.transaction.started_at
    habit = None if arrived_at is None else driver_habit(stays, arrived_at, now, site_zone(site))
    if habit is None:
        return None
    need = car.need
    full_w = power_w(need.max_current_a, phases=need.phases, voltage_v=site.voltage_v)
    needed = timedelta(hours=_RESERVE * remaining_wh(need, car.transaction) / full_w)
    return habit.leaves_early_at if now + needed <= habit.leaves_early_at else None
