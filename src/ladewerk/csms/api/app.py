"""The web application of the CSMS."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec
from litestar import Litestar, Request, Response, get
from litestar.di import Provide
from litestar.exceptions import HTTPException, ValidationException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from ladewerk import __version__
from ladewerk.csms.api import (
    access_routes,
    certificate_routes,
    device_routes,
    errand_routes,
    history_routes,
    live,
    metrics,
    need_routes,
    notice_routes,
    own_routes,
    refusal_routes,
    registration_routes,
    reservation_routes,
    site_routes,
    station_routes,
    token_routes,
    user_routes,
)
from ladewerk.csms.api.command_schema import with_commands
from ladewerk.csms.api.desk import Desk
from ladewerk.csms.api.guard import Guard
from ladewerk.csms.api.refusals import (
    Refused,
    answer_bug,
    answer_http,
    answer_invalid,
    answer_refused,
    answer_store_error,
    answer_unreadable,
)
from ladewerk.csms.security.audit import Audit
from ladewerk.csms.security.roles import Right
from ladewerk.errors import StoreError
from ladewerk.web.guard import AsgiApp

_MOST_BODY_BYTES = 4_000_000
"""A year of quarter-hour prices as JSON is about this."""


@get("/openapi.json", include_in_schema=False, right=Right.OPEN)
async def openapi_json(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The description of the API."""
    return Response(_description(request.app), media_type="application/json")


@lru_cache(maxsize=1)
def _description(app: Litestar) -> bytes:
    """Made once: it takes a tenth of a second, and strangers may ask for it."""
    return msgspec.json.encode(with_commands(app.openapi_schema.to_schema()))


_ROUTES: Final = (
    *site_routes.ROUTES,
    *station_routes.ROUTES,
    *registration_routes.ROUTES,
    *need_routes.ROUTES,
    *own_routes.ROUTES,
    *token_routes.ROUTES,
    *access_routes.ROUTES,
    *user_routes.ROUTES,
    *certificate_routes.ROUTES,
    *notice_routes.ROUTES,
    *errand_routes.ROUTES,
    *reservation_routes.ROUTES,
    *device_routes.ROUTES,
    *history_routes.ROUTES,
    *refusal_routes.ROUTES,
    *metrics.ROUTES,
    *live.ROUTES,
    openapi_json,
)


def csms_api(desk: Desk, page: Sequence[HTTPRouteHandler]) -> AsgiApp:
    """Page, REST and live events over ``desk``; the description of the API is ``/openapi.json``."""
    guard = Guard(desk.accounts, desk.refusals)
    api = Litestar(
        route_handlers=[*page, *_ROUTES],
        guards=[guard],
        dependencies={
            "desk": Provide(lambda: desk, sync_to_thread=False),
            "guard": Provide(lambda: guard, sync_to_thread=False),
        },
        exception_handlers={
            Refused: answer_refused,
            ValidationException: answer_invalid,
            HTTPException: answer_http,
            StoreError: answer_store_error,
            RecursionError: answer_unreadable,
            UnicodeDecodeError: answer_unreadable,
            Exception: answer_bug,
        },
        # Of litestar's renderers only JSON: the others load their scripts from foreign hosts.
        openapi_config=OpenAPIConfig(
            title="Ladewerk CSMS", version=__version__, path="/openapi", render_plugins=[JsonRenderPlugin()]
        ),
        request_max_body_size=_MOST_BODY_BYTES,
        logging_config=None,
    )
    return api if desk.accounts is None else Audit(api, desk.accounts, desk.clock, desk.refusals)
