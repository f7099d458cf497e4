"""XML from outside as a tree that knows its lines, read by expat with everything refused that can hurt.

A document type definition is refused, and with it every entity: neither files nor the network are read and nothing
expands. Names are without their namespace. Deep and long documents are refused too.
"""

from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from ladewerk.errors import ConfigError

_MOST_BYTES: Final = 20_000_000
_DEEPEST: Final = 32


@dataclass(slots=True)
class Element:
    """An element: its name without namespace, the line it begins in, its text and what is in it."""

    name: str
    line: int
    text: str = ""
    children: "list[Element]" = field(default_factory=list)

    def all(self, name: str) -> "list[Element]":
        """The elements of that name right inside."""
        return [child for child in self.children if child.name == name]

    def find(self, *path: str) -> "Element | None":
        """The first element at ``path``; None where there is none."""
        found: Element | None = self
        for name in path:
            found = next(iter(found.all(name)), None) if found is not None else None
        return found

    def need(self, *path: str) -> "Element":
        """The first element at ``path``. Raises ConfigError with the line of this one."""
        found = self.find(*path)
        if found is None:
            raise ConfigError(f"line {self.line}", f"<{'/'.join(path)}> is expected in <{self.name}>")
        return found


def read_xml(document: bytes) -> Element:
    """The root of ``document``. Raises ConfigError with the line."""
    if len(document) > _MOST_BYTES:
        raise ConfigError("", f"at most {_MOST_BYTES} bytes of XML are read, not {len(document)}")
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    roots: list[Element] = []
    open_ones: list[Element] = []

    def began(name: str, _attributes: dict[str, str]) -> None:
        element = Element(name.rpartition(" ")[2], parser.CurrentLineNumber)
        if len(open_ones) == _DEEPEST:
            raise ConfigError(f"line {element.line}", f"at most {_DEEPEST} elements inside each other are read")
        (open_ones[-1].children if open_ones else roots).append(element)
        open_ones.append(element)

    def ended(_name: str) -> None:
        element = open_ones.pop()
        element.text = element.text.strip()

    def said(text: str) -> None:
        open_ones[-1].text += text

    def refused(*_what: object) -> None:
        raise ConfigError(f"line {parser.CurrentLineNumber}", "XML without a document type definition is expected")

    parser.StartElementHandler = began
    parser.EndElementHandler = ended
    parser.CharacterDataHandler = said
    parser.StartDoctypeDeclHandler = refused
    parser.EntityDeclHandler = refused
    try:
        parser.Parse(document, True)
    except expat.ExpatError as err:
        raise ConfigError(f"line {err.lineno}", f"XML is expected: {expat.ErrorString(err.code)}") from err
    except (ValueError, LookupError) as err:
        # An encoding that Python does not know.
        raise ConfigError("", f"XML is expected: {err}") from err
    return roots[0]
