"""Rules of the second level, `OpenGraph` (clauses OG-1 to OG-14): well-formed columns, and the axioms of its flow.

The axioms are read off the columns by code of its own: nothing here is shared with what finds flows.

References
----------
Pauli flow, of which causal flow and gflow are cases: Browne, Kashefi, Mhalla and Perdrix, NJP 9, 250 (2007); in the form
used here: Simmons, QPL 2021, EPTCS 343.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

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
    check_column("OG-1", "label", g.label, np.uint8, (None,), len(Label))
    n = g.num_vertices
    check_column("OG-1", "phase", g.phase, np.int32, (n,), len(g.phases))
    check_column("OG-1", "edges", g.edges, np.int32, (None, 2), n)
    check_column("OG-1", "inputs", g.inputs, np.int32, (None,), n)
    check_column("OG-1", "outputs", g.outputs, np.int32, (None,), n)
    check_column("OG-1", "outcome", g.outcome, np.int32, (n,), None)
    if n and (int(g.outcome.min()) < -1 or int(g.outcome.max()) >= len(g.bits)):
        fail("OG-1", f"column 'outcome' holds a value outside -1..{len(g.bits) - 1}")
    check_column("OG-1", "flow", g.flow, np.int32, (None,), n)
    check_column("OG-1", "flow_start", g.flow_start, np.int32, (n + 1,), len(g.flow) + 1)
    if g.flow_start[0] != 0 or g.flow_start[-1] != len(g.flow) or (np.diff(g.flow_start) < 0).any():
        fail("OG-1", "column 'flow_start' does not cut 'flow' into one piece for each vertex")
    check_column("OG-1", "postselected", g.postselected, np.int32, (None,), n)
    if (np.diff(g.postselected) <= 0).any():
        fail("OG-1", "column 'postselected' is not ascending")
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
        has, bound = (f"b{int(i)}" if i >= 0 else "none" for i in (g.outcome[v], want[v]))
        fail(
            "OG-13",
            f"v{v} has the outcome {has} in its column, but the bits bind {bound} to it",
            help="the column holds for each vertex the number of the bit that is bound to it, or -1",
            span=g.spans.get(v),
        )
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


def _graph_correction_sets(g: OpenGraph) -> None:
    """Who has a correction set, and that its members are in order."""
    size = np.diff(g.flow_start)
    for v in g.postselected.tolist():
        if g.label[v] == Label.OUTPUT or g.outcome[v] >= 0:
            fail("OG-3", f"v{v} is an output or source outcome and may not be postselected", span=g.spans.get(v))
    free = (g.label == Label.OUTPUT) | (g.outcome >= 0)
    free[g.postselected] = True
    v = first_true(free & (size > 0))
    if v >= 0:
        fail(
            "OG-3",
            f"v{v} is an output, a source outcome or postselected and may not have a correction set",
            "nothing corrects it",
            g.spans.get(v),
        )
    v = first_true(~free & (size == 0))
    if v >= 0:
        fail(
            "OG-3",
            f"v{v} is measured in {Label(int(g.label[v])).name}, and no correction set says what its outcome 1 asks for",
            span=g.spans.get(v),
        )


def _graph_corrected(g: OpenGraph) -> None:
    """X corrections are made where the state is known, and each one once."""
    owner = np.repeat(np.arange(g.num_vertices), np.diff(g.flow_start))
    i = first_true((owner[1:] == owner[:-1]) & (g.flow[1:] <= g.flow[:-1]))
    if i >= 0:
        help = "a correction set lists its vertices in ascending order, each once"
        fail("OG-8", f"the correction set of v{int(owner[i])} is out of order at v{int(g.flow[i + 1])}", help=help)
    i = first_true(np.isin(g.flow, g.inputs))
    if i >= 0:
        help = "an input's state is given: no X correction on it follows from a measurement before it"
        fail("OG-8", f"input v{int(g.flow[i])} is in the correction set of v{int(owner[i])}", help=help,
             span=g.spans.get(int(owner[i])))  # fmt: skip


def _graph_order(g: OpenGraph) -> None:
    v = repeated(g.order)
    if v >= 0:
        fail("OG-9", f"v{v} occurs twice in the order", help="the order is a permutation of the vertices")


#: Pairs (vertex, neighbour of a member of its correction set) that are expanded at one time.
_CHUNK = 20_000_000


def _odd_pairs(g: OpenGraph) -> Iterator[tuple[int, int, Long, Long]]:
    """For ranges of vertices ``(first, last + 1, v, u)``: all pairs with v in the range and u in ``Odd(g(v))``."""
    n = g.num_vertices
    start, other, _ = g.adjacency
    degree = np.diff(start).astype(np.int64)
    owner = np.repeat(np.arange(n), np.diff(g.flow_start))
    work = np.concatenate([[0], np.cumsum(degree[g.flow])])[g.flow_start]  # pairs of all vertices before v
    a = 0
    while a < n:
        b = max(a + 1, int(np.searchsorted(work, work[a] + _CHUNK, side="right")) - 1)
        x, y = int(g.flow_start[a]), int(g.flow_start[b])
        many = degree[g.flow[x:y]]
        at = np.arange(int(many.sum())) - np.repeat(np.cumsum(many) - many, many) + np.repeat(start[g.flow[x:y]], many)
        keys = np.sort(np.repeat(owner[x:y], many) * n + other[at])
        if keys.size:
            new = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
            keys = keys[new[np.diff(np.append(new, keys.size)) % 2 == 1]]
        yield a, b, keys // n, keys % n
        a = b


def _graph_axioms(g: OpenGraph) -> None:
    """The axioms of Pauli flow. A source outcome has none of its own, but bears what its label bears."""
    label = g.label
    ids = np.arange(g.num_vertices)
    position = g.position
    owner = np.repeat(ids, np.diff(g.flow_start))
    self_member = np.zeros(g.num_vertices, np.bool_)
    self_member[g.flow[g.flow == owner]] = True
    member_keys = owner.astype(np.int64) * g.num_vertices + g.flow
    for first, last, v, u in _odd_pairs(g):
        self_odd = np.zeros(g.num_vertices, np.bool_)
        self_odd[v[v == u]] = True
        _graph_own_effect(g, first, last, self_member, self_odd)
        late = position[v] > position[u]
        i = first_true(late & (label[u] != Label.Y) & (label[u] != Label.Z))
        if i >= 0:
            vi, ui = int(v[i]), int(u[i])
            fail(
                "OG-11",
                f"v{vi} comes after v{ui}, an odd neighbour of its correction set",
                help="the outcome of the one makes a Z correction on the other",
                span=g.spans.get(vi),
            )
        y = late & (label[u] == Label.Y)
        i = first_true(~contains(member_keys, v[y] * g.num_vertices + u[y]))
        if i >= 0:
            _fail_y(g, int(v[y][i]), int(u[y][i]))
        x, z = int(g.flow_start[first]), int(g.flow_start[last])
        y = (label[g.flow[x:z]] == Label.Y) & (position[owner[x:z]] > position[g.flow[x:z]])
        pairs = member_keys[x:z][y]
        i = first_true(~contains(v * g.num_vertices + u, pairs))
        if i >= 0:
            _fail_y(g, int(pairs[i]) // g.num_vertices, int(pairs[i]) % g.num_vertices)
    i = first_true((position[owner] > position[g.flow]) & (label[g.flow] != Label.X) & (label[g.flow] != Label.Y))
    if i >= 0:
        a, w = int(owner[i]), int(g.flow[i])
        fail("OG-10", f"v{a} comes after v{w}, a member of its correction set", span=g.spans.get(a))


def _fail_y(g: OpenGraph, v: int, u: int) -> NoReturn:
    fail(
        "OG-12",
        f"v{v} comes after v{u}, which is measured in Y and gets an X or a Z correction, not both",
        help="only both together leave the outcome of Y as it is",
        span=g.spans.get(v),
    )


def _graph_own_effect(g: OpenGraph, first: int, last: int, member: NDArray[np.bool_], odd: NDArray[np.bool_]) -> None:
    """What a vertex's own measurement sees of its correction: X if it is a member itself, Z if it is an odd neighbour."""
    wrong = np.zeros(g.num_vertices, np.bool_)
    for kind, bad in (
        (Label.XY, member | ~odd),
        (Label.XZ, ~member | ~odd),
        (Label.YZ, ~member | odd),
        (Label.X, ~odd),
        (Label.Y, member == odd),
        (Label.Z, ~member),
    ):
        wrong |= (g.label == kind) & bad
    wrong &= np.diff(g.flow_start) > 0
    v = first_true(wrong[first:last])
    if v >= 0:
        v += first
        seen = " and ".join(name for name, is_there in (("X", member[v]), ("Z", odd[v])) if is_there) or "nothing"
        fail(
            "OG-7",
            f"v{v} is measured in {Label(int(g.label[v])).name}, but its correction makes {seen} on v{v} itself",
            help="XY needs Z, YZ X, XZ both; X at least Z, Z at least X, Y one of the two",
            span=g.spans.get(v),
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
    _graph_correction_sets,
    _graph_corrected,
    _graph_order,
    _graph_axioms,
    _graph_bits_known,
)
