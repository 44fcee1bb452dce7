"""Node programs in the gates of their node's hardware, exactly.

Gates of two qubits go by a table, since CZ, CX, ECR and MS differ by Clifford gates on single qubits only and a rotation about two
qubits is two of them with a turn between; gates of one qubit are gathered and written anew (``gossamer.ir.turns``). Messages, links,
measurements and conditions stay where they are. Of the commands of a pattern E is a CZ, X and Z are conditional gates and C is
gates: on a mixed node they are written like any other; on an MBQC node, which has no other words, a C is written in the letters that
are native, and a correction turned by ``h`` where only the other one is. N and M are no gates.

References
----------
Rewritings between entangling gates: Cross et al., "OpenQASM 3", ACM TQC 3, 12 (2022), standard library; Maslov, New J. Phys. 19, 023035
(2017), for MS.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import NoReturn

from gossamer.diagnostics import NetworkInfeasible
from gossamer.ir.elementary import spell_out
from gossamer.ir.network import NATIVE, Node
from gossamer.ir.pattern import Clifford, CorrectX, CorrectZ, Entangle
from gossamer.ir.phase import Phase
from gossamer.ir.program import Conditional, Gate, Instruction, NodeProgram, qubits_of
from gossamer.ir.turns import Word

_HALF = Fraction(1, 2)
ENTANGLERS = ("cz", "cx", "ecr", "ms", "rzz", "rxx", "rzx")


def to_native(program: NodeProgram, node: Node) -> NodeProgram:
    """The program in the gates of ``node``.

    Raises
    ------
    NetworkInfeasible
        ``NW-15`` if they cannot make a gate that the program needs.

    Examples
    --------
    >>> from gossamer.ir.network import NativeGate
    >>> node = Node(name="a", data=2, gates=tuple(NativeGate(name=n) for n in ("cx", "rz", "sx")))
    >>> program = NodeProgram("a", "circuit", 2, 0, 0, (Gate("cz", (0, 1)),))
    >>> [gate.name for gate in to_native(program, node).instructions]
    ['rz', 'sx', 'rz', 'cx', 'rz', 'sx', 'rz']
    """
    return (_Commands if program.model == "mbqc" else _Gates)(program, node).run()


def _words(program: NodeProgram, node: Node) -> frozenset[str]:
    return frozenset(gate.name for gate in node.gates or () if gate.name in NATIVE[program.model])


class _Gates:
    """A program of a circuit or a mixed node."""

    def __init__(self, program: NodeProgram, node: Node) -> None:
        self.program, self.node = program, node
        self.native = _words(program, node)
        self.words: dict[int, Word] = {}  # qubit -> gates that wait to be written
        self.out: list[Gate] = []  # the block that is being written

    def run(self) -> NodeProgram:
        code: list[Instruction] = []
        for op in self.program.instructions:
            match op:
                case Gate():
                    self.gate(op)
                    code += self.done(())
                case Clifford(qubit, letters):
                    for letter in letters:
                        self.turn(Gate(letter, (qubit,)))
                case Entangle(a, b) if "cz" not in self.native:
                    self.gate(Gate("cz", (a, b)))
                    code += self.done(())
                case Conditional():
                    code += self.conditional(op)
                case CorrectX(qubit, domain) | CorrectZ(qubit, domain):
                    name = "x" if isinstance(op, CorrectX) else "z"
                    if name in self.native:
                        code += [*self.done({qubit}), op]
                        continue
                    for product in sorted(tuple(sorted(bits)) for bits in domain.monomials):
                        if product:
                            conditions = tuple((bit, True) for bit in product)
                            code += self.conditional(Conditional(conditions, (Gate(name, (qubit,)),)))
                        else:
                            self.turn(Gate(name, (qubit,)))
                case _:
                    code += [*self.done(qubits_of(op)), op]
        code += self.done(set(self.words))
        return replace(self.program, instructions=tuple(code))

    def conditional(self, op: Conditional) -> list[Instruction]:
        qubits = {q for gate in op.body for q in gate.qubits}
        before: list[Instruction] = list(self.done(qubits))
        for gate in op.body:
            self.gate(gate)
        body = self.done(self.words.keys() & qubits)
        return [*before, Conditional(op.conditions, tuple(body))] if body else before

    def done(self, qubits: Iterable[int]) -> list[Gate]:
        """What was written, after what waits on ``qubits``."""
        for q in sorted(qubits):
            self.write(q)
        out, self.out = self.out, []
        return out

    def gate(self, gate: Gate) -> None:
        """A gate of the lowered program."""
        if gate.name in self.native and len(gate.qubits) == 2:
            self.entangle(gate)
        elif len(gate.qubits) == 1:
            self.turn(gate)
        else:
            for part in self.rewritten(gate):
                if len(part.qubits) == 1:
                    self.turn(part)
                else:
                    self.entangle(part)

    def turn(self, gate: Gate) -> None:
        self.words.setdefault(gate.qubits[0], Word()).add(gate)

    def entangle(self, gate: Gate) -> None:
        for q in gate.qubits:
            self.write(q)
        self.out.append(gate)

    def write(self, qubit: int) -> None:
        """Write what waits on a qubit."""
        word = self.words.pop(qubit, None)
        if word is None or word.is_empty():
            return
        written = word.written(self.native)
        if written is None:
            _refuse(self.node, _needed(word), _ENTANGLES)
        for name, angles in written:
            self.out.append(Gate(name, (qubit,), angles[0] if angles else None, angles[1:]))

    # ---- gates of two qubits -------------------------------------------------------------------------------------------

    def rewritten(self, gate: Gate) -> Iterator[Gate]:
        """A gate of two qubits in native ones of two qubits and any of one."""
        # The second qubit may be turned; a communication qubit must not be, between its joins.
        a, b = sorted(gate.qubits, key=lambda q: q < self.program.data)
        match gate.name:
            case "cz":
                yield from self.cz(a, b)
            case "rzz" if gate.angle is not None:
                yield from self.rzz(a, b, gate.angle.constant % 2)
            case _:
                for part in spell_out([gate]):
                    yield from [part] if len(part.qubits) == 1 else self.rewritten(part)

    def cz(self, a: int, b: int) -> Iterator[Gate]:
        if "cz" in self.native:
            yield Gate("cz", (a, b))
        elif "cx" in self.native:
            yield from (Gate("h", (b,)), Gate("cx", (a, b)), Gate("h", (b,)))
        elif "ecr" in self.native:  # x on a after exp(-i pi/4 Z X)
            yield from (Gate("h", (b,)), Gate("ecr", (a, b)), Gate("x", (a,)), Gate("h", (b,)))
            yield from (Gate("sdg", (a,)), Gate("sdg", (b,)))
        else:  # a quarter turn about ZZ
            yield from self.about_zz(a, b, _HALF)
            yield from (Gate("sdg", (a,)), Gate("sdg", (b,)))

    def about_zz(self, a: int, b: int, angle: Fraction) -> Iterator[Gate]:
        """``rzz`` by a native gate that turns about two qubits."""
        if "rzz" in self.native:
            yield Gate("rzz", (a, b), Phase(angle))
            return
        if "rzx" in self.native:
            yield from (Gate("h", (b,)), Gate("rzx", (a, b), Phase(angle)), Gate("h", (b,)))
            return
        if "ms" in self.native and angle == _HALF:
            turn = Gate("ms", (a, b))
        elif "rxx" in self.native:
            turn = Gate("rxx", (a, b), Phase(angle))
        else:
            _refuse(self.node, "a gate of two qubits", _ENTANGLES)
        yield from (Gate("h", (a,)), Gate("h", (b,)), turn, Gate("h", (a,)), Gate("h", (b,)))

    def rzz(self, a: int, b: int, angle: Fraction) -> Iterator[Gate]:
        if not angle:
            return
        if angle == 1:
            yield from (Gate("z", (a,)), Gate("z", (b,)))
        elif {"rzz", "rxx", "rzx"} & self.native:
            yield from self.about_zz(a, b, angle)
        elif angle.denominator == 2:  # cz and a quarter turn of each
            quarter = "s" if angle == _HALF else "sdg"
            yield from self.cz(a, b)
            yield from (Gate(quarter, (a,)), Gate(quarter, (b,)))
        else:
            for part in range(2):
                yield Gate("h", (b,))
                yield from self.cz(a, b)
                yield Gate("h", (b,))
                if part == 0:
                    yield Gate("rz", (b,), Phase(angle))


class _Commands:
    """A program of an MBQC node."""

    def __init__(self, program: NodeProgram, node: Node) -> None:
        self.program, self.node = program, node
        self.native = _words(program, node)

    def run(self) -> NodeProgram:
        code = [new for op in self.program.instructions for new in self.command(op)]
        return replace(self.program, instructions=tuple(code))

    def command(self, op: Instruction) -> Iterator[Instruction]:
        match op:
            case Entangle() if "cz" not in self.native:
                self.refuse("E")
            case Clifford(qubit, letters) if not self.native.issuperset(letters):
                word = Word(Gate(letter, (qubit,)) for letter in letters)
                written = word.written(self.native)
                if written is None:
                    self.refuse("C " + " ".join(letters))
                if written:
                    yield Clifford(qubit, tuple(name for name, _ in written))
            case CorrectX(qubit, domain) if "x" not in self.native:
                yield from self.turned(CorrectZ(qubit, domain), "z", "X")
            case CorrectZ(qubit, domain) if "z" not in self.native:
                yield from self.turned(CorrectX(qubit, domain), "x", "Z")
            case _:
                yield op

    def turned(self, other: CorrectX | CorrectZ, name: str, letter: str) -> Iterator[Instruction]:
        """A correction as the other one between two ``h``."""
        if not self.native.issuperset(("h", name)):
            self.refuse(letter)
        turn = Clifford(other.node, ("h",))
        yield from (turn, other, turn)

    def refuse(self, command: str) -> NoReturn:
        help = "E needs cz among them, X needs x, Z needs z (or each the other one and h), C what its letters can be made of"
        _refuse(self.node, f"the command {command}", help)


_ENTANGLES = "add what is missing to its gates: any of " + ", ".join(ENTANGLERS) + " entangles, u3 or rz with sx turns"


def _refuse(node: Node, what: str, help: str) -> NoReturn:
    names = ", ".join(gate.name for gate in node.gates or ())
    raise NetworkInfeasible("NW-15", f"node '{node.name}' cannot make {what} of its gates ({names})", help=help)


def _needed(word: Word) -> str:
    if not word.axes:
        return "a Clifford gate of one qubit"
    return f"a turn by {word.angles[0]} pi"
