"""Pages of a list, all in one form: ``limit`` is how many at most, ``after`` goes on behind the last one of another page.

The body is the list itself. Where more follows, the answer says where, with the other parameters of the request kept
(RFC 8288): ``Link: </api/transactions?limit=50&after=…>; rel="next"``. A reader follows it until there is none::

    const answer = await fetch("/api/transactions?limit=50");
    const items = await answer.json();
    const next = answer.headers.get("link")?.match(/<([^>]*)>; rel="next"/)?.[1] ?? null;

A cursor is the key of the row that was last, so that a page costs the same wherever it lies, and what comes meanwhile
shifts nothing: its parts are percent-encoded and joined by commas. The store is asked for one row more than wanted.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import quote, unquote, urlencode

from litestar import Request, Response
from litestar.datastructures import ResponseHeader
from litestar.params import QueryParameter

from ladewerk.csms.api.refusals import faulty
from ladewerk.csms.planning.site import Fault

T = TypeVar("T")
V = TypeVar("V")

Part = str | int | datetime
Cursor = tuple[Part, ...]

USUAL: Final = 100
MOST: Final = 1000

_MOST_DIGITS: Final = 18
"""A number of a row has no more; a database takes no longer one."""

Limit = Annotated[int, QueryParameter(ge=1, le=MOST, description="how many at most")]
After = Annotated[
    str | None, QueryParameter(description="go on behind this one, as the Link of the page before says it", max_length=2000)
]

LINKED: Final = (
    ResponseHeader(
        name="Link",
        documentation_only=True,
        description='the next page as <address>; rel="next"; without it this is the last one',
    ),
)
"""``response_headers`` of a route that answers with a page."""


def page(
    request: Request[Any, Any, Any], found: Sequence[T], limit: int, *, key: Callable[[T], Cursor], view: Callable[[T], V]
) -> Response[list[V]]:
    """The answer with the first ``limit`` of ``found``, which holds one more where there is a next page."""
    shown = found[:limit]
    headers = {}
    if len(found) > limit:
        others = [(name, value) for name, value in request.query_params.multi_items() if name != "after"]
        query = urlencode([*others, ("after", cursor_text(key(shown[-1])))])
        headers["Link"] = f'<{request.url.path}?{query}>; rel="next"'
    return Response([view(one) for one in shown], headers=headers)


def cursor_text(cursor: Cursor) -> str:
    """A cursor as it stands in an address."""
    return ",".join(quote(part.isoformat() if isinstance(part, datetime) else str(part), safe=":") for part in cursor)


def cursor_of(after: str | None, *kinds: type[Part]) -> tuple[Any, ...] | None:
    """The parts of a cursor, of these ``kinds``; None for none. Raises Refused for what is none."""
    if after is None:
        return None
    texts = after.split(",")
    if len(texts) != len(kinds):
        raise _no_cursor()
    return tuple(_part(kind, unquote(text)) for kind, text in zip(kinds, texts, strict=True))


def _part(kind: type[Part], text: str) -> Part:
    if kind is str:
        return text
    try:
        if kind is int and len(text) <= _MOST_DIGITS:
            return int(text)
        at = datetime.fromisoformat(text)
    except ValueError as err:
        raise _no_cursor() from err
    if at.tzinfo is None:
        raise _no_cursor()
    return at


def _no_cursor() -> Exception:
    return faulty(Fault(field="after", code="no-cursor", text="take it from the Link of the page before"))
