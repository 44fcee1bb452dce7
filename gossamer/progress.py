"""How far a long search is: told by whoever searches, heard by whoever waits, and nothing in between has to hand it on.

What is told never changes what is found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

#: Takes what is being done, with the best so far where there is one, and how much of it is done, from 0 to 1, or None where nobody knows.
Listener = Callable[[str, float | None], None]
_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def listening(listener: Listener | None) -> Iterator[None]:
    """A context in which ``listener`` hears what is told.

    Examples
    --------
    >>> with listening(print), share("qft", 0.5, 1.0):
    ...     tell("12 ebits", 0.5)
    qft: 12 ebits 0.75
    """
    before = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(before)


def tell(what: str, done: float | None = None) -> None:
    """Say what is being done, and how much of it is done."""
    listener = _listener.get()
    if listener is not None:
        listener(what, done)


@contextmanager
def share(name: str, begin: float, end: float) -> Iterator[None]:
    """A context that is a part of something larger, from ``begin`` to ``end`` of it; its ``name`` may be empty."""
    outer = _listener.get()
    if outer is None:
        yield
        return
    hear = outer  # bound as it is now

    def inner(what: str, done: float | None) -> None:
        hear(f"{name}: {what}" if name else what, None if done is None else begin + done * (end - begin))

    with listening(inner):
        yield
