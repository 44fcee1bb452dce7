"""The fixed total order of steps that placement and scheduling share.

For each vertex in the graph's causal order: first every edge and gadget of the vertex that is not realised yet, then the
vertex's own end (its step onto the next segment, its measurement, or, for an output, its last corrections). A vertex that
no step makes begins with its first edge, and none ends before its edges are realised, so every other end exists then. The partition search counts qubits along
these steps and the link pass replays them, so what fits in the one fits in the other.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from gossamer.ir.diagram import Int
from gossamer.ir.open_graph import OpenGraph


class StepKind(IntEnum):
    EDGE = 0  # a CZ edge [edge index]
    HUB = 1  # a phase gadget [hub vertex]
    END = 2  # the end of a vertex; with a successor the chain edge is realised here [vertex]


def step_order(graph: OpenGraph) -> Int:
    """Rows ``(StepKind, argument)``, int32[T, 2].

    Examples
    --------
    >>> from gossamer.ir.wires import WireBuilder
    >>> from gossamer.passes.graph_like import to_open_graph
    >>> w = WireBuilder()
    >>> a, b = w.add_input("a"), w.add_input("b")
    >>> w.cz(a, b)
    >>> _ = w.output(a, "a"), w.output(b, "b")
    >>> step_order(to_open_graph(w.build())).tolist()
    [[0, 0], [2, 0], [2, 1]]
    """
    start, other, edge = (a.tolist() for a in graph.adjacency)
    hub = graph.is_hub.tolist()
    chain = graph.is_chain_edge.tolist()
    done_edge = [False] * graph.num_edges
    done_hub = [False] * graph.num_vertices
    steps: list[tuple[int, int]] = []
    for v in graph.order.tolist():
        if hub[v]:
            continue
        for at in range(start[v], start[v + 1]):
            w, e = other[at], edge[at]
            if hub[w]:
                if not done_hub[w]:
                    done_hub[w] = True
                    steps.append((StepKind.HUB, w))
            elif not chain[e] and not done_edge[e]:
                done_edge[e] = True
                steps.append((StepKind.EDGE, e))
        steps.append((StepKind.END, v))
    return np.array(steps, np.int32).reshape(-1, 2)


def count_live(graph: OpenGraph) -> int:
    """The most vertices that are alive at one time along the steps, if all stand on one node; every input is from the start.

    Examples
    --------
    >>> from gossamer.ir.phase import Phase
    >>> from gossamer.ir.wires import WireBuilder
    >>> from gossamer.passes.graph_like import to_open_graph
    >>> w = WireBuilder(); q = w.add_input("q")
    >>> w.rx(q, Phase(1 / 4)); w.rz(q, Phase(1 / 4)); w.rx(q, Phase(1 / 4))
    >>> _ = w.output(q, "q")
    >>> count_live(to_open_graph(w.build()))
    1
    """
    born = np.zeros(graph.num_vertices, np.bool_)
    born[graph.inputs] = True
    successor, hub, output = graph.successor.tolist(), graph.is_hub, set(graph.outputs.tolist())
    edges = graph.edges.tolist()
    live = peak = len(graph.inputs)
    for kind, x in step_order(graph).tolist():
        if kind == StepKind.EDGE:
            touched = edges[x]
        else:
            touched = legs(graph, x) if hub[x] else [x]
        for v in touched:
            live += not born[v]
            born[v] = True
        peak = max(peak, live)
        if kind == StepKind.END and x not in output:
            after = successor[x]
            if after >= 0:
                born[after] = True
            else:
                live -= 1
    return peak


def legs(graph: OpenGraph, hub: int) -> list[int]:
    """The legs of a gadget. Raises ValueError if ``hub`` is none."""
    if not graph.is_hub[hub]:
        raise ValueError(f"vertex {hub} is not a gadget hub")
    return graph.neighbours(hub)
