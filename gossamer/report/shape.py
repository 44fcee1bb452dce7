"""What kind of flow a diagram has, and how deep it is: the figures that `inspect` adds to plain counts.

The diagram is brought into graph-like form as it stands (nothing is simplified) and handed to the flow finder. What cannot be decided, or not
in the time that an answer may take, is None with a note, never a guess.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gossamer.diagnostics import InputError
from gossamer.ir.diagram import BitKind, Diagram
from gossamer.ir.open_graph import Label
from gossamer.ir.phase import Phase
from gossamer.rewriting.open_form import OpenForm, to_open_form

#: Gflow and Pauli flow take time cubic in the number of vertices; beyond this many they are not looked for.
MAX_ALGEBRA = 2000


@dataclass(frozen=True)
class Shape:
    """Attributes
    ----------
    flow : ``causal``, ``gflow``, ``pauli``, the first of these that exists; ``none``; or None where that was not determined
    depth : the number of layers of that flow: rounds of measurements, if each layer is measured at one time; else None
    note : why ``flow`` is None, else empty
    """

    flow: str | None
    depth: int | None
    note: str = ""


def find_shape(diagram: Diagram) -> Shape:
    """Look for a causal flow (gadgets correct themselves), then a gflow, then a Pauli flow; the classical order is obeyed.

    Examples
    --------
    >>> from gossamer.ir.wires import WireBuilder
    >>> w = WireBuilder(); q = w.add_input("q"); w.rx(q, Phase.of_symbol("a")); _ = w.output(q, "q")
    >>> find_shape(w.build())
    Shape(flow='causal', depth=2, note='')
    """
    from gossamer.ir.flow import find_flow

    try:
        forms = [to_open_form(diagram, states=True)]
        if len(forms[0].near) <= MAX_ALGEBRA:
            forms.append(to_open_form(diagram))
    except InputError as error:
        return Shape(None, None, error.diagnostic.message)
    graphs = [_columns(diagram, form) for form in forms]
    for kind in ("causal", "gflow", "pauli"):
        if kind != "causal" and len(graphs) == 1:
            return Shape(None, None, f"no causal flow; others are looked for up to {MAX_ALGEBRA} vertices")
        for planes, paulis, edges, inputs, outputs, before in graphs:
            label = paulis if kind == "pauli" else planes
            flow = find_flow(kind, label, edges, inputs, outputs, before=before)
            if flow is not None:
                return Shape(kind, flow.depth)
    return Shape("none", None)


Pairs = list[tuple[int, int]]


def _columns(diagram: Diagram, form: OpenForm) -> tuple[list[int], list[int], Pairs, list[int], list[int], Pairs]:
    """Planes, labels with axes, edges, inputs, outputs, and the pairs that the classical order demands."""
    near = form.near
    behind = [min(near[v], default=-1) for v, _ in form.starts]
    inputs, gone = [], set()
    for (v, hadamard), at in zip(form.starts, behind, strict=True):
        if hadamard and len(near[v]) == 1 and behind.count(at) == 1:
            inputs.append(at)  # two Hadamards in a row: the input is the spider itself
            gone.add(v)
        else:
            inputs.append(v)
    kept = [v for v in range(len(near)) if form.name[v] >= 0 and v not in gone]
    number = {v: i for i, v in enumerate(kept)}
    edges = [(number[v], number[w]) for v in kept for w in near[v] if v < w and w in number]
    outputs = [number[e.vertex] for e in form.ends]
    for i, end in enumerate(form.ends):
        if end.hadamard:  # an output behind a Hadamard edge is a vertex of its own
            edges.append((outputs[i], len(kept)))
            outputs[i] = len(kept)
            kept.append(-1)
    planes = [int(Label.YZ if v in form.hubs else Label.XY) for v in kept]
    paulis = [int(_axis(form.phase[v], label)) if v >= 0 else label for v, label in zip(kept, planes, strict=True)]
    for v in outputs:
        planes[v] = paulis[v] = int(Label.OUTPUT)
    before = sorted({(number[a], number[b]) for a, b in _order(diagram, form)})
    return planes, paulis, edges, [number[v] for v in inputs], outputs, before


def _axis(phase: Phase, plane: int) -> int:
    if phase.is_pauli and plane == Label.XY:
        return Label.X
    return Label.Y if _is_half(phase) else plane


def _is_half(phase: Phase) -> bool:
    """An odd multiple of pi/2 for every value of the bits."""
    return (phase - Phase(phase.constant)).is_pauli and phase.constant.denominator == 2


def _order(diagram: Diagram, form: OpenForm) -> Iterator[tuple[int, int]]:
    """Pairs: the vertex of an outcome, and one whose phase depends on it."""
    at = {e.bit: e.vertex for e in form.ends if e.bit >= 0}
    sources: list[frozenset[int]] = []
    for i, bit in enumerate(diagram.bits):
        if bit.kind == BitKind.DERIVED and bit.expr is not None:
            sources.append(frozenset[int]().union(*[sources[b] for b in bit.expr.bits]))
        else:
            sources.append(frozenset((i,)) if bit.kind == BitKind.OUTCOME else frozenset())
    for v, phases in enumerate(zip(form.phase, form.flip, strict=True)):
        for phase in phases:
            for used in phase.bits:
                yield from ((at[source], v) for source in sources[used])
