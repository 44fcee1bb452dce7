"""Reading flat OpenQASM 2: seconds and peak memory for files of 1k to 1M gates, beside the peers that are installed, and the ratios.

`python benchmarks/readers.py [GATES ...]` prints one line for each size. Each reader has a process of its own for each size, so the peaks are its
own, the interpreter and the imports included; a time is the best of two (of one from 200k gates on, where pytket and pyzx are left out).
"""

from __future__ import annotations

import importlib
import importlib.util
import random
import resource
import subprocess
import sys
import time
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


def readers() -> dict[str, tuple[str, str]]:
    """Module and attribute of each."""
    return {
        "gossamer": ("gossamer.frontends.qasm", "read_qasm"),
        "qiskit.qasm2": ("qiskit.qasm2", "loads"),
        "pytket": ("pytket.qasm", "circuit_from_qasm_str"),
        "pyzx": ("pyzx", "Circuit.from_qasm"),
    }


def measure(name: str, gates: int) -> None:
    """In a process of its own: print seconds and peak memory in MB."""
    module, attribute = readers()[name]
    read: Any = importlib.import_module(module)
    for part in attribute.split("."):
        read = getattr(read, part)
    read(source(200))  # imports and tables
    text = source(gates)
    best = float("inf")
    for _ in range(1 if gates > 200_000 else 2):
        start = time.perf_counter()
        read(text)
        best = min(best, time.perf_counter() - start)
    print(best, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def main(sizes: list[int]) -> None:
    installed = [name for name, (module, _) in readers().items() if importlib.util.find_spec(module.split(".")[0])]
    for gates in sizes:
        ours = 0.0
        row = []
        for name in installed:
            if gates > 200_000 and name in ("pytket", "pyzx"):
                continue
            command = [sys.executable, __file__, "--measure", name, str(gates)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            seconds, peak = map(float, done.stdout.split())
            ours = ours or seconds
            ratio = "" if name == "gossamer" else f", ours takes {ours / seconds:.2f} of it"
            row.append(f"{name} {seconds:.3f} s, {peak:.0f} MB{ratio}")
        print(f"{gates} gates: {'; '.join(row)}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(sys.argv[2], int(sys.argv[3]))
    else:
        main([int(x) for x in sys.argv[1:]] or [1_000, 10_000, 100_000, 1_000_000])
