"""The pass `cut`: the same instrument whatever window is rewritten, a flow, never more ebits than without, and the same each time."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gossamer
from gossamer.conformance.strategies import circuits, networks, patterns
from gossamer.diagnostics import GossamerError
from gossamer.ir.equality import equal_branches, equal_instruments
from gossamer.ir.network_text import resolve_network
from gossamer.ir.pattern import to_diagram
from gossamer.passes import cut as module
from gossamer.passes.cut import Cut, choose_window, reductions
from gossamer.passes.graph_like import to_open_graph
from gossamer.passes.packets import circuit_of, count_copies, packets
from gossamer.passes.placement_graph import problem_from_graph
from gossamer.passes.placement_problem import count_cost
from gossamer.passes.placement_search import search
from gossamer.rewriting.circuit import Framed, Gate, Op, cancel, circuit_to_diagram, fold, give_frames, take_frames
from gossamer.rewriting.extract import Weights
from gossamer.rewriting.extract_placed import extract_placed

HEADER = 'OPENQASM 2.0; include "qelib1.inc"; '
PIPELINE = "cut{{effort=0,seed={seed}}},graph-like,partition{{effort=0}},links,{backend}"


def clifford_t(seed: int, wires: int, gates: int) -> str:
    rng = random.Random(seed)
    lines = []
    for _ in range(gates):
        a, b = rng.sample(range(wires), 2)
        lines.append(
            rng.choice([f"cx q[{a}],q[{b}];", f"h q[{a}];", f"t q[{a}];", f"rzz(0.3) q[{a}],q[{b}];", f"s q[{b}];"])
        )
    return f"{HEADER}qreg q[{wires}]; {' '.join(lines)}"


@pytest.fixture
def few_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WINDOWS", (15, 15, 15, 15))


# ---- each step keeps the map -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_every_reduction_extraction_and_window_keeps_the_map(seed: int) -> None:
    source = gossamer.read(clifford_t(seed, 4, 40))
    one = module._Search(resolve_network("2:qubits=3"), 1, seed)
    rewritten = 0
    for reduced in reductions(source):
        gates = extract_placed(reduced, [0, 1, 0, 1], near=0.3, weights=Weights(), seed=seed, backwards=bool(seed & 1))
        assert gates is not None
        assert equal_branches(source, circuit_to_diagram(give_frames(gates), source))
        (at,) = one.placed(gates, None, reduced)
        now = at.gates, at.nodes
        for _ in range(8):  # whatever it costs
            found = one.rewritten(*now)
            if found is not None:
                rewritten += 1
                now = found
                assert [len(g.wires) for g in now[0]] == [len(places) for places in now[1]]
        assert equal_branches(source, circuit_to_diagram(give_frames(now[0]), source))
    assert rewritten >= 8


@pytest.mark.parametrize("seed", range(10))
def test_folding_and_cancelling_keep_the_map(seed: int) -> None:
    rng = random.Random(seed)
    gates = [Gate(Op.INPUT, (w,), number=w) for w in range(3)]
    source = gossamer.read(HEADER + "qreg q[3];")
    for _ in range(12):
        a, b = rng.sample(range(3), 2)
        inner = Gate(Op.RZ, (b,), gossamer.Phase(rng.choice([0.25, 0.3, 1])))
        gates += rng.choice(
            [[Gate(Op.CX, (a, b)), inner, Gate(Op.CX, (a, b))], [Gate(Op.H, (a,))], [Gate(Op.CZ, (a, b))]]
        )
    gates += [Gate(Op.OUTPUT, (w,), number=w) for w in range(3)]
    folded = cancel(fold(take_frames(gates)))
    assert any(g.op == Op.GADGET for g in folded)
    assert equal_branches(circuit_to_diagram(gates, source), circuit_to_diagram(give_frames(folded), source))


# ---- programs --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("few_windows")
@pytest.mark.parametrize(
    ("network", "backend"),
    [
        ("2:qubits=3", "circuit"),
        ("line:3:qubits=2", "circuit"),
        ("2mbqc:qubits=4", "mbqc"),
        ("1+1mbqc:qubits=4", "lower"),
    ],
)
@pytest.mark.parametrize("seed", range(2))
def test_programs_on_networks_are_verified(network: str, backend: str, seed: int) -> None:
    text = clifford_t(seed, 4, 20)
    program = gossamer.compile(text, network, pipeline=PIPELINE.format(seed=seed, backend=backend))
    assert program.report["verified"]["holds"] is True
    independent = "exact" if backend == "circuit" else "sampled"  # the check by rewriting shares rules with the pass
    assert program.verify(method=independent).holds is True


@settings(max_examples=12, deadline=None, derandomize=True)
@given(circuit=circuits(max_wires=3, max_gates=14), network=networks(max_nodes=3))
def test_measurements_resets_and_conditions_stay(circuit, network) -> None:
    """What the pass gives has a flow and the same instrument, or the diagram is left alone."""
    kept = Cut(effort=0).run(circuit.diagram, network)
    if kept is not circuit.diagram:
        to_open_graph(kept).verify()
        assert equal_instruments(circuit.diagram, kept)


@settings(max_examples=8, deadline=None, derandomize=True)
@given(pattern=patterns())
def test_patterns_stay(pattern) -> None:
    diagram = to_diagram(pattern)
    kept = Cut(effort=0).run(diagram, resolve_network("2:qubits=4"))
    if kept is not diagram:
        to_open_graph(kept).verify()
        assert equal_instruments(diagram, kept)


@pytest.mark.usefixtures("few_windows")
@pytest.mark.parametrize("seed", range(2))
def test_it_never_costs_more(seed: int) -> None:
    """Searched alike, what it gives costs less than what it was given, or is the same object."""
    network = resolve_network("2:qubits=4")
    diagram = gossamer.read(clifford_t(seed, 6, 60))
    one = module._Search(network, 1, seed)
    kept = one.run(diagram)
    assert kept is diagram or one.cost_of(kept) <= one.cost_of(diagram)


@pytest.mark.usefixtures("few_windows")
def test_it_pays() -> None:
    """The ablation in the small: a deep circuit with few T gates, most of whose depth is for nothing."""
    rng = random.Random(1)
    lines = []
    for i in range(120):
        a, b = rng.sample(range(6), 2)
        lines.append(rng.choice([f"cx q[{a}],q[{b}];", f"cz q[{a}],q[{b}]; h q[{a}];"]) + f"t q[{b}];" * (i % 40 == 0))
    diagram, network = gossamer.read(f"{HEADER}qreg q[6]; {' '.join(lines)}"), resolve_network("2:qubits=4")
    one = module._Search(network, 1, 0)
    assert one.cost_of(one.run(diagram)) <= one.cost_of(diagram) // 2


def test_equal_seeds_give_equal_programs() -> None:
    diagram, network = gossamer.read(clifford_t(3, 5, 50)), resolve_network("2:qubits=4")
    first, again = (Cut(effort=0, seed=4).run(diagram, network) for _ in range(2))
    assert first is diagram or to_open_graph(first) == to_open_graph(again)
    assert (first is diagram) == (again is diagram)


def test_its_work_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    diagram = gossamer.read(clifford_t(1, 5, 40))
    monkeypatch.setattr(module, "MAX_VERTICES", diagram.num_vertices - 1)
    assert Cut(effort=3).run(diagram, resolve_network("2:qubits=4")) is diagram
    monkeypatch.undo()
    assert Cut(effort=3).run(diagram, resolve_network("1:qubits=9")) is diagram
    calls: list[int] = []
    monkeypatch.setattr(module, "MAX_WORK", 0)
    monkeypatch.setattr(module._Search, "rewritten", lambda *_: calls.append(1))
    Cut(effort=0).run(diagram, resolve_network("2:qubits=4"))
    assert calls == []


def test_what_does_not_fit_is_refused_by_what_follows() -> None:
    with pytest.raises(GossamerError) as caught:
        gossamer.compile(clifford_t(0, 4, 20), "2:qubits=1", pipeline=PIPELINE.format(seed=0, backend="circuit"))
    assert caught.value.code == "NW-13"


# ---- windows and packets ---------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6), wires=st.sampled_from([2, 3, 5]), size=st.sampled_from([3, 10, 40]))
def test_windows_can_be_brought_together(seed: int, wires: int, size: int) -> None:
    """No gate between the first of the window and a later one of it, outside it, shares a wire with the later one."""
    rng = random.Random(seed)
    gates: list[Framed] = []
    for _ in range(60):
        a, b = sorted(rng.sample(range(6), 2))
        measure = Framed(Op.MEASURE, (a,), (0,), gossamer.Phase(), 0)
        turn = Framed(Op.RZ, (a,), (rng.randrange(2),), gossamer.Phase.of_bit(0), -1)
        join = Framed(Op.CZ, (a, b), (rng.randrange(2), rng.randrange(2)), gossamer.Phase(), -1)
        gates.append(rng.choice([join, join, join, join, turn, measure]))
    begin, on, chosen = choose_window(gates, rng, wires, size)
    assert chosen[0] == begin
    assert len(chosen) <= size
    assert len(on) <= wires
    for i in chosen:
        assert set(gates[i].wires) <= set(on)
        assert gates[i].op != Op.MEASURE
        assert not gates[i].phase.bits
        assert not any(set(gates[j].wires) & set(gates[i].wires) for j in range(begin, i) if j not in chosen)


@pytest.mark.parametrize("seed", range(2))
def test_packets_are_the_spiders_of_the_graph(seed: int) -> None:
    """The problem read off a circuit costs what that of its open graph costs, searched well."""
    network = resolve_network("2:qubits=3")
    diagram = gossamer.read(clifford_t(seed, 4, 24))
    (first, *_) = reductions(diagram)
    gates = extract_placed(first, [0] * 4, near=1.0, weights=Weights(), seed=0)
    assert gates is not None
    made = packets(gates, network)
    graph = to_open_graph(circuit_to_diagram(give_frames(gates), diagram))
    assert search(made.problem).cost >= search(problem_from_graph(graph, network)).cost  # graph-like shortens wires


@pytest.mark.parametrize("seed", range(6))
def test_a_graph_is_read_as_the_circuit_that_it_is(seed: int) -> None:
    source = gossamer.read(clifford_t(seed, 4, 25))
    gates = circuit_of(to_open_graph(source))
    assert gates is not None
    assert equal_branches(source, circuit_to_diagram(give_frames(gates), source))


@pytest.mark.parametrize("seed", range(8))
def test_copies_are_a_smallest_cover(seed: int) -> None:
    """Counted by brute force: each gate between nodes needs a copy of one of its packets."""
    rng = random.Random(seed)
    network = resolve_network("3:qubits=3")
    home = [rng.randrange(3) for _ in range(5)]
    gates: list[Framed] = [Framed(Op.INPUT, (w,), (0,), gossamer.Phase(), w) for w in range(5)]
    for _ in range(9):
        a, b = sorted(rng.sample(range(5), 2))
        gates.append(Framed(Op.CZ, (a, b), (rng.randrange(2), rng.randrange(2)), gossamer.Phase(), -1))
    nodes = [tuple(home[w] for w in g.wires) for g in gates]
    made = packets(gates, network)
    place = made.problem.start.copy()
    for packet, at in zip(made.of_gate, nodes, strict=True):
        for s, node in zip(packet, at, strict=True):
            place[s] = node
    problem = made.problem
    best = min(
        count_cost(problem, place, place[[items[choice >> i & 1] for i, items in enumerate(problem.items.tolist())]])
        for choice in _choices(problem, place)
    )
    assert count_copies(gates, nodes) == best


def _choices(problem, place):
    """At which end each item between two nodes is realised."""
    between = [i for i, (a, b) in enumerate(problem.items.tolist()) if place[a] != place[b]]
    for choice in range(1 << len(between)):
        yield sum(1 << i for k, i in enumerate(between) if choice >> k & 1)
