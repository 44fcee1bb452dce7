"""The sweep against a naive contraction of all tensors, and against matrices written by hand."""

from __future__ import annotations

import itertools
import math
import random
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gossamer.conformance.circuits import random_circuit, random_state
from gossamer.conformance.oracle import diagram_map
from gossamer.diagnostics import InputError
from gossamer.ir import dense
from gossamer.ir.diagram import BitKind, Diagram, DiagramBuilder, VertexKind
from gossamer.ir.equality import equal_branches, equal_instruments
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.scalar import Scalar
from gossamer.ir.semantics import (
    branch,
    branches,
    instrument,
    kraus,
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


@settings(max_examples=400, deadline=None, derandomize=True)
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
