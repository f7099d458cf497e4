"""The web application of the CSMS."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec
from litestar import Litestar, Request, Response, get
from litestar.di import Provide
from litestar.exceptions import HTTPException, ValidationException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from ladewerk import __version__
from ladewerk.csms.api.access_routes import delete_session, get_session, post_session, post_setup, put_password
from ladewerk.csms.api.certificate_routes import get_authority, get_certificates, get_local_list, post_local_list
from ladewerk.csms.api.command_schema import with_commands
from ladewerk.csms.api.desk import Desk
from ladewerk.csms.api.device_routes import (
    delete_customer_information,
    get_customer_information,
    get_display_messages,
    get_monitors,
    get_variables,
)
from ladewerk.csms.api.errand_routes import get_firmware, get_logs, post_firmware, post_log
from ladewerk.csms.api.guard import Guard
from ladewerk.csms.api.history_routes import get_exchanges, get_frames, get_plan, get_plans, get_transactions, healthz
from ladewerk.csms.api.live import events
from ladewerk.csms.api.metrics import metrics
from ladewerk.csms.api.need_routes import put_need
from ladewerk.csms.api.notice_routes import get_notices
from ladewerk.csms.api.own_routes import get_own, post_stop
from ladewerk.csms.api.refusal_routes import get_refusals
from ladewerk.csms.api.refusals import (
    Refused,
    answer_bug,
    answer_http,
    answer_invalid,
    answer_refused,
    answer_store_error,
    answer_unreadable,
)
from ladewerk.csms.api.registration_routes import get_registration, put_registration
from ladewerk.csms.api.reservation_routes import delete_reservation, get_reservations, post_reservation
from ladewerk.csms.api.site_routes import get_overview, get_site, put_site
from ladewerk.csms.api.station_routes import (
    approve,
    command,
    get_quirks,
    get_station,
    get_stations,
    post_station,
    put_quirks,
    refuse,
)
from ladewerk.csms.api.token_routes import delete_token, get_token, get_tokens, put_token
from ladewerk.csms.api.user_routes import delete_key, delete_user, get_changes, get_keys, get_users, post_key, put_user
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


def csms_api(desk: Desk, page: Sequence[HTTPRouteHandler]) -> AsgiApp:
    """Page, REST and live events over ``desk``; the description of the API is ``/openapi.json``."""
    guard = Guard(desk.accounts, desk.refusals)
    api = Litestar(
        route_handlers=[
            *page,
            get_overview,
            get_site,
            put_site,
            get_stations,
            post_station,
            approve,
            get_station,
            *(get_quirks, put_quirks, refuse),
            *(get_registration, put_registration),
            command,
            *(put_need, get_own, post_stop),
            get_tokens,
            get_token,
            put_token,
            *(get_session, post_setup, post_session, delete_session, put_password),
            *(get_users, put_user, delete_user, get_keys, post_key, delete_key, get_changes),
            delete_token,
            *(get_authority, get_certificates, get_local_list, post_local_list),
            get_notices,
            *(get_firmware, post_firmware, get_logs, post_log),
            *(get_reservations, post_reservation, delete_reservation),
            *(get_variables, get_monitors, get_display_messages),
            *(get_customer_information, delete_customer_information),
            get_transactions,
            get_plans,
            get_plan,
            get_frames,
            get_exchanges,
            get_refusals,
            healthz,
            metrics,
            openapi_json,
            events,
        ],
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
