"""Runs of node programs: known protocols, random programs against the oracle, both engines, determinism, refusals."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from gossamer.diagnostics import InputError, UsageError
from gossamer.runtime.actors import run_actors
from gossamer.runtime.reorder import reorder
from gossamer.runtime.run import run
from gossamer.runtime.statevector import BATCH_AMPLITUDES, StateVector
from gossamer.runtime.tableau import find_non_clifford
from gossamer.runtime.trace import Apply, Observe, Parity
from tests.runtime.world import World, chi_square_fits, exact_distribution, make_gate, random_world

ENGINES = ["statevector", "statevector128", "stim"]


def teleport(angle: Fraction) -> World:
    """Node a prepares rx(angle)|0> and teleports it; b measures what arrives after undoing rx(angle): always 0."""
    w = World()
    w.gate("a", "rx", 0, angle=angle)
    w.ebit("a", "b")
    w.gate("a", "h", 2)  # CNOT from the data qubit to the half
    w.gate("a", "cz", 0, 2)
    w.gate("a", "h", 2)
    x = w.send("a", "b", w.measure("a", 2))
    w.gate("a", "h", 0)
    z = w.send("a", "b", w.measure("a", 0))
    w.when("b", {x: 1}, make_gate("x", 2))
    w.when("b", {z: 1}, make_gate("z", 2))
    w.gate("b", "rx", 2, angle=-angle)
    w.register("c", ("b", w.measure("b", 2)))
    return w


@pytest.mark.parametrize("engine", ENGINES)
def test_teleportation(engine: str) -> None:
    w = teleport(Fraction(1, 2))
    assert run(*w.build(), shots=300, seed=3, engine=engine).counts == {"0": 300}


def test_teleportation_of_any_state() -> None:
    assert run(*teleport(Fraction(3, 7)).build(), shots=500, seed=1).counts == {"0": 500}


def test_teleportation_without_a_correction_is_seen() -> None:
    w = teleport(Fraction(3, 7))
    w.ops["b"] = [op for op in w.ops["b"] if op != w.ops["b"][3]]
    assert set(run(*w.build(), shots=500, seed=1).counts) == {"0", "1"}


@pytest.mark.parametrize("engine", ENGINES)
def test_remote_cz(engine: str) -> None:
    """H on both, remote CZ, H on one is a Bell pair: equal outcomes, both values."""
    w = World()
    w.gate("a", "h", 0)
    w.gate("b", "h", 0)
    w.link_cz("a", 0, "b", 0)
    w.gate("b", "h", 0)
    w.register("c", ("a", w.measure("a", 0)), ("b", w.measure("b", 0)))
    result = run(*w.build(), shots=1000, seed=5, engine=engine)
    assert set(result.counts) == {"00", "11"}
    assert chi_square_fits(result.counts, {"00": 0.5, "11": 0.5})
    assert result.registers == [("c", 2)]
    assert result.engine == engine


@pytest.mark.parametrize("engine", ENGINES)
def test_ghz_over_four_nodes(engine: str) -> None:
    w = ghz(4)
    result = run(*w.build(), shots=400, seed=2, engine=engine)
    assert set(result.counts) == {"0000", "1111"}
    assert sum(result.counts.values()) == 400


def ghz(nodes: int) -> World:
    names = tuple(f"n{k}" for k in range(nodes))
    w = World(data=1, nodes=names)
    w.gate(names[0], "h", 0)
    for left, right in pairwise(names):
        w.gate(right, "h", 0)
        w.link_cz(left, 0, right, 0)
        w.gate(right, "h", 0)
    w.register("c", *((n, w.measure(n, 0)) for n in names))
    return w


@pytest.mark.parametrize("engine", ENGINES)
def test_ghz_over_two_hundred_nodes(engine: str) -> None:
    """The actors measure each qubit as soon as they can, so even a statevector holds a few qubits only."""
    result = run(*ghz(200).build(), shots=100, seed=2, engine=engine)
    assert set(result.counts) == {"0" * 200, "1" * 200}
    assert result.peak_live <= 4


def test_large_clifford_programs_run_by_stabilisers() -> None:
    """A complete graph state over two nodes: applying it twice around a link is the identity, and all 60 qubits are live."""
    w = World(data=30)
    pairs = [(n, q) for n in ("a", "b") for q in range(30)]
    for n, q in pairs:
        w.gate(n, "h", q)
    for _ in range(2):
        for n, q in pairs:
            for other in range(q):
                w.gate(n, "cz", other, q)
        w.link_cz("a", 0, "b", 0)
    for n, q in pairs:
        w.gate(n, "h", q)
    w.register("c", *((n, w.measure(n, q)) for n, q in pairs))
    result = run(*w.build(), shots=50)
    assert result.counts == {"0" * 60: 50}
    assert result.engine == "stim"
    assert result.peak_live >= 60


@pytest.mark.parametrize("seed", range(40))
def test_random_programs_against_the_oracle(seed: int) -> None:
    w = random_world(seed, clifford=False, nodes=2 + seed % 2, length=40)
    exact = exact_distribution(w, seed)
    assert sum(exact.values()) == pytest.approx(1)
    result = run(*w.build(), shots=4000, seed=seed, engine="statevector128" if seed % 3 else "statevector")
    assert chi_square_fits(result.counts, exact)


@pytest.mark.parametrize("seed", range(40))
def test_reordered_programs_against_the_oracle(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiny batches as well, so that pieces are cut, gathered matrices among them."""
    monkeypatch.setattr("gossamer.runtime.run._REORDER_WORK", 0)
    monkeypatch.setattr("gossamer.runtime.statevector.BATCH_AMPLITUDES", 32)
    w = random_world(2000 + seed, clifford=False, nodes=2 + seed % 2, length=30)
    counts = run(*w.build(), shots=3000, seed=seed, engine="statevector").counts
    assert sum(counts.values()) == 3000
    assert chi_square_fits(counts, exact_distribution(w, seed))


def test_reordering_is_topological_and_never_costs_more() -> None:
    changed = 0
    for seed in range(60):
        trace = run_actors(*random_world(seed, clifford=False, nodes=3, length=80).build())
        other = reorder(trace)
        assert sorted(map(repr, other.operations)) == sorted(map(repr, trace.operations))
        assert other.work <= trace.work
        changed += other.operations != trace.operations
        place = {}
        for i, op in enumerate(other.operations):
            if isinstance(op, Apply):
                assert all(slot in place for slot, _ in op.conditions)
            elif isinstance(op, Parity):
                assert all(slot in place for slot in op.sources)
                place[op.slot] = i
            elif isinstance(op, Observe) and op.slot is not None:
                place[op.slot] = i
    assert changed > 10


def test_reordering_a_wide_shallow_program() -> None:
    """A ring of 40 qubits over two nodes, all gates first, all measurements last: a handful is live in the better order."""
    w = World(data=20)
    for n in ("a", "b"):
        for q in range(20):
            w.gate(n, "h", q)
            w.gate(n, "rx", q, angle=Fraction(1, 8))
        for q in range(19):
            w.gate(n, "rzz", q, q + 1, angle=Fraction(1, 3))
    w.link_cz("a", 0, "b", 0)
    for n in ("a", "b"):
        for q in range(20):
            w.gate(n, "h", q)
    w.register("c", *((n, w.measure(n, q)) for n in ("a", "b") for q in range(20)))
    assert run_actors(*w.build()).peak > 26
    result = run(*w.build(), shots=20)
    assert result.peak_live <= 5


GATES = [("x", None), ("z", None), ("h", None), ("s", None), ("sdg", None), ("cz", None)] + [
    (name, Fraction(k, 2)) for name in ("rz", "rx", "rzz") for k in range(4)
]


@pytest.mark.parametrize(("name", "angle"), GATES)
def test_each_clifford_gate_in_each_engine(name: str, angle: Fraction | None) -> None:
    """On product states of |+> and |i>, followed by measurements in X, Y or Z: many outcomes are certain, and signs show."""
    for prepare in ((0, 1), (1, 0)):
        for bases in [(x, y) for x in "XYZ" for y in "XYZ"]:
            for condition in (None, {0: 1}, {0: 0}, {0: 1, 1: 0}):  # no condition and one: bulk; two: histories
                w = World(data=4, comm=0, nodes=("a",))
                w.gate("a", "x", 2)
                bits = [w.measure("a", 2), w.measure("a", 3)]
                assert bits == [0, 1]
                for q in (0, 1):
                    w.gate("a", "h", q)
                    if prepare[q]:
                        w.gate("a", "s", q)
                gate = make_gate(name, *((0, 1) if name in ("cz", "rzz") else (0,)), angle=angle)
                if condition is None:
                    w.ops["a"].append(gate)
                else:
                    w.when("a", condition, gate)
                for q in (0, 1):
                    if bases[q] == "Y":
                        w.gate("a", "sdg", q)
                    if bases[q] != "Z":
                        w.gate("a", "h", q)
                w.register("c", ("a", w.measure("a", 0)), ("a", w.measure("a", 1)))
                exact = {key: p for key, p in exact_distribution(w).items() if p > 1e-9}
                for engine in ("statevector", "stim"):
                    assert set(run(*w.build(), shots=40, engine=engine).counts) == set(exact), (
                        bases,
                        condition,
                        engine,
                    )


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("rich", [True, False])
def test_engines_agree_on_random_clifford_programs(seed: int, rich: bool) -> None:
    """Both against the exact table: with rich conditionals (a tableau per history) and with Paulis only (bulk)."""
    w = random_world(1000 + seed, clifford=True, nodes=2 + seed % 2, rich=rich)
    exact = exact_distribution(w, seed)
    for engine in ("statevector", "stim"):
        counts = run(*w.build(), shots=3000, seed=seed, engine=engine).counts
        assert chi_square_fits(counts, exact), engine


def test_the_fit_test_can_fail() -> None:
    exact = {"0": 0.5, "1": 0.5}
    assert chi_square_fits({"0": 1010, "1": 990}, exact)
    assert not chi_square_fits({"0": 1200, "1": 800}, exact)
    assert not chi_square_fits({"0": 1000, "1": 999, "2": 1}, exact)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("rich", [True, False])
def test_same_seed_same_counts(engine: str, rich: bool) -> None:
    w = random_world(1003, clifford=True, rich=rich)
    first = run(*w.build(), shots=700, seed=9, engine=engine)
    again = run(*w.build(), shots=700, seed=9, engine=engine)
    other = run(*w.build(), shots=700, seed=10, engine=engine)
    assert first.counts == again.counts
    assert list(first.counts) == list(again.counts) == sorted(first.counts)
    assert first.counts != other.counts


def test_order_of_the_programs_does_not_matter() -> None:
    programs, manifest = ghz(3).build()
    assert set(run(programs[::-1], manifest, shots=50).counts) == {"000", "111"}


def test_keys_are_printed_as_qiskit_prints_them() -> None:
    """Last register first, highest index leftmost, null is 0; a register without bits is left out of the keys."""
    w = World()
    w.gate("a", "x", 0)
    one = ("a", w.measure("a", 0))
    zero = ("a", w.measure("a", 1))
    w.register("first", one, zero, None)
    w.register("none")
    w.register("second", zero, one)
    assert run(*w.build(), shots=3).counts == {"10 001": 3}


def test_a_bit_may_be_reported_twice() -> None:
    w = World()
    w.gate("a", "x", 0)
    one = ("a", w.measure("a", 0))
    w.register("c", one, one)
    assert run(*w.build(), shots=3).counts == {"11": 3}


def test_measure_all_appends_a_register() -> None:
    w = World()
    w.gate("b", "x", 1)
    w.outputs = [("b", 1), ("a", 0)]
    with pytest.raises(InputError) as caught:
        run(*w.build(), shots=3)
    assert caught.value.code == "TL-12"
    assert "--measure-all" in str(caught.value)
    result = run(*w.build(), shots=3, measure_all=True)
    assert result.counts == {"01": 3}
    assert result.registers == [("meas", 2)]
    w.register("meas", ("a", w.measure("a", 1)))
    result = run(*w.build(), shots=3, measure_all=True)
    assert result.counts == {"01 0": 3}
    assert [name for name, _ in result.registers] == ["meas", "meas0"]


def test_live_qubits_are_few() -> None:
    """A chain of 12 links over one node's fresh qubits, each measured at once, never holds more than a few qubits."""
    w = ghz(30)
    assert run_actors(*w.build()).peak <= 4
    w = World(data=20, comm=0, nodes=("a",))
    for q in range(20):
        w.gate("a", "h", q)
    w.register("c", *(("a", w.measure("a", q)) for q in range(20)))
    assert run_actors(*w.build()).peak == 0


def test_a_qubit_that_is_not_touched_again_is_forgotten() -> None:
    """A cluster chain of 30 qubits of which only the last is measured, and one qubit that is reset again and again."""
    w = World(data=30, comm=0, nodes=("a",))
    for q in range(30):
        w.gate("a", "h", q)
        if q:
            w.gate("a", "cz", q - 1, q)
    w.register("c", ("a", w.measure("a", 29)))
    assert run_actors(*w.build()).peak == 2
    w = World(data=3, comm=0, nodes=("a",))
    for _ in range(5):
        w.gate("a", "h", 0)
        w.gate("a", "h", 1)
        w.gate("a", "cz", 0, 1)
        w.gate("a", "h", 1)
        w.gate("a", "h", 2)
        w.gate("a", "cz", 1, 2)
        w.reset("a", 0)
        w.reset("a", 1)
        w.reset("a", 2)
    w.register("c", ("a", w.measure("a", 0)))
    assert run_actors(*w.build()).peak == 2


def entangled(qubits: int) -> World:
    """``qubits`` qubits that must all be held at one time, by non-Clifford gates."""
    w = World(data=qubits, comm=0, nodes=("a",))
    for q in range(qubits):
        w.gate("a", "h", q)
    for k in range(qubits):
        for q in range(k):
            w.gate("a", "cz", q, k)
    for q in range(qubits):
        w.gate("a", "rx", q, angle=Fraction(1, 3))
    return w


def test_twenty_two_live_qubits_within_memory() -> None:
    w = entangled(22)
    w.register("c", *(("a", w.measure("a", q)) for q in range(22)))
    tracemalloc.start()
    try:
        result = run(*w.build(), shots=20, seed=1)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert result.peak_live == 22
    assert sum(result.counts.values()) == 20
    assert peak < 400e6  # one state is 34 MB


@pytest.mark.clause("RES-1")
def test_too_many_live_qubits_are_refused() -> None:
    w = entangled(27)
    w.register("c", ("a", w.measure("a", 0)))
    w.outputs = [("a", q) for q in range(1, 27)]
    for engine in (None, "statevector"):
        with pytest.raises((InputError, UsageError)) as caught:
            run(*w.build(), engine=engine, measure_all=True)
        assert caught.value.code == "RES-1"
        assert "27 qubits" in str(caught.value)


def test_stim_is_refused_for_what_is_not_clifford() -> None:
    w = teleport(Fraction(1, 7))
    with pytest.raises(UsageError) as caught:
        run(*w.build(), engine="stim")
    assert caught.value.code == "RES-1"
    assert "rx(1/7 pi)" in str(caught.value)
    assert find_non_clifford(run_actors(*teleport(Fraction(1, 2)).build())) is None


@pytest.mark.parametrize("kwargs", [{"shots": 0}, {"shots": -1}, {"engine": "abacus"}, {"seed": -1}])
def test_bad_arguments(kwargs: dict[str, object]) -> None:
    with pytest.raises(UsageError) as caught:
        run(*ghz(2).build(), **kwargs)  # type: ignore[arg-type]
    assert caught.value.code == "TL-7"


def test_batches_are_cut_and_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """With tiny batches the same distribution comes out, and every shot is counted once."""
    w = random_world(4, clifford=False)
    exact = exact_distribution(w)
    assert BATCH_AMPLITUDES > 16
    monkeypatch.setattr("gossamer.runtime.statevector.BATCH_AMPLITUDES", 16)
    counts = run(*w.build(), shots=4000, seed=1, engine="statevector").counts
    assert sum(counts.values()) == 4000
    assert chi_square_fits(counts, exact)


def test_samples_are_merged_when_they_become_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a tally that merges after every few columns, and many shots."""
    w = random_world(1004, clifford=True, rich=False)
    exact = exact_distribution(w)
    monkeypatch.setattr("gossamer.runtime.tally.MERGE_COLUMNS", 4)
    monkeypatch.setattr("gossamer.runtime.statevector.BATCH_AMPLITUDES", 16)
    monkeypatch.setattr("gossamer.runtime.tableau._BULK", 5000)
    for engine in ENGINES:
        counts = run(*w.build(), shots=3000, seed=1, engine=engine).counts
        assert sum(counts.values()) == 3000
        assert chi_square_fits(counts, exact)


def test_a_billion_shots_of_a_bell_pair() -> None:
    """Shots with the same history are one branch, so their number costs nothing."""
    w = World(data=2, comm=0, nodes=("a",))
    w.gate("a", "h", 0)
    w.gate("a", "h", 1)
    w.gate("a", "cz", 0, 1)
    w.gate("a", "rx", 1, angle=Fraction(1, 4))
    w.gate("a", "h", 1)
    w.register("c", ("a", w.measure("a", 0)), ("a", w.measure("a", 1)))
    counts = run(*w.build(), shots=10**9).counts
    assert sum(counts.values()) == 10**9
    assert chi_square_fits(counts, exact_distribution(w))


def test_threads_do_not_change_the_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gossamer.runtime.statevector.BATCH_AMPLITUDES", 16)
    trace = run_actors(*random_world(5, clifford=False, nodes=3, length=60).build())
    found = []
    for workers in (1, 2, 5):
        monkeypatch.setattr("gossamer.runtime.statevector.MAX_WORKERS", workers)
        monkeypatch.setattr("os.sched_getaffinity", lambda pid: range(8), raising=False)
        bits, shots = StateVector(compiled=True).sample(trace, 500, seed=3)
        found.append((bits.tolist(), shots.tolist()))
    assert found[0] == found[1] == found[2]


def test_single_precision_stays_normalised_over_thousands_of_gates() -> None:
    w = World(data=3, comm=0, nodes=("a",))
    for k in range(1500):
        w.gate("a", "rx", k % 3, angle=Fraction(1, 7))
        w.gate("a", "cz", k % 3, (k + 1) % 3)
    for k in reversed(range(1500)):
        w.gate("a", "cz", k % 3, (k + 1) % 3)
        w.gate("a", "rx", k % 3, angle=Fraction(-1, 7))
    w.register("c", *(("a", w.measure("a", q)) for q in range(3)))
    assert run(*w.build(), shots=1000, engine="statevector").counts == {"000": 1000}


def test_a_discarded_qubit_leaves_a_mixture() -> None:
    """The partner of a Bell pair that is reset: the other one is random."""
    w = World()
    w.gate("a", "h", 0)
    w.gate("a", "h", 1)
    w.gate("a", "cz", 0, 1)
    w.gate("a", "h", 1)
    w.reset("a", 0)
    w.register("c", ("a", w.measure("a", 0)), ("a", w.measure("a", 1)))
    assert chi_square_fits(run(*w.build(), shots=2000).counts, {"00": 0.5, "10": 0.5})


def test_compiled_kernels_give_the_same_samples() -> None:
    w = random_world(11, clifford=False, length=60)
    trace = run_actors(*w.build())
    for dtype in (np.complex64, np.complex128):
        plain = StateVector(dtype, compiled=False).sample(trace, 300, seed=5)
        compiled = StateVector(dtype, compiled=True).sample(trace, 300, seed=5)
        assert plain[0].tolist() == compiled[0].tolist()
        assert plain[1].tolist() == compiled[1].tolist()


def test_small_runs_import_no_heavy_library() -> None:
    code = (
        "import sys; from tests.runtime.test_run import teleport; from gossamer.runtime.run import run;"
        "from fractions import Fraction; run(*teleport(Fraction(1, 7)).build(), shots=1024);"
        "assert not {'numba', 'stim', 'networkx', 'mtkahypar'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_program_that_is_changed_gives_other_counts() -> None:
    programs, manifest = teleport(Fraction(1, 3)).build()
    assert run(programs, manifest, shots=200).counts == {"0": 200}
    ops = list(programs[1].instructions)
    index = next(i for i, op in enumerate(ops) if op == make_gate("rx", 2, angle=Fraction(-1, 3)))
    ops[index] = make_gate("rx", 2, angle=Fraction(2, 3))
    changed = [programs[0], replace(programs[1], instructions=tuple(ops))]
    assert run(changed, manifest, shots=200).counts == {"1": 200}
