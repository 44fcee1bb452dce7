"""Read files one by one, each in a process of its own with bounds: ``python -m tests.invalid_child FORMAT [CONTROL ...]`` (``tests/test_invalid_corpus.py``).

The format is the name of a frontend, or empty: endings decide. The controls are sound files, read before any other. A line of input is a JSON list: path, seconds of CPU, bytes. A line of output is a JSON object: what happened, the diagnostic, the CPU time, the
memory, and what the audit hook saw that it should not have.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import sysconfig
from contextlib import suppress
from pathlib import Path
from typing import Any


def child(path: Path, form: str | None, seconds: int, size: int, out: int) -> None:
    """Read the file; write what happened to ``out``."""
    from gossamer import sources
    from gossamer.diagnostics import GossamerError

    places = [
        *sysconfig.get_paths().values(),
        sys.base_prefix,
        Path(sources.__file__).parents[1],
        path.resolve().parent,
    ]
    allowed = tuple(str(Path(p).resolve()) for p in places)
    seen: list[str] = []

    def audit(event: str, args: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(args[0], str | bytes):
            opened = os.path.realpath(os.fsdecode(args[0]))
            if not opened.startswith(allowed):
                seen.append(f"opened {opened}")
        elif event == "compile" and args[0] is not None and not str(args[1] or "").endswith(".py"):
            seen.append(f"compiled {str(args[0])[:80]}")
        elif event.startswith(
            ("subprocess.", "os.system", "os.exec", "os.posix_spawn", "socket.", "os.remove", "os.rename")
        ):
            seen.append(event)

    with open("/proc/self/statm", encoding="ascii") as file:
        now = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + size, now + size))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds + 1, seconds + 1))
    sys.addaudithook(audit)
    try:
        sources.read(path, form)
        outcome, code, text = "accept", "", ""
    except GossamerError as error:
        outcome, code, text = "reject", error.code, str(error)
        if error.exit_code not in (1, 2):
            outcome = "crash"
    except BaseException as error:
        outcome, code, text = "crash", type(error).__name__, str(error)[:500]
    os.write(out, json.dumps({"outcome": outcome, "code": code, "text": text, "seen": seen[:5]}).encode())


def read_in_child(path: Path, form: str | None, seconds: int, size: int) -> dict[str, Any]:
    """The line of output for a file."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(reading)
        child(path, form, seconds, size, writing)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        data = pipe.read()
    _, status, used = os.wait4(pid, 0)
    killed = {"outcome": f"killed by signal {status & 127}", "code": "", "text": "", "seen": []}
    found = json.loads(data) if data else killed
    return found | {"seconds": used.ru_utime + used.ru_stime, "bytes": used.ru_maxrss * 1024}


def main() -> None:
    from gossamer import sources
    from gossamer.diagnostics import GossamerError
    from gossamer.registry import registered

    # what is imported and made once is not the file's
    for name in registered("frontends"):
        for text in (
            'OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; h q[0]; hh q[0];',
            "OPENQASM 3.0; qubit q; U(0, 0, 0) q; hh q;",
            "{}",
        ):
            with suppress(GossamerError):
                sources.read(text + "\n", name)
    form = sys.argv[1] or None
    for control in sys.argv[2:]:
        with suppress(GossamerError):
            sources.read(Path(control), form)
    for line in sys.stdin:
        name, seconds, size = json.loads(line)
        for _ in range(3):  # a machine with much other work makes seconds of CPU longer
            result = read_in_child(Path(name), form, seconds, size)
            if result["seconds"] <= seconds:
                break
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
