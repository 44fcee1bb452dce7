"""OpenQASM 2, and the OpenQASM 3 of node programs, to syntax trees, by grammars of ``spec/grammar``.

The module guarantees linear time, that no file is opened whatever the text says, that nesting is bounded (so whoever walks a
tree may recurse), and that every refusal is one diagnostic with its place. The meaning of a tree is the business of
``gossamer.frontends.qasm`` and of ``gossamer.formats.circuit_program``; OpenQASM 3 in full is read by
``gossamer.formats.openqasm3``.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from gossamer.diagnostics import InputError, Span
from gossamer.formats.grammar import GrammarReader
from gossamer.formats.openqasm_slips import explained
from gossamer.formats.openqasm_syntax import (
    Annotated,
    Annotation,
    Apply,
    Barrier,
    BitDeclaration,
    Both,
    Branch,
    Compare,
    Condition,
    Expression,
    GateDefinition,
    Measurement,
    Not,
    Operand,
    Operation,
    QubitDeclaration,
    ResetStatement,
    SyntaxTree,
    Truth,
)
from gossamer.formats.openqasm_tree import Literal, SharedRules

if TYPE_CHECKING:
    from lark import Token

#: Deeper nesting of operators, conditions or blocks is refused.
MAX_DEPTH = 150
#: Longer texts are refused.
MAX_CHARACTERS = 100_000_000
#: Whole numbers with more digits are refused.
MAX_DIGITS = 1000


def parse_openqasm(text: str, file: str = "<text>", *, syntax_code: str = "QASM-1") -> SyntaxTree:
    """The syntax tree of an OpenQASM 2 source, or of a node program in OpenQASM 3; the header decides which (no header: 2).

    A byte order mark and any kind of line end are accepted.

    Raises
    ------
    InputError
        ``syntax_code`` for a syntax error, QASM-2 for a version that is not known, QASM-12 for a text beyond the limits.

    Examples
    --------
    >>> tree = parse_openqasm("OPENQASM 2.0; qreg q[2]; CX q[0], q[1];")
    >>> tree.version, tree.statements[-1].gate
    (2, 'CX')
    """
    text = normalise(text)
    version = None
    try:
        if len(text) > MAX_CHARACTERS:
            raise InputError(
                "QASM-12",
                f"the source has more than {MAX_CHARACTERS} characters",
                span=Span(file, 1, 1),
                help="split it",
            )
        version = find_version(text, file) or 2
        return SyntaxTree(version, tuple(_reader(version, syntax_code).read(text, file)), file)
    except InputError as error:
        raise explained(error, text, version or 2).with_source(text) from None


def normalise(text: str) -> str:
    """Drop a byte order mark; every line end becomes a newline."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def find_version(text: str, file: str) -> int | None:
    """The major version that the header names; None without a header.

    Raises
    ------
    InputError
        QASM-2 for a version that is not known.

    Examples
    --------
    >>> find_version("// a comment\\nOPENQASM 3.0;", "a.qasm")
    3
    """
    at = _skip_blank(text, 0)
    if not text.startswith("OPENQASM", at):
        return None
    number = _skip_blank(text, at + len("OPENQASM"))
    end = number
    while end < len(text) and end < number + 20 and text[end] in "0123456789.":
        end += 1
    shown = text[number:end]
    if shown.split(".")[0] in ("2", "3"):
        return int(shown[0])
    column = at - text.rfind("\n", 0, at)
    raise InputError(
        "QASM-2",
        f"OpenQASM version {shown!r} is not known" if shown else "the header has no version",
        span=Span(file, text.count("\n", 0, at) + 1, column, column + len("OPENQASM")),
        help="write OPENQASM 2.0; or OPENQASM 3.0;",
    )


def _skip_blank(text: str, at: int) -> int:
    """The first place from ``at`` on that is neither blank nor comment; by hand, as comments may be long."""
    while at < len(text):
        if text[at].isspace():
            at += 1
        elif text.startswith("//", at):
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
        elif text.startswith("/*", at):
            end = text.find("*/", at + 2)
            at = len(text) if end < 0 else end + 2
        else:
            break
    return at


@cache
def _reader(version: int, code: str) -> GrammarReader:
    return GrammarReader("openqasm2" if version == 2 else "node_program", _TreeMaker(), code)


class _TreeMaker(SharedRules):
    """One method for each rule of the two grammars; lark calls it with the children of the rule."""

    def _whole(self, token: Token) -> int:
        if len(token) > MAX_DIGITS:
            raise self._too_long(token)
        return int(token)

    def _too_long(self, token: Token) -> InputError:
        return InputError(
            "QASM-12",
            f"a number with more than {MAX_DIGITS} digits",
            span=self._span(token),
            help="write a shorter number",
        )

    def _too_deep(self, depth: int, span: Span) -> None:
        if depth > MAX_DEPTH:
            raise InputError(
                "QASM-12", f"nested more than {MAX_DEPTH} deep", span=span, help="split the expression or the blocks"
            )

    def start(self, c: list[Any]) -> list[Any]:
        return _flat(c)

    def qreg(self, c: list[Any]) -> QubitDeclaration:
        return QubitDeclaration(str(c[0]), self._whole(c[1]), self._span(c[0]), self._span(c[1]))

    def creg(self, c: list[Any]) -> BitDeclaration:
        return BitDeclaration(str(c[0]), self._whole(c[1]), self._span(c[0]), self._span(c[1]))

    def qubit(self, c: list[Any]) -> QubitDeclaration:
        size = None if c[0] is None else self._whole(c[0])
        return QubitDeclaration(str(c[1]), size, self._span(c[1]))

    def bit(self, c: list[Any]) -> BitDeclaration | tuple[BitDeclaration, Measurement]:
        size = None if c[0] is None else self._whole(c[0])
        span = self._span(c[1])
        if isinstance(c[2], Measurement):
            name = str(c[1])
            return BitDeclaration(name, size, span), Measurement(c[2].source, Operand(name, None, span), c[2].span)
        value = None if c[2] is None else str(c[2])[1:-1].replace("_", "")
        if value is not None and (set(value) - {"0", "1"} or len(value) != (1 if size is None else size)):
            raise InputError(
                "QASM-1",
                "the initial value is not a bit string of the register's size",
                span=self._span(c[2]),
                help=f"write {size or 1} of the digits 0 and 1 in quotes",
            )
        return BitDeclaration(str(c[1]), size, span, value=value)

    def gate_def(self, c: list[Any]) -> GateDefinition:
        return self._gate(c[0], c[1], tuple(c[2:]))

    def opaque(self, c: list[Any]) -> GateDefinition:
        return self._gate(c[1], c[2], None)

    def _gate(self, name: Token, formals: tuple[tuple[Token, ...], ...], body: Any) -> GateDefinition:
        parameters, qubits = (tuple(str(token) for token in tokens) for tokens in formals)
        spans = tuple(self._span(token) for tokens in formals for token in tokens)
        return GateDefinition(str(name), parameters, qubits, body, self._span(name), spans)

    def apply(self, c: list[Any]) -> Apply:
        return Apply(str(c[0]), c[1] or (), c[2], self._span(c[0]))

    def arguments(self, c: list[Any]) -> tuple[Expression, ...]:
        return tuple(c)

    def operands(self, c: list[Any]) -> tuple[Operand, ...]:
        return tuple(c)

    def operand(self, c: list[Any]) -> Operand:
        if c[1] is None:
            return Operand(str(c[0]), None, self._span(c[0]))
        return Operand(str(c[0]), self._whole(c[1]), self._span(c[0]), self._span(c[1]))

    def barrier(self, c: list[Any]) -> Barrier:
        return Barrier(c[1] or (), self._span(c[0]))

    def measured(self, c: list[Any]) -> Measurement:
        return Measurement(c[1], None, self._span(c[0]))

    def measure(self, c: list[Any]) -> Measurement:
        if isinstance(c[0], Measurement):  # OpenQASM 3: measured, target
            return Measurement(c[0].source, c[1], c[0].span)
        return Measurement(c[1], c[2], self._span(c[0]))

    def assign(self, c: list[Any]) -> Measurement:
        return Measurement(c[1].source, c[0], c[0].span)

    def reset(self, c: list[Any]) -> ResetStatement:
        return ResetStatement(c[1], self._span(c[0]))

    def if_equal(self, c: list[Any]) -> Branch:
        return Branch(Compare(c[1], self._whole(c[2]), c[1].span), (c[3],), (), self._span(c[0]), 1)

    def branch(self, c: list[Any]) -> Branch:
        then, otherwise = c[2], c[3] or ()
        inner = [s.statement if isinstance(s, Annotated) else s for s in (*then, *otherwise)]
        depth = 1 + max((s.depth for s in inner if isinstance(s, Branch)), default=0)
        span = self._span(c[0])
        self._too_deep(depth, span)
        return Branch(c[1], then, otherwise, span, depth)

    def block(self, c: list[Any]) -> tuple[Any, ...]:
        return tuple(_flat(c))

    def annotated(self, c: list[Any]) -> Annotated:
        notes = []
        for token in c[:-1]:
            name, _, text = str(token)[1:].partition(" ")
            notes.append(Annotation(name, text, self._span(token)))
        if isinstance(c[-1], tuple):
            raise InputError(
                "QASM-1",
                "a declaration with a measurement takes no annotation",
                span=notes[0].span,
                help="declare the bit first and annotate the measurement",
            )
        return Annotated(tuple(notes), c[-1], notes[0].span)

    def equal(self, c: list[Any]) -> Compare:
        return Compare(c[0], self._bit_value(c[1]), c[0].span)

    def differ(self, c: list[Any]) -> Condition:
        return Not(self.equal(c), c[0].span, 1)

    def _bit_value(self, token: Token) -> int:
        if token.type in ("TRUE", "FALSE"):
            return int(token.type == "TRUE")
        return int(token[1:-1], 2) if token.type == "BITS" else self._whole(token)

    def truth(self, c: list[Any]) -> Truth:
        return Truth(c[0], c[0].span)

    def negation(self, c: list[Any]) -> Not:
        depth = _depth(c[0]) + 1
        self._too_deep(depth, c[0].span)
        return Not(c[0], c[0].span, depth)

    def _join(self, c: list[Any], either: bool) -> Both:
        depth = max(_depth(c[0]), _depth(c[1])) + 1
        self._too_deep(depth, c[0].span)
        return Both(c[0], c[1], either, c[0].span, depth)

    def both(self, c: list[Any]) -> Both:
        return self._join(c, False)

    def either(self, c: list[Any]) -> Both:
        return self._join(c, True)

    def number(self, c: list[Any]) -> Literal:
        if len(c[0]) > MAX_DIGITS:
            raise self._too_long(c[0])
        return self.literal(c)

    def call(self, c: list[Any]) -> Operation:
        return self._operation(str(c[0]), (c[1],), self._span(c[0]))

    def _operation(self, operator: str, operands: tuple[Expression, ...], span: Span) -> Operation:
        depth = max(_depth(x) for x in operands) + 1
        self._too_deep(depth, span)
        return Operation(operator, operands, span, depth)

    def _binary(self, operator: str, c: list[Any]) -> Operation:
        return self._operation(operator, (c[0], c[1]), c[0].span.to(c[1].span))

    def add(self, c: list[Any]) -> Operation:
        return self._binary("+", c)

    def sub(self, c: list[Any]) -> Operation:
        return self._binary("-", c)

    def mul(self, c: list[Any]) -> Operation:
        return self._binary("*", c)

    def div(self, c: list[Any]) -> Operation:
        return self._binary("/", c)

    def pow(self, c: list[Any]) -> Operation:
        return self._binary("^", c)

    def neg(self, c: list[Any]) -> Operation:
        return self._operation("neg", (c[1],), self._span(c[0]).to(c[1].span))

    def group(self, c: list[Any]) -> Expression:
        return replace(c[1], span=self._span(c[0]).to(self._span(c[2])))  # type: ignore[no-any-return]


def _flat(statements: list[Any]) -> list[Any]:
    """``bit c = measure q;`` is two statements."""
    return [s for item in statements for s in (item if isinstance(item, tuple) else (item,))]


def _depth(node: Expression | Condition) -> int:
    return node.depth if isinstance(node, Operation | Not | Both) else 0
