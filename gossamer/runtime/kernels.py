"""The four loops over amplitudes, in numpy: the obvious form, and the one used for small states.

``state`` is a C-contiguous complex array of shape (branches, 2**n). A qubit is named by its ``stride``, the distance between
the amplitudes that differ in it. ``gossamer.runtime.kernels_numba`` offers the same functions compiled; a test holds them equal.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Complex: TypeAlias = NDArray[np.complexfloating[Any, Any]]
Float: TypeAlias = NDArray[np.float64]
Index: TypeAlias = NDArray[np.int64]


def apply_matrix(state: Complex, stride: int, matrix: Complex) -> None:
    """Multiply by ``matrix`` (branches, 2, 2) on the qubit, in place."""
    view = state.reshape(len(state), -1, 2, stride)
    m = matrix.astype(state.dtype, copy=False)[:, :, :, None, None]
    zero, one = view[:, :, 0], view[:, :, 1]
    new_zero = m[:, 0, 0] * zero + m[:, 0, 1] * one
    new_one = m[:, 1, 0] * zero + m[:, 1, 1] * one
    view[:, :, 0], view[:, :, 1] = new_zero, new_one


def apply_phases(state: Complex, high: int, low: int, phases: Complex) -> None:
    """Multiply by diag(``phases``) (branches, 4) on the qubits with strides ``high`` > ``low``, in place."""
    view = state.reshape(len(state), -1, 2, high // (2 * low), 2, low)
    p = phases.astype(state.dtype, copy=False)
    for k in range(4):
        if (p[:, k] != 1).any():
            view[:, :, k >> 1, :, k & 1] *= p[:, k, None, None, None]


def density(state: Complex, stride: int) -> Float:
    """Reduced density matrix of a qubit, not normalised: rows (rho00, rho11, Re rho01, Im rho01), rho01 = sum a0 conj(a1)."""
    view = state.reshape(len(state), -1, 2, stride)
    zero, one = view[:, :, 0], view[:, :, 1]
    out = np.empty((len(state), 4))
    out[:, 0] = (zero.real**2 + zero.imag**2).sum(axis=(1, 2), dtype=np.float64)
    out[:, 1] = (one.real**2 + one.imag**2).sum(axis=(1, 2), dtype=np.float64)
    cross = (zero * one.conj()).sum(axis=(1, 2), dtype=np.complex128)
    out[:, 2], out[:, 3] = cross.real, cross.imag
    return out


def project(state: Complex, stride: int, source: Index, row: Complex) -> Complex:
    """New state without the qubit: branch k is <row[k]| (not conjugated, ``row`` (new, 2)) applied to branch ``source[k]``."""
    view = state.reshape(len(state), -1, 2, stride)
    r = row.astype(state.dtype, copy=False)[:, :, None, None]
    if len(source) == len(state) and bool((source == np.arange(len(state))).all()):
        out = r[:, 0] * view[:, :, 0] + r[:, 1] * view[:, :, 1]
    else:
        out = r[:, 0] * view[source, :, 0] + r[:, 1] * view[source, :, 1]
    return np.ascontiguousarray(out.reshape(len(source), -1))
