"""The HTTP side of the CSMS: REST, live events and the page, on one port.

``app.py`` puts the routes together, ``views.py`` says what they show, ``site_routes.py``, ``station_routes.py`` and
``history_routes.py`` answer, ``live.py`` tells at once what changes, ``refusals.py`` words every error alike.
"""
