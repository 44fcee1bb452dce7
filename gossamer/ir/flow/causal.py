"""Causal flow in linear time: from the outputs backwards, whoever is the last open neighbour of a solved vertex is corrected
by it.

Phase gadgets' hubs (plane YZ) are part of it, with ``g(v) = {v}``: every correction set has one element.

References
----------
Danos and Kashefi, PRA 74, 052310 (2006); Mhalla and Perdrix, ICALP (2008), algorithm 1.
"""

from __future__ import annotations

import numpy as np

from gossamer.ir.diagram import Int
from gossamer.ir.flow.model import Flow, FlowProblem, pairs_to_csr
from gossamer.ir.open_graph import Label


def solve_causal(problem: FlowProblem) -> tuple[Flow | None, Int]:
    """The flow (None if it is not whole), and the layer of each vertex (-1: never corrected)."""
    from gossamer.ir.flow.kernels import find_causal_layers

    n = problem.num_vertices
    waits_start, waits = pairs_to_csr(problem.before[:, 1], problem.before[:, 0], n)
    pending = np.bincount(problem.before[:, 0], minlength=n)
    first = np.flatnonzero(problem.is_output & (pending == 0)).astype(np.int32)
    hub = ~problem.is_output & (problem.label == Label.YZ) & ~problem.is_input
    never = ~problem.is_output & ((problem.label == Label.XZ) | ((problem.label == Label.YZ) & problem.is_input))
    start, neighbour = problem.adjacency
    layer, successor = find_causal_layers(
        start,
        neighbour,
        hub,
        ~problem.is_input,
        first,
        pending + never,
        waits_start,
        waits,
        problem.is_output,
    )
    if (layer < 0).any():
        return None, layer
    has = successor >= 0
    members_start = np.zeros(n + 1, np.int32)
    np.cumsum(has, out=members_start[1:])
    return Flow(problem.kind, members_start, successor[has], layer), layer
