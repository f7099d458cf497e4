"""The generator of the message types: the official JSON schemas in, one ``types.py`` a version out.

::

    schemas.py    finds and reads the files            -> the schema of each message, by file name
    parse.py      schemas                              -> model.py: structs, enums, actions
    names.py      wire names                           -> Python names
    emit.py       model, with docstring.py             -> the text of types.py

Start reading in ``model.py``. ``python -m ladewerk.ocpp.codegen`` writes all versions, ``--check`` only compares. The
schemas' description texts are never used: they are the Open Charge Alliance's.
"""
