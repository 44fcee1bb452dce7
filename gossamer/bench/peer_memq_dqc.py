"""The ebits that memq-dqc asks for; a program of its own, so that it can run in another environment than ours.

A job is one JSON object on standard input (see `gossamer.bench.peers`), the answer one on standard output. Circuits are handed over as
OpenQASM 3 over the gates that memq-dqc groups (``cx, cz, cp`` and one-qubit gates): ``rzz(a)`` becomes ``cp(-2a)`` and two ``rz(a)``,
so that no packet is broken up. The cost is its own, ``Compiler.cost``: one for each group of gates and hop, two for each remote swap. Of its
partitioners the cheaper of ``hypergraph`` and ``interaction_static`` counts.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any


def answer(job: dict[str, Any]) -> dict[str, Any]:
    """Compile one job; ``missing`` names a package that is not installed."""
    try:
        from memq_dqc import Compiler
        from memq_dqc.network.generation import generate_network
    except ModuleNotFoundError as error:
        return {"missing": error.name}
    from importlib.metadata import version

    best: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as here:
        circuit, network = Path(here, "circuit.qasm"), Path(here, "network.json")
        circuit.write_text(as_openqasm3(job["circuit"]))
        links = [tuple(pair) for pair in job["links"]]
        made = generate_network(job["nodes"], job["capacity"], links, intra_qpu="all_to_all")
        network.write_text(json.dumps(made))
        for method in ("hypergraph", "interaction_static"):
            seeded = {"seed": job["seed"]} if method == "hypergraph" else {}
            compiler = Compiler(str(circuit), str(network), method, algo_kwargs=seeded)
            compiler.compile()
            cost = compiler.cost
            if cost is not None and cost < best.get("ebits", float("inf")):
                best = {"ebits": int(cost), "method": method}
    return best | {"version": version("memq-dqc")}


def as_openqasm3(text: str) -> str:
    """OpenQASM 2 as OpenQASM 3 with one register and no ``rzz``."""
    from qiskit import QuantumCircuit, qasm2, qasm3, transpile

    circuit = qasm2.loads(text, custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS)
    circuit.remove_final_measurements()
    basis = ["cx", "cz", "cp", "rzz", "h", "rz", "rx", "ry", "u3", "x", "y", "z", "s", "sdg", "t", "tdg", "p"]
    circuit = transpile(circuit, basis_gates=basis, optimization_level=0)
    out = QuantumCircuit(circuit.num_qubits)
    for one in circuit.data:
        qubits = [circuit.find_bit(q).index for q in one.qubits]
        name, angles = one.operation.name, one.operation.params
        if name == "rzz":
            out.rz(angles[0], qubits[0])
            out.rz(angles[0], qubits[1])
            out.cp(-2 * angles[0], *qubits)
        elif name == "u3":
            out.u(*angles, *qubits)
        elif name != "barrier":
            out.append(one.operation, qubits)
    printed: str = qasm3.dumps(out)
    return printed


if __name__ == "__main__":
    print(json.dumps(answer(json.load(sys.stdin))))
