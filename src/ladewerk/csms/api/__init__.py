"""The HTTP side of the CSMS: REST, live events and the page, on one port.

``app.py`` puts the ``ROUTES`` of each module together, behind the ``guard``; routes work with the ``desk``. ``views.py``
says what they show, ``refusals.py`` words every error alike, ``paging.py`` cuts lists into pages. ``live.py`` tells at once
what changes, out of the one ``live_feed`` for all; ``command_schema.py`` describes every command in ``/openapi.json``.
"""
