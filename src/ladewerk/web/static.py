"""The files of a page, read once and served from memory, one route a file: a path that is no file leads nowhere."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from ladewerk.errors import ConfigError

_HERE = Path(__file__).parent

_TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".csv": "text/csv",
}

_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    content: bytes
    zipped: bytes
    media_type: str
    cache: str
    etag: str


def page_routes(page: Path) -> list[HTTPRouteHandler]:
    """Routes of the page in the folder ``page``: ``/`` is its index.html, all else lies under ``/assets/<version>/``.

    The version is a digest of every file, so browsers keep them for ever and still never mix two releases. In index.html
    ``{assets}`` stands for the versioned address; a module of the page reaches the kit as ``../kit/…``. Raises ConfigError
    where the installation lacks files.
    """
    files = _read({"page": page, "kit": _HERE / "kit", "vendor": _HERE / "vendor"})
    if not any(path.startswith("vendor/") for path in files):
        raise ConfigError(str(_HERE / "vendor"), "the files of the charts are missing; install the package again")
    digest = hashlib.sha256()
    for path, content in sorted(files.items()):
        digest.update(f"{path}\0{len(content)}\0".encode())
        digest.update(content)
    assets = f"/assets/{digest.hexdigest()[:12]}"
    index = files.pop("page/index.html").replace(b"{assets}", assets.encode())
    routes = {f"{assets}/{path}": _file(path, content, _FOR_EVER) for path, content in files.items()}
    routes["/"] = _file("index.html", index, _ASK_AGAIN)
    # Browsers ask for it by themselves.
    routes["/favicon.ico"] = _file("icon.svg", files["kit/icon.svg"], _ASK_AGAIN)
    return [_route(routes)]


def _read(folders: Mapping[str, Path]) -> dict[str, bytes]:
    return {
        f"{name}/{path.relative_to(folder).as_posix()}": path.read_bytes()
        for name, folder in folders.items()
        for path in folder.rglob("*")
        if path.suffix in _TYPES
    }


def _file(path: str, content: bytes, cache: str) -> _File:
    etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    zipped = gzip.compress(content, mtime=0)
    return _File(content=content, zipped=zipped, media_type=_TYPES[Path(path).suffix], cache=cache, etag=etag)


def _route(files: Mapping[str, _File]) -> HTTPRouteHandler:
    @get(sorted(files), include_in_schema=False, name="page", right="open")
    async def send(request: Request[Any, Any, Any]) -> Response[bytes]:
        file = files[request.url.path]
        headers = {"Cache-Control": file.cache, "ETag": file.etag, "Vary": "Accept-Encoding"}
        if request.headers.get("if-none-match") == file.etag:
            return Response(b"", status_code=304, headers=headers, media_type=file.media_type)
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(file.zipped, headers={**headers, "Content-Encoding": "gzip"}, media_type=file.media_type)
        return Response(file.content, headers=headers, media_type=file.media_type)

    return send
