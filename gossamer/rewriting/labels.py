"""`Labelled`: an `OpenForm` as the columns that a flow is found for: labels, edges, ends, and the order that bits demand.

A noted leaf says in which plane its vertex is measured: YZ if the vertex has phase 0 or pi of its own, XZ at plus or minus pi/2. In another
reading the leaf is a vertex (a state that a wire starts in), which can come before what turns the sign of its phase. A gadget has
a flow in the first only, the start of a wire has a causal flow in the second only. Stands on ``ir``.

References
----------
Planes and leaves: Backens, Miller-Bakewell, de Felice, Lobski, van de Wetering, Quantum 5, 421 (2021), section 4.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from gossamer.ir.flow import Flow, FlowKind, find_flow, missing_flow
from gossamer.ir.open_graph import Label
from gossamer.ir.phase import Phase
from gossamer.rewriting.open_form import OpenForm, is_half, outcomes_behind, pauli_bits

_HALF = Phase(Fraction(1, 2))


def readings(form: OpenForm) -> list[frozenset[int]]:
    """The sets of vertices whose leaf is read as a vertex, to be tried one after the other.

    What is known to start a wire does, in the first. For gflow and Pauli flow the plane is never worse, but for the bits in the
    phase of its vertex, which have to be known earlier.

    Examples
    --------
    >>> from gossamer.ir.wires import WireBuilder
    >>> w = WireBuilder(); a, b = w.add_input("a"), w.add_input("b"); w.gadget([a, b], Phase(1 / 4))
    >>> _ = w.output(a, "a"), w.output(b, "b")
    >>> readings(OpenForm(w.build()))
    [frozenset()]
    """
    early, late = frozenset(form.early), frozenset(v for v in form.leaf if form.phase[v].bits)
    return list(dict.fromkeys([early, frozenset(), early | late, late]))


class Labelled:
    """Columns; vertices are numbered by the order of the source.

    Parameters
    ----------
    form : the graph
    axes : whether measurements along an axis count as such (Pauli flow), or as in the planes XY and YZ (causal flow and gflow)
    states : the vertices of the form whose leaf is read as a vertex

    Attributes
    ----------
    near : neighbours of each vertex
    name : the spider of the diagram that a vertex is named after
    phase : as clause OG-3 of the specification has it, in multiples of pi
    label : of each vertex; an outcome has that of its measurement
    inputs, outputs : vertices
    outcome : vertex -> bit
    edges, before : int32[..., 2]; of the second column's vertex the phase depends on the outcome of the first

    Examples
    --------
    >>> from gossamer.ir.wires import WireBuilder
    >>> w = WireBuilder(); a, b = w.add_input("a"), w.add_input("b"); w.gadget([a, b], Phase(1 / 4))
    >>> _ = w.output(a, "a"), w.output(b, "b")
    >>> graph = Labelled(OpenForm(w.build()), axes=True)
    >>> [Label(k).name for k in graph.label], graph.find(FlowKind.PAULI).correction(2)
    (['OUTPUT', 'OUTPUT', 'YZ'], [2])
    """

    def __init__(self, form: OpenForm, *, axes: bool, states: frozenset[int] = frozenset()) -> None:
        kept = sorted(form.near, key=lambda v: (form.name[v], v))
        number = {v: i for i, v in enumerate(kept)}
        self.near = [{number[w] for w in form.near[v]} for v in kept]
        self.name = [form.name[v] for v in kept]
        self.inputs = [number[v] for v in form.inputs]
        self.outputs = [number[v] for v in form.outputs]
        self.outcome = {number[v]: bit for v, bit in form.outcome.items()}
        self.phase: list[Phase] = []
        self.label: list[Label] = []
        leaves: list[tuple[int, Phase]] = []
        ends = set(form.outputs)
        for i, v in enumerate(kept):
            own, angle = form.phase[v], form.leaf.get(v)
            if angle is not None and (v in states or not (axes or own.is_pauli)):
                leaves.append((i, angle))
                angle = None
            if v in ends:
                label = Label.OUTPUT
            elif angle is None:
                label = _axis(own - Phase.of_bit(form.outcome[v]) if v in form.outcome else own)
            elif axes and is_half(angle) and own.is_pauli:
                label, own = Label.Y, own - angle
            elif own.is_pauli:
                label, own = Label.YZ, angle.negated_if(pauli_bits(own))
            else:
                label, own = Label.XZ, angle.negated_if(pauli_bits(own - _HALF))
            self.phase.append(own)
            self.label.append(label)
        for hub, angle in leaves:
            self.near[hub].add(len(self.near))
            self.near.append({hub})
            self.name.append(self.name[hub])
            self.phase.append(angle)
            self.label.append(_axis(angle))
        edges = [(v, w) for v, around in enumerate(self.near) for w in around if v < w]
        self.edges = np.array(sorted(edges), np.int32).reshape(-1, 2)
        owner = {bit: v for v, bit in self.outcome.items()}
        self.before = np.array(
            sorted(
                (owner[bit], i)
                for i, phase in enumerate(self.phase)
                if phase.bits
                for bit in outcomes_behind(form.bits, set(phase.bits) - {self.outcome.get(i, -1)})
            ),
            np.int32,
        ).reshape(-1, 2)

    def find(self, kind: FlowKind | str, chosen: frozenset[int] = frozenset()) -> Flow | None:
        """A flow that obeys the classical order, or None; nothing corrects the vertices ``chosen`` either."""
        return find_flow(kind, self.label, self.edges, self.inputs, self._ends(chosen), before=self.before)

    def missing(self, chosen: frozenset[int] = frozenset(), *, ordered: bool = True) -> list[int]:
        """The vertices outside the largest set that a Pauli flow can correct."""
        before = self.before if ordered else self.before[:0]
        return missing_flow("pauli", self.label, self.edges, self.inputs, self._ends(chosen), before=before)

    def _ends(self, chosen: frozenset[int]) -> list[int]:
        return sorted({*self.outputs, *self.outcome, *chosen})


def _axis(phase: Phase) -> Label:
    return Label.X if phase.is_pauli else Label.Y if is_half(phase) else Label.XY
