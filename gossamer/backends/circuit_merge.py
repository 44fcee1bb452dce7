"""All programs of a network, of nodes of any model, as one circuit on one machine that has all their qubits.

The programs are run side by side, and what they do is written down in the words of a circuit node: a link becomes a Bell pair, a message the bit that
was measured, the commands of a pattern gates and measurements. What has to be computed of several bits (a parity that is sent, a product) is computed
on a qubit of its own and measured, because the common readers of OpenQASM 3 know conditions on bits and no assignments. The circuit means what the
programs mean, outcome by outcome. Clause PR-17.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction

from gossamer.backends.side_by_side import side_by_side
from gossamer.diagnostics import InputError
from gossamer.ir.network import Network, Node
from gossamer.ir.pattern import Basis, Clifford, CorrectX, CorrectZ, Entangle, Prepare
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.program import (
    Compute,
    Conditional,
    Distribution,
    Ebit,
    Gate,
    Instruction,
    Manifest,
    ManifestBit,
    ManifestNode,
    ManifestPlace,
    ManifestRegister,
    Measure,
    NodeProgram,
    Observe,
    Recv,
    Reset,
    Send,
    renumber,
)

#: The name of the one node.
ALL = "all"
_QUARTER = Phase(Fraction(1, 2))


def merge(programs: Sequence[NodeProgram], manifest: Manifest) -> Distribution:
    """One circuit of all programs: the program of one node, without links and messages.

    ``owners`` of its report names for each qubit the node that it belongs to, and what it is there, ``data`` or ``comm``; the last qubit is of no
    node if bits had to be computed. ``pairs`` names the link of each gate, by its place among the instructions, that makes a Bell pair.

    Raises
    ------
    InputError
        ``PR-17`` if outcomes are postselected, ``PR-10`` if the programs wait for each other.

    Examples
    --------
    >>> m = Manifest(nodes=[ManifestNode(name=n, model="mbqc", program=n, data=1, comm=1) for n in "ab"], inputs=[], outputs=[],
    ...     links=[{"id": "l", "nodes": ("a", "b")}], messages=[], registers=[], outcomes=[], source_digest="")
    >>> ends = [NodeProgram(n, "mbqc", 1, 1, 0, (Ebit("l", peer, 1), *turn)) for n, peer, turn in (("a", "b", [Clifford(1, ("h",))]), ("b", "a", []))]
    >>> [(op.name, op.qubits) for op in merge(ends, m).programs[0].instructions if isinstance(op, Gate)]
    [('h', (1,)), ('cx', (1, 3)), ('h', (1,))]
    """
    return _Merge(programs, manifest).run()


class _Merge:
    def __init__(self, programs: Sequence[NodeProgram], manifest: Manifest) -> None:
        if manifest.postselected:
            raise InputError("PR-17", "a circuit cannot throw runs away, and these programs have postselected outcomes")
        self.programs, self.manifest = programs, manifest
        self.first: dict[str, int] = {}  # node -> its first qubit
        self.owners: list[tuple[str, str]] = []
        for p in programs:
            self.first[p.node] = len(self.owners)
            self.owners += [(p.node, "data")] * p.data + [(p.node, "comm")] * p.comm
        self.out: list[Instruction] = []
        self.bits = 0
        self.value: dict[tuple[str, int], int] = {}  # (node, bit) -> the bit of the circuit that has its value
        self.letters: dict[str, int] = {}  # message -> the bit that is sent
        self.halves: dict[str, int] = {}  # link -> the qubit of the end that came first
        self.pairs: dict[int, str] = {}  # the place of the gate that makes a Bell pair -> its link
        self.parity: int | None = None  # the qubit on which bits are computed

    def run(self) -> Distribution:
        for p, op in side_by_side(self.programs):
            self.step(p.node, op)
        node = ManifestNode(name=ALL, model="circuit", program="all.qasm", data=len(self.owners), comm=0)
        registers = [
            ManifestRegister(name=r.name, bits=[None if b is None else self.place(b) for b in r.bits])
            for r in self.manifest.registers
        ]
        manifest = Manifest(
            nodes=[node],
            links=[],
            messages=[],
            inputs=[self.wire(w) for w in self.manifest.inputs],
            outputs=[self.wire(w) for w in self.manifest.outputs],
            registers=registers,
            outcomes=[None if b is None else self.place(b) for b in self.manifest.outcomes],
            source_digest=self.manifest.source_digest,
        )
        results = [(b.bit, f"{r.name}[{i}]") for r in registers for i, b in enumerate(r.bits) if b is not None]
        program = NodeProgram(ALL, "circuit", node.data, 0, self.bits, tuple(self.out), tuple(sorted(results)))
        network = Network(nodes=(Node(name=ALL, data=node.data, comm=0),), links=())
        return Distribution((program,), manifest, network, {"owners": self.owners, "pairs": self.pairs})

    def step(self, own: str, op: Instruction) -> None:
        first = self.first[own]
        match op:
            case Gate() | Reset():
                self.out.append(renumber(op, lambda q: first + q))
            case Conditional(conditions, body):
                gates = tuple(replace(g, qubits=tuple(first + q for q in g.qubits)) for g in body)
                self.when(((self.value[own, b], wanted) for b, wanted in conditions), *gates)
            case Measure(qubit, bit):
                self.value[own, bit] = self.measure(first + qubit)
            case Ebit(link, _, qubit):
                self.ebit(link, first + qubit)
            case Send(message, _, bits):
                self.letters[message] = self.compute(BitExpr.xor(self.value[own, b] for b in bits))
            case Recv(message, _, bit):
                self.value[own, bit] = self.letters[message]
            case Compute(bit, expr):
                self.value[own, bit] = self.compute(self.over(own, expr))
            case Prepare(qubit):
                self.out += [Reset(first + qubit), Gate("h", (first + qubit,))]
            case Entangle(a, b):
                self.out.append(Gate("cz", (first + a, first + b)))
            case CorrectX(qubit, domain):
                self.correct("x", first + qubit, self.over(own, domain))
            case CorrectZ(qubit, domain):
                self.correct("z", first + qubit, self.over(own, domain))
            case Clifford(qubit, letters):
                self.out += [Gate(letter, (first + qubit,)) for letter in letters]
            case Observe(m, bit):
                qubit = first + m.node
                self.correct("x", qubit, self.over(own, m.s_domain))
                self.correct("z", qubit, self.over(own, m.t_domain))
                self.turn_to_z(m.basis, qubit, m.angle.substitute(lambda b: BitExpr.bit(self.value[own, b])))
                self.value[own, bit] = self.measure(qubit)
            case _:
                raise InputError("PR-17", f"{own}: {type(op).__name__} has no form as a circuit")

    def ebit(self, link: str, qubit: int) -> None:
        if link not in self.halves:
            self.halves[link] = qubit
            return
        other = self.halves[link]
        self.out += [Reset(other), Reset(qubit), Gate("h", (other,)), Gate("cx", (other, qubit))]
        self.pairs[len(self.out) - 1] = link

    def turn_to_z(self, basis: Basis, qubit: int, angle: Phase) -> None:
        """What has to be done so that a measurement in Z is the one that is meant."""
        if basis in (Basis.XY, Basis.X, Basis.Y):  # cos X + sin Y
            self.rotate("rz", qubit, -angle - _QUARTER if basis == Basis.Y else -angle)
            self.out.append(Gate("h", (qubit,)))
            return
        if basis == Basis.XZ:  # cos Z + sin X becomes cos Z + sin Y
            self.rotate("rz", qubit, _QUARTER)
        self.rotate("rx", qubit, angle)

    def rotate(self, name: str, qubit: int, angle: Phase) -> None:
        for bits, turns, symbol in angle.terms:
            if symbol:
                raise InputError("PR-12", f"the angle {angle} has no value")
            self.when(((b, True) for b in sorted(bits)), Gate(name, (qubit,), Phase(turns)))

    def correct(self, name: str, qubit: int, domain: BitExpr) -> None:
        for term in domain.sorted_monomials():
            self.when(((b, True) for b in term), Gate(name, (qubit,)))

    def when(self, conditions: Iterable[tuple[int, bool]], *gates: Gate) -> None:
        wanted = dict.fromkeys(conditions)
        if len({bit for bit, _ in wanted}) < len(wanted):
            return  # a bit that is 0 and 1
        self.out += [Conditional(tuple(wanted), gates)] if wanted else gates

    def compute(self, expr: BitExpr) -> int:
        """The bit that has the value of an expression over bits of the circuit."""
        if len(expr.monomials) == 1 and len(expr.bits) == 1:
            return next(iter(expr.bits))
        if self.parity is None:
            self.parity = len(self.owners)
            self.owners.append(("", "parity"))
        self.out.append(Reset(self.parity))
        self.correct("x", self.parity, expr)
        return self.measure(self.parity)

    def measure(self, qubit: int) -> int:
        self.out.append(Measure(qubit, self.bits))
        self.bits += 1
        return self.bits - 1

    def over(self, own: str, expr: BitExpr) -> BitExpr:
        return expr.substitute(lambda b: BitExpr.bit(self.value[own, b]))

    def place(self, bit: ManifestBit) -> ManifestBit:
        return ManifestBit(node=ALL, bit=self.value[bit.node, bit.bit])

    def wire(self, place: ManifestPlace) -> ManifestPlace:
        return ManifestPlace(name=place.name, node=ALL, qubit=self.first[place.node] + place.qubit)
