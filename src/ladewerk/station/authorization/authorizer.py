"""Asks who may charge: the local list, the cache, and the CSMS where the rules say that it has to be asked."""

import logging
from dataclasses import replace

from ladewerk.clock import Clock
from ladewerk.errors import CallFailed, LocalProtocolError, StoreError
from ladewerk.ocpp import v21
from ladewerk.station.authorization.local_list import LocalList, Refused, updated
from ladewerk.station.authorization.local_list import Status as ListStatus
from ladewerk.station.authorization.rules import (
    Question,
    Rules,
    Source,
    Stop,
    Verdict,
    decide,
    decide_stop,
    decide_stop_by,
    judge,
    key_of,
)
from ladewerk.station.authorization.token_cache import TokenCache
from ladewerk.station.authorization.token_memory import TokenMemory
from ladewerk.station.device_model import variables as settings
from ladewerk.station.device_model.facts import ITEMS_PER_MESSAGE, MOST_LISTED
from ladewerk.station.device_model.model import DeviceModel
from ladewerk.station.link.csms_link import CsmsLink

_log = logging.getLogger(__name__)


class Authorizer:
    """The one place that knows tokens."""

    def __init__(self, model: DeviceModel, link: CsmsLink, memory: TokenMemory, clock: Clock) -> None:
        self.listed = LocalList()
        self._cache = TokenCache()
        self._model = model
        self._link = link
        self._memory = memory
        self._clock = clock

    async def load(self) -> None:
        """Take over what survived a restart. Raises StoreError."""
        self.listed = await self._memory.read_list()
        self._cache = TokenCache(await self._memory.read_cache())

    def rules(self) -> Rules:
        """The settings as the table takes them."""
        true = self._model.true
        return Rules(
            enabled=true(settings.AUTH_ENABLED),
            local_authorize_offline=true(settings.LOCAL_AUTHORIZE_OFFLINE),
            local_pre_authorize=true(settings.LOCAL_PRE_AUTHORIZE),
            offline_unknown=true(settings.OFFLINE_UNKNOWN),
            disable_remote=true(settings.DISABLE_REMOTE),
            list_enabled=true(settings.LIST_ENABLED),
            cache_enabled=true(settings.CACHE_ENABLED),
            cache_life_time_s=self._model.whole(settings.CACHE_LIFE_TIME),
            master_pass_group=self._model.text(settings.MASTER_PASS_GROUP),
        )

    def _question(self, token: v21.IdTokenType, evse_id: int) -> Question:
        return Question(
            token=token,
            evse_id=evse_id,
            listed=self.listed.info_of(token),
            cached=self._cache.entries.get(key_of(token)),
            rules=self.rules(),
            online=self._link.is_up,
            now=self._clock.now(),
        )

    async def authorize(self, token: v21.IdTokenType, evse_id: int) -> Verdict:
        """Whether ``token`` may charge at ``evse_id``; a CSMS that does not answer counts as offline."""
        question = self._question(token, evse_id)
        verdict = decide(question)
        if verdict.status is not None:
            return verdict
        info = await self._ask(token)
        if info is None:
            return decide(replace(question, online=False))
        return judge(question, info, Source.CSMS)

    async def may_stop(
        self, token: v21.IdTokenType, evse_id: int, started_by: v21.IdTokenType, group: v21.IdTokenType | None
    ) -> Stop:
        """What ``token`` may do to the charging that ``started_by`` began."""
        question = self._question(token, evse_id)
        found = decide_stop(question, started_by, group)
        if found is not Stop.ASK:
            return found
        info = await self._ask(token)
        if info is None:
            return decide_stop(replace(question, online=False), started_by, group)
        return decide_stop_by(info, question.rules, group)

    async def _ask(self, token: v21.IdTokenType) -> v21.IdTokenInfoType | None:
        try:
            answer = await self._link.call(v21.AuthorizeRequest(id_token=token))
        except (CallFailed, LocalProtocolError) as err:
            _log.info("the CSMS does not say who may charge: %s", err)
            return None
        await self.learn(token, answer.id_token_info)
        return answer.id_token_info

    async def learn(self, token: v21.IdTokenType, info: v21.IdTokenInfoType) -> None:
        """Remember what the CSMS said of a token, as far as the cache is enabled."""
        if not self._model.true(settings.CACHE_ENABLED):
            return
        change = self._cache.learned(token, info, self._clock.now())
        self._cache = TokenCache(change.entries)
        try:
            if change.put is not None:
                await self._memory.cache(*change.put, change.gone)
            elif change.gone:
                await self._memory.forget(change.gone)
        except StoreError as err:
            _log.warning("the authorization cache is not kept: %s", err)

    async def clear_cache(self) -> bool:
        """Whether the cache is empty now (C11)."""
        if not self._model.true(settings.CACHE_ENABLED):
            return False
        try:
            await self._memory.forget(None)
        except StoreError as err:
            _log.warning("the authorization cache is not cleared: %s", err)
            return False
        self._cache = TokenCache()
        return True

    async def update_list(self, request: v21.SendLocalListRequest) -> Refused | None:
        """D01: take the list, or why not; it is kept before it counts."""
        if not self._model.true(settings.LIST_ENABLED):
            return Refused(ListStatus.FAILED, "NotEnabled", "LocalAuthListCtrlr.Enabled is false")
        new = updated(self.listed, request, most=MOST_LISTED, most_in_message=ITEMS_PER_MESSAGE)
        if isinstance(new, Refused):
            return new
        try:
            await self._memory.keep_list(new)
        except StoreError as err:
            return Refused(ListStatus.FAILED, "InternalError", str(err))
        self.listed = new
        return None

    def list_version(self) -> int:
        """D02: 0 where there is no list, or it does not count."""
        return self.listed.version if self._model.true(settings.LIST_ENABLED) else 0
