"""Addresses to listen on: free, taken, or ours already."""

import asyncio
import errno
import json
import socket
import ssl
import urllib.error
import urllib.request

from ladewerk.cli.checks.finding import Finding, ok, wrong
from ladewerk.settings import split_address

_PATIENCE_S = 5.0


async def health(web: str) -> tuple[int, dict[str, object]] | None:
    """What ``/healthz`` of a program at the address ``web`` says, by HTTP or HTTPS; None where nothing such answers."""
    host, port = split_address("web", web)
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    for scheme in ("https", "http"):
        found = await asyncio.to_thread(_asked, f"{scheme}://{where}/healthz")
        if found is not None:
            return found
    return None


def _asked(url: str) -> tuple[int, dict[str, object]] | None:
    # Its certificate may be of its own making, and whose it is does not matter here.
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    try:
        with opener.open(url, timeout=_PATIENCE_S) as answer:
            return answer.status, _said(answer.read())
    except urllib.error.HTTPError as err:
        return err.code, _said(err.read())
    except (OSError, ValueError):
        return None


def _said(body: bytes) -> dict[str, object]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def look_at_port(what: str, key: str, address: str) -> Finding:
    """Whether ``address`` can be listened on; ``key`` is its setting."""
    host, port = split_address(key, address)
    if port == 0:
        return ok(what, "any free port")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        socket.create_server(found[0][4][:2], family=found[0][0]).close()
    except OSError as err:
        match err.errno:
            case errno.EADDRINUSE:
                return wrong(what, f"{address} is in use; stop the program that has it, or set {key}")
            case errno.EACCES:
                return wrong(what, f"no permission to use {address}; choose a port above 1023 for {key}")
            case _:
                return wrong(what, f"{address} is no address of this machine ({err.strerror or err}); set {key}")
    return ok(what, f"{address} is free")
