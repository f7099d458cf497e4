"""OCPP 2.0.1: every message and datatype, generated; ``ACTIONS`` maps an action to its classes. See ``types.py``."""

from ladewerk.ocpp.v201.types import *  # noqa: F403 (generated, with __all__)
