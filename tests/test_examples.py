"""The example programs, end to end: compiled, run, verified, and compared with what their first lines say."""

from __future__ import annotations

from pathlib import Path

import pytest

import gossamer

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"

#: What a run may print; with a bound, the least share of the first.
EXPECTED = {
    "adder": ({"1001"}, 1.0),
    "ghz": ({"0000", "1111"}, 0.35),
    "grover": ({"101", *(f"{i:03b}" for i in range(8))}, 0.9),
    "grover2": ({"10"}, 1.0),
    "qft": ({"0101"}, 1.0),
    "remote_cx": ({f"{b} {a}" for a in "01" for b in "01"}, 0.15),
    "teleportation": ({f"0 {a} {b}" for a in "01" for b in "01"}, 0.15),
    "walk": ({"11"}, 1.0),
}
#: Networks that leave no node room for the whole program, so that links are needed.
NETWORKS = {
    "adder": ["2:qubits=5", "line:3:qubits=4,comm=2"],
    "ghz": ["4:qubits=1", "line:4:qubits=1,comm=1"],
    "grover": ["2:qubits=2", "3:qubits=1"],
    "grover2": ["2:qubits=1", "two-ions"],
    "qft": ["2:qubits=2", "ring:4:qubits=1"],
    "remote_cx": ["4:qubits=1", "line:4:qubits=1"],
    "teleportation": ["2:qubits=2", "3:qubits=1"],
    "walk": ["2:qubits=2", "3:qubits=1"],
}


def test_there_is_an_expectation_for_each_example() -> None:
    assert {p.stem for p in EXAMPLES.glob("*.qasm")} == set(EXPECTED) == set(NETWORKS)


@pytest.mark.parametrize(("name", "network"), [(n, net) for n, nets in NETWORKS.items() for net in nets])
def test_an_example_is_distributed_run_and_verified(name: str, network: str, tmp_path: Path) -> None:
    source = EXAMPLES / f"{name}.qasm"
    program = gossamer.compile(source, network)
    assert program.report["ebits"] >= 1
    assert program.report["verified"]["holds"] is True
    program.save(tmp_path / "out")
    assert gossamer.verify(tmp_path / "out", source).holds is True
    counts = gossamer.run(tmp_path / "out", shots=500, seed=1).counts
    allowed, share = EXPECTED[name]
    assert set(counts) <= allowed
    first = "101" if name == "grover" else min(allowed)
    assert counts[first] >= 500 * share


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_an_example_says_where_it_comes_from(name: str) -> None:
    assert "// Origin: " in (EXAMPLES / f"{name}.qasm").read_text()


def test_the_python_example_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (EXAMPLES.parent / "README.md").read_text()
    code = text.split("```python\n")[1].split("```")[0]
    (tmp_path / "examples").symlink_to(EXAMPLES)
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {})
    assert (tmp_path / "out" / "grover" / "manifest.json").exists()
