"""What stations have said of themselves and were asked for, in bounded amounts, one module a kind of thing.

``shelves.py`` is a station's dossier: which values are kept under which names, and how many; start reading there. What a
value is and how it changes is pure: ``errands.py`` (what takes its time: ``firmware.py``, ``log_uploads.py``,
``customers.py``; ``errand_keeping.py`` writes it down), ``reservations.py``, ``reports.py`` (variables), ``monitoring.py``,
``displays.py``, ``registrations.py``. ``inventories.py`` knows when a list that a station tells in parts is whole.
"""
