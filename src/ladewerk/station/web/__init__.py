"""The station's page and API on litestar: ``api.py`` is the API, ``live.py`` its WebSocket, ``page/`` the page's files.

The page is a client of the API like any other; ``app.py`` puts them together.
"""
