"""Programs in native gates: single qubits against matrices, whole programs against the oracle, what is refused, and compiles end to end."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings

import gossamer
from gossamer.conformance import oracle
from gossamer.conformance.strategies import COMMAND_SETS, GATE_SETS, programs
from gossamer.diagnostics import NetworkInfeasible, UsageError
from gossamer.ir.elementary import spell_out
from gossamer.ir.gates import GATES
from gossamer.ir.native import to_native
from gossamer.ir.network import NativeGate, Network, NetworkLink, Node
from gossamer.ir.pattern import Clifford, CorrectX, CorrectZ, Entangle
from gossamer.ir.phase import Phase
from gossamer.ir.program import Conditional, Gate, NodeProgram
from gossamer.ir.turns import Word
from gossamer.passes.native import Native

ONE = [name for name, (arity, _) in GATES.items() if arity == 1]
TWO = [name for name, (arity, _) in GATES.items() if arity == 2]


def unitary(gates: list[Gate], qubits: int) -> np.ndarray:
    """The matrix of gates, by the oracle's definitions."""
    columns = []
    for k in range(2**qubits):
        state = oracle.State()
        for q in range(qubits):
            state.add(q, (0, 1) if k >> (qubits - 1 - q) & 1 else (1, 0))
        for g in gates:
            state.gate(g.name, g.qubits, *(angle.constant for angle in g.angles))
        columns.append(state.vector(range(qubits)))
    return np.array(columns).T


def same(a: np.ndarray, b: np.ndarray) -> bool:
    return abs(abs(np.vdot(a, b)) - len(a)) < 1e-9


def random_gate(rng: random.Random, names: list[str], qubits: tuple[int, ...]) -> Gate:
    name = rng.choice(names)
    angles = tuple(Phase(Fraction(rng.randrange(32), rng.choice([4, 16]))) for _ in range(GATES[name][1]))
    return Gate(name, qubits, angles[0] if angles else None, angles[1:])


@pytest.mark.parametrize("name", list(GATES))
def test_what_gates_are_made_of(name: str) -> None:
    rng = random.Random(5)
    for _ in range(4):
        gate = random_gate(rng, [name], (0, 1)[: GATES[name][0]])
        assert same(unitary([gate], 2), unitary(list(spell_out([gate])), 2))


def test_native_gates_are_those_of_qiskit() -> None:
    """The names mean what other software means by them."""
    from qiskit.circuit.library import standard_gates as lib

    angles = [0.25, 0.5, 1.75]
    theirs = {
        "ecr": lib.ECRGate(), "sx": lib.SXGate(), "rxx": lib.RXXGate(np.pi / 4), "rzx": lib.RZXGate(np.pi / 4), "swap": lib.SwapGate(), "cx": lib.CXGate(),
        "ry": lib.RYGate(np.pi / 4), "u3": lib.U3Gate(*(np.pi * a for a in angles)), "ms": lib.RXXGate(np.pi / 2),
    }  # fmt: skip
    for name, gate in theirs.items():
        arity, number = GATES[name]
        phases = tuple(Phase(Fraction(a)) for a in angles[:number])
        ours = unitary([Gate(name, (1, 0)[2 - arity :], phases[0] if phases else None, phases[1:])], arity)
        assert same(ours, gate.to_matrix()), name  # qiskit counts qubits from the right


@pytest.mark.parametrize("native", [*GATE_SETS, ("rx", "ry"), ("h", "rz"), ("sx", "ry", "z")], ids=" ".join)
def test_words_of_one_qubit_are_written_exactly(native: tuple[str, ...]) -> None:
    rng = random.Random(7)
    for length in range(1, 14):
        gates = [random_gate(rng, ONE, (0,)) for _ in range(length)]
        written = Word(gates).written(frozenset(native))
        assert written is not None
        assert {name for name, _ in written} <= set(native)
        ours = [Gate(name, (0,), a[0] if a else None, a[1:]) for name, a in written]
        assert same(unitary(gates, 1), unitary(ours, 1)), gates


@pytest.mark.parametrize(
    ("gates", "native", "length"),
    [
        ("h", ("rz", "sx"), 3),
        ("x", ("rz", "sx"), 2),
        ("h rz h", ("rz", "sx"), 5),
        ("rz h rz h rz", ("rz", "sx"), 5),
        ("rz h rz h rz", ("u3",), 1),
        ("h", ("u3",), 1),
        ("h h", ("u3",), 0),
        ("s s z", ("rz",), 0),
        ("rz s rz", ("rz",), 1),
    ],
)
def test_words_are_short(gates: str, native: tuple[str, ...], length: int) -> None:
    word = Word(Gate(g, (0,), Phase(Fraction(1, 8)) if g == "rz" else None) for g in gates.split())
    written = word.written(frozenset(native))
    assert written is not None
    assert len(written) == length


def test_long_words_are_written_piece_by_piece() -> None:
    gates = [Gate(g, (0,), Phase(Fraction(1, 8)) if g == "rz" else None) for g in ["rz", "h"] * 120]
    written = Word(gates).written(frozenset(("rz", "sx")))
    assert written is not None
    ours = [Gate(name, (0,), a[0] if a else None) for name, a in written]
    assert same(unitary(gates, 1), unitary(ours, 1))


@pytest.mark.parametrize("native", GATE_SETS, ids=" ".join)
def test_gates_of_two_qubits_are_written_exactly(native: tuple[str, ...]) -> None:
    node = Node(name="a", data=2, gates=tuple(NativeGate(name=name) for name in native))
    rng = random.Random(3)
    for name in TWO * 3:
        code = (random_gate(rng, ONE, (0,)), random_gate(rng, [name], (1, 0)), random_gate(rng, ONE, (1,)))
        ours = to_native(NodeProgram("a", "circuit", 2, 0, 0, code), node).instructions
        assert all(isinstance(g, Gate) and g.name in native for g in ours)
        assert same(unitary(list(code), 2), unitary(list(ours), 2)), code  # type: ignore[arg-type]


def used_by(program: NodeProgram) -> set[str]:
    """The gates that a program asks for, commands of patterns by what they are."""
    used = set()
    for op in program.instructions:
        match op:
            case Gate(name):
                used.add(name)
            case Conditional(_, body):
                used |= {gate.name for gate in body}
            case Entangle():
                used.add("cz")
            case CorrectX():
                used.add("x")
            case CorrectZ():
                used.add("z")
            case Clifford(_, letters):
                used |= set(letters)
    return used


@settings(deadline=None, max_examples=25)
@given(programs(max_nodes=2, max_steps=10, figures=True, models=("circuit", "mixed", "mbqc")))
def test_any_programs_keep_their_meaning(distribution: gossamer.ir.program.Distribution) -> None:
    out = Native().run(distribution)
    out.verify_structure()
    for p in out.programs:
        gates = distribution.network.nodes[distribution.network.index[p.node]].gates
        assert gates is None or used_by(p) <= {g.name for g in gates}
    assert oracle.same_instrument(oracle.program_instrument(distribution), oracle.program_instrument(out))


@pytest.mark.clause("NW-15")
@pytest.mark.parametrize(
    ("gates", "what"),
    [
        (("rz", "sx"), "a gate of two qubits"),
        (("cx", "h", "s"), "a turn by 1/4 pi"),
        (("cx", "rz"), "a Clifford gate"),
    ],
)
def test_what_native_gates_cannot_make_is_refused(gates: tuple[str, ...], what: str) -> None:
    source = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; h q[0]; t q[0]; h q[0]; cx q[0],q[1];'
    node = Node(name="a", data=2, gates=tuple(NativeGate(name=name) for name in gates))
    with pytest.raises(NetworkInfeasible, match=what) as caught:
        gossamer.compile(source, Network(nodes=(node,), links=()))
    assert caught.value.code == "NW-15"
    assert "'a'" in caught.value.diagnostic.message


SOURCE = """OPENQASM 2.0; include "qelib1.inc"; qreg q[4]; creg c[2];
h q[0]; cx q[0],q[1]; t q[1]; cx q[1],q[2]; rx(pi/8) q[2]; crz(pi/4) q[3],q[0]; measure q[0] -> c[0];
if (c==1) x q[1]; cz q[1],q[3]; rzz(pi/8) q[2],q[3]; h q[3]; measure q[3] -> c[1];"""


def two_nodes(*sets: tuple[str, ...], comm: int | None = None) -> Network:
    return Network(
        nodes=tuple(
            Node(name=f"n{i}", data=3, comm=comm, gates=tuple(NativeGate(name=n) for n in names))
            for i, names in enumerate(sets)
        ),
        links=tuple(NetworkLink(nodes=(f"n{i}", f"n{i + 1}")) for i in range(len(sets) - 1)),
    )


@pytest.mark.parametrize("second", GATE_SETS, ids=" ".join)
def test_nodes_of_different_gates_compile_verify_and_run(second: tuple[str, ...]) -> None:
    network = two_nodes(GATE_SETS[0], second, comm=1)
    program = gossamer.compile(SOURCE, network, effort=0)
    assert program.report["verified"]["holds"] is True
    assert program.report["pipeline"].endswith(",native")
    for p, names in zip(program.programs, (GATE_SETS[0], second), strict=True):
        assert used_by(p) <= set(names)
    assert sum(program.run(shots=50).counts.values()) == 50


@pytest.mark.parametrize("names", COMMAND_SETS, ids=" ".join)
def test_mbqc_nodes_keep_to_their_gates(names: tuple[str, ...]) -> None:
    """The commands of a pattern in fewer letters, beside a mixed node that has other gates."""
    nodes = tuple(
        Node(name=f"n{i}", model=model, data=4, comm=1, gates=tuple(NativeGate(name=n) for n in gates))
        for i, (model, gates) in enumerate([("mbqc", names), ("mixed", ("ms", "rx", "rz"))])
    )
    network = Network(nodes=nodes, links=(NetworkLink(nodes=("n0", "n1")),))
    program = gossamer.compile(SOURCE, network, effort=0)
    assert program.report["verified"]["holds"] is True
    assert used_by(program.programs[0]) <= set(names)
    assert used_by(program.programs[1]) <= {"ms", "rx", "rz"}
    assert sum(program.run(shots=20).counts.values()) == 20
    verdict = gossamer.checks.verify(program.programs, program.manifest, program.source, network=network)
    assert verdict.holds is True


@pytest.mark.clause("NW-15")
@pytest.mark.parametrize(
    ("names", "what"),
    [
        (("h", "s", "x", "z"), "the command E"),
        (("cz", "h", "x", "z"), "the command C s"),
        (("cz", "s", "z"), "the command X"),
        (("cz", "s", "x"), "the command Z"),
    ],
)
def test_what_commands_cannot_be_made_of_is_refused(names: tuple[str, ...], what: str) -> None:
    source = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; h q[0]; t q[0]; h q[0]; s q[0];'
    node = Node(name="a", model="mbqc", data=2, gates=tuple(NativeGate(name=name) for name in names))
    with pytest.raises(NetworkInfeasible, match=what) as caught:
        gossamer.compile(source, Network(nodes=(node,)))
    assert caught.value.code == "NW-15"


@pytest.mark.clause("NW-15")
def test_a_pipeline_of_ones_own_has_to_name_the_pass() -> None:
    network = two_nodes(("cx", "rz", "sx"), ("cz", "u3"))
    with pytest.raises(UsageError, match="native") as caught:
        gossamer.compile(SOURCE, network, pipeline="graph-like,partition{effort=0},links,circuit")
    assert caught.value.code == "TL-8"
    plain = gossamer.compile(SOURCE, "2:qubits=3", effort=0)
    from gossamer.checks import verify

    verdict = verify(plain.programs, plain.manifest, plain.source, network=network)
    assert verdict.holds is False
    assert verdict.detail.startswith("NW-15: n0, instruction")
