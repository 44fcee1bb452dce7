"""What `run` prints agrees with an outside simulation of the source: mid-circuit measurement, reset and `if` keep their meaning.

The source text goes to Qiskit's OpenQASM 2 reader and Aer; the same text is compiled onto two or three nodes and the node
programs are run. A two-sample chi-square test with fixed seeds compares the histograms.
"""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

import gossamer
from tests.shared import corpus, needs_shared

SHOTS = 4000


def simulate(text: str, seed: int) -> dict[str, int]:
    """What Aer counts for a source in OpenQASM 2."""
    from qiskit import qasm2, transpile
    from qiskit_aer import AerSimulator

    circuit = qasm2.loads(text, custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS)
    simulator = AerSimulator(seed_simulator=seed)
    circuit = transpile(circuit, simulator, optimization_level=0)
    counts = simulator.run(circuit, shots=SHOTS).result().get_counts()
    return {str(k): int(v) for k, v in counts.items()}


def chi_square_p(a: dict[str, int], b: dict[str, int], least: int = 10) -> float:
    """Two-sample chi-square p-value; cells with fewer counts than ``least`` are pooled."""
    from scipy.stats import chi2

    keys = sorted(a.keys() | b.keys())
    rows = np.array([[a.get(k, 0), b.get(k, 0)] for k in keys], float)
    small = rows.sum(axis=1) < least
    if small.any():
        rows = np.vstack([rows[~small], rows[small].sum(axis=0)])
        rows = rows[rows.sum(axis=1) > 0]
    if len(rows) < 2:
        return 1.0
    expected = rows.sum(axis=1, keepdims=True) * rows.sum(axis=0) / rows.sum()
    statistic = ((rows - expected) ** 2 / expected).sum()
    return float(chi2.sf(statistic, len(rows) - 1))


def assert_same_histogram(text: str, name: str, network: str, seed: int) -> int:
    """Compile, run and compare; returns the number of different outcomes seen."""
    ours = gossamer.compile(text, network, seed=seed).run(shots=SHOTS, seed=seed).counts
    theirs = simulate(text, seed)
    assert chi_square_p(ours, theirs) > 1e-3, f"{name} on {network}: {ours} is not {theirs}"
    return len(theirs)


def dynamic_circuit(seed: int) -> str:
    """OpenQASM 2 text with `if`, and qubits used again after a measurement or a reset; ends with all qubits measured."""
    rng = random.Random(seed)
    qubits = rng.randint(3, 5)
    lines = [
        "OPENQASM 2.0;",
        'include "qelib1.inc";',
        f"qreg q[{qubits}];",
        "creg a[2];",
        "creg b[1];",
        f"creg out[{qubits}];",
    ]
    lines += [f"ry({rng.uniform(0.4, 2.6):.4f}) q[{i}];" for i in range(qubits)]
    for step in range(14):
        i, j = rng.sample(range(qubits), 2)
        gate = rng.choice(["cx", "cz", "rot", "h", "cp", "cu3", "measure", "reset", "if", "if"])
        condition = rng.choice([f"if(a=={rng.randrange(4)}) ", "if(b==1) ", "if(b==0) "])
        if gate in ("cx", "cz"):
            lines.append(f"{gate} q[{i}],q[{j}];")
        elif gate == "rot":
            lines.append(f"u3({rng.uniform(0, 3):.3f},{rng.uniform(0, 3):.3f},pi/{rng.randint(1, 5)}) q[{i}];")
        elif gate == "h":
            lines.append(f"h q[{i}];")
        elif gate == "cp":
            lines.append(f"cu1(3*pi/{rng.randint(2, 7)}) q[{i}],q[{j}];")
        elif gate == "cu3":
            lines.append(f"cu3({rng.uniform(0, 3):.3f},0.3,-0.7) q[{i}],q[{j}];")
        elif gate == "measure":
            lines.append(f"measure q[{i}] -> " + rng.choice(["a[0]", "a[1]", "b[0]"]) + ";")
        elif gate == "reset":
            lines.append(f"reset q[{i}];")
        else:
            body = rng.choice(
                [
                    f"x q[{i}]",
                    f"h q[{i}]",
                    f"cx q[{i}],q[{j}]",
                    f"rx(0.9) q[{i}]",
                    f"u3(0.4,1.1,2.0) q[{i}]",
                    f"t q[{i}]",
                ]
            )
            lines.append(condition + body + ";")
        if step == 4:  # every circuit of this family has a measurement, a condition and a reuse after reset
            lines += [f"measure q[{i}] -> a[0];", f"if(a==1) ry(1.0) q[{j}];", f"reset q[{i}];", f"ry(0.8) q[{i}];"]
    lines.append("measure q -> out;")
    return "\n".join(lines)


@pytest.mark.parametrize("seed", range(16))
def test_dynamic_circuits(seed):
    outcomes = assert_same_histogram(dynamic_circuit(seed), f"dynamic {seed}", ["2", "3"][seed % 2], seed)
    assert outcomes >= 4


@pytest.mark.parametrize(("seed", "network"), [(0, "1+1mbqc"), (3, "2mbqc"), (5, "2+1mbqc"), (6, "1mbqc")])
def test_dynamic_circuits_on_nodes_of_other_models(seed: int, network: str) -> None:
    """Circuit nodes and patterns run beside each other; their outcomes are random, and the results are the source's."""
    assert assert_same_histogram(dynamic_circuit(seed), f"dynamic {seed}", network, seed) >= 4


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parent.parent / "examples").glob("*.qasm")), ids=lambda p: p.stem
)
def test_examples(path):
    text = path.read_text(encoding="utf-8")
    if "measure" not in text:
        pytest.skip(f"{path.stem} measures nothing: verified, not run")
    assert_same_histogram(text, path.stem, "2", 7)


@needs_shared
@pytest.mark.parametrize("path", corpus("qasm2/QASMBench/", max_qubits=12, label="valid"), ids=lambda p: p.stem)
def test_qasmbench(path):
    assert_same_histogram(path.read_text(encoding="utf-8", errors="replace"), path.stem, "2", 3)


def protocol(path: Path) -> str:
    """A published protocol of the corpus; its data qubits are measured too, so that a wrong correction would show in the counts."""
    lines = path.read_text(encoding="utf-8").splitlines()
    data = [line.split()[1].split("[")[0] for line in lines if line.startswith("qreg") and "data" in line]
    data += ["nodeB_comm"] if "teleportation" in path.stem else []
    prepared = "\n".join(f"ry({0.7 + 0.4 * i}) {name}[0];" for i, name in enumerate(data) if "comm" not in name)
    first = next(i for i, line in enumerate(lines) if line.startswith(("h ", "reset ", "x ")))
    body = [*lines[:first], prepared, *lines[first:]]
    return "\n".join([*body, *(f"creg end_{name}[1];\nmeasure {name}[0] -> end_{name}[0];" for name in data)])


@needs_shared
@pytest.mark.parametrize("path", corpus("qasm2/dqc-papers/"), ids=lambda p: p.stem)
def test_published_protocols(path):
    assert_same_histogram(protocol(path), path.stem, "2", 11)


@pytest.mark.parametrize("network", ["1", "2"])
def test_a_measurement_under_a_condition_is_reported(network):
    """`if(c==..) measure` leaves the bit as it was where the condition fails."""
    lines = [
        "OPENQASM 2.0;",
        'include "qelib1.inc";',
        "qreg q[3];",
        "creg c[1];",
        "creg d[1];",
        "h q[0];",
        "ry(0.9) q[1];",
    ]
    lines += [
        "x q[2];",
        "measure q[2] -> d[0];",
        "measure q[0] -> c[0];",
        "cx q[1],q[2];",
        "if(c==1) measure q[1] -> d[0];",
    ]
    lines += ["ry(0.4) q[1];", "creg e[1];", "measure q[1] -> e[0];"]
    assert_same_histogram("\n".join(lines), "conditional measurement", network, 5)
