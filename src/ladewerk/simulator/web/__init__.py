"""The panel's page: ``page/`` is its own part, the rest is the kit of ``ladewerk.web``; ``files.py`` has both in memory.

The page is a client of the panel's API like any other; ``..panel`` serves both.
"""
