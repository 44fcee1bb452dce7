"""The three equalities of diagrams, and the stabiliser method, against the naive oracle on equal, nearly equal and different pairs."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gossamer.checks.case import Case, NotApplicable
from gossamer.checks.equality import equal, equal_stabiliser
from gossamer.checks.rewriting import check_rewriting
from gossamer.conformance.oracle import (
    assignments,
    complete_bits,
    diagram_instrument,
    diagram_map,
    same_instrument,
)
from gossamer.conformance.strategies import any_diagrams, diagrams
from gossamer.diagnostics import InputError, UsageError
from gossamer.ir import equality
from gossamer.ir.diagram import BitKind, Diagram, DiagramBuilder, Register, VertexKind
from gossamer.ir.equality import (
    Difference,
    equal_branches,
    equal_instruments,
    equal_strict,
    find_branch_difference,
    find_instrument_difference,
    find_strict_difference,
)
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.scalar import Scalar
from gossamer.ir.wires import WireBuilder
from tests.profiles import NIGHTLY, QUICK


def flipped(d: Diagram, vertex: int, by: Phase) -> Diagram:
    phases = (*d.phases, d.phase_of(vertex) + by)
    column = d.phase.copy()
    column[vertex] = len(d.phases)
    return replace(d, phase=column, phases=phases)


@st.composite
def pairs(draw: st.DrawFn, source: st.SearchStrategy[Diagram]) -> tuple[Diagram, Diagram]:
    """A diagram, and the same with something done to it that does or does not change the meaning."""
    d = draw(source)
    e = d
    for _ in range(draw(st.integers(0, 2))):
        spiders = np.flatnonzero((d.kind != VertexKind.INPUT) & (d.kind != VertexKind.OUTPUT)).tolist()
        if not spiders:
            break
        match draw(st.sampled_from(["turn", "edge", "colour", "scalar", "results", "loop"])):
            case "turn":
                e = flipped(e, draw(st.sampled_from(spiders)), Phase(draw(st.sampled_from([1, Fraction(1, 2), 2]))))
            case "edge" if e.num_edges:
                hadamard = e.hadamard.copy()
                hadamard[draw(st.integers(0, e.num_edges - 1))] ^= True
                e = replace(e, hadamard=hadamard)
            case "colour":  # a spider of the other colour with every edge toggled is the same map
                v = draw(st.sampled_from(spiders))
                if e.kind[v] in (VertexKind.Z, VertexKind.X):
                    kind, hadamard = e.kind.copy(), e.hadamard.copy()
                    kind[v] = VertexKind.X if kind[v] == VertexKind.Z else VertexKind.Z
                    for side in (0, 1):
                        hadamard[e.edges[:, side] == v] ^= True
                    e = replace(e, kind=kind, hadamard=hadamard)
            case "scalar":
                e = replace(e, scalar=e.scalar * Scalar(draw(st.integers(-1, 1)), Phase(draw(st.sampled_from([0, 1])))))
            case "loop":  # a plain loop at a Z- or X-spider is nothing
                v = draw(st.sampled_from(spiders))
                if e.kind[v] in (VertexKind.Z, VertexKind.X):
                    e = replace(
                        e,
                        edges=np.append(e.edges, np.array([[v, v]], np.int32), axis=0),
                        hadamard=np.append(e.hadamard, False),
                    )
            case "results":
                e = replace(
                    e,
                    registers=tuple(
                        Register(r.name, tuple(~x if draw(st.booleans()) else x for x in r.bits)) for r in e.registers
                    ),
                )
    return d, e


def results(d: Diagram, m: dict[int, bool]) -> list[bool]:
    values = complete_bits(d.bits, m)
    return [x.evaluate(values) for r in d.registers for x in r.bits]


def decide(deviation: float) -> bool:
    """Whether a deviation is one; differences as small as the tolerances are left out."""
    assume(not 1e-12 < deviation < 1e-6)
    return deviation > 1e-9


def oracle(a: Diagram, b: Diagram) -> tuple[bool, bool, bool]:
    """Strict, branch-wise, as instruments: by definition."""
    strict = branches = instruments = True
    ratios = []
    for x in assignments(a.bits, BitKind.INPUT):
        for y in assignments(a.bits, BitKind.OUTCOME):
            m = {**x, **y}
            k, r = diagram_map(a, m), diagram_map(b, m)
            nk, nr = float(np.linalg.norm(k)), float(np.linalg.norm(r))
            zero = [not decide(n) for n in (nk, nr)]
            if any(zero):
                strict &= all(zero)
                branches &= all(zero)
                continue
            same = results(a, m) == results(b, m)
            strict &= same and not decide(float(np.abs(k - r).max()) / nk)
            branches &= same and not decide(float(np.linalg.norm(r - np.vdot(k, r) / nk**2 * k)) / nr)
            ratios.append(nr / nk)
        tables = diagram_instrument(a, x), diagram_instrument(b, x)
        instruments &= same_instrument(*tables, 1e-9)
        assume(same_instrument(*tables, 1e-12) == same_instrument(*tables, 1e-6))
    branches &= not ratios or not decide(max(ratios) / min(ratios) - 1)
    return strict, branches, instruments


def agrees(pair: tuple[Diagram, Diagram]) -> None:
    a, b = pair
    strict, branches, instruments = oracle(a, b)
    assert equal_strict(a, b) == strict, find_strict_difference(a, b)
    assert equal_branches(a, b) == branches, find_branch_difference(a, b)
    assert equal_instruments(a, b) == instruments, find_instrument_difference(a, b)
    assert not strict or branches
    assert not branches or instruments


SMALL = st.one_of(any_diagrams(max_vertices=6, max_edges=6), diagrams(max_wires=2, max_gates=6))


@QUICK
@given(pairs(SMALL))
def test_equality_agrees_with_the_oracle(pair):
    agrees(pair)


@pytest.mark.nightly
@NIGHTLY
@given(pairs(SMALL))
def test_equality_agrees_with_the_oracle_nightly(pair):
    agrees(pair)


CLIFFORD = diagrams(max_wires=3, max_gates=8, clifford=True)


def stabilisers_agree(pair: tuple[Diagram, Diagram]) -> None:
    a, b = pair
    assume(not any(diagram_is_zero(d) for d in pair))
    try:
        found = equal_stabiliser(a, b)
    except NotApplicable:
        assume(False)
    assert found == oracle(a, b)[1]


@QUICK
@given(pairs(CLIFFORD))
def test_stabilisers_agree_with_the_oracle(pair):
    stabilisers_agree(pair)


@pytest.mark.nightly
@NIGHTLY
@given(pairs(CLIFFORD))
def test_stabilisers_agree_with_the_oracle_nightly(pair):
    stabilisers_agree(pair)


PROGRAMS = diagrams(max_wires=2, max_gates=8)


def rewriting_proves_nothing_wrong(pair: tuple[Diagram, Diagram]) -> None:
    """It proves that branches are equal or says nothing."""
    a, b = pair
    assume(not any(diagram_is_zero(d) for d in pair))
    assume(len(a.outcome_bits) == len(b.outcome_bits))
    witness = {i: BitExpr.bit(j) for i, j in zip(a.outcome_bits, b.outcome_bits, strict=True)}
    try:
        proved, _, _ = check_rewriting(Case(a, b, witness, frozenset()))
    except NotApplicable:
        assume(False)
    assert proved
    assert oracle(a, b)[1]


@QUICK
@given(pairs(PROGRAMS))
def test_rewriting_agrees_with_the_oracle(pair):
    rewriting_proves_nothing_wrong(pair)


@pytest.mark.nightly
@NIGHTLY
@given(pairs(PROGRAMS))
def test_rewriting_agrees_with_the_oracle_nightly(pair):
    rewriting_proves_nothing_wrong(pair)


def diagram_is_zero(d: Diagram) -> bool:
    return all(np.abs(diagram_map(d, m)).max(initial=0) < 1e-9 for m in assignments(d.bits, BitKind.OUTCOME))


@QUICK
@given(any_diagrams(max_vertices=4, max_edges=4, input_bits=True), st.data())
def test_classical_inputs_are_all_tried(d, data):
    """A phase under a classical input counts in every context; the weight is one for all of them."""
    bits = [i for i, b in enumerate(d.bits) if b.kind == BitKind.INPUT]
    assume(bits)
    v = data.draw(st.integers(0, d.num_vertices - 1))
    assume(d.kind[v] not in (VertexKind.INPUT, VertexKind.OUTPUT))
    other = flipped(d, v, Phase.of_bit(bits[0]))
    try:
        other.verify()
    except InputError:
        assume(False)
    ratios = []
    for x in assignments(d.bits, BitKind.INPUT):
        for y in assignments(d.bits, BitKind.OUTCOME):
            k, r = (float(np.linalg.norm(diagram_map(z, {**x, **y}))) for z in (d, other))
            if min(k, r) > 1e-9:
                ratios.append(r / k)
    if ratios and max(ratios) / min(ratios) > 1 + 1e-6:
        assert not equal_branches(d, other)
    assert equal_strict(d, other) == oracle(d, other)[0]


def coin(angle: Fraction) -> Diagram:
    w = WireBuilder()
    q = w.add_zero()
    w.rx(q, Phase(angle))
    w.register("c", [BitExpr.bit(w.measure(q))])
    return w.build()


def test_one_scalar_for_all_outcomes():
    """Each branch alone is the same up to a scalar; the probabilities are not."""
    for notion in ("strict", "branches", "instruments"):
        assert not equal(coin(Fraction(1, 2)), coin(Fraction(1, 3)), notion)  # type: ignore[arg-type]
    assert "probability" in str(find_branch_difference(coin(Fraction(1, 2)), coin(Fraction(1, 3))))


def pair_of_states(a: Fraction, b: Fraction) -> Diagram:
    d = DiagramBuilder()
    d.edge(d.vertex(VertexKind.Z, Phase(a)), d.vertex(VertexKind.Z, Phase(b)))
    return d.build()


def test_a_number_that_cancels_is_zero():
    """1 + exp(i pi) in floating point is not quite 0, and proportional to every other number."""
    zero, two = pair_of_states(Fraction(1, 3), Fraction(2, 3)), pair_of_states(Fraction(4, 3), Fraction(2, 3))
    for notion in ("strict", "branches", "instruments"):
        assert not equal(zero, two, notion)  # type: ignore[arg-type]
        assert not equal(two, zero, notion)  # type: ignore[arg-type]
        assert equal(zero, zero, notion)  # type: ignore[arg-type]


def test_small_angles_are_seen():
    """The overlap of two maps would be quadratic in this difference, and 1 up to 1e-10."""

    def turned(angle: Fraction) -> Diagram:
        w = WireBuilder()
        q = w.add_input("q")
        w.rz(q, Phase(angle))
        w.output(q, "q")
        return w.build()

    for notion in ("strict", "branches", "instruments"):
        assert not equal(turned(Fraction(1, 10**5)), turned(Fraction(0)), notion)  # type: ignore[arg-type]


def line(length: int, flip: bool, *, tail: Fraction = Fraction(0)) -> Diagram:
    w = WireBuilder()
    wires = [w.add_input(f"q{i}") for i in range(length)]
    for a, b in itertools.pairwise(wires):
        w.cx(a, b)
    if flip:
        w.rz(wires[length // 2], Phase(1))
    w.rz(wires[0], Phase(tail))
    for i, q in enumerate(wires):
        w.output(q, f"q{i}")
    return w.build()


@pytest.mark.clause("SEM-2")
def test_beyond_tensors_by_stabilisers_or_a_refusal():
    assert equal(line(40, False), line(40, False))
    assert not equal(line(40, False), line(40, True))
    with pytest.raises(InputError) as caught:
        equal(line(40, False), line(40, False, tail=Fraction(1, 4)))
    assert caught.value.code == "SEM-2"
    with pytest.raises(InputError, match="strict"):
        equal(line(40, False), line(40, False), "strict")
    with pytest.raises(UsageError):
        equal(line(2, False), line(2, False), "nearly")  # type: ignore[arg-type]


@pytest.mark.parametrize("equality", [equal_strict, equal_branches, equal_instruments])
def test_what_cannot_be_compared_is_refused(equality):
    w = WireBuilder()
    q = w.add_input("q")
    w.rz(q, Phase.of_symbol("theta"))
    w.output(q, "q")
    with pytest.raises(InputError, match="theta"):
        equality(w.build(), w.build())
    w = WireBuilder()
    for _ in range(17):
        w.measure(w.add_zero())
    with pytest.raises(InputError) as caught:
        equality(w.build(), w.build())
    assert caught.value.code == "SEM-2"
    assert not equality(line(1, False), line(2, False))
    assert not equality(coin(Fraction(1)), line(1, False))


# --- why two diagrams differ -----------------------------------------------------------------------------------------------

HALF, THIRD = Fraction(1, 2), Fraction(1, 3)


def measured(
    angle: Fraction | int = Fraction(1, 3),
    *,
    wires: int = 1,
    results: str = "m",
    turn: Fraction | int = 0,
    keep: bool = False,
    name: str = "c",
) -> Diagram:
    """Wires in state 0, turned about X and measured; the last kept and turned about Z; ``results``: m(easured), n(ot), 0, 1."""
    w = WireBuilder()
    bits = []
    for i in range(wires):
        q = w.add_zero()
        w.rx(q, Phase(angle))
        bits.append(w.measure(q, keep=keep and i == wires - 1))
    if keep:
        w.h(q)
        w.rz(q, Phase(turn))
        w.output(q, "q")
    exprs = {"m": BitExpr.bit(bits[0]), "n": ~BitExpr.bit(bits[0]), "0": BitExpr(), "1": BitExpr.const(1)}
    w.register(name, [exprs[x] for x in results])
    return w.build()


def conditional(**turns: Fraction) -> Diagram:
    """A wire with a turn under each of the classical inputs."""
    w = WireBuilder()
    q = w.add_input("q")
    for name, turn in turns.items():
        w.rz(q, Phase(turn).times(BitExpr.bit(w.builder.input_bit(name))))
    w.output(q, "q")
    return w.build()


def wire(phase: Phase | None = None, *, legs: int = 1) -> Diagram:
    w = WireBuilder()
    for i in range(legs):
        q = w.add_input(f"q{i}")
        w.rz(q, phase or Phase())
        w.output(q, f"q{i}")
    return w.build()


ZERO_WIRE = replace(wire(), scalar=Scalar(factor=0))
#: Two diagrams, and what the three comparisons say.
REASONS = {
    "the same": (measured(), measured(), None, None, None),
    "legs": (wire(), wire(legs=2), *["the numbers of inputs or outputs differ"] * 3),
    "inputs and outputs": (wire(), measured(keep=True), *["the numbers of inputs or outputs differ"] * 3),
    "registers": (measured(), measured(results="mm"), *["the registers differ"] * 3),
    "names of registers do not count": (measured(), measured(name="d"), None, None, None),
    "classical inputs": (conditional(x=HALF), conditional(y=HALF), *["the classical inputs differ"] * 3),
    "outcomes": (
        measured(),
        measured(wires=2),
        *["the numbers of outcomes differ"] * 2,
        None,
    ),
    "angle": (
        measured(THIRD),
        measured(HALF),
        "the maps differ at b0=0",
        "an outcome has a wrong probability at b0=1",
        "the maps of result 0 differ",
    ),
    "results": (
        measured(HALF, results="m1"),
        measured(HALF, results="n1"),
        "the results differ at b0=0",
        "the results differ at b0=0",
        None,
    ),
    "constant results": (
        measured(HALF, results="0"),
        measured(HALF, results="1"),
        "the results differ at b0=0",
        "the results differ at b0=0",
        "the maps of result 0 differ",
    ),
    "two results": (
        measured(THIRD, results="mn"),
        measured(HALF, results="mn"),
        "the maps differ at b0=0",
        "an outcome has a wrong probability at b0=1",
        "the maps of result 01 differ",
    ),
    "two outcomes": (
        measured(THIRD, wires=2, results=""),
        measured(1, wires=2, results=""),
        "one of the maps is zero at b0=0, b1=0",
        "outcomes 00 of the first diagram never occur",
        None,
    ),
    "a phase": (
        replace(wire(), scalar=Scalar(phase=Phase(HALF))),
        wire(),
        "the maps differ",
        None,
        None,
    ),
    "a factor": (replace(wire(), scalar=Scalar(power=2)), wire(), "the maps differ", None, None),
    "a turn": (
        measured(HALF, keep=True),
        measured(HALF, keep=True, turn=THIRD),
        "the maps differ at b0=0",
        "the maps differ at b0=0",
        "the maps of result 0 differ",
    ),
    "nothing reported": (
        wire(),
        wire(Phase(THIRD)),
        "the maps differ",
        "the maps differ",
        "the maps of result none differ",
    ),
    "zero": (
        wire(),
        ZERO_WIRE,
        "one of the maps is zero",
        "outcomes  of the first diagram never occur",
        "one of the diagrams is zero",
    ),
    "zero at first": (
        ZERO_WIRE,
        wire(),
        "one of the maps is zero",
        "an outcome occurs that the first diagram cannot have",
        "one of the diagrams is zero",
    ),
    "both zero": (ZERO_WIRE, ZERO_WIRE, None, None, None),
    "an outcome that cannot occur": (
        measured(1),
        measured(THIRD),
        "the maps differ at b0=1",
        "an outcome occurs that the first diagram cannot have at b0=0",
        "the maps of result 1 differ",
    ),
    "an outcome that never occurs": (
        measured(THIRD),
        measured(1),
        "one of the maps is zero at b0=0",
        "outcomes 0 of the first diagram never occur",
        "the maps of result 0 differ",
    ),
    "order of classical inputs": (conditional(x=HALF, y=THIRD), conditional(y=THIRD, x=HALF), None, None, None),
    "names of classical inputs": (
        conditional(x=HALF, y=THIRD),
        conditional(y=HALF, x=THIRD),
        "the maps differ at b0=0, b1=1",
        "the maps differ at b0=0, b1=1",
        "the maps of result none differ at b0=0, b1=1",
    ),
    "under a classical input": (
        conditional(x=HALF, y=HALF),
        conditional(x=THIRD, y=HALF),
        "the maps differ at b0=1, b1=0",
        "the maps differ at b0=1, b1=0",
        "the maps of result none differ at b0=1, b1=0",
    ),
}


@pytest.mark.parametrize("case", REASONS)
def test_differences_say_why_and_where(case):
    a, b, *said = REASONS[case]
    found = [f(a, b) for f in (find_strict_difference, find_branch_difference, find_instrument_difference)]
    assert [None if x is None else str(x) for x in found] == said
    assert [equal_strict(a, b), equal_branches(a, b), equal_instruments(a, b)] == [x is None for x in said]


def test_a_difference_names_bits_in_order():
    assert str(Difference("so", {2: True, 0: False})) == "so at b0=0, b2=1"
    assert str(Difference("so", {})) == "so"


def test_tolerances_are_the_callers():
    a, b = wire(), wire(Phase(Fraction(1, 10**4)))
    for equal_ in (equal_strict, equal_instruments):
        assert equal_(a, b, tol=1e-3)
        assert not equal_(a, b, tol=1e-5)
        assert not equal_(a, b)
    assert equal_branches(a, b, tol=1e-3)
    assert not equal_branches(a, b, tol=1e-5)


def test_large_numbers_are_compared_relatively():
    a, b = wire(), wire(Phase(Fraction(1, 10**4)))
    for power in (-200, 200):
        x, y = (replace(d, scalar=Scalar(power=power)) for d in (a, b))
        assert equal_strict(x, y, tol=1e-3)
        assert equal_strict(x, y) == (power < 0)  # numbers below the tolerance are not told apart
        assert not equal_branches(x, y)
        assert not equal_instruments(x, y)


def witnessed() -> tuple[Diagram, Diagram]:
    """One measured wire, and the same with a coin whose value does or does not matter."""
    w = WireBuilder()
    q = w.add_zero()
    w.rx(q, Phase(HALF))
    m = w.measure(q)
    w.register("c", [BitExpr.bit(m)])
    a = w.build()
    w = WireBuilder()
    coin = w.add_zero()
    w.h(coin)
    f = w.measure(coin)
    q = w.add_zero()
    w.rx(q, Phase(HALF))
    m = w.measure(q)
    w.register("c", [BitExpr.bit(m) ^ BitExpr.bit(f)])
    return a, w.build()


def test_a_witness_names_the_branch_of_the_first_diagram():
    a, b = witnessed()
    good = {0: BitExpr.bit(0) ^ BitExpr.bit(1)}
    assert equal_branches(a, b, good)
    assert str(find_branch_difference(a, b, {0: BitExpr.bit(1)})) == "the results differ at b0=1, b1=0"
    assert str(find_branch_difference(a, b, {0: BitExpr.const(1)})) == "the results differ at b0=0, b1=0"
    both = {0: BitExpr.bit(0) & BitExpr.bit(1)}
    free_a, free_b = (replace(d, registers=()) for d in (a, b))
    assert equal_branches(free_a, free_b, good)
    assert str(find_branch_difference(free_a, free_b, both)) == "some outcomes occur more often than others"
    assert str(find_branch_difference(free_a, free_b, {0: BitExpr.const(1)})) == (
        "outcomes 0 of the first diagram never occur"
    )


@pytest.mark.clause("SEM-1", "SEM-2")
def test_refusals_read_well(monkeypatch):
    def said(a: Diagram, b: Diagram, find=find_strict_difference) -> str:
        with pytest.raises(InputError) as caught:
            find(a, b)
        return str(caught.value)

    symbols = wire(Phase.of_symbol("t") + Phase.of_symbol("s"))
    in_scalar = replace(wire(), scalar=Scalar(phase=Phase.of_symbol("u")))
    for pair, name in (((symbols, wire()), "s"), ((wire(), symbols), "s"), ((in_scalar, wire()), "u")):
        for find in (find_strict_difference, find_branch_difference, find_instrument_difference):
            assert said(*pair, find).splitlines() == [
                f"error[SEM-1]: the symbol {name} has no value",
                "help: bind it first",
            ]
    monkeypatch.setattr(equality, "MAX_OUTCOMES", 2)
    assert equal_strict(measured(wires=2), measured(wires=2))
    assert said(measured(wires=3), measured(wires=3)) == (
        "error[SEM-2]: a diagram with 3 outcomes is too large to compare map by map"
    )
    monkeypatch.setattr(equality, "MAX_INPUTS", 1)
    assert equal_strict(conditional(x=HALF), conditional(x=HALF))
    assert said(conditional(x=HALF, y=HALF), conditional(x=HALF)) == (
        "error[SEM-2]: a diagram with 2 classical inputs is too large to compare map by map"
    )
    monkeypatch.setattr(equality, "MAX_LEGS", 2)
    assert equal_instruments(wire(), wire())
    assert said(wire(legs=2), wire(legs=2), find_instrument_difference) == (
        "error[SEM-2]: the instrument of a diagram with 4 inputs and outputs is too large to write down"
    )
    huge = replace(wire(), scalar=Scalar(power=2**31 - 1))
    assert said(huge, huge) == "error[SEM-2]: the scalar is too large to compare map by map"
    assert equal_branches(huge, wire())


def test_large_diagrams_stay_in_range():
    """Hundreds of edges whose numbers would leave the range of floats, were they not divided by a common one."""

    def long(gates: int, turn: Fraction) -> Diagram:
        w = WireBuilder()
        q = w.add_input("q")
        for i in range(gates):
            w.h(q)
            w.rz(q, Phase(Fraction(1 + i % 7, 8)))
        w.rz(q, Phase(turn))
        w.output(q, "q")
        return w.build()

    for gates in (390, 410, 1300):
        for find in (find_branch_difference, find_instrument_difference):
            assert find(long(gates, Fraction(0)), long(gates, Fraction(2))) is None
            assert find(long(gates, Fraction(0)), long(gates, Fraction(1, 100))) is not None
