"""Open graphs with any flow, placed anyhow: the node programs mean the same, outcome by outcome."""

from __future__ import annotations

import random
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest

from gossamer.backends.circuit import lower
from gossamer.checks import verify
from gossamer.conformance.kit import graph_diagram
from gossamer.diagnostics import NetworkInfeasible
from gossamer.ir.diagram import Bit, BitKind, Register
from gossamer.ir.flow import find_flow
from gossamer.ir.open_graph import Label, OpenGraph
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.placed import EventKind
from gossamer.ir.wires import WireBuilder
from gossamer.passes.graph_like import to_open_graph
from gossamer.passes.links import realise
from tests.test_distribution import complete, random_assignment

QUARTERS = [Fraction(1, 4), Fraction(3, 4), Fraction(1, 3), Fraction(5, 4)]


def random_flow_graph(rng: random.Random, most: int = 7) -> OpenGraph:
    """A random labelled graph that has a Pauli flow, by drawing until there is one; some outcomes are the source's."""
    while True:
        n = rng.randint(2, most)
        outputs = sorted(rng.sample(range(n), rng.randint(1, max(1, n // 2))))
        inputs = sorted(rng.sample(range(n), rng.randint(0, len(outputs))))
        density = rng.choice((0.3, 0.5, 0.8))
        edges = [(a, b) for a in range(n) for b in range(a + 1, n) if rng.random() < density]
        label = [rng.choice(list(Label)[:6]) for _ in range(n)]
        source = [v for v in range(n) if v not in outputs and rng.random() < 0.15]
        for v in range(n):
            if v in source:
                label[v] = rng.choice((Label.XY, Label.X, Label.Y))
            if v in outputs:
                label[v] = Label.OUTPUT
        flow = find_flow("pauli", label, np.array(edges, np.int32).reshape(-1, 2), inputs, sorted({*outputs, *source}))
        if flow is not None:
            break
    order = flow.order()
    bits = tuple(Bit(BitKind.OUTCOME, v) for v in source)
    outcome = np.full(n, -1, np.int32)
    outcome[source] = np.arange(len(source))
    position = {int(v): i for i, v in enumerate(order)}
    phases = []
    for v in range(n):
        known = [i for i, u in enumerate(source) if position[u] < position[v]]
        bit = Phase(1).times(BitExpr.bit(rng.choice(known))) if known and rng.random() < 0.4 else Phase()
        match label[v]:
            case Label.X | Label.Z:
                phase = Phase(rng.choice((0, 1))) + bit
            case Label.Y:
                phase = Phase(Fraction(rng.choice((1, 3)), 2)) + bit
            case _:
                phase = Phase(rng.choice(QUARTERS))
                if known and rng.random() < 0.4:
                    phase = phase + Phase(rng.choice(QUARTERS)).times(BitExpr.bit(rng.choice(known)))
        phases.append(phase + Phase.of_bit(source.index(v)) if v in source else phase)
    table = {p: i for i, p in enumerate(dict.fromkeys(phases))}
    reported = [BitExpr.bit(i) for i in range(len(source)) if rng.random() < 0.7]
    return OpenGraph(
        label=np.array(label, np.uint8), phase=np.array([table[p] for p in phases], np.int32), phases=tuple(table),
        edges=np.array(edges, np.int32).reshape(-1, 2), inputs=np.array(inputs, np.int32),
        outputs=np.array(outputs, np.int32), outcome=outcome, flow_start=flow.start, flow=flow.members, order=order,
        bits=bits, registers=(Register("c", tuple(reported)),) if reported else (),
        input_names=tuple(f"i{k}" for k in range(len(inputs))), output_names=tuple(f"o{k}" for k in range(len(outputs))),
    )  # fmt: skip


def check_placed_anyhow(rng: random.Random, graph: OpenGraph) -> Counter[str]:
    """Place, realise, lower and verify; returns what the placement was made of."""
    graph.verify()
    nodes = rng.randint(1, 4)
    network = complete(nodes, rng.choice((None, None, 2)), line=rng.random() < 0.3)
    try:
        placed = realise(graph, random_assignment(rng, graph, nodes, third=True), network)
    except NetworkInfeasible:  # third nodes and relays ask for more than two communication qubits
        return Counter(infeasible=1)
    placed.verify()
    distribution = lower(placed)
    distribution.verify_structure()
    source = graph_diagram(graph)
    verdict = verify(distribution.programs, distribution.manifest, source, budget=1)
    assert verdict.holds is True, verdict
    events = Counter(EventKind(kind).name for kind, _ in placed.events.tolist())
    return events + Counter({Label(k).name: c for k, c in Counter(graph.label.tolist()).items()}) + Counter(
        links=placed.num_links, **{verdict.method: 1}
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(60))
def test_any_flow_anywhere(seed):
    check_placed_anyhow(random.Random(seed), random_flow_graph(random.Random(seed)))


@pytest.mark.nightly
@pytest.mark.parametrize("batch", range(20))
def test_any_flow_anywhere_often(batch):
    seen: Counter[str] = Counter()
    for seed in range(100):
        rng = random.Random(1000 + 100 * batch + seed)
        seen += check_placed_anyhow(rng, random_flow_graph(rng, 9))
    assert seen["exact"] > 30
    assert all(seen[label.name] for label in Label)
    assert all(seen[what] for what in ("STEP", "MEASURE", "ROTATE", "links"))


@pytest.mark.parametrize("seed", range(12))
def test_a_gadget_of_many_legs_is_rotated_wherever_it_is_placed(seed):
    """Legs at home, as copies on communication qubits, behind conditions and corrections of other nodes."""
    rng = random.Random(seed)
    w = WireBuilder()
    wires = [w.add_input(f"q{i}") for i in range(3)]
    for _ in range(3):
        for q in wires:
            w.rx(q, Phase(Fraction(rng.choice((1, 3)), 4)))
        w.gadget(rng.sample(wires, rng.choice((2, 3))), Phase(Fraction(rng.choice((1, 3)), 4)))
    for i, q in enumerate(wires):
        w.output(q, f"q{i}")
    source = w.build()
    graph = to_open_graph(source)
    network = complete(3, rng.choice((None, 3)))
    placed = realise(graph, random_assignment(rng, graph, 3, third=True), network)
    placed.verify()
    distribution = lower(placed)
    distribution.verify_structure()
    verdict = verify(distribution.programs, distribution.manifest, source, budget=60)
    assert verdict.holds, verdict
