"""Block C: who may charge."""

from msgspec import UNSET

from ladewerk.csms.records import station_key
from ladewerk.csms.stations.session import StationSession
from ladewerk.csms.tokens import Verdict, judge, token_key, told
from ladewerk.csms.transactions import Transaction
from ladewerk.errors import RemoteProtocolError, StoreError
from ladewerk.ocpp import Context, ErrorCode, v21


async def authorize(ctx: Context[StationSession], request: v21.AuthorizeRequest) -> v21.AuthorizeResponse:
    """C01, C09: what is known of a token.

    C07: nobody here can check the contract certificate of a car, so with one it is refused, as what proves nothing.
    """
    if request.certificate is not UNSET or request.iso15118_certificate_hash_data is not UNSET:
        return v21.AuthorizeResponse(
            id_token_info=v21.IdTokenInfoType(status=v21.AuthorizationStatusEnumType.INVALID),
            certificate_status=v21.AuthorizeCertificateStatusEnumType.CERT_CHAIN_ERROR,
        )
    return v21.AuthorizeResponse(id_token_info=told(await verdict(ctx, request.id_token)))


async def verdict(
    ctx: Context[StationSession], said: v21.IdTokenType, begins: v21.TransactionEventRequest | None = None
) -> Verdict:
    """Whether a token may charge at the station that asks.

    ``begins`` tells the transaction that goes on or begins with it. Without one there is no other that could be one too many
    (AuthorizationStatusEnumType ConcurrentTx is for transactions alone): who is asked for may want to end the one there is.
    """
    session = ctx.state
    try:
        token = await session.store.token(said.id_token)
    except StoreError as err:
        raise RemoteProtocolError(ErrorCode.INTERNAL_ERROR, f"the token could not be looked up: {err}") from err
    elsewhere = [] if begins is None else _elsewhere(session, said, begins)
    return judge(
        said,
        token,
        unknown=session.unknown_tokens,
        station=session.key,
        elsewhere=elsewhere,
        now=session.clock.now(),
    )


def _elsewhere(session: StationSession, said: v21.IdTokenType, begins: v21.TransactionEventRequest) -> list[str]:
    """Other transactions that the token has open; on an EVSE there is one, so of another on this one the end was lost."""
    evse_id = None if begins.evse is UNSET else begins.evse.id

    def is_this(transaction: Transaction) -> bool:
        same_evse = transaction.evse_id is not None and transaction.evse_id == evse_id
        return station_key(transaction.station_id) == session.key and (
            same_evse or transaction.transaction_id == begins.transaction_info.transaction_id
        )

    return [
        transaction.transaction_id
        for transaction in session.ledger.open_transactions()
        if token_key(transaction.id_token or "") == token_key(said.id_token)
        and not is_this(transaction)
        and not session.ledger.overtaken(transaction)
    ]
