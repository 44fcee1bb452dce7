"""Lifting an MBQC node's program: each command a few spiders, each measurement an effect that holds its outcome."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from gossamer.backends.lifting import Lift, LiftedPart
from gossamer.ir import pattern
from gossamer.ir.diagram import VertexKind
from gossamer.ir.pattern import Clifford, CorrectX, CorrectZ, Entangle, Prepare
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.program import Compute, Instruction, Manifest, NodeProgram, Observe

_PI = Phase(1)
_TURNS = {"s": Fraction(1, 2), "sdg": Fraction(3, 2), "z": Fraction(1)}


def lift(program: NodeProgram, manifest: Manifest) -> LiftedPart:
    """Lift one program.

    Raises
    ------
    InputError
        ``PR-2`` for a command without meaning, ``PR-5`` for a bit read before it is written or written twice, ``PR-7`` for a
        communication qubit without a link half, ``PR-8`` for a qubit that is prepared twice or not at all, ``PR-14`` for a word of
        another model.

    Examples
    --------
    >>> m = Manifest(nodes=[], links=[], messages=[], inputs=[], outputs=[], registers=[], outcomes=[], source_digest="")
    >>> code = (Prepare(0), Observe(pattern.Measure(0, angle=Phase(Fraction(1, 4))), 0))
    >>> part = lift(NodeProgram("n0", "mbqc", 1, 0, 1, code), m)
    >>> part.diagram.num_vertices, str(part.diagram.phase_of(1))
    (2, '7/4 + 1*b0')
    """
    return PatternLift(program, manifest).run()


class PatternLift(Lift):
    """N, E, M, X, Z, C and computed bits on the wires of a part."""

    def local(self, op: Instruction) -> None:
        b = self.builder
        match op:
            case Prepare(qubit):
                self.prepare(qubit)
            case Entangle(one, other):
                wires = self.live(one), self.live(other)
                if wires[0] == wires[1]:
                    raise self.fail("PR-2", f"E on qubit {one} twice")
                b.cz(*wires)
            case CorrectX(qubit, domain):
                b.rx(self.live(qubit), _PI.times(self.short(domain)))
            case CorrectZ(qubit, domain):
                b.rz(self.live(qubit), _PI.times(self.short(domain)))
            case Clifford(qubit, gates):
                for gate in gates:
                    self.clifford(self.live(qubit), gate)
            case Observe(command, bit):
                self.observe(command, bit)
            case Compute(bit, value):
                self.write(bit, BitExpr.bit(b.builder.derived(value.substitute(self.read))))
            case _:
                raise self.fail("PR-14", f"{type(op).__name__} is no word of an MBQC node")

    def fresh(self, qubit: int) -> int:
        raise self.fail("PR-8", f"qubit {qubit} is used before it is prepared")

    def prepare(self, qubit: int) -> None:
        if not 0 <= qubit < self.program.data:
            raise self.fail("PR-2", f"N on qubit {qubit}, which is no data qubit")
        wire = self.wire[qubit]
        if wire is not None and self.builder.is_live(wire):
            raise self.fail("PR-8", f"qubit {qubit} is prepared while it is in use")
        self.wire[qubit] = wire = self.builder.add_dead()
        self.builder.attach(wire, self.builder.builder.vertex(VertexKind.Z))

    def observe(self, command: pattern.Measure, bit: int) -> None:
        b = self.builder
        wire = self.live(command.node)
        s, t = self.short(command.s_domain), self.short(command.t_domain)
        seen = replace(command, angle=command.angle.substitute(self.read))
        kind, phase, turned = pattern.effect(seen, s, t)
        if turned:
            b.rz(wire, Phase(Fraction(1, 2)))
        outcome = b.builder.outcome(name=f"{self.program.node}.m[{bit}]")
        b.builder.bind_outcome(outcome, b.spider(wire, kind, phase + Phase.of_bit(outcome)))
        b.take_end(wire)
        self.write(bit, BitExpr.bit(outcome))

    def clifford(self, wire: int, gate: str) -> None:
        if gate == "h":
            self.builder.h(wire)
        elif gate not in pattern.GATES:
            raise self.fail("PR-2", f"unknown letter '{gate}' of a Clifford")
        else:
            if gate in ("x", "y"):
                self.builder.rx(wire, _PI)
            if gate != "x":
                self.builder.rz(wire, Phase(_TURNS.get(gate, Fraction(1))))

    def short(self, domain: BitExpr) -> BitExpr:
        """A domain over the diagram's bits; a long one as a derived bit."""
        value = domain.substitute(self.read)
        return value if len(value.monomials) <= pattern.SHORT else BitExpr.bit(self.builder.builder.derived(value))
