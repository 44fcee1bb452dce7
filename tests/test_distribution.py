"""Whatever the placement, the node programs reproduce the source, outcome by outcome (the link theorem at work)."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gossamer.backends.circuit import lower
from gossamer.conformance.circuits import random_circuit, random_state
from gossamer.conformance.oracle import run_at_random
from gossamer.diagnostics import NetworkInfeasible
from gossamer.ir.network import Network, NetworkLink, Node
from gossamer.ir.open_graph import OpenGraph
from gossamer.ir.placed import Assignment
from gossamer.passes.graph_like import to_open_graph
from gossamer.passes.links import realise


def complete(size: int, comm: int | None, *, line: bool = False) -> Network:
    pairs = [(i, j) for i in range(size) for j in range(i + 1, size) if not line or j == i + 1]
    return Network(
        nodes=tuple(Node(name=f"n{i}", data=99, comm=comm) for i in range(size)),
        links=tuple(NetworkLink(nodes=(f"n{i}", f"n{j}")) for i, j in pairs),
    )


def random_assignment(rng: random.Random, graph: OpenGraph, nodes: int, *, third: bool) -> Assignment:
    place = [rng.randrange(nodes) for _ in range(graph.num_vertices)]
    hubs = set(np.flatnonzero(graph.is_hub).tolist())
    for h in sorted(hubs):
        if not third:
            place[h] = place[rng.choice(graph.neighbours(h))]
    edge_place = []
    for a, b in graph.edges.tolist():
        if a in hubs or b in hubs:
            edge_place.append(place[a if a in hubs else b])
        else:
            edge_place.append(rng.randrange(nodes) if third and rng.random() < 0.3 else place[rng.choice((a, b))])
    return Assignment(np.array(place, np.int32), np.array(edge_place, np.int32))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    st.integers(0, 2**32),
    st.integers(1, 4),
    st.integers(1, 4),
    st.sampled_from([None, 1, 2, 3]),
    st.booleans(),
    st.booleans(),
)
def test_any_placement_reproduces_the_source(seed, wires, nodes, comm, line, measure):
    rng = random.Random(seed)
    source = random_circuit(rng, wires, rng.randint(3, 30), measure=measure)
    graph = to_open_graph(source.diagram)
    graph.verify()
    network = complete(nodes, comm, line=line)
    try:
        placed = realise(graph, random_assignment(rng, graph, nodes, third=comm != 1), network)
    except NetworkInfeasible as error:  # only a relay or a third node asks for more than one communication qubit
        assert error.code == "NW-13"
        assert (comm == 1 and line) or comm == 2
        return
    placed.verify()
    distribution = lower(placed)
    distribution.verify_structure()
    inputs = random_state(rng, wires)
    for _ in range(2):
        branch = run_at_random(distribution, inputs, rng)
        expected, probability = source.run(inputs, branch.outcomes)
        assert abs(np.vdot(expected, branch.vector)) == pytest.approx(1, abs=1e-9)
        assert branch.probability == pytest.approx(probability, abs=1e-9)
        for node in network.nodes:
            assert branch.peak_comm[node.name] <= (99 if comm is None else comm)


def test_a_dropped_correction_is_seen_by_this_test():
    """The oracle can fail: a program without its last conditional gate no longer reproduces the source."""
    from dataclasses import replace

    from gossamer.ir.program import Conditional

    rng = random.Random(5)
    source = random_circuit(rng, 3, 25, measure=False)
    graph = to_open_graph(source.diagram)
    placed = realise(graph, random_assignment(rng, graph, 3, third=False), complete(3, None))
    good = lower(placed)
    programs = list(good.programs)
    at = next(i for i, p in enumerate(programs) if any(isinstance(x, Conditional) for x in p.instructions))
    code = list(programs[at].instructions)
    del code[max(i for i, x in enumerate(code) if isinstance(x, Conditional))]
    programs[at] = replace(programs[at], instructions=tuple(code))
    bad = replace(good, programs=tuple(programs))
    inputs = random_state(rng, 3)
    fidelities = []
    for _ in range(20):
        branch = run_at_random(bad, inputs, rng)
        expected, _ = source.run(inputs, branch.outcomes)
        fidelities.append(abs(np.vdot(expected, branch.vector)))
    assert min(fidelities) < 0.99
