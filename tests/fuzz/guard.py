"""Bounds of one input: CPU time, memory, and the files that may be opened."""

from __future__ import annotations

import os
import resource
import signal
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SECONDS = 2.0
BYTES = 1 << 30


class OutOfBounds(BaseException):
    """Not an Exception, so that nothing on the way swallows it."""


class Guard:
    """Holds one input at a time to the bounds; ``folder`` is what an input may read.

    Python itself and the packages that are imported late may be read too; processes, sockets, and links that lead out of the folder may not.
    """

    def __init__(self, folder: Path) -> None:
        places = [
            folder,
            *(Path(p) for p in sysconfig.get_paths().values()),
            Path(sys.base_prefix),
            Path(__file__).parents[2],
            *sys.path,
        ]
        self.allowed = tuple(str(Path(p).resolve()) for p in places if p and Path(p).is_dir())
        self.active = False
        self.crossed: str | None = None
        sys.addaudithook(self._audit)
        signal.signal(signal.SIGVTALRM, self._too_long)

    def _audit(self, event: str, args: tuple[Any, ...]) -> None:
        if not self.active:
            return
        if event == "open" and isinstance(args[0], str | bytes):
            path = os.path.realpath(os.fsdecode(args[0]))
            if not path.startswith(self.allowed):
                self.crossed = f"opened {path}"
        elif event in (
            "subprocess.Popen",
            "os.system",
            "os.exec",
            "os.posix_spawn",
            "socket.connect",
            "socket.getaddrinfo",
            "os.remove",
        ):
            self.crossed = event

    def _too_long(self, *_: Any) -> None:
        raise OutOfBounds(f"more than {SECONDS} s")

    @contextmanager
    def holding(self) -> Iterator[None]:
        self.crossed, self.active = None, True
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            self.active = False
        if self.crossed is not None:
            raise OutOfBounds(self.crossed)


def limit_memory(more: int = BYTES) -> None:
    """From now on this process may take ``more`` bytes of address space: what takes more meets a MemoryError."""
    with open("/proc/self/statm", encoding="ascii") as file:
        now = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + more, resource.RLIM_INFINITY))
