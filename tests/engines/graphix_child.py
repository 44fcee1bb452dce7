"""Run by tests in a process of its own: programs of MBQC nodes, run by the engine graphix.

    python graphix_child.py SEED COUNT

For each of COUNT random circuits one line: the source, the network, and the counts.
"""

from __future__ import annotations

import json
import random
import sys

import gossamer

SHOTS = 250
GATES = ("h", "t", "s", "x", "rx(0.9)", "rz(pi/3)", "cx", "cz", "cu1(0.7)")


def circuit(rng: random.Random) -> str:
    """A circuit with a measurement, a reset and corrections on the way; a conditional X between two rotations is an angle of the form a + (-1)^b c."""
    qubits = rng.randint(2, 3)
    lines = [f'OPENQASM 2.0; include "qelib1.inc"; qreg q[{qubits}]; creg a[1]; creg c[{qubits}]; rx(1.1) q; t q; h q;']
    for step in range(rng.randint(5, 9)):
        name = rng.choice(GATES)
        chosen = rng.sample(range(qubits), 2 if name.startswith("c") else 1)
        lines.append(f"{name} {','.join(f'q[{i}]' for i in chosen)};")
        if step == 3:
            i, j = rng.sample(range(qubits), 2)
            lines.append(
                f"measure q[{i}] -> a[0]; h q[{j}]; if(a==1) {rng.choice('xz')} q[{j}]; h q[{j}]; reset q[{i}];"
            )
    return "\n".join([*lines, f"if(a==1) rx(0.8) q[{rng.randrange(qubits)}];", "measure q -> c;"])


def main(seed: int, count: int) -> None:
    for i in range(count):
        rng = random.Random(1000 * seed + i)
        text, network = circuit(rng), rng.choice(["1mbqc", "2mbqc", "3mbqc", "line:3mbqc:comm=2"])
        program = gossamer.compile(text, network, seed=i, effort=0, check=False)
        print(json.dumps([text, network, program.run(SHOTS, seed=i, engine="graphix").counts]))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
