"""Syntax trees of OpenQASM 3: frozen dataclasses, each with its place in the source.

Nothing here is resolved: a name is a name, an index an expression, a call may be a gate or a subroutine.
``gossamer.formats.openqasm3`` makes these trees; ``gossamer.frontends.qasm3`` gives them meaning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from gossamer.diagnostics import Span
from gossamer.formats.openqasm_tree import Header as Header
from gossamer.formats.openqasm_tree import Include as Include
from gossamer.formats.openqasm_tree import Literal as Literal
from gossamer.formats.openqasm_tree import Name as Name

# Expressions


@dataclass(frozen=True, slots=True)
class Operation:
    """``operator`` as it is written; one operand (``- ! ~``) or two."""

    operator: str
    operands: tuple[Expression, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    arguments: tuple[Expression, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Cast:
    type: Type
    value: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class DurationOf:
    span: Span


@dataclass(frozen=True, slots=True)
class Range:
    start: Expression | None
    step: Expression | None
    stop: Expression | None
    span: Span


@dataclass(frozen=True, slots=True)
class IndexSet:
    values: tuple[Expression, ...]
    span: Span


Index: TypeAlias = "tuple[Expression | Range, ...] | IndexSet"


@dataclass(frozen=True, slots=True)
class Indexed:
    value: Expression
    index: Index
    span: Span


@dataclass(frozen=True, slots=True)
class Concatenation:
    parts: tuple[Expression, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ArrayLiteral:
    values: tuple[Expression, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Measured:
    source: Operand
    span: Span


@dataclass(frozen=True, slots=True)
class Operand:
    """A name with indices (``q``, ``q[1]``, ``q[0:2]``, ``$3``)."""

    name: str
    indices: tuple[Index, ...]
    span: Span


Expression: TypeAlias = (
    Literal
    | Name
    | Operation
    | Call
    | Cast
    | DurationOf
    | Indexed
    | Concatenation
    | ArrayLiteral
    | Measured
    | Operand
    | IndexSet
)


@dataclass(frozen=True, slots=True)
class Type:
    """``base`` is a scalar's name, ``complex`` or ``array``.

    ``size`` is the designator; ``element`` the type in an array or a complex number; ``dimensions`` the sizes of an array,
    or the place where only their number is given.
    """

    base: str
    size: Expression | None
    span: Span
    element: Type | None = None
    dimensions: tuple[Expression, ...] | Span | None = None


# Statements


@dataclass(frozen=True, slots=True)
class QubitDeclaration:
    name: str
    size: Expression | None
    span: Span


@dataclass(frozen=True, slots=True)
class Declaration:
    """``io`` is ``""``, ``input`` or ``output``; ``type`` None leaves it open."""

    type: Type | None
    name: str
    value: Expression | None
    span: Span
    constant: bool = False
    io: str = ""


@dataclass(frozen=True, slots=True)
class Alias:
    name: str
    value: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class GateDefinition:
    """``formal_spans`` are the places of its parameters, then of its qubits."""

    name: str
    parameters: tuple[str, ...]
    qubits: tuple[str, ...]
    body: Block
    span: Span
    formal_spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Formal:
    """A formal argument of a subroutine; ``type`` None: qubits."""

    name: str
    type: Type | None
    size: Expression | None
    access: str
    span: Span


@dataclass(frozen=True, slots=True)
class Subroutine:
    name: str
    formals: tuple[Formal, ...]
    returns: Type | None
    body: Block
    span: Span


@dataclass(frozen=True, slots=True)
class Extern:
    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Modifier:
    """``name`` is ``inv``, ``pow``, ``ctrl`` or ``negctrl``."""

    name: str
    argument: Expression | None
    span: Span


@dataclass(frozen=True, slots=True)
class Apply:
    modifiers: tuple[Modifier, ...]
    name: str
    arguments: tuple[Expression, ...]
    operands: tuple[Operand, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Assignment:
    """``operator`` is ``=`` or an operator with ``=``."""

    target: Operand
    operator: str
    value: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Passive:
    """A statement without an effect on meaning, whose operands must exist: barrier, delay, nop."""

    kind: str
    operands: tuple[Operand, ...]
    argument: Expression | None
    span: Span


@dataclass(frozen=True, slots=True)
class ResetStatement:
    operands: tuple[Operand, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Block:
    statements: tuple[Statement, ...]
    span: Span
    depth: int


@dataclass(frozen=True, slots=True)
class Box:
    body: Block
    span: Span


@dataclass(frozen=True, slots=True)
class Branch:
    condition: Expression
    then: Block
    otherwise: Block | None
    span: Span


@dataclass(frozen=True, slots=True)
class For:
    type: Type | None
    name: str
    values: Expression | Range
    body: Block
    span: Span


@dataclass(frozen=True, slots=True)
class While:
    condition: Expression
    body: Block
    span: Span


@dataclass(frozen=True, slots=True)
class Case:
    labels: tuple[Expression, ...] | None
    body: Block
    span: Span


@dataclass(frozen=True, slots=True)
class Switch:
    value: Expression
    cases: tuple[Case, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Jump:
    """``word`` is ``break``, ``continue``, ``end`` or ``return``."""

    word: str
    value: Expression | None
    span: Span


@dataclass(frozen=True, slots=True)
class ExpressionStatement:
    value: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Annotated:
    names: tuple[str, ...]
    statement: Statement
    span: Span


Statement: TypeAlias = (
    Header
    | Include
    | QubitDeclaration
    | Declaration
    | Alias
    | GateDefinition
    | Subroutine
    | Extern
    | Apply
    | Assignment
    | Passive
    | ResetStatement
    | Block
    | Box
    | Branch
    | For
    | While
    | Switch
    | Jump
    | ExpressionStatement
    | Annotated
)


@dataclass(frozen=True, slots=True)
class Program:
    """A source in OpenQASM 3; ``hardware`` lists the numbers of its physical qubits, in order."""

    statements: tuple[Statement, ...]
    hardware: tuple[str, ...]
    file: str
