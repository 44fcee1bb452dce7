"""Canonical forms: the same for every numbering, different for every change; bounded work."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gossamer.conformance.strategies import diagrams
from gossamer.diagnostics import InputError
from gossamer.ir import canonical as canonical_module
from gossamer.ir.canonical import canonical, digest
from gossamer.ir.compose import tensor
from gossamer.ir.diagram import BitKind, DiagramBuilder, VertexKind
from gossamer.ir.equality import equal_instruments
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.scalar import Scalar
from tests.ir.drawn import relabel, zx_diagrams
from tests.profiles import NIGHTLY, QUICK

SOURCES = st.one_of(zx_diagrams(symbols=("t", "u"), size=7), diagrams(symbols=("t",)))


@st.composite
def renumbered(draw, d):
    """An isomorphic diagram that obeys IR-5 and IR-8."""
    n, k = d.num_vertices, len(d.bits)
    weight = draw(st.permutations(range(n)))
    bit_weight = draw(st.permutations(range(k)))
    needs = canonical_module._vertex_order(d, weight)
    vertices = [0] * n
    for new, old in enumerate(needs):
        vertices[old] = new
    bits = [0] * k
    for new, old in enumerate(canonical_module._bit_order(d, bit_weight)):
        bits[old] = new
    edges = draw(st.permutations(range(d.num_edges)))
    flips = draw(st.lists(st.booleans(), min_size=d.num_edges, max_size=d.num_edges))
    out = relabel(d, vertices, bits, list(edges), flips)
    out.verify()
    return out


def check_invariance(d, data) -> None:
    c = canonical(d)
    c.verify()
    assert canonical(c) == c
    other = data.draw(renumbered(d))
    assert canonical(other) == c
    assert digest(other) == digest(d)


@QUICK
@given(SOURCES, st.data())
def test_numbering_does_not_matter(d, data):
    check_invariance(d, data)


@pytest.mark.nightly
@NIGHTLY
@given(SOURCES, st.data())
def test_numbering_does_not_matter_nightly(d, data):
    check_invariance(d, data)


@st.composite
def alike(draw):
    """Diagrams of many equal parts: little tells their vertices apart, and not all that look alike are."""
    b = DiagramBuilder()
    n = draw(st.integers(2, 10))
    kind = draw(st.sampled_from([VertexKind.Z, VertexKind.H]))
    shape = draw(st.sampled_from(["ring", "two rings", "complete", "mixed", "matching", "cubic", "two cubic", "any"]))
    n += n % 2 * shape.endswith("cubic")
    vs = [b.vertex(kind, Phase(1 / 4)) for _ in range(2 * n if shape == "two cubic" else n)]

    def cubic(first: int) -> list[tuple[int, int]]:
        """A ring and a random matching: every vertex has three edges, but they are rarely all the same."""
        partner = draw(st.permutations(range(n)))
        ring = [(first + i, first + (i + 1) % n) for i in range(n)]
        return ring + [(first + partner[i], first + partner[i + 1]) for i in range(0, n, 2)]

    if shape == "ring":
        pairs = [(i, (i + 1) % n) for i in range(n)]
    elif shape == "two rings":
        pairs = [(i, (i + 2) % n) for i in range(n)]
    elif shape in ("complete", "mixed"):
        pairs = [(i, j) for j in range(n) for i in range(j)]
    elif shape == "matching":
        pairs = [(i, i + 1) for i in range(0, n - 1, 2)]
    elif shape.endswith("cubic"):
        pairs = cubic(0) + (cubic(n) if shape == "two cubic" else [])
    else:
        pairs = draw(st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=12))
    for i, j in pairs:
        b.edge(vs[i], vs[j], hadamard=shape != "mixed" or j - i in (1, n - 1))
    if draw(st.booleans()):
        hub = b.vertex(VertexKind.X)
        b.edge(b.input("q"), hub)
        for v in vs[: draw(st.sampled_from([1, n, len(vs)]))]:
            b.edge(hub, v)
    for _ in range(draw(st.integers(0, 2))):
        for v in range(n):
            bit = b.outcome()
            b.bind_outcome(bit, b.vertex(VertexKind.Z, Phase.of_bit(bit)))
            b.edge(vs[v], b.bits[bit].vertex)
    return b.build()


@QUICK
@given(st.data())
def test_parallel_edges_are_not_two_neighbours(data):
    """Six vertices with three edges each: two edges to one neighbour weigh as much as one edge to each of two."""
    b = DiagramBuilder()
    vs = [b.vertex(VertexKind.Z, Phase(1 / 4)) for _ in range(6)]
    for i, j in [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 0), (0, 3), (4, 5), (2, 1)]:
        b.edge(vs[i], vs[j], hadamard=True)
    check_invariance(b.build(), data)


@QUICK
@given(alike(), st.data())
def test_symmetric_diagrams(d, data):
    check_invariance(d, data)


@pytest.mark.nightly
@NIGHTLY
@given(alike(), st.data())
def test_symmetric_diagrams_nightly(d, data):
    check_invariance(d, data)


def change(d, data):
    """One phase, one edge, one kind, one bit of a register or the scalar is another; or None if there is nothing to change."""
    what = data.draw(st.sampled_from(["phase", "hadamard", "edge", "scalar", "register", "name"]))
    spiders = np.flatnonzero(d.kind <= VertexKind.H)
    if what == "phase" and len(spiders):
        v = data.draw(st.sampled_from(spiders.tolist()))
        phase = d.phase.copy()
        phase[v] = len(d.phases)
        return replace(d, phase=phase, phases=(*d.phases, d.phase_of(v) + Phase(Fraction(1, 97))), delays={})
    if what == "hadamard" and d.num_edges:
        h = d.hadamard.copy()
        h[data.draw(st.integers(0, d.num_edges - 1))] ^= True
        return replace(d, hadamard=h)
    if what == "edge" and len(spiders):
        v = data.draw(st.sampled_from(spiders.tolist()))
        edges = np.concatenate([d.edges, np.array([[v, v]], np.int32)])
        return replace(d, edges=edges, hadamard=np.append(d.hadamard, False), delays={})
    if what == "register" and d.registers and d.registers[0].bits:
        r = d.registers[0]
        return replace(d, registers=(replace(r, bits=(~r.bits[0], *r.bits[1:])), *d.registers[1:]))
    if what == "name" and d.input_names:
        return replace(d, input_names=("other", *d.input_names[1:]))
    return replace(d, scalar=d.scalar * Scalar(1))


@QUICK
@given(SOURCES)
def test_delays_do_not_count(d):
    assert digest(d) == digest(replace(d, delays={}))
    assert canonical(d).delays == {}


@QUICK
@given(SOURCES, st.data())
def test_one_change_changes_the_digest(d, data):
    other = change(d, data)
    if data.draw(st.booleans()):
        other = data.draw(renumbered(other))
    hadamards = (int(d.hadamard.sum()), int(other.hadamard.sum()))
    assert digest(d) != digest(other), hadamards


@QUICK
@given(zx_diagrams(inputs=1, outputs=1, size=4))
def test_the_canonical_form_has_the_same_instrument(d):
    assume(all(b.kind != BitKind.INPUT for b in d.bits))
    assert equal_instruments(d, canonical(d))


def test_which_bit_a_phase_uses_matters():
    """Two outcomes alike but for their use: equal if they change places everywhere, different if in one place only."""

    def build(first: int, second: int, report: int):
        b = DiagramBuilder()
        for _ in range(2):
            bit = b.outcome()
            b.bind_outcome(bit, b.vertex(VertexKind.Z, Phase.of_bit(bit)))
        z = [b.vertex(VertexKind.Z, Phase.of_bit(x, Fraction(1, 2))) for x in (first, second)]
        b.edge(z[0], z[1])
        b.edge(z[1], b.vertex(VertexKind.X))
        b.register("c", [BitExpr.bit(report)])
        return b.build()

    assert digest(build(0, 1, 0)) == digest(build(1, 0, 1))
    assert len({digest(build(*x)) for x in [(0, 1, 0), (0, 1, 1), (0, 0, 0), (0, 0, 1)]}) == 4


def test_bits_are_told_apart_by_every_use():
    """Two derived bits alike but for the coefficient, the index or the register with which they are used."""

    def build(x: int, y: int, where: str):
        b = DiagramBuilder()
        bits = [b.derived(BitExpr.const(0)), b.derived(BitExpr.const(0))]
        phase = Phase.of_bit(bits[x], Fraction(1, 4)) + Phase.of_bit(bits[y], Fraction(1, 2))
        if where == "scalar":
            b.scalar = Scalar(0, phase)
        elif where == "phase":
            b.vertex(VertexKind.Z, phase)
        elif where == "index":
            b.register("c", [BitExpr.bit(bits[x]), BitExpr.bit(bits[y])])
        elif where == "register":
            b.register("c", [BitExpr.bit(bits[x])])
            b.register("d", [BitExpr.bit(bits[y])])
        else:
            b.derived(BitExpr.bit(bits[x]))
            b.derived(BitExpr.bit(bits[x]) ^ BitExpr.bit(bits[y]))
        return b.build()

    for where in ("scalar", "phase", "index", "register", "derived"):
        assert canonical(build(0, 1, where)) == canonical(build(1, 0, where)) != canonical(build(0, 0, where)), where


def ring(n: int, *, offset: int = 0):
    b = DiagramBuilder()
    vs = [b.vertex(VertexKind.Z, Phase(1 / 4)) for _ in range(n)]
    for i in range(n):
        b.edge(vs[i], vs[(i + 1 + offset) % n], hadamard=True)
    return b.build()


def test_refinement_alone_does_not_tell_a_ring_from_two():
    assert digest(ring(6)) != digest(ring(6, offset=1)) == digest(tensor(ring(3), ring(3)))


@pytest.mark.parametrize("parts", [30, 300])
def test_equal_parts_cost_linear_work(parts):
    """Scalars beside the wires, and gadgets on the same wires: exchanging them is no choice."""
    d = tensor(*[ring(3)] * parts)
    graph = canonical_module._Graph(d)
    before = graph.budget
    graph.numbering()
    assert before - graph.budget < 200 * 3 * parts
    b = DiagramBuilder()
    wire = b.vertex(VertexKind.Z)
    b.edge(b.input("q"), wire)
    b.edge(wire, b.output("q"))
    for _ in range(parts):
        hub, leaf = b.vertex(VertexKind.Z), b.vertex(VertexKind.Z, Phase(1 / 4))
        b.edge(wire, hub, hadamard=True)
        b.edge(hub, leaf, hadamard=True)
    graph = canonical_module._Graph(b.build())
    before = graph.budget
    graph.numbering()
    assert before - graph.budget < 200 * parts


def test_complete_graphs_cost_linear_work():
    b = DiagramBuilder()
    vs = [b.vertex(VertexKind.Z) for _ in range(60)]
    for j in range(60):
        for i in range(j):
            b.edge(vs[i], vs[j], hadamard=True)
    graph = canonical_module._Graph(b.build())
    before = graph.budget
    graph.numbering()
    assert before - graph.budget < 20 * 60 * 60


@pytest.mark.clause("AL-6")
def test_work_is_bounded(monkeypatch):
    """Every step of the search is paid for, so a small budget is an early refusal."""
    monkeypatch.setattr(canonical_module, "LEAST_WORK", 0)
    monkeypatch.setattr(canonical_module, "WORK_PER_ITEM", 3)
    with pytest.raises(InputError) as caught:
        canonical(ring(50))
    assert caught.value.code == "AL-6"
