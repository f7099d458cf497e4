"""What ``ladewerk check`` looks at, one module a thing: this machine, a CSMS, a station.

Each look gives findings, and changes nothing: no database is made, no table taken a step further, no current set.
"""
