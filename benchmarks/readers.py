"""Reading flat OpenQASM 2 and 3: seconds and peak memory for files of 1k to 1M gates, beside the peers that are installed, and the ratios.

`python benchmarks/readers.py [--qasm3] [GATES ...]` prints one line for each size, of OpenQASM 2 or 3. Each reader has a process of its own for each size, so the peaks are its
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


def source(gates: int, version: int = 2, qubits: int = 50, seed: int = 0) -> str:
    """A random list of gates, a third of them with an angle of its own; in OpenQASM 3 all qubits are measured at the end."""
    rng = random.Random(seed)
    lines = ["OPENQASM 2.0;", 'include "qelib1.inc";', f"qreg q[{qubits}];"]
    if version == 3:
        lines = ["OPENQASM 3.0;", 'include "stdgates.inc";', f"qubit[{qubits}] q;", f"bit[{qubits}] c;"]
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
    if version == 3:
        lines += [f"c[{i}] = measure q[{i}];" for i in range(qubits)]
    return "\n".join(lines) + "\n"


#: By version of OpenQASM and name: module, attribute, and the largest file that it is given.
READERS = {
    2: {
        "gossamer": ("gossamer.frontends.qasm", "read_qasm", 10**9),
        "qiskit.qasm2": ("qiskit.qasm2", "loads", 10**9),
        "pytket": ("pytket.qasm", "circuit_from_qasm_str", 200_000),
        "pyzx": ("pyzx", "Circuit.from_qasm", 200_000),
    },
    3: {
        "gossamer": ("gossamer.frontends.qasm", "read_qasm", 10**9),
        "qiskit.qasm3": ("qiskit.qasm3", "loads", 10_000),
    },
}


def measure(version: int, name: str, gates: int) -> None:
    """In a process of its own: print seconds and peak memory in MB."""
    module, attribute, _ = READERS[version][name]
    read: Any = importlib.import_module(module)
    for part in attribute.split("."):
        read = getattr(read, part)
    read(source(200, version))  # imports and tables
    text = source(gates, version)
    best = float("inf")
    for _ in range(1 if gates > 200_000 else 2):
        start = time.perf_counter()
        read(text)
        best = min(best, time.perf_counter() - start)
    print(best, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def main(version: int, sizes: list[int]) -> None:
    readers = {n: r for n, r in READERS[version].items() if importlib.util.find_spec(r[0].split(".")[0])}
    for gates in sizes:
        ours = 0.0
        row = []
        for name, (_, _, largest) in readers.items():
            if gates > largest:
                continue
            command = [sys.executable, __file__, "--measure", str(version), name, str(gates)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            seconds, peak = map(float, done.stdout.split())
            ours = ours or seconds
            ratio = "" if name == "gossamer" else f", ours takes {ours / seconds:.2f} of it"
            row.append(f"{name} {seconds:.3f} s, {peak:.0f} MB{ratio}")
        print(f"{gates} gates: {'; '.join(row)}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
    else:
        wanted = [int(x) for x in sys.argv[1:] if x != "--qasm3"]
        main(3 if "--qasm3" in sys.argv[1:] else 2, wanted or [1_000, 10_000, 100_000, 1_000_000])
