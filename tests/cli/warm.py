"""A process that has imported tutela and forks for every run of the command line, which then needs no time to start.

Each run is a process of its own, with its own arguments, folder, environment and streams, that ends as the real one
does. Started as a script; requests come through the socket that is its standard input.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import sys
import time

import tutela.cli


def preload() -> None:
    """Import what the commands import; drivers of databases stay out, for they may start threads."""
    for name in ("cli", "engine", "connectors", "reports"):
        package = importlib.import_module(f"tutela.{name}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    gc.freeze()


def serve(requests: socket.socket) -> None:
    """Fork for each request, and answer with the exit status; returns in the child, which then is the run."""
    while True:
        text, streams, _, _ = socket.recv_fds(requests, 1 << 20, 3)
        if not text:
            sys.exit()
        child = os.fork()
        if not child:
            requests.close()
            become(json.loads(text), streams)
            return
        for stream in streams:
            os.close(stream)
        requests.send(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])).encode())


def become(request: dict[str, list[str] | dict[str, str] | str], streams: list[int]) -> None:
    """Make this process look like one that was just started."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(str(request["cwd"]))
    os.environ.clear()
    os.environ.update(request["env"])  # type: ignore[arg-type]
    time.tzset()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = [*request["args"]]


if __name__ == "__main__":
    with socket.socket(fileno=os.dup(0)) as inherited:
        preload()
        serve(inherited)
    tutela.cli.main()
