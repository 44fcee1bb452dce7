"""A measurement pattern that graphix made, as a source for any network: a half adder, 1 + 1 = 10.

    python examples/graphix_pattern.py half-adder.gsm

Needs graphix (pip install graphix). Origin: written for this project; licence Apache-2.0.
"""

import sys
from pathlib import Path

from graphix import Circuit

import gossamer

circuit = Circuit(3)  # qubits 0 and 1 are the numbers; 1 becomes the sum, 2 the carry
circuit.x(0)
circuit.x(1)
circuit.ccx(0, 1, 2)
circuit.cnot(0, 1)
pattern = circuit.transpile().pattern
pattern.minimize_space()
print(f"{pattern.n_node} nodes, {pattern.max_space()} of them at one time")

# gossamer.compile(pattern, "2") would take the object as it is; written down, it is a source for the command line too
Path(sys.argv[1]).write_text(gossamer.convert(pattern, "gsm"))
