"""The sweep against a naive contraction of all tensors, and against matrices written by hand."""

from __future__ import annotations

import itertools
import math
import random
from dataclasses import replace
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gossamer.conformance.circuits import random_circuit, random_state
from gossamer.conformance.oracle import diagram_map
from gossamer.diagnostics import InputError
from gossamer.ir import dense
from gossamer.ir.diagram import BitKind, Diagram, DiagramBuilder, Register, VertexKind
from gossamer.ir.equality import equal_branches, equal_instruments
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.scalar import Scalar
from gossamer.ir.semantics import (
    branch,
    branches,
    instrument,
    kraus,
    results_of,
    sweep_cost,
)
from gossamer.ir.wires import WireBuilder

H = np.array([[1, 1], [1, -1]]) / math.sqrt(2)


def random_diagram(rng: random.Random) -> Diagram:
    """Any small diagram: loops, parallel edges, H-boxes, shared wires, bits in phases."""
    b = DiagramBuilder()
    spiders = []
    vertices = []
    size = rng.randint(1, 8)
    boundary = ["i"] * rng.randint(0, 2) + ["o"] * rng.randint(0, 2)
    kinds = boundary + rng.choices(["Z", "X", "H"], [5, 4, 1], k=size)
    rng.shuffle(kinds)
    known: list[int] = []
    for n, kind in enumerate(kinds):
        if kind in "io":
            vertices.append(b.input(f"i{n}") if kind == "i" else b.output(f"o{n}"))
            continue
        phase = Phase(rng.choice([0, 0, 1, Fraction(1, 2), Fraction(1, 4), Fraction(-1, 3)]))
        if known and rng.random() < 0.4:
            bit = BitExpr.bit(rng.choice(known))
            if rng.random() < 0.3:
                bit = BitExpr.bit(b.derived(bit ^ BitExpr.bit(rng.choice(known)) ^ BitExpr.const(1)))
            phase = phase + Phase(rng.choice([1, Fraction(1, 2), Fraction(1, 4)])).times(bit)
        if kind != "H" and rng.random() < 0.3:
            bit_id = b.outcome()
            v = b.vertex(VertexKind[kind], phase + Phase.of_bit(bit_id))
            b.bind_outcome(bit_id, v)
            known.append(bit_id)
        else:
            v = b.vertex(VertexKind[kind], phase)
        vertices.append(v)
        spiders.append(v)
    used: set[int] = set()
    for v, kind in zip(vertices, kinds, strict=True):
        if kind in "io" and v not in used:
            free = [w for w, k in zip(vertices, kinds, strict=True) if k in "io" and w not in used and w != v]
            other = rng.choice(free) if free and rng.random() < 0.2 else rng.choice(spiders)
            used |= {v, other}
            b.edge(v, other, hadamard=rng.random() < 0.5)
    for _ in range(rng.randint(0, 9)):
        b.edge(rng.choice(spiders), rng.choice(spiders), hadamard=rng.random() < 0.5)
    return b.build()


def assignments(d: Diagram):
    bits = d.outcome_bits
    for values in itertools.product([False, True], repeat=len(bits)):
        yield dict(zip(bits, values, strict=True))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.integers(0, 2**32))
def test_sweep_is_the_contraction_of_all_tensors(seed):
    d = random_diagram(random.Random(seed))
    d.verify()
    found = {tuple(bits[i] for i in d.outcome_bits): k for bits, k in branches(d)}
    for bits in assignments(d):
        expected = diagram_map(d, bits)
        np.testing.assert_allclose(kraus(d, bits), expected, atol=1e-9)
        np.testing.assert_allclose(found.get(tuple(bits.values()), np.zeros_like(expected)), expected, atol=1e-9)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, 2**32))
def test_kernels_agree_with_numpy(seed):
    """The same sweep with numba kernels from the first axis on."""
    rng = random.Random(seed)
    d = random_diagram(rng)
    inputs = np.outer(random_state(rng, len(d.inputs)), [1, 0.5j])
    expected = [kraus(d, bits, inputs) for bits in assignments(d)]
    old, dense_large = dense.LARGE, 0
    import gossamer.ir.sweep as machine

    try:
        machine.LARGE = dense_large
        for bits, want in zip(assignments(d), expected, strict=True):
            np.testing.assert_allclose(kraus(d, bits, inputs), want, atol=1e-9)
            np.testing.assert_allclose(want, diagram_map(d, bits) @ inputs, atol=1e-9)
    finally:
        machine.LARGE = old


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, 2**32), st.integers(1, 4))
def test_branches_of_circuits(seed, wires):
    """State and probability of each branch of a circuit with measurements, resets and conditions."""
    rng = random.Random(seed)
    source = random_circuit(rng, wires, rng.randint(3, 25), measure=True)
    psi = random_state(rng, wires)
    generator = np.random.default_rng(seed)
    for single in (False, True):
        b = branch(source.diagram, psi, rng=generator, single=single)
        state, p = source.run(psi, [int(b.bits[i]) for i in source.diagram.outcome_bits])
        tol = 1e-3 if single else 1e-9
        assert abs(np.vdot(state, b.state)) == pytest.approx(1, abs=tol)
        assert b.probability == pytest.approx(p, rel=tol)
        again = branch(source.diagram, psi, {i: b.bits[i] for i in source.diagram.outcome_bits})
        assert again.probability == pytest.approx(p, rel=1e-9)
        weight = np.linalg.norm(kraus(source.diagram, b.bits, psi)) ** 2
        assert again.log2_weight == pytest.approx(math.log2(weight), abs=1e-6)


def test_outcomes_are_drawn_with_their_probabilities():
    w = WireBuilder()
    q = w.add_zero()
    w.rx(q, Phase(Fraction(1, 3)))
    m = w.measure(q)
    w.builder.register("c", [BitExpr.bit(m)])
    rng = np.random.default_rng(1)
    ones = sum(branch(w.build(), rng=rng).bits[m] for _ in range(2000))
    assert 420 < ones < 580  # sin(pi/6)**2 = 1/4


def diagonal(*phases: float) -> np.ndarray:
    return np.diag(np.exp(1j * np.pi * np.array(phases)))


CX = np.eye(4)[[0, 1, 3, 2]]
ONE_WIRE = {
    "h": (lambda w, q: w.h(q), H),
    "rz": (lambda w, q: w.rz(q, Phase(Fraction(1, 3))), diagonal(0, 1 / 3)),
    "rx": (lambda w, q: w.rx(q, Phase(Fraction(1, 4))), H @ diagonal(0, 1 / 4) @ H),
    "x": (lambda w, q: w.rx(q, Phase(1)), np.array([[0, 1], [1, 0]])),
}
TWO_WIRES = {
    "cz": (lambda w, a, b: w.cz(a, b), np.diag([1, 1, 1, -1])),
    "cx": (lambda w, a, b: w.cx(a, b), CX),
    "gadget": (lambda w, a, b: w.gadget([a, b], Phase(Fraction(1, 5))), diagonal(0, 1 / 5, 1 / 5, 0)),
    "cp": (lambda w, a, b: w.cp(a, b, Fraction(1, 4)), diagonal(0, 0, 0, 1 / 4)),
    "cp is cz": (lambda w, a, b: w.cp(a, b, Fraction(1)), np.diag([1, 1, 1, -1])),
}


def same_up_to_scalar(a: np.ndarray, b: np.ndarray) -> bool:
    return abs(abs(np.vdot(a, b)) / (np.linalg.norm(a) * np.linalg.norm(b)) - 1) < 1e-9


@pytest.mark.parametrize("name", ONE_WIRE)
def test_gates_on_one_wire(name):
    apply, matrix = ONE_WIRE[name]
    w = WireBuilder()
    q = w.add_input("q")
    apply(w, q)
    w.output(q, "q")
    assert same_up_to_scalar(kraus(w.build(), {}), matrix)


@pytest.mark.parametrize("name", TWO_WIRES)
@pytest.mark.parametrize("swap", [False, True])
def test_gates_on_two_wires(name, swap):
    apply, matrix = TWO_WIRES[name]
    w = WireBuilder()
    q = [w.add_input("a"), w.add_input("b")]
    w.h(q[0])
    apply(w, *(q[::-1] if swap else q))
    w.output(q[0], "a")
    w.output(q[1], "b")
    if swap:
        matrix = matrix.reshape(2, 2, 2, 2).transpose(1, 0, 3, 2).reshape(4, 4)
    assert same_up_to_scalar(kraus(w.build(), {}), matrix @ np.kron(H, np.eye(2)))


def test_conditional_cp_keep_and_reset():
    w = WireBuilder()
    a, b, c = (w.add_input(x) for x in "abc")
    m = w.measure(c, keep=True)
    w.cp(a, b, Fraction(1, 2), BitExpr.bit(m))
    w.reset(c)
    for q, name in zip((a, b, c), "abc", strict=True):
        w.output(q, name)
    d = w.build()
    forgotten = d.outcome_bits[1]
    for value in (False, True):
        k = kraus(d, {m: value, forgotten: value})
        project = np.zeros((2, 2))
        project[0, int(value)] = 1
        want = np.kron(diagonal(0, 0, 0, 0.5 * value), project)
        assert same_up_to_scalar(k, want)
        assert np.abs(kraus(d, {m: value, forgotten: not value})).max() == 0
    with pytest.raises(InputError, match="probability 0"):
        branch(d, np.eye(8)[0], {m: True})


@pytest.mark.clause("SEM-1")
def test_input_bits_have_to_be_given():
    b = DiagramBuilder()
    bit = b.input_bit("m0")
    i, z, o = b.input("q"), b.vertex(VertexKind.Z, Phase.of_bit(bit)), b.output("q")
    b.edge(i, z)
    b.edge(z, o)
    d = b.build()
    assert d.bits[bit].kind == BitKind.INPUT
    np.testing.assert_allclose(kraus(d, {bit: True}), np.diag([1, -1]))
    with pytest.raises(InputError):
        kraus(d, {})


def teleported(*, correct: bool = True, sign: bool = True) -> Diagram:
    w = WireBuilder()
    q, a, b = w.add_input("q"), w.add_zero(), w.add_zero()
    w.h(a)
    w.cx(a, b)
    w.cx(q, a)
    w.h(q)
    m, n = w.measure(q), w.measure(a)
    w.rx(b, Phase.of_bit(n))
    if correct:
        w.rz(b, Phase.of_bit(m) if sign else Phase.of_bit(m) + Phase(1))
    w.output(b, "q")
    return w.build()


def test_teleportation_is_the_identity_and_its_mutants_are_not():
    w = WireBuilder()
    w.output(w.add_input("q"), "q")
    identity = w.build()
    assert equal_instruments(identity, teleported())
    assert equal_branches(identity, teleported(), {})
    for mutant in (teleported(correct=False), teleported(sign=False)):
        assert not equal_instruments(identity, mutant)
        assert not equal_branches(identity, mutant, {})


def test_weights_belong_to_the_meaning():
    """A measurement with other probabilities is another instrument although each branch has the same direction."""

    def coin(angle: Fraction) -> Diagram:
        w = WireBuilder()
        q = w.add_zero()
        w.rx(q, Phase(angle))
        w.builder.register("c", [BitExpr.bit(w.measure(q))])
        return w.build()

    a, b = coin(Fraction(1, 2)), coin(Fraction(1, 3))
    assert equal_instruments(a, coin(Fraction(3, 2)))
    assert not equal_instruments(a, b)
    assert not equal_branches(a, b, {0: BitExpr.bit(0)})
    assert set(instrument(a)) == {(False,), (True,)}


@pytest.mark.parametrize(
    "tilt", [Fraction(1, 10), Fraction(1, 2**16), Fraction(1, 2**20), Fraction(1, 2**31), Fraction(1, 2**40)]
)
def test_rare_branches_are_compared_as_closely_as_rounding_allows(tilt: Fraction):
    """The branch 1 of the first measurement has probability about tilt**2, and few of its digits may be right."""

    def twice(angle: Fraction, *, split: bool, flip: bool = False) -> Diagram:
        w = WireBuilder()
        q = w.add_zero()
        w.rx(q, Phase(tilt / 2 if split else tilt))
        if split:
            w.rx(q, Phase(tilt / 2))
        m = w.measure(q, keep=True)
        w.rx(q, Phase(angle))
        n = w.measure(q)
        w.builder.register("c", [BitExpr.bit(m), ~BitExpr.bit(n) if flip else BitExpr.bit(n)])
        return w.build()

    a = twice(Fraction(1, 3), split=False)
    same = {m: BitExpr.bit(m) for m in a.outcome_bits}
    assert equal_branches(a, twice(Fraction(1, 3), split=True), same)
    assert not equal_branches(a, twice(Fraction(1, 3) + Fraction(1, 10**6), split=True), same)
    assert not equal_branches(a, twice(Fraction(1, 3), split=True, flip=True), same)


def test_axes_are_live_qubits():
    """CZ and gadgets do not widen the state by more than their hub; measured wires give their axis back."""
    w = WireBuilder()
    wires = [w.add_input(f"q{i}") for i in range(6)]
    for _ in range(3):
        for a, b in itertools.pairwise(wires):
            w.cz(a, b)
            w.gadget([a, b], Phase(Fraction(1, 4)))
            w.cx(a, b)
        for q in wires:
            w.h(q)
    for i, q in enumerate(wires):
        w.output(q, f"q{i}")
    assert sweep_cost(w.build())[0] == 6
    w = WireBuilder()
    q = w.add_zero()
    for _ in range(30):
        fresh = w.add_zero()
        w.h(fresh)
        w.cx(q, fresh)
        w.rx(fresh, Phase(Fraction(1, 4)))
        w.measure(q)
        q = fresh
    w.output(q, "q")
    assert sweep_cost(w.build())[0] <= 2


def test_the_scalar_belongs_to_the_map_and_not_to_the_instrument():
    d = teleported()
    scaled = replace(d, scalar=Scalar(power=3, phase=Phase.of_bit(0, Fraction(1, 4)), factor=Fraction(5)))
    for bits in assignments(d):
        factor = 5 * 2**1.5 * np.exp(0.25j * np.pi * bits[0])
        np.testing.assert_allclose(kraus(scaled, bits), factor * kraus(d, bits), atol=1e-12)
    assert equal_instruments(d, scaled)
    assert not equal_instruments(d, replace(d, scalar=Scalar(factor=Fraction(0))))


def test_parameters_have_to_be_bound():
    w = WireBuilder()
    q = w.add_input("q")
    w.rz(q, Phase.of_symbol("theta"))
    w.output(q, "q")
    with pytest.raises(InputError, match="theta"):
        kraus(w.build(), {})


# --- fixed examples: what is expected is computed once, by the oracle -------------------------------------------------------


@cache
def example(seed: int) -> tuple[Diagram, list[tuple[dict[int, bool], np.ndarray]]]:
    """A small diagram and its maps by definition."""
    d = random_diagram(random.Random(seed))
    return d, [(bits, diagram_map(d, bits)) for bits in assignments(d)]


EXAMPLES = range(80)


def test_maps_of_fixed_examples():
    for seed in EXAMPLES:
        d, maps = example(seed)
        for bits, want in maps:
            np.testing.assert_allclose(kraus(d, bits), want, atol=1e-9)


def test_every_branch_comes_once_and_carries_the_scalar():
    d = replace(teleported(), scalar=Scalar(power=3, phase=Phase.of_bit(0, Fraction(1, 4)), factor=Fraction(5)))
    found = list(branches(d))
    assert len({tuple(bits.items()) for bits, _ in found}) == len(found) == 2 ** len(d.outcome_bits)
    for bits, k in found:
        assert set(bits) == set(range(len(d.bits)))
        np.testing.assert_allclose(k, kraus(d, bits), atol=1e-12)


def test_branches_of_fixed_examples():
    """All branches at once: those that are left out are zero, and the scalar is exact."""
    for seed in EXAMPLES:
        d, maps = example(seed)
        found = {tuple(bits[i] for i in d.outcome_bits): k for bits, k in branches(d)}
        assert len(found) == sum(np.abs(want).max() > 1e-9 for _, want in maps)
        for bits, want in maps:
            np.testing.assert_allclose(found.get(tuple(bits.values()), np.zeros_like(want)), want, atol=1e-9)


def test_branches_up_to_one_factor():
    """Without the exact scalar each map has its phase of its own, and one positive factor for all."""
    for seed in EXAMPLES:
        d, maps = example(seed)
        found = {tuple(bits[i] for i in d.outcome_bits): k for bits, k in branches(d, exact_scalar=False)}
        ratios = []
        for bits, want in maps:
            k = found.get(tuple(bits.values()))
            size = np.linalg.norm(want)
            assert (k is None) == (size < 1e-9)
            if k is not None:
                ratio = np.vdot(want, k) / size**2
                np.testing.assert_allclose(k, ratio * want, atol=1e-9 * abs(ratio) * size)
                ratios.append(abs(ratio))
        assert not ratios or max(ratios) == pytest.approx(min(ratios))


def test_single_branches_of_fixed_examples():
    """State and weight of each branch that is not zero; a zero one is refused."""
    rng = random.Random(5)
    for seed in EXAMPLES:
        d, maps = example(seed)
        psi = np.array(random_state(rng, len(d.inputs)))
        for single in (False, True):
            tol = 1e-3 if single else 1e-9
            for bits, matrix in maps:
                want = matrix @ psi
                size = float(np.linalg.norm(want))
                if size < 1e-9:
                    with pytest.raises(InputError) as caught:
                        branch(d, psi, bits, single=single)
                    assert str(caught.value) == "error[SEM-1]: the given outcomes have probability 0"
                    continue
                b = branch(d, psi, bits, single=single)
                assert b.state.dtype == (np.complex64 if single else np.complex128)
                assert abs(np.vdot(want / size, b.state)) == pytest.approx(1, abs=tol)
                assert np.linalg.norm(b.state) == pytest.approx(1, abs=tol)
                assert b.log2_weight == pytest.approx(2 * math.log2(size), abs=tol)
                assert {i: b.bits[i] for i in bits} == bits


@cache
def experiment(seed: int) -> tuple[Diagram, np.ndarray, list[tuple[dict[int, bool], np.ndarray, float]]]:
    """A circuit, a state, and state and probability of each branch by a simulator of circuits."""
    rng = random.Random(seed)
    wires = rng.randint(1, 4)
    source = random_circuit(rng, wires, rng.randint(3, 25), measure=True)
    psi = random_state(rng, wires)
    found = []
    for values in itertools.islice(itertools.product([0, 1], repeat=len(source.diagram.outcome_bits)), 16):
        state, p = source.run(psi, list(values))
        found.append((dict(zip(source.diagram.outcome_bits, map(bool, values), strict=True)), state, p))
    return source.diagram, psi, found


def test_probabilities_of_fixed_experiments():
    for seed in range(40):
        d, psi, found = experiment(seed)
        for bits, state, p in found:
            if p < 1e-9:
                with pytest.raises(InputError, match="probability 0"):
                    branch(d, psi, bits)
                continue
            b = branch(d, psi, bits)
            assert b.probability == pytest.approx(p, rel=1e-9)
            assert abs(np.vdot(state, b.state)) == pytest.approx(1, abs=1e-9)
            half = frozenset(d.outcome_bits[::2])
            left_out = branch(d, psi, bits, uncounted=half)
            assert left_out.log2_probability + branch(
                d, psi, bits, uncounted=frozenset(d.outcome_bits) - half
            ).log2_probability == pytest.approx(b.log2_probability, abs=1e-9)
            assert branch(d, psi, bits, uncounted=frozenset(d.outcome_bits)).probability == 1


@pytest.mark.parametrize("seed", range(12))
def test_large_states_have_the_same_maps(seed, monkeypatch):
    """The kernels for large states from the first axis on."""
    import gossamer.ir.sweep as machine

    monkeypatch.setattr(machine, "LARGE", 0)
    d, maps = example(seed)
    for bits, want in maps:
        np.testing.assert_allclose(kraus(d, bits), want, atol=1e-9)


# --- what a branch is asked for ------------------------------------------------------------------------------------------------


def tilted(angle: Fraction, *, wires: int = 1) -> Diagram:
    """Wires that are turned and measured; the probability of 1 is ``sin(pi angle / 2)**2`` for each."""
    w = WireBuilder()
    for _ in range(wires):
        q = w.add_zero()
        w.rx(q, Phase(angle))
        w.measure(q)
    return w.build()


def test_preferred_values_are_taken_where_they_are_not_rare():
    for angle, p in ((Fraction(1, 3), 0.25), (Fraction(1, 15), math.sin(math.pi / 30) ** 2)):
        d = tilted(angle)
        assert p > 0.01
        for value, of in ((True, p), (False, 1 - p)):
            b = branch(d, prefer={0: value})
            assert (b.bits[0], b.probability) == (value, pytest.approx(of))
    rare = tilted(Fraction(1, 20))  # 0.6 %
    drawn = [branch(rare, rng=np.random.default_rng(i), prefer={0: True}).bits[0] for i in range(100)]
    assert sum(drawn) < 10
    assert branch(rare, prefer={0: True}, least=1e-9).bits[0]
    assert branch(rare, outcomes={0: True}, prefer={0: False}).bits[0]
    two = tilted(Fraction(1, 2), wires=2)
    assert branch(two, prefer={1: True}).bits[1]


def test_an_effect_on_a_wire_with_nothing_else_is_drawn_with_its_probability():
    """The wire ends with the outcome, which is then a number, and no coin."""
    for angle in (Fraction(1, 4), Fraction(3, 7)):
        b = DiagramBuilder()
        bit = b.outcome()
        state = b.vertex(VertexKind.Z, Phase(angle))
        effect = b.vertex(VertexKind.Z, Phase(Fraction(1, 2)) + Phase.of_bit(bit))
        b.edge(state, effect, hadamard=True)
        b.bind_outcome(bit, effect)
        b.edge(b.input("q"), b.output("q"))
        for value in (False, True):
            p = (1 + math.sin(math.pi * (angle + value))) / 2
            assert branch(b.build(), np.array([0.6, 0.8]), {0: value}).probability == pytest.approx(p)


def test_draws_are_those_of_the_generator():
    d = tilted(Fraction(1, 2), wires=12)
    one, again = (branch(d, rng=np.random.default_rng(7)).bits for _ in range(2))
    assert one == again
    assert len({tuple(branch(d, rng=np.random.default_rng(i)).bits.values()) for i in range(20)}) > 10
    generator = np.random.default_rng(7)
    drawn = [branch(tilted(Fraction(1, 3)), rng=generator).bits[0] for _ in range(50)]
    assert drawn == [bool(x >= 0.75) for x in np.random.default_rng(7).random(50)]


def test_long_experiments_stay_in_range():
    """Each step of a chain of teleportations has the same weight, whatever the length and the precision."""

    def chain(length: int) -> Diagram:
        w = WireBuilder()
        q = w.add_zero()
        w.rx(q, Phase(Fraction(1, 3)))
        for _ in range(length):
            fresh = w.add_zero()
            w.h(fresh)
            w.cx(q, fresh)
            w.rx(fresh, Phase(Fraction(1, 4)))
            w.measure(q)
            q = fresh
        w.output(q, "q")
        return w.build()

    def swept(length: int, single: bool):
        return branch(chain(length), outcomes=dict.fromkeys(range(length), False), single=single)

    for single in (False, True):
        one, two, many = (swept(n, single) for n in (5, 6, 405))
        step = two.log2_weight - one.log2_weight
        assert many.log2_weight == pytest.approx(one.log2_weight + 400 * step, abs=0.05 if single else 1e-6)
        assert two.log2_probability - one.log2_probability == pytest.approx(
            (many.log2_probability - one.log2_probability) / 400, abs=1e-4 if single else 1e-9
        )
        assert np.linalg.norm(many.state) == pytest.approx(1, abs=1e-5)


def test_states_of_the_inputs_in_every_form():
    d, maps = next(x for x in map(example, EXAMPLES) if len(x[0].inputs) == 2 and len(x[0].outputs) == 2)
    bits, k = maps[0]
    rng = random.Random(3)
    vectors = np.array([random_state(rng, 2) for _ in range(4)]).T
    for columns in (1, 2, 4):
        got = kraus(d, bits, vectors[:, :columns])
        assert got.shape == (4, columns)
        np.testing.assert_allclose(got, k @ vectors[:, :columns], atol=1e-9)
    one = kraus(d, bits, vectors[:, 0])
    assert one.shape == (4,)
    np.testing.assert_allclose(one, k @ vectors[:, 0], atol=1e-9)
    for form in (vectors[:, :2], vectors[:, 0]):
        found = {tuple(b[i] for i in d.outcome_bits): m for b, m in branches(d, form)}
        got = found[tuple(bits.values())] if np.abs(k).max() > 1e-9 else np.zeros((4, 1))
        np.testing.assert_allclose(got, (k @ form).reshape(4, -1), atol=1e-9)
    given = branch(d, vectors[:, 0], bits).state if np.abs(k @ vectors[:, 0]).max() > 1e-9 else None
    assert given is None or given.shape == (4,)


def test_an_effect_of_a_state_is_one_number():
    w = WireBuilder()
    m = w.measure(w.add_input("q"))
    amplitudes = kraus(w.build(), {m: True}, np.array([0.6, 0.8]))
    assert amplitudes.shape == (1,)
    assert abs(amplitudes[0]) == pytest.approx(0.8 * math.sqrt(2))


def test_states_too_large_for_numpy_alone():
    """More amplitudes than ``LARGE`` says, with a reference system and without."""
    n = dense.LARGE + 1
    d = wires(n)
    zero = np.zeros(2**n)
    zero[0] = 1
    np.testing.assert_allclose(kraus(d, {}, zero), np.full(2**n, 2 ** (-n / 2)), atol=1e-12)
    ket = np.zeros((4, 2**13))
    ket[2, 5] = 1
    want = np.zeros((4, 2**13))
    want[:, 5] = np.array([1, 1, -1, -1]) / 2
    np.testing.assert_allclose(kraus(wires(2), {}, ket), want, atol=1e-12)


def refusal(make) -> str:
    with pytest.raises(InputError) as caught:
        make()
    return str(caught.value)


@pytest.mark.clause("SEM-1", "SEM-2")
def test_refusals_read_well(monkeypatch):
    import gossamer.ir.sweep as machine

    d = tilted(Fraction(1, 3))
    w = WireBuilder()
    w.output(w.add_input("q"), "q")
    wire = w.build()
    b = DiagramBuilder()
    b.scalar = Scalar(phase=Phase.of_symbol("s"))
    b.vertex(VertexKind.Z, Phase.of_symbol("t"))
    symbols = b.build()
    wide = wires(7)
    assert refusal(lambda: kraus(d, {})).splitlines() == [
        "error[SEM-1]: no value for outcome b0",
        "help: give every outcome bit a value",
    ]
    assert refusal(lambda: branch(wire)) == "error[SEM-1]: a branch needs a state of the inputs"
    assert refusal(lambda: branch(tilted(Fraction(0)), outcomes={0: True})) == (
        "error[SEM-1]: the given outcomes have probability 0"
    )
    for read in (lambda d: kraus(d, {}), branch, lambda d: list(branches(d))):
        assert refusal(lambda read=read: read(conditional())) == "error[SEM-1]: no value for the input bit b0 ('flag')"
    for shape in ((3,), (4,), (1, 2), (2, 2, 1)):
        assert refusal(lambda shape=shape: kraus(wire, {}, np.zeros(shape))) == (
            f"error[SEM-1]: the state of 1 inputs has 2 rows, not {shape}"
        )
    assert refusal(lambda: kraus(symbols, {})).splitlines() == [
        "error[SEM-1]: parameter 's' has no value",
        "help: bind all parameters first",
    ]
    assert refusal(lambda: instrument(wide)) == (
        "error[SEM-2]: the instrument of a diagram with 14 inputs and outputs is too large to write down"
    )
    odd = WireBuilder()
    for i in range(7):
        odd.add_input(f"q{i}")
    for i in range(6):
        odd.output(i, f"q{i}")
    odd.discard(6)
    assert "13 inputs and outputs" in refusal(lambda: instrument(odd.build()))
    monkeypatch.setattr(machine, "MAX_AXES", 2)
    assert kraus(wires(2), {}, np.eye(4)[0]).shape == (4,)
    assert kraus(wires(1), {}).shape == (2, 2)
    assert refusal(lambda: kraus(wires(2), {})).splitlines() == [
        "error[SEM-1]: more than 2 live qubits",
        "help: use a method that does not sweep the state",
    ]
    assert sweep_cost(wires(3))[0] == 3
    monkeypatch.undo()


def conditional() -> Diagram:
    """A number that depends on a classical input."""
    b = DiagramBuilder()
    bit = b.input_bit("flag")
    b.vertex(VertexKind.Z, Phase(Fraction(1, 2)).times(BitExpr.bit(bit)))
    b.register("c", [BitExpr.bit(bit)])
    return b.build()


def wires(n: int) -> Diagram:
    w = WireBuilder()
    for i in range(n):
        q = w.add_input(f"q{i}")
        w.h(q)
        w.output(q, f"q{i}")
    return w.build()


def test_instruments_are_sums_of_choi_matrices():
    """Up to one factor; the largest that is written down has twelve legs."""
    for seed in range(40):
        d, maps = example(seed)
        d = replace(d, registers=(Register("c", tuple(BitExpr.bit(i) for i in d.outcome_bits[:1])),))
        want: dict[tuple[bool, ...], np.ndarray] = {}
        for bits, k in maps:
            key = tuple(bits[i] for i in d.outcome_bits[:1])
            if np.abs(k).max() > 1e-9:
                want[key] = want.get(key, 0) + np.outer(k.reshape(-1), k.reshape(-1).conj())
        got = instrument(d)
        assert set(got) == set(want)
        factors = [np.trace(got[key]).real / np.trace(want[key]).real for key in want]
        for key in want:
            np.testing.assert_allclose(got[key], factors[0] * want[key], atol=1e-9 * factors[0] * 100)
    assert instrument(replace(wires(6), scalar=Scalar(factor=0))) == {}


def test_results_are_registers_in_order():
    w = WireBuilder()
    m, n = w.measure(w.add_zero()), w.measure(w.add_zero())
    w.register("c", [BitExpr.bit(n), BitExpr.const(1)])
    w.register("d", [BitExpr.bit(m) ^ BitExpr.bit(n)])
    assert results_of(w.build(), {m: True, n: False}) == (False, True, True)


def test_derived_bits_are_computed_when_they_can_be():
    """A chain of derived bits over two outcomes and an input, used by a phase; its values come with the branch."""
    b = DiagramBuilder()
    x = b.input_bit("x")
    m = b.outcome()
    one = b.vertex(VertexKind.X, Phase.of_bit(m))
    b.bind_outcome(m, one)
    b.edge(b.vertex(VertexKind.Z), one)
    n = b.outcome()
    constant = b.derived(BitExpr.const(1))
    both = b.derived(BitExpr.bit(m) & BitExpr.bit(n))
    last = b.derived(~(BitExpr.bit(both) ^ BitExpr.bit(x) ^ BitExpr.bit(constant)))
    two = b.vertex(VertexKind.X, Phase.of_bit(n))
    b.bind_outcome(n, two)
    b.edge(b.vertex(VertexKind.Z), two)
    b.edge(b.vertex(VertexKind.Z, Phase(Fraction(1, 2)).times(BitExpr.bit(last))), b.output("q"))
    d = b.build()
    d.verify()
    for values in itertools.product([False, True], repeat=3):
        bits = dict(zip((x, m, n), values, strict=True))
        want = (values[1] and values[2]) ^ values[0]
        k = kraus(d, bits).reshape(-1)
        assert k[1] / k[0] == pytest.approx(1j if want else 1)
        got = branch(d, outcomes=bits)
        assert got.bits == {**bits, constant: True, both: values[1] and values[2], last: want}
        assert got.probability == pytest.approx(1 / 4)


# --- what a sweep costs --------------------------------------------------------------------------------------------------------


def test_costs():
    """Passes over the state: none for a phase or a CZ on the way, one for an H, one for the result."""

    def gates(*names: str, n: int = 4, **options) -> tuple[int, float]:
        w = WireBuilder()
        q = [w.add_input(f"q{i}") for i in range(n)]
        for name in names:
            if name == "cz":
                w.cz(q[0], q[1])
            elif name == "t":
                w.rz(q[0], Phase(Fraction(1, 4)))
            elif name == "gadget":
                w.gadget(q[:2], Phase(Fraction(1, 4)))
            elif name == "h":
                w.h(q[0])
        for i, x in enumerate(q):
            w.output(x, f"q{i}")
        return sweep_cost(w.build(), **options)

    size = 2.0**4
    nothing = gates()
    assert nothing == (4, size)
    assert gates("t", "t") == (4, 2 * size)  # with the result, in one pass more
    assert gates("h") == (4, 2 * size)
    assert gates("h", "t", "h", "t", "h") == (4, 4 * size)
    assert gates("cz", "cz") == nothing
    assert gates("gadget") == (
        4,
        3.25 * size,
    )  # a phase on each of the two wires, and one on a quarter of the amplitudes
    assert gates(open_inputs=True)[0] == 4
    assert gates("h", open_inputs=True)[0] == 5  # the outputs, and the input that its output does not tell
    assert sweep_cost(conditional())[0] == 0


def test_the_cost_of_a_diagram_that_is_zero():
    """Every branch ends in a number 0: the work until then."""
    b = DiagramBuilder()
    for i in range(3):
        b.edge(b.input(f"i{i}"), b.output(f"o{i}"), hadamard=True)
    before = b.build()
    b.vertex(VertexKind.Z, Phase(1))
    peak, work = sweep_cost(b.build())
    assert peak == sweep_cost(before)[0]
    assert 0 < work <= sweep_cost(before)[1]


def test_measured_wires_leave_nothing_behind():
    w = WireBuilder()
    for _ in range(20):
        q = w.add_zero()
        w.h(q)
        w.measure(q)
    assert sweep_cost(w.build())[0] == 0


def test_maps_that_share_a_factor_stay_in_range():
    """2**-1500 would be 0; the first map sets the scale."""
    w = WireBuilder()
    q = w.add_input("q")
    for _ in range(3000):
        w.h(q)
        w.rz(q, Phase(Fraction(1, 4)))
    m = w.measure(q, keep=True)
    w.output(q, "q")
    for bits, matrix in branches(w.build(), exact_scalar=False):
        assert 0.1 < np.abs(matrix).max() < 10, bits[m]


def test_instruments_of_large_scalars_are_finite():
    """2**3000 has no floating point number; the instrument needs none."""
    b = DiagramBuilder()
    for _ in range(3000):
        b.vertex(VertexKind.Z)
    m = b.outcome()
    effect = b.vertex(VertexKind.X, Phase.of_bit(m))
    b.bind_outcome(m, effect)
    b.edge(b.input("q"), effect)
    b.register("c", [BitExpr.bit(m)])
    found = instrument(b.build())
    for value, want in (((False,), np.diag([1, 0])), ((True,), np.diag([0, 1]))):
        size = np.trace(found[value]).real
        assert 0.1 < size < 10
        np.testing.assert_allclose(found[value] / size, want, atol=1e-12)


def test_many_axes_that_come_and_go():
    """A wire that is probed weakly again and again: after each probe its two amplitudes are known numbers."""
    turn, angle, rounds = Fraction(1, 4), Fraction(1, 5), 90
    w = WireBuilder()
    q = w.add_zero()
    w.rx(q, Phase(Fraction(1, 2)))
    for _ in range(rounds):
        probe = w.add_zero()
        w.h(probe)
        w.cp(q, probe, turn)
        w.rx(probe, Phase(angle))
        w.measure(probe)
    w.output(q, "q")
    d = w.build()
    rx = H @ diagonal(0, float(angle)) @ H
    probe_states = [rx @ diagonal(0, k * float(turn)) @ np.array([1, 1]) / math.sqrt(2) for k in (0, 1)]
    for single in (False, True):
        for value in (0, 1):
            amplitudes = np.array([x[value] for x in probe_states])
            state, log2_p = H @ diagonal(0, 0.5) @ H @ np.array([1, 0]), 0.0
            for _ in range(rounds):
                state = state * amplitudes
                log2_p += math.log2(np.linalg.norm(state) ** 2)
                state = state / np.linalg.norm(state)
            b = branch(d, outcomes=dict.fromkeys(d.outcome_bits, bool(value)), single=single)
            assert b.log2_probability == pytest.approx(log2_p, abs=1e-2 if single else 1e-8)
            assert abs(np.vdot(state, b.state)) == pytest.approx(1, abs=1e-3 if single else 1e-9)
            constant = (
                b.log2_weight - b.log2_probability
            )  # what each spider of degree 1 adds, whatever the outcomes are
            want = branch(d, outcomes=dict.fromkeys(d.outcome_bits, not value))
            assert constant == pytest.approx(want.log2_weight - want.log2_probability, abs=1e-2 if single else 1e-8)


@pytest.mark.parametrize("seed", range(6))
def test_parities_are_measured_with_their_probabilities(seed):
    """The outcome of an ancilla that holds a parity of wires that are entangled and not uniform."""
    rng = random.Random(seed)
    angles = [Fraction(rng.randint(1, 15), 16) for _ in range(9)]
    w = WireBuilder()
    q = [w.add_zero() for _ in range(3)]
    for x, a in zip(q, angles[:3], strict=True):
        w.rx(x, Phase(a))
    w.cp(q[0], q[1], angles[3])
    w.cp(q[1], q[2], angles[4])
    for x, a in zip(q, angles[5:8], strict=True):
        w.rx(x, Phase(a))
    ancilla = w.add_zero()
    for x in q[: 2 + seed % 2]:
        w.cx(x, ancilla)
    if seed % 3 == 0:
        w.rx(ancilla, Phase(angles[8]))
    m = w.measure(ancilla)
    for i, x in enumerate(q):
        w.output(x, f"q{i}")
    d = w.build()
    weights = [float(np.linalg.norm(kraus(d, {m: bool(v)})) ** 2) for v in (0, 1)]
    for v in (0, 1):
        b = branch(d, outcomes={m: bool(v)})
        assert b.probability == pytest.approx(weights[v] / sum(weights))
        assert 2**b.log2_weight == pytest.approx(weights[v])
