"""Open graphs with any flow, placed anyhow: the node programs mean the same, outcome by outcome."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from gossamer.backends.circuit import lower
from gossamer.checks import verify
from gossamer.ir.phase import Phase
from gossamer.ir.wires import WireBuilder
from gossamer.passes.graph_like import to_open_graph
from gossamer.passes.links import realise
from tests.test_distribution import complete, random_assignment


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
