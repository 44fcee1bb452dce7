"""Programs of circuit nodes as they are printed, read line by line without the grammar: the same program, many times faster.

Large programs are millions of lines of a dozen shapes. This module knows exactly these shapes and reads nothing else: whatever is not written as
:func:`gossamer.formats.circuit_program.print_program` writes it, or is refused, is left to the grammar, which stays normative and says what is
wrong (a property test holds the two readings equal).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from gossamer.ir.phase import Phase
from gossamer.ir.program import GATES, Conditional, Ebit, Gate, Instruction, Measure, Recv, Reset, Send

_NUMBER = r"(?:0|[1-9][0-9]{0,7})"
_NAME = r"[A-Za-z_][A-Za-z0-9_]{0,63}"
_QUBIT = rf"(data|comm)\[({_NUMBER})\]"
_ANGLE = r"-?(?:[1-9][0-9]{0,9}\*)?pi(?:/[1-9][0-9]{0,9})?|0"
_GATE = re.compile(rf"([a-z][a-z0-9]*)(?:\(((?:{_ANGLE})(?:, (?:{_ANGLE}))*)\))? {_QUBIT}(?:, {_QUBIT})?;", re.ASCII)
_PARTS = re.compile(r"(-?)(?:([0-9]+)\*)?pi(?:/([0-9]+))?", re.ASCII)
_MEASURE = re.compile(rf"m\[({_NUMBER})\] = measure {_QUBIT};", re.ASCII)
_RESET = re.compile(rf"reset {_QUBIT};", re.ASCII)
_LINK = re.compile(rf"@gossamer\.link id=({_NAME}) peer=({_NAME})(?: end=(first|second))?", re.ASCII)
_SEND = re.compile(rf"@gossamer\.send id=({_NAME}) to=({_NAME}) bits=(m\[{_NUMBER}\](?:,m\[{_NUMBER}\])*)?", re.ASCII)
_RECV = re.compile(rf"@gossamer\.recv id=({_NAME}) from=({_NAME}) bit=m\[({_NUMBER})\]", re.ASCII)
_RESULT = re.compile(r"@gossamer\.result ([A-Za-z_][A-Za-z0-9_]*\[[0-9]{1,7}\])", re.ASCII)
_LISTED = re.compile(rf"@gossamer\.(outcome|postselected) ({_NUMBER})", re.ASCII)
_IF = re.compile(rf"if \((!?)m\[({_NUMBER})\]\) \{{", re.ASCII)
_IFS = re.compile(rf"{_IF.pattern}(?: {_IF.pattern})*", re.ASCII)
_BITS = re.compile(r"[0-9]+", re.ASCII)
#: Blocks in blocks beyond this are left to the grammar, which refuses very many.
_MAX_CONDITIONS = 64


class NotPlain(Exception):
    """The lines are not those that programs are printed as; the grammar reads them."""


@dataclass
class Lines:
    """What stands below the declarations of a program.

    Attributes
    ----------
    instructions : in their order
    results : pairs (bit, name)
    outcomes, postselected : pairs (bit, index)
    first : the links that name this node first
    """

    instructions: list[Instruction] = field(default_factory=list)
    results: list[tuple[int, str]] = field(default_factory=list)
    outcomes: list[tuple[int, int]] = field(default_factory=list)
    postselected: list[tuple[int, int]] = field(default_factory=list)
    first: set[str] = field(default_factory=set)


def read_lines(lines: list[str], data: int, comm: int, bits: int, *, usable: frozenset[str], excerpt: bool) -> Lines:
    """Read the instructions of a program.

    Parameters
    ----------
    lines
        Those below the declarations, without their ends.
    data, comm, bits
        Sizes of the registers.
    usable
        The gates that may be used.
    excerpt
        Whether the program says what the manifest has of it: then links name their ends, and bits their outcomes.

    Raises
    ------
    NotPlain
        At the first line that is not as it is printed, or that may not stand where it stands.

    Examples
    --------
    >>> read_lines(["h data[0];", "m[0] = measure data[0];"], 1, 0, 1, usable=frozenset({"h"}), excerpt=False).instructions
    [Gate(name='h', qubits=(0,), angle=None, more=()), Measure(qubit=0, bit=0)]
    """
    return _Lines(data, comm, bits, usable, excerpt).read(lines)


class _Lines:
    def __init__(self, data: int, comm: int, bits: int, usable: frozenset[str], excerpt: bool) -> None:
        self.data, self.comm, self.bits, self.usable, self.excerpt = data, comm, bits, usable, excerpt
        self.gates: dict[str, Gate] = {}  # by their text
        self.found = Lines()

    def read(self, lines: list[str]) -> Lines:
        gates, out = self.gates, self.found.instructions
        rest = iter(lines)
        for line in rest:
            gate = gates.get(line)
            if gate is not None:
                out.append(gate)
            elif line.startswith("if"):
                out.append(self.conditional(line, rest))
            elif line.startswith("@"):
                out.append(self.annotated(line, rest))
            elif line.startswith("m["):
                out.append(self.measurement(line))
            elif line.startswith("reset"):
                out.append(Reset(self.reset(line)))
            else:
                out.append(self.gate(line))
        return self.found

    def gate(self, line: str) -> Gate:
        match = _GATE.fullmatch(line)
        if match is None:
            raise NotPlain(line)
        name, angles, *operands = match.groups()
        shape = 1 if operands[2] is None else 2, 0 if angles is None else angles.count(",") + 1
        if name not in self.usable or GATES[name] != shape:
            raise NotPlain(line)
        qubits = tuple(self.qubit(*pair) for pair in zip(operands[::2], operands[1::2], strict=True) if pair[0])
        if len(set(qubits)) != len(qubits):
            raise NotPlain(line)
        phases = tuple(map(_angle, angles.split(", "))) if angles else ()
        gate = self.gates[line] = Gate(name, qubits, phases[0] if phases else None, phases[1:])
        return gate

    def conditional(self, line: str, rest: Iterator[str]) -> Conditional:
        if _IFS.fullmatch(line) is None:
            raise NotPlain(line)
        conditions = tuple((self.bit(bit), not negated) for negated, bit in _IF.findall(line))
        end = "} " * (len(conditions) - 1) + "}"
        body: list[Gate] = []
        for inner in rest:
            if inner == end:
                break
            if not inner.startswith("  "):
                raise NotPlain(inner)
            body.append(self.gates.get(inner[2:]) or self.gate(inner[2:]))
        else:
            raise NotPlain(line)
        if len(conditions) > _MAX_CONDITIONS:
            raise NotPlain(line)
        return Conditional(conditions, tuple(body))

    def annotated(self, line: str, rest: Iterator[str]) -> Instruction:
        if match := _RECV.fullmatch(line):
            return self.received(match, rest)
        if match := _SEND.fullmatch(line):
            if next(rest, "") != "barrier;":
                raise NotPlain(line)
            bits = tuple(map(self.bit, _BITS.findall(match[3]))) if match[3] else ()
            return Send(match[1], match[2], bits)
        if match := _LINK.fullmatch(line):
            qubit = self.reset(next(rest, ""))
            if qubit < self.data or (match[3] is None) is self.excerpt:
                raise NotPlain(line)
            if match[3] == "first":
                self.found.first.add(match[1])
            return Ebit(match[1], match[2], qubit)
        return self.noted(line, rest)

    def noted(self, line: str, rest: Iterator[str]) -> Instruction:
        """A measurement or what is received, under what is noted of its bit."""
        results: list[str] = []
        listed: list[tuple[str, int]] = []
        while True:
            if match := _RESULT.fullmatch(line):
                results.append(match[1])
            elif self.excerpt and (match := _LISTED.fullmatch(line)):
                listed.append((match[1], int(match[2])))
            elif match := _RECV.fullmatch(line):
                op: Measure | Recv = self.received(match, rest)
                break
            else:
                op = self.measurement(line)
                break
            line = next(rest, "")
        self.found.results += [(op.bit, name) for name in results]
        for kind, index in listed:
            (self.found.outcomes if kind == "outcome" else self.found.postselected).append((op.bit, index))
        return op

    def received(self, match: re.Match[str], rest: Iterator[str]) -> Recv:
        if next(rest, "") != "barrier;":
            raise NotPlain(match[0])
        return Recv(match[1], match[2], self.bit(match[3]))

    def measurement(self, line: str) -> Measure:
        match = _MEASURE.fullmatch(line)
        if match is None:
            raise NotPlain(line)
        return Measure(self.qubit(match[2], match[3]), self.bit(match[1]))

    def reset(self, line: str) -> int:
        match = _RESET.fullmatch(line)
        if match is None:
            raise NotPlain(line)
        return self.qubit(match[1], match[2])

    def qubit(self, register: str, index: str) -> int:
        at = int(index)
        if at >= (self.data if register == "data" else self.comm):
            raise NotPlain(f"{register}[{index}]")
        return at if register == "data" else self.data + at

    def bit(self, index: str) -> int:
        at = int(index)
        if at >= self.bits:
            raise NotPlain(f"m[{index}]")
        return at


def _angle(text: str) -> Phase:
    match = _PARTS.fullmatch(text)
    if match is None:
        return Phase()  # the only other form is 0
    value = Fraction(int(match[2] or 1), int(match[3] or 1))
    return Phase(-value if match[1] else value)
