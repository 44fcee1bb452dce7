"""Diagrams of any shape: the open graph means the same, and what has no flow is refused by name."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import pairwise

import pytest

from gossamer.conformance.kit import graph_diagram
from gossamer.diagnostics import InputError, Span
from gossamer.ir.diagram import Diagram, DiagramBuilder, VertexKind
from gossamer.ir.equality import equal_instruments
from gossamer.ir.open_graph import Label
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.scalar import Scalar
from gossamer.passes.any_flow import find_any_flow
from gossamer.passes.flow_order import order_of_measurement
from gossamer.passes.graph_like import to_open_graph
from gossamer.passes.steps import count_live
from gossamer.rewriting.open_form import OpenForm
from tests.test_open_graphs import random_flow_graph

T = Phase(Fraction(1, 4))
ANGLES = [Phase(Fraction(k, 4)) for k in range(8)] + [Phase(Fraction(1, 3))]


def random_diagram(rng: random.Random, vertices: int) -> Diagram:
    """Spiders of both colours, plain and Hadamard edges, loops and parallel edges, some outcomes: of no particular shape."""
    b = DiagramBuilder()
    known: list[int] = []
    spiders = []
    for _ in range(vertices):
        phase = rng.choice(ANGLES)
        if known and rng.random() < 0.2:
            phase = phase + rng.choice(ANGLES).times(BitExpr.bit(rng.choice(known)))
        kind = rng.choice((VertexKind.Z, VertexKind.X))
        if rng.random() < 0.12:
            bit = b.outcome()
            spiders.append(b.vertex(kind, phase + Phase.of_bit(bit)))
            b.bind_outcome(bit, spiders[-1])
            known.append(bit)
        else:
            spiders.append(b.vertex(kind, phase))
    for i in range(rng.randint(0, 2)):
        b.edge(b.input(f"i{i}"), rng.choice(spiders), hadamard=rng.random() < 0.5)
    for i in range(rng.randint(0, 4)):
        b.edge(rng.choice(spiders), b.output(f"o{i}"), hadamard=rng.random() < 0.5)
    for _ in range(rng.randint(0, 2 * vertices)):
        b.edge(rng.choice(spiders), rng.choice(spiders), hadamard=rng.random() < 0.5)
    if known:
        b.register("c", [BitExpr.bit(x) for x in known])
    return b.build()


@pytest.mark.parametrize("batch", range(4))
def test_the_graph_of_any_diagram_means_the_same(batch):
    """Refused or equal, never something else; with and without postselection."""
    seen = {"flow": 0, "postselected": 0, "zero": 0, "order": 0}
    for seed in range(150):
        rng = random.Random(1000 * batch + seed)
        diagram = random_diagram(rng, rng.randint(1, 7))
        diagram.verify()
        try:
            graph = to_open_graph(diagram, postselect=True)
        except InputError as error:
            assert error.code in ("OG-15", "OG-4"), str(error)
            seen["zero" if error.code == "OG-15" else "order"] += 1
            continue
        graph.verify()
        assert equal_instruments(diagram, graph_diagram(graph)), seed
        seen["postselected" if graph.postselected.size else "flow"] += 1
        if graph.postselected.size:
            with pytest.raises(InputError) as caught:
                to_open_graph(diagram)
            assert caught.value.code == "OG-3"
    assert seen["flow"] >= 20
    assert seen["postselected"] >= 20
    assert seen["zero"] >= 1


@pytest.mark.parametrize("seed", range(30))
def test_a_graph_with_flow_is_found_to_have_one(seed):
    """The diagram of an open graph with flow has flow."""
    graph = random_flow_graph(random.Random(seed))
    if any(b.vertex >= 0 for b in graph.bits):
        graph = random_flow_graph(random.Random(1000 + seed))
    source = graph_diagram(graph)
    try:
        found = find_any_flow(source)
    except InputError as error:  # an isolated vertex along an axis is a number, which may be 0; a random one has a bit
        assert error.code in ("OG-15", "OG-3")
        assert error.code == "OG-15" or graph.bits
        return
    found.verify()
    assert equal_instruments(source, graph_diagram(found))


def plane_graph(plane: Label, angle: Phase) -> Diagram:
    """A vertex that is measured in a plane with a leaf: it takes part in the state of two others."""
    b = DiagramBuilder()
    hub = b.vertex(VertexKind.Z, Phase(Fraction(1, 2)) if plane == Label.XZ else Phase(1))
    ends = [b.vertex(VertexKind.Z) for _ in range(3)]
    b.edge(hub, b.vertex(VertexKind.Z, angle), hadamard=True)
    for v in ends:
        b.edge(hub, v, hadamard=True)
    b.edge(ends[0], ends[1], hadamard=True)
    for i, v in enumerate(ends):
        b.edge(v, b.output(f"o{i}"))
    return b.build()


@pytest.mark.parametrize("plane", [Label.YZ, Label.XZ])
def test_a_leaf_is_a_plane(plane):
    graph = find_any_flow(plane_graph(plane, T))
    assert plane in graph.label
    assert equal_instruments(plane_graph(plane, T), graph_diagram(graph))


def test_ends_that_meet_get_vertices_of_their_own():
    b = DiagramBuilder()
    z = b.vertex(VertexKind.Z)
    b.edge(b.input("a"), z)
    for i in range(3):
        b.edge(z, b.output(f"o{i}"))
    d = b.build()
    graph = to_open_graph(d)
    assert len(set(graph.outputs.tolist())) == 3
    assert equal_instruments(d, graph_diagram(graph))


@pytest.mark.clause("OG-3")
def test_what_nothing_corrects_is_named_with_its_place():
    b = DiagramBuilder()
    z = b.vertex(VertexKind.Z, T, Span("d.zxg", 7, 3))
    b.edge(b.input("a"), z)
    b.edge(b.input("b"), z)
    b.edge(z, b.output("c"))
    with pytest.raises(InputError) as caught:
        to_open_graph(b.build())
    error = caught.value
    assert error.code == "OG-3"
    assert "v0" in error.diagnostic.message
    assert error.diagnostic.span == Span("d.zxg", 7, 3)
    assert "2 inputs and 1 outputs" in (error.diagnostic.help or "")


@pytest.mark.clause("OG-4")
def test_a_condition_against_the_flow_is_refused():
    """v corrects on the vertex whose outcome its own angle uses."""
    b = DiagramBuilder()
    bit = b.outcome()
    end = b.vertex(VertexKind.Z, T + Phase.of_bit(bit))
    b.bind_outcome(bit, end)
    v = b.vertex(VertexKind.Z, T.times(BitExpr.bit(bit)))
    b.edge(b.input("a"), v)
    b.edge(v, end, hadamard=True)
    d = b.build()
    with pytest.raises(InputError) as caught:
        to_open_graph(d)
    assert caught.value.code == "OG-4"
    with pytest.raises(InputError) as caught:  # postselection is no way around it: it would use the outcome too
        to_open_graph(d, postselect=True)
    assert caught.value.code in ("OG-4", "OG-3")


def pair(k: int) -> DiagramBuilder:
    """A wire, and beside it the number 1 + exp(i pi k)."""
    b = DiagramBuilder()
    b.edge(b.input("q"), b.output("q"))
    b.vertex(VertexKind.Z, Phase(k))
    return b


@pytest.mark.clause("OG-15")
def test_a_diagram_that_is_zero_is_refused():
    assert to_open_graph(pair(0).build()).num_vertices == 1
    with pytest.raises(InputError, match=r"zero.*v2"):
        to_open_graph(pair(1).build())
    b = pair(0)
    b.vertex(VertexKind.Z, Phase.of_symbol("a"))
    with pytest.raises(InputError, match="symbols"):
        to_open_graph(b.build())
    b = pair(0)  # 60 wires in a clique: too large to tell
    clique = [b.vertex(VertexKind.Z, T) for _ in range(60)]
    for i, v in enumerate(clique):
        for w in clique[:i]:
            b.edge(v, w, hadamard=True)
    with pytest.raises(InputError, match="too large"):
        to_open_graph(b.build())
    b = pair(0)
    b.scalar = Scalar(factor=Fraction(0))
    with pytest.raises(InputError, match="scalar"):
        find_any_flow(b.build())


def test_as_few_vertices_are_postselected_as_can_be():
    """A Bell measurement without its bits: one of four outcomes of two vertices."""
    b = DiagramBuilder()
    z = b.vertex(VertexKind.Z)
    b.edge(b.input("a"), z)
    b.edge(b.input("b"), z)
    b.edge(z, b.output("c"))
    graph = to_open_graph(b.build(), postselect=True)
    graph.verify()
    assert graph.postselected.size == 1
    assert equal_instruments(b.build(), graph_diagram(graph))


def test_an_order_keeps_few_vertices_alive():
    """A path is measured along itself, whatever its numbers are."""
    rng = random.Random(3)
    names = list(range(30))
    rng.shuffle(names)
    near: list[set[int]] = [set() for _ in names]
    for a, b in pairwise(names):
        near[a].add(b)
        near[b].add(a)
    after: list[set[int]] = [set() for _ in names]
    order = order_of_measurement(near, after, [], range(30))
    born: set[int] = set()
    live = []
    for i, v in enumerate(order):
        born |= {v, *near[v]}
        live.append(len(born) - i)
    assert sorted(order) == list(range(30))
    assert max(live) <= 3
    assert order_of_measurement([set(), set()], [{1}, {0}], [], range(2)) == []


def test_a_form_names_its_vertices_after_the_source():
    form = OpenForm(plane_graph(Label.YZ, T))
    assert set(form.name.values()) <= set(range(8))
    assert count_live(find_any_flow(plane_graph(Label.YZ, T))) == 3  # the hub is rotated
