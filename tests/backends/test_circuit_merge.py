"""All programs as one circuit: the common readers take the text, and it means what the source does, read back by our own frontend and run by Aer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gossamer
from gossamer.backends.circuit_merge import merge
from gossamer.cli import call
from gossamer.conformance.strategies import circuits
from gossamer.diagnostics import GossamerError, InputError
from gossamer.ir.equality import equal_instruments
from gossamer.ir.network_text import parse_network
from gossamer.ir.phase import BitExpr
from gossamer.ir.program import Ebit, ManifestBit
from gossamer.ir.wires import WireBuilder
from tests.backends.test_mbqc import DYNAMIC, UNITARY

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
#: Native gates that the standard library lacks on one node, a pattern on the next, and names that are words of OpenQASM.
STRANGE = """
nodes:
- {name: gate, data: 2, comm: 2, gates: [ms, rx, rz]}
- {name: Measure_, data: 2, comm: 2, gates: [ecr, rz, sx, x]}
- {name: pi, model: mbqc, data: 3, comm: 2}
links:
- {nodes: [gate, Measure_]}
- {nodes: [Measure_, pi]}
- {nodes: [pi, gate]}
"""
NETWORKS = ("2", "2mbqc", "1+1mbqc", "2mixed", "line:3:comm=2")


def reported(text: str, names: tuple[str, ...]) -> gossamer.Diagram:
    """The diagram of an OpenQASM text, of which these registers are reported."""
    diagram = gossamer.read(text)
    return replace(diagram, registers=tuple(r for r in diagram.registers if r.name in names))


@given(
    circuits(max_wires=2, max_gates=5), st.sampled_from(["2:qubits=3", "2mbqc", "1+1mbqc", "2mixed", "line:3:comm=2"])
)
@settings(max_examples=12, deadline=None)
def test_the_circuit_means_what_the_source_does(circuit, network: str) -> None:
    program = gossamer.compile(circuit.diagram, network, effort=0, check=False)
    merged = merge(program.programs, program.manifest)
    merged.verify_structure()
    text = program.circuit()
    source = circuit.diagram
    again = reported(text, tuple(r.name for r in source.registers))
    if len(again.outcome_bits) <= 14:
        assert [r.name for r in again.registers] == [r.name for r in source.registers if r.bits]
        assert equal_instruments(again, replace(source, registers=tuple(r for r in source.registers if r.bits)))


@pytest.mark.parametrize("network", ["2:qubits=3", "1+1mbqc:qubits=3"])
def test_a_changed_angle_is_another_circuit(network: str) -> None:
    """The comparison of the test above can fail."""
    source = (
        'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; h q; t q[0]; cx q[0],q[1]; h q[0]; measure q -> c;'
    )
    text = gossamer.compile(source, network, effort=0).circuit()
    assert equal_instruments(reported(text, ("c",)), gossamer.read(source))
    assert not equal_instruments(reported(text.replace("pi/4", "pi/8", 1), ("c",)), gossamer.read(source))


def readers(text: str) -> None:
    """The text is taken by the reference parser, by pyqasm and by Qiskit."""
    import openqasm3
    import pyqasm
    from qiskit import qasm3

    openqasm3.parse(text)
    module = pyqasm.loads(text)
    module.validate()
    module.unroll()
    circuit = qasm3.loads(text)
    assert circuit.num_qubits == module.num_qubits


@pytest.mark.parametrize("network", [*NETWORKS, "strange"])
def test_readers_take_it(network: str, tmp_path: Path) -> None:
    if network == "strange":
        (tmp_path / "strange.yaml").write_text(STRANGE)
        network = str(tmp_path / "strange.yaml")
    program = gossamer.compile(DYNAMIC, network, effort=0)
    text = program.circuit()
    assert program.report["ebits"] == len(program.links)
    readers(text)
    if network.endswith(".yaml"):
        assert all(f"gate {name} " in text for name in {"ms", "ecr"} & set(text.split()))
        assert "// gate: " in text


def test_links_are_bell_pairs_and_single_bits_are_messages() -> None:
    program = gossamer.compile('OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; cz q[0],q[1];', "2:qubits=1,comm=1")
    (merged,) = merge(program.programs, program.manifest).programs
    assert sum(isinstance(op, Ebit) for p in program.programs for op in p.instructions) == 2
    assert program.circuit().splitlines() == [
        "OPENQASM 3.0;",
        'include "stdgates.inc";',
        "// n0: q[0] n0_comm[0]",
        "// n1: q[1] n1_comm[0]",
        "qubit[2] q;",
        "qubit[1] n0_comm;",
        "qubit[1] n1_comm;",
        "bit[2] m;",
        "reset n0_comm[0];",
        "reset n1_comm[0];",
        "h n0_comm[0];",
        "cx n0_comm[0], n1_comm[0];",
        "cz q[0], n0_comm[0];",
        "h n0_comm[0];",
        "m[0] = measure n0_comm[0];",
        "cx q[1], n1_comm[0];",
        "m[1] = measure n1_comm[0];",
        "if (m[0]) {",
        "  z q[1];",
        "}",
        "if (m[1]) {",
        "  z q[0];",
        "}",
    ]
    assert merged.data == 4


def test_registers_of_the_source_keep_their_names() -> None:
    """Also where nodes, or the qubits that bits are computed on, are called the same."""
    text = "OPENQASM 2.0; qreg q[2]; creg a[1]; creg b_comm[1]; CX q[0],q[1]; measure q[0] -> a[0]; measure q[1] -> b_comm[0];"
    network = parse_network(
        """{nodes: [{name: a, model: mbqc, data: 2}, {name: b, model: mbqc, data: 2}], links: [{nodes: [a, b]}]}"""
    )
    lines = gossamer.compile(text, network).circuit().splitlines()
    assert {line for line in lines if line.startswith("bit")} >= {"bit[1] a;", "bit[1] b_comm;"}
    w = WireBuilder()
    w.register("q", [BitExpr.bit(w.measure(w.add_zero()))])
    assert "bit[1] q;" in gossamer.convert(w.build(), "qasm").splitlines()


@pytest.mark.clause("PR-17")
def test_postselected_programs_are_no_circuit() -> None:
    program = gossamer.compile(UNITARY, "2", effort=0, check=False)
    manifest = program.manifest.model_copy(update={"postselected": [ManifestBit(node="n0", bit=0)]})
    with pytest.raises(InputError, match="throw runs away") as caught:
        merge(program.programs, manifest)
    assert caught.value.code == "PR-17"


def test_the_command_line_writes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out, text = EXAMPLES / "grover2.qasm", tmp_path / "out", tmp_path / "all.qasm"
    program = gossamer.compile(source, "2:qubits=1")
    program.save(out)
    assert call(["convert", str(out), str(text), "--merge"]) == 0
    assert text.read_text() == program.circuit()
    assert call(["convert", str(out), str(tmp_path / "all.qasm2"), "--merge"]) == 0
    assert (tmp_path / "all.qasm2").read_text() == program.circuit("qasm2")
    capsys.readouterr()
    for arguments, code, words in (
        (["convert", out, text], 2, "add --merge"),
        (
            ["convert", out, tmp_path / "a.gsm", "--merge"],
            2,
            "error[TL-2]: the format 'gsm' holds no circuit of several nodes",
        ),
        (["convert", out, text, "--merge", "-p", "simplify"], 2, "error[TL-7]"),
        (["convert", out, text, "--merge", "-f", "qasm"], 2, "error[TL-7]"),
        (["convert", source, text, "--merge"], 1, "error[PR-1]"),
    ):
        assert call([str(a) for a in arguments]) == code
        assert words in capsys.readouterr().err


def test_a_folder_is_no_source_in_python_either(tmp_path: Path) -> None:
    gossamer.compile(EXAMPLES / "grover2.qasm", "1").save(tmp_path / "out")
    with pytest.raises(GossamerError) as caught:
        gossamer.convert(tmp_path / "out", "qasm")
    assert caught.value.code == "TL-2"
    assert "OPENQASM 3.0" in gossamer.convert(tmp_path / "out", "qasm", merge=True)
