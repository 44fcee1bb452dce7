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
def first_violation(
    start: Any,
    neighbour: Any,
    label: Any,
    is_output: Any,
    set_start: Any,
    members: Any,
    layer: Any,
    bears_x: Any,
    bears_z: Any,
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
            if not seen[u]:
                seen[u] = True
                touched[count] = u
                count += 1
            for k in range(start[u], start[u + 1]):
                w = neighbour[k]
                odd[w] = not odd[w]
                if not seen[w]:
                    seen[w] = True
                    touched[count] = w
                    count += 1
        for i in range(count):
            w = touched[i]
            if w != v and layer[v] <= layer[w]:
                if inside[w] and not bears_x[label[w]]:
                    return 1, v, w
                if odd[w] and not bears_z[label[w]]:
                    return 2, v, w
                if label[w] == _Y and inside[w] != odd[w]:
                    return 3, v, w
        x, z = inside[v], odd[v]
        if label[v] == _XY and (x or not z):
            return 4, v, v
        if label[v] == _XZ and not (x and z):
            return 5, v, v
        if label[v] == _YZ and (z or not x):
            return 6, v, v
        if label[v] == _X and not z:
            return 7, v, v
        if label[v] == _Z and not x:
            return 8, v, v
        if label[v] == _Y and x == z:
            return 9, v, v
        for i in range(count):
            inside[touched[i]] = False
            odd[touched[i]] = False
            seen[touched[i]] = False
    return 0, -1, -1
