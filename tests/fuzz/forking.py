"""A process of its own for each circuit that pytket reads, in milliseconds: a server imports pytket once and forks for each.

What the child runs is what :func:`gossamer.frontends.objects.read_pytket_json` runs in a process that it starts.
"""

from __future__ import annotations

import io
import os
import select
import signal
import struct
import subprocess
import sys
from functools import cache
from importlib import import_module

from gossamer.frontends.objects import own_process, translate

SECONDS = 20.0


@cache
def _server() -> subprocess.Popen[bytes]:
    command, environment = own_process(f"from {__name__} import serve; serve()")
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    )


def answer(text: bytes) -> tuple[int, bytes]:
    """The return code and the output of the process that reads ``text``; raises what :func:`subprocess.run` does if it takes too long."""
    server = _server()
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(struct.pack("=q", len(text)) + text)
    server.stdin.flush()
    code, length = struct.unpack("=qq", server.stdout.read(16))
    output = server.stdout.read(length)
    if code == -signal.SIGKILL:
        raise subprocess.TimeoutExpired("pytket", SECONDS)
    return code, output


def serve() -> None:
    """Answer on standard output what comes on standard input, until that ends."""
    for module in ("pytket.circuit", "pytket.passes", "pytket.qasm"):
        import_module(module)
    while header := sys.stdin.buffer.read(8):
        text = sys.stdin.buffer.read(*struct.unpack("=q", header))
        mine, its = os.pipe()
        child = os.fork()
        if child == 0:
            os.dup2(its, 1)
            sys.stdin = io.TextIOWrapper(io.BytesIO(text))
            translate()
            sys.stdout.flush()
            os._exit(0)
        os.close(its)
        output = b""
        while True:
            if not select.select([mine], [], [], SECONDS)[0]:
                os.kill(child, signal.SIGKILL)
                break
            more = os.read(mine, 1 << 16)
            if not more:
                break
            output += more
        os.close(mine)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        sys.stdout.buffer.write(struct.pack("=qq", code, len(output)) + output)
        sys.stdout.buffer.flush()
