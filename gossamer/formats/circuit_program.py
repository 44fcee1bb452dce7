"""Node programs of circuit nodes as text: a strict subset of OpenQASM 3, printed and read back.

The printed text is accepted by ``qiskit.qasm3.loads``, by the reference parser of OpenQASM 3 and by pyqasm; links and
messages stand in annotations, which those ignore. The module guarantees that reading what was printed gives an equal program, and
that anything outside the printed shape is refused (PR-11): a reader that ignores what it does not know would run another program.
It stands on ``gossamer.formats.openqasm``; the runtime and the lifting backend stand on it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from gossamer.diagnostics import InputError, Span
from gossamer.formats.circuit_lines import NotPlain, read_lines
from gossamer.formats.openqasm import MAX_CHARACTERS, normalise, parse_openqasm
from gossamer.formats.openqasm_angles import Exact, evaluate
from gossamer.formats.openqasm_syntax import (
    Annotated,
    Annotation,
    Apply,
    Barrier,
    BitDeclaration,
    Branch,
    Condition,
    Expression,
    GateDefinition,
    Measurement,
    Not,
    Operand,
    QubitDeclaration,
    ResetStatement,
    Statement,
    SyntaxTree,
    Truth,
)
from gossamer.formats.openqasm_tree import Header, Include
from gossamer.ir.phase import Phase
from gossamer.ir.program import (
    GATES,
    Conditional,
    Ebit,
    Excerpt,
    Gate,
    Instruction,
    Measure,
    NodeProgram,
    Recv,
    Reset,
    Send,
)

CODE = "PR-11"
MODEL = "circuit"
#: No register of a node program is larger.
MAX_SIZE = 10**7

#: The definition of ``rzz``, which the standard library of OpenQASM 3 does not have.
RZZ = "gate rzz(theta) a, b { cx a, b; rz(theta) b; cx a, b; }"
#: Native gates that the standard library does not have, defined where they are used.
DEFINED = {
    "ecr": "gate ecr a, b { h b; cx a, b; s b; cx a, b; h b; x a; }",
    "ms": "gate ms a, b { h a; h b; cx a, b; s b; cx a, b; h a; h b; }",
    "rxx": "gate rxx(theta) a, b { h a; h b; cx a, b; rz(theta) b; cx a, b; h a; h b; }",
    "rzx": "gate rzx(theta) a, b { h b; cx a, b; rz(theta) b; cx a, b; h b; }",
}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)
_RESULT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\[[0-9]{1,7}\]", re.ASCII)
_BIT = re.compile(r"m\[(0|[1-9][0-9]{0,7})\]", re.ASCII)
_NUMBER = r"(0|[1-9][0-9]{0,7})"
_TEXT = r'("[^"\\]*(?:\\.[^"\\]*)*")'
_PART = re.compile(rf"{_NUMBER}/{_NUMBER} outcomes={_NUMBER} source={_TEXT}", re.ASCII)
_REGISTER = re.compile(rf"size={_NUMBER} name={_TEXT}", re.ASCII)
_PLACE = re.compile(rf"{_NUMBER} qubit=data\[{_NUMBER}\] name={_TEXT}", re.ASCII)
#: What the lines above the instructions begin with.
_HEAD = (
    "OPENQASM ",
    "include ",
    "gate ",
    "qubit[",
    "bit[",
    *(f"@gossamer.{x} " for x in ("node", "part", "register", "input", "output")),
)
#: Larger whole numbers are printed as floats: readers keep integers in 32 bits.
_MAX_INT = 2**31


def print_program(program: NodeProgram) -> str:
    """The text of a circuit node's program.

    Raises
    ------
    InputError
        PR-11 if the program has no text form: a name that is not a name, a conditional without condition, a result whose bit
        is never written.

    Examples
    --------
    >>> p = NodeProgram("alice", "circuit", 1, 1, 1, (Ebit("l0", "bob", 1), Gate("cz", (0, 1)), Gate("h", (1,)), Measure(1, 0)))
    >>> print(print_program(p))
    OPENQASM 3.0;
    include "stdgates.inc";
    @gossamer.node alice
    gate rzz(theta) a, b { cx a, b; rz(theta) b; cx a, b; }
    qubit[1] data;
    qubit[1] comm;
    bit[1] m;
    @gossamer.link id=l0 peer=bob
    reset comm[0];
    cz data[0], comm[0];
    h comm[0];
    m[0] = measure comm[0];
    <BLANKLINE>
    """
    if program.model != MODEL:
        raise InputError(CODE, f"a program of model '{program.model}' has no OpenQASM 3 form")
    return "\n".join([*_Printer(program).lines(), ""])


class _Printer:
    def __init__(self, program: NodeProgram) -> None:
        self.program = program
        self.notes: dict[int, list[str]] = {}  # of bits, to stand where they are written
        for bit, name in sorted(program.results):
            if not _RESULT.fullmatch(name):
                raise InputError(CODE, f"{name[:80]!r} is not the name of a result")
            self.notes.setdefault(bit, []).append(f"result {name}")
        e = program.excerpt
        self.first = None if e is None else e.first
        for what, pairs in () if e is None else (("outcome", e.outcomes), ("postselected", e.postselected)):
            for bit, i in pairs:
                self.notes.setdefault(bit, []).append(f"{what} {i}")
        self.texts: dict[int, str] = {}  # of gates, by identity: one object may stand in many places
        self.names: set[str] = set()  # checked already

    def lines(self) -> Iterable[str]:
        p = self.program
        yield "OPENQASM 3.0;"
        yield 'include "stdgates.inc";'
        yield f"@gossamer.node {_checked(p.node)}"
        if p.excerpt is not None:
            yield from self.head(p.excerpt)
        yield RZZ
        used = _gate_names(p)
        yield from (text for name, text in DEFINED.items() if name in used)
        for kind, size, name in (("qubit", p.data, "data"), ("qubit", p.comm, "comm"), ("bit", p.bits, "m")):
            if size:
                yield f"{kind}[{size}] {name};"
        texts = self.texts
        for op in p.instructions:
            yield (type(op) is Gate and texts.get(id(op))) or self.instruction(op)
        if self.notes:
            raise InputError(CODE, f"{next(iter(self.notes.values()))[0]} is never written")

    def head(self, e: Excerpt) -> Iterable[str]:
        """What the manifest says of the node and of no instruction."""
        yield f"@gossamer.part {e.index}/{e.of} outcomes={e.outcome_count} source={json.dumps(e.source_digest)}"
        yield from (f"@gossamer.register size={size} name={json.dumps(name)}" for name, size in e.registers)
        for what, places in (("input", e.inputs), ("output", e.outputs)):
            yield from (f"@gossamer.{what} {i} qubit={self.qubit(q)} name={json.dumps(name)}" for i, q, name in places)

    def instruction(self, op: Instruction) -> str:
        """The lines of an instruction."""
        match op:
            case Gate():
                return self.gate(op)
            case Conditional(conditions, body):
                if not conditions:
                    raise InputError(CODE, "a conditional without a condition has no text form")
                opened = " ".join([f"if ({'' if value else '!'}m[{bit}]) {{" for bit, value in conditions])
                gates = "".join([f"  {self.gate(gate)}\n" for gate in body])
                return f"{opened}\n{gates}{'} ' * (len(conditions) - 1)}}}"
            case Measure(qubit, bit):
                return f"{self.noted(bit)}m[{bit}] = measure {self.qubit(qubit)};"
            case Recv(message, peer, bit):
                return f"{self.noted(bit)}@gossamer.recv id={self.name(message)} from={self.name(peer)} bit=m[{bit}]\nbarrier;"
            case Send(message, peer, bits):
                own = ",".join([f"m[{b}]" for b in bits])
                return f"@gossamer.send id={self.name(message)} to={self.name(peer)} bits={own}\nbarrier;"
            case Ebit(link, peer, qubit):
                end = "" if self.first is None else f" end={'first' if link in self.first else 'second'}"
                return f"@gossamer.link id={self.name(link)} peer={self.name(peer)}{end}\nreset {self.qubit(qubit)};"
            case Reset(qubit):
                return f"reset {self.qubit(qubit)};"
        raise InputError(CODE, f"{type(op).__name__} has no OpenQASM 3 form")

    def noted(self, bit: int) -> str:
        return "".join([f"@gossamer.{note}\n" for note in self.notes.pop(bit, ())])

    def name(self, name: str) -> str:
        if name not in self.names:
            self.names.add(_checked(name))
        return name

    def gate(self, gate: Gate) -> str:
        text = self.texts.get(id(gate))
        if text is None:
            angle = f"({', '.join(map(print_angle, gate.angles))})" if gate.angles else ""
            text = f"{gate.name}{angle} {', '.join([self.qubit(q) for q in gate.qubits])};"
            self.texts[id(gate)] = text
        return text

    def qubit(self, index: int) -> str:
        return f"data[{index}]" if index < self.program.data else f"comm[{index - self.program.data}]"


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise InputError(CODE, f"{name[:80]!r} is not a name", help="names are ASCII letters, digits and underscores")
    return name


def print_angle(angle: Phase) -> str:
    """An exact multiple of pi in (-1, 1]."""
    if not angle.is_constant:
        raise InputError(CODE, f"the angle {angle} is not constant")
    x = angle.constant if angle.constant <= 1 else angle.constant - 2
    if not x:
        return "0"
    top = "pi" if abs(x.numerator) == 1 else f"{_whole(abs(x.numerator))}*pi"
    bottom = "" if x.denominator == 1 else f"/{_whole(x.denominator)}"
    return f"{'-' if x < 0 else ''}{top}{bottom}"


def _whole(x: int) -> str:
    return str(x) if x < _MAX_INT else f"{x}.0"


def read_program(text: str, file: str = "<text>") -> NodeProgram:
    """The program that ``text`` holds, in the shape that :func:`print_program` writes.

    Parameters
    ----------
    text
        OpenQASM 3.
    file
        Its name, for diagnostics.

    Raises
    ------
    InputError
        PR-11, with the place, for whatever has not that shape.

    Examples
    --------
    >>> from fractions import Fraction
    >>> p = NodeProgram("n0", "circuit", 2, 0, 1, (Gate("rz", (0,), Phase(Fraction(3, 8))), Measure(1, 0)), ((0, "c[0]"),))
    >>> read_program(print_program(p)) == p
    True
    """
    found = _read_as_printed(text, file)
    if found is not None:
        return found
    try:
        return _Reader(parse_openqasm(text, file, syntax_code=CODE)).program()
    except InputError as error:
        error.with_source(normalise(text))
        raise


def _read_as_printed(text: str, file: str) -> NodeProgram | None:
    """The program, its instructions read line by line; None where the grammar has to read, or refuse, all of it."""
    lines = normalise(text).split("\n")
    if lines.pop() or len(text) > MAX_CHARACTERS:
        return None
    begin = next((i for i, line in enumerate(lines) if not line.startswith(_HEAD)), len(lines))
    try:
        reader = _Reader(parse_openqasm("\n".join([*lines[:begin], ""]), file, syntax_code=CODE))
        top = reader.program()
        usable = frozenset(GATES.keys() - (DEFINED.keys() - reader.defined))
        below = read_lines(lines[begin:], top.data, top.comm, top.bits, usable=usable, excerpt=top.excerpt is not None)
    except (NotPlain, InputError):
        return None
    if top.instructions:
        return None
    excerpt = top.excerpt
    if excerpt is not None:
        excerpt = replace(
            excerpt,
            first=frozenset(below.first),
            outcomes=tuple(sorted(below.outcomes)),
            postselected=tuple(sorted(below.postselected)),
        )
    return replace(top, instructions=tuple(below.instructions), results=tuple(sorted(below.results)), excerpt=excerpt)


class _Reader:
    def __init__(self, tree: SyntaxTree) -> None:
        self.tree = tree
        self.sizes = {"data": 0, "comm": 0, "m": 0}
        self.results: list[tuple[int, str]] = []
        self.head: Excerpt | None = None  # what of it stands at the top; the rest stands on instructions
        self.places: dict[str, list[tuple[int, int, str]]] = {"gossamer.input": [], "gossamer.output": []}
        self.place_spans: list[tuple[int, Span]] = []
        self.listed: dict[str, list[tuple[int, int]]] = {"gossamer.outcome": [], "gossamer.postselected": []}
        self.first: set[str] = set()
        self.defined: set[str] = set()

    def program(self) -> NodeProgram:
        statements = list(self.tree.statements)
        start = Span(self.tree.file, 1, 1)
        if not statements or not isinstance(statements[0], Header) or self.tree.version != 3:
            raise _refused("a node program begins with OPENQASM 3.0;", start)
        if len(statements) < 3 or not isinstance(statements[1], Include) or statements[1].file != "stdgates.inc":
            raise _refused('the second statement of a node program is include "stdgates.inc";', start)
        node = self._node(statements[2])
        at = 3
        while at < len(statements) and isinstance(definition := statements[at], GateDefinition):
            self._define(definition)
            at += 1
        for name in self.sizes:
            if at < len(statements) and self._declares(statements[at], name):
                at += 1
        instructions = tuple(self._instruction(s) for s in statements[at:])
        return NodeProgram(
            node,
            MODEL,
            self.sizes["data"],
            self.sizes["comm"],
            self.sizes["m"],
            instructions,
            tuple(sorted(self.results)),
            self._excerpt(),
        )

    def _node(self, s: Statement) -> str:
        if (
            not isinstance(s, Annotated)
            or s.annotations[0].name != "gossamer.node"
            or not isinstance(s.statement, GateDefinition)
        ):
            raise _refused(
                "the third statement of a node program is '@gossamer.node NAME' on the definition of rzz", s.span
            )
        if _shape(s.statement) != _shape_of(RZZ):
            raise _refused("rzz is not defined as node programs define it", s.statement.span, f"write {RZZ}")
        self._read_head(s.annotations[1:])
        return _name(s.annotations[0].text, s.annotations[0].span)

    def _read_head(self, notes: tuple[Annotation, ...]) -> None:
        """The part of the manifest that is about the node: first ``part``, then registers, inputs and outputs."""
        order = ("gossamer.part", "gossamer.register", "gossamer.input", "gossamer.output")
        ranks = [order.index(note.name) if note.name in order else -1 for note in notes]
        for i, (note, rank) in enumerate(zip(notes, ranks, strict=True)):
            if rank < 0 or (rank == 0) != (i == 0) or rank < max(ranks[:i], default=0):
                raise _refused(f"annotation {note.name[:40]!r} cannot stand here", note.span)
        if not notes:
            return
        index, of, outcomes, digest = _matched(notes[0], _PART, 'INDEX/NODES outcomes=NUMBER source="DIGEST"')
        registers = []
        for note in notes[1:]:
            if note.name == order[1]:
                size, name = _matched(note, _REGISTER, 'size=NUMBER name="NAME"')
                registers.append((_quoted(name, note.span), int(size)))
            else:
                at, qubit, name = _matched(note, _PLACE, 'INDEX qubit=data[NUMBER] name="NAME"')
                self.places[note.name].append((int(at), int(qubit), _quoted(name, note.span)))
                self.place_spans.append((int(qubit), note.span))
        self.head = Excerpt(int(index), int(of), _quoted(digest, notes[0].span), int(outcomes), tuple(registers))

    def _excerpt(self) -> Excerpt | None:
        """The head with what was noted on instructions."""
        for qubit, span in self.place_spans:
            if qubit >= self.sizes["data"]:
                raise _refused(f"data has {self.sizes['data']} qubits, no index {qubit}", span)
        if self.head is None:
            return None
        return replace(
            self.head,
            inputs=tuple(sorted(self.places["gossamer.input"])),
            outputs=tuple(sorted(self.places["gossamer.output"])),
            first=frozenset(self.first),
            outcomes=tuple(sorted(self.listed["gossamer.outcome"])),
            postselected=tuple(sorted(self.listed["gossamer.postselected"])),
        )

    def _define(self, s: GateDefinition) -> None:
        """A native gate that the standard library does not have, defined as :func:`print_program` defines it."""
        if s.name not in DEFINED or s.name in self.defined:
            raise _refused(f"a node program does not define '{s.name[:40]}' here", s.span)
        if _shape(s) != _shape_of(DEFINED[s.name]):
            raise _refused(f"{s.name} is not defined as node programs define it", s.span, f"write {DEFINED[s.name]}")
        self.defined.add(s.name)

    def _declares(self, s: Statement, name: str) -> bool:
        if not isinstance(s, BitDeclaration if name == "m" else QubitDeclaration) or s.name != name:
            return False
        if isinstance(s, BitDeclaration) and s.value is not None:
            raise _refused("bits of a node program have no initial value", s.span)
        if s.size is None or not 1 <= s.size <= MAX_SIZE:
            raise _refused(f"the size of {name} is not between 1 and {MAX_SIZE}", s.span)
        self.sizes[name] = s.size
        return True

    def _instruction(self, s: Statement) -> Instruction:
        notes: tuple[Annotation, ...] = ()
        if isinstance(s, Annotated):
            notes, s = s.annotations, s.statement
        match s:
            case Apply() if not notes:
                return self._gate(s)
            case Branch() if not notes:
                return self._conditional(s)
            case Measurement() if s.target is not None:
                bit = self._bit(s.target)
                self._note_bit(notes, bit)
                return Measure(self._qubit(s.source), bit)
            case ResetStatement() if not notes:
                return Reset(self._qubit(s.operand))
            case ResetStatement() if len(notes) == 1 and notes[0].name == "gossamer.link":
                link, peer, *end = _fields(notes[0], "id", "peer", *(() if self.head is None else ("end",)))
                qubit = self._qubit(s.operand)
                if qubit < self.sizes["data"]:
                    raise _refused("a link half enters on a communication qubit", s.operand.span)
                if end not in ([], ["first"], ["second"]):
                    raise _refused("the end of a link is first or second", notes[0].span)
                if end == ["first"]:
                    self.first.add(link)
                return Ebit(_name(link, notes[0].span), _name(peer, notes[0].span), qubit)
            case Barrier() if len(notes) == 1 and notes[0].name == "gossamer.send" and not s.operands:
                message, peer, bits = _fields(notes[0], "id", "to", "bits")
                own = tuple(self._bit_text(b, notes[0].span) for b in bits.split(",")) if bits else ()
                return Send(_name(message, notes[0].span), _name(peer, notes[0].span), own)
            case Barrier() if notes and notes[-1].name == "gossamer.recv" and not s.operands:
                message, peer, target = _fields(notes[-1], "id", "from", "bit")
                bit = self._bit_text(target, notes[-1].span)
                self._note_bit(notes[:-1], bit)
                return Recv(_name(message, notes[-1].span), _name(peer, notes[-1].span), bit)
        if notes:
            raise _refused(f"annotation {notes[0].name[:40]!r} cannot stand here", notes[0].span)
        raise _refused("this statement is not one of a node program", s.span)

    def _gate(self, s: Apply) -> Gate:
        if s.gate not in GATES:
            raise _refused(
                f"unknown gate '{s.gate[:40]}'", s.span, f"the gates of a node program are {', '.join(GATES)}"
            )
        arity, angles = GATES[s.gate]
        if len(s.arguments) != angles or len(s.operands) != arity:
            number = ("no angle", "one angle")[angles] if angles < 2 else f"{angles} angles"
            raise _refused(f"{s.gate} takes {arity} qubits and {number}", s.span)
        qubits = tuple(self._qubit(q) for q in s.operands)
        if len(set(qubits)) != arity:
            raise _refused("a qubit is repeated", s.span)
        read = tuple(map(_read_angle, s.arguments))
        if s.gate in DEFINED and s.gate not in self.defined:
            raise _refused(f"{s.gate} is not defined above", s.span, f"write {DEFINED[s.gate]} at the top")
        return Gate(s.gate, qubits, read[0] if read else None, read[1:])

    def _conditional(self, s: Branch) -> Conditional:
        conditions: list[tuple[int, bool]] = []
        while True:
            if s.otherwise:
                raise _refused("a node program has no else", s.span)
            conditions.append(self._condition(s.condition))
            if len(s.then) != 1 or not isinstance(s.then[0], Branch):
                break
            s = s.then[0]
        body = []
        for inner in s.then:
            if not isinstance(inner, Apply):
                raise _refused("a conditional block holds gates only", inner.span)
            body.append(self._gate(inner))
        return Conditional(tuple(conditions), tuple(body))

    def _condition(self, c: Condition) -> tuple[int, bool]:
        if isinstance(c, Truth):
            return self._bit(c.operand), True
        if isinstance(c, Not) and isinstance(c.condition, Truth):
            return self._bit(c.condition.operand), False
        raise _refused("a condition is a bit m[i] or its negation !m[i]", c.span)

    def _note_bit(self, notes: tuple[Annotation, ...], bit: int) -> None:
        for note in notes:
            if note.name == "gossamer.result" and _RESULT.fullmatch(note.text):
                self.results.append((bit, note.text))
            elif note.name in self.listed and self.head is not None and re.fullmatch(_NUMBER, note.text, re.ASCII):
                self.listed[note.name].append((bit, int(note.text)))
            else:
                known = (
                    "result REGISTER[INDEX]"
                    if self.head is None
                    else "result REGISTER[INDEX], outcome INDEX or postselected INDEX"
                )
                raise _refused(f"here only @gossamer.{known} can stand", note.span)

    def _qubit(self, o: Operand) -> int:
        if o.name not in ("data", "comm") or o.index is None:
            raise _refused("a qubit is data[i] or comm[i]", o.span)
        if o.index >= self.sizes[o.name]:
            raise _refused(f"{o.name} has {self.sizes[o.name]} qubits, no index {o.index}", o.span)
        return o.index + (self.sizes["data"] if o.name == "comm" else 0)

    def _bit(self, o: Operand) -> int:
        if o.name != "m" or o.index is None:
            raise _refused("a bit is m[i]", o.span)
        return self._in_range(o.index, o.span)

    def _bit_text(self, text: str, span: Span) -> int:
        match = _BIT.fullmatch(text)
        if match is None:
            raise _refused(f"{text[:40]!r} is not a bit m[i]", span)
        return self._in_range(int(match[1]), span)

    def _in_range(self, bit: int, span: Span) -> int:
        if bit >= self.sizes["m"]:
            raise _refused(f"m has {self.sizes['m']} bits, no index {bit}", span)
        return bit


def _refused(message: str, span: Span, help: str | None = None) -> InputError:
    return InputError(CODE, message, span=span, help=help)


def _name(text: str, span: Span) -> str:
    if not _NAME.fullmatch(text):
        raise _refused(f"{text[:80]!r} is not a name", span, "names are ASCII letters, digits and underscores")
    return text


def _fields(note: Annotation, *keys: str) -> list[str]:
    """The values of ``key=value`` pairs, which must be exactly ``keys`` in this order, one blank between them."""
    pairs = [part.partition("=") for part in note.text.split(" ")]
    if [(k, eq) for k, eq, _ in pairs] != [(k, "=") for k in keys]:
        raise _refused(f"@{note.name} takes {' '.join(f'{k}=...' for k in keys)}", note.span)
    return [value for _, _, value in pairs]


def _matched(note: Annotation, pattern: re.Pattern[str], form: str) -> tuple[str, ...]:
    match = pattern.fullmatch(note.text)
    if match is None:
        raise _refused(f"@{note.name} takes {form}", note.span)
    return match.groups()


def _quoted(text: str, span: Span) -> str:
    """The value of a JSON string."""
    try:
        value = json.loads(text)
    except ValueError:
        raise _refused(f"{text[:40]} is no JSON string", span) from None
    assert isinstance(value, str)
    return value


def _read_angle(expression: Expression) -> Phase:
    value = evaluate(expression)
    if not isinstance(value, Exact) or value.rational:
        raise _refused(
            "an angle of a node program is an exact multiple of pi", expression.span, "write for example 3*pi/8"
        )
    return Phase(value.pi_part)


def _shape(gate: GateDefinition) -> object:
    """What a gate definition says, without its place."""
    body = [
        (s.gate, [repr(_spanless(a)) for a in s.arguments], [(o.name, o.index) for o in s.operands])
        for s in gate.body or ()
        if isinstance(s, Apply)
    ]
    return gate.name, gate.parameters, gate.qubits, body, len(gate.body or ())


def _spanless(expression: Expression) -> object:
    return getattr(expression, "name", None) or getattr(expression, "text", "?")


@cache
def _shape_of(text: str) -> object:
    (gate,) = parse_openqasm(text, "<definition>", syntax_code=CODE).statements
    assert isinstance(gate, GateDefinition)
    return _shape(gate)


def _gate_names(program: NodeProgram) -> set[str]:
    plain = {op.name for op in program.instructions if isinstance(op, Gate)}
    return plain.union(gate.name for op in program.instructions if isinstance(op, Conditional) for gate in op.body)
