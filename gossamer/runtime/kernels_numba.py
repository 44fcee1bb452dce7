"""The loops of ``gossamer.runtime.kernels`` compiled with numba: one pass over the amplitudes, no temporary arrays.

Importing this module imports numba, and the first call of a function in a new environment compiles it (the result is cached
on disk), so it is imported only for runs whose cost is worth it. Same guarantees as the numpy form.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from gossamer.runtime.kernels import Complex, Float, Index

#: Sums may be reassociated, so that they vectorise; nan and infinity keep their meaning.
_OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "fastmath": {"reassoc", "contract", "nsz"}}
#: Amplitudes in a buffer (it stays in the first cache), and the length below which an inner loop is not worth setting up.
_BLOCK, _SHORT = 512, 16


@njit(**_OPTIONS)  # type: ignore[untyped-decorator]
def _matrix(state: Any, stride: int, m: Any) -> None:
    branches, size = state.shape
    step = min(stride, _BLOCK)
    new_zero, new_one = np.empty(step, state.dtype), np.empty(step, state.dtype)
    for b in range(branches):
        m00, m01, m10, m11 = m[b, 0, 0], m[b, 0, 1], m[b, 1, 0], m[b, 1, 1]
        for base in range(0, size, 2 * stride):
            for start in range(base, base + stride, step):
                zero = state[b, start : start + step]
                one = state[b, start + stride : start + stride + step]
                if step < _SHORT:
                    for i in range(step):
                        x, y = zero[i], one[i]
                        zero[i] = m00 * x + m01 * y
                        one[i] = m10 * x + m11 * y
                    continue
                # Through a buffer, since the compiler vectorises only loops whose output is none of their inputs.
                for i in range(step):
                    new_zero[i] = m00 * zero[i] + m01 * one[i]
                for i in range(step):
                    new_one[i] = m10 * zero[i] + m11 * one[i]
                for i in range(step):
                    zero[i] = new_zero[i]
                for i in range(step):
                    one[i] = new_one[i]


@njit(**_OPTIONS)  # type: ignore[untyped-decorator]
def _phases(state: Any, high: int, low: int, phases: Any) -> None:
    branches, size = state.shape
    for b in range(branches):
        for k in range(4):
            p = phases[b, k]
            if p == 1:
                continue
            start = (k >> 1) * high + (k & 1) * low
            for outer in range(start, size, 2 * high):
                if low < _SHORT:
                    for i in range(low):
                        spread = state[b, outer + i : outer + high : 2 * low]
                        for j in range(len(spread)):
                            spread[j] *= p
                    continue
                for base in range(outer, outer + high, 2 * low):
                    part = state[b, base : base + low]
                    for i in range(low):
                        part[i] *= p


@njit(**_OPTIONS)  # type: ignore[untyped-decorator]
def _density(state: Any, stride: int, out: Any) -> None:
    branches, size = state.shape
    for b in range(branches):
        p0 = p1 = re = im = 0.0
        for base in range(0, size, 2 * stride):
            zero = state[b, base : base + stride]
            one = state[b, base + stride : base + 2 * stride]
            for i in range(stride):
                xr, xi = np.float64(zero[i].real), np.float64(zero[i].imag)
                yr, yi = np.float64(one[i].real), np.float64(one[i].imag)
                p0 += xr * xr + xi * xi
                p1 += yr * yr + yi * yi
                re += xr * yr + xi * yi
                im += xi * yr - xr * yi
        out[b, 0], out[b, 1], out[b, 2], out[b, 3] = p0, p1, re, im


@njit(**_OPTIONS)  # type: ignore[untyped-decorator]
def _project(state: Any, stride: int, source: Any, row: Any, out: Any) -> None:
    size = state.shape[1]
    for b in range(len(source)):
        s = source[b]
        r0, r1 = row[b, 0], row[b, 1]
        to = 0
        for base in range(0, size, 2 * stride):
            zero = state[s, base : base + stride]
            one = state[s, base + stride : base + 2 * stride]
            part = out[b, to : to + stride]
            for i in range(stride):
                part[i] = r0 * zero[i] + r1 * one[i]
            to += stride


def apply_matrix(state: Complex, stride: int, matrix: Complex) -> None:
    """See :func:`gossamer.runtime.kernels.apply_matrix`."""
    full = np.broadcast_to(matrix, (len(state), 2, 2))
    _matrix(state, stride, np.ascontiguousarray(full, dtype=state.dtype))


def apply_phases(state: Complex, high: int, low: int, phases: Complex) -> None:
    """See :func:`gossamer.runtime.kernels.apply_phases`."""
    full = np.broadcast_to(phases, (len(state), 4))
    _phases(state, high, low, np.ascontiguousarray(full, dtype=state.dtype))


def density(state: Complex, stride: int) -> Float:
    """See :func:`gossamer.runtime.kernels.density`."""
    out = np.empty((len(state), 4))
    _density(state, stride, out)
    return out


def project(state: Complex, stride: int, source: Index, row: Complex) -> Complex:
    """See :func:`gossamer.runtime.kernels.project`."""
    out = np.empty((len(source), state.shape[1] // 2), dtype=state.dtype)
    _project(state, stride, source, np.ascontiguousarray(row, dtype=state.dtype), out)
    return out
