"""Python's collector of cycles, put to rest while something large is built.

A compile makes millions of small objects that live until its end and form no cycles. The collector would look through all of
them again and again: half of the time of large compiles. What is no longer needed is freed by its reference count, as ever, so passes must not
leave cycles of large things behind.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def resting_collector() -> Iterator[None]:
    """A context, or a decorator, in which no cycles are collected; afterwards the collector is as it was.

    Examples
    --------
    >>> with resting_collector():
    ...     gc.isenabled()
    False
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
