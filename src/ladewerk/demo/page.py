"""The page on which a demonstration says what it came to: one file that needs nothing from elsewhere."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from typing import Final

from ladewerk import __version__

_PAGE: Final = Path(__file__).with_name("report.html")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What is told line by line under ``title``; ``headings`` may be none."""

    title: str
    summary: str = ""
    headings: tuple[str, ...] = ()
    lines: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """``verdicts`` are (whether it is as it has to be, in words), ``facts`` (what, how it was, beside what)."""

    title: str
    verdicts: tuple[tuple[bool, str], ...]
    facts: Iterable[tuple[str, str, str]]
    pictured: str
    picture: Path
    table: Table
    counts: str


def write_page(file: Path, report: Report) -> None:
    """Write ``report`` to ``file``, with its picture in it."""
    picture = report.picture.read_text(encoding="utf-8")
    table = report.table
    page = Template(_PAGE.read_text(encoding="utf-8")).substitute(
        title=escape(report.title),
        verdict="".join(f'<p class="{"good" if good else "bad"}">{escape(words)}</p>' for good, words in report.verdicts),
        facts=_rows(report.facts),
        pictured=escape(report.pictured),
        picture=picture[picture.index("<svg") :],
        listed=escape(table.title),
        summary=escape(table.summary),
        head="".join(f"<th>{escape(heading)}" for heading in table.headings),
        lines=_rows(table.lines, head="td"),
        counts=escape(f"{report.counts}, Ladewerk {__version__}"),
    )
    file.write_text(page, encoding="utf-8")


def _rows(rows: Iterable[tuple[str, ...]], *, head: str = "th") -> str:
    return "".join(
        f"<tr><{head}>{escape(first)}{''.join(f'<td>{escape(cell)}' for cell in others)}" for first, *others in rows
    )
