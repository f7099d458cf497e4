"""OCPP 2.1: every message and datatype, generated; ``ACTIONS`` maps an action to its classes. See ``types.py``."""

from ladewerk.ocpp.v21.types import *  # noqa: F403 (generated, with __all__)
