"""Where a driver shows a token: whoever may charge gets what he asks for, whoever may stop stops (block C, E03, E07)."""

from typing import Final

from ladewerk.ocpp import v21
from ladewerk.station.authorization.authorizer import Authorizer
from ladewerk.station.authorization.rules import Stop, Verdict, same
from ladewerk.station.control import UnitControl
from ladewerk.station.device_model import variables as settings
from ladewerk.station.device_model.model import DeviceModel
from ladewerk.station.transactions.transaction import Grant
from ladewerk.station.unit.actions import EndReason, Refuse
from ladewerk.station.unit.events import DirectPressed, Event, Origin, StopPressed
from ladewerk.station.unit.state import Phase

TOKEN_TYPE: Final = "ISO14443"
"""What kind of token is shown where nobody says: most are cards."""

_FIELDS: Final = frozenset({"id_token", "token_type"})


class Desk:
    """Stands between the page, the API and the units."""

    def __init__(self, authorizer: Authorizer, model: DeviceModel) -> None:
        self._authorizer = authorizer
        self._model = model

    async def order(self, unit: UnitControl, event: Event, token: v21.IdTokenType | None) -> Refuse | None:
        """Let ``event`` happen for whoever shows ``token``, or without one for whoever stands there; what was refused."""
        if token is None:
            return unit.handle(event)
        if isinstance(event, StopPressed):
            return await self._stop(unit, event, token)
        standing = unit.books.grant
        if standing is not None and not same(token, standing.id_token):
            # C01.FR.23: one transaction has one token.
            return Refuse("token_not_yours")
        grant = standing
        if grant is None:
            verdict = await self._authorizer.authorize(token, unit.evse_id)
            if not verdict.accepted:
                return _refused(verdict)
            grant = Grant(id_token=token, group=verdict.group)
        if isinstance(event, DirectPressed) and unit.state.phase is Phase.IDLE:
            return self.expect(unit, grant)
        return unit.handle(event, grant)

    def expect(self, unit: UnitControl, grant: Grant) -> Refuse | None:
        """Who may charge comes before the vehicle does (E03, F02): it has EVConnectionTimeOut to be plugged in."""
        origin = Origin.LOCAL if grant.remote_start_id is None else Origin.REMOTE
        refused = unit.books.why_not(DirectPressed(origin), grant)
        if refused is None:
            unit.await_vehicle(grant, self._model.whole(settings.EV_CONNECTION_TIMEOUT))
        return refused

    async def _stop(self, unit: UnitControl, event: StopPressed, token: v21.IdTokenType) -> Refuse | None:
        standing = unit.books.grant
        if standing is None:
            return unit.handle(event)
        found = await self._authorizer.may_stop(token, unit.evse_id, standing.id_token, standing.group)
        if found not in (Stop.SAME, Stop.MASTER_PASS):
            return Refuse("token_not_yours")
        unit.books.stopped_by(token)
        reason = EndReason.MASTER_PASS if found is Stop.MASTER_PASS else None
        return unit.handle(StopPressed(event.origin, reason))


def _refused(verdict: Verdict) -> Refuse:
    status = "Unknown" if verdict.status is None else verdict.status.value
    return Refuse("token_not_accepted", {"status": status})


def read_token(body: object) -> v21.IdTokenType | None:
    """``{"id_token": "04A1B2", "token_type": "ISO14443"}`` of a request; None where no token is named."""
    if not isinstance(body, dict):
        return None
    token, kind = body.get("id_token"), body.get("token_type", TOKEN_TYPE)
    if not isinstance(token, str) or not isinstance(kind, str) or not 0 < len(token) <= 36 or not 0 < len(kind) <= 20:
        return None
    return v21.IdTokenType(id_token=token, type=kind)


def without_token(body: object) -> object:
    """The request without what :func:`read_token` reads."""
    return {key: value for key, value in body.items() if key not in _FIELDS} if isinstance(body, dict) else body
