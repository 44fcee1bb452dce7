"""The compiled loop of ``gossamer.ir.flow.verify``: axioms P1 to P9, of which G1 to G5 are the part without Pauli labels.

Import it inside functions only: numba compiles on first use and keeps the result on disk.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from gossamer.ir.open_graph import Label

_XY, _YZ, _XZ, _X, _Y, _Z = (int(x) for x in (Label.XY, Label.YZ, Label.XZ, Label.X, Label.Y, Label.Z))


@njit(cache=True, nogil=True)
def _own(label: int, x: bool, z: bool) -> int:
    """Which of P4 to P9 fails for a vertex in its set (x) and in the set's odd neighbourhood (z), or 0."""
    if label == _XY:
        return 0 if z and not x else 4
    if label == _XZ:
        return 0 if x and z else 5
    if label == _YZ:
        return 0 if x and not z else 6
    if label == _X:
        return 0 if z else 7
    if label == _Z:
        return 0 if x else 8
    return 0 if x != z else 9


@njit(cache=True, nogil=True)
def _order(label: int, x: bool, z: bool) -> int:
    """Which of P1 to P3 asks that a vertex in the set (x) and in its odd neighbourhood (z) comes later, or 0."""
    if x and label != _X and label != _Y:
        return 1
    if z and label != _Y and label != _Z:
        return 2
    return 3 if label == _Y and x != z else 0


@njit(cache=True, nogil=True)
def first_violation(
    start: Any, neighbour: Any, label: Any, is_output: Any, set_start: Any, members: Any, layer: Any
) -> Any:
    """``(axiom, v, w)``, or ``(0, -1, -1)``: the number of the first axiom that fails, for v, because of w."""
    n = label.size
    inside, odd, seen = np.zeros(n, np.bool_), np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    touched = np.empty(n, np.int32)
    for v in range(n):
        if is_output[v]:
            continue
        count = 0
        for i in range(set_start[v], set_start[v + 1]):
            u = members[i]
            inside[u] = True
            for k in range(start[u] - 1, start[u + 1]):
                w = u if k < start[u] else neighbour[k]
                if not seen[w]:
                    seen[w] = True
                    touched[count] = w
                    count += 1
                if w != u:
                    odd[w] = not odd[w]
        axiom = _own(label[v], inside[v], odd[v])
        if axiom:
            return axiom, v, v
        for i in range(count):
            w = touched[i]
            axiom = _order(label[w], inside[w], odd[w])
            if axiom and w != v and layer[v] <= layer[w]:
                return axiom, v, w
            inside[w] = odd[w] = seen[w] = False
    return 0, -1, -1
