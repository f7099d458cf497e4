"""What stations have reported and nothing else came of: security events, events of the device, messages of vendors."""

from datetime import datetime
from typing import Any, Final

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from ladewerk.csms.api.desk import Desk
from ladewerk.csms.api.paging import LINKED, USUAL, After, Limit, cursor_of, page
from ladewerk.csms.security.roles import Right
from ladewerk.csms.store.ports import KeptNotice


class NoticeView(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it came, in the words of OCPP 2.1; ``at`` is when."""

    number: int
    station_id: str
    action: str
    at: datetime
    payload: dict[str, Any]


@get("/api/notices", right=Right.READ, response_headers=LINKED)
async def get_notices(
    desk: NamedDependency[Desk],
    request: Request[Any, Any, Any],
    station: FromQuery[str | None] = None,
    action: FromQuery[list[str] | None] = None,
    after: After = None,
    limit: Limit = USUAL,
) -> Response[list[NoticeView]]:
    """Messages of stations that were kept, the newest first; with ``action``, once or several times, those alone."""
    behind = cursor_of(after, int)
    found = await desk.store.notices.newest(
        limit + 1, after=None if behind is None else behind[0], station=station, actions=action or ()
    )
    return page(request, found, limit, key=lambda one: (one.number,), view=_view)


def _view(kept: KeptNotice) -> NoticeView:
    said = kept.notification
    payload = msgspec.json.decode(said.payload, type=dict[str, Any])
    return NoticeView(number=kept.number, station_id=said.station_id, action=said.action, at=said.at, payload=payload)


ROUTES: Final = (get_notices,)
