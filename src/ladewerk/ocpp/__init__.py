"""OCPP for charging stations and CSMSs, usable by itself: typed messages, an RPC session, peers over WebSockets.

The way of a message through it: ``websocket`` (or ``loopback``) carries text -> ``frames`` reads the JSON array ->
``session`` correlates, queues and times -> ``codec`` makes of the payload an object of ``v21``, whatever version is spoken
-> ``handling`` gives it to the one responder its ``router`` knows, and takes the answer the same way back. ``calling`` says
what we ask, ``peer`` holds all of it together for one connection. ``frames``, ``session`` and ``backoff`` are pure: they
know no socket and no clock. Start reading at ``session`` for the rules, at ``serving``, ``facade`` and ``peer`` for the use.

What is listed here loads on first use: importing this package costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ladewerk.ocpp import v21
    from ladewerk.ocpp.backoff import BackOff, BackOffSettings
    from ladewerk.ocpp.calls import Priority
    from ladewerk.ocpp.channel import Channel
    from ladewerk.ocpp.connections import NewestConnections
    from ladewerk.ocpp.facade import PlainPeer, connect_sync, in_thread
    from ladewerk.ocpp.frames import ErrorCode
    from ladewerk.ocpp.handling import ReplyTimes
    from ladewerk.ocpp.lenient import Forgiveness, Leniency, Rule
    from ladewerk.ocpp.loopback import LoopbackLink
    from ladewerk.ocpp.peer import FrameSeen, Peer
    from ladewerk.ocpp.reconnect import reconnecting
    from ladewerk.ocpp.reports import (
        AnswerMalformed,
        CallNotSent,
        Outcome,
        RequestReceived,
        ResponseReceived,
        ResponseSent,
        Sent,
    )
    from ladewerk.ocpp.router import Context, OtherEnd, Router
    from ladewerk.ocpp.serving import serve_stations
    from ladewerk.ocpp.sharing import SharedConnections
    from ladewerk.ocpp.transaction_numbers import BegunTransactions, StartedTransactions
    from ladewerk.ocpp.version import Version
    from ladewerk.ocpp.version_codecs import codec_for
    from ladewerk.ocpp.websocket import (
        Admission,
        ClientCertificate,
        ClientTls,
        Handshake,
        Listener,
        SecurityProfile,
        ServerTls,
        WebSocketChannel,
        admit_known,
        connect,
        serve,
    )

__all__ = [
    "Admission",
    "AnswerMalformed",
    "BackOff",
    "BackOffSettings",
    "BegunTransactions",
    "CallNotSent",
    "Channel",
    "ClientCertificate",
    "ClientTls",
    "Context",
    "ErrorCode",
    "Forgiveness",
    "FrameSeen",
    "Handshake",
    "Leniency",
    "Listener",
    "LoopbackLink",
    "NewestConnections",
    "OtherEnd",
    "Outcome",
    "Peer",
    "PlainPeer",
    "Priority",
    "ReplyTimes",
    "RequestReceived",
    "ResponseReceived",
    "ResponseSent",
    "Router",
    "Rule",
    "SecurityProfile",
    "Sent",
    "ServerTls",
    "SharedConnections",
    "StartedTransactions",
    "Version",
    "WebSocketChannel",
    "admit_known",
    "codec_for",
    "connect",
    "connect_sync",
    "in_thread",
    "reconnecting",
    "serve",
    "serve_stations",
    "v21",
]

_HOMES = {
    "backoff": ("BackOff", "BackOffSettings"),
    "calls": ("Priority",),
    "channel": ("Channel",),
    "connections": ("NewestConnections",),
    "facade": ("PlainPeer", "connect_sync", "in_thread"),
    "frames": ("ErrorCode",),
    "handling": ("ReplyTimes",),
    "lenient": ("Forgiveness", "Leniency", "Rule"),
    "loopback": ("LoopbackLink",),
    "peer": ("FrameSeen", "Peer"),
    "reports": (
        "AnswerMalformed",
        "CallNotSent",
        "Outcome",
        "RequestReceived",
        "ResponseReceived",
        "ResponseSent",
        "Sent",
    ),
    "reconnect": ("reconnecting",),
    "router": ("Context", "OtherEnd", "Router"),
    "serving": ("serve_stations",),
    "sharing": ("SharedConnections",),
    "transaction_numbers": ("BegunTransactions", "StartedTransactions"),
    "version": ("Version",),
    "version_codecs": ("codec_for",),
    "websocket": (
        "Admission",
        "ClientCertificate",
        "ClientTls",
        "Handshake",
        "Listener",
        "SecurityProfile",
        "ServerTls",
        "WebSocketChannel",
        "admit_known",
        "connect",
        "serve",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name == "v21":
        return import_module("ladewerk.ocpp.v21")
    if name in _HOME_OF:
        return getattr(import_module(f"ladewerk.ocpp.{_HOME_OF[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
