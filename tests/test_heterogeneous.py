"""Random circuits on random networks of different hardware: they compile, verify, and keep to each node's gates."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import gossamer
from gossamer.cli import call
from gossamer.conformance.strategies import circuits, networks
from gossamer.diagnostics import NetworkInfeasible
from tests.test_remedy import apply


def compile_and_verify(data: st.DataObject, *, max_wires: int, max_gates: int) -> None:
    circuit = data.draw(circuits(max_wires=max_wires, max_gates=max_gates))
    size = data.draw(st.integers(1, max_wires))
    comm = data.draw(st.sampled_from([None, 1, 2]))
    network = data.draw(networks(max_nodes=3, data=size, comm=comm, figures=True, models=("circuit", "mbqc")))
    seed = data.draw(st.integers(0, 99))
    try:
        program = gossamer.compile(circuit.diagram, network, effort=0, seed=seed)
    except NetworkInfeasible as error:
        assert error.code in ("NW-13", "NW-16")
        help = (error.diagnostic.help or "").partition(";")[0]
        assume(help.startswith("the smallest change found that does: "))
        network, _ = apply(network, help)  # the hint is one that does
        network.verify()
        program = gossamer.compile(circuit.diagram, network, effort=0, seed=seed)
    assert program.report["verified"]["holds"] is True
    assert gossamer.checks.verify(program.programs, program.manifest, program.source, network=network).holds is True
    report = program.report
    assert (report["fidelity"] is None) or 0 < report["fidelity"] <= 1
    assert (report["makespan"] is None) or report["makespan"] >= 0


@settings(deadline=None, max_examples=12)
@given(st.data())
def test_random_circuits_on_random_hardware(data: st.DataObject) -> None:
    compile_and_verify(data, max_wires=3, max_gates=8)


@pytest.mark.nightly
@settings(deadline=None, max_examples=400)
@given(st.data())
def test_larger_circuits_on_random_hardware(data: st.DataObject) -> None:
    compile_and_verify(data, max_wires=4, max_gates=18)


LAB = Path(__file__).parent.parent / "examples" / "lab.yaml"


@pytest.mark.parametrize("source", ["grover.qasm", "adder.qasm", "teleportation.qasm"])
def test_the_lab_of_the_examples(source: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From the file to programs in each node's gates, a report with its figures, a run, and a check against the network."""
    out = str(tmp_path / "out")
    path = str(LAB.parent / source)
    assert call(["compile", path, "-n", str(LAB), "-o", out, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["verified"]["holds"] is True
    assert 0 < report["makespan"] < 1
    assert 0 < report["fidelity"] < 1
    assert report["swaps"].keys() == {"chip"}
    assert call(["verify", out, "--against", path, "-n", str(LAB)]) == 0
    assert call(["verify", out, "--against", path, "-n", "2:qubits=5"]) == 4
    assert call(["run", out, "--shots", "20"]) == 0
    text = (tmp_path / "out" / "ions.qasm").read_text()
    assert not {line.split()[0].split("(")[0] for line in text.splitlines() if " data[" in line} & {
        "h",
        "cz",
        "x",
        "sx",
    }


def test_network_check_counts_kinds_of_links(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["network", "check", str(LAB)]) == 0
    assert (
        capsys.readouterr().out == "ok: 2 nodes, 1 quantum and 1 classical links, 9 data qubits, at most 1 hops apart\n"
    )
