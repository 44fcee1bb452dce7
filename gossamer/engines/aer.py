"""Engine ``aer``: the programs of all nodes as one circuit, in OpenQASM 3, read by Qiskit and run on qiskit-aer.

Nothing of our runtime is used: what is run is the text that ``convert --merge`` writes. Both packages are imported when the engine is used.
"""

from __future__ import annotations

from collections.abc import Sequence

from gossamer.backends.circuit_merge import merge
from gossamer.diagnostics import UsageError
from gossamer.engines.outside import imports_for
from gossamer.formats.openqasm_print import print_openqasm3
from gossamer.ir.program import Manifest, NodeProgram


def sample(programs: Sequence[NodeProgram], manifest: Manifest, shots: int, seed: int) -> dict[str, int]:
    """Counts of the manifest's registers, under the keys that Qiskit prints.

    Raises
    ------
    InputError
        ``PR-17`` if the programs are no circuit.
    MissingPackage
        ``TL-9`` without qiskit, qiskit-aer or qiskit-qasm3-import.
    UsageError
        ``RES-1`` if there are more qubits than Aer can hold on this machine.

    Examples
    --------
    >>> import gossamer
    >>> text = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; x q[0]; cx q[0],q[1]; measure q -> c;'
    >>> program = gossamer.compile(text, "2:qubits=1")
    >>> sample(program.programs, program.manifest, 10, 1)
    {'11': 10}
    """
    text = print_openqasm3(merge(programs, manifest))
    with imports_for("aer"):
        import qiskit_qasm3_import  # noqa: F401
        from qiskit import qasm3, transpile
        from qiskit_aer import AerSimulator
    circuit = qasm3.loads(text)
    simulator = AerSimulator(seed_simulator=seed, max_parallel_shots=1)
    if circuit.num_qubits > simulator.num_qubits:
        raise UsageError(
            "RES-1",
            f"engine aer cannot run this program: all nodes together have {circuit.num_qubits} qubits, and Aer holds "
            f"{simulator.num_qubits} here",
            help="leave --engine out",
        )
    circuit = transpile(circuit, simulator, optimization_level=0, seed_transpiler=0)
    counts: dict[str, int] = {}
    registers = sum(bool(r.bits) for r in manifest.registers)
    for key, number in simulator.run(circuit, shots=shots).result().get_counts().items():
        reported = " ".join(key.split(" ")[-registers:])  # before them, the bits that no register reports
        counts[reported] = counts.get(reported, 0) + int(number)
    return counts
