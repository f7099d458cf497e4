"""The simulator's own page and its API: look at everything, do what people do there, break things."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from ladewerk.simulator.acts import AnyAct, perform
from ladewerk.simulator.http_server import Request, Response
from ladewerk.simulator.panel_openapi import openapi
from ladewerk.simulator.panel_views import ClockView, Connected, Refusal, state_view
from ladewerk.simulator.scenario import Course
from ladewerk.simulator.site import Site
from ladewerk.simulator.vehicle_settings import makes
from ladewerk.simulator.web.files import page_files
from ladewerk.web.guard import SECURITY_HEADERS

_SECURITY: Final = {name.decode(): value.decode() for name, value in SECURITY_HEADERS}


class Panel:
    """Answers the panel's requests; ``present`` brings the site up to now first."""

    def __init__(
        self,
        present: Callable[[], Site],
        units: Mapping[str, Connected],
        clock_view: Callable[[], ClockView],
        *,
        course: Course | None,
        time_zone: str | None,
    ) -> None:
        self._present = present
        self._routes: dict[tuple[str, str], Callable[[Request], Response]] = {
            ("GET", "/healthz"): lambda _: _json(200, {}),
            ("GET", "/api/state"): lambda _: _json(200, state_view(present(), units, course, time_zone)),
            ("GET", "/api/clock"): lambda _: _json(200, clock_view()),
            ("GET", "/api/vehicles"): lambda _: _json(200, makes()),
            ("POST", "/api/acts"): self._act,
            ("GET", "/openapi.json"): lambda _: _json(200, openapi()),
        }
        self._files = page_files()

    def handle(self, request: Request) -> Response:
        """Answer one request."""
        return dataclasses.replace(self._answer(request), headers=_SECURITY)

    def _answer(self, request: Request) -> Response:
        if not _same_origin(request):
            return _refusal(403, "foreign_page", "a page of another origin may not do this")
        if request.method == "GET" and request.path in self._files:
            return self._files[request.path]
        answer = self._routes.get((request.method, request.path))
        return answer(request) if answer else _refusal(404, "not_found", f"there is no {request.method} {request.path}")

    def _act(self, request: Request) -> Response:
        try:
            # Of the union's own type, which mypy takes for a value.
            act: Any = msgspec.json.decode(request.body, type=AnyAct)
        except msgspec.DecodeError as err:
            return _refusal(422, "invalid", str(err))
        site = self._present()
        refused = perform(act, site)
        if refused is not None:
            return _refusal(409, refused.code, refused.text)
        site.look()
        return _json(200, {})


def _same_origin(request: Request) -> bool:
    """Whether no page of another origin is behind this; a request without Origin comes from no page."""
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def _json(status: int, value: object) -> Response:
    return Response(status, msgspec.json.encode(value))


def _refusal(status: int, code: str, text: str) -> Response:
    return _json(status, Refusal(code=code, text=text))
