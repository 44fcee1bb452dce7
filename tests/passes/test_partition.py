"""The partition search against brute force, against naive recounts, and at the edges of what fits."""

from __future__ import annotations

import importlib.util
import time
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gossamer.diagnostics import NetworkInfeasible
from gossamer.ir.network import Network, NetworkLink, Node
from gossamer.ir.open_graph import Label, OpenGraph
from gossamer.ir.phase import Phase
from gossamer.ir.wires import WireBuilder
from gossamer.passes import partition as partition_module
from gossamer.passes import placement_search
from gossamer.passes.graph_like import to_open_graph
from gossamer.passes.links import Links
from gossamer.passes.partition import partition
from gossamer.passes.placement_graph import assignment_of, problem_and_names, problem_from_graph
from gossamer.passes.placement_problem import Placement, PlacementProblem, count_cost, count_occupied
from gossamer.passes.placement_reduce import contract, expand
from gossamer.passes.placement_search import TURNS, Tricks, default_moves, kernel_arguments, search
from gossamer.passes.placement_starts import _map_blocks, _repair, find_starts
from gossamer.passes.steiner import steiner_table
from gossamer.passes.weights import weigh
from gossamer.progress import listening

LINKS = {
    "all": lambda k: list(combinations(range(k), 2)),
    "line": lambda k: [(i, i + 1) for i in range(k - 1)],
    "star": lambda k: [(0, i) for i in range(1, k)],
}


def network(data: list[int], shape: str = "all", comm: int | None = None) -> Network:
    nodes = tuple(Node(name=f"n{i}", data=d, comm=comm) for i, d in enumerate(data))
    links = tuple(NetworkLink(nodes=(f"n{a}", f"n{b}")) for a, b in LINKS[shape](len(data)))
    return Network(nodes=nodes, links=links)


def circuit(wires: int, gates: list[tuple[int, int, int]]) -> OpenGraph:
    """Gates ``(kind, a, b)`` on wires that are inputs and outputs; kind: 0 t, 1 h, 2 cz, 3 cp, 4 reset, 5 sqrt(t)-like rx."""
    w = WireBuilder()
    q = [w.add_input(f"q[{i}]") for i in range(wires)]
    for kind, a, b in gates:
        a, b = a % wires, b % wires
        if kind == 0:
            w.rz(q[a], Phase(Fraction(1, 4)))
        elif kind == 1:
            w.h(q[a])
        elif kind == 5:
            w.rx(q[a], Phase(Fraction(1, 8)))
        elif kind == 4:
            w.reset(q[a])
        elif a != b:
            if kind == 2:
                w.cz(q[a], q[b])
            else:
                w.cp(q[a], q[b], Fraction(1, 4))
    for i, x in enumerate(q):
        w.output(x, f"q[{i}]")
    return to_open_graph(w.build())


circuits = st.builds(
    circuit,
    st.integers(2, 5),
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4), st.integers(0, 4)), max_size=30),
)


def naive_cost(problem: PlacementProblem, place: list[int], item_place: list[int]) -> int:
    total = 0
    for s in range(problem.num_spiders):
        nodes = {place[s]} | {item_place[i] for i, legs in enumerate(problem.items.tolist()) if s in legs}
        total += naive_tree(problem.distance, nodes)
    return total


def naive_tree(distance: np.ndarray, terminals: set[int]) -> int:
    """A Steiner tree is a minimum spanning tree (in hops) over the terminals and some further nodes."""
    k = distance.shape[0]
    others = [b for b in range(k) if b not in terminals]
    best = None
    for r in range(len(others) + 1):
        for extra in combinations(others, r):
            nodes = [*terminals, *extra]
            inside, size = {nodes[0]}, 0
            while len(inside) < len(nodes):
                hops, b = min((int(distance[a, b]), b) for a in inside for b in nodes if b not in inside)
                inside.add(b)
                size += hops
            best = size if best is None else min(best, size)
    assert best is not None
    return best


def naive_occupied(problem: PlacementProblem, place: list[int]) -> list[list[int]]:
    """Qubits on each node at each step, from the words of the definition."""
    out = [[0] * problem.num_steps for _ in range(problem.num_nodes)]
    for s in range(problem.num_spiders):
        f = int(problem.successor[s])
        shares = f >= 0 and place[f] == place[s]
        for t in range(int(problem.start[s]), int(problem.end[s]) + (0 if shares else 1)):
            out[place[s]][t] += 1
    return out


def fits(problem: PlacementProblem, place: list[int]) -> bool:
    return all(
        max(row, default=0) <= c for row, c in zip(naive_occupied(problem, place), problem.capacity, strict=True)
    )


def optimum(problem: PlacementProblem) -> int:
    """The least cost over all placements that fit, by enumeration."""
    best = 10**9
    nodes = range(problem.num_nodes)
    for place in product(nodes, repeat=problem.num_spiders):
        if fits(problem, list(place)):
            for item_place in product(nodes, repeat=problem.num_items):
                best = min(best, count_cost(problem, np.array(place), np.array(item_place)))
    return best


@pytest.mark.parametrize("shape", ["all", "line", "star"])
@pytest.mark.parametrize("k", [1, 2, 4, 6])
def test_steiner_table_is_brute_force(shape: str, k: int) -> None:
    distance = network([1] * k, shape).distance
    table = steiner_table(distance)
    for mask in range(1, 1 << k):
        assert table[mask] == naive_tree(distance, {b for b in range(k) if mask >> b & 1})


def test_steiner_table_of_a_ring() -> None:
    links = tuple(NetworkLink(nodes=(f"n{i}", f"n{(i + 1) % 7}")) for i in range(7))
    ring = Network(nodes=tuple(Node(name=f"n{i}", data=1) for i in range(7)), links=links)
    table = steiner_table(ring.distance)
    assert all(table[m] == naive_tree(ring.distance, {b for b in range(7) if m >> b & 1}) for m in range(1, 128))


@pytest.mark.parametrize(
    ("gates", "wires", "data"),
    [
        ([(2, 0, 1), (5, 1, 0), (2, 1, 2)], 3, [2, 2]),
        ([(2, 0, 1), (5, 0, 0), (2, 0, 2)], 3, [2, 2]),
        ([(2, 0, 1), (2, 1, 2), (2, 0, 2)], 3, [1, 1, 1]),
        ([(3, 0, 1), (5, 0, 0), (3, 0, 1), (5, 1, 1)], 2, [1, 2]),
        ([(2, 0, 1), (5, 1, 1), (2, 1, 0)], 2, [1, 1]),
    ],
)
@pytest.mark.parametrize("shape", ["all", "line"])
def test_finds_the_optimum_of_tiny_problems(
    gates: list[tuple[int, int, int]], wires: int, data: list[int], shape: str
) -> None:
    problem = problem_from_graph(circuit(wires, gates), network(data, shape))
    assert problem.num_nodes ** (problem.num_spiders + problem.num_items) < 200_000
    assert search(problem).cost == optimum(problem)


def test_a_teleported_run_beats_gate_packets() -> None:
    """Two wires meet often, then each meets another: one wire must cross over, once, if there is room."""
    gates = [(2, 0, 2), (5, 0, 0), (5, 2, 2)] * 4 + [(2, 0, 1), (5, 0, 0), (5, 1, 1), (5, 2, 2), (2, 2, 3)] * 2
    graph = circuit(4, gates)
    with_room = search(problem_from_graph(graph, network([3, 3])))
    static = search(problem_from_graph(graph, network([2, 2])))
    assert with_room.cost == 1
    assert static.cost > 1


@settings(max_examples=40, deadline=None)
@given(circuits, st.sampled_from(["all", "line"]), st.integers(2, 4), st.integers(0, 2), st.integers(0, 3))
def test_what_comes_out_fits_and_costs_what_it_says(
    graph: OpenGraph, shape: str, k: int, slack: int, seed: int
) -> None:
    n = len(graph.inputs)
    problem = problem_from_graph(graph, network([-(-n // k) + slack] * k, shape))
    found = search(problem, moves=3000, seed=seed)
    place, item_place = found.place.tolist(), found.item_place.tolist()
    assert fits(problem, place)
    assert found.cost == naive_cost(problem, place, item_place)
    assert found.cost <= found.start_cost
    for i, legs in enumerate(problem.items.tolist()):
        nodes = {place[s] for s in legs if s >= 0}
        assert len(nodes) > 1 or item_place[i] in nodes


def naive_visits(problem: PlacementProblem, place: list[int], item_place: list[int], window: int) -> int:
    """What a spider pays where waiting copies are fetched again, from the words of the definition."""
    total = 0
    for s in range(problem.num_spiders):
        for b in set(range(problem.num_nodes)) - {place[s]}:
            times = [
                int(problem.item_time[i])
                for i, legs in enumerate(problem.items.tolist())
                if s in legs and item_place[i] == b
            ]
            latest = None
            for t in sorted(times):
                total += int(problem.distance[place[s], b]) * (latest is None or t - latest > window)
                latest = t
    return total


@settings(max_examples=40, deadline=None)
@given(circuits, st.sampled_from(["all", "line"]), st.integers(0, 12), st.integers(0, 3))
def test_visits_are_counted_by_their_definition(graph: OpenGraph, shape: str, window: int, seed: int) -> None:
    n = len(graph.inputs)
    problem = replace(problem_from_graph(graph, network([-(-n // 3) + 1] * 3, shape)), window=window)
    found = search(problem, moves=2000, seed=seed)
    assert fits(problem, found.place.tolist())
    assert found.cost == naive_visits(problem, found.place.tolist(), found.item_place.tolist(), window)
    rng = np.random.default_rng(seed)
    place = rng.integers(0, 3, problem.num_spiders).astype(np.int32)
    item_place = rng.integers(0, 3, problem.num_items).astype(np.int32)
    counted = count_cost(problem, place, item_place)
    assert counted == naive_visits(problem, place.tolist(), item_place.tolist(), window)


def test_with_few_communication_qubits_the_search_knows_what_waiting_costs() -> None:
    """Wires that all meet all others, three times: copies kept from the first to the last meeting are too many to hold."""
    wires = range(9)
    layer = [(2, a, b) for a, b in combinations(wires, 2)]
    graph = circuit(9, (layer + [(5, a, 0) for a in wires]) * 3)
    few = network([4] * 3, comm=2)
    unaware = assignment_of(graph, problem_and_names(graph, few, weigh(few))[1], search(problem_from_graph(graph, few)))
    aware = Links().run(graph, partition(graph, few), few)
    aware.verify()
    assert aware.num_links < Links().run(graph, unaware, few).num_links


@settings(max_examples=10, deadline=None)
@given(circuits, st.integers(2, 3), st.integers(0, 3))
def test_knowing_of_communication_qubits_never_costs_more(graph: OpenGraph, comm: int, seed: int) -> None:
    few = network([-(-len(graph.inputs) // 3) + 1] * 3, comm=comm)
    problem, names = problem_and_names(graph, few, weigh(few))
    unaware = assignment_of(graph, names, search(problem, moves=default_moves(problem, 0), seed=seed))
    aware = Links().run(graph, partition(graph, few, effort=0, seed=seed), few)
    assert aware.num_links <= Links().run(graph, unaware, few).num_links


@settings(max_examples=30, deadline=None)
@given(circuits, st.booleans(), st.booleans(), st.sampled_from([None, 0, 3, 30]), st.integers(0, 3))
def test_incremental_state_equals_a_recount(
    graph: OpenGraph, third: bool, tabulated: bool, window: int | None, seed: int
) -> None:
    """The kernel at a constant high temperature is a random walk; what it believes at the end must be true."""
    from gossamer.passes.placement_kernels import anneal

    n = len(graph.inputs)
    problem = problem_from_graph(graph, network([-(-n // 3) + 1] * 3, "line", None if third else 1))
    if not tabulated:
        problem = replace(problem, steiner=np.zeros(0, np.int32))
    problem = replace(problem, window=window)
    assert problem.third == third
    start = find_starts(problem, 0, 4)[0]
    watch = np.zeros(3, np.int64)
    for moves in (1, 17, 400):
        place, item_place = start[2].copy(), start[3].copy()
        before = count_cost(problem, place, item_place)
        cost = anneal(place, item_place, *kernel_arguments(problem), True, True, moves, 50.0, 50.0, seed, watch)
        assert cost == count_cost(problem, place, item_place) <= before
        assert (count_occupied(problem, place) <= problem.capacity[:, None]).all()
        if not third:
            for legs, b in zip(problem.items.tolist(), item_place.tolist(), strict=True):
                assert b in {int(place[s]) for s in legs if s >= 0}


@settings(max_examples=40, deadline=None)
@given(circuits, st.data())
def test_occupancy_is_the_definition(graph: OpenGraph, data: st.DataObject) -> None:
    problem = problem_from_graph(graph, network([9, 9, 9]))
    s = problem.num_spiders
    place = np.array(data.draw(st.lists(st.integers(0, 2), min_size=s, max_size=s)), np.int32)
    naive = naive_occupied(problem, place.tolist())
    counted = count_occupied(problem, place)
    steps = np.unique(np.concatenate([problem.start, problem.end]))
    for b in range(3):
        assert counted[b].tolist() == [naive[b][t] for t in steps]
        assert max(naive[b], default=0) == counted[b].max(initial=0)


@settings(max_examples=40, deadline=None)
@given(circuits)
def test_problem_of_a_graph(graph: OpenGraph) -> None:
    problem = problem_from_graph(graph, network([9, 9]))
    hubs = int((graph.label == Label.YZ).sum())
    legs = sum(len(graph.neighbours(v)) for v in range(graph.num_vertices) if graph.label[v] == Label.YZ)
    assert problem.num_spiders == graph.num_vertices - hubs
    assert problem.num_items == graph.num_edges - legs + hubs
    assert (problem.start <= problem.end).all()
    for s in range(problem.num_spiders):
        f = int(problem.successor[s])
        assert f < 0 or problem.start[f] == problem.end[s]
    for legs_of, t in zip(problem.items.tolist(), problem.item_time.tolist(), strict=True):
        assert all(problem.start[s] <= t <= problem.end[s] for s in legs_of if s >= 0)
    assert len(set(problem.item_time.tolist())) == problem.num_items


@settings(max_examples=40, deadline=None)
@given(circuits, st.integers(0, 2**31))
def test_contraction_is_free_of_charge_with_room(graph: OpenGraph, seed: int) -> None:
    """What the smaller problem costs, the whole one costs too once expanded, where qubits are plenty."""
    problem = problem_from_graph(graph, network([99, 99, 99]))
    core, into = contract(problem)
    rng = np.random.default_rng(seed)
    place = rng.integers(0, 3, core.num_spiders).astype(np.int32)
    item_place = rng.integers(0, 3, core.num_items).astype(np.int32)
    full = expand(problem, into, place, item_place)
    assert count_cost(problem, *full) == count_cost(core, place, item_place)


@settings(max_examples=40, deadline=None)
@given(circuits, st.integers(0, 2**31))
def test_expansion_fits_where_the_contracted_placement_does(graph: OpenGraph, seed: int) -> None:
    problem = problem_from_graph(graph, network([99, 99, 99]))
    core, into = contract(problem)
    rng = np.random.default_rng(seed)
    place = rng.integers(0, 3, core.num_spiders).astype(np.int32)
    item_place = rng.integers(0, 3, core.num_items).astype(np.int32)
    tight = replace(problem, capacity=count_occupied(core, place).max(axis=1).astype(np.int32))
    full, _ = expand(tight, into, place, item_place)
    assert fits(tight, full.tolist())


def test_equal_arguments_give_equal_results() -> None:
    gates = [(2, i, (3 * i + 1) % 6) if i % 3 else (5, i, 0) for i in range(60)]
    problem = problem_from_graph(circuit(6, gates), network([3, 3, 3]))
    a, b, c = (search(problem, seed=s) for s in (4, 4, 5))
    assert a.place.tolist() == b.place.tolist()
    assert a.item_place.tolist() == b.item_place.tolist()
    assert c.cost <= c.start_cost


def test_whole_program_fits_one_node() -> None:
    problem = problem_from_graph(circuit(3, [(2, 0, 1), (5, 1, 1), (2, 1, 2)]), network([1, 3, 1]))
    found = search(problem)
    assert found.cost == 0
    assert set(found.place.tolist()) == {1}


def test_nodes_of_different_sizes() -> None:
    gates = [(2, a, b) for a, b in combinations(range(7), 2)]
    problem = problem_from_graph(circuit(7, gates), network([1, 5, 0, 2], "line"))
    found = search(problem)
    assert fits(problem, found.place.tolist())


def test_a_reused_qubit_counts_once() -> None:
    """Three wires that are reset one after another never need more than two qubits."""
    w = WireBuilder()
    a = w.add_input("a")
    for _ in range(3):
        b = w.add_zero()
        w.rx(b, Phase(Fraction(1, 8)))
        w.cz(a, b)
        w.rx(b, Phase(Fraction(1, 8)))
        w.discard(b)
    w.output(a, "a")
    problem = problem_from_graph(to_open_graph(w.build()), network([2, 0]))
    assert search(problem).cost == 0


@settings(max_examples=30, deadline=None)
@given(
    st.integers(2, 4),
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.integers(0, 3)), max_size=25),
    st.integers(1, 6),
    st.integers(0, 2),
    st.integers(0, 50),
)
def test_idle_wires_fit_and_ask_for_no_moves(
    busy: int, gates: list[tuple[int, int, int]], idle: int, spare: int, seed: int
) -> None:
    gates = [(kind, a % busy, b % busy) for kind, a, b in gates]
    wires = busy + idle
    data = [(wires + 1) // 2, wires // 2 + spare]
    problem = problem_from_graph(circuit(wires, gates), network(data))
    moves = default_moves(problem)
    assert moves == default_moves(problem_from_graph(circuit(busy, gates), network(data)))
    found = search(problem, moves=min(moves, 3000), seed=seed)
    assert fits(problem, found.place.tolist())
    assert found.cost == naive_cost(problem, found.place.tolist(), found.item_place.tolist())


def test_idle_wires_that_do_not_fit_beside_a_placement_are_searched_with(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = circuit(4, [(2, 0, 1), (2, 0, 1)])
    problem = problem_from_graph(graph, network([2, 2]))
    monkeypatch.setattr(placement_search, "with_idle", lambda *_: None)
    assert search(problem, moves=3000).cost == 0
    assert fits(problem, search(problem, moves=3000).place.tolist())


def test_idle_wires_alone() -> None:
    problem = problem_from_graph(circuit(5, []), network([2, 3]))
    found = search(problem)
    assert found.cost == 0
    assert sorted(found.place.tolist()) == [0, 0, 1, 1, 1]
    assert default_moves(problem) == 0


def test_too_many_qubits_are_refused_by_name_and_number() -> None:
    problem = problem_from_graph(circuit(5, [(2, 0, 1)]), network([1, 2]))
    with pytest.raises(NetworkInfeasible) as caught:
        search(problem)
    assert caught.value.code == "NW-13"
    message = str(caught.value)
    assert "needs 5 data qubits" in message
    assert "n0: 1; n1: 2" in message
    assert "2 too few" in message


def test_fixed_places_are_kept() -> None:
    problem = problem_from_graph(circuit(4, [(2, 0, 1), (5, 1, 1), (2, 1, 2), (5, 2, 2), (2, 2, 3)]), network([3, 3]))
    chain_start, chain = problem.chains
    fixed = np.full(problem.num_spiders, -1, np.int32)
    for w in range(4):  # every wire begins on node 0 or 1 and ends on the other
        fixed[chain[chain_start[w]]] = w % 2
        fixed[chain[chain_start[w + 1] - 1]] = w % 2
    problem = replace(problem, fixed=fixed)
    found = search(problem)
    assert (found.place[fixed >= 0] == fixed[fixed >= 0]).all()
    assert fits(problem, found.place.tolist())
    with pytest.raises(NetworkInfeasible) as caught:
        search(replace(problem, fixed=np.zeros_like(fixed)))
    assert "n0" in str(caught.value)


def test_many_nodes_without_a_table() -> None:
    gates = [(2, i, i + 1) for i in range(15)] + [(5, i, 0) for i in range(16)] + [(2, i, i + 5) for i in range(11)]
    problem = problem_from_graph(circuit(16, gates), network([2] * 14, "line"))
    assert len(problem.steiner) == 0
    found = search(problem, moves=50_000)
    assert fits(problem, found.place.tolist())
    assert found.cost < found.start_cost


def test_assignment_speaks_of_the_graph() -> None:
    graph = circuit(4, [(3, 0, 2), (5, 0, 0), (3, 0, 3), (2, 1, 3), (3, 1, 2)])
    found = partition(graph, network([2, 2]))
    assert found.place.shape == (graph.num_vertices,)
    assert found.edge_place.shape == (graph.num_edges,)
    assert ((found.place >= 0) & (found.place < 2)).all()
    assert ((found.edge_place >= 0) & (found.edge_place < 2)).all()
    hub = np.flatnonzero(graph.label == Label.YZ)
    assert len(hub) > 0
    for h in hub.tolist():
        around = [e for e, ends in enumerate(graph.edges.tolist()) if h in ends]
        assert {int(found.edge_place[e]) for e in around} == {int(found.place[h])}


def test_a_missing_partitioner_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = problem_from_graph(circuit(4, [(2, 0, 2), (2, 1, 3)]), network([2, 2]))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    found = search(problem)
    assert found.partitioner == "greedy (mtkahypar is not installed)"
    assert found.cost == 0


def test_overfull_blocks_are_repaired() -> None:
    gates = [(2, 0, 1), (2, 1, 2), (2, 0, 2), (2, 3, 4), (2, 2, 3)]
    problem = problem_from_graph(circuit(5, gates), network([3, 1, 2]))
    tracks, items = np.zeros(5, np.int32), np.zeros(problem.num_items, np.int32)
    _repair(problem, problem.chain_of, tracks, items)
    assert (np.bincount(tracks, minlength=3) <= problem.capacity).all()


def test_blocks_that_talk_become_neighbours() -> None:
    """Blocks 0-2 and 1-3 share spiders; on a line each pair ends up side by side."""
    problem = problem_from_graph(circuit(4, [(2, 0, 2), (2, 1, 3)]), network([1, 1, 1, 1], "line"))
    tracks = np.arange(4, dtype=np.int32)
    items = np.array([tracks[legs[0]] for legs in problem.items.tolist()], np.int32)
    node_of = _map_blocks(problem, problem.chain_of, tracks, items)
    assert sorted(node_of.tolist()) == [0, 1, 2, 3]
    assert abs(int(node_of[0]) - int(node_of[2])) == 1
    assert abs(int(node_of[1]) - int(node_of[3])) == 1


# ---- efforts, switches, progress -------------------------------------------------------------------------------------

HARD = circuit(6, [(2 + (a + b) % 2, a, b) for a, b in combinations(range(6), 2)] * 2 + [(5, a, 0) for a in range(6)])


@settings(max_examples=15, deadline=None)
@given(circuits, st.integers(0, 3), st.sampled_from([None, 2]))
def test_a_wider_search_keeps_what_the_narrower_ones_found(graph: OpenGraph, seed: int, comm: int | None) -> None:
    few = network([-(-len(graph.inputs) // 3) + 1] * 3, comm=comm)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            placement_search, "MOVES", (9, 300, 20, 3)
        )  # so that the narrow search is the one that finds most
        links = [Links().run(graph, partition(graph, few, effort=e, seed=seed), few).num_links for e in (1, 2, 3)]
    assert links[0] >= links[1] >= links[2]


def test_searches_are_made_from_the_least_to_the_effort(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []

    def watched(problem: PlacementProblem, *, moves: int, turns: int, **rest: object) -> Placement:
        asked.append((moves, turns))
        return search(problem, moves=10, turns=turns, **rest)  # type: ignore[arg-type]

    monkeypatch.setattr(partition_module, "search", watched)
    problem = problem_from_graph(HARD, network([3, 3]))
    moves = [default_moves(problem, e) for e in range(4)]
    assert moves == sorted(set(moves))
    for effort, least, levels in ((0, 1, [0]), (1, 1, [1]), (3, 1, [1, 2, 3]), (3, 3, [3]), (2, 3, [2])):
        asked.clear()
        partition(HARD, network([3, 3]), effort=effort, least=least)
        assert asked == [(moves[level], TURNS[level]) for level in levels]


def test_what_a_switch_leaves_out() -> None:
    tight = problem_from_graph(HARD, network([2, 2, 2]))
    roomy = problem_from_graph(HARD, network([3, 3, 3]))
    start = search(roomy, tricks=Tricks(anneal=False))
    assert start.cost == start.start_cost == find_starts(roomy, 0, 4)[0][0]
    assert search(roomy, tricks=Tricks(hypergraph=False)).partitioner == "greedy"
    assert search(roomy, turns=0).partitioner == "greedy"
    found = search(tight, tricks=Tricks(exchanges=False), turns=0)
    assert (found.place == find_starts(tight, 0, 0)[0][2]).all()  # every node is full all the time: nothing can move
    assert (search(tight, turns=0).place != found.place).any()


def test_progress_is_told_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = problem_from_graph(HARD, network([3, 3, 3]))
    monkeypatch.setattr(placement_search, "TICK", 0.001)
    told: list[tuple[str, float]] = []
    with listening(lambda what, done: told.append((what, -1.0 if done is None else done))):
        heard = search(problem, moves=2_000_000)
    alone = search(problem, moves=2_000_000)
    assert (heard.place == alone.place).all()
    assert (heard.item_place == alone.item_place).all()
    assert told[0] == ("start", 0.0)
    done = [d for _, d in told]
    assert done == sorted(done)
    assert done[-1] <= 1 < len(done)
    costs = [int(what.split()[1]) for what, _ in told if what.startswith("search: ")]
    assert costs == sorted(costs, reverse=True)
    assert heard.cost <= costs[-1] <= heard.start_cost


def test_an_interrupt_ends_the_search_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it would wait for threads that have minutes of moves to make."""
    problem = problem_from_graph(HARD, network([3, 3, 3]))
    search(problem, moves=100)  # code is loaded
    monkeypatch.setattr(placement_search, "TICK", 0.01)

    def interrupt(what: str, done: float | None) -> None:
        if what != "start":
            raise KeyboardInterrupt

    begin = time.process_time()
    with listening(interrupt), pytest.raises(KeyboardInterrupt):
        search(problem, moves=10**10)
    assert time.process_time() - begin < 60  # 10**10 moves take a quarter of an hour
