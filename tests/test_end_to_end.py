"""Random circuits on random networks under random seeds: they distribute and verify, and the bytes depend on the seed only."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gossamer
from gossamer.diagnostics import NetworkInfeasible
from tests.shared import SHARED, corpus, needs_shared

ONE = [
    "h q[%d];",
    "x q[%d];",
    "t q[%d];",
    "sdg q[%d];",
    "sx q[%d];",
    "rx(0.7) q[%d];",
    "ry(pi/3) q[%d];",
    "u3(0.2,0.5,-pi/8) q[%d];",
]
TWO = ["cx q[%d],q[%d];", "cz q[%d],q[%d];", "cu1(pi/8) q[%d],q[%d];", "rzz(1.1) q[%d],q[%d];", "crz(pi/4) q[%d],q[%d];",
       "swap q[%d],q[%d];", "ch q[%d],q[%d];"]  # fmt: skip


@st.composite
def sources(draw: st.DrawFn) -> str:
    """OpenQASM 2 with measurements, resets and conditions."""
    qubits = draw(st.integers(1, 5))
    lines = ["OPENQASM 2.0;", 'include "qelib1.inc";', f"qreg q[{qubits}];", "creg a[2];", "creg b[1];"]
    index = st.integers(0, qubits - 1)
    for _ in range(draw(st.integers(1, 24))):
        kind = draw(st.sampled_from(["one", "two", "two", "two", "measure", "reset", "if"]))
        i = draw(index)
        if kind == "one":
            lines.append(draw(st.sampled_from(ONE)) % i)
        elif kind == "two" and qubits > 1:
            j = draw(index.filter(lambda x, i=i: x != i))
            lines.append(draw(st.sampled_from(TWO)) % (i, j))
        elif kind == "measure":
            lines.append(f"measure q[{i}] -> {draw(st.sampled_from(['a[0]', 'a[1]', 'b[0]']))};")
        elif kind == "reset":
            lines.append(f"reset q[{i}];")
        elif kind == "if":
            condition = draw(st.sampled_from(["a==0", "a==2", "a==3", "b==1"]))
            lines.append(f"if({condition}) " + draw(st.sampled_from(ONE)) % i)
    return "\n".join(lines)


networks = st.one_of(
    st.sampled_from(["1", "2", "3", "4", "line:3", "line:4", "ring:4", "star:4"]),
    st.builds(
        lambda shape, comm, qubits: f"{shape}:comm={comm}" + (f",qubits={qubits}" if qubits else ""),
        st.sampled_from(["2", "3", "4", "line:3"]),
        st.integers(1, 3),
        st.sampled_from([0, 2, 3, 6]),
    ),
)


def check(text: str, network: str, seed: int) -> None:
    try:
        program = gossamer.compile(text, network, seed=seed)
    except NetworkInfeasible as error:
        assert "qubits=" in network or "line" in network, str(error)  # only where room is tight or a relay needs two
        return
    assert program.report["verified"]["holds"] is True, program.report["verified"]
    again = gossamer.compile(text, network, seed=seed)
    assert again.texts() == program.texts()
    assert again.report == program.report


@settings(max_examples=60, deadline=None, derandomize=True)
@given(sources(), networks, st.integers(0, 2**31 - 1))
def test_random_circuits_on_random_networks(text, network, seed):
    check(text, network, seed)


@pytest.mark.nightly
@settings(max_examples=400, deadline=None)
@given(sources(), networks, st.integers(0, 2**31 - 1))
def test_random_circuits_on_random_networks_nightly(text, network, seed):
    check(text, network, seed)


def test_one_seed_one_folder(tmp_path):
    """Two compiles with one seed give the same bytes in every file but timings.json."""
    source = Path(__file__).parent.parent / "examples" / "grover.qasm"
    for name in ("a", "b"):
        gossamer.compile(source, "2:qubits=2", seed=5).save(tmp_path / name)
    files = sorted(p.name for p in (tmp_path / "a").iterdir())
    assert "report.json" in files
    for name in files:
        if name != "timings.json":
            assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


PUBLISHED = [*corpus("qasm2/dqc-papers/"), *corpus("qasm2/QASMBench/", max_qubits=12, label="valid")]


@needs_shared
@pytest.mark.parametrize("network", ["2", "3"])
@pytest.mark.parametrize("path", PUBLISHED, ids=lambda p: p.stem)
def test_published_circuits(path, network):
    verdict = gossamer.compile(path, network).report["verified"]
    assert verdict["holds"] is True, verdict


def test_the_corpus_is_whole_where_it_is_there():
    if not SHARED.is_dir():
        pytest.skip("../shared is absent: nothing was checked")
    assert len(PUBLISHED) == 38
