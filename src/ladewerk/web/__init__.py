"""What the pages of the station and of the CSMS share: the server they come from and the kit they are made of.

::

    page/    ─┐
    kit/      ├─> static.py: in memory, one route a file ─> guard.py: same origin, security headers ─> server.py: uvicorn
    vendor/  ─┘   (uPlot, put there by hatch_build.py)

Connections come through an ``Entrance`` and are bounded there; ``connection.py`` is one of them.

A page is plain ES modules, a client of the public API of its program: it fetches, it listens to ``/api/events``, it draws.
Nothing is rendered on the server and nothing comes from another host. Start reading with
``static.py``, then ``kit/link.js``.
"""
