"""NetQASM: what the emitted subroutines count on netqasm's own executor is what Aer counts for the source.

The source is read and run by Qiskit; nothing of our runtime takes part. Two-sample chi-square tests at fixed seeds.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import gossamer
from gossamer.backends.netqasm import application
from gossamer.cli import call
from gossamer.diagnostics import InputError
from gossamer.formats.netqasm import Application, Hear, HostStep, Role, Run, Tell
from tests.shared import corpus, needs_shared
from tests.test_histograms import SHOTS as THEIRS
from tests.test_histograms import chi_square_p, dynamic_circuit, protocol, simulate

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NETWORKS = ("2", "3", "4", "line:3")
SHOTS = 200
NATIVE = """
nodes:
  - {{name: left, data: 3, comm: 1, gates: [{gates}]}}
  - {{name: right, data: 3, comm: 1, gates: [{gates}]}}
links:
  - {{nodes: [left, right], quantum: {{}}}}
"""


def agree(text: str, network: str, seed: int, source: object = None, shots: int = SHOTS) -> int:
    """Compile, run on netqasm's executor, and compare with Aer running the source; returns how many different results there were."""
    program = gossamer.compile(text if source is None else source, network, seed=seed, effort=0, check=False)
    ours = program.run(shots, seed=seed, engine="netqasm")
    assert ours.engine == "netqasm"
    assert sum(ours.counts.values()) == shots
    theirs = simulate(text, seed)
    least = 5 * (shots + THEIRS) // shots  # so many in both are some five in the smaller sample
    assert chi_square_p(ours.counts, theirs, least) > 1e-3, f"on {network}: {ours.counts} is not {theirs}"
    return len(theirs)


def chain(qubits: int) -> str:
    """A circuit that has gates of two qubits on every node, wherever it is cut."""
    steps = "".join(f"cx q[{i}],q[{i + 1}]; t q[{i + 1}]; h q[{i}]; cx q[{i}],q[{i + 1}];" for i in range(qubits - 1))
    return (
        f'OPENQASM 2.0; include "qelib1.inc"; qreg q[{qubits}]; creg c[{qubits}]; ry(1.1) q[0]; {steps} measure q -> c;'
    )


@pytest.mark.parametrize(
    ("name", "network"),
    [("grover", "3:qubits=1"), ("qft", "2:qubits=2"), ("teleportation", "2:qubits=2"), ("ghz", "3")],
)
def test_netqasm_agrees_on_an_example(name: str, network: str) -> None:
    agree((EXAMPLES / f"{name}.qasm").read_text(), network, 1)


@pytest.mark.parametrize("seed", range(4))
def test_netqasm_agrees_on_dynamic_circuits(seed: int) -> None:
    assert agree(dynamic_circuit(seed), NETWORKS[seed], seed) >= 4


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(200, 212))
def test_netqasm_agrees_on_dynamic_circuits_nightly(seed: int) -> None:
    assert agree(dynamic_circuit(seed), NETWORKS[seed % 4], seed) >= 4


@needs_shared
@pytest.mark.parametrize(("i", "path"), list(enumerate(corpus("qasm2/dqc-papers/"))), ids=str)
def test_netqasm_agrees_on_published_protocols(i: int, path: Path) -> None:
    agree(protocol(path), NETWORKS[i % 4], i)


@pytest.mark.nightly
@needs_shared
@pytest.mark.parametrize("path", corpus("qasm2/dqc-papers/"), ids=lambda p: p.stem)
def test_netqasm_agrees_on_the_twins_of_published_protocols(path: Path) -> None:
    """Each protocol as it stands, in OpenQASM 2 and in OpenQASM 3."""
    text = path.read_text(encoding="utf-8")
    agree(text, "2", 5)
    agree(text, "2", 7, source=path.parents[2] / "qasm3" / "dqc-papers" / f"{path.stem}.v3.qasm")


@pytest.mark.nightly
@needs_shared
@pytest.mark.parametrize(
    ("i", "path"), list(enumerate(corpus("qasm2/QASMBench/", max_qubits=10, label="valid"))), ids=str
)
def test_netqasm_agrees_on_qasmbench(i: int, path: Path) -> None:
    agree(path.read_text(encoding="utf-8", errors="replace"), NETWORKS[i % 4], i)


@pytest.mark.parametrize(
    ("gates", "flavour"), [("rzx, rx, ry, rz", "nv"), ("ms, rx, rz", "trapped_ion"), ("cx, u3", "vanilla")]
)
def test_native_gates_choose_the_flavour(gates: str, flavour: str, tmp_path: Path) -> None:
    """Every node runs in the instructions of its flavour: netqasm's parser and decoder know no others there."""
    network = tmp_path / "network.yaml"
    network.write_text(NATIVE.format(gates=gates))
    text = chain(6)
    program = gossamer.compile(text, str(network), effort=0, check=False)
    assert [role.flavour for role in application(program.programs, program.manifest).roles] == [flavour] * 2
    assert agree(text, str(network), 3) >= 8


def test_flavours_meet(tmp_path: Path) -> None:
    nodes = [("a", "ms, rx, rz"), ("b", "rzx, rx, rz"), ("c", "cz, h, u3")]
    lines = [f"  - {{name: {name}, data: 2, comm: 1, gates: [{gates}]}}" for name, gates in nodes]
    links = "\n".join(f"  - {{nodes: [{a}, {b}], quantum: {{}}}}" for a, b in ("ab", "bc"))
    network = tmp_path / "network.yaml"
    network.write_text("\n".join(["nodes:", *lines, "links:", links, ""]))
    assert agree(chain(6), str(network), 2) >= 8


@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(["1", "2:qubits=2,comm=1", "3:qubits=2"]))
def test_clifford_programs_give_what_the_runtime_gives(seed: int, network: str) -> None:
    """Programs with one result, whatever the outcomes on the way: a circuit on |0> and its inverse."""
    import random

    rng = random.Random(seed)
    steps = []
    for _ in range(12):
        i, j = rng.sample(range(3), 2)
        steps.append(rng.choice([f"h q[{i}];", f"x q[{i}];", f"cx q[{i}],q[{j}];", f"cz q[{i}],q[{j}];", f"y q[{i}];"]))
    flips = [f"x q[{i}];" for i in range(3) if rng.random() < 0.5]
    text = "".join(
        [
            'OPENQASM 2.0; include "qelib1.inc"; qreg q[3]; creg c[3];',
            *flips,
            *steps,
            *reversed(steps),
            "measure q -> c;",
        ]
    )
    program = gossamer.compile(text, network, effort=0, check=False, pipeline="graph-like,partition,links,circuit")
    assert program.run(3, seed=seed, engine="netqasm").counts == program.run(3).counts


def test_pairs_come_in_any_bell_state(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the correction of the receiving end the results are wrong."""
    program = gossamer.compile((EXAMPLES / "ghz.qasm").read_text(), "2:qubits=2", effort=0, check=False)
    assert program.report["ebits"]
    monkeypatch.setattr("gossamer.backends.netqasm._CORRECTIONS", {})
    assert len(program.run(40, engine="netqasm").counts) > len(program.run(40).counts)


def test_hosts_that_wait_for_each_other_are_noticed() -> None:
    import numpy as np

    from gossamer.engines.netqasm import run_once
    from gossamer.engines.netqasm_executor import Texts

    pair = """# NETQASM 2.0
# APPID 0
array 10 @1
array 1 @2
store 0 @2[0]
set R0 {node_%s}
recv_epr R0 0 2 1
wait_all @1[0:10]
"""
    waits: list[list[tuple[HostStep, ...]]] = [
        [(Hear("b", 0),), (Hear("a", 0),)],
        [(Run(pair % "b"),), (Run(pair % "a"),)],
        [(Tell("b", ()), Run(pair % "b")), (Hear("a", 0), Hear("a", 1))],
    ]
    for steps in waits:
        roles = tuple(Role(name, "vanilla", 1, own) for name, own in zip("ab", steps, strict=True))
        app = Application(roles, (("a", "b"),))
        with pytest.raises(InputError, match="wait for each other") as caught:
            run_once(app, Texts(app), np.random.default_rng(1))
        assert caught.value.code == "PR-10"


def test_the_same_seed_gives_the_same_counts() -> None:
    program = gossamer.compile(dynamic_circuit(1), "2", effort=0, check=False)
    first, again, other = (program.run(60, seed=s, engine="netqasm").counts for s in (5, 5, 6))
    assert first == again != other


def test_without_its_package_the_engine_ends_with_5(tmp_path: Path) -> None:
    source = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; h q[0]; cx q[0],q[1]; measure q -> c;'
    gossamer.compile(source, "2", effort=0).save(tmp_path / "out")
    code = (
        "import sys; sys.modules['netqasm'] = None; from gossamer.cli import call; "
        "sys.exit(call(['run', 'out', '--engine', 'netqasm']) or call(['convert', 'out', 'app', '-t', 'netqasm']))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 5, done.stderr
    assert "error[TL-9]" in done.stderr
    assert "pip install 'gossamer[engines]'" in done.stderr
    write = code.replace("call(['run', 'out', '--engine', 'netqasm']) or ", "")
    assert (
        subprocess.run([sys.executable, "-c", write], cwd=tmp_path, check=False).returncode == 0
    )  # writing needs nothing


@pytest.mark.clause("RES-1")
def test_what_the_simulator_cannot_hold_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chain = "".join(f"cx q[{i}],q[{i + 1}];" for i in range(24))
    source = f'OPENQASM 2.0; include "qelib1.inc"; qreg q[25]; creg c[25]; h q[0]; {chain} measure q -> c;'
    gossamer.compile(source, "2", effort=0).save(tmp_path / "out")
    assert call(["run", str(tmp_path / "out"), "--engine", "netqasm"]) == 2
    assert "error[RES-1]: engine netqasm cannot run this program" in capsys.readouterr().err


def test_mbqc_nodes_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gossamer.compile(EXAMPLES / "grover2.qasm", "1+1mbqc").save(tmp_path / "out")
    assert call(["run", str(tmp_path / "out"), "--engine", "netqasm"]) == 1
    assert "error[NQ-1]: n1 is of model 'mbqc', and NetQASM runs gates" in capsys.readouterr().err
