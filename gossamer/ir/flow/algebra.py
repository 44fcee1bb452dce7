"""Gflow and Pauli flow by GF(2) algebra.

Each label demands something of every correction set (the rows of the *flow-demand* matrix M: met with 1 by the vertex's own
set, with 0 by all others) and something only of the sets of vertices that do not come before it (the rows of the
*order-demand* matrix N). With T the inverse of M, as far as it has one, every focused flow is a row of T plus a sum of rows
of its kernel, and what is left is to choose the sums so that N is met (``kernels.find_layers``, ``kernels.choose``).
A vertex without correction set (output) demands nothing, unless the classical order puts it before others: then no correction
may touch it that is made after it, and it has order demands.

References
----------
Mitosek and Backens, arXiv:2410.23439, definitions 3.4 and 3.5, theorem 3.1. The layers are found in another way than in their
section 4: from a basis of the relations among the demands, so that outputs which wait, vertices that have no correction, and the
classical order need no special case.
"""

from __future__ import annotations

import numpy as np

from gossamer.diagnostics import InputError
from gossamer.ir.diagram import Int
from gossamer.ir.flow.model import Flow, FlowProblem, pairs_to_csr
from gossamer.ir.open_graph import Label

#: The most vertices: their matrices take at most about half a gigabyte, and minutes.
MOST_VERTICES = 1 << 15

#: For each label: whether the vertex itself, and whether its neighbours, are in its row of M and of N.
_M_SELF, _M_ODD, _N_SELF, _N_ODD = np.zeros((4, len(Label)), np.bool_)
_M_SELF[[Label.YZ, Label.XZ, Label.Y, Label.Z]] = True
_M_ODD[[Label.XY, Label.X, Label.Y]] = True
_N_SELF[[Label.XY, Label.XZ]] = True
_N_ODD[[Label.YZ, Label.XZ]] = True
#: For outputs that wait: a Pauli measurement bears what acts as its own Pauli, any other vertex neither X nor Z (two rows).
_WAIT_SELF, _WAIT_ODD = np.zeros((2, len(Label)), np.bool_)
_WAIT_SELF[[Label.Z, Label.Y]] = True
_WAIT_ODD[[Label.X, Label.Y]] = True
_WAIT_BOTH = ~(_WAIT_SELF | _WAIT_ODD)


def solve_algebra(problem: FlowProblem) -> tuple[Flow | None, Int]:
    """The flow (None if it is not whole), and the layer of each vertex (-1: never corrected)."""
    from gossamer.ir.flow import kernels

    n, label = problem.num_vertices, problem.label
    if n > MOST_VERTICES:
        help = "look for a causal flow, or take the diagram apart"
        raise InputError("FL-4", f"{n} vertices are too many to look for a {problem.kind} flow", help=help)
    pending = np.bincount(problem.before[:, 0], minlength=n)
    measured = np.flatnonzero(~problem.is_output).astype(np.int32)
    waiting = np.flatnonzero(problem.is_output & (pending > 0)).astype(np.int32)
    allowed = np.flatnonzero(~problem.is_input).astype(np.int32)
    place = np.full(n, -1, np.int64)  # in `measured`, then `waiting`
    place[measured] = np.arange(measured.size)
    place[waiting] = measured.size + np.arange(waiting.size)
    column = np.full(n, -1, np.int64)
    column[allowed] = np.arange(allowed.size)
    u = np.concatenate([problem.edges[:, 0], problem.edges[:, 1]])
    w = np.concatenate([problem.edges[:, 1], problem.edges[:, 0]])

    # Row i of `system` is a set of vertices: to the left what it does to the demands M, to the right the set itself.
    words = (measured.size + 63) // 64
    system = np.zeros((allowed.size, words + (allowed.size + 63) // 64), np.uint64)
    edge = (column[u] >= 0) & ~problem.is_output[w] & _M_ODD[label[w]]
    kernels.flip_bits(system, column[u[edge]], place[w[edge]])
    own = allowed[~problem.is_output[allowed] & _M_SELF[label[allowed]]]
    kernels.flip_bits(system, column[own], place[own])
    kernels.flip_bits(system, column[allowed], 64 * words + column[allowed])
    pivot = kernels.reduce_rows(system, measured.size)
    rank = int((pivot >= 0).sum())
    # Row `pivot[v]` answers v's demand and no other, unless it has bits in columns without pivot.
    hopeless = np.ones(measured.size + waiting.size, np.bool_)
    hopeless[measured.size :] = False
    sets = np.ascontiguousarray(system[:, words:])
    lone = kernels.count_bits(system, words) == 1
    hopeless[np.flatnonzero(pivot >= 0)] = ~lone[pivot[pivot >= 0]]
    correction = np.zeros((measured.size, sets.shape[1]), np.uint64)
    correction[pivot >= 0] = sets[pivot[pivot >= 0]]
    choice = sets[rank:]
    free = choice.shape[0]

    # The order demands: rows over (free choices | vertices), numbered so that each vertex's rows are neighbours.
    is_waiting = problem.is_output & (pending > 0)
    demand_self = np.where(is_waiting, _WAIT_SELF[label] | _WAIT_BOTH[label], _N_SELF[label] & ~problem.is_output)
    demand_odd = np.where(is_waiting, _WAIT_ODD[label] | _WAIT_BOTH[label], _N_ODD[label] & ~problem.is_output)
    both = is_waiting & _WAIT_BOTH[label]
    owners = np.concatenate([measured, waiting])
    rows = (demand_self | demand_odd).astype(np.int64) + both
    row_start = np.zeros(owners.size + 1, np.int64)
    np.cumsum(rows[owners], out=row_start[1:])
    self_row, odd_row = np.full((2, n), -1, np.int64)
    self_row[owners] = row_start[:-1]
    odd_row[owners] = row_start[:-1] + both[owners]
    touch_choice = kernels.transpose(choice, allowed.size)
    touch_vertex = kernels.transpose(correction, allowed.size)
    first = touch_choice.shape[1]
    demands = np.zeros((int(row_start[-1]), first + touch_vertex.shape[1] + first), np.uint64)
    touched = np.concatenate([touch_choice, touch_vertex], axis=1)
    own = allowed[demand_self[allowed]]
    kernels.add_rows(demands, self_row[own], touched, column[own])
    edge = (column[u] >= 0) & demand_odd[w]
    kernels.add_rows(demands, odd_row[w[edge]], touched, column[u[edge]])

    # The classical order, among the vertices that have a place; what comes before a vertex of layer 0 does not wait for it.
    late = (place[problem.before[:, 0]] >= 0) & (place[problem.before[:, 1]] >= 0)
    earlier, later = (place[problem.before[late, i]].astype(np.int32) for i in (0, 1))
    wait_start, waits = pairs_to_csr(later, earlier, owners.size)
    holds = np.bincount(earlier, minlength=owners.size)
    found = kernels.find_layers(demands.copy(), free, measured.size, row_start, holds, wait_start, waits, hopeless)
    layer = np.zeros(n, np.int32)
    layer[owners] = found
    if (found < 0).any():
        return None, layer
    kernels.choose(demands, free, row_start, np.argsort(-found, kind="stable"), found, correction, choice)
    lengths, members = kernels.rows_to_csr(correction, allowed)
    start = np.zeros(n + 1, np.int32)
    start[1:][measured] = np.diff(lengths)
    np.cumsum(start, out=start)
    return Flow(problem.kind, start, members, layer), layer
