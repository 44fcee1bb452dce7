"""Run by tests in a process of its own: merged programs, simulated by graphix itself in random branches.

    python merge_child.py SEED COUNT

For each of COUNT random circuits one line: qubits, nodes of the pattern, most that are alive, and the overlap of graphix's state with the source's.
"""

from __future__ import annotations

import json
import random
import sys

import numpy as np

import gossamer
from gossamer.ir.semantics import kraus

GATES = ("h", "t", "s", "x", "tdg", "rx", "ry", "rz", "cx", "cz", "cp", "swap")


def circuit(rng: random.Random) -> str:
    qubits = rng.randint(2, 4)
    lines = [f'OPENQASM 3; include "stdgates.inc"; qubit[{qubits}] q;']
    for _ in range(rng.randint(3, 12)):
        name = rng.choice(GATES)
        angle = f"({rng.choice(['pi/4', '0.3', '-1.1', 'pi/2', '3*pi/8'])})" if name in ("rx", "ry", "rz", "cp") else ""
        chosen = rng.sample(range(qubits), 2 if name in ("cx", "cz", "cp", "swap") else 1)
        lines.append(f"{name}{angle} {', '.join(f'q[{i}]' for i in chosen)};")
    return "\n".join(lines)


def main(seed: int, count: int) -> None:
    for i in range(count):
        rng = random.Random(1000 * seed + i)
        source = circuit(rng)
        program = gossamer.compile(
            source, rng.choice(["1mbqc", "2mbqc", "3mbqc", "line:3mbqc:comm=1"]), seed=i, effort=0, check=False
        )
        pattern = program.pattern()
        pattern.verify()
        made = program.to_graphix()
        state = np.asarray(made.simulate(rng=np.random.default_rng([seed, i]), optimized=False).psi).ravel()
        size = 2 ** len(pattern.inputs)
        wanted = kraus(gossamer.read(source), {}, np.full(size, size**-0.5)).ravel()
        overlap = abs(np.vdot(wanted, state)) / np.linalg.norm(wanted) / np.linalg.norm(state)
        print(json.dumps([source, len(pattern.outputs), len(pattern.bits), made.max_space(), float(overlap)]))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
