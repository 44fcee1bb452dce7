"""Checking flows: the axioms of ``spec/flow.md``, one after the other, on whatever claims to be a flow.

Nothing is shared with the finder but the columns of the problem. Correction sets need not be focused, nor layers as late as
they can be. Time is linear in the sum over all correction sets of the degrees of their members.

References
----------
Causal flow: Danos and Kashefi, PRA 74, 052310 (2006). Gflow and Pauli flow: Browne, Kashefi, Mhalla and Perdrix, NJP 9, 250
(2007), definitions 3 and 5; the names of the axioms are theirs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from gossamer.diagnostics import InputError
from gossamer.ir.flow.model import NO_PAIRS, Flow, FlowKind, FlowProblem, refuse
from gossamer.ir.open_graph import Label

#: What each axiom says, with v corrected and w another vertex: clause, name in the literature, text. The numbers are those of
#: Pauli flow; the axioms of gflow are the same without Pauli labels, those of causal flow the same again for sets of one element.
_NO_SUCCESSOR = ("CF-1", "C1", "v{v} ({label}) is not corrected by exactly one neighbour, or by itself if it is a hub")
_CAUSAL = {
    1: ("CF-2", "C2", "v{v} is not measured before its successor v{w}"),
    2: ("CF-3", "C3", "v{v} is not measured before v{w}, a neighbour of what corrects it"),
    4: _NO_SUCCESSOR,
    5: _NO_SUCCESSOR,
    6: _NO_SUCCESSOR,
}
_GFLOW = {
    1: ("GF-1", "G1", "v{v} is not measured before v{w}, which is in g(v{v})"),
    2: ("GF-2", "G2", "v{v} is not measured before v{w}, which is in Odd(g(v{v}))"),
    4: ("GF-3", "G3", "v{v} ({label}) must be in Odd(g(v{v})) and not in g(v{v})"),
    5: ("GF-4", "G4", "v{v} ({label}) must be in g(v{v}) and in Odd(g(v{v}))"),
    6: ("GF-5", "G5", "v{v} ({label}) must be in g(v{v}) and not in Odd(g(v{v}))"),
}
_PAULI = {
    1: ("PF-1", "P1", "v{v} is not measured before v{w} ({other}), which is in g(v{v})"),
    2: ("PF-2", "P2", "v{v} is not measured before v{w} ({other}), which is in Odd(g(v{v}))"),
    3: ("PF-3", "P3", "v{v} is not measured before v{w} (Y), which is in one of g(v{v}) and Odd(g(v{v})) only"),
    4: ("PF-4", "P4", "v{v} (XY) must be in Odd(g(v{v})) and not in g(v{v})"),
    5: ("PF-5", "P5", "v{v} (XZ) must be in g(v{v}) and in Odd(g(v{v}))"),
    6: ("PF-6", "P6", "v{v} (YZ) must be in g(v{v}) and not in Odd(g(v{v}))"),
    7: ("PF-7", "P7", "v{v} (X) must be in Odd(g(v{v}))"),
    8: ("PF-8", "P8", "v{v} (Z) must be in g(v{v})"),
    9: ("PF-9", "P9", "v{v} (Y) must be in exactly one of g(v{v}) and Odd(g(v{v}))"),
}
_AXIOMS = {FlowKind.CAUSAL: _CAUSAL, FlowKind.GFLOW: _GFLOW, FlowKind.PAULI: _PAULI}


def verify_flow(
    flow: Flow,
    label: ArrayLike,
    edges: ArrayLike,
    inputs: ArrayLike,
    outputs: ArrayLike,
    *,
    before: ArrayLike = NO_PAIRS,
) -> None:
    """Check that this is a flow of its kind, for this graph and classical order. Parameters as for ``find_flow``.

    Raises
    ------
    InputError
        FL-1 (columns), FL-2 (who has a correction set, and of what), FL-3 (classical order), or the clause of the first axiom
        that is violated: CF-1 to CF-3, GF-1 to GF-5, PF-1 to PF-9. The message has the vertices and the literature's name.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from gossamer.ir.flow import find_flow
    >>> graph = ([Label.XY, Label.OUTPUT], [[0, 1]], [0], [1])
    >>> flow = find_flow("gflow", *graph)
    >>> verify_flow(flow, *graph)
    >>> verify_flow(replace(flow, layer=flow.layer * 0), *graph)
    Traceback (most recent call last):
        ...
    gossamer.diagnostics.InputError: error[GF-1]: axiom G1: v0 is not measured before v1, which is in g(v0)
    """
    problem = FlowProblem.of(flow.kind, label, edges, inputs, outputs, before)
    _columns(flow, problem.num_vertices)
    _domain(flow, problem)
    axiom, v, w = _violation(flow, problem)
    if axiom:
        code, name, text = _AXIOMS[flow.kind][axiom]
        said = np.asarray(label)
        names = {"label": Label(int(said[v])).name, "other": Label(int(said[w])).name}
        raise InputError(code, f"axiom {name}: {text.format(v=v, w=w, **names)}")
    late = np.flatnonzero(flow.layer[problem.before[:, 0]] <= flow.layer[problem.before[:, 1]])
    if late.size:
        u, v = (int(x) for x in problem.before[late[0]])
        raise InputError("FL-3", f"v{u} is not measured before v{v}, whose phase uses a bit of v{u}")


def _columns(flow: Flow, n: int) -> None:
    sizes = {"start": n + 1, "layer": n, "members": flow.members.size}
    for name, size in sizes.items():
        column = getattr(flow, name)
        if not isinstance(column, np.ndarray) or column.dtype != np.int32 or column.shape != (size,):
            refuse(f"column '{name}' of the flow must be int32[{size}]")
    if flow.start[0] != 0 or flow.start[-1] != flow.members.size or (np.diff(flow.start) < 0).any():
        refuse("column 'start' of the flow does not divide its members")
    if flow.members.size and (flow.members.min() < 0 or flow.members.max() >= n):
        refuse(f"a correction set holds something outside 0..{n - 1}")
    first = np.zeros(flow.members.size + 1, np.bool_)
    first[flow.start] = True
    if not (first[1:-1] | (np.diff(flow.members) > 0)).all():
        refuse("a correction set is not sorted, or holds a vertex twice")
    if n and flow.layer.min() < 0:
        refuse("a layer is negative")


def _domain(flow: Flow, problem: FlowProblem) -> None:
    wrong = np.flatnonzero(problem.is_output & (np.diff(flow.start) > 0))
    if wrong.size:
        raise InputError("FL-2", f"v{int(wrong[0])} is an output or source outcome and has a correction set")
    wrong = np.flatnonzero(problem.is_input[flow.members])
    if wrong.size:
        v = int(np.searchsorted(flow.start, wrong[0], "right")) - 1
        raise InputError("FL-2", f"the input v{int(flow.members[wrong[0]])} is in g(v{v})")


def _violation(flow: Flow, problem: FlowProblem) -> tuple[int, int, int]:
    """The number of the first axiom that fails, for v, because of w; or 0."""
    from gossamer.ir.flow.verify_kernel import first_violation

    if flow.kind == FlowKind.CAUSAL:
        wrong = np.flatnonzero(~problem.is_output & (np.diff(flow.start) != 1))
        if wrong.size:
            return 4, int(wrong[0]), int(wrong[0])
    start, neighbour = problem.adjacency
    found = first_violation(start, neighbour, problem.label, problem.is_output, flow.start, flow.members, flow.layer)
    return int(found[0]), int(found[1]), int(found[2])
