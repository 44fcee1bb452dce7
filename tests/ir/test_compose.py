"""The laws of the algebra of diagrams, each on random diagrams with bits, H-boxes, cups, symbols and scalars."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gossamer.diagnostics import InputError
from gossamer.ir import compose
from gossamer.ir.canonical import digest
from gossamer.ir.compose import (
    State,
    adjoint,
    bind,
    discard,
    feed,
    identity,
    plug,
    project,
    renamed,
    tensor,
    then,
    trace,
)
from gossamer.ir.compose import given as branch_of
from gossamer.ir.diagram import BitKind, DiagramBuilder, VertexKind
from gossamer.ir.equality import equal_instruments
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.wires import WireBuilder
from tests.ir.drawn import assignments, complete, strict_map, zx_diagrams
from tests.profiles import NIGHTLY, QUICK

FEW = settings(QUICK, max_examples=60)

VECTORS = {
    State.ZERO: np.array([1, 0]),
    State.ONE: np.array([0, 1]),
    State.PLUS: np.array([1, 1]) / np.sqrt(2),
    State.MINUS: np.array([1, -1]) / np.sqrt(2),
}


@st.composite
def chains(draw, length: int, *, outcomes: bool = True, symbols: tuple[str, ...] = (), size: int = 4):
    """Diagrams that can be composed in this order."""
    wires = [draw(st.integers(0, 2)) for _ in range(length + 1)]
    return [
        draw(
            zx_diagrams(
                inputs=wires[i], outputs=wires[i + 1], outcomes=outcomes, symbols=symbols, size=size, tag="abc"[i]
            )
        )
        for i in range(length)
    ]


def part(bits: dict[int, int], start: int, d) -> dict[int, int]:
    return {i: bits[start + i] for i in range(len(d.bits))}


def law_composition_is_the_product(ds):
    a, b = ds
    c = then(a, b)
    c.verify()
    assert (c.input_names, c.output_names) == (a.input_names, b.output_names)
    for bits in assignments(c):
        left = strict_map(b, part(bits, len(a.bits), b)) @ strict_map(a, part(bits, 0, a))
        assert np.allclose(strict_map(c, bits), left, atol=1e-8)


def law_tensor_is_the_kronecker_product(ds):
    a, b = ds
    c = tensor(a, b)
    c.verify()
    for bits in assignments(c):
        right = np.kron(strict_map(a, part(bits, 0, a)), strict_map(b, part(bits, len(a.bits), b)))
        assert np.allclose(strict_map(c, bits), right, atol=1e-8)


def law_composition_is_associative(ds):
    a, b, c = ds
    assert then(then(a, b), c) == then(a, then(b, c))


def law_tensor_is_associative(ds):
    a, b, c = ds
    assert tensor(tensor(a, b), c) == tensor(a, tensor(b, c)) == tensor(a, b, c)


def law_identities(ds):
    (a,) = ds
    for same in (then(identity(a.input_names), a), then(a, identity(a.output_names)), tensor(a, tensor())):
        same.verify()
        assert digest(same) == digest(a)


def law_interchange(ds):
    """Composing side by side and putting compositions side by side are the same but for the numbering and the order of registers.

    Registers are listed in the order of the parts, which is another one on the two sides.
    """
    a, b, c = ds
    d = replace_tags(c)
    left = then(tensor(a, c), tensor(b, d))
    right = tensor(then(a, b), then(c, d))
    left.verify()
    left, right = (replace(x, registers=tuple(sorted(x.registers, key=lambda r: r.name))) for x in (left, right))
    assert digest(left) == digest(right)


def replace_tags(c):
    """The adjoint of c, with other names."""
    d = adjoint(c)
    return renamed(
        d,
        registers={r.name: r.name + "'" for r in d.registers},
        bits={b.name: b.name + "'" for b in d.bits if b.kind == BitKind.INPUT},
    )


def law_adjoint(ds):
    a, b = ds
    c = then(a, b)
    backwards = adjoint(c)
    backwards.verify()
    assert adjoint(backwards) == c
    other = then(adjoint(b), adjoint(a))
    for bits in assignments(c):
        assert np.allclose(strict_map(backwards, bits), strict_map(c, bits).conj().T, atol=1e-8)
        k = len(a.bits)
        moved = {i: bits[(i + k) % len(c.bits)] for i in range(len(c.bits))}  # the bits of b come first now
        assert np.allclose(strict_map(other, moved), strict_map(backwards, bits), atol=1e-8)
    if not c.bits:
        assert digest(other) == digest(backwards)


def law_binding(ds, x, y):
    a, b = ds
    both = then(a, b)
    known = compose.symbols(both)
    values = {name: v for name, v in {"t": x, "u": y}.items() if name in known}
    parts = [bind(d, {n: v for n, v in values.items() if n in compose.symbols(d)}) for d in ds]
    bound = bind(both, values)
    assert bound == then(*parts)
    assert not compose.symbols(bound)
    if len(values) == 2:
        assert bind(bind(both, {"t": x}), {"u": y}) == bound == bind(bind(both, {"u": y}), {"t": x})


def law_closing(d, states, effects):
    ins = dict(zip(d.input_names, states, strict=False))
    outs = dict(zip(d.output_names, effects, strict=False))
    closed = project(plug(d, ins), outs)
    closed.verify()
    column, row = np.ones(1), np.ones(1)
    for s in states[: len(d.inputs)]:
        column = np.kron(column, VECTORS[s])
    for s in effects[: len(d.outputs)]:
        row = np.kron(row, VECTORS[s])
    for bits in assignments(d):
        assert np.allclose(strict_map(closed, bits), row @ strict_map(d, bits) @ column, atol=1e-8)
    for name in d.input_names[:1]:
        one = plug(d, {name: states[0]})
        one.verify()
        for bits in assignments(d):
            n = len(d.inputs) - 1
            v = np.kron(VECTORS[states[0]].reshape(2, 1), np.eye(2**n))
            assert np.allclose(strict_map(one, bits), strict_map(d, bits) @ v, atol=1e-8)


def law_discarding(d):
    """The new outcomes are those of a measurement: their Choi matrices add up to the partial trace."""
    gone = discard(d, d.output_names[:1])
    gone.verify()
    n = len(d.bits)
    for bits in assignments(d):
        whole = strict_map(d, bits)
        rows = whole.reshape(2, -1, whole.shape[1])
        for value in (0, 1):
            assert np.allclose(strict_map(gone, {**bits, n: value}), rows[value], atol=1e-8)


def law_tracing(d):
    looped = trace(d, dict(zip(d.output_names, d.input_names, strict=True)))
    looped.verify()
    for bits in assignments(d):
        assert np.allclose(strict_map(looped, bits), np.trace(strict_map(d, bits)), atol=1e-8)
    if len(d.inputs) == 2:
        looped = trace(d, {d.output_names[1]: d.input_names[0]})
        looped.verify()
        for bits in assignments(d):
            partial = np.einsum("oiik->ok", strict_map(d, bits).reshape(2, 2, 2, 2))
            assert np.allclose(strict_map(looped, bits), partial, atol=1e-8)


def law_branches(d):
    for bits in assignments(d):
        one = branch_of(d, {i: bool(bits[i]) for i in d.outcome_bits})
        one.verify()
        assert not one.outcome_bits
        assert np.allclose(strict_map(one, complete(one, bits)), strict_map(d, bits), atol=1e-8)
        back = adjoint(one)
        back.verify()
        assert np.allclose(strict_map(back, complete(one, bits)), strict_map(d, bits).conj().T, atol=1e-8)
        return  # the first will do: examples are many


VALUES = st.one_of(st.fractions(-2, 2, max_denominator=12), st.floats(-4, 4), st.integers(-3, 3))
STATES = st.lists(st.sampled_from(State), min_size=2, max_size=2)
LAWS = {
    law_composition_is_the_product: (chains(2),),
    law_tensor_is_the_kronecker_product: (chains(2, size=3),),
    law_composition_is_associative: (chains(3, symbols=("t",)),),
    law_tensor_is_associative: (chains(3, symbols=("t",)),),
    law_identities: (chains(1, symbols=("t",)),),
    law_interchange: (chains(3, outcomes=False, size=2),),
    law_adjoint: (chains(2, outcomes=False),),
    law_binding: (chains(2, symbols=("t", "u")), VALUES, VALUES),
    law_closing: (zx_diagrams(), STATES, STATES),
    law_discarding: (zx_diagrams(outputs=2),),
    law_tracing: (st.integers(0, 2).flatmap(lambda n: zx_diagrams(inputs=n, outputs=n, outcomes=False)),),
    law_branches: (zx_diagrams(),),
}


def check(law, profile) -> None:
    profile(given(*LAWS[law])(law))()


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_laws(law):
    check(law, FEW)


@pytest.mark.nightly
@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_laws_nightly(law):
    check(law, NIGHTLY)


# --- examples --------------------------------------------------------------------------------------------------------


def cups():
    """A cup and a cap: an output joined to an output, an input to an input."""
    b = DiagramBuilder()
    b.edge(b.output("x"), b.output("y"))
    cup = b.build()
    b = DiagramBuilder()
    b.edge(b.input("x"), b.input("y"), hadamard=True)
    return cup, b.build()


def test_circles_are_numbers():
    cup, cap = cups()
    assert then(cup, cap).scalar.is_zero
    plain = replace(cap, hadamard=np.zeros(1, np.bool_))
    assert then(cup, plain).scalar.value() == pytest.approx(2)
    assert then(cup, plain).num_vertices == 0


def test_yanking_a_wire():
    cup, cap = cups()
    plain = replace(cap, hadamard=np.zeros(1, np.bool_))
    wire = identity("q")
    other = renamed(wire, inputs={"q": "p"}, outputs={"q": "p"})
    yanked = then(tensor(wire, cup), tensor(plain, other))
    assert (yanked.num_vertices, yanked.num_edges, yanked.scalar.is_one) == (2, 1, True)


def test_teleportation_by_parts():
    """Measure here, correct there: outcomes are fed forward into the classical inputs of the second part."""
    w = WireBuilder()
    q, a, b = w.add_input("q"), w.add_zero(), w.add_zero()
    w.h(a)
    w.cx(a, b)
    w.cx(q, a)
    w.h(q)
    m = [w.measure(q), w.measure(a)]
    w.output(b, "b")
    send = w.build()
    w = WireBuilder()
    b = w.add_input("b")
    z, x = (w.builder.input_bit(n) for n in "zx")
    w.rx(b, Phase.of_bit(x))
    w.rz(b, Phase.of_bit(z))
    w.output(b, "b")
    whole = feed(then(send, w.build()), {"z": BitExpr.bit(m[0]), "x": BitExpr.bit(m[1])})
    assert equal_instruments(whole, identity("q"))


def test_spans_follow_their_vertices():
    from gossamer.diagnostics import Span

    w = WireBuilder()
    q = w.add_input("q")
    w.span = Span("f", 3, 1)
    w.rz(q, Phase(Fraction(1, 4)))
    w.output(q, "q")
    d = w.build()
    for e in (then(d, d), adjoint(d), tensor(tensor(), d)):
        assert all(e.kind[v] == VertexKind.Z for v in e.spans)
        assert e.spans


def measured():
    w = WireBuilder()
    q = w.add_input("q")
    bit = w.measure(q, keep=True)
    w.register("c", [BitExpr.bit(bit)])
    w.output(q, "q")
    return w.build()


def flagged():
    w = WireBuilder()
    q = w.add_input("q")
    w.rx(q, Phase.of_bit(w.builder.input_bit("flag")) + Phase.of_symbol("t"))
    m = w.measure(q)
    w.builder.register("d", [BitExpr.bit(m)])
    return w.build()


REFUSED = [
    ("AL-1", lambda: then(identity("ab"), identity("a"))),
    ("AL-2", lambda: then(measured(), measured())),
    ("AL-2", lambda: tensor(identity("a"), identity("a"))),
    ("AL-2", lambda: tensor(flagged(), renamed(flagged(), inputs={"q": "p"}, registers={"d": "e"}))),
    ("AL-2", lambda: renamed(identity("ab"), inputs={"a": "b"})),
    ("AL-3", lambda: adjoint(measured())),
    ("AL-3", lambda: trace(measured(), {"q": "q"})),
    ("AL-4", lambda: plug(identity("a"), {"b": State.ZERO})),
    ("AL-4", lambda: project(identity("a"), {"b": State.ZERO})),
    ("AL-4", lambda: discard(identity("a"), ["b"])),
    ("AL-4", lambda: discard(identity("a"), ["a", "a"])),
    ("AL-4", lambda: trace(identity("ab"), {"a": "a", "b": "a"})),
    ("AL-4", lambda: trace(identity("a"), {"a": "x"})),
    ("AL-4", lambda: branch_of(flagged(), {0: True})),
    ("AL-4", lambda: branch_of(flagged(), {7: True})),
    ("AL-4", lambda: feed(flagged(), {"flags": True})),
    ("AL-4", lambda: renamed(identity("a"), outputs={"b": "c"})),
    ("IR-5", lambda: feed(flagged(), {"flag": BitExpr.bit(1)})),
    ("IR-4", lambda: renamed(identity("a"), outputs={"a": ""})),
    ("AL-5", lambda: bind(flagged(), {"s": 1})),
    ("AL-5", lambda: bind(flagged(), {"t": float("nan")})),
    ("PH-4", lambda: bind(flagged(), {"t": Fraction(1, 3**900)})),
]


@pytest.mark.parametrize(("code", "act"), REFUSED)
def test_refusals(code, act):
    with pytest.raises(InputError) as caught:
        act()
    assert caught.value.code == code, str(caught.value)


def test_every_clause_of_the_algebra_is_violated_by_a_test():
    import re

    from gossamer.specification import read_spec

    clauses = set(re.findall(r"^\[(AL-[0-9]+)\] ", read_spec("ir.md"), re.MULTILINE))
    assert clauses == {code for code, _ in REFUSED if code.startswith("AL")} | {"AL-6"}  # tests of canonical


def test_the_second_law_fails_for_wrong_operands():
    """The laws can fail: exchanging the operands of a product is noticed."""
    w = WireBuilder()
    q = w.add_input("q")
    w.rz(q, Phase(Fraction(1, 4)))
    w.output(q, "q")
    a = w.build()
    w = WireBuilder()
    q = w.add_input("q")
    w.h(q)
    w.output(q, "q")
    b = w.build()
    assert not np.allclose(strict_map(then(a, b), {}), strict_map(then(b, a), {}))
    assert digest(then(a, b)) != digest(then(b, a))
