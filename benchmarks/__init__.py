"""Every number that the project claims, and how it is measured: ``make bench`` or ``python -m benchmarks NAME``.

A benchmark is a module with ``run() -> list[Row]``; it prints medians, and ratios where a peer runs beside it. None is a
test: nothing here can fail for being slow.
"""
