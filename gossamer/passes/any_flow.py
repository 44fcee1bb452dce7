"""An `OpenGraph` with Pauli flow from a diagram of any shape, or the vertices that keep it from having one.

The diagram becomes a labelled graph (``any_form``), the finder looks for a Pauli flow that obeys the classical order, and the
vertices are put in an order of measurement that keeps few of them alive (``flow_order``). Where there is no flow, the vertices that nothing
corrects can be postselected: as few as can be, in the sense that each of them alone would be uncorrected again.

References
----------
Pauli flow: Browne, Kashefi, Mhalla, Perdrix, NJP 9, 250 (2007). Finding it: Simmons, EPTCS 343, 50 (2021).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gossamer.diagnostics import InputError
from gossamer.ir.diagram import Bit, BitKind, Diagram
from gossamer.ir.flow import Flow, find_flow, missing_flow
from gossamer.ir.open_graph import Label, OpenGraph, correction_columns
from gossamer.ir.phase import Phase
from gossamer.passes.any_form import AnyForm, is_half, outcomes_behind
from gossamer.passes.flow_order import arrows_of_flow, order_of_measurement

#: The axiom of Pauli flow that says what corrects a vertex of a label (``spec/flow.md``).
_AXIOM = {Label.XY: 4, Label.XZ: 5, Label.YZ: 6, Label.X: 7, Label.Z: 8, Label.Y: 9}


def find_any_flow(diagram: Diagram, *, postselect: bool = False) -> OpenGraph:
    """Bring a diagram without H-boxes into the distributable form, whatever its shape.

    Raises
    ------
    InputError
        ``OG-3`` if there is no flow, ``OG-4`` if only the classical order stands in the way, ``OG-15`` if the diagram is zero,
        ``FL-4`` if it is too large.

    Examples
    --------
    The isometry that copies a qubit in the basis of Z: two outputs at one spider.

    >>> from gossamer.ir.diagram import DiagramBuilder, VertexKind
    >>> b = DiagramBuilder(); z = b.vertex(VertexKind.Z)
    >>> b.edge(b.input("a"), z); b.edge(z, b.output("x")); b.edge(z, b.output("y"))
    >>> g = find_any_flow(b.build())
    >>> [Label(k).name for k in g.label.tolist()], g.correction_set(1)
    (['OUTPUT', 'X', 'OUTPUT'], [2])
    """
    graph = _Labelled(diagram)
    chosen: set[int] = set()
    flow = graph.find(chosen)
    if flow is None:
        stuck = graph.missing()
        only_order = not graph.missing(ordered=False)
        if only_order or not postselect:
            raise graph.refusal(stuck, only_order=only_order)
        chosen = graph.least(set(stuck))
        flow = graph.find(chosen)
        if flow is None:
            raise graph.refusal(graph.missing(chosen), only_order=True)
    return graph.freeze(flow, chosen)


class _Labelled:
    """The columns of the flow problem, vertices numbered by the order of the source."""

    def __init__(self, diagram: Diagram) -> None:
        self.d = diagram
        self.form = form = AnyForm(diagram)
        self.kept = sorted(form.near, key=lambda v: (form.name[v], v))
        self.number = number = {v: i for i, v in enumerate(self.kept)}
        self.near = [{number[w] for w in form.near[v]} for v in self.kept]
        self.outputs = [number[v] for v in form.outputs]
        self.inputs = [number[v] for v in form.inputs]
        self.outcome = {number[v]: bit for v, bit in form.outcome.items()}
        ends = set(self.outputs)
        self.label = [Label.OUTPUT if i in ends else self._label(v) for i, v in enumerate(self.kept)]
        edges = [(v, w) for v, around in enumerate(self.near) for w in around if v < w]
        self.edges = np.array(sorted(edges), np.int32).reshape(-1, 2)
        owner = {bit: v for v, bit in self.outcome.items()}
        self.before = sorted(
            (owner[bit], i)
            for i, v in enumerate(self.kept)
            for bit in outcomes_behind(diagram.bits, set(form.phase[v].bits) - {form.outcome.get(v, -1)})
            if owner[bit] != i
        )

    def _label(self, v: int) -> Label:
        form = self.form
        phase = form.phase[v]
        if v in form.outcome:
            phase = phase - Phase.of_bit(form.outcome[v])
        plane = form.plane.get(v)
        if plane is not None:
            return plane
        return Label.X if phase.is_pauli else Label.Y if is_half(phase) else Label.XY

    # ---- the finder ------------------------------------------------------------------------------------------------

    def _ends(self, chosen: set[int]) -> list[int]:
        return sorted({*self.outputs, *self.outcome, *chosen})

    def find(self, chosen: set[int]) -> Flow | None:
        ends, before = self._ends(chosen), np.array(self.before, np.int32).reshape(-1, 2)
        return find_flow("pauli", self.label, self.edges, self.inputs, ends, before=before)

    def missing(self, chosen: set[int] = frozenset(), *, ordered: bool = True) -> list[int]:  # type: ignore[assignment]
        """The vertices outside the largest set that can be corrected."""
        before = np.array(self.before if ordered else [], np.int32).reshape(-1, 2)
        return missing_flow("pauli", self.label, self.edges, self.inputs, self._ends(chosen), before=before)

    def least(self, stuck: set[int]) -> set[int]:
        """A set of vertices to postselect, none of which could be left out; ``stuck`` suffices, outputs apart.

        More postselected vertices never hinder, so whole pieces can be tried before single vertices.
        """
        chosen = stuck - {*self.outputs, *self.outcome}
        pieces = [sorted(chosen)]
        while pieces:
            piece = pieces.pop()
            if self.find(chosen - set(piece)) is not None:
                chosen -= set(piece)
            elif len(piece) > 1:
                half = len(piece) // 2
                pieces += [piece[half:], piece[:half]]
        return chosen

    def refusal(self, stuck: Sequence[int], *, only_order: bool) -> InputError:
        measured = [v for v in stuck if self.label[v] != Label.OUTPUT] or list(stuck)
        names = [f"v{self.form.name[self.kept[v]]}" for v in measured]
        shown = ", ".join(dict.fromkeys(names[:8])) + (" ..." if len(names) > 8 else "")
        spans = (self.d.spans.get(self.form.name[self.kept[v]]) for v in measured)
        span = next((s for s in spans if s is not None), None)
        if only_order:
            return InputError("OG-4", f"no causal order: the conditions on measured bits and the flow form a cycle at {shown}",
                              span=span)  # fmt: skip
        what = "no flow: whatever the order of measurements, nothing corrects the outcome 1 of "
        why = "a diagram can be realised without chance only if it is an isometry, up to a factor"
        if len(self.inputs) > len(self.outputs) and not self.outcome:
            why += f"; this one has {len(self.inputs)} inputs and {len(self.outputs)} outputs"
        first = next((v for v in measured if self.label[v] in _AXIOM), None)
        if first is not None:
            label, number = self.label[first], _AXIOM[self.label[first]]
            why = (
                f"v{self.form.name[self.kept[first]]} is measured in {label.name}: no correction set obeys PF-{number} (P{number}) "
                f"together with PF-1 to PF-3; {why}"
            )
        return InputError(
            "OG-3", what + shown, span=span, help=f"{why}. With --postselect, runs with an outcome 1 are thrown away"
        )

    # ---- the result ------------------------------------------------------------------------------------------------

    def freeze(self, flow: Flow, chosen: set[int]) -> OpenGraph:
        n = len(self.kept)
        corrections = [flow.correction(v) for v in range(n)]
        after = arrows_of_flow(self.label, self.near, corrections)
        for v, w in self.before:
            after[v].add(w)
        order = order_of_measurement(self.near, after, self.inputs, range(n))
        to = [0] * n
        for i, v in enumerate(order):
            to[v] = i
        sets = [[to[w] for w in corrections[v]] for v in order]
        flow_start, members = correction_columns(sets)
        table: dict[Phase, int] = {Phase(): 0}
        phase = [table.setdefault(self.form.phase[self.kept[v]], len(table)) for v in order]
        outcome = np.full(n, -1, np.int32)
        owner: dict[int, int] = {}
        for v, bit in self.outcome.items():
            outcome[to[v]] = bit
            owner[bit] = to[v]
        d = self.d
        moved = np.sort(np.array(to, np.int32)[self.edges], axis=1)
        return OpenGraph(
            label=np.array([self.label[v] for v in order], np.uint8),
            phase=np.array(phase, np.int32), phases=tuple(table),
            edges=moved[np.lexsort((moved[:, 1], moved[:, 0]))],
            inputs=np.array([to[v] for v in self.inputs], np.int32),
            outputs=np.array([to[v] for v in self.outputs], np.int32),
            outcome=outcome, flow_start=flow_start, flow=members, order=np.arange(n, dtype=np.int32),
            bits=tuple(
                Bit(b.kind, owner[i], b.expr, b.name) if b.kind == BitKind.OUTCOME else b for i, b in enumerate(d.bits)
            ),
            registers=d.registers, input_names=d.input_names, output_names=d.output_names,
            spans={to[self.number[v]]: d.spans[x] for v, x in self.form.name.items() if x in d.spans},
            postselected=np.array(sorted(to[v] for v in chosen), np.int32),
        )  # fmt: skip
