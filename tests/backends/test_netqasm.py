"""NetQASM applications: the texts, the angles, what is refused, and each gate in each flavour by the matrices of netqasm itself."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gossamer
from gossamer.backends.netqasm import NetQasm, application
from gossamer.backends.netqasm_flavours import measured, written
from gossamer.diagnostics import InputError, Rounded
from gossamer.formats.netqasm import Application, Flavour, Hear, Run, Tell, angle_terms
from gossamer.ir.gates import GATES
from gossamer.ir.phase import Phase
from gossamer.ir.program import Gate, Manifest, ManifestNode, Measure, NodeProgram, Recv, Send
from tests.passes.test_native import same, unitary

GOLDEN = Path(__file__).parent / "golden" / "netqasm_cnot.txt"
CNOT = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; h q[0]; cx q[0],q[1]; measure q -> c;'
FLAVOURS: tuple[Flavour, ...] = ("vanilla", "nv", "trapped_ion")


def alone(*gates: Gate, qubits: int = 1) -> tuple[list[NodeProgram], Manifest]:
    node = ManifestNode(name="a", model="circuit", program="a.qasm", data=qubits, comm=0)
    manifest = Manifest(
        nodes=[node], links=[], messages=[], inputs=[], outputs=[], registers=[], outcomes=[], source_digest=""
    )
    return [NodeProgram("a", "circuit", qubits, 0, 0, gates)], manifest


def made(program: gossamer.CompiledProgram) -> Application:
    return application(program.programs, program.manifest)


# ---- texts ----------------------------------------------------------------------------------------------------------------


def test_the_texts_of_a_small_program() -> None:
    app = made(gossamer.compile(CNOT, "2:qubits=1"))
    lines = []
    for role in app.roles:
        lines.append(f"---- {role.name}: {role.flavour}, {role.qubits} qubits, results {role.results}")
        for step in role.steps:
            lines.append(
                f"-- run, reads {step.reads}, writes {step.writes}\n{step.text.rstrip()}"
                if isinstance(step, Run)
                else f"-- {step}"
            )
    assert "\n".join([*lines, ""]) == GOLDEN.read_text()


def test_messages_are_read_in_the_order_in_which_they_are_sent() -> None:
    """A host that waits for the second message reads the first one before, and not again."""
    a = NodeProgram("a", "circuit", 0, 0, 0, (Send("one", "b", ()), Send("two", "b", ())))
    b = NodeProgram("b", "circuit", 0, 0, 2, (Recv("two", "a", 0), Recv("one", "a", 1)))
    nodes = [ManifestNode(name=n, model="circuit", program=n, data=0, comm=0) for n in "ab"]
    manifest = Manifest(
        nodes=nodes, links=[], messages=[], inputs=[], outputs=[], registers=[], outcomes=[], source_digest=""
    )
    first, second = application([a, b], manifest).roles
    assert first.steps == (Tell("b", ()), Tell("b", ()))
    assert second.steps == (Hear("a", 1), Hear("a", 0))


def test_many_qubits_do_not_need_many_registers() -> None:
    """There are 16 registers for qubits."""
    from netqasm.lang.parsing.text import parse_text_subroutine

    source = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[20]; creg c[20]; x q; cx q[3],q[19]; measure q -> c;'
    program = gossamer.compile(source, "1", effort=0, check=False)
    (text,) = made(program).roles[0].texts
    assert len(parse_text_subroutine(text).instructions) > 40
    assert program.run(2, engine="netqasm").counts == {"0" + "1" * 19: 2}


# ---- angles ---------------------------------------------------------------------------------------------------------------


@given(st.fractions(-4, 4), st.integers(0, 60))
def test_angles_are_rounded_to_the_next_multiple(angle: Fraction, bits: int) -> None:
    terms, error = angle_terms(angle, bits)
    assert all(0 < n < 256 and 0 <= d < 256 for n, d in terms)
    off = (sum(Fraction(n, 2**d) for n, d in terms) - angle) % 2
    assert min(off, 2 - off) == error <= Fraction(1, 2 ** (bits + 1))


@given(st.integers(0, 2**256 - 1), st.integers(0, 255))
def test_dyadic_angles_are_exact(numerator: int, exponent: int) -> None:
    terms, error = angle_terms(Fraction(numerator, 2**exponent), 0)
    assert error == 0
    assert (sum(Fraction(n, 2**d) for n, d in terms) - Fraction(numerator, 2**exponent)) % 2 == 0


@pytest.mark.parametrize("bits", [2, 5, 9, 31])
def test_the_stated_error_bounds_the_true_one(bits: int) -> None:
    """What rounded rotations do to the probabilities of a state that is sensitive to them, by the matrices of the instructions."""
    angles = [Fraction(1, 3), Fraction(2, 7), Fraction(7, 5)]
    gates = [Gate(name, (0,), Phase(a)) for name, a in zip(("rx", "rz", "rx"), angles, strict=True)]
    app = application(*alone(*gates), bits=bits, error=math.inf)
    assert app.rounded == 3
    exact, found = unitary(gates, 1)[:, 0], np.array([1, 0], complex)
    for line in app.roles[0].texts[0].splitlines():
        if line.startswith("rot_"):
            name, _, n, d = line.split()
            found = unitary([Gate("r" + name[4], (0,), Phase(Fraction(int(n), 2 ** int(d))))], 1) @ found
    distance = abs(abs(found) ** 2 - abs(exact) ** 2).sum() / 2
    assert distance <= app.error + 1e-12
    assert 0 < app.error < 3 * math.pi / 2 ** (bits + 2) + 1e-12


@pytest.mark.clause("NQ-2")
def test_too_large_an_error_is_refused() -> None:
    program = alone(Gate("rx", (0,), Phase(Fraction(1, 3))))
    with pytest.raises(InputError, match="1 rotations are rounded to multiples of pi/2\\^4") as caught:
        NetQasm(bits=4, digits=3).run(*program)
    assert caught.value.code == "NQ-2"
    with pytest.warns(
        Rounded,
        match="1 rotations are rounded to multiples of pi/2\\^31; no probability of a result is off by more than 2.4e-10",
    ):
        NetQasm().run(*program)
    assert application(*alone(Gate("rx", (0,), Phase(Fraction(3, 2**40))))).error == 0


# ---- what is refused ------------------------------------------------------------------------------------------------------


@pytest.mark.clause("NQ-1")
@pytest.mark.parametrize("network", ["1+1mbqc", "2mixed", "2mbqc"])
def test_other_models_are_refused(network: str) -> None:
    program = gossamer.compile(CNOT, network, effort=0)
    with pytest.raises(InputError, match="NetQASM runs gates") as caught:
        program.application()
    assert caught.value.code == "NQ-1"


@pytest.mark.parametrize("names", [("a b",), ("",), ("../a",), ('a"; import os; "',), ("A", "a"), ("x" * 65,)])
def test_names_that_are_none_of_files_are_refused(names: tuple[str, ...]) -> None:
    nodes = [ManifestNode(name=n, model="circuit", program=f"{i}.qasm", data=1, comm=0) for i, n in enumerate(names)]
    manifest = Manifest(
        nodes=nodes, links=[], messages=[], inputs=[], outputs=[], registers=[], outcomes=[], source_digest=""
    )
    programs = [NodeProgram(n, "circuit", 1, 0, 0, (Gate("h", (0,)),)) for n in names]
    with pytest.raises(InputError) as caught:
        NetQasm().run(programs, manifest)
    assert caught.value.code == "NQ-1"


def test_postselected_programs_are_refused() -> None:
    programs, manifest = alone(Gate("h", (0,)))
    programs = [NodeProgram("a", "circuit", 1, 0, 1, (Gate("h", (0,)), Measure(0, 0)))]
    manifest = manifest.model_copy(update={"postselected": [{"node": "a", "bit": 0}]})
    with pytest.raises(InputError, match="throw runs away") as caught:
        application(programs, manifest)
    assert caught.value.code == "NQ-1"


@pytest.mark.clause("NQ-3")
def test_an_electron_takes_one_half_at_a_time() -> None:
    programs, manifest = alone(Gate("rzx", (0, 1), Phase(Fraction(1, 2))), qubits=2)
    two = [NodeProgram("a", "circuit", 1, 2, 0, programs[0].instructions)]
    with pytest.raises(InputError, match="one electron takes all halves") as caught:
        application(two, manifest)
    assert caught.value.code == "NQ-3"


def test_the_flavour_can_be_given() -> None:
    programs, manifest = alone(Gate("rx", (0,), Phase(Fraction(1, 2))))
    words = {f: application(programs, manifest, flavour=f).roles[0].texts[0].splitlines()[5:-1] for f in FLAVOURS}
    assert words == {"vanilla": ["h Q0", "s Q0", "h Q0"], "nv": ["rot_x Q0 1 1"], "trapped_ion": ["rot_x_all 1 1"]}
    assert '"flavour": "nv"' in NetQasm(flavour="nv").run(programs, manifest)["gossamer.json"]
    with pytest.raises(ValueError, match="flavour is auto, vanilla, nv, trapped_ion"):
        NetQasm(flavour="photons")


# ---- flavours -------------------------------------------------------------------------------------------------------------


def matrix(name: str, qubits: tuple[int, ...], angle: Fraction | None, n: int) -> np.ndarray:
    """What an instruction does to n qubits, all of them in use, by the classes and functions of netqasm."""
    from netqasm.lang.instr import nv, vanilla
    from netqasm.lang.operand import Immediate
    from netqasm.util.quantum_gates import get_rotation_matrix

    axes = {"x": [1, 0, 0], "y": [0, 1, 0], "z": [0, 0, 1]}
    known = {i.mnemonic: i for i in (*vanilla.__dict__.values(), nv.SwpInstruction) if hasattr(i, "mnemonic")}
    turn = 0.0 if angle is None else float(angle) * math.pi
    out = np.eye(2**n, dtype=complex)
    if name == "bichromatic":
        flip = np.array([[0, 1], [1, 0]])
        for pair in itertools.combinations(range(n), 2):
            xx = embedded(np.kron(flip, flip), pair, n)
            out = (math.cos(turn / 2) * np.eye(2**n) - 1j * math.sin(turn / 2) * xx) @ out
    elif name.endswith("_all"):
        for q in range(n):
            out = embedded(get_rotation_matrix(axes[name[4]], turn), (q,), n) @ out
    elif name.startswith("rot_"):
        out = embedded(get_rotation_matrix(axes[name[4]], turn), qubits, n)
    elif name == "crot_x":
        assert angle is not None
        instruction = nv.ControlledRotXInstruction(imm0=Immediate(int(angle * 128)), imm1=Immediate(7))
        out = embedded(instruction.to_matrix(), qubits, n)
    else:
        out = embedded(known[name]().to_matrix(), qubits, n)
    return out


def embedded(small: np.ndarray, qubits: tuple[int, ...], n: int) -> np.ndarray:
    k = len(qubits)
    whole = np.eye(2**n, dtype=complex).reshape((2,) * 2 * n)
    moved = np.tensordot(small.reshape((2,) * 2 * k), whole, axes=(range(k, 2 * k), qubits))
    return np.moveaxis(moved, range(k), qubits).reshape(2**n, 2**n)


@pytest.mark.parametrize("name", list(GATES))
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_each_gate_is_written_exactly(flavour: Flavour, name: str) -> None:
    arity, number = GATES[name]
    angles = [Fraction(k, 8) for k in (0, 2, 4, 8, 12, 13)]
    choices = [(a,) for a in angles] if number == 1 else [(angles[5], angles[2], angles[1])] if number else [()]
    for n in range(arity, 5 if flavour == "trapped_ion" else 4):
        for qubits in itertools.permutations(range(n), arity):
            for chosen in choices:
                phases = tuple(map(Phase, chosen))
                gate = Gate(name, qubits, phases[0] if phases else None, phases[1:])
                found = np.eye(2**n, dtype=complex)
                for op in written(flavour, gate, range(n)):
                    found = matrix(op.name, op.qubits, op.angle, n) @ found
                assert same(found, unitary([gate], n)), (qubits, chosen)


def test_clifford_gates_stay_named_gates() -> None:
    """So that simulators of stabilisers take them."""
    half = Phase(Fraction(3, 2))
    for name, (arity, number) in GATES.items():
        gate = Gate(name, (0, 1)[:arity], half if number else None, (half,) * (number - 1))
        assert not any(op.name.startswith("rot_") for op in written("vanilla", gate, (0, 1))), name


def test_a_nucleus_is_measured_through_the_electron() -> None:
    free = [(op.name, op.qubits) for op in measured("nv", 2, {2})]
    assert free == [("qalloc", (0,)), ("init", (0,)), ("swp", (0, 2)), ("meas", (0,)), ("qfree", (0,)), ("qfree", (2,))]
    busy = [(op.name, op.qubits) for op in measured("nv", 2, {0, 2})]
    assert busy == [("swp", (0, 2)), ("meas", (0,)), ("swp", (0, 2)), ("qfree", (2,))]
    assert [op.name for op in measured("nv", 0, {0, 2})] == ["meas", "qfree"]
