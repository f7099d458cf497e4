"""Page, API and live events as one application."""

from pathlib import Path
from typing import Any, Final

from litestar import Litestar, Request, WebSocket, get, websocket
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from ladewerk import __version__
from ladewerk.clock import Clock
from ladewerk.station.web.api import routes
from ladewerk.station.web.history_api import history_routes
from ladewerk.station.web.live import Live
from ladewerk.station.web.seen import Seen
from ladewerk.station.web.shapes import ANSWERS, BODIES, REFUSALS, StateEvent
from ladewerk.web.access import Access
from ladewerk.web.access_routes import access_routes
from ladewerk.web.bodies import EXCEPTION_HANDLERS
from ladewerk.web.openapi import described
from ladewerk.web.static import page_routes

_PAGE: Final = Path(__file__).parent / "page"
_MOST_BODY_BYTES: Final = 65_536


@get("/openapi.json", include_in_schema=False)
async def openapi_json(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """The description of the API."""
    schema = request.app.openapi_schema.to_schema()
    present = {(method, path) for path, operations in schema["paths"].items() for method in operations}
    return described(
        schema,
        bodies={place: kind for place, kind in BODIES.items() if place in present},
        answers={place: kind for place, kind in ANSWERS.items() if place in present},
        events=StateEvent,
        refusals=REFUSALS,
    )


def web_app(seen: Seen, live: Live, access: Access | None, clock: Clock, cookie: str) -> Litestar:
    """The application of one station; ``cookie`` is the name under which a browser keeps its session."""

    @websocket("/api/events", name="events")
    async def events(socket: WebSocket[Any, Any, Any]) -> None:
        await live.serve(socket)

    return Litestar(
        route_handlers=[
            *routes(seen),
            *history_routes(seen.archive, clock),
            *access_routes(access, clock, cookie),
            *(openapi_json, events, *page_routes(_PAGE)),
        ],
        # Of litestar's renderers only JSON: the others load their scripts from foreign hosts.
        openapi_config=OpenAPIConfig(
            title="Ladewerk station", version=__version__, path="/openapi", render_plugins=[JsonRenderPlugin()]
        ),
        exception_handlers=EXCEPTION_HANDLERS,
        request_max_body_size=_MOST_BODY_BYTES,
        logging_config=None,
    )
