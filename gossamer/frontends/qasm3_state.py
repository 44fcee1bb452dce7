"""What a running OpenQASM 3 program knows: its names, the condition that it stands under, and how much it may still do.

All parts of the reader share one :class:`State`. It guarantees that nesting and work are bounded (QASM-12) and that a name means one thing
in its scope (QASM-4, QASM-5).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gossamer.diagnostics import InputError, Span, nearest
from gossamer.formats import openqasm3_syntax as syn
from gossamer.frontends.qasm3_arithmetic import Arithmetic
from gossamer.frontends.qasm3_values import BUILT_IN as CONSTANTS
from gossamer.frontends.qasm3_values import ClassicalValue, Qubits, ValueType, wrong
from gossamer.frontends.qasm_circuit import Circuit
from gossamer.frontends.qasm_gates import BUILT_IN, StandardGate
from gossamer.frontends.qasm_scope import check_new, declared_first, used_before
from gossamer.ir.phase import BitExpr, Phase

#: Calls, blocks and operators that are open at one time, in units of about one frame of Python.
_MAX_NESTING = 560
#: Values that may be computed beside one for each character of the source; a statement counts as a few.
MAX_WORK = 10**6
WORK_OF_STATEMENT = 4


@dataclass(slots=True)
class Variable:
    type: ValueType
    value: ClassicalValue
    constant: bool = False
    spoilt: InputError | None = None  # something was stored outside of this array: reported where the array is read


@dataclass(slots=True)
class DefinedGate:
    """A gate that the source defines."""

    definition: syn.GateDefinition
    qubits: int
    parameters: int


@dataclass(slots=True)
class Recorder:
    """Collects what a gate's body does, instead of the circuit."""

    steps: list[tuple[str, tuple[int, ...], Phase]] = field(default_factory=list)
    phase: Phase = field(default_factory=Phase)


Entry = Variable | Qubits | DefinedGate | StandardGate | syn.Subroutine | syn.Extern


class Scope(dict[str, Entry]):
    """Names, and where the source declares them."""

    def __init__(self, entries: Mapping[str, Entry] | Sequence[tuple[str, Entry]] = ()) -> None:
        super().__init__(entries)
        self.places: dict[str, Span] = {}


class State:
    def __init__(self, file: str) -> None:
        self.file = file
        self.circuit = Circuit()
        self.calculate = Arithmetic(self.circuit)
        self.recorder: Recorder | None = None  # open in the body of a gate
        self.globals = Scope(BUILT_IN)
        self.scopes = [self.globals]
        self.declared: set[str] = set(BUILT_IN)  # gates that the language or an included library declares
        self.assumed: dict[str, Span] = {}  # gates of a library that no text declares, where they are used first
        self.condition = BitExpr.const(1)
        self.entered: list[BitExpr] = []  # the condition at each open loop or call
        self.calls: list[str] = []
        self.nesting = 0
        self.work_left = MAX_WORK

    # Names

    def find(self, name: str) -> Entry | None:
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        return self.globals.get(name)

    def lookup(self, name: str, span: Span) -> Entry:
        entry = self.find(name)
        if entry is None:
            near = nearest(name, (n for scope in (*reversed(self.scopes), self.globals) for n in scope))
            help = f"did you mean '{near}'?" if near else "declare it before its first use"
            raise InputError(
                "QASM-4",
                f"nothing is called '{name[:80]}'",
                span=span,
                help="write gphase(angle);" if name == "gphase" else help,
            )
        return entry

    def declare(self, name: str, entry: Entry, span: Span) -> None:
        check_name(name, span)
        known = self.scopes[-1].get(name)
        free = isinstance(known, StandardGate) and (name not in self.declared or not isinstance(entry, DefinedGate))
        if known is not None and not free:
            same = (
                isinstance(known, Variable)
                and isinstance(entry, Variable)
                and known.constant
                and entry.constant
                and known.type == entry.type
                and known.value == entry.value
            )
            if not same:
                first = self.scopes[-1].places.get(name)
                raise InputError(
                    "QASM-5",
                    f"'{name[:80]}' is declared twice",
                    span=span,
                    help=declared_first(first, span)
                    if first is not None
                    else "the language or an included library declares it; rename this one",
                )
        if name in self.assumed and isinstance(entry, DefinedGate | syn.Subroutine | syn.Extern):
            raise used_before(name, self.assumed[name])
        self.scopes[-1][name] = entry
        self.scopes[-1].places[name] = span

    @property
    def at_top(self) -> bool:
        return len(self.scopes) == 1

    # What may stand here

    def only_at_top(self, what: str, span: Span) -> None:
        if not self.at_top:
            raise wrong(f"{what} cannot be declared in a block", span, "declare it before, at the top of the program")

    def no_gate_body(self, what: str, span: Span) -> None:
        if self.recorder is not None:
            raise InputError(
                "QASM-13",
                f"{what} cannot stand in a gate definition",
                span=span,
                help="a gate is unitary; use a subroutine ('def')",
            )

    # Bounds

    def deeper(self, by: int, span: Span | None) -> None:
        self.nesting += by
        if self.nesting > _MAX_NESTING:
            raise InputError(
                "QASM-12",
                "calls, blocks and operators are nested too deep",
                span=span,
                help="split the expression or the blocks",
            )

    def work(self, amount: int, span: Span | None) -> None:
        """Refuse a source that takes long to carry out, whatever gates it makes."""
        self.work_left -= amount
        if self.work_left < 0:
            raise InputError(
                "QASM-12",
                f"the source asks for more than {MAX_WORK} steps of computation",
                span=span,
                help="loops, calls and copies of arrays count with their expansion",
            )


def check_name(name: str, span: Span) -> None:
    if name not in CONSTANTS:  # pi and its like are names that may be hidden
        check_new(name, span, version=3)


def kind_of(entry: Entry) -> str:
    """What a name stands for, for diagnostics."""
    match entry:
        case Variable():
            return f"a variable of type {entry.type}" if not entry.constant else f"a constant of type {entry.type}"
        case Qubits():
            return "a qubit" if entry.single else "a register of qubits"
        case syn.Subroutine():
            return "a subroutine"
        case syn.Extern():
            return "an extern function"
    return "a gate"
