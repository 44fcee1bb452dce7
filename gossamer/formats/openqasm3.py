"""OpenQASM 3 text to syntax trees, by the grammar ``spec/grammar/openqasm3.lark``.

The module guarantees linear time, that no file is opened whatever the text says, that nesting is bounded (so whoever walks a
tree may recurse), and that every refusal is one diagnostic with its place. The meaning of a tree is the business of
``gossamer.frontends.qasm3``.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from gossamer.diagnostics import InputError, Span
from gossamer.formats.grammar import GrammarReader
from gossamer.formats.openqasm3_syntax import (
    Alias,
    Annotated,
    Apply,
    ArrayLiteral,
    Assignment,
    Block,
    Box,
    Branch,
    Call,
    Case,
    Cast,
    Concatenation,
    Declaration,
    DurationOf,
    Expression,
    ExpressionStatement,
    Extern,
    For,
    Formal,
    GateDefinition,
    Indexed,
    IndexSet,
    Jump,
    Measured,
    Modifier,
    Operand,
    Operation,
    Passive,
    Program,
    QubitDeclaration,
    Range,
    ResetStatement,
    Statement,
    Subroutine,
    Switch,
    Type,
    While,
)
from gossamer.formats.openqasm_slips import explained
from gossamer.formats.openqasm_tree import Name, SharedRules

if TYPE_CHECKING:
    from lark import Token

_Node = TypeVar("_Node")

#: Deeper nesting of operators and blocks, counted together, is refused.
MAX_DEPTH = 100


def parse_openqasm3(text: str, file: str = "<text>") -> Program:
    """The syntax tree of an OpenQASM 3 source (normalised: no byte order mark, lines end in a newline).

    Raises
    ------
    InputError
        QASM-1 for a syntax error, QASM-12 for nesting beyond the limit, QASM-15 for pulse-level control.

    Examples
    --------
    >>> program = parse_openqasm3("OPENQASM 3.0; qubit[2] q; ctrl @ x q[0], q[1];")
    >>> program.statements[-1].modifiers[0].name
    'ctrl'
    """
    maker = _reader().transformer
    with _reader().lock:
        maker.begin()
        try:
            statements = tuple(_reader().read(text, file))
        except InputError as error:
            raise explained(error, text, 3).with_source(text) from None
        finally:
            depths, maker.depths = maker.depths, {}
        del depths
        hardware = sorted(maker.hardware, key=lambda name: (len(name), name))
    return Program(statements, tuple(hardware), file)


@cache
def _reader() -> GrammarReader:
    return GrammarReader("openqasm3", _TreeMaker(), "QASM-1")


class _TreeMaker(SharedRules):
    """One method for each rule of the grammar; lark calls it with the children of the rule."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        self.hardware: set[str] = set()
        self.depths: dict[int, tuple[Any, int]] = {}  # by id of a node that is kept alive beside it

    # Depth

    def _deep(self, node: _Node, children: Any) -> _Node:
        """Note the height of ``node`` above ``children``, and drop theirs."""
        depth = 0
        for child in children:
            kept = self.depths.pop(id(child), None)
            if kept is not None and kept[1] > depth:
                depth = kept[1]
        depth += 1
        if depth > MAX_DEPTH:
            raise InputError(
                "QASM-12",
                f"nested more than {MAX_DEPTH} deep",
                span=getattr(node, "span", None),
                help="split the expression or the blocks",
            )
        self.depths[id(node)] = (node, depth)
        return node

    def _through(self, node: _Node, children: Any) -> _Node:
        """Hand the height of the highest child on to ``node``."""
        depth = 0
        for child in children:
            kept = self.depths.pop(id(child), None)
            if kept is not None and kept[1] > depth:
                depth = kept[1]
        if depth:
            self.depths[id(node)] = (node, depth)
        return node

    # Statements

    def start(self, c: list[Any]) -> list[Statement]:
        return c

    def pragma(self, c: list[Any]) -> Passive:
        return Passive("pragma", (), None, self._span(c[0]))

    def calibration_grammar(self, c: list[Any]) -> Passive:
        return Passive("defcalgrammar", (), None, self._span(c[0]))

    def nop(self, c: list[Any]) -> Passive:
        return Passive("nop", c[1] or (), None, self._span(c[0]))

    def qubit(self, c: list[Any]) -> QubitDeclaration:
        return QubitDeclaration(str(c[1]), c[0], self._span(c[1]))

    def qreg(self, c: list[Any]) -> QubitDeclaration:
        return QubitDeclaration(str(c[0]), c[1], self._span(c[0]))

    def creg(self, c: list[Any]) -> Declaration:
        span = self._span(c[0])
        return Declaration(Type("bit", c[1], span), str(c[0]), c[2], span)

    def declare(self, c: list[Any]) -> Declaration:
        return self._through(Declaration(c[0], str(c[1]), c[2], self._span(c[1])), c)

    def const(self, c: list[Any]) -> Declaration:
        return self._through(Declaration(c[0], str(c[1]), c[2], self._span(c[1]), constant=True), c)

    def io(self, c: list[Any]) -> Declaration:
        return Declaration(c[1], str(c[2]), None, self._span(c[2]), io=str(c[0]))

    def old_io(self, c: list[Any]) -> Declaration:
        span = self._span(c[1])
        return Declaration(Type("float", None, span), str(c[1]), None, span, io=str(c[0]))

    def extern(self, c: list[Any]) -> Extern:
        return Extern(str(c[1]), self._span(c[1]))

    def types(self, c: list[Any]) -> None:
        return None

    def register_type(self, c: list[Any]) -> None:
        return None

    def alias(self, c: list[Any]) -> Alias:
        return self._through(Alias(str(c[0]), c[1], self._span(c[0])), c)

    def gate_def(self, c: list[Any]) -> GateDefinition:
        parameters, qubits = (tuple(str(token) for token in tokens) for tokens in c[1])
        spans = tuple(self._span(token) for tokens in c[1] for token in tokens)
        return self._through(GateDefinition(str(c[0]), parameters, qubits, c[2], self._span(c[0]), spans), c)

    # `def` cannot be the name of a method: see the end of the class.
    def _subroutine(self, c: list[Any]) -> Subroutine:
        return self._through(Subroutine(str(c[0]), c[1] or (), c[2], c[3], self._span(c[0])), c)

    def def_formals(self, c: list[Any]) -> tuple[Formal, ...]:
        return tuple(c)

    def value_formal(self, c: list[Any]) -> Formal:
        return Formal(str(c[1]), c[0], None, "", self._span(c[1]))

    def qubit_formal(self, c: list[Any]) -> Formal:
        return Formal(str(c[1]), None, c[0], "", self._span(c[1]))

    def qreg_formal(self, c: list[Any]) -> Formal:
        return Formal(str(c[0]), None, c[1], "", self._span(c[0]))

    def creg_formal(self, c: list[Any]) -> Formal:
        span = self._span(c[0])
        return Formal(str(c[0]), Type("bit", c[1], span), None, "", span)

    def array_formal(self, c: list[Any]) -> Formal:
        return Formal(str(c[2]), c[1], None, str(c[0]), self._span(c[2]))

    def type(self, c: list[Any]) -> Type:
        return Type(str(c[0]), c[1], self._span(c[0]))

    def complex_type(self, c: list[Any]) -> Type:
        return Type("complex", None, self._span(c[0]), element=c[1])

    def array_type(self, c: list[Any]) -> Type:
        return Type("array", None, self._span(c[0]), element=c[1], dimensions=c[2])

    def dimensions(self, c: list[Any]) -> tuple[Expression, ...]:
        sizes: tuple[Expression, ...] = c[0]
        return sizes

    def any_sizes(self, c: list[Any]) -> Span:
        return self._span(c[0]).to(c[2].span)

    def designator(self, c: list[Any]) -> Any:
        return c[0]

    def apply(self, c: list[Any]) -> Apply:
        modifiers = tuple(x for x in c if isinstance(x, Modifier))
        rest = c[len(modifiers) :]
        operands = rest[2] if len(rest) > 2 else ()
        return self._through(
            Apply(modifiers, str(rest[0]), rest[1] or (), operands, self._span(rest[0])), rest[1] or ()
        )

    def modifier(self, c: list[Any]) -> Modifier:
        return Modifier(str(c[0]), c[1] if len(c) > 1 else None, self._span(c[0]))

    def operands(self, c: list[Any]) -> tuple[Operand, ...]:
        return tuple(c)

    def operand(self, c: list[Any]) -> Operand:
        if c[0].type == "HARDWARE":
            self._hardware(c[0])
        indices = tuple(index for index, _ in c[1:])
        return self._through(Operand(str(c[0]), indices, self._span(c[0])), indices)

    def _hardware(self, token: Token) -> None:
        self.hardware.add("$" + (str(token)[1:].lstrip("0") or "0")[:20])

    def index(self, c: list[Any]) -> list[Any]:
        return c  # the index, and the bracket where it ends

    def index_items(self, c: list[Any]) -> tuple[Any, ...]:
        return self._deeper(tuple(c), c)

    def range(self, c: list[Any]) -> Range:
        start, first, middle, second, last = c
        places = [self._span(x) if x is first or x is second else x.span for x in c if x is not None]
        step, stop = (None, middle) if second is None else (middle, last)
        return self._through(Range(start, step, stop, places[0].to(places[-1])), (start, middle, last))

    def set(self, c: list[Any]) -> IndexSet:
        return self._through(IndexSet(c[1] or (), self._span(c[0]).to(self._span(c[2]))), (c[1],))

    def assign(self, c: list[Any]) -> Assignment:
        return self._through(Assignment(c[0], str(c[1]), c[2], c[0].span), c)

    def concatenation(self, c: list[Any]) -> Any:
        return c[0] if len(c) == 1 else self._through(Concatenation(tuple(c), c[0].span.to(c[-1].span)), c)

    def array(self, c: list[Any]) -> ArrayLiteral:
        values = tuple(x for x in c[1:-1] if x is not None)
        node = ArrayLiteral(values, self._span(c[0]).to(self._span(c[-1])))
        return self._deep(node, values) if values else node

    def measured(self, c: list[Any]) -> Measured:
        return Measured(c[1], self._span(c[0]).to(c[1].span))

    def measure_arrow(self, c: list[Any]) -> Assignment:
        return Assignment(c[1], "=", c[0], c[0].span)

    def measure_alone(self, c: list[Any]) -> ExpressionStatement:
        return ExpressionStatement(c[0], c[0].span)

    def barrier(self, c: list[Any]) -> Passive:
        return Passive("barrier", c[1] or (), None, self._span(c[0]))

    def reset(self, c: list[Any]) -> ResetStatement:
        return ResetStatement(c[1], self._span(c[0]))

    def delay(self, c: list[Any]) -> Passive:
        return Passive("delay", c[2] or (), c[1], self._span(c[0]))

    def box(self, c: list[Any]) -> Box:
        return self._through(Box(c[2], self._span(c[0])), c)

    def block(self, c: list[Any]) -> Block:
        return self._block(tuple(c[1:]), self._span(c[0]))

    def empty(self, c: list[Any]) -> Block:
        return Block((), self._span(c[0]), 0)

    def _block(self, statements: tuple[Statement, ...], span: Span) -> Block:
        node = Block(statements, span, 0)
        if statements:
            self._deep(node, statements)
        return node

    def _body(self, c: Any) -> Block | None:
        return c if c is None or isinstance(c, Block) else self._block((c,), c.span)

    def branch(self, c: list[Any]) -> Branch:
        then, otherwise = self._body(c[2]), self._body(c[3])
        assert then is not None
        return self._through(Branch(c[1], then, otherwise, self._span(c[0])), (c[1], then, otherwise))

    def _loop(self, c: list[Any]) -> For:
        body = self._body(c[4])
        assert body is not None
        return self._through(For(c[1], str(c[2]), c[3], body, self._span(c[0])), (c[3], body))

    def _while(self, c: list[Any]) -> While:
        body = self._body(c[2])
        assert body is not None
        return self._through(While(c[1], body, self._span(c[0])), (c[1], body))

    def switch(self, c: list[Any]) -> Switch:
        return self._through(Switch(c[1], tuple(c[2:]), self._span(c[0])), c[1:])

    def case(self, c: list[Any]) -> Case:
        labels = c[1] if len(c) > 2 else None
        return self._through(Case(labels, c[-1], self._span(c[0])), c[1:])

    def jump(self, c: list[Any]) -> Jump:
        return Jump(str(c[0]), None, self._span(c[0]))

    def _return(self, c: list[Any]) -> Jump:
        return self._through(Jump("return", c[1], self._span(c[0])), c)

    def expression_statement(self, c: list[Any]) -> ExpressionStatement:
        return self._through(ExpressionStatement(c[0], c[0].span), c)

    def annotated(self, c: list[Any]) -> Annotated:
        names = tuple(str(token)[1:].partition(" ")[0] for token in c[:-1])
        return self._through(Annotated(names, c[-1], self._span(c[0])), c)

    # Expressions

    def expressions(self, c: list[Any]) -> tuple[Expression, ...]:
        return self._deeper(tuple(c), c)

    def _deeper(self, node: tuple[Any, ...], children: list[Any]) -> tuple[Any, ...]:
        return self._through(node, children)

    def _operation(self, operator: str, *operands: Any) -> Operation:
        return self._deep(Operation(operator, operands, operands[0].span.to(operands[-1].span)), operands)

    def _prefixed(self, c: list[Any]) -> Operation:
        return self._deep(Operation(str(c[0]), (c[1],), self._span(c[0]).to(c[1].span)), c[1:])

    def binary(self, c: list[Any]) -> Operation:
        return self._operation(str(c[1]), c[0], c[2])

    def logical_or(self, c: list[Any]) -> Operation:
        return self._operation("||", *c)

    def logical_and(self, c: list[Any]) -> Operation:
        return self._operation("&&", *c)

    def or_(self, c: list[Any]) -> Operation:
        return self._operation("|", *c)

    def xor(self, c: list[Any]) -> Operation:
        return self._operation("^", *c)

    def and_(self, c: list[Any]) -> Operation:
        return self._operation("&", *c)

    def add(self, c: list[Any]) -> Operation:
        return self._operation("+", *c)

    def sub(self, c: list[Any]) -> Operation:
        return self._operation("-", *c)

    def mul(self, c: list[Any]) -> Operation:
        return self._operation("*", *c)

    def pow(self, c: list[Any]) -> Operation:
        return self._operation("**", *c)

    def neg(self, c: list[Any]) -> Operation:
        return self._prefixed(c)

    def not_(self, c: list[Any]) -> Operation:
        return self._prefixed(c)

    def invert(self, c: list[Any]) -> Operation:
        return self._prefixed(c)

    def group(self, c: list[Any]) -> Any:
        return self._through(replace(c[1], span=self._span(c[0]).to(self._span(c[2]))), c[1:2])

    def indexed(self, c: list[Any]) -> Indexed:
        index, bracket = c[1]
        return self._deep(Indexed(c[0], index, c[0].span.to(self._span(bracket))), (c[0], index))

    def name(self, c: list[Any]) -> Name:
        if c[0].type == "HARDWARE":
            self._hardware(c[0])
        return Name(str(c[0]), self._span(c[0]))

    def call(self, c: list[Any]) -> Call:
        return self._deep(Call(str(c[0]), c[1] or (), self._span(c[0])), c[1:])

    def cast(self, c: list[Any]) -> Cast:
        return self._deep(Cast(c[0], c[1], c[0].span), c[1:])

    def durationof(self, c: list[Any]) -> DurationOf:
        return DurationOf(self._span(c[0]))


# Rules whose names are words of Python.
for _rule, _method in (("def", "_subroutine"), ("for", "_loop"), ("while", "_while"), ("return", "_return")):
    setattr(_TreeMaker, _rule, getattr(_TreeMaker, _method))
