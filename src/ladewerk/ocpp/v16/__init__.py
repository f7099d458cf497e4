"""OCPP 1.6: every message and datatype, generated; ``ACTIONS`` maps an action to its classes. See ``types.py``."""

from ladewerk.ocpp.v16.types import *  # noqa: F403 (generated, with __all__)
