"""Who may charge: the table of block C, row by row; the local list and the cache it goes by."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import UNSET

from ladewerk.ocpp import v21
from ladewerk.station.authorization.local_list import LocalList, Refused, updated
from ladewerk.station.authorization.rules import (
    TABLE,
    Cached,
    Question,
    Rules,
    Source,
    Status,
    Stop,
    decide,
    decide_stop,
    decide_stop_by,
    judge,
    key_of,
)
from ladewerk.station.authorization.token_cache import MOST_CACHED, TokenCache

NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
LATER, EARLIER = NOW + timedelta(hours=1), NOW - timedelta(hours=1)
CARD = v21.IdTokenType(id_token="04A1", type="ISO14443")
OTHER = v21.IdTokenType(id_token="04B2", type="ISO14443")
GROUP = v21.IdTokenType(id_token="FAMILY", type="Central")
POLICE = v21.IdTokenType(id_token="POLICE", type="Central")


def info(status: Status = Status.ACCEPTED, **more: Any) -> v21.IdTokenInfoType:
    return v21.IdTokenInfoType(status=status, **more)


def cached(status: Status = Status.ACCEPTED, *, used_at: datetime = NOW, **more: Any) -> Cached:
    return Cached(info=info(status, **more), used_at=used_at)


def asked(**more: Any) -> Question:
    rules = {name: more.pop(name) for name in list(more) if name in Rules.__dataclass_fields__}
    known = {"token": CARD, "evse_id": 1, "listed": None, "cached": None, "online": True, "now": NOW, **more}
    return Question(rules=Rules(**rules), **known)


ASK = (None, Source.NOBODY)
YES_LIST, YES_CACHE = (Status.ACCEPTED, Source.LIST), (Status.ACCEPTED, Source.CACHE)
UNKNOWN = (Status.UNKNOWN, Source.NOBODY)


@pytest.mark.parametrize(
    ("requirement", "question", "verdict"),
    [
        ("C01.FR.01", asked(enabled=False, online=False), (Status.ACCEPTED, Source.NOBODY)),
        ("C05.FR.01", asked(token=GROUP), (Status.ACCEPTED, Source.CSMS)),
        ("C02.FR.01", asked(token=v21.IdTokenType(id_token="", type="NoAuthorization")), (Status.INVALID, Source.NOBODY)),
        ("C12, C14.FR.02", asked(local_pre_authorize=True, listed=info()), YES_LIST),
        ("C12, C14.FR.02", asked(local_pre_authorize=True, cached=cached()), YES_CACHE),
        ("C10.FR.03, C14.FR.03", asked(local_pre_authorize=True, cached=cached(Status.BLOCKED)), ASK),
        ("C10.FR.03, C14.FR.03", asked(local_pre_authorize=True, listed=info(Status.BLOCKED), cached=cached()), ASK),
        ("C10.FR.03, C14.FR.03", asked(listed=info()), ASK),
        ("C10.FR.03, C14.FR.03", asked(), ASK),
        ("C14", asked(disable_remote=True, listed=info()), YES_LIST),
        ("C14", asked(disable_remote=True, cached=cached(Status.EXPIRED)), (Status.EXPIRED, Source.CACHE)),
        ("C13.FR.02", asked(online=False, listed=info()), YES_LIST),
        ("C13.FR.02", asked(online=False, listed=info(Status.BLOCKED), cached=cached()), (Status.BLOCKED, Source.LIST)),
        ("C13.FR.02", asked(online=False, cached=cached()), YES_CACHE),
        ("C15.FR.08", asked(online=False, offline_unknown=True), (Status.ACCEPTED, Source.OFFLINE)),
        ("C15", asked(online=False), UNKNOWN),
        ("C15", asked(online=False, offline_unknown=True, local_authorize_offline=False, listed=info()), UNKNOWN),
        ("C15", asked(disable_remote=True), UNKNOWN),
    ],
)
def test_every_row_of_the_table_decides(requirement: str, question: Question, verdict: tuple[Any, Source]) -> None:
    assert next(name for name, row in TABLE.items() if row.fits(question)) == requirement
    found = decide(question)
    assert (found.status, found.source) == verdict


def test_no_row_is_without_a_case() -> None:
    cases = test_every_row_of_the_table_decides.pytestmark[0].args[1]
    assert {requirement for requirement, *_ in cases} == set(TABLE)


@pytest.mark.parametrize(
    ("question", "status"),
    [
        (asked(online=False, listed=info(cache_expiry_date_time=LATER)), Status.ACCEPTED),
        (asked(online=False, listed=info(cache_expiry_date_time=EARLIER)), Status.UNKNOWN),
        (asked(online=False, list_enabled=False, listed=info()), Status.UNKNOWN),
        (asked(online=False, cached=cached(cache_expiry_date_time=EARLIER)), Status.UNKNOWN),
        (asked(online=False, cache_enabled=False, cached=cached()), Status.UNKNOWN),
        (asked(online=False, cache_life_time_s=60, cached=cached(used_at=EARLIER)), Status.UNKNOWN),
        (asked(online=False, cache_life_time_s=7200, cached=cached(used_at=EARLIER)), Status.ACCEPTED),
        (asked(online=False, cached=cached(used_at=NOW - timedelta(days=900))), Status.ACCEPTED),
    ],
)
def test_c10_what_is_known_counts_as_long_as_it_may(question: Question, status: Status) -> None:
    assert decide(question).status is status


def test_c16_a_master_pass_starts_nothing() -> None:
    question = asked(online=False, master_pass_group="police", listed=info(group_id_token=POLICE))
    assert decide(question).status is Status.INVALID


def test_c01_fr_21_a_token_is_for_the_evses_that_are_named() -> None:
    known = info(evse_id=(2, 3))
    assert judge(asked(evse_id=1), known, Source.CSMS).status is Status.NOT_AT_THIS_LOCATION
    assert judge(asked(evse_id=3), known, Source.CSMS).accepted


def test_c01_fr_25_tokens_are_the_same_by_value_and_type_whatever_their_case() -> None:
    assert key_of(CARD) == key_of(v21.IdTokenType(id_token="04a1", type="iso14443"))
    assert key_of(CARD) != key_of(v21.IdTokenType(id_token="04A1", type="KeyCode"))


@pytest.mark.parametrize(
    ("question", "group", "stop"),
    [
        (asked(), None, Stop.SAME),
        (asked(token=OTHER), None, Stop.ASK),
        (asked(token=OTHER, online=False), None, Stop.NO),
        (asked(token=OTHER, cached=cached(group_id_token=GROUP)), GROUP, Stop.SAME),
        (asked(token=OTHER, cached=cached(group_id_token=GROUP)), None, Stop.ASK),
        (asked(token=OTHER, online=False, cached=cached(group_id_token=GROUP)), POLICE, Stop.NO),
        (asked(token=OTHER, online=False, cached=cached(Status.BLOCKED, group_id_token=GROUP)), GROUP, Stop.NO),
        (asked(token=OTHER, master_pass_group="POLICE", listed=info(group_id_token=POLICE)), None, Stop.MASTER_PASS),
    ],
)
def test_c09_c16_who_may_stop(question: Question, group: v21.IdTokenType | None, stop: Stop) -> None:
    assert decide_stop(question, CARD, group) is stop


def test_c09_fr_11_who_is_not_accepted_stops_nothing_though_of_the_group() -> None:
    assert decide_stop_by(info(Status.BLOCKED, group_id_token=GROUP), Rules(), GROUP) is Stop.NO
    assert decide_stop_by(info(group_id_token=GROUP), Rules(), GROUP) is Stop.SAME


# The local list -------------------------------------------------------------------------------------------------------

FULL, DIFFERENTIAL = v21.UpdateEnumType.FULL, v21.UpdateEnumType.DIFFERENTIAL


def sent(kind: v21.UpdateEnumType, version: int, *entries: tuple[v21.IdTokenType, Any]) -> v21.SendLocalListRequest:
    listed = tuple(v21.AuthorizationData(id_token=token, id_token_info=said) for token, said in entries)
    return v21.SendLocalListRequest(version_number=version, update_type=kind, local_authorization_list=listed or UNSET)


def after(known: LocalList, request: v21.SendLocalListRequest) -> Any:
    return updated(known, request, most=3, most_in_message=3)


def test_d01_a_list_is_replaced_changed_and_emptied() -> None:
    first = after(LocalList(), sent(FULL, 5, (CARD, info()), (OTHER, info(Status.BLOCKED))))
    assert (first.version, first.info_of(CARD).status, len(first.entries)) == (5, Status.ACCEPTED, 2)
    second = after(first, sent(DIFFERENTIAL, 6, (CARD, UNSET), (OTHER, info())))
    assert (second.version, second.info_of(CARD), second.info_of(OTHER).status) == (6, None, Status.ACCEPTED)
    assert after(second, sent(DIFFERENTIAL, 7)).entries == second.entries
    assert after(second, sent(FULL, 2)) == LocalList(2, {})


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (sent(DIFFERENTIAL, 5, (CARD, info())), "VersionMismatch"),
        (sent(FULL, 0, (CARD, info())), "Failed"),
        (sent(FULL, 6, (CARD, info()), (v21.IdTokenType(id_token="04a1", type="ISO14443"), info())), "Failed"),
        (sent(FULL, 6, (CARD, UNSET)), "Failed"),
        (sent(FULL, 6, *[(v21.IdTokenType(id_token=str(n), type="Local"), info()) for n in range(4)]), "Failed"),
    ],
)
def test_d01_an_update_that_does_not_fit_changes_nothing(request_: v21.SendLocalListRequest, status: str) -> None:
    refused = after(LocalList(5, {}), request_)
    assert isinstance(refused, Refused)
    assert refused.status.value == status


# The cache ------------------------------------------------------------------------------------------------------------


def test_c10_a_cache_learns_and_forgets() -> None:
    change = TokenCache().learned(CARD, info(group_id_token=GROUP), NOW)
    assert change.put is not None
    again = TokenCache(change.entries).learned(CARD, info(group_id_token=GROUP), NOW + timedelta(minutes=1))
    assert (again.put, again.entries[key_of(CARD)].used_at) == (None, NOW + timedelta(minutes=1))
    worse = TokenCache(again.entries).learned(CARD, info(Status.BLOCKED), NOW)
    assert worse.put is not None
    over = TokenCache(worse.entries).learned(CARD, info(cache_expiry_date_time=EARLIER), NOW)
    assert (over.entries, over.gone) == ({}, (key_of(CARD),))


@pytest.mark.parametrize("kind", ["Central", "NoAuthorization", "Local"])
def test_c05_fr_02_tokens_of_one_use_are_not_cached(kind: str) -> None:
    assert TokenCache().learned(v21.IdTokenType(id_token="x", type=kind), info(), NOW).entries == {}


def test_c10_fr_07_a_full_cache_lets_those_go_first_that_are_not_accepted() -> None:
    entries = {key_of(v21.IdTokenType(id_token=str(n), type="Key")): cached() for n in range(MOST_CACHED - 1)}
    entries[key_of(OTHER)] = cached(Status.BLOCKED)
    change = TokenCache(entries).learned(CARD, info(), NOW)
    assert change.gone == (key_of(OTHER),)
    assert len(change.entries) == MOST_CACHED
    next_one = TokenCache(change.entries).learned(v21.IdTokenType(id_token="n", type="Key"), info(), NOW)
    assert next_one.gone == (key_of(v21.IdTokenType(id_token="0", type="Key")),)
