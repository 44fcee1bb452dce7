"""How often the runs of a postselected program are accepted, computed from its open graph.

The weight of all accepted maps together, beside that of all maps: each vertex begins in ``|+>``, each measurement has two outcomes
of equal weight, and those that are corrected have the same map.
"""

from __future__ import annotations

import math

import numpy as np

from gossamer.diagnostics import InputError
from gossamer.ir.diagram import BitKind
from gossamer.ir.graph_diagram import graph_as_diagram
from gossamer.ir.open_graph import OpenGraph
from gossamer.ir.semantics import branches, sweep_cost

#: More source outcomes, live axes with open inputs, or amplitudes touched than this are not computed.
MAX_OUTCOMES = 12
MAX_AXES = 16
MAX_WORK = 2e8


def success_probability(graph: OpenGraph) -> tuple[float | None, str]:
    """The probability that a run is accepted, for inputs in the completely mixed state, to 12 digits; or None, and why.

    Examples
    --------
    A Bell measurement of which one of four results is accepted:

    >>> from gossamer.ir.diagram import DiagramBuilder, VertexKind
    >>> from gossamer.passes.graph_like import to_open_graph
    >>> b = DiagramBuilder(); b.edge(b.input("a"), b.input("b"))
    >>> success_probability(to_open_graph(b.build(), postselect=True))
    (0.25, '')
    """
    outcomes = sum(bit.kind == BitKind.OUTCOME for bit in graph.bits)
    if any(bit.kind == BitKind.INPUT for bit in graph.bits):
        return None, "it depends on classical inputs"
    if outcomes > MAX_OUTCOMES:
        return None, f"{outcomes} outcomes of the source are too many"
    diagram = graph_as_diagram(graph)
    try:
        axes, work = sweep_cost(diagram, open_inputs=True)
    except InputError as error:  # symbols
        return None, error.diagnostic.message
    if axes > MAX_AXES or work * 2.0**outcomes > MAX_WORK:
        return None, f"{axes} live qubits with open inputs are too many"
    weight = math.fsum(float(np.vdot(k, k).real) for _, k in branches(diagram))
    # The diagram counts 1/sqrt(2) for each Hadamard edge, sqrt(2) |+> for a vertex that begins, and sqrt(2) times an effect for one
    # that is measured (with a leaf, too). A corrected vertex has two outcomes with the same map.
    n, inputs = graph.num_vertices, len(graph.inputs)
    corrected = int((np.diff(graph.flow_start) > 0).sum())
    log2 = graph.num_edges - (n - inputs) - (n - len(graph.outputs)) + corrected - inputs
    return float(f"{min(1.0, weight * 2.0**log2):.12g}"), ""
