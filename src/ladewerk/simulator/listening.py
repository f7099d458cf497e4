"""A TCP port with a protocol of ours behind it."""

import asyncio
import errno
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from ladewerk.errors import ConfigError


@asynccontextmanager
async def listening(make: Callable[[], asyncio.Protocol], host: str, port: int, *, key: str) -> AsyncIterator[int]:
    """Serve until the context ends; yields the port, a free one for 0. ConfigError about ``key`` where it cannot be had.

    Protocols close their own connections when the context ends: they learn of it by nothing.
    """
    try:
        server = await asyncio.get_running_loop().create_server(make, host, port)
    except OSError as err:
        raise _refused(err, host, port, key) from err
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


def _refused(err: OSError, host: str, port: int, key: str) -> ConfigError:
    if err.errno == errno.EADDRINUSE:
        return ConfigError(key, f"port {port} of {host} is in use; choose another, or 0 for any free one")
    if err.errno == errno.EACCES:
        return ConfigError(key, f"port {port} is not for this user; choose one from 1024 on, or 0 for any free one")
    return ConfigError("host", f"{host} is no address of this machine; expected such as 127.0.0.1")
