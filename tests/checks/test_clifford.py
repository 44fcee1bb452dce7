"""Quadratic forms against the maps themselves, and the stabiliser check against the exact one."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gossamer.backends.circuit import lower
from gossamer.checks import verify
from gossamer.checks.clifford import Form, NotClifford, Symbols, outcome_polynomials, quadratic_form
from gossamer.conformance.circuits import random_circuit
from gossamer.ir.diagram import Diagram, DiagramBuilder, VertexKind
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.program import Conditional
from gossamer.ir.semantics import kraus
from gossamer.passes.graph_like import to_open_graph
from gossamer.passes.links import realise
from tests.test_distribution import complete, random_assignment


def evaluate(form: Form, symbols: Symbols, legs: int, bits: dict[int, bool]) -> np.ndarray:
    """The amplitudes over the legs, from the definition of the form."""

    def sign(packed: int) -> int:
        return int(symbols.unpack(packed).evaluate(bits))

    out = np.zeros(2**legs, complex)
    if any(sign(s) for s in form.vanishing):
        return out
    for at, z in enumerate(itertools.product([0, 1], repeat=legs)):
        fits = all(
            z[x] == (sign(s) + sum(z[y] for y in range(legs) if mask >> y & 1)) % 2
            for x, (mask, s) in form.determined.items()
        )
        if not fits:
            continue
        power = sum(z[x] for x in range(legs) if form.quarter >> x & 1)
        power += 2 * sum(sign(s) * z[x] for x, s in form.signs.items())
        power += sum(z[x] * z[y] for x, mask in form.edges.items() for y in range(legs) if mask >> y & 1)
        out[at] = 1j**power
    return out


def random_clifford_diagram(rng: random.Random) -> Diagram:
    b = DiagramBuilder()
    boundary = ["i"] * rng.randint(0, 2) + ["o"] * rng.randint(0, 2)
    kinds = boundary + rng.choices("ZX", k=rng.randint(1, 8))
    rng.shuffle(kinds)
    vertices, spiders, known = [], [], []
    for n, kind in enumerate(kinds):
        if kind in "io":
            vertices.append(b.input(f"i{n}") if kind == "i" else b.output(f"o{n}"))
            continue
        phase = Phase(Fraction(rng.randrange(4), 2))
        if known and rng.random() < 0.5:
            condition = BitExpr.bit(rng.choice(known)) & BitExpr.bit(rng.choice(known)) ^ BitExpr.bit(rng.choice(known))
            phase = phase + Phase(1).times(condition)
        if rng.random() < 0.35:
            bit = b.outcome()
            v = b.vertex(VertexKind[kind], phase + Phase.of_bit(bit))
            b.bind_outcome(bit, v)
            known.append(bit)
        else:
            v = b.vertex(VertexKind[kind], phase)
        vertices.append(v)
        spiders.append(v)
    for v, kind in zip(vertices, kinds, strict=True):
        if kind in "io":
            b.edge(v, rng.choice(spiders), hadamard=rng.random() < 0.5)
    for _ in range(rng.randint(0, 10)):
        b.edge(rng.choice(spiders), rng.choice(spiders), hadamard=rng.random() < 0.5)
    return b.build()


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.integers(0, 2**32))
def test_the_form_is_the_map(seed):
    d = random_clifford_diagram(random.Random(seed))
    symbols = Symbols()
    form = quadratic_form(d, outcome_polynomials(d).__getitem__, symbols, lambda _: None)
    legs = len(d.inputs) + len(d.outputs)
    norms = []
    for values in itertools.product([False, True], repeat=len(d.outcome_bits)):
        bits = dict(zip(d.outcome_bits, values, strict=True))
        matrix = kraus(d, bits)
        vector = matrix.T.reshape(-1)  # legs are inputs, then outputs
        have = evaluate(form, symbols, legs, bits)
        if not np.abs(have).any():
            assert np.abs(vector).max() < 1e-9
            continue
        overlap = abs(np.vdot(have, vector)) / np.linalg.norm(have) / np.linalg.norm(vector)
        assert overlap == pytest.approx(1)
        norms.append(np.linalg.norm(vector))
    assert not norms or max(norms) == pytest.approx(min(norms))


def test_other_phases_are_refused():
    b = DiagramBuilder()
    b.vertex(VertexKind.Z, Phase(Fraction(1, 4)))
    with pytest.raises(NotClifford):
        quadratic_form(b.build(), BitExpr.bit, Symbols(), lambda _: None)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, 2**32), st.integers(1, 3))
def test_agrees_with_the_sampled_check_on_compiled_circuits_and_mutants(seed, nodes):
    """Both methods see the same programs; a mutant that one of them catches is caught by the other one."""
    rng = random.Random(seed)
    wires = rng.randint(1, 4)
    source = random_circuit(rng, wires, rng.randint(3, 25), measure=True, clifford=True)
    graph = to_open_graph(source.diagram)
    placed = realise(graph, random_assignment(rng, graph, nodes, third=True), complete(nodes, None))
    good = lower(placed)
    for method in ("stabiliser", "sampled"):
        verdict = verify(good.programs, good.manifest, source.diagram, method=method, budget=0.5)
        assert verdict.holds is True, verdict
    candidates = [
        (k, i)
        for k, p in enumerate(good.programs)
        for i, op in enumerate(p.instructions)
        if isinstance(op, Conditional)
    ]
    for k, i in rng.sample(candidates, min(3, len(candidates))):
        programs = list(good.programs)
        code = programs[k].instructions
        programs[k] = replace(programs[k], instructions=code[:i] + code[i + 1 :])
        found = {
            m: verify(programs, good.manifest, source.diagram, method=m, budget=0.5).holds
            for m in ("stabiliser", "sampled")
        }
        assert found["stabiliser"] is None or found["stabiliser"] == found["sampled"], (k, i)


def test_many_qubits():
    rng = random.Random(1)
    source = random_circuit(rng, 60, 500, measure=True, clifford=True)
    graph = to_open_graph(source.diagram)
    placed = realise(graph, random_assignment(rng, graph, 4, third=False), complete(4, None))
    good = lower(placed)
    verdict = verify(good.programs, good.manifest, source.diagram)
    assert verdict.method == "stabiliser", verdict
    assert verdict.holds is True
    assert "conditions" in verdict.detail  # S gates under conditions: their values are drawn
