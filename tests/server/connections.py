"""A caller's end of a connection whose other end speaks for an application."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from uvicorn import Config
from uvicorn.server import ServerState

from tutela.server.protocol import Guard, protocol_of
from tutela.server.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence

    App = Callable[..., Coroutine[Any, Any, None]]


class Reply(NamedTuple):
    """An answer as it was read."""

    status: int
    headers: dict[str, str]
    body: bytes


async def echo(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 (ASGI)
    """Tell what was asked; a path says how often to let others through before."""
    for _ in range(int(scope["path"].rpartition("/")[2] or 0)):
        await asyncio.sleep(0)
    body = b""
    more = True
    while more:
        message = await receive()
        body += message["body"]
        more = message["more_body"]
    await reply(send, json.dumps([scope["method"], scope["path"], body.decode("latin-1")]).encode())


async def reply(send: Any, body: bytes) -> None:  # noqa: ANN401 (ASGI)
    """Send an answer as the application does."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def connected(
    app: App, *, read: float = 5, idle: int = 5, state: ServerState | None = None
) -> AsyncGenerator[Stream]:
    """A caller's end of a connection whose other end speaks for an application."""
    refused: list[int] = []
    ours, theirs = socket.socketpair()
    config = Config(app, timeout_keep_alive=idle)
    made = protocol_of(app, Settings(page_key=b"k" * 32, read_seconds=read), Guard(lambda: 10, refused.append))
    state = state or ServerState()
    transport, _ = await asyncio.get_running_loop().connect_accepted_socket(lambda: made(config, state, {}), theirs)
    reader, writer = await asyncio.open_connection(sock=ours)
    try:
        yield Stream(reader, writer)
    finally:
        writer.close()
        transport.close()


class Stream(NamedTuple):
    """What a caller reads and writes."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def reply(self) -> Reply:
        """The next answer; one that does not come is an error."""
        async with asyncio.timeout(20):
            return await self._read()

    async def _read(self) -> Reply:
        top, *lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        return Reply(int(top.split()[1]), headers, await self.reader.readexactly(int(headers["content-length"])))


def post(body: bytes, path: str = "/0", *, chunks: int = 0) -> bytes:
    """A request, its body as a whole or in chunks of a size."""
    if not chunks:
        return b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (path.encode(), len(body), body)
    parts = [body[at : at + chunks] for at in range(0, len(body), chunks)]
    coded = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
    return b"POST %s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n%s0\r\n\r\n" % (path.encode(), coded)


async def talk_raw(data: Sequence[bytes], app: App = echo, *, read: float = 5, idle: int = 5) -> list[int]:
    """The statuses of all answers to pieces of data, until the other end hangs up."""
    async with connected(app, read=read, idle=idle) as stream:
        for piece in data:
            stream.writer.write(piece)
            await asyncio.sleep(0.1)
        async with asyncio.timeout(20):
            return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", await stream.reader.read())]


CHUNKED = b"POST /0 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
CLOSING = b"GET /0 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
