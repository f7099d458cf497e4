"""Files that nobody else may read, written whole or not at all."""

import contextlib
import os
from pathlib import Path


def replace_file(file: Path, content: bytes) -> None:
    """Make ``file`` hold ``content``, with mode 0600 from its first byte; what was there stays until all is on the disk."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f"{file.name}.new")
    with contextlib.suppress(FileNotFoundError):
        beside.unlink()
    opened = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(opened, "wb") as writing:
        writing.write(content)
        writing.flush()
        os.fsync(writing.fileno())
    beside.replace(file)
