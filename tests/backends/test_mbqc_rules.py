"""What a program of an MBQC node must not do: the rules of a distribution, the runtime and lifting each refuse it by themselves."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from gossamer.backends.mbqc_lift import lift
from gossamer.diagnostics import InputError
from gossamer.ir.network import Network, NetworkLink, Node
from gossamer.ir.pattern import Basis, Clifford, CorrectX, CorrectZ, Entangle, Measure, Prepare
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.program import (
    Compute,
    Distribution,
    Ebit,
    Gate,
    Manifest,
    ManifestBit,
    ManifestLink,
    ManifestMessage,
    ManifestNode,
    ManifestPlace,
    ManifestRegister,
    NodeProgram,
    Observe,
    Recv,
    Reset,
    Send,
)
from gossamer.ir.program import Measure as MeasureZ
from gossamer.runtime.run import run
from gossamer.runtime.validate import check_programs

b0, b1 = BitExpr.bit(0), BitExpr.bit(1)


def program(node: str, peer: str, first: bool) -> NodeProgram:
    """A node's half of a remote CZ between its input and that of the peer, which it then measures: at 1/4 in XY, by way of a second node."""
    code = [
        Ebit("l0", peer, 2),
        *([Clifford(2, ("h",))] if first else []),
        Entangle(0, 2),
        Observe(Measure(2, Basis.X), 0),
        Send(f"m_{node}", peer, (0,)),
        Recv(f"m_{peer}", peer, 1),
        Prepare(1),
        Entangle(0, 1),
        Observe(Measure(0, angle=Phase(Fraction(1, 4)), t_domain=b1), 2),
        Compute(3, b0 & b1),
        Observe(Measure(1, Basis.Z, s_domain=BitExpr.bit(2)), 4),
    ]
    return NodeProgram(node, "mbqc", 2, 1, 5, tuple(code), ((4, f"c[{0 if first else 1}]"),))


NETWORK = Network(
    nodes=tuple(Node(name=n, model="mbqc", data=2, comm=1) for n in "xy"), links=(NetworkLink(nodes=("x", "y")),)
)
MANIFEST = Manifest(
    nodes=[ManifestNode(name=n, model="mbqc", program=f"{n}.pattern.json", data=2, comm=1) for n in "xy"],
    links=[ManifestLink(id="l0", nodes=("x", "y"))],
    messages=[ManifestMessage(id=f"m_{a}", sender=a, receiver=b) for a, b in ("xy", "yx")],
    inputs=[ManifestPlace(name=n, node=n, qubit=0) for n in "xy"],
    outputs=[],
    registers=[ManifestRegister(name="c", bits=[ManifestBit(node="x", bit=4), ManifestBit(node="y", bit=4)])],
    outcomes=[],
    source_digest="",
)
GOOD = (program("x", "y", True), program("y", "x", False))


def put(at: int, *ops, drop: int = 0) -> tuple[NodeProgram, NodeProgram]:
    """The first program with instructions put in and left out."""
    code = list(GOOD[0].instructions)
    code[at : at + drop] = ops
    return replace(GOOD[0], instructions=tuple(code)), GOOD[1]


END = len(GOOD[0].instructions)
WRONG = {
    "a gate": ("PR-14", put(0, Gate("h", (0,)))),
    "a measurement in Z": ("PR-14", put(END - 1, MeasureZ(1, 4), drop=1)),
    "a reset": ("PR-14", put(END, Reset(1))),
    "a qubit that is not there": ("PR-2", put(1, Prepare(7))),
    "a negative qubit": ("PR-2", put(1, CorrectX(-1, b0))),
    "E with itself": ("PR-2", put(0, Entangle(0, 0))),
    "a letter": ("PR-2", put(0, Clifford(0, ("t",)))),
    "an axis at an angle": ("PR-2", put(3, Observe(Measure(2, Basis.X, Phase(Fraction(1, 2))), 0), drop=1)),
    "a symbol": ("PR-2", put(8, Observe(Measure(0, angle=Phase.of_symbol("a")), 2), drop=1)),
    "a bit that is not there": ("PR-2", put(END, Compute(9, b0))),
    "a domain over a bit that is not there": ("PR-2", put(END, CorrectZ(1, BitExpr.bit(9)))),
    "a domain over a bit that is not known": ("PR-5", put(1, CorrectZ(0, b1))),
    "an angle over a bit that is not known": ("PR-5", put(8, Observe(Measure(0, angle=Phase.of_bit(4)), 2), drop=1)),
    "a bit over one that is not known": ("PR-5", put(0, Compute(3, b1))),
    "a bit that is written twice": ("PR-5", put(END, Compute(2, b1))),
    "a result that nothing writes": ("PR-6", put(END - 1, drop=1)),
    "N on a communication qubit": ("PR-7", put(0, Prepare(2))),
    "an ebit on a data qubit": ("PR-7", put(0, Ebit("l0", "y", 1), drop=1)),
    "N of an input": ("PR-8", put(0, Prepare(0))),
    "N of a qubit in use": ("PR-8", put(7, Prepare(1))),
    "E before N": ("PR-8", put(6, drop=1)),
    "E after M": ("PR-8", put(9, Entangle(0, 1))),
    "X after M": ("PR-8", put(9, CorrectX(0, b0))),
}
#: What only the rules see: the machine can do it, but the clause forbids it.
STRICT = {
    "a half without C h": ("PR-7", put(1, drop=1)),
    "C h twice": ("PR-7", put(1, Clifford(2, ("h",)))),
    "X on a half": ("PR-7", put(2, CorrectX(2, BitExpr.const(1)))),
    "a half measured in Y": ("PR-7", put(3, Observe(Measure(2, Basis.Y), 0), drop=1)),
    "a half measured with a domain": ("PR-7", put(3, Observe(Measure(2, Basis.X, t_domain=BitExpr.const(1)), 0), drop=1)),
    "a half that stays": ("PR-7", (replace(GOOD[0], instructions=(*GOOD[0].instructions[:3], Compute(0, BitExpr()), *GOOD[0].instructions[4:])), GOOD[1])),
    "a long word": ("PR-2", put(0, Clifford(0, ("h",) * 26))),
}  # fmt: skip


def refuses(code: str, check, *args) -> None:
    with pytest.raises(InputError) as caught:
        check(*args)
    assert caught.value.code == code


def test_the_good_one_runs() -> None:
    Distribution(GOOD, MANIFEST, NETWORK).verify_structure()
    check_programs(GOOD, MANIFEST)
    assert sum(run(GOOD, MANIFEST, shots=100).counts.values()) == 100
    assert lift(GOOD[0], MANIFEST).sources == 1


@pytest.mark.parametrize(("code", "programs"), [pytest.param(*v, id=k) for k, v in (WRONG | STRICT).items()])
def test_the_rules_refuse(code: str, programs: tuple[NodeProgram, ...]) -> None:
    refuses(code, Distribution(programs, MANIFEST, NETWORK).verify_structure)


@pytest.mark.parametrize(("code", "programs"), [pytest.param(*v, id=k) for k, v in WRONG.items()])
def test_the_runtime_refuses(code: str, programs: tuple[NodeProgram, ...]) -> None:
    refuses(code, check_programs, programs, MANIFEST)


def test_an_output_that_is_never_prepared_is_refused() -> None:
    code = (Prepare(1), Observe(Measure(0), 0), Observe(Measure(1), 1))
    alone = NodeProgram("x", "mbqc", 3, 0, 2, code, ((1, "c[0]"),))
    manifest = Manifest(
        nodes=[ManifestNode(name="x", model="mbqc", program="x.pattern.json", data=3, comm=0)],
        links=[],
        messages=[],
        inputs=[ManifestPlace(name="i", node="x", qubit=0)],
        outputs=[ManifestPlace(name="o", node="x", qubit=2)],
        registers=[ManifestRegister(name="c", bits=[ManifestBit(node="x", bit=1)])],
        outcomes=[],
        source_digest="",
    )
    network = Network(nodes=(Node(name="x", model="mbqc", data=3),), links=())
    refuses("PR-8", Distribution((alone,), manifest, network).verify_structure)
    refuses("PR-8", check_programs, (alone,), manifest)
    refuses("PR-8", lift, alone, manifest)


@pytest.mark.parametrize("name", ["E before N", "N of a qubit in use", "X after M", "a gate", "a letter", "E with itself", "a bit over one that is not known"])  # fmt: skip
def test_lifting_refuses(name: str) -> None:
    code, programs = WRONG[name]
    refuses(code, lift, programs[0], MANIFEST)
