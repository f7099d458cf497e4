"""Id tokens: who may charge."""

from typing import Annotated, Any, Final

from litestar import Request, Response, delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody, PathParameter

from ladewerk.csms.api.desk import Desk
from ladewerk.csms.api.paging import LINKED, USUAL, After, Limit, cursor_of, page
from ladewerk.csms.api.refusals import faulty, refused
from ladewerk.csms.planning.site import Fault
from ladewerk.csms.records import station_key
from ladewerk.csms.security.roles import Right
from ladewerk.csms.tokens import Token, token_key

IdToken = Annotated[str, PathParameter(description="the token, in any case", max_length=255)]


@get("/api/tokens", right=Right.READ, response_headers=LINKED)
async def get_tokens(
    desk: NamedDependency[Desk],
    request: Request[Any, Any, Any],
    search: FromQuery[str | None] = None,
    after: After = None,
    limit: Limit = USUAL,
) -> Response[list[Token]]:
    """Tokens in the order of their names, with ``search`` in their name or owner."""
    behind = cursor_of(after, str)
    found = await desk.store.tokens(search or "", "" if behind is None else behind[0], limit + 1)
    return page(request, found, limit, key=lambda one: (one.key,), view=lambda one: one)


@get("/api/tokens/{id_token:str}", right=Right.READ)
async def get_token(desk: NamedDependency[Desk], id_token: IdToken) -> Token:
    """A token."""
    token = await desk.store.token(id_token)
    if token is None:
        raise _unknown(id_token)
    return token


@put("/api/tokens/{id_token:str}", right=Right.OPERATE)
async def put_token(desk: NamedDependency[Desk], id_token: IdToken, data: JSONBody[Token]) -> Token:
    """Enter a token, or change one."""
    if token_key(data.id_token) != token_key(id_token):
        raise faulty(Fault(field="id_token", code="other-token", text=f"the address says {id_token!r}"))
    for field in ("valid_from", "valid_until"):
        at = getattr(data, field)
        if at is not None and at.tzinfo is None:
            raise faulty(
                Fault(field=field, code="no-offset", text="a time needs an offset, such as 2026-01-05T17:00:00+01:00")
            )
    if data.valid_from is not None and data.valid_until is not None and data.valid_until <= data.valid_from:
        raise faulty(Fault(field="valid_until", code="not-after", text="the end is not after the beginning"))
    for number, name in enumerate(data.stations):
        if station_key(name) not in desk.ledger.stations:
            raise faulty(Fault(field=f"stations[{number}]", code="unknown-station", text=f"no station {name!r} is known"))
    await desk.store.put_token(data)
    return data


@delete("/api/tokens/{id_token:str}", status_code=204, right=Right.OPERATE)
async def delete_token(desk: NamedDependency[Desk], id_token: IdToken) -> None:
    """Forget a token."""
    if not await desk.store.delete_token(id_token):
        raise _unknown(id_token)


def _unknown(id_token: str) -> Exception:
    return refused(404, "unknown-token", f"no token {id_token!r} is known", token=id_token)


ROUTES: Final = (get_tokens, get_token, put_token, delete_token)
