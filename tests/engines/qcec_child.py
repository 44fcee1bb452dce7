"""Run by tests in a process of its own, because an error inside mqt-qcec ends the process: is a merged circuit its source?

Reads JSON from standard input, a list of pairs (see ``tests.engines.proofs.Pair``), and prints a line for each: the verdict of mqt-qcec, and the
number of qubits that it was about. It is asked whether one circuit is the identity on qubits of which some begin in ``|0>``
(``tests.engines.deferred.miter``), and nothing is discarded: as measured with version 3.11, its answers on circuits with discarded qubits
(``check_partial_equivalence``) were wrong for some that differ.

Burgholzer and Wille, "Advanced equivalence checking for quantum circuits", IEEE TCAD 40, 1810 (2021).
"""

from __future__ import annotations

import json
import sys
from typing import Any

from mqt import qcec
from qiskit import AncillaRegister, QuantumCircuit, QuantumRegister

from tests.engines.deferred import miter

#: Seconds for a pair.
TIMEOUT = 20.0


def verdict(circuit: QuantumCircuit) -> str:
    """Whether a circuit is the identity."""
    nothing = QuantumCircuit(
        QuantumRegister(circuit.num_qubits - circuit.num_ancillas, "q"), AncillaRegister(circuit.num_ancillas, "a")
    )
    found = qcec.verify(
        circuit,
        nothing,
        timeout=TIMEOUT,
        parallel=False,
        run_alternating_checker=True,
        run_construction_checker=False,
        run_simulation_checker=False,
        run_zx_checker=False,
    )
    return str(found.equivalence).rpartition(".")[2]


def compare(pair: dict[str, Any]) -> tuple[str, int]:
    found = []
    for turned in (False, True) if pair["outputs"][0] else (False,):
        circuit = miter(pair, turned=turned)
        found.append(verdict(circuit))
    return next((f for f in found if not f.startswith("equivalent")), "equivalent"), circuit.num_qubits


def main() -> None:
    for pair in json.load(sys.stdin):
        try:
            found = compare(pair)
        except NotImplementedError as error:
            found = f"not applicable: {error}", 0
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
