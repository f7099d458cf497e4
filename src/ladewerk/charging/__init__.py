"""Charging-profile arithmetic: pure functions over OCPP 2.1 types and timelines.

The way of a profile: ``validity`` says whether it may be installed on a station with its ``abilities`` -> ``installed``
holds it beside the others -> ``occurrences`` lays its schedule out in time -> ``composite`` merges all of them by purpose
and stack level, ``rates`` by phases and units -> ``periods`` and ``schedule`` bring the result into the form that is sent
or followed. Start reading at :func:`ladewerk.charging.composite.composite`. ``docs/charging-profiles.md`` has the rules.
"""
