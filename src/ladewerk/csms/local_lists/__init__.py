"""Local authorization lists of stations, kept as the tokens of the CSMS are.

``entries.py`` is what stands on a list and in which messages it goes out, pure; ``keeping.py`` sends it: start reading
there.
"""
