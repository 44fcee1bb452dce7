"""`NodeProgram` and `Distribution`: what the nodes run, the last of the four data levels, and the manifest.

A node program is a straight list of instructions; the only control flow is a conditional block of gates. A link half
enters by :class:`Ebit`, messages are one bit each. The printed form of a circuit node's program is OpenQASM 3 (see
``gossamer.formats.circuit_program``); the manifest holds what a controller needs and never a gate or an angle.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from gossamer.ir.gates import GATES as GATES
from gossamer.ir.network import MAX_QUBITS, Network
from gossamer.ir.phase import Phase


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


Instruction: TypeAlias = Gate | Measure | Reset | Conditional | Ebit | Send | Recv


@dataclass(frozen=True, slots=True)
class NodeProgram:
    """One node's program.

    Qubits are numbered ``0 .. data-1`` (data) and ``data .. data+comm-1`` (communication). Bits ``0 .. bits-1`` are written at
    most once each. Qubits start in |0>; those that the manifest names as input places start in the input state.
    ``results`` are pairs (bit, "reg[index]") for the reported bits that live on this node, sorted.
    """

    node: str
    model: str
    data: int
    comm: int
    bits: int
    instructions: tuple[Instruction, ...]
    results: tuple[tuple[int, str], ...] = ()


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ManifestNode(_Strict):
    name: str
    model: str
    program: str  # file name inside the folder, no path
    data: int = Field(ge=0, le=MAX_QUBITS)
    comm: int = Field(ge=0, le=MAX_QUBITS)


class ManifestLink(_Strict):
    id: str
    nodes: tuple[str, str]  # the first-named end applies H
    kind: Literal["real"] = "real"


class ManifestMessage(_Strict):
    id: str
    sender: str
    receiver: str


class ManifestPlace(_Strict):
    """Where a quantum input or output of the source sits: data qubit ``qubit`` of node ``node``."""

    name: str
    node: str
    qubit: int


class ManifestBit(_Strict):
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

    def verify_structure(self) -> None:
        """Check messages, links, capacities and qubit use of the programs (clauses PR-*)."""
        from gossamer.ir.verify import verify_distribution

        verify_distribution(self)
