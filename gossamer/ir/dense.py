"""Dense states for the sweep of :mod:`gossamer.ir.semantics`: one flat array of ``2**k`` amplitudes, one bit of the index per axis.

Axis ``p`` is bit ``p`` of the index (axis 0 is the least significant). Three classes speak the same language:
:class:`SmallState` (numpy, the slow and obvious twin), :class:`LargeState` (numba kernels that work in place inside one
buffer, for more than about 14 axes) and :class:`DryState`, which has no amplitudes and only adds up what the others would
cost. Masks are sets of axes, as bit masks; ``parity(mask)`` of an index is the XOR of its bits in the mask.
"""

from __future__ import annotations

import math
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

#: From this number of axes on the kernels of :class:`LargeState` are used.
LARGE = 14


class State(Protocol):
    """What the sweep asks of a state."""

    k: int

    @property
    def impossible(self) -> float:
        """Probabilities up to this are rounding errors."""

    def copy(self) -> State: ...
    def double(self, f0: complex, f1: complex) -> None:
        """Add an axis at the top: ``new[x, i] = f_x old[i]``."""

    def phase(self, p: int, f0: complex, f1: complex) -> None:
        """Multiply by ``f_x`` where axis p is x."""

    def parity_phase(self, mask: int, f0: complex, f1: complex) -> None:
        """Multiply by ``f_x`` where the parity of the mask is x."""

    def and_phase(self, mask: int, f: complex) -> None:
        """Multiply by ``f`` where all axes of the mask are 1."""

    def step(self, p: int, mask: int, f0: complex, f1: complex) -> None:
        """Hadamard on axis p after ``f_x`` and ``(-1)**(x parity(mask))``; p is not in the mask."""

    def reduce(self, p: int, mask: int, f0: complex, f1: complex) -> None:
        """Sum over axis p after ``f_x`` and ``(-1)**(x parity(mask))``; axes above p move down by one."""

    def merge(self, p: int, q: int) -> None:
        """Keep the amplitudes where axes p < q agree, and drop p (axes above p move down by one)."""

    def marginal(self, mask: int) -> tuple[float, float]:
        """Squared norms where the parity of the mask is 0 and 1."""

    def overlap(self, p: int, mask: int) -> tuple[float, float, complex]:
        """Squared norms of the halves a, b of axis p, and ``<a| (-1)**parity(mask) |b>``."""

    def norm(self) -> float: ...
    def permuted(self, order: list[int]) -> Array:
        """The amplitudes with ``order[0]`` as the most significant axis; all axes occur."""


class SmallState:
    """Numpy on views of shape ``(2,) * k``."""

    def __init__(self, amplitudes: Array) -> None:
        self.a = amplitudes
        self.k = int(amplitudes.size).bit_length() - 1

    @property
    def impossible(self) -> float:
        return _impossible(self.a)

    def copy(self) -> SmallState:
        return SmallState(self.a.copy())

    def _view(self) -> Array:
        return self.a.reshape((2,) * self.k)

    def _at(self, fixed: dict[int, int]) -> tuple[Any, ...]:
        index: list[Any] = [slice(None)] * self.k
        for p, x in fixed.items():
            index[self.k - 1 - p] = x
        return tuple(index)

    def _sign(self, p: int, mask: int) -> None:
        view = self._view()
        for q in _axes(mask):
            view[self._at({p: 1, q: 1})] *= -1

    def double(self, f0: complex, f1: complex) -> None:
        self.a = np.concatenate([self.a * f0, self.a * f1]).astype(self.a.dtype, copy=False)
        self.k += 1

    def phase(self, p: int, f0: complex, f1: complex) -> None:
        view = self._view()
        if f0 != 1:
            view[self._at({p: 0})] *= f0
        view[self._at({p: 1})] *= f1

    def parity_phase(self, mask: int, f0: complex, f1: complex) -> None:
        odd = _parity_table(self.k, mask)
        self.a *= np.where(odd, f1, f0).astype(self.a.dtype, copy=False)

    def and_phase(self, mask: int, f: complex) -> None:
        self._view()[self._at(dict.fromkeys(_axes(mask), 1))] *= f

    def step(self, p: int, mask: int, f0: complex, f1: complex) -> None:
        self._sign(p, mask)
        view = self._view()
        x, y = view[self._at({p: 0})], view[self._at({p: 1})]
        r = 0.5**0.5
        u, v = x * (r * f0), y * (r * f1)
        view[self._at({p: 0})] = u + v
        view[self._at({p: 1})] = u - v

    def reduce(self, p: int, mask: int, f0: complex, f1: complex) -> None:
        self._sign(p, mask)
        view = self._view()
        out = view[self._at({p: 0})] * f0 + view[self._at({p: 1})] * f1
        self.a = np.ascontiguousarray(out).reshape(-1).astype(self.a.dtype, copy=False)
        self.k -= 1

    def merge(self, p: int, q: int) -> None:
        i = np.arange(self.a.size)
        self.a = self.a[((i >> p) & 1) == ((i >> q) & 1)]  # without the lower axis, the kept indices keep their order
        self.k -= 1

    def marginal(self, mask: int) -> tuple[float, float]:
        odd = _parity_table(self.k, mask)
        weights = self.a.real**2 + self.a.imag**2
        one = float(weights[odd].sum())
        return float(weights[~odd].sum()), one

    def overlap(self, p: int, mask: int) -> tuple[float, float, complex]:
        other = self.copy()
        other._sign(p, mask)
        x, y = self._view()[self._at({p: 0})], other._view()[self._at({p: 1})]
        n0, n1 = float((abs(x) ** 2).sum()), float((abs(y) ** 2).sum())
        return n0, n1, complex((x.conj() * y).sum())

    def norm(self) -> float:
        return float((self.a.real**2 + self.a.imag**2).sum())

    def permuted(self, order: list[int]) -> Array:
        return np.ascontiguousarray(self._view().transpose([self.k - 1 - p for p in order])).reshape(-1)


class LargeState:
    """Kernels in place, inside a buffer that only grows."""

    def __init__(self, amplitudes: Array, k: int | None = None) -> None:
        from gossamer.ir import dense_kernels

        self.buffer = amplitudes
        self.k = int(amplitudes.size).bit_length() - 1 if k is None else k
        self.kernels = dense_kernels

    @property
    def a(self) -> Array:
        return self.buffer[: 1 << self.k]

    @property
    def impossible(self) -> float:
        return _impossible(self.buffer)

    def copy(self) -> LargeState:
        return LargeState(self.a.copy())

    def _scalar(self, f: complex) -> Any:
        return self.buffer.dtype.type(f)

    def double(self, f0: complex, f1: complex) -> None:
        n = 1 << self.k
        if self.buffer.size < 2 * n:
            grown = np.empty(2 * n, self.buffer.dtype)
            grown[:n] = self.a
            self.buffer = grown
        if f1 == 1:
            self.buffer[n : 2 * n] = self.buffer[:n]
        else:
            np.multiply(self.buffer[:n], self._scalar(f1), out=self.buffer[n : 2 * n])
        if f0 != 1:
            self.buffer[:n] *= self._scalar(f0)
        self.k += 1

    def phase(self, p: int, f0: complex, f1: complex) -> None:
        view = self.a.reshape(-1, 2, 1 << p)
        if f0 != 1:
            view[:, 0] *= self._scalar(f0)
        view[:, 1] *= self._scalar(f1)

    def parity_phase(self, mask: int, f0: complex, f1: complex) -> None:
        self.kernels.parity_phase(self.a, mask, self._scalar(f0), self._scalar(f1))

    def and_phase(self, mask: int, f: complex) -> None:
        axes = _axes(mask)
        if len(axes) == 2:
            self.kernels.pair_phase(self.a, axes[0], axes[1], self._scalar(f))
        else:
            self.kernels.and_phase(self.a, mask, self._scalar(f))

    def step(self, p: int, mask: int, f0: complex, f1: complex) -> None:
        r = 0.5**0.5
        self.kernels.step(self.a, p, mask, self._scalar(r * f0), self._scalar(r * f1))

    def reduce(self, p: int, mask: int, f0: complex, f1: complex) -> None:
        self.kernels.reduce(self.a, p, mask, self._scalar(f0), self._scalar(f1))
        self.k -= 1

    def merge(self, p: int, q: int) -> None:
        self.kernels.merge(self.a, p, q)
        self.k -= 1

    def marginal(self, mask: int) -> tuple[float, float]:
        n0, n1 = self.kernels.marginal(self.a, mask)
        return float(n0), float(n1)

    def overlap(self, p: int, mask: int) -> tuple[float, float, complex]:
        n0, n1, re, im = self.kernels.overlap(self.a, p, mask)
        return float(n0), float(n1), complex(re, im)

    def norm(self) -> float:
        n0, n1 = self.kernels.marginal(self.a, 0)
        return float(n0 + n1)

    def permuted(self, order: list[int]) -> Array:
        if all(p == self.k - 1 - i for i, p in enumerate(order)):
            return self.a
        low = self.k // 2
        tables = [np.zeros(1 << low, np.int64), np.zeros(1 << (self.k - low), np.int64)]
        for i, p in enumerate(order):
            q = self.k - 1 - i  # the bit of the new index that is read from bit p of the old one
            table, bit = (tables[0], q) if q < low else (tables[1], q - low)
            table |= ((np.arange(table.size) >> bit) & 1) << p
        out = np.empty_like(self.a)
        self.kernels.gather(self.a, out, tables[0], tables[1])
        return out


def _power(k: int) -> float:
    """2 to the power ``k``, or infinity."""
    return 2.0**k if k < 1024 else math.inf


class DryState:
    """No amplitudes: ``peak`` axes at one time, and ``work``, the number of amplitudes touched."""

    def __init__(self, k: int = 0) -> None:
        self.k = self.peak = k
        self.work = 0.0
        self.impossible = 0.0

    def copy(self) -> DryState:
        out = DryState(self.k)
        out.peak, out.work = self.peak, self.work
        return out

    def _touch(self) -> None:
        self.work += _power(self.k)

    def double(self, f0: complex, f1: complex) -> None:
        self.k += 1
        self.peak = max(self.peak, self.k)
        self._touch()

    def phase(self, p: int, f0: complex, f1: complex) -> None:
        self._touch()

    def parity_phase(self, mask: int, f0: complex, f1: complex) -> None:
        self._touch()

    def and_phase(self, mask: int, f: complex) -> None:
        self.work += _power(self.k - mask.bit_count())

    def step(self, p: int, mask: int, f0: complex, f1: complex) -> None:
        self._touch()

    def reduce(self, p: int, mask: int, f0: complex, f1: complex) -> None:
        self._touch()
        self.k -= 1

    def merge(self, p: int, q: int) -> None:
        self._touch()
        self.k -= 1

    def marginal(self, mask: int) -> tuple[float, float]:
        self._touch()
        return 1.0, 1.0

    def overlap(self, p: int, mask: int) -> tuple[float, float, complex]:
        self._touch()
        return 1.0, 1.0, 0j

    def norm(self) -> float:
        return 1.0

    def permuted(self, order: list[int]) -> Array:
        self._touch()
        return np.zeros(0)


def _impossible(amplitudes: Array) -> float:
    return 1e-9 if amplitudes.dtype == np.complex64 else 1e-20


def _axes(mask: int) -> list[int]:
    out = []
    while mask:
        low = mask & -mask
        out.append(low.bit_length() - 1)
        mask ^= low
    return out


def _parity_table(k: int, mask: int) -> NDArray[np.bool_]:
    odd = np.zeros(1 << k, np.bool_)
    view = odd.reshape((2,) * k)
    for p in _axes(mask):
        index: list[Any] = [slice(None)] * k
        index[k - 1 - p] = 1
        view[tuple(index)] ^= True
    return odd
