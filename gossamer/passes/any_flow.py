"""An `OpenGraph` with Pauli flow from a diagram of any shape, or the vertices that keep it from having one.

The diagram is read as a labelled graph (`gossamer.rewriting.open_form`, `labels`), the finder looks for a Pauli flow that obeys the classical order,
and the vertices are put in an order of measurement that keeps few of them alive (``flow_order``). Where there is no flow, the vertices that nothing
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
from gossamer.ir.flow import Flow, FlowKind
from gossamer.ir.open_graph import Label, OpenGraph, correction_columns
from gossamer.ir.phase import Phase
from gossamer.passes.flow_order import arrows_of_flow, order_of_measurement
from gossamer.rewriting.labels import Labelled, readings
from gossamer.rewriting.open_form import OpenForm

#: The axiom of Pauli flow that says what corrects a vertex of a label (``spec/flow.md``).
_AXIOM = {Label.XY: 4, Label.XZ: 5, Label.YZ: 6, Label.X: 7, Label.Z: 8, Label.Y: 9}


def find_any_flow(diagram: Diagram, *, postselect: bool = False, form: OpenForm | None = None) -> OpenGraph:
    """Bring a diagram without H-boxes into the distributable form, whatever its shape.

    Parameters
    ----------
    postselect
        Whether vertices that nothing corrects are postselected, as few as can be, instead of refused.
    form
        What the diagram has been read as, if that has been done already.

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
    return _Search(form or OpenForm(diagram), diagram).run(postselect)


class _Search:
    """The search for a flow of one diagram that has been read already."""

    def __init__(self, form: OpenForm, diagram: Diagram) -> None:
        self.form, self.d = form, diagram
        self.graph = Labelled(form, axes=True)

    def run(self, postselect: bool) -> OpenGraph:
        flow = None
        for states in sorted(readings(self.form), key=len):  # planes keep fewer vertices alive
            graph = Labelled(self.form, axes=True, states=states)
            flow = graph.find(FlowKind.PAULI)
            if flow is not None:
                self.graph = graph
                break
        chosen: frozenset[int] = frozenset()
        if flow is None:
            stuck = self.graph.missing()
            only_order = not self.graph.missing(ordered=False)
            if only_order or not postselect:
                raise self.refusal(stuck, only_order=only_order)
            chosen = self.least(set(stuck))
            flow = self.graph.find(FlowKind.PAULI, chosen)
            if flow is None:
                raise self.refusal(self.graph.missing(chosen), only_order=True)
        return self.freeze(flow, chosen)

    def least(self, stuck: set[int]) -> frozenset[int]:
        """A set of vertices to postselect, none of which could be left out; ``stuck`` suffices, outputs apart.

        More postselected vertices never hinder, so whole pieces can be tried before single vertices.
        """
        chosen = frozenset(stuck - {*self.graph.outputs, *self.graph.outcome})
        pieces = [sorted(chosen)]
        while pieces:
            piece = pieces.pop()
            if self.graph.find(FlowKind.PAULI, chosen - set(piece)) is not None:
                chosen -= set(piece)
            elif len(piece) > 1:
                half = len(piece) // 2
                pieces += [piece[half:], piece[:half]]
        return chosen

    def refusal(self, stuck: Sequence[int], *, only_order: bool) -> InputError:
        measured = [v for v in stuck if self.graph.label[v] != Label.OUTPUT] or list(stuck)
        names = [f"v{self.graph.name[v]}" for v in measured]
        shown = ", ".join(dict.fromkeys(names[:8])) + (" ..." if len(names) > 8 else "")
        spans = (self.d.spans.get(self.graph.name[v]) for v in measured)
        span = next((s for s in spans if s is not None), None)
        if only_order:
            return InputError("OG-4", f"no causal order: the conditions on measured bits and the flow form a cycle at {shown}",
                              span=span)  # fmt: skip
        what = "no flow: whatever the order of measurements, nothing corrects the outcome 1 of "
        why = "a diagram can be realised without chance only if it is an isometry, up to a factor"
        if len(self.graph.inputs) > len(self.graph.outputs) and not self.graph.outcome:
            why += f"; this one has {len(self.graph.inputs)} inputs and {len(self.graph.outputs)} outputs"
        first = next((v for v in measured if self.graph.label[v] in _AXIOM), None)
        if first is not None:
            label, number = self.graph.label[first], _AXIOM[self.graph.label[first]]
            why = (
                f"v{self.graph.name[first]} is measured in {label.name}: no correction set obeys PF-{number} (P{number}) "
                f"together with PF-1 to PF-3; {why}"
            )
        return InputError(
            "OG-3", what + shown, span=span, help=f"{why}. With --postselect, runs with an outcome 1 are thrown away"
        )

    # ---- the result ------------------------------------------------------------------------------------------------

    def freeze(self, flow: Flow, chosen: frozenset[int]) -> OpenGraph:
        graph, d = self.graph, self.d
        n = len(graph.near)
        corrections = [flow.correction(v) for v in range(n)]
        after = arrows_of_flow(graph.label, graph.near, corrections)
        for v, w in graph.before.tolist():
            after[v].add(w)
        order = order_of_measurement(graph.near, after, graph.inputs, range(n))
        to = [0] * n
        for i, v in enumerate(order):
            to[v] = i
        sets = [[to[w] for w in corrections[v]] for v in order]
        flow_start, members = correction_columns(sets)
        table: dict[Phase, int] = {Phase(): 0}
        phase = [table.setdefault(graph.phase[v], len(table)) for v in order]
        outcome = np.full(n, -1, np.int32)
        owner: dict[int, int] = {}
        for v, bit in graph.outcome.items():
            outcome[to[v]] = bit
            owner[bit] = to[v]
        moved = np.sort(np.array(to, np.int32)[graph.edges], axis=1)
        return OpenGraph(
            label=np.array([graph.label[v] for v in order], np.uint8),
            phase=np.array(phase, np.int32), phases=tuple(table),
            edges=moved[np.lexsort((moved[:, 1], moved[:, 0]))],
            inputs=np.array([to[v] for v in graph.inputs], np.int32),
            outputs=np.array([to[v] for v in graph.outputs], np.int32),
            outcome=outcome, flow_start=flow_start, flow=members, order=np.arange(n, dtype=np.int32),
            bits=tuple(
                Bit(b.kind, owner[i], b.expr, b.name) if b.kind == BitKind.OUTCOME else b for i, b in enumerate(d.bits)
            ),
            registers=d.registers, input_names=d.input_names, output_names=d.output_names,
            spans={to[v]: d.spans[x] for v, x in enumerate(graph.name) if x in d.spans},
            postselected=np.array(sorted(to[v] for v in chosen), np.int32),
        )  # fmt: skip
