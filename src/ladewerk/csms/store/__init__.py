"""What must outlive the process, in a database: written in groups, answered only when committed.

::

    ledger.py ──> ports.py (what may be asked) <── database.py (SQLAlchemy Core) ──> writer.py (one commit for all)
                                                       └── schema.py (the tables)

Start reading with ``ports.py``.
"""
