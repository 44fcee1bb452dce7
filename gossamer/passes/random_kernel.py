"""Random numbers inside compiled loops: xorshift64*, so that a run depends on its seed alone.

Import it inside functions only: numba compiles on first use and keeps the result on disk.

References
----------
Vigna, ACM TOMS 42, 30 (2016).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def draw(state: Any) -> Any:
    """32 random bits."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return (x * np.uint64(2685821657736338717)) >> np.uint64(32)


@njit(cache=True, nogil=True)
def below(state: Any, n: Any) -> Any:
    """A random number from 0 to n - 1."""
    return np.int64((draw(state) * np.uint64(n)) >> np.uint64(32))
