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
from numpy.typing import NDArray

from gossamer.diagnostics import InputError
from gossamer.ir.diagram import Int
from gossamer.ir.flow.model import Flow, FlowProblem, pairs_to_csr
from gossamer.ir.open_graph import Label

Words = NDArray[np.uint64]

#: The most vertices: their matrices take about a gigabyte.
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

    n = problem.num_vertices
    if n > MOST_VERTICES:
        help = "look for a causal flow, or take the diagram apart"
        raise InputError("FL-4", f"{n} vertices are too many to look for a {problem.kind} flow", help=help)
    pending = np.bincount(problem.before[:, 0], minlength=n)
    waits = problem.is_output & (pending > 0)
    allowed = np.flatnonzero(~problem.is_input).astype(np.int32)
    measured = np.flatnonzero(~problem.is_output).astype(np.int32)
    solved = np.concatenate([measured, np.flatnonzero(waits)])  # what is solved one after the other: all but layer 0

    correction, choice, hopeless = _flow_demands(problem, measured, allowed)
    row_start, demands = _order_demands(problem, waits, solved, allowed, correction, choice)
    # The classical order among `solved`; what comes before a vertex of layer 0 does not wait for it.
    place = _places(solved, n)
    earlier, later = place[problem.before].T
    both = (earlier >= 0) & (later >= 0)
    wait_start, waiting = pairs_to_csr(later[both], earlier[both], solved.size)
    layer = np.zeros(n, np.int32)
    layer[solved] = found = kernels.find_layers(
        demands.copy(),
        choice.shape[0],
        measured.size,
        row_start,
        np.bincount(earlier[both], minlength=solved.size),
        wait_start,
        waiting,
        np.concatenate([hopeless, np.zeros(solved.size - measured.size, np.bool_)]),
    )
    if (found < 0).any():
        return None, layer
    by_layer = np.argsort(-found, kind="stable")
    kernels.choose(demands, choice.shape[0], row_start, by_layer, found, correction, choice)
    lengths, members = kernels.rows_to_csr(correction, allowed)
    start = np.zeros(n + 1, np.int32)
    start[1:][measured] = np.diff(lengths)
    np.cumsum(start, out=start)
    return Flow(problem.kind, start, members, layer), layer


def _places(listed: Int, n: int) -> Int:
    """For each vertex its place in the list, or -1."""
    out = np.full(n, -1, np.int32)
    out[listed] = np.arange(listed.size)
    return out


def _arcs(problem: FlowProblem) -> tuple[Int, Int]:
    """Every edge in both directions."""
    return np.concatenate([problem.edges[:, 0], problem.edges[:, 1]]), np.concatenate(
        [problem.edges[:, 1], problem.edges[:, 0]]
    )


def _flow_demands(problem: FlowProblem, measured: Int, allowed: Int) -> tuple[Words, Words, NDArray[np.bool_]]:
    """``(correction, choice, hopeless)``: sets over ``allowed``, as packed rows.

    ``correction[i]`` meets the flow demands of ``measured[i]``, unless that is hopeless; adding rows of ``choice`` (a basis)
    gives all the others that do.
    """
    from gossamer.ir.flow import kernels

    label = problem.label
    place, column = _places(measured, label.size), _places(allowed, label.size)
    # Each row is a set of vertices, one to begin with: on the left the demands that it meets, on the right its members.
    left = (measured.size + 63) // 64
    system = np.zeros((allowed.size, left + (allowed.size + 63) // 64), np.uint64)
    u, v = _arcs(problem)
    meets = (column[u] >= 0) & (place[v] >= 0) & _M_ODD[label[v]]
    kernels.flip_bits(system, column[u[meets]], place[v[meets]])
    own = allowed[(place[allowed] >= 0) & _M_SELF[label[allowed]]]
    kernels.flip_bits(system, column[own], place[own])
    kernels.flip_bits(system, column[allowed], 64 * left + column[allowed])
    pivot = kernels.reduce_rows(system, measured.size)
    # A demand that can be met alone has a pivot, in a row with no other bit.
    hopeless = pivot < 0
    hopeless[~hopeless] = (kernels.count_bits(system, left) != 1)[pivot[~hopeless]]
    correction = np.zeros((measured.size, system.shape[1] - left), np.uint64)
    correction[~hopeless] = system[pivot[~hopeless], left:]
    rest = np.ones(allowed.size, np.bool_)
    rest[pivot[pivot >= 0]] = False
    return correction, system[rest, left:], hopeless


def _order_demands(
    problem: FlowProblem, waits: NDArray[np.bool_], solved: Int, allowed: Int, correction: Words, choice: Words
) -> tuple[NDArray[np.int64], Words]:
    """``(row_start, rows)`` as ``kernels.find_layers`` wants them: the demands of ``solved[i]`` are its rows."""
    from gossamer.ir.flow import kernels

    label, n = problem.label, problem.num_vertices
    two_rows = waits & _WAIT_BOTH[label]
    wants_self = np.where(waits, (_WAIT_SELF | _WAIT_BOTH)[label], _N_SELF[label] & ~problem.is_output)
    wants_odd = np.where(waits, (_WAIT_ODD | _WAIT_BOTH)[label], _N_ODD[label] & ~problem.is_output)
    row_start = np.zeros(solved.size + 1, np.int64)
    np.cumsum(((wants_self | wants_odd).astype(np.int64) + two_rows)[solved], out=row_start[1:])
    row = np.full(n, -1, np.int64)
    row[solved] = row_start[:-1]

    # For each vertex the choices and the corrections that it is in.
    column = _places(allowed, n)
    touched = np.concatenate([kernels.transpose(x, allowed.size) for x in (choice, correction)], axis=1)
    slots = (choice.shape[0] + 63) // 64
    rows = np.zeros((int(row_start[-1]), touched.shape[1] + slots), np.uint64)
    own = allowed[wants_self[allowed]]
    kernels.add_rows(rows, row[own], touched, column[own])
    u, v = _arcs(problem)
    near = (column[u] >= 0) & wants_odd[v]
    kernels.add_rows(rows, (row + two_rows)[v[near]], touched, column[u[near]])
    return row_start, rows
