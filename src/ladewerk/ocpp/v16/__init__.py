"""OCPP 1.6: every message and datatype, generated; ``ACTIONS`` maps an action to its classes. See ``types.py``.

How a 1.6 station is served in the words of OCPP 2.1: ``codec`` reads and writes the payloads -> ``translate`` says which
function translates which message -> ``station_messages`` and ``transactions`` what a station says; ``commands``,
``charging``, ``configuration``, ``certificates`` and ``maintenance`` what a CSMS says. ``words`` and ``omissions`` are the
tables, ``memory`` is what has to be remembered. Start reading at ``translate``.
"""

from ladewerk.ocpp.v16.types import *  # noqa: F403 (generated, with __all__)
