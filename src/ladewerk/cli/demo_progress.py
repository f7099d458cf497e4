"""How far a demonstration is, on the terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn


@contextmanager
def progress(console: Console, start: datetime, end: datetime, at_first: str) -> Iterator[Callable[[datetime, str], None]]:
    """A bar from ``start`` to ``end``; the context is what tells it the time and what is to be seen, ``at_first`` before."""
    columns = (TextColumn("{task.fields[time]}"), BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(at_first, total=(end - start).total_seconds(), time=f"{start:%H:%M}")

        def seen(at: datetime, what: str) -> None:
            local = at.astimezone(start.tzinfo)
            bar.update(task, completed=(at - start).total_seconds(), description=what, time=f"{local:%H:%M}")

        yield seen
