"""May a profile be installed beside those that are there. Source: OCPP 2.1 part 2, K01, K04, K28; 1.6 edition 2, 3.13."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec import UNSET

from ladewerk.charging.abilities import Abilities, Replacing
from ladewerk.charging.installation import Installation, Purpose
from ladewerk.charging.occurrences import Kind, take_turns
from ladewerk.charging.refusal import Reason, Refusal
from ladewerk.charging.schedule_check import refused_schedules


def refused(
    candidate: Installation,
    installed: Iterable[Installation],
    *,
    abilities: Abilities,
    transactions: Mapping[int, str],
    starts_transaction: bool = False,
) -> Refusal | None:
    """Why ``candidate`` cannot be installed; None where it can.

    ``transactions`` are the ids of those that run, by EVSE. ``starts_transaction`` is a profile that came with a
    RequestStartTransaction: its transaction is still to come (K05).
    """
    others = [one for one in installed if one.profile.id != candidate.profile.id]
    same_id = [one for one in installed if one.profile.id == candidate.profile.id]
    steps: list[Callable[[], Iterator[Refusal]]] = [
        lambda: _place_refusals(candidate, abilities),
        lambda: _kind_refusals(candidate, abilities),
        lambda: _transaction_refusals(candidate, transactions, abilities, starts_transaction),
        lambda: _schedule_refusals(candidate, abilities),
        lambda: _neighbour_refusals(candidate, others, same_id, abilities),
    ]
    return next((refusal for step in steps for refusal in step()), None)


def _place_refusals(candidate: Installation, abilities: Abilities) -> Iterator[Refusal]:
    purpose, evse_id = candidate.purpose, candidate.evse_id
    if evse_id and evse_id not in abilities.evse_ids:  # K01.FR.28
        yield Refusal(Reason.INVALID_VALUE, f"there is no EVSE {evse_id}")
    if purpose is Purpose.TX_PROFILE and evse_id == 0:  # K01.FR.16
        yield Refusal(Reason.INVALID_VALUE, "a TxProfile is set on an EVSE, not on EVSE 0")
    if purpose is Purpose.CHARGING_STATION_MAX_PROFILE and evse_id:  # K04.FR.03
        yield Refusal(Reason.INVALID_VALUE, f"a {purpose.value} is set on EVSE 0, not on {evse_id}")
    if purpose not in abilities.purposes:
        if purpose is Purpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS:  # K01.FR.22
            yield Refusal(Reason.INVALID_VALUE, f"{purpose.value} is not set by a CSMS")
        yield Refusal(Reason.UNSUPPORTED_PURPOSE, f"{purpose.value} is not supported")  # K01.FR.120
    most = abilities.most_stack_level
    if most is not None and candidate.profile.stack_level > most:
        yield Refusal(
            Reason.INVALID_STACK_LEVEL, f"stack level {candidate.profile.stack_level}; at most {most} is kept here"
        )


def _kind_refusals(candidate: Installation, abilities: Abilities) -> Iterator[Refusal]:
    profile, kind = candidate.profile, candidate.profile.charging_profile_kind
    if candidate.purpose is Purpose.CHARGING_STATION_MAX_PROFILE and kind is Kind.RELATIVE:  # K01.FR.38
        yield Refusal(Reason.INVALID_VALUE, f"a {candidate.purpose.value} is not Relative: it has no transaction to follow")
    if kind is Kind.RECURRING and profile.recurrency_kind is UNSET:
        yield Refusal(Reason.INVALID_PROFILE, "a Recurring profile has a recurrencyKind")
    if kind is Kind.DYNAMIC and not abilities.dynamic:  # K01.FR.121
        yield Refusal(Reason.UNSUPPORTED_KIND, "Dynamic profiles are not supported")
    if kind is not Kind.DYNAMIC and (profile.dyn_update_interval is not UNSET or profile.dyn_update_time is not UNSET):
        yield Refusal(Reason.INVALID_PROFILE, "only a Dynamic profile is updated")  # K01.FR.122, K28.FR.04
    first_free = abilities.external_ids_up_to
    if first_free is not None and profile.id <= first_free:  # K01.FR.81
        yield Refusal(Reason.INVALID_PROFILE_ID, f"ids up to {first_free} belong to external constraints")


def _transaction_refusals(
    candidate: Installation, transactions: Mapping[int, str], abilities: Abilities, starts_transaction: bool
) -> Iterator[Refusal]:
    if starts_transaction:
        if candidate.purpose is not Purpose.TX_PROFILE:  # K05.FR.02
            yield Refusal(Reason.INVALID_PROFILE, "what starts a transaction brings a TxProfile")
        elif candidate.transaction_id is not None:
            yield Refusal(Reason.TX_NOT_FOUND, "the transaction that is to be started has no id yet")
        return
    if candidate.purpose is not Purpose.TX_PROFILE:
        return
    named = candidate.transaction_id
    if named is None and abilities.replacing is Replacing.BY_ID:  # K01.FR.03
        yield Refusal(Reason.MISSING_PARAM, "a TxProfile names its transaction")
    running = transactions.get(candidate.evse_id)
    if running is None:  # K01.FR.09
        yield Refusal(Reason.TX_NOT_FOUND, f"no transaction is open on EVSE {candidate.evse_id}")
    elif named is not None and named != running:  # K01.FR.33
        yield Refusal(Reason.TX_NOT_FOUND, f"transaction {named} is not open on EVSE {candidate.evse_id}")


def _schedule_refusals(candidate: Installation, abilities: Abilities) -> Iterator[Refusal]:
    refusal = refused_schedules(candidate.profile, abilities)
    if refusal is not None:
        yield refusal


def _neighbour_refusals(
    candidate: Installation, others: list[Installation], same_id: list[Installation], abilities: Abilities
) -> Iterator[Refusal]:
    external = Purpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS
    if candidate.purpose is not external and any(one.purpose is external for one in same_id):  # K01.FR.05
        yield Refusal(Reason.DUPLICATE_PROFILE, f"profile {candidate.profile.id} is an external constraint")
    if abilities.replacing is Replacing.BY_LEVEL:
        stays = len([one for one in others if one.place != candidate.place])
    else:
        stays = len(others)
        yield from _conflicts(candidate, others, abilities)
    if abilities.most_profiles is not None and stays >= abilities.most_profiles:
        yield Refusal(Reason.TOO_MANY_ELEMENTS, f"{stays} profiles are installed, that is all this station keeps")


def _conflicts(candidate: Installation, others: list[Installation], abilities: Abilities) -> Iterator[Refusal]:
    level = candidate.profile.stack_level
    for one in others:
        if one.purpose is not candidate.purpose:
            continue
        where = f"profile {one.profile.id} on EVSE {one.evse_id} has stack level {level}"
        if candidate.purpose is Purpose.TX_PROFILE:
            if one.place == candidate.place:  # K01.FR.39
                yield Refusal(Reason.INVALID_STACK_LEVEL, where)
        elif one.place == candidate.place and candidate.meets(one):  # K01.FR.06
            if abilities.strict or not take_turns(one.profile, candidate.profile):
                yield Refusal(Reason.DUPLICATE_PROFILE, f"{where} at the same time")
        elif (
            candidate.purpose is Purpose.TX_DEFAULT_PROFILE
            and one.profile.stack_level == level
            and one.evse_id != candidate.evse_id
            and 0 in (one.evse_id, candidate.evse_id)
        ):  # K01.FR.52, K01.FR.53
            yield Refusal(Reason.DUPLICATE_PROFILE, where)
