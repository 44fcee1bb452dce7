"""Reading flat OpenQASM 2: seconds for files of 1k to 1M gates, beside the peers that are installed.

`python benchmarks/readers.py [GATES ...]` prints one line for each size: ours, qiskit.qasm2, pytket, pyzx.
"""

from __future__ import annotations

import random
import resource
import sys
import time
from collections.abc import Callable
from typing import Any


def source(gates: int, qubits: int = 50, seed: int = 0) -> str:
    """A random list of gates, a third of them with an angle of its own."""
    rng = random.Random(seed)
    lines = ["OPENQASM 2.0;", 'include "qelib1.inc";', f"qreg q[{qubits}];"]
    for _ in range(gates):
        kind = rng.choice(("h", "t", "cx", "cx", "rz", "rx"))
        a, b = rng.sample(range(qubits), 2)
        if kind == "cx":
            lines.append(f"cx q[{a}],q[{b}];")
        elif kind in ("rz", "rx"):
            lines.append(
                f"{kind}({rng.randrange(1, 64)}*pi/32) q[{a}];"
                if rng.random() < 0.5
                else f"{kind}({rng.uniform(-3, 3)}) q[{a}];"
            )
        else:
            lines.append(f"{kind} q[{a}];")
    return "\n".join(lines) + "\n"


def readers() -> dict[str, Callable[[str], Any]]:
    from gossamer.frontends.qasm import read_qasm

    out: dict[str, Callable[[str], Any]] = {"gossamer": read_qasm}
    try:
        from qiskit import qasm2

        out["qiskit.qasm2"] = qasm2.loads
    except ImportError:
        pass
    try:
        from pytket.qasm import circuit_from_qasm_str

        out["pytket"] = circuit_from_qasm_str
    except ImportError:
        pass
    try:
        import pyzx

        out["pyzx"] = pyzx.Circuit.from_qasm
    except ImportError:
        pass
    return out


def main(sizes: list[int]) -> None:
    known = readers()
    for read in known.values():
        read(source(200))  # imports and tables
    for gates in sizes:
        text = source(gates)
        row = []
        for name, read in known.items():
            if gates > 200_000 and name in ("pytket", "pyzx"):
                continue
            best = float("inf")
            for _ in range(1 if gates > 200_000 else 2):
                start = time.perf_counter()
                read(text)
                best = min(best, time.perf_counter() - start)
            row.append(f"{name} {best:.3f} s")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"{gates} gates: {', '.join(row)}; peak {peak} MB", flush=True)


if __name__ == "__main__":
    main([int(x) for x in sys.argv[1:]] or [1_000, 10_000, 100_000, 1_000_000])
