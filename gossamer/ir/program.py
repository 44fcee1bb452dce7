"""`NodeProgram` and `Distribution`: what the nodes run, the last of the four data levels, and the manifest.

A node program is a straight list of instructions. Which words it may use is a matter of its node's model (:data:`WORDS`): a
circuit node runs gates, measurements, resets and conditional blocks of gates; an MBQC node the commands of a measurement
pattern, N E M X Z C, on its qubits, and computes bits. Every model shares the rest: a link half enters by :class:`Ebit`, messages
are one bit each. The printed form of a circuit node's program is OpenQASM 3 (``gossamer.formats.circuit_program``), that of an
MBQC node's JSON (``gossamer.formats.pattern_program``); the manifest holds what a controller needs and never a gate or an angle.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field
from pydantic.dataclasses import dataclass as checked_dataclass

from gossamer.ir import pattern
from gossamer.ir.gates import GATES as GATES
from gossamer.ir.network import MAX_QUBITS, Network
from gossamer.ir.pattern import Clifford, CorrectX, CorrectZ, Entangle, Prepare
from gossamer.ir.phase import BitExpr, Phase

if TYPE_CHECKING:
    from gossamer.ir.program_columns import Columns


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate on qubits of the node (see :data:`gossamer.ir.gates.GATES`); angles are constant, in multiples of pi.

    ``angle`` is the first, ``more`` holds the others of a gate that has several.
    """

    name: str
    qubits: tuple[int, ...]
    angle: Phase | None = None
    more: tuple[Phase, ...] = ()

    @property
    def angles(self) -> tuple[Phase, ...]:
        """All angles, in order."""
        return () if self.angle is None else (self.angle, *self.more)


@dataclass(frozen=True, slots=True)
class Measure:
    """Measure in Z into bit ``bit``; the qubit is free afterwards (its state is not used again before a reset)."""

    qubit: int
    bit: int


@dataclass(frozen=True, slots=True)
class Reset:
    """Put a qubit into |0>, whatever it was."""

    qubit: int


@dataclass(frozen=True, slots=True)
class Conditional:
    """Run ``body`` (gates only) if every ``(bit, value)`` holds; printed as nested ifs."""

    conditions: tuple[tuple[int, bool], ...]
    body: tuple[Gate, ...]


@dataclass(frozen=True, slots=True)
class Ebit:
    """Blocks until the peer asks for the same link; then ``qubit`` (a communication qubit) holds a half of |Phi+>.

    The end whose node is named first in the manifest's link applies H right after it (an explicit Gate): the Hadamard edge.
    """

    link: str
    peer: str
    qubit: int


@dataclass(frozen=True, slots=True)
class Send:
    """Send the parity of own ``bits`` to ``peer`` as one bit; never blocks."""

    message: str
    peer: str
    bits: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Recv:
    """Block until the message is there, then store it in ``bit``."""

    message: str
    peer: str
    bit: int


@dataclass(frozen=True, slots=True)
class Observe:
    """M of a pattern (:class:`gossamer.ir.pattern.Measure`), the outcome into ``bit``; the qubit is free afterwards.

    In a program the commands of a pattern act on qubits of the node, and domains and angles are over the program's bits.
    """

    command: pattern.Measure
    bit: int

    @property
    def qubit(self) -> int:
        return self.command.node


@dataclass(frozen=True, slots=True)
class Compute:
    """Write the value of an expression over own bits into ``bit``."""

    bit: int
    value: BitExpr


#: Commands of a pattern that change qubits and write no bit.
Command: TypeAlias = Prepare | Entangle | CorrectX | CorrectZ | Clifford
Instruction: TypeAlias = Gate | Measure | Reset | Conditional | Command | Observe | Compute | Ebit | Send | Recv

_GATE_WORDS: tuple[type, ...] = (Gate, Measure, Reset, Conditional)
_PATTERN_WORDS: tuple[type, ...] = (Prepare, Entangle, Observe, CorrectX, CorrectZ, Clifford, Compute)
_LINK_WORDS: tuple[type, ...] = (Ebit, Send, Recv)
#: What a program of a model may hold; other models are the matter of those who register them.
WORDS: dict[str, tuple[type, ...]] = {
    "circuit": _GATE_WORDS + _LINK_WORDS,
    "mbqc": _PATTERN_WORDS + _LINK_WORDS,
    "mixed": _GATE_WORDS + _PATTERN_WORDS + _LINK_WORDS,
}


#: The letters of the measurement calculus.
LETTERS: dict[type, str] = {Prepare: "N", Entangle: "E", Observe: "M", CorrectX: "X", CorrectZ: "Z", Clifford: "C"}


def gates_of(op: Instruction) -> tuple[Gate, ...]:
    """The gates that an instruction applies or may apply."""
    if isinstance(op, Gate):
        return (op,)
    return op.body if isinstance(op, Conditional) else ()


def qubits_of(op: Instruction) -> tuple[int, ...]:
    """The qubits that an instruction touches.

    Examples
    --------
    >>> qubits_of(Entangle(2, 0)), qubits_of(Send("m0", "bob", (1,)))
    ((2, 0), ())
    """
    if isinstance(op, Gate):
        return op.qubits
    match op:
        case Conditional(_, body):
            return body[0].qubits if len(body) == 1 else tuple(q for gate in body for q in gate.qubits)
        case Measure() | Reset() | Ebit() | Observe():
            return (op.qubit,)
        case Entangle(a, b):
            return (a, b)
        case Prepare() | CorrectX() | CorrectZ() | Clifford():
            return (op.node,)
        case _:
            return ()


def bits_read(op: Instruction) -> tuple[int, ...]:
    """The bits that an instruction reads.

    Examples
    --------
    >>> bits_read(CorrectX(0, BitExpr.xor([3, 1])))
    (1, 3)
    """
    match op:
        case Conditional():
            return tuple(b for b, _ in op.conditions)
        case Send():
            return op.bits
        case CorrectX() | CorrectZ():
            return tuple(sorted(op.domain.bits))
        case Compute():
            return tuple(sorted(op.value.bits))
        case Observe(command):
            return tuple(sorted(command.angle.bits | command.s_domain.bits | command.t_domain.bits))
        case _:
            return ()


#: Instructions that write a bit (a tuple: a union would be made anew in each turn of a loop over millions).
WRITING = (Measure, Observe, Compute, Recv)


def bits_written(op: Instruction) -> tuple[int, ...]:
    """The bits that an instruction writes."""
    return (op.bit,) if isinstance(op, WRITING) else ()


def renumber(op: Instruction, qubit: Callable[[int], int]) -> Instruction:
    """The instruction on other qubits.

    Examples
    --------
    >>> renumber(Entangle(0, 1), lambda q: q + 5)
    Entangle(a=5, b=6)
    """
    match op:
        case Gate(name, qubits, angle, more):
            return Gate(name, tuple(map(qubit, qubits)), angle, more)
        case Conditional(conditions, body):
            return Conditional(
                conditions, tuple(Gate(g.name, tuple(map(qubit, g.qubits)), g.angle, g.more) for g in body)
            )
        case Measure(at, bit):
            return Measure(qubit(at), bit)
        case Reset(at):
            return Reset(qubit(at))
        case Ebit(link, peer, at):
            return Ebit(link, peer, qubit(at))
        case Observe(command, bit):
            return Observe(replace(command, node=qubit(command.node)), bit)
        case Entangle(a, b):
            return Entangle(qubit(a), qubit(b))
        case Prepare() | CorrectX() | CorrectZ() | Clifford():
            return replace(op, node=qubit(op.node))
        case _:
            return op


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What of the manifest is about one program and cannot be read off its instructions.

    With the excerpts of all programs the manifest can be written anew (``gossamer.ir.excerpts``, PR-18). Entries of the manifest's lists
    stand with their index there.

    Attributes
    ----------
    index, of : the place of the node in the manifest, and the number of nodes
    source_digest : as in the manifest
    outcome_count : the number of outcome bits of the source
    registers : name and size of each register of the source, those without a bit on this node too
    inputs, outputs : (index, data qubit, name) of those on this node
    first : the links that name this node first
    outcomes, postselected : pairs (bit, index)
    """

    index: int
    of: int
    source_digest: str
    outcome_count: int = 0
    registers: tuple[tuple[str, int], ...] = ()
    inputs: tuple[tuple[int, int, str], ...] = ()
    outputs: tuple[tuple[int, int, str], ...] = ()
    first: frozenset[str] = frozenset()
    outcomes: tuple[tuple[int, int], ...] = ()
    postselected: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class NodeProgram:
    """One node's program.

    Qubits are numbered ``0 .. data-1`` (data) and ``data .. data+comm-1`` (communication). Bits ``0 .. bits-1`` are written at
    most once each. Qubits start in |0>; those that the manifest names as input places start in the input state.
    ``results`` are pairs (bit, "reg[index]") for the reported bits that live on this node, sorted. ``excerpt`` is what its file says of
    the manifest, where it does.
    """

    node: str
    model: str
    data: int
    comm: int
    bits: int
    instructions: tuple[Instruction, ...]
    results: tuple[tuple[int, str], ...] = ()
    excerpt: Excerpt | None = None


_STRICT = ConfigDict(extra="forbid")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ManifestNode(_Strict):
    name: str
    model: str
    program: str  # file name inside the folder, no path
    data: int = Field(ge=0, le=MAX_QUBITS)
    comm: int = Field(ge=0, le=MAX_QUBITS)


@checked_dataclass(frozen=True, slots=True, config=_STRICT)
class ManifestLink:
    """One ebit. (What a manifest has millions of is a dataclass with slots, an eighth of the size of a model.)"""

    id: str
    nodes: tuple[str, str]  # the first-named end applies H
    kind: Literal["real"] = "real"


@checked_dataclass(frozen=True, slots=True, config=_STRICT)
class ManifestMessage:
    id: str
    sender: str
    receiver: str


class ManifestPlace(_Strict):
    """Where a quantum input or output of the source sits: data qubit ``qubit`` of node ``node``."""

    name: str
    node: str
    qubit: int


@checked_dataclass(frozen=True, slots=True, config=_STRICT)
class ManifestBit:
    node: str
    bit: int


class ManifestRegister(_Strict):
    """``bits[i]`` is where the value of index i comes from; null is the constant 0 (never written in the source)."""

    name: str
    bits: list[ManifestBit | None]


class Manifest(_Strict):
    """``manifest.json``: everything ``run`` and ``verify`` need beside the programs. No gate, no angle.

    ``outcomes[i]`` is the node bit that holds the true value of the i-th outcome bit of the source diagram (null: that outcome
    was removed by the compiler because nothing depends on it). ``postselected`` are the node bits that have to be 0: a run in which
    one is not is thrown away.
    """

    format: Literal["gossamer-manifest/1"] = "gossamer-manifest/1"
    nodes: list[ManifestNode]
    links: list[ManifestLink]
    messages: list[ManifestMessage]
    inputs: list[ManifestPlace]
    outputs: list[ManifestPlace]
    registers: list[ManifestRegister]
    outcomes: list[ManifestBit | None]
    postselected: list[ManifestBit] = []
    source_digest: str


@dataclass(frozen=True, eq=False)
class Distribution:
    """One program per node, the manifest, and the report of the compile (plain JSON data)."""

    programs: tuple[NodeProgram, ...]
    manifest: Manifest
    network: Network
    report: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def columns(self) -> tuple[Columns | None, ...]:
        """The tables of each program, see `gossamer.ir.program_columns`; None where a number is too large for them."""
        from gossamer.ir.program_columns import columns_of

        def tables(program: NodeProgram) -> Columns | None:
            try:
                return columns_of(program)
            except OverflowError:
                return None

        return tuple(map(tables, self.programs))

    def verify_structure(self) -> None:
        """Check messages, links, capacities and qubit use of the programs (clauses PR-*)."""
        from gossamer.ir.verify import verify_distribution

        verify_distribution(self)
