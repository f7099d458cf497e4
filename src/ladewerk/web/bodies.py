"""What a request says, as a typed value; what is wrong with it, with the place in its JSON."""

import logging
import re
from collections.abc import Mapping
from typing import Any, Final, TypeVar

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from ladewerk.errors import StoreError

T = TypeVar("T")

_log = logging.getLogger(__name__)

_UNKNOWN: Final = re.compile("Object contains unknown field `(.*)`")
_PARAMETER: Final = re.compile(r"parameter '(\w+)'")
_MISSING: Final = re.compile("Object missing required field `(.*)`")


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Why one value cannot be used: ``code`` with ``params`` is for translation, ``text`` for reading."""

    field: str
    """Its place in the JSON, such as ``evse.address``; empty: the whole."""
    code: str
    params: dict[str, Any] = {}
    text: str


class Problems(msgspec.Struct, frozen=True, kw_only=True):
    """Which values of a request cannot be used; nothing was changed."""

    errors: list[Problem]


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why a request was not carried out; nothing was changed."""

    code: str
    params: dict[str, Any] = {}
    text: str


class Unusable(Exception):
    """Ends a request with 422 and the problems."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(problems[0].text)
        self.problems = problems


class Refused(Exception):
    """Ends a request with ``status`` and a refusal."""

    def __init__(
        self,
        status: int,
        code: str,
        text: str,
        params: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(text)
        self.status = status
        self.refusal = Refusal(code=code, params=dict(params or {}), text=text)
        self.headers = dict(headers or {})


def read_body(raw: bytes, kind: type[T]) -> T:
    """The JSON ``raw`` as a ``kind``. Raises Unusable with the place and what was expected there."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as err:
        raise Unusable(_problem(str(err))) from err
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as err:
        raise Unusable(Problem(field="", code="not_json", text=f"the request is not JSON: {err}")) from err


def answer_unusable(_request: Request[Any, Any, Any], unusable: Unusable) -> Response[Problems]:
    """For litestar's ``exception_handlers``."""
    return Response(Problems(errors=list(unusable.problems)), status_code=422)


def answer_refused(_request: Request[Any, Any, Any], refused: Refused) -> Response[Refusal]:
    """For litestar's ``exception_handlers``."""
    return Response(refused.refusal, status_code=refused.status, headers=refused.headers)


def answer_invalid(_request: Request[Any, Any, Any], error: ValidationException) -> Response[Problems]:
    """A parameter of the address that is not of the form the route asks for."""
    entries = error.extra if isinstance(error.extra, list) else []
    found = [
        Problem(field=str(one.get("key", "")), code="invalid", params={"expected": said}, text=f"{one.get('key')}: {said}")
        for one in entries
        if isinstance(one, dict)
        for said in (str(one.get("message", "")),)
    ]
    if not found:
        told = str(error.detail)
        named = _PARAMETER.search(told)
        found = [Problem(field=named[1] if named else "", code="invalid", params={"expected": told}, text=told)]
    return Response(Problems(errors=found), status_code=422)


def answer_http(_request: Request[Any, Any, Any], error: HTTPException) -> Response[Refusal]:
    """What the framework refuses by itself: an address or a method that is not there, a body that is too large."""
    refusal = Refusal(code=f"http_{error.status_code}", text=str(error.detail))
    return Response(refusal, status_code=error.status_code, headers=dict(error.headers or {}))


def answer_store_error(request: Request[Any, Any, Any], error: StoreError) -> Response[Refusal]:
    """The disk does not give what is asked for."""
    _log.error("%s %s: %s", request.method, request.url.path, error)
    return Response(Refusal(code="database", text=str(error)), status_code=503)


def answer_bug(request: Request[Any, Any, Any], error: Exception) -> Response[Refusal]:
    """Whatever nobody expected: logged with its trace, answered without."""
    _log.error("%s %s failed: a bug of this program", request.method, request.url.path, exc_info=error)
    return Response(Refusal(code="internal", text="this failed; the log of the program says why"), status_code=500)


EXCEPTION_HANDLERS: Final[dict[Any, Any]] = {
    Unusable: answer_unusable,
    Refused: answer_refused,
    ValidationException: answer_invalid,
    HTTPException: answer_http,
    StoreError: answer_store_error,
    Exception: answer_bug,
}
"""For a litestar application whose refusals all look like this."""


def _problem(said: str) -> Problem:
    why, _, place = said.partition(" - at `$")
    place = place.rstrip("`").lstrip(".")
    if unknown := _UNKNOWN.fullmatch(why):
        name = f"{place}.{unknown[1]}".lstrip(".")
        return Problem(field=name, code="unknown_field", text=f"{name}: there is no such field")
    if missing := _MISSING.fullmatch(why):
        name = f"{place}.{missing[1]}".lstrip(".")
        return Problem(field=name, code="missing", text=f"{name} is missing")
    return Problem(field=place, code="invalid", params={"expected": why}, text=f"{place}: {why}" if place else why)
