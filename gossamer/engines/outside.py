"""What engines from outside have in common: their packages are an extra, and their counts have the keys that Qiskit prints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from gossamer.diagnostics import MissingPackage


@contextmanager
def imports_for(engine: str) -> Iterator[None]:
    """Imports of packages that an engine needs; MissingPackage [TL-9] if one is not there.

    Examples
    --------
    >>> from gossamer.diagnostics import GossamerError
    >>> try:
    ...     with imports_for("abacus"):
    ...         import abacus_with_beads
    ... except GossamerError as error:
    ...     print(error.code, error.diagnostic.help)
    TL-9 pip install 'gossamer[engines]'
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise MissingPackage(
            "TL-9", f"the engine {engine} needs the package '{error.name}'", help="pip install 'gossamer[engines]'"
        ) from error


def key_of(registers: Iterable[Iterable[bool | int]]) -> str:
    """What registers hold, as a key of counts: the last one first, the highest index of each leftmost; empty ones are left out.

    Examples
    --------
    >>> key_of([[1, 0], [], [0, 0, 1]])
    '100 01'
    """
    held = ["".join("01"[bit] for bit in register)[::-1] for register in registers]
    return " ".join(text for text in reversed(held) if text)
