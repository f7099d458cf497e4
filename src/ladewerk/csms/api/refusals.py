"""How the API says no: always JSON, a code and parameters that pages translate, and a sentence for people."""

import logging
import re
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from ladewerk.csms.planning.site import Fault
from ladewerk.errors import StoreError

_log = logging.getLogger(__name__)


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why a request was not carried out."""

    code: str
    params: dict[str, Any] = {}
    text: str


class FaultyFields(msgspec.Struct, frozen=True, kw_only=True):
    """Which values of a request cannot be used."""

    errors: list[Fault]


class Refused(Exception):
    """Ends a request with ``status`` and a refusal or the faulty fields; ``headers`` stand beside them."""

    def __init__(self, status: int, body: Refusal | FaultyFields, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(str(body))
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


def refused(status: int, code: str, text: str, **params: object) -> Refused:
    """A refusal to raise."""
    return Refused(status, Refusal(code=code, params=params, text=text))


def too_early(text: str, wait_s: int) -> Refused:
    """Somebody who asks too often, to raise."""
    body = Refusal(code="too-many-tries", params={"wait_s": wait_s}, text=text)
    return Refused(429, body, {"Retry-After": str(wait_s)})


def faulty(*faults: Fault) -> Refused:
    """Faulty fields to raise."""
    return Refused(422, FaultyFields(errors=list(faults)))


def answer_refused(_request: Request[Any, Any, Any], refusal: Refused) -> Response[Refusal | FaultyFields]:
    """One of ours."""
    return Response(refusal.body, status_code=refusal.status, headers=refusal.headers)


def answer_invalid(_request: Request[Any, Any, Any], error: ValidationException) -> Response[FaultyFields]:
    """A body or parameter that is not of the form the API asks for."""
    faults = [_fault(entry) for entry in error.extra if isinstance(entry, dict)] if isinstance(error.extra, list) else []
    if not faults:
        faults = [Fault(field="", code="invalid", text=str(error.detail))]
    return Response(FaultyFields(errors=faults), status_code=422)


def answer_http(_request: Request[Any, Any, Any], error: HTTPException) -> Response[Refusal | FaultyFields]:
    """What the framework refuses by itself: an unknown path, a method that is not there, a body that is not JSON."""
    if error.status_code == 400:
        return Response(FaultyFields(errors=[Fault(field="", code="invalid", text=str(error.detail))]), status_code=422)
    return Response(Refusal(code=f"http-{error.status_code}", text=str(error.detail)), status_code=error.status_code)


def answer_unreadable(
    _request: Request[Any, Any, Any], _error: RecursionError | UnicodeDecodeError
) -> Response[FaultyFields]:
    """What the reader of JSON lets through as it came: nested too deeply, or not UTF-8."""
    text = "this cannot be read as JSON: it is not UTF-8, or nested too deeply"
    return Response(FaultyFields(errors=[Fault(field="", code="invalid", text=text)]), status_code=422)


def answer_store_error(request: Request[Any, Any, Any], error: StoreError) -> Response[Refusal]:
    """The database does not take or give."""
    _log.error("%s %s: %s", request.method, request.url.path, error)
    return Response(Refusal(code="database", text=str(error)), status_code=500)


def answer_bug(request: Request[Any, Any, Any], error: Exception) -> Response[Refusal]:
    """Whatever nobody expected: logged with its trace, answered without."""
    _log.error("%s %s failed: a bug of this program", request.method, request.url.path, exc_info=error)
    return Response(Refusal(code="internal", text="this failed; the log of the CSMS says why"), status_code=500)


def _fault(entry: dict[str, Any]) -> Fault:
    message, _, place = str(entry.get("message", "")).partition(" - at `$")
    key = str(entry.get("key", ""))
    # The framework calls the body by the name of the parameter that takes it.
    place = place.rstrip("`").lstrip(".") or ("" if key == "data" else key.removeprefix("data."))
    unknown = re.fullmatch(r"Object contains unknown field `(.+)`", message)
    if unknown:
        return Fault(field=".".join(filter(None, (place, unknown[1]))), code="unknown-field", text="there is no such field")
    return Fault(field=place, code="invalid", text=message)
