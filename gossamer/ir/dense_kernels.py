"""The compiled loops of :class:`gossamer.ir.dense.LargeState`: one pass over the amplitudes each, in place.

Import it inside functions only: numba compiles on first use and keeps the result on disk. The functions stand at the top of the module, since
numba finds nothing on disk for a function that was made inside another one and calls a third.
"""

from __future__ import annotations

from typing import Any

from numba import njit

_compiled = njit(cache=True, nogil=True, error_model="numpy")


@_compiled
def _odd(x: int) -> int:
    """The parity of the bits of x."""
    x ^= x >> 16
    x ^= x >> 8
    x ^= x >> 4
    x ^= x >> 2
    x ^= x >> 1
    return x & 1


@_compiled
def parity_phase(a: Any, mask: Any, f0: Any, f1: Any) -> None:
    """Multiply by ``f1`` where the parity of the mask is 1, else by ``f0``."""
    for i in range(a.size):
        a[i] *= f1 if _odd(i & mask) else f0


@_compiled
def and_phase(a: Any, mask: Any, f: Any) -> None:
    """Multiply by ``f`` where all axes of the mask are 1."""
    for i in range(a.size):
        if i & mask == mask:
            a[i] *= f


@_compiled
def pair_phase(a: Any, p: Any, q: Any, f: Any) -> None:
    """Multiply by ``f`` where the axes p < q are both 1."""
    low = 1 << p
    high = 1 << q
    for top in range(high, a.size, 2 * high):
        for mid in range(top + low, top + high, 2 * low):
            for i in range(mid, mid + low):
                a[i] *= f


@_compiled
def step(a: Any, p: Any, mask: Any, f0: Any, f1: Any) -> None:
    """Hadamard on axis p after the factors and ``(-1)**(x parity(mask))``."""
    half = 1 << p
    low = mask & (half - 1)
    for top in range(0, a.size, 2 * half):
        g = -f1 if _odd(top & mask) else f1
        if low == 0:
            for i in range(top, top + half):
                u = f0 * a[i]
                v = g * a[i + half]
                a[i] = u + v
                a[i + half] = u - v
        else:
            for i in range(top, top + half):
                u = f0 * a[i]
                v = g * a[i + half]
                if _odd(i & low):
                    v = -v
                a[i] = u + v
                a[i + half] = u - v


@_compiled
def reduce(a: Any, p: Any, mask: Any, f0: Any, f1: Any) -> None:
    """Sum over axis p after the factors and ``(-1)**(x parity(mask))``, into the first half of the buffer."""
    half = 1 << p
    low = mask & (half - 1)
    out = 0
    for top in range(0, a.size, 2 * half):
        g = -f1 if _odd(top & mask) else f1
        for i in range(top, top + half):
            v = g * a[i + half]
            if low and _odd(i & low):
                v = -v
            a[out] = f0 * a[i] + v  # out <= i: nothing that is still needed is overwritten
            out += 1


@_compiled
def merge(a: Any, p: Any, q: Any) -> None:
    """Keep the amplitudes where axes p and q agree, at the beginning of the buffer."""
    out = 0
    for i in range(a.size):
        if (i >> p) & 1 == (i >> q) & 1:
            a[out] = a[i]
            out += 1


@_compiled
def marginal(a: Any, mask: Any) -> tuple[float, float]:
    """Squared norms where the parity of the mask is 0 and 1."""
    n0 = 0.0
    n1 = 0.0
    for i in range(a.size):
        w = float(a[i].real) ** 2 + float(a[i].imag) ** 2
        if _odd(i & mask):
            n1 += w
        else:
            n0 += w
    return n0, n1


@_compiled
def overlap(a: Any, p: Any, mask: Any) -> tuple[float, float, float, float]:
    """Squared norms of the halves of axis p and, real and imaginary, their inner product with ``(-1)**parity(mask)``."""
    half = 1 << p
    n0 = 0.0
    n1 = 0.0
    re = 0.0
    im = 0.0
    for top in range(0, a.size, 2 * half):
        for i in range(top, top + half):
            x = a[i]
            y = a[i + half]
            n0 += float(x.real) ** 2 + float(x.imag) ** 2
            n1 += float(y.real) ** 2 + float(y.imag) ** 2
            r = float(x.real) * y.real + float(x.imag) * y.imag
            s = float(x.real) * y.imag - float(x.imag) * y.real
            if _odd(i & mask):
                re -= r
                im -= s
            else:
                re += r
                im += s
    return n0, n1, re, im


@_compiled
def gather(a: Any, out: Any, low: Any, high: Any) -> None:
    """``out[h, i] = a[high[h] | low[i]]``."""
    n = low.size
    for h in range(high.size):
        base = high[h]
        for i in range(n):
            out[h * n + i] = a[base | low[i]]
