"""The CSMS: one process that serves many charging stations and plans their charging.

::

    station ══ WebSocket ══> stations/ (who is here) ──> handlers/ ──> ledger.py ──> store/  (committed, then answered)
                                                                          │
                                                                          ▼
                                 planning/ (needs, site and a joint plan by ladewerk.optimizer)
                                                                          │
    station <══ SetChargingProfile ══ smart_charging/ (told, read back) ── limit/ (lower first, confirm, then raise)

    station <══ commands.py (checked, written down, followed by follow_ups/) <── api/, local_lists/, certificates/
                                                   └──> dossiers/ (what stations were asked for and have told, bounded)

    browser, script <══ api/ ── views.py <── ledger.py        watching/ (messages, counts, health)
                         └── security/ (users, keys, the record of changes)      tokens.py (who may charge, pure)

``ledger.py`` is what the CSMS knows; it writes first and knows afterwards. ``app.py`` puts everything together: start
reading there, then follow a need through ``handlers/smart_charging.py`` and ``planning/charging_loop.py``.
"""
