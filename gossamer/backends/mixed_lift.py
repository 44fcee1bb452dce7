"""Lifting a mixed node's program: gates and commands of a pattern on the same wires. Qubits that nothing prepares start in |0>."""

from __future__ import annotations

from gossamer.backends.circuit_lift import CircuitLift
from gossamer.backends.lifting import LiftedPart
from gossamer.backends.mbqc_lift import PatternLift
from gossamer.ir.program import LETTERS, Compute, Instruction, Manifest, NodeProgram


def lift(program: NodeProgram, manifest: Manifest) -> LiftedPart:
    """Lift one program; raises what the lifts of circuit and MBQC nodes raise.

    Examples
    --------
    >>> from gossamer.ir import pattern
    >>> from gossamer.ir.program import Gate, Observe
    >>> m = Manifest(nodes=[], links=[], messages=[], inputs=[], outputs=[], registers=[], outcomes=[], source_digest="")
    >>> code = (pattern.Prepare(0), Gate("s", (0,)), Observe(pattern.Measure(0), 0))
    >>> lift(NodeProgram("n0", "mixed", 1, 0, 1, code), m).diagram.num_vertices
    3
    """
    return MixedLift(program, manifest).run()


class MixedLift(CircuitLift, PatternLift):
    """Words of both models."""

    def local(self, op: Instruction) -> None:
        if type(op) in LETTERS or isinstance(op, Compute):
            PatternLift.local(self, op)
        else:
            CircuitLift.local(self, op)
