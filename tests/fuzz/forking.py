"""A process other than ours for pytket to read circuits in, in milliseconds: a server imports pytket once and forks.

What the child runs is what :func:`gossamer.frontends.objects.read_pytket_json` runs in a process that it starts for each circuit; here
it goes on until a circuit ends it.
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

SECONDS = 10.0


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
    """Answer on standard output what comes on standard input, until that ends; a child reads, and where it ends another takes over."""
    for module in ("pytket.circuit", "pytket.passes", "pytket.qasm"):
        import_module(module)
    child = Child()
    while header := sys.stdin.buffer.read(8):
        code, output = child.answer(header + sys.stdin.buffer.read(*struct.unpack("=q", header)))
        if code:
            child = Child()
        sys.stdout.buffer.write(struct.pack("=qq", code, len(output)) + output)
        sys.stdout.buffer.flush()


class Child:
    """A process that is forked off, with a pipe in each direction."""

    def __init__(self) -> None:
        its_input, self.input = os.pipe()
        self.output, its_output = os.pipe()
        self.process = os.fork()
        if self.process:
            os.close(its_input)
            os.close(its_output)
            return
        os.close(self.input)
        os.close(self.output)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # where pytket says why it gives up
        with open(its_input, "rb") as texts, open(its_output, "wb") as answers:
            while header := texts.read(8):
                sys.stdin = io.TextIOWrapper(io.BytesIO(texts.read(*struct.unpack("=q", header))))
                sys.stdout = io.StringIO()
                translate()
                answer = sys.stdout.getvalue().encode()
                answers.write(struct.pack("=q", len(answer)) + answer)
                answers.flush()
        os._exit(0)

    def answer(self, message: bytes) -> tuple[int, bytes]:
        """The return code (0: it lives on) and what it wrote."""
        os.write(self.input, message)
        output, length = b"", 8
        while len(output) < length:
            if not select.select([self.output], [], [], SECONDS)[0]:
                os.kill(self.process, signal.SIGKILL)
            more = os.read(self.output, 1 << 16)
            if not more:
                os.close(self.input)
                os.close(self.output)
                return os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1]), b""
            output += more
            if len(output) >= 8:
                length = 8 + struct.unpack("=q", output[:8])[0]
        return 0, output[8:]
