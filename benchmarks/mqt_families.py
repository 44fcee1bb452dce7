"""Circuits of the MQT-bench families, at 8 to 64 qubits, as two suites for `gossamer bench`.

    python benchmarks/mqt_families.py out/mqt [--sizes 8,16,32,64] [--most 4000]
    gossamer bench out/mqt/tune.yaml -o out/mqt/tune --peer packets=benchmarks/packets.py --peer memq-dqc
    gossamer bench out/mqt/report.yaml -o out/mqt/report --peer packets=benchmarks/packets.py --peer memq-dqc

Needs `mqt.bench` (`pip install mqt.bench`; Quetschlich, Burgholzer, Wille, Quantum 7, 1062 (2023), MIT licence), and may run in another environment
than Gossamer, since it imports nothing of it.

The split was fixed before anything was tuned: families in alphabetical order, every other one to each half, beginning with TUNE. Whoever changes
the search may look at TUNE; figures are reported from REPORT.

Circuits are those of the level `alg`, without final measurements, over ``cx cz cp rzz`` and one-qubit gates (qiskit's translation, no
optimisation). A family that has no circuit of a size gets the next smaller one that it has, if that is more than half as large. Free parameters are drawn
with a seed that is the name's. What has no two-qubit gates, or more than `--most`, is left out, and said, and so are larger circuits of
the family: those of `grover` grow exponentially.
"""

from __future__ import annotations

import argparse
import random
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np

FAMILIES = ("ae", "cdkm_ripple_carry_adder", "dj", "draper_qft_adder", "full_adder", "ghz", "graphstate", "grover", "half_adder",
            "hrs_cumulative_multiplier", "modular_adder", "multiplier", "qaoa", "qft", "qftentangled", "qpeexact", "qwalk", "randomcircuit",
            "rg_qft_multiplier", "vbe_ripple_carry_adder", "vqe_real_amp", "vqe_su2", "vqe_two_local", "wstate")  # fmt: skip
TUNE, REPORT = FAMILIES[::2], FAMILIES[1::2]
BASIS = ["cx", "cz", "cp", "rzz", "h", "rz", "rx", "ry", "u3", "x", "y", "z", "s", "sdg", "t", "tdg"]
NETWORKS = ("2", "4")


def make(family: str, size: int) -> Any:
    """The circuit of a family that is at most so large, or None."""
    from mqt.bench import get_benchmark_alg
    from qiskit import transpile

    for n in range(size, size // 2, -1):
        random.seed(n)  # graph states are drawn from the global generators
        np.random.seed(n)
        try:
            circuit = get_benchmark_alg(family, n, random_parameters=False)
        except ValueError:
            continue  # a size that the family does not have
        rng = random.Random(zlib.crc32(f"{family}_{n}".encode()))
        circuit = circuit.assign_parameters([rng.uniform(-3, 3) for _ in circuit.parameters])
        circuit.remove_final_measurements()
        return transpile(circuit, basis_gates=BASIS, optimization_level=0)
    return None


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("output", type=Path)
    parser.add_argument("--sizes", default="8,16,32,64")
    parser.add_argument("--most", type=int, default=4000, help="two-qubit gates")
    options = parser.parse_args()
    try:
        import mqt.bench  # noqa: F401
        from qiskit import qasm2
    except ModuleNotFoundError as error:
        print(f"the package '{error.name}' is not installed: pip install mqt.bench", file=sys.stderr)
        return 5
    folder = options.output / "circuits"
    folder.mkdir(parents=True, exist_ok=True)
    for half, families in (("tune", TUNE), ("report", REPORT)):
        names = []
        for family in families:
            for size in map(int, options.sizes.split(",")):
                circuit = make(family, size)
                if circuit is None:
                    print(f"{family}, {size} qubits: none", flush=True)
                    continue
                gates = sum(len(one.qubits) == 2 for one in circuit.data)
                name = f"{family}_{circuit.num_qubits}"
                if not 0 < gates <= options.most:
                    print(f"{name}: left out, {gates} two-qubit gates; larger ones of the family too", flush=True)
                    break
                if name not in names:
                    (folder / f"{name}.qasm").write_text(qasm2.dumps(circuit) + "\n", encoding="utf-8")
                    names.append(name)
        networks = ", ".join(f'"{network}"' for network in NETWORKS)
        rows = f"- circuits: [{', '.join(names)}]\n  networks: [{networks}]\n"
        (options.output / f"{half}.yaml").write_text(
            f"suite: mqt-{half}\ncircuits: circuits\nrows:\n{rows}", encoding="utf-8"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
