"""Finding flows: the latest possible layers, and the correction sets that go with them.

A vertex is *solved* once everything that its correction touches, and everything that has to be measured after it, is solved
already. More solved vertices never make a vertex harder to solve, so solving all that can be, layer by layer, ends with the
largest set that can be solved at all, and puts every vertex into the latest layer that any flow has for it. This holds with
the classical order as well, which only delays vertices.

References
----------
Layers: Mhalla and Perdrix, ICALP (2008), LNCS 5125, 857. Three planes: Backens et al., Quantum 5, 421 (2021), section 4.
Pauli flow and focused sets: Simmons, EPTCS 343, 50 (2021). Algebra: Mitosek and Backens, arXiv:2410.23439.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from gossamer.ir.diagram import Int
from gossamer.ir.flow.algebra import solve_algebra
from gossamer.ir.flow.causal import solve_causal
from gossamer.ir.flow.model import NO_PAIRS, Flow, FlowKind, FlowProblem


def find_flow(
    kind: FlowKind | str,
    label: ArrayLike,
    edges: ArrayLike,
    inputs: ArrayLike,
    outputs: ArrayLike,
    *,
    before: ArrayLike = NO_PAIRS,
) -> Flow | None:
    """The maximally delayed flow of that kind, or None if there is none that obeys the classical order.

    Gflow and Pauli flow are *focused*: what ``g(v)`` does to other vertices than ``v`` can be undone only at outputs, apart
    from signs of angles (the row of the flow-demand matrix of each other vertex is met with 0). Causal flow takes linear
    time, the others time cubic in the number of vertices, over 64.

    Parameters
    ----------
    kind : ``"causal"``, ``"gflow"`` or ``"pauli"``. The first two read the labels X and Y as the plane XY and Z as YZ
    label : uint8[n], :class:`~gossamer.ir.open_graph.Label`
    edges : int32[m, 2], Hadamard edges
    inputs : int32[...]
    outputs : int32[...], all vertices that nothing corrects: quantum outputs, and reported or forgotten source outcomes
    before : int32[k, 2], pairs ``(u, v)``: ``u`` has to be measured strictly before ``v``, because a bit of ``u`` stands in
        the phase of ``v``

    Raises
    ------
    InputError
        FL-1 for columns that are not those of a labelled open graph, FL-4 for a graph that is too large for GF(2) algebra.

    Examples
    --------
    >>> from gossamer.ir.open_graph import Label
    >>> flow = find_flow("pauli", [Label.X, Label.XY, Label.OUTPUT], [[0, 1], [1, 2]], [0], [2])
    >>> flow.correction(0), flow.correction(1), flow.layer.tolist()
    ([1], [2], [2, 1, 0])

    The classical order can forbid what the graph allows: v1 corrects v0, so it cannot come first.

    >>> find_flow("pauli", [Label.XY, Label.XY, Label.OUTPUT], [[0, 1], [1, 2]], [0], [2], before=[[1, 0]]) is None
    True
    """
    flow, missing = _solve(FlowProblem.of(kind, label, edges, inputs, outputs, before))
    return None if missing.size else flow


def missing_flow(
    kind: FlowKind | str,
    label: ArrayLike,
    edges: ArrayLike,
    inputs: ArrayLike,
    outputs: ArrayLike,
    *,
    before: ArrayLike = NO_PAIRS,
) -> list[int]:
    """The vertices outside the largest set that can be solved: empty if and only if there is a flow. Parameters as above.

    With ``before`` it names also vertices (outputs too) that wait for one of those. If it is empty without ``before``, it is the
    classical order alone that stands in the way.

    Examples
    --------
    >>> from gossamer.ir.open_graph import Label
    >>> missing_flow("gflow", [Label.XY, Label.XY, Label.OUTPUT], [[0, 2], [1, 2]], [0, 1], [2])
    [0, 1]
    """
    return [int(v) for v in _solve(FlowProblem.of(kind, label, edges, inputs, outputs, before))[1]]


def _solve(problem: FlowProblem) -> tuple[Flow | None, Int]:
    solve = solve_causal if problem.kind == FlowKind.CAUSAL else solve_algebra
    flow, layer = solve(problem)
    return flow, np.flatnonzero(layer < 0).astype(np.int32)
