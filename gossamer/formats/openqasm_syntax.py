"""The syntax tree of OpenQASM 2 and 3: frozen dataclasses, each with its place in the source.

Nothing here is resolved: a name is a name, an index a number, an expression unevaluated. ``gossamer.formats.openqasm`` makes these
trees; the OpenQASM frontend and the reader of node programs give them meaning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from gossamer.diagnostics import Span
from gossamer.formats.openqasm_tree import Header as Header
from gossamer.formats.openqasm_tree import Include as Include
from gossamer.formats.openqasm_tree import Literal as Literal
from gossamer.formats.openqasm_tree import Name as Name


@dataclass(frozen=True, slots=True)
class Operation:
    """``operator`` is one of ``+ - * / ^``, ``neg`` or the name of a function; ``depth`` is the height of the tree."""

    operator: str
    operands: tuple[Expression, ...]
    span: Span
    depth: int


Expression: TypeAlias = Literal | Name | Operation


@dataclass(frozen=True, slots=True)
class Operand:
    """A register (``index`` None), a bit or qubit of one, or a formal qubit of a gate."""

    name: str
    index: int | None
    span: Span
    index_span: Span | None = None


@dataclass(frozen=True, slots=True)
class QubitDeclaration:
    """``size`` None is a single qubit (OpenQASM 3 ``qubit q;``), which takes no index."""

    name: str
    size: int | None
    span: Span
    size_span: Span | None = None


@dataclass(frozen=True, slots=True)
class BitDeclaration:
    """``value`` is an initial bit string, highest index first."""

    name: str
    size: int | None
    span: Span
    size_span: Span | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class GateDefinition:
    """``body`` None: opaque. ``formal_spans`` are the places of its parameters, then of its qubits."""

    name: str
    parameters: tuple[str, ...]
    qubits: tuple[str, ...]
    body: tuple[Apply | Barrier, ...] | None
    span: Span
    formal_spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Apply:
    gate: str
    arguments: tuple[Expression, ...]
    operands: tuple[Operand, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Barrier:
    operands: tuple[Operand, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Measurement:
    source: Operand
    target: Operand | None
    span: Span


@dataclass(frozen=True, slots=True)
class ResetStatement:
    operand: Operand
    span: Span


@dataclass(frozen=True, slots=True)
class Compare:
    """The register or bit ``operand`` has the value ``value`` (a register: index 0 is the lowest bit)."""

    operand: Operand
    value: int
    span: Span


@dataclass(frozen=True, slots=True)
class Truth:
    """The bit ``operand`` is 1."""

    operand: Operand
    span: Span


@dataclass(frozen=True, slots=True)
class Not:
    condition: Condition
    span: Span
    depth: int


@dataclass(frozen=True, slots=True)
class Both:
    """``first and second``, or ``first or second`` if ``either``."""

    first: Condition
    second: Condition
    either: bool
    span: Span
    depth: int


Condition: TypeAlias = Compare | Truth | Not | Both


@dataclass(frozen=True, slots=True)
class Branch:
    condition: Condition
    then: tuple[Statement, ...]
    otherwise: tuple[Statement, ...]
    span: Span
    depth: int


@dataclass(frozen=True, slots=True)
class Annotation:
    """``@name text``; ``name`` holds the dots."""

    name: str
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Annotated:
    annotations: tuple[Annotation, ...]
    statement: Statement
    span: Span


Statement: TypeAlias = (
    Header
    | Include
    | QubitDeclaration
    | BitDeclaration
    | GateDefinition
    | Apply
    | Barrier
    | Measurement
    | ResetStatement
    | Branch
    | Annotated
)


@dataclass(frozen=True, slots=True)
class SyntaxTree:
    """A source; ``version`` is 2 or 3."""

    version: int
    statements: tuple[Statement, ...]
    file: str
