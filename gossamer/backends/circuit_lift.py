"""Lifting a circuit node's program. Qubits that are no input places start in |0>."""

from __future__ import annotations

from fractions import Fraction

from gossamer.backends.lifting import Lift, LiftedPart
from gossamer.ir.gates import GATES
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.program import Conditional, Gate, Instruction, Manifest, Measure, NodeProgram, Reset

_HALF = Fraction(1, 2)
#: A condition with more monomials than this becomes a derived bit.
_LONG = 4
_ANGLES = {"z": Fraction(1), "s": _HALF, "sdg": -_HALF}


def lift(program: NodeProgram, manifest: Manifest) -> LiftedPart:
    """Lift one program.

    Raises
    ------
    InputError
        ``PR-2`` for a gate without meaning, ``PR-5`` for a bit read before it is written or written twice, ``PR-7`` for a
        communication qubit without a link half, ``PR-8`` for a qubit used after its measurement, ``PR-9`` for an output
        that was measured.

    Examples
    --------
    >>> from gossamer.ir.program import ManifestPlace
    >>> place = ManifestPlace(name="q", node="n0", qubit=0)
    >>> m = Manifest(nodes=[], links=[], messages=[], inputs=[place], outputs=[], registers=[], outcomes=[], source_digest="")
    >>> part = lift(NodeProgram("n0", "circuit", 1, 0, 1, (Gate("h", (0,)), Measure(0, 0))), m)
    >>> part.diagram.num_vertices, str(part.bits[0])
    (2, 'b0')
    """
    return CircuitLift(program, manifest).run()


class CircuitLift(Lift):
    """Gates, measurements in Z, resets and conditional blocks on the wires of a part."""

    def local(self, op: Instruction) -> None:
        match op:
            case Gate():
                self.gate(op, None)
            case Conditional(conditions, body):
                condition = self.all_of(conditions)
                for gate in body:
                    self.gate(gate, condition)
            case Measure(qubit, bit):
                name = f"{self.program.node}.m[{bit}]"
                self.write(bit, BitExpr.bit(self.builder.measure(self.live(qubit), name)))
            case Reset(qubit):
                self.reset(qubit)
            case _:
                raise self.fail("PR-14", f"{type(op).__name__} is no word of a circuit node")

    def fresh(self, qubit: int) -> int:
        return self.builder.add_zero()

    def reset(self, qubit: int) -> None:
        wire = self.wire[qubit]
        if wire is None:
            self.live(qubit)
        elif self.builder.is_live(wire):
            self.discards.add(self.builder.discard(wire))
            self.builder.reset(wire)
        else:
            self.builder.reset(wire)

    def all_of(self, conditions: tuple[tuple[int, bool], ...]) -> BitExpr:
        """The AND of the conditions; a long one goes through derived bits, because negations double its monomials."""
        out = BitExpr.const(1)
        for bit, value in conditions:
            out = out & (self.read(bit) if value else ~self.read(bit))
            if len(out.monomials) > _LONG:
                out = BitExpr.bit(self.builder.builder.derived(out))
        return out

    # ---- gates -----------------------------------------------------------------------------------------------------

    def gate(self, gate: Gate, condition: BitExpr | None) -> None:
        b = self.builder
        wires = [self.live(q) for q in gate.qubits]
        if gate.name not in GATES:
            raise self.fail("PR-2", f"unknown gate '{gate.name}'")
        arity, angles = GATES[gate.name]
        if len(set(wires)) != arity or len(wires) != arity:
            raise self.fail("PR-2", f"{gate.name} on {len(wires)} qubits, or on one twice")
        if not all(angle.is_constant for angle in gate.angles) or len(gate.angles) != angles:
            raise self.fail("PR-2", f"{gate.name} with {len(gate.angles)} angles, or with one that is not constant")

        def when(angle: Fraction) -> Phase:
            return Phase(angle) if condition is None else Phase(angle).times(condition)

        match gate.name:
            case "z" | "s" | "sdg":
                b.rz(wires[0], when(_ANGLES[gate.name]))
            case "x":
                b.rx(wires[0], when(Fraction(1)))
            case "rz" | "rx" | "rzz":
                phase = when(gate.angles[0].constant)
                if gate.name == "rzz":
                    b.gadget(wires, phase)
                else:
                    (b.rz if gate.name == "rz" else b.rx)(wires[0], phase)
            case "sx":
                b.rx(wires[0], when(_HALF))
            case "y":
                b.rz(wires[0], when(Fraction(1)))
                b.rx(wires[0], when(Fraction(1)))
            case "ry" | "u3":
                theta, phi, lam = (*(a.constant for a in gate.angles), *([Fraction(0)] * 2))[:3]
                for turn, angle in ((b.rz, lam - _HALF), (b.rx, theta), (b.rz, phi + _HALF)):
                    turn(wires[0], when(angle))
            case "cx" | "ecr" | "rzx":  # along Z of the first qubit and X of the second
                b.h(wires[1])
                if gate.name == "rzx":
                    b.gadget(wires, when(gate.angles[0].constant))
                elif gate.name == "ecr":
                    b.gadget(wires, when(_HALF))
                    b.rx(wires[0], when(Fraction(1)))
                else:
                    self.gate(Gate("cz", gate.qubits), condition)
                b.h(wires[1])
            case "ms" | "rxx":
                for wire in wires:
                    b.h(wire)
                b.gadget(wires, when(_HALF if gate.angle is None else gate.angle.constant))
                for wire in wires:
                    b.h(wire)
            case "swap" if condition is None:
                first, second = gate.qubits
                self.wire[first], self.wire[second] = self.wire[second], self.wire[first]
            case "swap":
                for ends in (gate.qubits, gate.qubits[::-1], gate.qubits):
                    self.gate(Gate("cx", ends), condition)
            case "h":
                if condition is None:
                    b.h(wires[0])
                else:
                    for turn in (b.rz, b.rx, b.rz):
                        turn(wires[0], when(_HALF))
            case "cz":
                if condition is None:
                    b.cz(*wires)
                else:
                    for wire in wires:
                        b.rz(wire, when(_HALF))
                    b.gadget(wires, when(-_HALF))
            case _:
                raise self.fail("PR-2", f"gate '{gate.name}' has no meaning here")
