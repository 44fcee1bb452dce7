"""Rules of the second level, `OpenGraph` (clauses OG-1 to OG-13): well-formed columns, and the axioms of its flow.

References
----------
Causal flow: Danos and Kashefi, PRA 74, 052310 (2006). YZ-measured vertices: Browne, Kashefi, Mhalla and Perdrix, NJP 9,
250 (2007).
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from gossamer.ir.diagram import BitKind
from gossamer.ir.open_graph import Label, OpenGraph
from gossamer.ir.phase import Phase
from gossamer.ir.rules.classical import (
    check_bit_uses,
    check_bits,
    check_bits_known,
    check_names,
    check_outcomes,
    check_symbols,
)
from gossamer.ir.rules.shared import Long, check_column, contains, fail, first_true, repeated


def _graph_columns(g: OpenGraph) -> None:
    n = g.num_vertices
    check_column("OG-1", "label", g.label, np.uint8, (None,), len(Label))
    check_column("OG-1", "phase", g.phase, np.int32, (n,), len(g.phases))
    check_column("OG-1", "edges", g.edges, np.int32, (None, 2), n)
    check_column("OG-1", "inputs", g.inputs, np.int32, (None,), n)
    check_column("OG-1", "outputs", g.outputs, np.int32, (None,), n)
    for name, column, limit in (("outcome", g.outcome, len(g.bits)), ("successor", g.successor, n)):
        check_column("OG-1", name, column, np.int32, (n,), None)
        if n and (int(column.min()) < -1 or int(column.max()) >= limit):
            fail("OG-1", f"column '{name}' holds a value outside -1..{limit - 1}")
    check_column("OG-1", "order", g.order, np.int32, (n,), n)


def _graph_edges(g: OpenGraph) -> None:
    u, v = g.edges[:, 0], g.edges[:, 1]
    i = first_true(u >= v)
    if i >= 0:
        what = "is a loop" if u[i] == v[i] else "must be written with the smaller end first"
        fail("OG-2", f"edge v{int(u[i])} - v{int(v[i])} {what}", help="a Hadamard loop is a phase of pi on its vertex")
    key = edge_keys(g)
    i = first_true(key[1:] <= key[:-1])
    if i >= 0:
        what = "occurs twice" if key[i] == key[i + 1] else "is out of order"
        help = "two parallel Hadamard edges cancel; edges are sorted by their ends"
        fail("OG-2", f"edge v{int(u[i + 1])} - v{int(v[i + 1])} {what}", help=help)


def edge_keys(g: OpenGraph) -> Long:
    return np.asarray(g.edges[:, 0].astype(np.int64) * g.num_vertices + g.edges[:, 1])


def _graph_boundary(g: OpenGraph) -> None:
    for what, listed in (("input", g.inputs), ("output", g.outputs)):
        v = repeated(listed)
        if v >= 0:
            fail("OG-6", f"v{v} is listed twice among the {what}s")
    i = first_true(g.label[g.outputs] != Label.OUTPUT)
    if i >= 0:
        fail("OG-6", f"output v{int(g.outputs[i])} is not labelled OUTPUT")
    if int((g.label == Label.OUTPUT).sum()) != g.outputs.size:
        missing = np.setdiff1d(np.flatnonzero(g.label == Label.OUTPUT), g.outputs)
        fail(
            "OG-6",
            f"v{int(missing[0])} is labelled OUTPUT but is not listed as output",
            span=g.spans.get(int(missing[0])),
        )


def _graph_classical(g: OpenGraph) -> None:
    check_names("input", g.input_names, g.inputs.size)
    check_names("output", g.output_names, g.outputs.size)
    check_names("register", [r.name for r in g.registers], len(g.registers))
    check_bits(g.bits)
    check_bit_uses(g.bits, g.phases, g.registers)
    check_symbols(g.phases)


def _graph_outcomes(g: OpenGraph) -> None:
    check_outcomes("OG-13", g)
    want = np.full(g.num_vertices, -1, np.int32)
    for i, bit in enumerate(g.bits):
        if bit.kind == BitKind.OUTCOME:
            want[bit.vertex] = i
    v = first_true(want != g.outcome)
    if v >= 0:
        fail("OG-13", f"v{v} has outcome b{int(g.outcome[v])} in its column, but the bits bind b{int(want[v])} to it")
    v = first_true((g.outcome >= 0) & ~np.isin(g.label, (Label.XY, Label.X, Label.Y)))
    if v >= 0:
        fail(
            "OG-13",
            f"source outcome v{v} is labelled {Label(int(g.label[v])).name}, not XY, X or Y",
            span=g.spans.get(v),
        )


def _graph_labels(g: OpenGraph) -> None:
    half = Phase(Fraction(1, 2))
    pauli = np.array([p.is_pauli for p in g.phases], np.bool_)
    pauli_y = np.array([(p + half).is_pauli for p in g.phases], np.bool_)
    for label, ok in ((Label.X, pauli), (Label.Z, pauli), (Label.Y, pauli_y)):
        v = first_true((g.label == label) & ~ok[g.phase])
        if v >= 0:
            help = "label it with a plane (XY, YZ) instead"
            fail("OG-5", f"v{v} is labelled {label.name} but has phase {str(g.phase_of(v))[:60]}", help, g.spans.get(v))


def _graph_successors(g: OpenGraph) -> None:
    v = first_true(g.label == Label.XZ)
    if v >= 0:
        fail(
            "OG-3",
            f"v{v} is labelled XZ, which has no causal flow",
            help="XZ vertices need a gflow",
            span=g.spans.get(v),
        )
    ids = np.arange(g.num_vertices)
    free = (g.label == Label.OUTPUT) | (g.outcome >= 0)
    hub = ((g.label == Label.YZ) | (g.label == Label.Z)) & ~free
    v = first_true(free & (g.successor != -1))
    if v >= 0:
        fail(
            "OG-3",
            f"v{v} is an output or source outcome and may not have a successor",
            "nothing corrects it",
            g.spans.get(v),
        )
    v = first_true(hub & (g.successor != ids))
    if v >= 0:
        fail(
            "OG-3",
            f"v{v} is labelled {Label(int(g.label[v])).name}: its successor must be v{v} itself",
            span=g.spans.get(v),
        )
    v = first_true(~free & ~hub & ((g.successor == -1) | (g.successor == ids)))
    if v >= 0:
        fail(
            "OG-3",
            f"v{v} is labelled {Label(int(g.label[v])).name} and needs another vertex as successor",
            span=g.spans.get(v),
        )


def _graph_successor_edges(g: OpenGraph) -> None:
    v = np.flatnonzero((g.successor >= 0) & (g.successor != np.arange(g.num_vertices)))
    w = g.successor[v]
    i = first_true(~contains(edge_keys(g), np.minimum(v, w).astype(np.int64) * g.num_vertices + np.maximum(v, w)))
    if i >= 0:
        fail("OG-7", f"the successor v{int(w[i])} of v{int(v[i])} is not its neighbour", span=g.spans.get(int(v[i])))


def _graph_injective(g: OpenGraph) -> None:
    image = g.successor[g.successor >= 0]
    w = repeated(image)
    if w >= 0:
        a, b = np.flatnonzero(g.successor == w)[:2]
        fail("OG-8", f"v{w} is the successor of both v{int(a)} and v{int(b)}", help="the flow is injective")
    i = first_true(np.isin(image, g.inputs))
    if i >= 0:
        w = int(image[i])
        help = "an input's state is given: no X correction on it follows from a measurement before it"
        fail("OG-8", f"input v{w} is in the image of the flow", help=help, span=g.spans.get(w))


def _graph_order(g: OpenGraph) -> None:
    v = repeated(g.order)
    if v >= 0:
        fail("OG-9", f"v{v} occurs twice in the order", help="the order is a permutation of the vertices")


def _graph_successor_later(g: OpenGraph) -> None:
    v = np.flatnonzero((g.successor >= 0) & (g.successor != np.arange(g.num_vertices)))
    i = first_true(g.position[v] >= g.position[g.successor[v]])
    if i >= 0:
        fail("OG-10", f"v{int(v[i])} comes after its successor v{int(g.successor[v[i]])}", span=g.spans.get(int(v[i])))


def _graph_neighbours_later(g: OpenGraph) -> None:
    ids = np.arange(g.num_vertices)
    chain = (g.successor >= 0) & (g.successor != ids)
    corrected_by = np.full(g.num_vertices, -1, np.int32)  # the inverse of the flow
    corrected_by[g.successor[chain]] = ids[chain]
    for a, b in ((0, 1), (1, 0)):
        w, u = g.edges[:, a], g.edges[:, b]
        v = corrected_by[w]
        i = first_true((v >= 0) & (v != u) & (g.position[v] >= g.position[u]))
        if i >= 0:
            vi, wi, ui = int(v[i]), int(w[i]), int(u[i])
            fail("OG-11", f"v{vi} comes after v{ui}, a neighbour of its successor v{wi}", span=g.spans.get(vi))


def _graph_hubs_first(g: OpenGraph) -> None:
    hub = g.successor == np.arange(g.num_vertices)
    for a, b in ((0, 1), (1, 0)):
        h, u = g.edges[:, a], g.edges[:, b]
        i = first_true(hub[h] & (g.position[h] >= g.position[u]))
        if i >= 0:
            hi, ui = int(h[i]), int(u[i])
            fail(
                "OG-12",
                f"hub v{hi} comes after its neighbour v{ui}",
                help="a hub corrects its neighbours",
                span=g.spans.get(hi),
            )


def _graph_bits_known(g: OpenGraph) -> None:
    check_bits_known("OG-4", g.bits, g.phases, g.phase, g.position, g.spans)


GRAPH_RULES: tuple[Callable[[OpenGraph], None], ...] = (
    _graph_columns,
    _graph_edges,
    _graph_boundary,
    _graph_classical,
    _graph_outcomes,
    _graph_labels,
    _graph_successors,
    _graph_successor_edges,
    _graph_injective,
    _graph_order,
    _graph_successor_later,
    _graph_neighbours_later,
    _graph_hubs_first,
    _graph_bits_known,
)
