"""Measurement patterns: what cannot be run is refused with its clause, and what can be run means what the oracle says."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given

from gossamer.conformance.oracle import (
    assignments,
    complete_bits,
    diagram_map,
    pattern_map,
    same_up_to_phase,
)
from gossamer.conformance.strategies import patterns
from gossamer.diagnostics import InputError
from gossamer.formats.graphix_json import graphix_pattern
from gossamer.formats.json_places import JsonText
from gossamer.ir.compose import bind, symbols
from gossamer.ir.diagram import Bit, BitKind, Register
from gossamer.ir.pattern import (
    Basis,
    Clifford,
    CorrectX,
    CorrectZ,
    Entangle,
    Measure,
    Pattern,
    Prepare,
    outcomes,
    read_angle,
    to_diagram,
)
from gossamer.ir.phase import BitExpr, Phase
from tests.profiles import NIGHTLY, QUICK
from tests.shared import SHARED, needs_shared

B0, B1 = BitExpr.bit(0), BitExpr.bit(1)


def make(commands, nodes=(), *, inputs=(0,), ends=(1,), bits=None, registers=()) -> Pattern:
    """A pattern with names for its ends, whose bits are the outcomes of ``nodes``."""
    return Pattern(
        inputs=tuple(inputs),
        outputs=tuple(ends),
        commands=tuple(commands),
        bits=outcomes(nodes) if bits is None else bits,
        registers=registers,
        input_names=tuple(f"i{k}" for k in range(len(inputs))),
        output_names=tuple(f"o{k}" for k in range(len(ends))),
    )


def check_meaning(pattern: Pattern) -> None:
    """Every K_m, weights and scalar included: only the phase of a map is free."""
    pattern.verify()
    d = to_diagram(pattern)
    d.verify()
    assert (d.input_names, d.output_names) == (pattern.input_names, pattern.output_names)
    assert d.registers == pattern.registers
    assert d.bits[: len(pattern.bits)] == tuple(
        replace(b, vertex=d.bits[i].vertex) if b.kind == BitKind.OUTCOME else b for i, b in enumerate(pattern.bits)
    )
    whole = 0.0
    for m in assignments(pattern.bits, BitKind.OUTCOME, BitKind.INPUT):
        k, wanted = diagram_map(d, complete_bits(d.bits, m)), pattern_map(pattern, m)
        assert same_up_to_phase(wanted, k), m
        assert math.isclose(np.linalg.norm(k), np.linalg.norm(wanted), abs_tol=1e-7), m
        whole += float(np.linalg.norm(k) ** 2)
    contexts = 2 ** sum(b.kind == BitKind.INPUT for b in pattern.bits)
    assert math.isclose(
        whole, contexts * 2 ** len(pattern.inputs), rel_tol=1e-9
    )  # the outcomes are all that can happen


@QUICK
@given(patterns(input_bits=True))
def test_the_diagram_of_a_pattern_is_its_instrument(pattern):
    check_meaning(pattern)


@pytest.mark.nightly
@NIGHTLY
@given(patterns(input_bits=True))
def test_the_diagram_of_a_pattern_is_its_instrument_nightly(pattern):
    check_meaning(pattern)


@pytest.mark.parametrize("basis", Basis)
@pytest.mark.parametrize("signals", range(4))
def test_signals_of_every_basis(basis, signals):
    """One measurement at an angle in general position, with each of the four values of its signals."""
    angle = Phase(1) if basis.is_pauli else Phase(Fraction(2, 7))
    s, t = BitExpr.const(signals & 1), BitExpr.const(signals >> 1)
    check_meaning(make([Measure(0, basis, angle, s, t)], [0], ends=()))


@pytest.mark.parametrize("word", ["h", "s", "sdg", "x", "y", "z", "hs", "sh", "ys", "hsh"])
def test_letters_act_from_the_left(word):
    word = ("sdg",) if word == "sdg" else tuple(word)
    check_meaning(make([Clifford(0, word)], ends=(0,)))


def test_long_domains_become_derived_bits():
    """A parity of 30 outcomes times an angle would have 2^30 terms."""
    n = 30
    commands = [Prepare(v) for v in range(1, n + 2)] + [Entangle(v, v + 1) for v in range(n + 1)]
    commands += [Measure(v) for v in range(n)]
    parity = BitExpr.xor(range(n))
    commands += [Measure(n, Basis.XZ, Phase(Fraction(1, 4)), parity, parity ^ B0)]
    d = to_diagram(make(commands, range(n + 1), ends=(n + 1,)))
    d.verify()
    assert [b.expr for b in d.bits[n + 1 :]] == [parity, parity ^ B0]
    assert max(len(p.terms) for p in d.phases) < 10


def test_symbols_are_bound_after_lowering():
    angle = Phase.of_symbol("theta", 2)
    p = make([Prepare(1), Entangle(0, 1), Measure(0, Basis.YZ, angle), CorrectZ(1, B0)], [0])
    p.verify()
    d = to_diagram(p)
    assert symbols(d) == {"theta"}
    bound = bind(d, {"theta": Fraction(1, 8)})
    plain = replace(p, commands=(*p.commands[:2], Measure(0, Basis.YZ, Phase(Fraction(1, 4))), p.commands[3]))
    for m in ({0: False}, {0: True}):
        assert same_up_to_phase(diagram_map(bound, m), pattern_map(plain, m))


def test_a_forgotten_outcome_stays_one_and_a_used_one_is_none():
    from gossamer.conformance.oracle import diagram_instrument, same_instrument

    used = to_diagram(make([Prepare(1), Entangle(0, 1), Measure(0), CorrectX(1, B0)], [0]))
    lost = to_diagram(make([Prepare(1), Entangle(0, 1), Measure(0)], [0]))
    assert any(B0.bits & p.bits for p in (used.phase_of(v) for v in range(used.bits[0].vertex + 1, used.num_vertices)))
    assert not any(p.bits for p in (lost.phase_of(v) for v in range(lost.bits[0].vertex + 1, lost.num_vertices)))
    assert not same_instrument(diagram_instrument(used), diagram_instrument(lost))


N1, E01, M0, OK = Prepare(1), Entangle(0, 1), Measure(0), [0]
BAD = [
    ("PT-1", make([N1, E01, M0], OK, inputs=(0, 0))),
    ("PT-1", make([N1, E01, M0], OK, inputs=(-1,))),
    ("PT-1", make([Prepare(2**31)], OK)),
    ("PT-1", make([Prepare("x")], OK)),
    ("PT-1", make([N1, E01, "M 0"], OK)),
    ("PT-1", make([N1, E01, Measure(0, "XY")], OK)),
    ("PT-2", make([N1, N1, E01, M0], OK)),
    ("PT-2", make([N1, E01, M0, Measure(1), N1], [0, 1])),
    ("PT-3", make([Prepare(0), N1, E01, M0], OK)),
    ("PT-4", make([N1, M0, E01], OK)),
    ("PT-4", make([Measure(1), N1, E01], [1])),
    ("PT-4", make([N1, E01, M0, M0], OK)),
    ("PT-4", make([N1, E01, M0, Clifford(0, ("h",))], OK)),
    ("PT-4", make([N1, E01, M0, CorrectX(7, B0)], OK)),
    ("PT-5", make([N1, Entangle(1, 1), M0], OK)),
    ("PT-6", make([N1, E01, M0, Measure(1)], [0, 1])),
    ("PT-6", make([N1, E01, M0], OK, ends=(1, 2))),
    ("PT-6", make([N1, Prepare(2), E01, M0], OK)),
    ("PT-7", make([N1, E01, M0])),
    ("PT-7", make([N1, E01, M0], [0, 0])),
    ("PT-7", make([N1, E01, M0], [0, 1])),
    ("PT-7", make([N1, E01, M0], [0, 9])),
    ("PT-8", make([N1, E01, Measure(0, s_domain=B0)], OK)),
    ("PT-8", make([N1, E01, Measure(0, angle=Phase.of_bit(0))], OK)),
    ("PT-8", make([N1, Prepare(2), Measure(0, s_domain=B1), Measure(1, s_domain=B0)], [0, 1], ends=(2,))),
    ("PT-8", make([N1, E01, CorrectZ(1, B0), M0], OK)),
    ("PT-8", make([N1, E01, CorrectZ(1, B1), M0], bits=(*outcomes([0]), Bit(BitKind.DERIVED, expr=~B0)))),
    ("PT-9", make([N1, E01, Measure(0, Basis.X, Phase(Fraction(1, 2)))], OK)),
    ("PT-9", make([N1, E01, Measure(0, Basis.Z, Phase.of_symbol("t"))], OK)),
    ("PT-10", make([N1, E01, M0, Clifford(1, ("t",))], OK)),
    ("PT-10", make([N1, E01, M0, Clifford(1, ("h",) * 25)], OK)),
    ("IR-4", replace(make([N1, E01, M0], OK), output_names=())),
    ("IR-4", make([N1, E01, M0], OK, registers=(Register("c", ()), Register("c", ())))),
    ("IR-5", make([N1, E01, M0], bits=(*outcomes([0]), Bit(BitKind.DERIVED, expr=B1)))),
    ("IR-6", make([N1, E01, Measure(0, s_domain=BitExpr.bit(7))], OK)),
    ("IR-6", make([N1, E01, Measure(0, angle=Phase.of_bit(7))], OK)),
    ("IR-6", make([N1, E01, M0], OK, registers=(Register("c", (BitExpr.bit(3),)),))),
    ("IR-9", make([N1, E01, Measure(0, angle=Phase.of_symbol("b0"))], OK)),
]


@pytest.mark.parametrize(("code", "pattern"), BAD)
def test_what_cannot_be_run_is_refused(code, pattern):
    with pytest.raises(InputError) as caught:
        pattern.verify()
    assert caught.value.code == code, str(caught.value)
    assert len(caught.value.diagnostic.message) < 400


@pytest.mark.clause("PT-9")
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_an_angle_is_finite(value):
    with pytest.raises(InputError) as caught:
        read_angle(value)
    assert caught.value.code == "PT-9"


def test_inputs_and_what_is_made_of_them_are_known_from_the_start():
    bits = (
        Bit(BitKind.INPUT, name="a"),
        Bit(BitKind.DERIVED, expr=~B0),
        Bit(BitKind.DERIVED, expr=B0 ^ B1),
        Bit(BitKind.OUTCOME, 0),
        Bit(BitKind.DERIVED, expr=BitExpr.bit(2) & BitExpr.bit(3)),
    )
    good = make(
        [N1, E01, Measure(0, s_domain=BitExpr.bit(2), t_domain=B1), CorrectX(1, BitExpr.bit(4))],
        bits=bits,
        registers=(Register("c", (BitExpr.bit(4),)),),
    )
    check_meaning(good)
    with pytest.raises(InputError, match="b4"):
        replace(good, commands=(N1, E01, CorrectX(1, BitExpr.bit(4)), M0)).verify()


# --- files of other projects ---------------------------------------------------------------------------------------------


@needs_shared
def test_patterns_of_other_projects_are_accepted():
    files = sorted((SHARED / "corpus" / "mbqc").rglob("*.pattern.json"))
    assert len(files) == 81
    for path in files:
        p = graphix_pattern(JsonText(path.read_text(), path.name, "PT-12", "PT-13").parse())
        p.verify()
        d = to_diagram(p)
        d.verify()
        if len({c.node for c in p.commands if isinstance(c, Prepare)} | set(p.inputs)) <= 8:
            check_meaning(p)
