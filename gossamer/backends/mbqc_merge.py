"""All programs of a network of MBQC nodes as one measurement pattern.

What the programs do, side by side, is written down: a link becomes two nodes and an E between them (a half-ebit
with the H of its first-named end is a node in ``|+>`` beside its partner), a message the parity that is sent. The pattern means what
the programs mean; its nodes are numbered as they come into being, inputs first. Clause PR-16.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import ClassVar

from gossamer.backends.side_by_side import side_by_side
from gossamer.diagnostics import InputError
from gossamer.ir.diagram import Bit, BitKind, Register
from gossamer.ir.pattern import Basis, Clifford, Command, CorrectX, CorrectZ, Entangle, Measure, Pattern, Prepare
from gossamer.ir.phase import BitExpr
from gossamer.ir.program import Compute, Ebit, Instruction, Manifest, ManifestBit, NodeProgram, Observe, Recv, Send


def merge(programs: Sequence[NodeProgram], manifest: Manifest) -> Pattern:
    """One pattern of all programs.

    Raises
    ------
    InputError
        ``PR-16`` if a node is no MBQC node or outcomes are postselected, ``PR-10`` if the programs wait for each other.

    Examples
    --------
    >>> from gossamer.ir.program import ManifestNode
    >>> m = Manifest(nodes=[ManifestNode(name="a", model="mbqc", program="a.pattern.json", data=1, comm=0)], links=[], messages=[],
    ...     inputs=[], outputs=[], registers=[], outcomes=[], source_digest="")
    >>> print(merge([NodeProgram("a", "mbqc", 1, 0, 1, (Prepare(0), Observe(Measure(0), 0)))], m))
    N 0
    M 0 XY 0 -> b0
    """
    return _Merge(programs, manifest).run()


class PatternWriter:
    """The commands of programs in terms of one pattern's nodes and bits; what nodes say to each other is left to the heirs.

    Attributes
    ----------
    commands, bits : of the pattern, as far as it is written
    node : (program, qubit) -> the pattern's node that lives there
    value : (program, bit) -> its value over the pattern's bits
    """

    what: ClassVar[str] = "its program is"

    def __init__(self, programs: Sequence[NodeProgram]) -> None:
        for p in programs:
            if p.model != "mbqc":
                raise InputError("PR-16", f"{p.node} is of model '{p.model}', so {self.what} no pattern",
                                 help="compile for MBQC nodes only, for example on 2mbqc")  # fmt: skip
        self.commands: list[Command] = []
        self.bits: list[Bit] = []
        self.fresh = 0
        self.node: dict[tuple[str, int], int] = {}
        self.value: dict[tuple[str, int], BitExpr] = {}

    def talk(self, own: str, op: Instruction) -> None:
        """Write down an ebit, a message that is sent or one that is received."""
        raise NotImplementedError

    def step(self, own: str, op: Instruction) -> None:
        match op:
            case Send() | Recv() | Ebit():
                self.talk(own, op)
            case Compute(bit, value):
                self.bits.append(Bit(BitKind.DERIVED, expr=self.over(own, value)))
                self.value[own, bit] = BitExpr.bit(len(self.bits) - 1)
            case Prepare(qubit):
                self.commands.append(Prepare(self.new_node(own, qubit)))
            case Entangle(a, b):
                self.commands.append(Entangle(self.node[own, a], self.node[own, b]))
            case CorrectX(qubit, domain) | CorrectZ(qubit, domain):
                self.commands.append(type(op)(self.node[own, qubit], self.over(own, domain)))
            case Clifford(qubit, gates):
                self.commands.append(Clifford(self.node[own, qubit], gates))
            case Observe(m, bit):
                angle = m.angle.substitute(lambda b: self.value[own, b])
                s, t = self.over(own, m.s_domain), self.over(own, m.t_domain)
                node = self.node.pop((own, m.node))
                self.value[own, bit] = self.measure(replace(m, node=node, angle=angle, s_domain=s, t_domain=t))
            case _:
                raise InputError("PR-14", f"{own}: {type(op).__name__} is no word of an MBQC node")

    def forget_the_rest(self) -> None:
        """Measure what is left and no output; nobody is told the outcome."""
        for left in sorted(self.node.values()):
            self.measure(Measure(left, Basis.Z))

    def new_node(self, *place: str | int) -> int:
        if place:
            name, qubit = place
            self.node[str(name), int(qubit)] = self.fresh
        self.fresh += 1
        return self.fresh - 1

    def measure(self, m: Measure) -> BitExpr:
        self.commands.append(m)
        self.bits.append(Bit(BitKind.OUTCOME, m.node))
        return BitExpr.bit(len(self.bits) - 1)

    def over(self, own: str, expr: BitExpr) -> BitExpr:
        return expr.substitute(lambda b: self.value[own, b])

    def parity(self, own: str, bits: Iterable[int]) -> BitExpr:
        out = BitExpr()
        for b in bits:
            out = out ^ self.value[own, b]
        return out


class _Merge(PatternWriter):
    what: ClassVar[str] = "the programs are"

    def __init__(self, programs: Sequence[NodeProgram], manifest: Manifest) -> None:
        super().__init__(programs)
        if manifest.postselected:
            raise InputError("PR-16", "a pattern cannot throw runs away, and these programs have postselected outcomes")
        self.programs, self.manifest = programs, manifest
        self.first = {link.id: link.nodes[0] for link in manifest.links}
        self.letters: dict[str, BitExpr] = {}
        self.halves: dict[str, int] = {}  # link -> the node that the second end will find
        self.unopened: set[int] = set()  # halves whose H is the E already

    def run(self) -> Pattern:
        inputs = [self.new_node(p.node, p.qubit) for p in self.manifest.inputs]
        for p, op in side_by_side(self.programs):
            self.step(p.node, op)
        outputs = [self.node.pop((p.node, p.qubit)) for p in self.manifest.outputs]
        self.forget_the_rest()
        registers = tuple(
            Register(r.name, tuple(BitExpr() if w is None else self.where(w) for w in r.bits))
            for r in self.manifest.registers
        )
        return Pattern(
            inputs=tuple(inputs),
            outputs=tuple(outputs),
            commands=tuple(self.commands),
            bits=tuple(self.bits),
            registers=registers,
            input_names=tuple(p.name for p in self.manifest.inputs),
            output_names=tuple(p.name for p in self.manifest.outputs),
        )

    def step(self, own: str, op: Instruction) -> None:
        if isinstance(op, Clifford) and self.node[own, op.node] in self.unopened:
            self.unopened.discard(self.node[own, op.node])
        else:
            super().step(own, op)

    def talk(self, own: str, op: Instruction) -> None:
        match op:
            case Send(message, _, bits):
                self.letters[message] = self.parity(own, bits)
            case Recv(message, _, bit):
                self.value[own, bit] = self.letters[message]
            case Ebit(link, _, qubit):
                self.ebit(own, link, qubit)

    def ebit(self, own: str, link: str, qubit: int) -> None:
        if link not in self.halves:
            here, there = self.new_node(own, qubit), self.new_node()
            self.halves[link] = there
            self.commands += [Prepare(here), Prepare(there), Entangle(here, there)]
        else:
            self.node[own, qubit] = self.halves[link]
        if self.first[link] == own:
            self.unopened.add(self.node[own, qubit])

    def where(self, place: ManifestBit) -> BitExpr:
        return self.value[place.node, place.bit]
