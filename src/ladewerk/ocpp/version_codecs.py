"""Which codec speaks which version of OCPP."""

from typing import Literal, overload

from ladewerk.ocpp.codec import Codec, PayloadCodec
from ladewerk.ocpp.transaction_numbers import BegunTransactions, StartedTransactions
from ladewerk.ocpp.version import Version


@overload
def codec_for(version: Literal[Version.V201, Version.V21], identity: str = "") -> PayloadCodec: ...
@overload
def codec_for(
    version: Version,
    identity: str = "",
    *,
    started: StartedTransactions | None = None,
    begun: BegunTransactions | None = None,
) -> Codec: ...
def codec_for(
    version: Version,
    identity: str = "",
    *,
    started: StartedTransactions | None = None,
    begun: BegunTransactions | None = None,
) -> Codec:
    """The codec of a connection with ``identity``; the version's types are loaded now, not when this module is.

    What an end remembers of transactions beyond the connection matters in 1.6 alone: ``started`` at a CSMS, by default for
    as long as the process runs; ``begun`` at a station, by default for this connection.
    """
    match version:
        case Version.V21:
            from ladewerk.ocpp.v21.codec import V21Codec

            return V21Codec()
        case Version.V201:
            from ladewerk.ocpp.v201.codec import V201Codec

            return V201Codec()
        case Version.V16:
            from ladewerk.ocpp.v16.codec import V16Codec

            return V16Codec(identity, started=started, begun=begun)
