"""The channel over WebSockets, both ends: sub-protocols, identity, security profiles, pings, compression, close codes.

``websocket_handshake`` reads who knocks, ``websocket_tls`` makes TLS contexts from certificate files, ``websocket_channel``
carries the frames over a ``websocket_wire``; ``websocket_client`` and ``websocket_server`` are the two ends. Foreign
exceptions end in these modules.
Source: OCPP-J 1.6 chapter 3, OCPP 2.x part 4 chapters 3 and 5, part 2 A00.
"""

from ladewerk.ocpp.websocket_channel import WebSocketChannel
from ladewerk.ocpp.websocket_client import connect
from ladewerk.ocpp.websocket_handshake import (
    Admission,
    ClientCertificate,
    Handshake,
    SecurityProfile,
    admit_known,
    checked_identity,
    read_handshake,
)
from ladewerk.ocpp.websocket_server import Listener, serve
from ladewerk.ocpp.websocket_tls import ClientTls, ServerTls

__all__ = [
    "Admission",
    "ClientCertificate",
    "ClientTls",
    "Handshake",
    "Listener",
    "SecurityProfile",
    "ServerTls",
    "WebSocketChannel",
    "admit_known",
    "checked_identity",
    "connect",
    "read_handshake",
    "serve",
]
