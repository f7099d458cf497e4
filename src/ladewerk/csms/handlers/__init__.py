"""What the CSMS answers to each message of a station, one module a functional block.

``table.py`` says which function answers what; a function gets a ``Context`` whose ``state`` is the
``StationSession``, writes to its ledger and answers. Nothing is planned here: the ledger announces what it learned,
and ``charging_loop.py`` listens.
"""
