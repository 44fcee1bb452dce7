"""Programs written by hand hold; every mutant of them is caught by every method that applies."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import pytest

import gossamer
from gossamer.checks import verify
from gossamer.diagnostics import UsageError
from gossamer.ir.diagram import DiagramBuilder, VertexKind
from gossamer.ir.network import Network, NetworkLink, Node
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.program import Compute, Conditional, Gate, Instruction, ManifestBit, Measure, Recv, Send
from gossamer.ir.wires import WireBuilder
from tests.checks.programs import EXAMPLES, Example, conditional, example, g, remote_cz, swapped_cz, teleport

MEANING = ("exact", "stabiliser", "sampled")


def check(e: Example, method: str | None, **options):
    return verify(e.programs, e.manifest, e.source, method=method, **options)


def applicable(e: Example) -> list[str]:
    return [m for m in MEANING if check(e, m).holds is not None]


@pytest.mark.parametrize("name", EXAMPLES)
def test_hold(name):
    e = EXAMPLES[name]()
    clifford = name not in ("teleportation", "conditional T")
    assert applicable(e) == ["exact", "stabiliser", "sampled"] if clifford else ["exact", "sampled"]
    for method in applicable(e):
        verdict = check(e, method)
        assert (verdict.method, verdict.holds) == (method, True), verdict
        assert verdict.cases > 0
    structural = check(e, "structural")
    assert (structural.method, structural.holds) == ("structural", None)
    automatic = check(e, None)
    assert automatic.method == "exact"
    assert automatic.holds is True
    assert set(automatic.as_dict()) == {"method", "holds", "cases", "seconds", "detail"}


def edited(e: Example, node: int, code: list[Instruction]) -> Example:
    programs = list(e.programs)
    programs[node] = replace(programs[node], instructions=tuple(code))
    return Example(tuple(programs), e.manifest, e.source)


def code_mutants(e: Example) -> Iterator[tuple[str, Example]]:
    """One edit of one instruction; each changes the meaning of these examples."""
    flips = {"s": "sdg", "sdg": "s", "x": "z", "z": "x"}
    for k, program in enumerate(e.programs):
        code = list(program.instructions)
        for i, op in enumerate(code):
            where = f"{program.node}[{i}] {op}"
            if isinstance(op, Conditional):
                yield f"dropped {where}", edited(e, k, code[:i] + code[i + 1 :])
                (bit, value), *rest = op.conditions
                yield (
                    f"inverted {where}",
                    edited(e, k, [*code[:i], Conditional(((bit, not value), *rest), op.body), *code[i + 1 :]]),
                )
                first = op.body[0]
                if first.name in flips:
                    other = replace(op, body=(Gate(flips[first.name], first.qubits), *op.body[1:]))
                    yield f"wrong gate {where}", edited(e, k, [*code[:i], other, *code[i + 1 :]])
                if program.data == 2 and len(first.qubits) == 1 and first.name != "x":
                    other = replace(op, body=(replace(first, qubits=(1 - first.qubits[0],)), *op.body[1:]))
                    yield f"wrong qubit {where}", edited(e, k, [*code[:i], other, *code[i + 1 :]])
            elif isinstance(op, Gate) and op.angle is not None:
                yield f"sign {where}", edited(e, k, [*code[:i], replace(op, angle=-op.angle), *code[i + 1 :]])
            elif isinstance(op, Gate) and op.name == "cz":
                yield f"dropped {where}", edited(e, k, code[:i] + code[i + 1 :])
            elif isinstance(op, Gate) and op.name == "h" and op.qubits[0] < program.data:
                yield f"wrong basis {where}", edited(e, k, code[:i] + code[i + 1 :])
            elif isinstance(op, Send):
                others = [j for j in range(program.bits) if (j,) != op.bits and written_before(code, i, j)]
                for j in others:
                    yield f"wrong bit {where}", edited(e, k, [*code[:i], replace(op, bits=(j,)), *code[i + 1 :]])


def written_before(code: list[Instruction], end: int, bit: int) -> bool:
    return any(isinstance(op, (Measure, Recv)) and op.bit == bit for op in code[:end])


def manifest_mutants(e: Example) -> Iterator[tuple[str, Example]]:
    """Wrong result bits and wrong witnesses; programs and manifest stay consistent with each other."""
    registers = e.manifest.registers
    if registers and len(registers[0].bits) >= 2:
        bits = list(registers[0].bits)
        bits[0], bits[1] = bits[1], bits[0]
        manifest = e.manifest.model_copy(update={"registers": [registers[0].model_copy(update={"bits": bits})]})
        programs = []
        for p in e.programs:
            results = [(w.bit, f"c[{i}]") for i, w in enumerate(bits) if w is not None and w.node == p.node]
            programs.append(replace(p, results=tuple(sorted(results))))
        yield "results swapped", Example(tuple(programs), manifest, e.source)
    outcomes = list(e.manifest.outcomes)
    if len(outcomes) >= 2:
        outcomes[0], outcomes[1] = outcomes[1], outcomes[0]
        yield "witnesses swapped", Example(e.programs, e.manifest.model_copy(update={"outcomes": outcomes}), e.source)


@pytest.mark.parametrize("name", EXAMPLES)
def test_mutants_are_caught_by_every_method(name):
    e = EXAMPLES[name]()
    mutants = list(code_mutants(e))
    assert len(mutants) >= 5
    if name != "measured pair":  # there both outcomes are equal: swapping them changes nothing
        mutants += manifest_mutants(e)
    methods = applicable(e)
    for what, mutant in mutants:
        for method in methods:
            verdict = check(mutant, method, seed=3)
            assert verdict.holds is False, (name, what, verdict)
        assert check(mutant, None).holds is False


@pytest.mark.parametrize("size", [20, 24])
def test_small_angles_are_caught(size):
    """An angle that is wrong by 2^-20 pi, which the fidelity of two states would show as 10^-12 only."""
    e = EXAMPLES["teleportation"]()
    k, i, op = next(
        (k, i, op)
        for k, p in enumerate(e.programs)
        for i, op in enumerate(p.instructions)
        if isinstance(op, Gate) and op.angle is not None
    )
    assert check(e, "sampled").holds is True
    for sign in (1, -1):
        code = list(e.programs[k].instructions)
        code[i] = replace(op, angle=op.angle + Phase(Fraction(sign, 2**size)))
        for seed in range(5):
            assert check(edited(e, k, code), "sampled", seed=seed).holds is False
        assert check(edited(e, k, code), "exact").holds is False


def test_swapping_equal_outcomes_is_no_error():
    e = EXAMPLES["measured pair"]()
    for _, same in manifest_mutants(e):
        for method in MEANING:
            assert check(same, method).holds is True


def test_wrong_probability_is_caught():
    """The source draws a fair coin, the program always says 0: every branch alone looks right."""
    e = EXAMPLES["measured pair"]()
    code = [list(p.instructions) for p in e.programs]
    fair = edited(edited(e, 0, [g("h", 0), *code[0]]), 1, code[1])  # |0> instead of |+> enters the CZ
    for method in MEANING:
        verdict = check(fair, method)
        assert verdict.holds is False, verdict
        assert method != "stabiliser" or "probability" in verdict.detail


def test_structure_is_refused_by_every_method():
    e = swapped_cz()
    code = list(e.programs[0].instructions)
    to_wrong_node = [replace(op, peer="n1") if isinstance(op, Send) else op for op in code]
    no_x_basis = [op for i, op in enumerate(code) if i != 3]
    for bad, clause in ((to_wrong_node, "PR-4"), (no_x_basis, "PR-7")):
        for method in (None, "structural", *MEANING):
            verdict = check(edited(e, 0, bad), method)
            assert verdict.holds is False
            assert clause in verdict.detail


def test_deadlock_is_named():
    e = remote_cz()
    swapped = []
    for p in e.programs:
        code = list(p.instructions)
        send = next(i for i, op in enumerate(code) if isinstance(op, Send))
        code[send], code[send + 1] = code[send + 1], code[send]
        swapped.append(replace(p, instructions=tuple(code)))
    verdict = verify(swapped, e.manifest, e.source)
    assert verdict.holds is False
    assert "PR-10" in verdict.detail


def test_places_registers_and_network():
    e = remote_cz()
    inputs = [p.model_copy(update={"name": p.name.upper()}) for p in e.manifest.inputs]
    assert check(Example(e.programs, e.manifest.model_copy(update={"inputs": inputs}), e.source), None).holds is False
    # the two input places exchanged is the same CZ, but a different map: outputs stay where they were
    names = [p.model_copy(update={"name": n}) for p, n in zip(e.manifest.inputs, "ba", strict=True)]
    crossed = Example(e.programs, e.manifest.model_copy(update={"inputs": names}), e.source)
    assert [check(crossed, m).holds for m in MEANING] == [False, False, False]
    nodes = tuple(Node(name=f"n{i}", data=1, comm=1) for i in range(3))
    apart = Network(nodes=nodes, links=(NetworkLink(nodes=("n0", "n2")), NetworkLink(nodes=("n2", "n1"))))
    verdict = check(e, None, network=apart)
    assert verdict.holds is False
    assert "PR-3" in verdict.detail
    c = conditional()
    bits = [ManifestBit(node="n0", bit=0), ManifestBit(node="n0", bit=1), None, None]
    registers = [c.manifest.registers[0].model_copy(update={"bits": bits})]
    programs = tuple(replace(p, results=tuple(r for r in p.results if r[1] != "c[2]")) for p in c.programs)
    lost = Example(programs, c.manifest.model_copy(update={"registers": registers}), c.source)
    assert check(lost, None).holds is False


def test_a_removed_outcome_is_decided_by_the_instruments():
    """The manifest may leave out an outcome on which nothing depends; only the exact method decides then."""
    c = conditional()
    outcomes = [*c.manifest.outcomes[:1], None, *c.manifest.outcomes[2:]]
    less = Example(c.programs, c.manifest.model_copy(update={"outcomes": outcomes}), c.source)
    assert check(less, "exact").holds is True
    assert check(less, "sampled").holds is None
    assert check(less, "stabiliser").holds is None
    code = list(c.programs[0].instructions)
    assert check(edited(less, 0, code[:-1]), "exact").holds is False


def test_small_angles_are_seen():
    e = teleport()
    code = list(e.programs[0].instructions)
    off = [replace(code[0], angle=Phase(Fraction(1, 4) + Fraction(1, 2**12))), *code[1:]]
    for method in ("exact", "sampled"):
        assert check(edited(e, 0, off), method).holds is False


def test_long_programs_are_not_lifted_unasked(monkeypatch):
    e = teleport()
    monkeypatch.setattr(sys.modules["gossamer.checks.verify"], "LIFTED_PER_SECOND", 0.01)
    found = check(e, None)
    assert (found.method, found.holds) == ("structural", None)
    assert "to lift the programs" in found.detail
    assert check(e, "exact").holds is True


def test_verdicts_are_reproducible_and_methods_are_known():
    e = teleport()
    one, two = check(e, "sampled", seed=5), check(e, "sampled", seed=5)
    assert replace(one, seconds=0) == replace(two, seconds=0)
    with pytest.raises(UsageError):
        check(e, "hope")


@pytest.mark.parametrize("wrong", [False, True])
def test_a_condition_on_many_bits(wrong):
    """With negations its polynomial would have 2**14 terms; it goes through derived bits instead."""
    n = 14
    w = WireBuilder()
    wires = [w.add_input(f"q[{i}]") for i in range(n + 1)]
    bits: list[int] = []
    for q in wires[:n]:
        w.h(q)
        bits.append(w.measure(q))
    condition = ~BitExpr.bit(bits[0])
    for b in bits[1:]:
        condition = BitExpr.bit(w.builder.derived(condition & ~BitExpr.bit(b)))
    w.rx(wires[n], Phase(1).times(condition))
    w.output(wires[n], "q")
    code: list[Instruction] = []
    for i in range(n):
        code += [g("h", i), Measure(i, i)]
    code.append(Conditional(tuple((i, False) for i in range(n)), (g("z" if wrong else "x", n),)))
    e = example(
        w.build(), {"n0": (n + 1, 0, n, code)},
        inputs={f"q[{i}]": ("n0", i) for i in range(n + 1)}, outputs={"q": ("n0", n)}, outcomes=[("n0", i) for i in range(n)],
    )  # fmt: skip
    # the branch where the condition holds has probability 2**-14: samples are steered there
    assert check(e, "sampled").holds is not wrong
    assert check(e, "exact", budget=300.0).holds is not wrong


def test_the_order_of_registers_is_checked():
    """The keys of a histogram list the registers in order: permuted, they tell another result."""
    w = WireBuilder()
    for name in "ab":
        w.register(name, [BitExpr.bit(w.measure(w.add_input(name)))])
    good = example(
        w.build(),
        {"n0": (2, 0, 2, [Measure(0, 0), Measure(1, 1)])},
        inputs={"a": ("n0", 0), "b": ("n0", 1)},
        outputs={},
        registers={"a": [("n0", 0)], "b": [("n0", 1)]},
        outcomes=[("n0", 0), ("n0", 1)],
    )
    assert check(good, None).holds is True
    manifest = good.manifest.model_copy(update={"registers": good.manifest.registers[::-1]})
    assert check(Example(good.programs, manifest, good.source), None).holds is False


def _two_coins(code: list[Instruction], bits: int, cells: tuple[int, int]) -> Example:
    w = WireBuilder()
    outcomes = []
    for _ in range(2):
        q = w.add_zero()
        w.h(q)
        outcomes.append(w.measure(q))
    w.register("c", [BitExpr.bit(b) for b in outcomes])
    places = [("n0", cell) for cell in cells]
    e = example(w.build(), {"n0": (3, 0, bits, code)}, inputs={}, outputs={}, registers={"c": places}, outcomes=places)
    nodes = [n.model_copy(update={"model": "mixed"}) for n in e.manifest.nodes]
    programs = tuple(replace(p, model="mixed") for p in e.programs)
    return Example(programs, e.manifest.model_copy(update={"nodes": nodes}), e.source)


_COINS: list[Instruction] = [g("h", 0), g("h", 1)]
_SHOWN: list[Instruction] = [Measure(0, 0), Measure(1, 1)]
_A, _B = BitExpr.bit(0), BitExpr.bit(1)


@pytest.mark.parametrize(
    ("code", "bits", "cells", "holds"),
    [
        ([*_COINS, *_SHOWN], 2, (0, 1), True),
        ([*_COINS, *_SHOWN, Compute(2, _A ^ _B)], 3, (0, 2), True),
        ([*_COINS, *_SHOWN, Compute(2, _A ^ _B), Compute(3, ~_A ^ BitExpr.bit(2))], 4, (2, 3), True),
        ([*_COINS, *_SHOWN], 2, (1, 1), False),
        ([g("h", 0), Measure(0, 0), Compute(1, BitExpr())], 2, (0, 1), False),
        ([*_COINS, *_SHOWN, Compute(2, _A ^ _B), Compute(3, _A ^ BitExpr.bit(2))], 4, (1, 3), False),
        ([*_COINS, *_SHOWN, Compute(2, _A & _B)], 3, (0, 2), None),
    ],
)
def test_outcomes_that_are_left_out_are_noticed(code, bits, cells, holds):
    """Branch by branch all of these agree with two coins; some of them never show every pair."""
    e = _two_coins(code, bits, cells)
    verdict = check(e, "sampled")
    assert verdict.holds is holds, verdict
    assert check(e, "exact").holds is (holds is True)


def test_a_rare_outcome_is_reached():
    """The source names the outcome before the state, so it draws both values equally often; the programs have one of them in 0.6 % of runs."""
    b = DiagramBuilder()
    bit = b.outcome()
    effect = b.vertex(VertexKind.X, Phase.of_bit(bit))
    b.bind_outcome(bit, effect)
    b.edge(effect, b.vertex(VertexKind.X, Phase(Fraction(1, 20))))
    b.register("c", [BitExpr.bit(bit)])
    for angle, holds in ((Fraction(1, 20), True), (Fraction(1, 21), False)):
        code = [g("rx", 0, angle=angle), Measure(0, 0)]
        cell = ("n0", 0)
        e = example(b.build(), {"n0": (1, 0, 1, code)}, inputs={}, outputs={}, registers={"c": [cell]}, outcomes=[cell])
        assert check(e, "sampled").holds is holds


@pytest.mark.parametrize("hidden", [False, True])
def test_postselection_may_not_leave_an_outcome_out(hidden):
    code = [*_COINS, g("h", 2), g("cz", 0, 2), g("h", 2), *_SHOWN, Measure(2, 2)]
    e = _two_coins(code, 3, (0, 1))
    fair = _two_coins([*_COINS, g("h", 2), *_SHOWN, Measure(2, 2)], 3, (0, 1))
    bit = [ManifestBit(node="n0", bit=2 if hidden else 0)]  # the copy of a coin, or the coin

    def postselected(x: Example, places: list[ManifestBit]) -> Example:
        return Example(x.programs, x.manifest.model_copy(update={"postselected": places}), x.source)

    assert check(postselected(e, bit), "sampled").holds is (None if hidden else False)
    assert check(postselected(e, bit), "exact").holds is False
    assert check(postselected(fair, [ManifestBit(node="n0", bit=2)]), "sampled").holds is True


def test_results_that_are_distributed_alike_are_not_interchangeable() -> None:
    """Two coins: exchanged without their outcomes the manifest contradicts itself; exchanged with them the programs are as good."""
    text = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg a[1]; creg b[1]; reset q; h q; measure q[0] -> a[0]; measure q[1] -> b[0];'
    program = gossamer.compile(text, "2:qubits=1", effort=0, check=False)
    first, second = program.manifest.registers
    other = {"a[0]": "b[0]", "b[0]": "a[0]"}
    programs = [replace(p, results=tuple((bit, other[name]) for bit, name in p.results)) for p in program.programs]
    registers = [first.model_copy(update={"bits": second.bits}), second.model_copy(update={"bits": first.bits})]
    exchanged = program.manifest.model_copy(update={"registers": registers})
    for method in ("exact", "sampled", None):
        assert verify(programs, exchanged, program.source, method=method).holds is False


def test_a_network_that_lacks_the_nodes_of_the_programs() -> None:
    program = gossamer.compile('OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; cx q[0],q[1];', "2:qubits=1", effort=0)
    network = Network(nodes=(Node(name="x", data=1), Node(name="y", data=1)), links=(NetworkLink(nodes=("x", "y")),))
    found = verify(program.programs, program.manifest, program.source, network=network)
    assert (found.holds, found.detail) == (False, "PR-1: the network has no node n0; its nodes are x, y")
