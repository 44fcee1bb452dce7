"""Files that a source includes: only those in or below the source's own folder.

The module guarantees that no path leaves the folder: no absolute path, no ``..``, no link that points out, nothing but a regular
file, and no more text than the limit, however often a file is included. Messages never quote what a file holds.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from gossamer.diagnostics import InputError, Span
from gossamer.formats.openqasm import normalise

MAX_INCLUDED_BYTES = 16_000_000
_MAX_DEPTH = 20


class Loader:
    """Reads included files below ``folder``.

    Examples
    --------
    >>> Loader(Path("/tmp")).text("../etc/passwd", Span("a.qasm", 1, 1))
    Traceback (most recent call last):
    gossamer.diagnostics.InputError: error[QASM-3]: include '../etc/passwd' leaves the folder of the source
     --> a.qasm:1:1
    help: put the file into the folder of the source
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.open: list[str] = []
        self.read = 0

    @contextmanager
    def opened(self, file: str, span: Span) -> Iterator[str]:
        """The text of ``file``, which must not include itself meanwhile."""
        if file in self.open or len(self.open) >= _MAX_DEPTH:
            raise InputError(
                "QASM-3", f"include {file[:80]!r} includes itself", span=span, help="take one of the includes out"
            )
        self.open.append(file)
        try:
            yield self.text(file, span)
        finally:
            self.open.pop()

    def text(self, file: str, span: Span) -> str:
        """The text of ``file``.

        Raises
        ------
        InputError
            QASM-3 if it is outside of the folder, not a regular file, too large, or not UTF-8 text.
        """
        shown = repr(file[:80])
        path = PurePosixPath(file)
        if path.is_absolute() or ".." in path.parts or "\\" in file or ":" in file or "\0" in file or not path.parts:
            raise InputError(
                "QASM-3",
                f"include {shown} leaves the folder of the source",
                span=span,
                help="put the file into the folder of the source",
            )
        try:
            root = self.folder.resolve(strict=True)
            target = (root / path).resolve(strict=True)
            if not target.is_relative_to(root):
                raise InputError(
                    "QASM-3",
                    f"include {shown} is a link that leaves the folder of the source",
                    span=span,
                    help="put the file itself into the folder of the source",
                )
            if not stat.S_ISREG(target.stat().st_mode):
                raise InputError(
                    "QASM-3",
                    f"include {shown} is not a file",
                    span=span,
                    help="name a file; folders, pipes and devices are not read",
                )
            with target.open("rb") as handle:
                data = handle.read(MAX_INCLUDED_BYTES + 1)
        except (OSError, ValueError, RuntimeError):
            raise InputError(
                "QASM-3",
                f"include {shown} is not there",
                span=span,
                help="built in are qelib1.inc and stdgates.inc; other files must lie in or below the folder of the source",
            ) from None
        self.read += len(data)
        if self.read > MAX_INCLUDED_BYTES:
            raise InputError(
                "QASM-12",
                f"included files hold more than {MAX_INCLUDED_BYTES} bytes",
                span=span,
                help="include less: a file counts each time it is included",
            )
        try:
            return normalise(data.decode("utf-8"))
        except UnicodeDecodeError:
            raise InputError(
                "QASM-3", f"include {shown} is not UTF-8 text", span=span, help="save the file as UTF-8"
            ) from None
