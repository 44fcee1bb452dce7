"""Circuits of qiskit, pytket and cirq, and pytket's JSON, against the matrices that those libraries give."""

from __future__ import annotations

import json
import subprocess
import sys

import cirq
import numpy as np
import pytest
import sympy
from pytket.circuit import Circuit, OpType, Unitary2qBox, fresh_symbol
from qiskit.circuit import ClassicalRegister, Parameter, QuantumCircuit, QuantumRegister
from qiskit.circuit.random import random_circuit
from qiskit.quantum_info import Operator

import gossamer
from gossamer.diagnostics import InputError, MissingPackage, UsageError
from gossamer.frontends import objects
from gossamer.frontends.objects import read_pytket_json
from gossamer.frontends.qasm import read_qasm
from tests.frontends.compare_readers import compare_circuit
from tests.frontends.linear_map import linear_map, proportional


@pytest.mark.parametrize("seed", range(12))
def test_unitary_circuits_of_qiskit(seed: int) -> None:
    circuit = random_circuit(3, 4, seed=seed, max_operands=3)
    want = np.asarray(Operator(circuit.reverse_bits()).data)
    assert proportional(linear_map(gossamer.read(circuit), {}), want)


@pytest.mark.parametrize("seed", range(6))
def test_measured_circuits_of_qiskit(seed: int) -> None:
    circuit = random_circuit(3, 3, seed=seed, max_operands=2, conditional=True, measure=True, reset=True)
    assert compare_circuit(gossamer.read(circuit), circuit)


def test_control_flow_of_qiskit() -> None:
    circuit = QuantumCircuit(QuantumRegister(2, "a"), QuantumRegister(1, "b"), ClassicalRegister(2, "c"))
    circuit.h([0, 1])
    circuit.measure([0, 1], [0, 1])
    with circuit.if_test((circuit.clbits[0], 1)) as otherwise:
        circuit.x(1)
    with otherwise:
        circuit.z(1)
    with circuit.switch(circuit.cregs[0]) as case:
        with case(1):
            circuit.h(2)
        with case(case.DEFAULT):
            circuit.x(2)
    d = gossamer.read(circuit)
    want = read_qasm(
        'OPENQASM 3; include "stdgates.inc"; qubit[2] a; qubit[1] b; bit[2] c; h a; c = measure a; if (c[0]) { x a[1]; } else { z a[1]; }'
        " if (c == 1) { h b; } else { x b; }"
    )
    assert d.output_names == want.output_names
    from gossamer.ir.equality import equal_instruments

    assert equal_instruments(d, want)


def test_parameters_of_qiskit_stay_symbols() -> None:
    theta = Parameter("theta")
    circuit = QuantumCircuit(1)
    circuit.rx(2 * theta, 0)
    assert "2*theta" in {str(p) for p in gossamer.read(circuit).phases}


@pytest.mark.parametrize("seed", range(8))
def test_circuits_of_cirq(seed: int) -> None:
    circuit = cirq.testing.random_circuit(3, 5, 0.9, random_state=seed)
    assert proportional(
        linear_map(gossamer.read(circuit), {}),
        circuit.unitary(),
    )


def test_angles_of_cirq_are_exact() -> None:
    q = cirq.LineQubit(0)
    turn = 0.123456789012345
    (phase,) = [p for p in gossamer.read(cirq.Circuit(cirq.Z(q) ** turn)).phases if not p.is_zero]
    assert float(phase.constant) == pytest.approx(turn, abs=1e-12)


def test_measured_circuits_of_cirq() -> None:
    a, b = cirq.LineQubit.range(2)
    circuit = cirq.Circuit(cirq.H(a), cirq.measure(a, key="m"), cirq.X(b).with_classical_controls("m"))
    program = gossamer.compile(circuit, "2:qubits=1", measure_all=True)
    assert program.report["verified"]["holds"]
    assert {key.replace(" ", "") for key in program.run(40).counts} == {"00", "11"}
    frozen = circuit.freeze()
    assert gossamer.read(frozen) == gossamer.read(circuit)


def test_circuits_of_pytket() -> None:
    u = cirq.testing.random_unitary(4, random_state=1)
    circuit = Circuit(3).add_unitary2qbox(Unitary2qBox(u), 2, 0).SWAP(0, 1)
    for kind, angles, qubits in (
        (OpType.CnRy, [0.3], [0, 1, 2]), (OpType.TK2, [0.1, 0.2, 0.3], [0, 1]), (OpType.PhasedX, [0.1, 0.2], [0]), (OpType.CnX, [], [0, 1, 2]),
        (OpType.ISWAP, [0.5], [1, 2]), (OpType.ZZPhase, [0.7], [0, 2]), (OpType.CSXdg, [], [1, 0]),
    ):  # fmt: skip
        circuit.add_gate(kind, angles, qubits)
    want = circuit.get_unitary()
    assert proportional(linear_map(gossamer.read(circuit), {}), want)
    assert proportional(linear_map(read_pytket_json(json.dumps(circuit.to_dict())), {}), want)
    plain = Circuit(2).H(0).CX(0, 1).Rz(0.25, 1).CH(1, 0)
    assert proportional(linear_map(gossamer.read(plain), {}), plain.get_unitary())


def test_classical_operations_of_pytket() -> None:
    circuit = Circuit(2, 3).H(0).Measure(0, 0)
    circuit.add_c_setbits([True], [1])
    circuit.add_c_and(0, 1, 2)
    circuit.X(1, condition_bits=[2], condition_value=1)
    d = gossamer.read(circuit)
    assert [str(bit) for bit in d.registers[0].bits] == ["b0", "b1", "b0"]
    assert any(not p.is_constant for p in d.phases)


def test_symbols_of_pytket() -> None:
    circuit = Circuit(1).Rz(fresh_symbol("a"), 0)
    assert [len(p.symbols) for p in gossamer.read(circuit).phases if not p.is_zero] == [1]


def test_tket_files(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "bell.tket.json"
    path.write_text(json.dumps(Circuit(2).H(0).CX(0, 1).to_dict()))
    assert gossamer.read(path) == gossamer.read(path, "pytket")


@pytest.mark.clause("TL-2")
def test_refusals() -> None:
    q = cirq.LineQubit(0)
    for source in (
        cirq.Circuit(cirq.X(q) ** sympy.Symbol("a")),
        cirq.Circuit(cirq.measure(q), cirq.amplitude_damp(0.1)(q)),
    ):
        with pytest.raises(InputError) as caught:
            gossamer.read(source)
        assert caught.value.code == "TL-2"
    for text in ("", "{}", "[1]", '{"qubits": 3}'):
        with pytest.raises(InputError) as caught:
            read_pytket_json(text)
        assert caught.value.code == "TL-2"
    for thing in (3, None, object(), [1]):
        with pytest.raises(UsageError) as refused:
            gossamer.read(thing)
        assert refused.value.code == "TL-2"
        assert "qiskit" in str(refused.value)


@pytest.mark.clause("QASM-12")
@pytest.mark.parametrize("index", ["1e9", "1000001", "-1e9", "1e999", "NaN"])
def test_a_register_without_end(index: str) -> None:
    """pytket would write all of it."""
    with pytest.raises(InputError) as caught:
        read_pytket_json(f'{{"bits": [["c", [0]], ["c", [{index}]]], "qubits": [], "commands": []}}')
    assert caught.value.code == "QASM-12"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says how much memory a process has")
def test_the_memory_of_pytkets_process_is_bounded() -> None:
    code = "from gossamer.frontends import objects as o; o.PYTKET_BYTES = 1 << 28; o.bound_memory(); bytearray(1 << 30)"
    command, environment = objects.own_process(code)
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert "MemoryError" in done.stderr


@pytest.mark.clause("TL-9")
def test_without_pytket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "find_spec", lambda name: None)
    with pytest.raises(MissingPackage) as caught:
        read_pytket_json("{}")
    assert caught.value.code == "TL-9"
    assert caught.value.exit_code == 5
