"""Parts of the time: what is cut, that parts are searched without touching what is outside, and that the state stays true."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gossamer
from gossamer.bench.circuits import volume
from gossamer.ir.open_graph import OpenGraph
from gossamer.passes import placement_search
from gossamer.passes.graph_like import to_open_graph
from gossamer.passes.placement_graph import problem_from_graph
from gossamer.passes.placement_parts import cut_in_time
from gossamer.passes.placement_problem import count_cost
from gossamer.passes.placement_search import Tricks, kernel_arguments, search
from gossamer.passes.placement_starts import find_starts
from tests.passes.test_partition import circuit, circuits, fits, naive_cost, network, optimum

#: Six wires that all meet, three times, with turns between.
DENSE = circuit(6, ([(3, a, b) for a, b in combinations(range(6), 2)] + [(5, a, 0) for a in range(6)]) * 3)


def small_parts(patch: pytest.MonkeyPatch, size: int, rounds: int = 2) -> None:
    for name, value in (("MIN_IN_PARTS", 1), ("PART", size), ("ROUNDS", rounds), ("LEAST_HELD", 0.0)):
        patch.setattr(placement_search, name, value)


@settings(max_examples=30, deadline=None)
@given(circuits, st.integers(2, 9), st.booleans())
def test_windows_share_no_moment_and_items_are_those_of_their_spiders(graph: OpenGraph, size: int, half: bool) -> None:
    problem = problem_from_graph(graph, network([9, 9]))
    parts = cut_in_time(problem, size, size // 2 * half)
    home = parts.home.tolist()
    last_step = -1
    for p in range(parts.number):
        inside = [s for s, at in enumerate(home) if at == p]
        assert parts.spiders[parts.spider_start[p] : parts.spider_start[p + 1]].tolist() == inside
        assert all(problem.start[s] > last_step for s in inside)
        last_step = max([last_step, *(int(problem.end[s]) for s in inside)])
        items = [i for i, legs in enumerate(problem.items.tolist()) if all(home[s] == p for s in legs if s >= 0)]
        assert parts.items[parts.item_start[p] : parts.item_start[p + 1]].tolist() == items
    assert 0 <= parts.held <= 1


@settings(max_examples=30, deadline=None)
@given(circuits, st.integers(2, 9), st.booleans(), st.booleans(), st.sampled_from([None, 0, 9]), st.integers(0, 3))
def test_what_is_outside_of_a_part_stays_and_the_state_is_true(
    graph: OpenGraph, size: int, third: bool, tabulated: bool, window: int | None, seed: int
) -> None:
    """At a high temperature most moves are made; then the best state is restored, and what the kernel holds must be true of it."""
    from gossamer.passes.placement_kernels import anneal_parts, make_state

    problem = problem_from_graph(graph, network([-(-len(graph.inputs) // 3) + 1] * 3, "line", None if third else 1))
    problem = replace(problem, window=window, steiner=problem.steiner if tabulated else np.zeros(0, np.int32))
    parts = cut_in_time(problem, size)
    start = find_starts(problem, 0, 1)[-1]
    place, item_place = start[2].copy(), start[3].copy()
    arrays = kernel_arguments(problem)
    *state, cost = make_state(place, item_place, *arrays)
    watch = np.array([0, cost, 0], np.int64)
    chosen = np.arange(0, parts.number, 2)
    anneal_parts(chosen, *parts.columns, place, item_place, *arrays, True, True, *state, place.copy(), item_place.copy(),
                 3000, 9.0, 0.3, seed, watch)  # fmt: skip
    assert watch[1] == count_cost(problem, place, item_place) <= cost
    assert fits(problem, place.tolist())
    *again, _ = make_state(place, item_place, *arrays)
    assert all((a == b).all() for a, b in zip(state, again, strict=True))
    assert not np.isin(parts.home[place != start[2]], [-1, *range(1, parts.number, 2)]).any()
    assert not np.isin(parts.item_home[item_place != start[3]], [-1, *range(1, parts.number, 2)]).any()
    if not third:
        for legs, b in zip(problem.items.tolist(), item_place.tolist(), strict=True):
            assert b in {int(place[s]) for s in legs if s >= 0}


def test_the_order_of_parts_does_not_matter() -> None:
    """So it does not either what the other of two threads has done by now."""
    from gossamer.passes.placement_kernels import anneal_parts, make_state

    graph = to_open_graph(gossamer.read(volume(8, 40)))
    problem = problem_from_graph(graph, network([3, 3, 3, 3]))
    parts = cut_in_time(problem, 150)
    assert parts.number > 9
    arrays = kernel_arguments(problem)
    found = []
    for order in (np.arange(parts.number), np.arange(parts.number)[::-1].copy()):
        place, item_place = (x.copy() for x in find_starts(problem, 0, 1)[0][2:])
        *state, cost = make_state(place, item_place, *arrays)
        watch = np.array([0, cost, 0], np.int64)
        anneal_parts(order, *parts.columns, place, item_place, *arrays, True, True, *state, place.copy(), item_place.copy(),
                     300_000, 0.4, 0.13, 7, watch)  # fmt: skip
        found.append((place.tolist(), item_place.tolist(), watch.tolist()))
    assert found[0] == found[1]


@settings(max_examples=20, deadline=None)
@given(circuits, st.integers(4, 9), st.integers(2, 3), st.integers(0, 3))
def test_a_search_in_parts_fits_and_costs_what_it_says(graph: OpenGraph, size: int, k: int, seed: int) -> None:
    problem = problem_from_graph(graph, network([-(-len(graph.inputs) // k) + 1] * k))
    with pytest.MonkeyPatch.context() as patch:
        small_parts(patch, size)
        found = search(problem, moves=3000, seed=seed)
        again = search(problem, moves=3000, seed=seed)
    assert fits(problem, found.place.tolist())
    assert found.cost == naive_cost(problem, found.place.tolist(), found.item_place.tolist()) <= found.start_cost
    assert (found.place.tolist(), found.item_place.tolist()) == (again.place.tolist(), again.item_place.tolist())


def test_parts_are_used_where_the_search_says_and_can_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    used = []
    in_parts = placement_search._anneal_parts
    monkeypatch.setattr(placement_search, "_anneal_parts", lambda *x: used.append(len(x[2])) or in_parts(*x))
    problem = problem_from_graph(DENSE, network([3, 3, 3]))
    search(problem, moves=4000)  # it is small
    small_parts(monkeypatch, 8, rounds=3)
    search(problem, moves=4000, tricks=Tricks(parts=False))
    assert used == []
    search(problem, moves=4000)
    assert set(used) == {3}
    monkeypatch.setattr(placement_search, "LEAST_HELD", 1.0)
    used.clear()
    search(problem, moves=4000)  # wires reach from one part to the next
    assert used == []


@pytest.mark.parametrize("rounds", [1, 3])
def test_parts_find_the_optimum_of_a_tiny_problem(monkeypatch: pytest.MonkeyPatch, rounds: int) -> None:
    problem = problem_from_graph(circuit(3, [(2, 0, 1), (5, 1, 0), (2, 1, 2)]), network([2, 2]))
    small_parts(monkeypatch, 99, rounds)
    assert search(problem).cost == optimum(problem)
