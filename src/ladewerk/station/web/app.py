"""Page, API and live events as one application."""

from pathlib import Path
from typing import Any, Final

from litestar import Litestar, Request, WebSocket, get, websocket
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from ladewerk import __version__
from ladewerk.station.web.api import routes
from ladewerk.station.web.live import Live
from ladewerk.station.web.seen import Seen
from ladewerk.web.static import page_routes

_PAGE: Final = Path(__file__).parent / "page"


@get("/openapi.json", include_in_schema=False)
async def openapi_json(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """The description of the API."""
    return request.app.openapi_schema.to_schema()


def web_app(seen: Seen, live: Live) -> Litestar:
    """The application of one station."""

    @websocket("/api/events", name="events")
    async def events(socket: WebSocket[Any, Any, Any]) -> None:
        await live.serve(socket)

    return Litestar(
        route_handlers=[*routes(seen), openapi_json, events, *page_routes(_PAGE)],
        # Of litestar's renderers only JSON: the others load their scripts from foreign hosts.
        openapi_config=OpenAPIConfig(
            title="Ladewerk station", version=__version__, path="/openapi", render_plugins=[JsonRenderPlugin()]
        ),
        logging_config=None,
    )
