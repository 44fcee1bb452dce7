"""A program for one node, printed as plain OpenQASM, is read by others and means what the source means."""

from __future__ import annotations

import numpy as np
import pytest

from gossamer.api import compile
from gossamer.diagnostics import InputError
from gossamer.formats.openqasm_print import print_openqasm
from gossamer.frontends.qasm import read_qasm
from gossamer.ir.diagram import Diagram
from gossamer.ir.equality import equal_instruments
from gossamer.ir.semantics import branches

SOURCES = [
    'include "qelib1.inc"; qreg q[3]; h q[0]; cx q[0],q[1]; ccx q[0],q[1],q[2]; rz(0.3) q[1]; rzz(pi/8) q[0],q[2];',
    'include "qelib1.inc"; qreg q[3]; creg c[2]; creg d[1]; h q[0]; measure q[0] -> c[1]; if (c == 2) x q[1]; h q[1]; measure q[1] -> d[0]; if (d == 0) z q[2];',
    'OPENQASM 3.0; include "stdgates.inc"; qubit[2] q; bit[2] c; reset q; h q[0]; cx q[0], q[1]; c = measure q;',
]


def probabilities(diagram: Diagram, names: list[str]) -> dict[tuple[int, ...], float]:
    """Of the registers' values, all inputs in |0>."""
    zero = np.eye(1, 2 ** len(diagram.inputs))[0]
    out: dict[tuple[int, ...], float] = {}
    for bits, column in branches(diagram, zero):
        values = {r.name: [int(e.evaluate(bits)) for e in r.bits] for r in diagram.registers}
        key = tuple(x for name in names for x in values[name])
        out[key] = out.get(key, 0) + float(np.linalg.norm(column) ** 2)
    total = sum(out.values())
    return {key: p / total for key, p in out.items() if p > 1e-12 * total}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("version", [2, 3])
def test_round_trip(source: str, version: int) -> None:
    made = compile(source, "1", check=False)
    text = print_openqasm(made.programs[0], made.manifest, version)
    again = read_qasm(text)
    wanted = read_qasm(source)
    assert {r.name for r in wanted.registers} <= {r.name for r in again.registers}
    if version == 2:
        from qiskit import qasm2

        assert qasm2.loads(text).num_qubits
    else:
        import openqasm3
        from qiskit import qasm3

        assert openqasm3.parse(text).statements
        assert qasm3.loads(text).num_qubits
    names = [r.name for r in wanted.registers]
    assert probabilities(again, names) == pytest.approx(probabilities(wanted, names))
    if not wanted.registers:
        assert len(again.inputs) == len(wanted.inputs)
        assert equal_instruments(again, wanted)


def test_programs_of_several_nodes_are_refused() -> None:
    made = compile(SOURCES[0], "3:qubits=1", check=False)
    with pytest.raises(InputError):
        print_openqasm(made.programs[0], made.manifest)
