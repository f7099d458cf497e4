"""Open smart charging of electric vehicles.

``ocpp`` is the protocol, ``charging`` the arithmetic of charging profiles, ``optimizer`` the plans; ``station``, ``csms``
and ``simulator`` are the three programs, ``cli`` their commands. At the root lie the few nouns that all of them share:
``timeline``, ``electrical``, ``clock``, ``signals`` and ``errors``. Start reading in ``docs/architecture.md``.
"""

__version__ = "0.1.0"
