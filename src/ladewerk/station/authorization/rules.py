"""Who may charge: what the local list, the cache and the settings say of an id token, and whether the CSMS has to be asked.

:func:`decide` is the table of block C (OCPP 2.x part 2): its rows are tried in their order, the first that fits counts.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from msgspec import UNSET

from ladewerk.ocpp import v21

Status = v21.AuthorizationStatusEnumType

NO_AUTHORIZATION: Final = "NoAuthorization"
CENTRAL: Final = "Central"


class Source(StrEnum):
    """Who has said that a token may charge, or may not."""

    NOBODY = "nobody"
    LIST = "local list"
    CACHE = "cache"
    CSMS = "CSMS"
    OFFLINE = "offline rule"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The settings of AuthCtrlr, AuthCacheCtrlr and LocalAuthListCtrlr that decide something."""

    enabled: bool = True
    local_authorize_offline: bool = True
    local_pre_authorize: bool = False
    offline_unknown: bool = False
    disable_remote: bool = False
    list_enabled: bool = True
    cache_enabled: bool = True
    cache_life_time_s: int = 0
    master_pass_group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cached:
    """What the CSMS last said of a token, and when it was last used."""

    info: v21.IdTokenInfoType
    used_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """``status`` None means that the CSMS has to be asked."""

    status: Status | None
    source: Source = Source.NOBODY
    info: v21.IdTokenInfoType | None = None

    @property
    def accepted(self) -> bool:
        return self.status is Status.ACCEPTED

    @property
    def group(self) -> v21.IdTokenType | None:
        """The group of the token, where one is known."""
        return None if self.info is None or self.info.group_id_token is UNSET else self.info.group_id_token


ASK: Final = Verdict(status=None)


def key_of(token: v21.IdTokenType) -> str:
    """Two tokens are the same where value and type are (C01.FR.25); neither knows upper and lower case."""
    return f"{token.type}:{token.id_token}".casefold()


def same(one: v21.IdTokenType, other: v21.IdTokenType) -> bool:
    """The same token, whatever its additional information."""
    return key_of(one) == key_of(other)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Everything that decides about ``token`` at ``evse_id``: what is known of it, the rules, the link, the moment."""

    token: v21.IdTokenType
    evse_id: int
    listed: v21.IdTokenInfoType | None
    cached: Cached | None
    rules: Rules
    online: bool
    now: datetime


def listed_info(question: Question) -> v21.IdTokenInfoType | None:
    """The entry of the local list that counts: an expired one is as none (C14.FR.05)."""
    info = question.listed if question.rules.list_enabled else None
    if info is None or info.cache_expiry_date_time is UNSET:
        return info
    return info if question.now <= info.cache_expiry_date_time else None


def cached_info(question: Question) -> v21.IdTokenInfoType | None:
    """The entry of the cache that counts, if it is fresh (C10.FR.08, FR.10, FR.13)."""
    cached = question.cached if question.rules.cache_enabled else None
    return cached.info if cached is not None and is_fresh(cached, question.rules, question.now) else None


def is_fresh(cached: Cached, rules: Rules, now: datetime) -> bool:
    """Whether a cached entry still counts at ``now``."""
    expiry = cached.info.cache_expiry_date_time
    if expiry is not UNSET:
        return now <= expiry
    life_time_s = rules.cache_life_time_s
    return life_time_s == 0 or now <= cached.used_at + timedelta(seconds=life_time_s)


def judge(question: Question, info: v21.IdTokenInfoType, source: Source) -> Verdict:
    """What ``info`` means for a start at this EVSE: a token of the master pass starts nothing (C16.FR.03)."""
    status = info.status
    if status is Status.ACCEPTED and is_master_pass(info, question.rules):
        status = Status.INVALID
    elif status is Status.ACCEPTED and info.evse_id is not UNSET and question.evse_id not in info.evse_id:
        status = Status.NOT_AT_THIS_LOCATION  # C01.FR.21
    return Verdict(status=status, source=source, info=info)


def is_master_pass(info: v21.IdTokenInfoType, rules: Rules) -> bool:
    """Whether a token of this group may stop everything (C16)."""
    group = info.group_id_token
    if group is UNSET or not rules.master_pass_group:
        return False
    return group.id_token.casefold() == rules.master_pass_group.casefold()


def _is_accepted(info: v21.IdTokenInfoType | None) -> bool:
    return info is not None and info.status is Status.ACCEPTED


def _known(question: Question) -> tuple[v21.IdTokenInfoType, Source] | None:
    """What is known here; the list comes before the cache (C13.FR.01)."""
    listed = listed_info(question)
    if listed is not None:
        return listed, Source.LIST
    cached = cached_info(question)
    return None if cached is None else (cached, Source.CACHE)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: where it fits, what follows, and the requirement that says so."""

    says: str
    fits: Callable[[Question], bool]
    then: Callable[[Question], Verdict]


def _known_verdict(question: Question) -> Verdict:
    known = _known(question)
    assert known is not None
    return judge(question, *known)


def _knows(question: Question) -> bool:
    return _known(question) is not None


def _knows_accepted(question: Question) -> bool:
    known = _known(question)
    return known is not None and _is_accepted(known[0])


def _asks(question: Question) -> bool:
    return question.online and not question.rules.disable_remote


def _to(status: Status, source: Source) -> Callable[[Question], Verdict]:
    return lambda _question: Verdict(status=status, source=source)


TABLE: Final[Mapping[str, Row]] = {
    "C01.FR.01": Row(
        "authorization is switched off: accepted", lambda q: not q.rules.enabled, _to(Status.ACCEPTED, Source.NOBODY)
    ),
    "C05.FR.01": Row(
        "a token of the CSMS itself (Central): accepted, never asked for",
        lambda q: q.token.type == CENTRAL,
        _to(Status.ACCEPTED, Source.CSMS),
    ),
    "C02.FR.01": Row(
        "no token at all while one is needed: refused",
        lambda q: q.token.type == NO_AUTHORIZATION,
        _to(Status.INVALID, Source.NOBODY),
    ),
    "C12, C14.FR.02": Row(
        "online, LocalPreAuthorize, accepted by list or cache: as they say",
        lambda q: q.online and q.rules.local_pre_authorize and _knows_accepted(q),
        _known_verdict,
    ),
    "C10.FR.03, C14.FR.03": Row("online: the CSMS is asked", _asks, lambda _question: ASK),
    "C14": Row(
        "online without asking (DisableRemoteAuthorization): as list and cache say",
        lambda q: q.online and _knows(q),
        _known_verdict,
    ),
    "C13.FR.02": Row(
        "offline, LocalAuthorizeOffline, known to list or cache: as they say",
        lambda q: not q.online and q.rules.local_authorize_offline and _knows(q),
        _known_verdict,
    ),
    "C15.FR.08": Row(
        "offline, OfflineTxForUnknownIdEnabled, known to nobody: accepted",
        lambda q: not q.online and q.rules.offline_unknown and not _knows(q),
        _to(Status.ACCEPTED, Source.OFFLINE),
    ),
    "C15": Row("everything else: unknown", lambda _question: True, _to(Status.UNKNOWN, Source.NOBODY)),
}


def decide(question: Question) -> Verdict:
    """Whether the token may charge; ``status`` None where the CSMS has to be asked. Raises nothing."""
    return next(row.then(question) for row in TABLE.values() if row.fits(question))


class Stop(StrEnum):
    """What a token that is shown during a charging means."""

    SAME = "the token that started, or one of its group"
    MASTER_PASS = "a master pass"
    ASK = "the CSMS has to be asked"
    NO = "somebody else's"


def decide_stop(question: Question, started_by: v21.IdTokenType, group: v21.IdTokenType | None) -> Stop:
    """What ``question.token`` may do to a charging that ``started_by`` began (C01.FR.03, C09, C16)."""
    if same(question.token, started_by):
        return Stop.SAME
    known = _known(question)
    if known is not None and _is_accepted(known[0]):
        return _of_known(known[0], question.rules, group) if not _asks(question) else _or_ask(known[0], question, group)
    return Stop.ASK if _asks(question) else Stop.NO


def decide_stop_by(info: v21.IdTokenInfoType, rules: Rules, group: v21.IdTokenType | None) -> Stop:
    """The same once the CSMS has said ``info`` of the token."""
    return _of_known(info, rules, group) if info.status is Status.ACCEPTED else Stop.NO


def _or_ask(info: v21.IdTokenInfoType, question: Question, group: v21.IdTokenType | None) -> Stop:
    found = _of_known(info, question.rules, group)
    return Stop.ASK if found is Stop.NO else found


def _of_known(info: v21.IdTokenInfoType, rules: Rules, group: v21.IdTokenType | None) -> Stop:
    if is_master_pass(info, rules):
        return Stop.MASTER_PASS
    own = info.group_id_token
    if group is not None and own is not UNSET and own.id_token.casefold() == group.id_token.casefold():
        return Stop.SAME
    return Stop.NO


def as_markdown() -> str:
    """The table for the documentation."""
    lines = ["| rule | where it fits, and what follows |", "| --- | --- |"]
    lines += [f"| {requirement} | {row.says} |" for requirement, row in TABLE.items()]
    return "\n".join(lines)
