"""The text format of Prometheus, version 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from ladewerk.csms.watching.measures import Histogram, Labels

MEDIA_TYPE: Final = "text/plain; version=0.0.4"


@dataclass(frozen=True, slots=True)
class Family:
    """One metric; a value for each tuple of what its ``labels`` are."""

    name: str
    kind: Literal["counter", "gauge"]
    help: str
    values: Iterable[tuple[Labels, float]]
    labels: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Distribution:
    """A metric that is a histogram."""

    name: str
    help: str
    histogram: Histogram
    labels: Sequence[str] = ()


def metrics_text(families: Iterable[Family | Distribution]) -> str:
    """All of ``families``; those without a value yet are announced all the same."""
    return "".join(f"{line}\n" for family in families for line in _lines(family))


def _lines(family: Family | Distribution) -> Iterator[str]:
    yield f"# HELP {family.name} {_escaped(family.help, quoted=False)}"
    if isinstance(family, Family):
        yield f"# TYPE {family.name} {family.kind}"
        for values, value in sorted(family.values):
            yield f"{family.name}{_braced(zip(family.labels, values, strict=True))} {_number(value)}"
        return
    yield f"# TYPE {family.name} histogram"
    bounds = [*(_number(bound) for bound in family.histogram.bounds), "+Inf"]
    for values, (counts, total) in sorted(family.histogram.cumulated().items()):
        labels = list(zip(family.labels, values, strict=True))
        for bound, count in zip(bounds, counts, strict=True):
            yield f"{family.name}_bucket{_braced([*labels, ('le', bound)])} {count}"
        yield f"{family.name}_sum{_braced(labels)} {_number(total)}"
        yield f"{family.name}_count{_braced(labels)} {counts[-1]}"


def _braced(labels: Iterable[tuple[str, str]]) -> str:
    inner = ",".join(f'{name}="{_escaped(value, quoted=True)}"' for name, value in labels)
    return f"{{{inner}}}" if inner else ""


def _escaped(text: str, *, quoted: bool) -> str:
    text = text.replace("\\", "\\\\").replace("\n", "\\n")
    return text.replace('"', '\\"') if quoted else text


def _number(value: float) -> str:
    match value:
        case float() if value == float("inf"):
            return "+Inf"
        case float() if value == float("-inf"):
            return "-Inf"
        case _:
            return repr(value)
