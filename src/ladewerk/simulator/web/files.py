"""The files of the panel's page, by the path they are asked for; without litestar, which the simulator does not need."""

from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Final

from ladewerk.simulator.http_server import Response

_FOLDERS: Final = {
    "page": Path(__file__).parent / "page",
    "kit": Path(str(files("ladewerk.web"))) / "kit",
}

_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}


def page_files() -> Mapping[str, Response]:
    """An answer for each file: ``/`` is index.html, all else lies under ``/assets``.

    The address has no version as those of the other pages have: nothing here may be kept by a browser.
    """
    found = {path: Response(200, content, _TYPES[Path(path).suffix]) for path, content in _contents()}
    index = found.pop("/assets/page/index.html")
    found["/"] = Response(200, index.body.replace(b"{assets}", b"/assets"), index.content_type)
    # Browsers ask for it by themselves.
    found["/favicon.ico"] = found["/assets/kit/icon.svg"]
    return found


def _contents() -> Iterator[tuple[str, bytes]]:
    for name, folder in _FOLDERS.items():
        for path in folder.rglob("*"):
            if path.suffix in _TYPES:
                yield f"/assets/{name}/{path.relative_to(folder).as_posix()}", path.read_bytes()
