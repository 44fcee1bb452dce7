"""Engines from outside: what they count for the programs of the nodes is what Aer counts for the source.

The node programs go to Qiskit and Aer as the text that ``convert --merge`` writes, and to graphix as one pattern; nothing of our runtime takes part, and
the source is read and run by Qiskit. Two-sample chi-square tests at fixed seeds.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import gossamer
from gossamer.cli import call
from gossamer.registry import registered
from gossamer.runtime.run import ENGINES
from tests.graphix_process import graphix_says
from tests.shared import corpus, needs_shared
from tests.test_histograms import chi_square_p, dynamic_circuit, protocol, simulate

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
CHILD = Path(__file__).parent / "graphix_child.py"
CORPUS_CHILD = Path(__file__).parent / "graphix_corpus_child.py"
#: Circuit, MBQC and mixed nodes, two to four.
NETWORKS = ("2", "1+1mbqc", "2mixed", "3", "2mbqc", "1+1mixed", "2+2mbqc", "4", "3mbqc")
SHOTS = 1000
CLIFFORD = """OPENQASM 2.0; include "qelib1.inc"; qreg q[4]; creg a[1]; creg c[4];
h q[0]; cx q[0],q[1]; s q[1]; h q[2]; cz q[1],q[2]; cx q[2],q[3]; measure q[3] -> a[0]; if(a==1) x q[1]; h q[0]; h q[1]; measure q -> c;"""


def agree(text: str, network: str, seed: int, engine: str = "aer", shots: int = SHOTS) -> int:
    """Compile, run on the engine, and compare with Aer running the source; returns how many different results there were."""
    program = gossamer.compile(text, network, seed=seed, effort=0, check=False)
    ours = program.run(shots, seed=seed, engine=engine)
    assert ours.engine == engine
    assert sum(ours.counts.values()) == shots
    theirs = simulate(text, seed)
    assert chi_square_p(ours.counts, theirs) > 1e-3, f"on {network}: {ours.counts} is not {theirs}"
    return len(theirs)


@pytest.mark.parametrize(
    ("name", "network"), [("grover", "1+1mbqc"), ("qft", "2mbqc"), ("teleportation", "2mixed"), ("ghz", "3")]
)
def test_aer_agrees_on_an_example(name: str, network: str) -> None:
    agree((EXAMPLES / f"{name}.qasm").read_text(), network, 1)


def test_aer_agrees_on_native_gates() -> None:
    agree((EXAMPLES / "grover.qasm").read_text(), str(EXAMPLES / "ions-and-photons.yaml"), 2)


@pytest.mark.parametrize("seed", range(3))
def test_aer_agrees_on_dynamic_circuits(seed: int) -> None:
    assert agree(dynamic_circuit(seed), NETWORKS[seed], seed) >= 4


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(100, 128))
def test_aer_agrees_on_dynamic_circuits_nightly(seed: int) -> None:
    assert agree(dynamic_circuit(seed), NETWORKS[seed % len(NETWORKS)], seed) >= 4


@pytest.mark.nightly
@needs_shared
@pytest.mark.parametrize(("i", "path"), list(enumerate(corpus("qasm2/dqc-papers/"))), ids=str)
def test_aer_agrees_on_published_protocols(i: int, path: Path) -> None:
    agree(protocol(path), NETWORKS[i % len(NETWORKS)], i)


@pytest.mark.nightly
@needs_shared
@pytest.mark.parametrize(
    ("i", "path"), list(enumerate(corpus("qasm2/QASMBench/", max_qubits=12, label="valid"))), ids=str
)
def test_aer_agrees_on_qasmbench(i: int, path: Path) -> None:
    text = path.read_text(encoding="utf-8", errors="replace")
    if (
        "sat_n11" in path.stem
    ):  # Aer runs each shot anew, with 21 qubits on patterns and 16 here, and a thousand gates and more
        agree(text, "2:comm=1", i, shots=150)
    else:
        agree(text, NETWORKS[i % 7], i)


@pytest.mark.parametrize("network", ["2", "2mbqc", "1+1mixed"])
def test_stim_agrees_on_clifford_programs(network: str) -> None:
    assert agree(CLIFFORD, network, 4, "stim") >= 4
    assert agree(CLIFFORD, network, 4, "aer") >= 4


@pytest.mark.nightly
@needs_shared
@pytest.mark.parametrize("path", corpus("qasm2/dqc-papers/"), ids=lambda p: p.stem)
def test_engines_agree_on_the_twins_of_published_protocols(path: Path) -> None:
    """Each protocol as it stands, in OpenQASM 2 and in OpenQASM 3, on every engine that runs circuits (all of them are Clifford)."""
    twin = path.parents[2] / "qasm3" / "dqc-papers" / f"{path.stem}.v3.qasm"
    wanted = simulate(path.read_text(encoding="utf-8"), 5)
    for source in (path, twin):
        program = gossamer.compile(source, "2", effort=0)
        for engine in (*ENGINES, "aer"):
            found = program.run(SHOTS, seed=6, engine=engine).counts
            assert chi_square_p(found, wanted) > 1e-3, f"{source.name} on {engine}: {found} is not {wanted}"


def check_graphix(seed: int, count: int) -> None:
    lines = graphix_says(CHILD, seed, count)
    assert len(lines) == count
    several = 0
    for i, (text, network, counts) in enumerate(lines):
        theirs = simulate(text, i)
        several += len(theirs) > 1
        assert chi_square_p(counts, theirs) > 1e-3, f"{text}\non {network}: {counts} is not {theirs}"
    assert several


def test_graphix_agrees() -> None:
    check_graphix(1, 2)


@pytest.mark.nightly
def test_graphix_agrees_nightly() -> None:
    check_graphix(3, 20)


@pytest.mark.nightly
@needs_shared
def test_graphix_agrees_on_published_protocols_and_circuits() -> None:
    """All that run on MBQC nodes alone; what graphix cannot run is refused with the reason."""
    lines = graphix_says(CORPUS_CHILD, 1, 30)
    ran = [name for name, _, _, found in lines if isinstance(found, dict)]
    for i, (name, text, network, found) in enumerate(lines):
        if isinstance(found, dict):
            theirs = simulate(text, i)
            assert chi_square_p(found, theirs) > 1e-3, f"{name} on {network}: {found} is not {theirs}"
        else:
            assert found.startswith(("error[PR-16]", "error[RES-1]")), f"{name}: {found}"
    assert len(ran) >= 22, ran
    assert set(ran) >= {path.stem + end for path in corpus("qasm2/dqc-papers/") for end in ("", ".v3")}


def test_the_same_seed_gives_the_same_counts() -> None:
    program = gossamer.compile(dynamic_circuit(1), "1+1mbqc", effort=0, check=False)
    first, again, other = (program.run(300, seed=s, engine="aer").counts for s in (5, 5, 6))
    assert first == again != other


def test_outputs_are_measured_where_that_is_asked_for() -> None:
    source = (
        'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[1]; x q[0]; cx q[0],q[1]; measure q[0] -> c[0]; x q[0];'
    )
    for network in ("2:qubits=1", "2mbqc"):
        program = gossamer.compile(source, network)
        assert program.run(20, engine="aer", measure_all=True).counts == {"10 1": 20}


@pytest.mark.parametrize(
    ("engine", "package"),
    [("aer", "qiskit"), ("aer", "qiskit_aer"), ("aer", "qiskit_qasm3_import"), ("graphix", "graphix")],
)
def test_without_its_package_an_engine_ends_with_5(engine: str, package: str, tmp_path: Path) -> None:
    source = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; h q[0]; cx q[0],q[1]; measure q -> c;'
    gossamer.compile(source, "2mbqc", effort=0).save(tmp_path / "out")
    code = (
        f"import sys; sys.modules['{package}'] = None; from gossamer.cli import call; "
        f"sys.exit(call(['run', 'out', '--engine', '{engine}']))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 5, done.stderr
    assert "error[TL-9]" in done.stderr
    assert "pip install 'gossamer[engines]'" in done.stderr


@pytest.mark.clause("RES-1")
def test_what_aer_cannot_hold_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chain = "".join(f"cx q[{i}],q[{i + 1}];" for i in range(29))
    source = f'OPENQASM 2.0; include "qelib1.inc"; qreg q[30]; creg c[30]; h q[0]; {chain} measure q -> c;'
    gossamer.compile(source, "line:30:qubits=1", effort=0).save(tmp_path / "out")
    assert call(["run", str(tmp_path / "out"), "--engine", "aer"]) == 2
    assert "error[RES-1]: engine aer cannot run this program" in capsys.readouterr().err


@pytest.mark.clause("PR-16")
def test_graphix_runs_patterns_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gossamer.compile(EXAMPLES / "grover2.qasm", "1+1mbqc").save(tmp_path / "out")
    assert call(["run", str(tmp_path / "out"), "--engine", "graphix"]) == 1
    assert "error[PR-16]: n0 is of model 'circuit'" in capsys.readouterr().err


def test_engines_of_the_runtime_are_those_that_are_registered(capsys: pytest.CaptureFixture[str]) -> None:
    engines = registered("engines")
    assert tuple(name for name, r in engines.items() if r.takes == ("trace",)) == ENGINES
    assert all(callable(r.load()) for r in engines.values())
    assert call(["engines"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(engines)
