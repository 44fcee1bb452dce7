"""The controller of examples/controller.py, which knows nothing of gossamer, runs output folders as we do; docs/controllers.md quotes it word for word."""

from __future__ import annotations

import json
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import gossamer
from tests.test_histograms import chi_square_p, dynamic_circuit

ROOT = Path(__file__).resolve().parents[1]
CONTROLLER = ROOT / "examples" / "controller.py"


def test_it_uses_nothing_of_ours() -> None:
    assert not re.search(r"^\s*(import|from)\s+gossamer", CONTROLLER.read_text(), re.MULTILINE)


def test_the_page_quotes_it() -> None:
    quoted = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "controllers.md").read_text(), re.DOTALL)
    assert quoted
    assert all(piece in CONTROLLER.read_text() for piece in quoted)


@pytest.mark.parametrize(
    ("name", "network"), [("teleportation", "2:qubits=2"), ("ghz", "4:qubits=1"), ("grover2", "2:qubits=1")]
)
def test_it_runs_an_example(name: str, network: str, tmp_path: Path) -> None:
    program = gossamer.compile(ROOT / "examples" / f"{name}.qasm", network)
    assert program.report["ebits"] >= 1
    program.save(tmp_path / "out")
    found = runpy.run_path(str(CONTROLLER))["run"](tmp_path / "out", 150)
    assert chi_square_p(found, program.run(2000, seed=1).counts) > 1e-3


def test_it_runs_a_dynamic_circuit(tmp_path: Path) -> None:
    program = gossamer.compile(dynamic_circuit(2), "3", effort=0, check=False)
    assert program.report["messages"] >= 1
    program.save(tmp_path / "out")
    found = runpy.run_path(str(CONTROLLER))["run"](tmp_path / "out", 100)
    assert sum(found.values()) == 100
    assert chi_square_p(found, program.run(4000, seed=1).counts) > 1e-3


def test_it_throws_runs_away(tmp_path: Path) -> None:
    gossamer.compile(ROOT / "examples" / "teleportation.qasm", "2:qubits=2").save(tmp_path / "out")
    path = tmp_path / "out" / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["postselected"] = manifest["registers"][0]["bits"]  # mz[0] has to be 0
    path.write_text(json.dumps(manifest))
    found = runpy.run_path(str(CONTROLLER))["run"](tmp_path / "out", 60)
    assert set(found) == {"rejected", "0 0 0", "0 1 0"}


def test_as_a_script(tmp_path: Path) -> None:
    gossamer.compile(ROOT / "examples" / "grover2.qasm", "2:qubits=1").save(tmp_path / "out")
    done = subprocess.run(
        [sys.executable, str(CONTROLLER), str(tmp_path / "out"), "20"], capture_output=True, text=True, check=True
    )
    assert done.stdout == "10 20\n"
