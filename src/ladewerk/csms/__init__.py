"""The CSMS: one process that serves many charging stations and plans their charging.

::

    station ══ WebSocket ══> connections.py ──> handlers/ ──> ledger.py ──> store/  (committed, then answered)
                                                                 │
                             needs.py, site.py (pure)            ▼
                                 └──────────> charging_loop.py ──> planning.py ──> ladewerk.optimizer
                                                                 │   fuse_planning.py (turns behind a fuse)
    station <══ SetChargingProfile ══ delivery.py <── outlets.py ── allocation.py (lower first, confirm, then raise)
                                      fallbacks.py <─┘       fuses.py (the site's limits, what each EVSE is left without us)
                                      quirks.py (how a station differs: quirks_asking.py asks it), commanded.py (by hand)

    station <══ commands.py (checked, written down, followed by follow_ups/) <── api/, local_lists/, certificates/
                                                   └──> dossiers/ (what stations were asked for and have told, bounded)

    browser, script <══ api/ ── views.py <── ledger.py
                         └── security/ (users, keys, the record of changes)      tokens.py (who may charge, pure)

``ledger.py`` is what the CSMS knows; it writes first and knows afterwards. ``app.py`` puts everything together: start
reading there, then follow a need through ``handlers/smart_charging.py`` and ``charging_loop.py``.
"""
