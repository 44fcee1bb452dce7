"""`ZxGraph`: a ZX-diagram as the files of other tools hold it, before it has a meaning here.

Plain data between the readers of pyzx's JSON, of Quantomatic's JSON, of TikZ and of pyzx's objects on one side and the frontend on the other;
the printers go the same way back. Phases are polynomials in named variables, in multiples of pi. The module guarantees nothing:
what does not fit together is refused by the frontend (``spec/zx.md``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum
from fractions import Fraction
from typing import Any, TypeAlias

#: Products of variable names (sorted, with repetitions) and their coefficients; the empty product is the constant.
Polynomial: TypeAlias = dict[tuple[str, ...], Fraction]

#: The parts of an annotation that a printer leaves in the free fields of a format.
Note: TypeAlias = dict[str, Any]


class ZxKind(Enum):
    """What a vertex is; ``WIRE`` is a point where two edges meet, ``TEXT`` a caption."""

    BOUNDARY = "boundary"
    Z = "Z-spider"
    X = "X-spider"
    H = "H-box"
    W_INPUT = "W node's input"
    W_OUTPUT = "W node's output"
    Z_BOX = "Z-box"
    WIRE = "point of a wire"
    TEXT = "caption"


class ZxEdge(IntEnum):
    """What an edge is, with the numbers of pyzx; ``W`` joins the two halves of a W node."""

    PLAIN = 1
    HADAMARD = 2
    W = 3


@dataclass(slots=True, eq=False)
class ZxVertex:
    """One vertex.

    Attributes
    ----------
    name : what the file calls it
    phase : of a spider or an H-box, in multiples of pi
    label : of a Z-box or an H-box, the number that stands at the index 1...1; of an H-box it replaces the phase
    row, qubit : the place in the picture: rows go to the right, qubits down
    outcome : the variable that this vertex measures, or ``""``
    reported : whether the outcome is one that a program asked for, not that of a reset
    title : of a boundary, the name of the wire, or ``""``
    line : in the file, 0 where it is not known
    """

    name: str
    kind: ZxKind
    phase: Polynomial = field(default_factory=dict)
    label: complex | None = None
    row: float = 0.0
    qubit: float = 0.0
    ground: bool = False
    classical: bool = False
    outcome: str = ""
    reported: bool = True
    title: str = ""
    line: int = 0


@dataclass(slots=True, eq=False)
class ZxScalar:
    """``sqrt(2)**power * exp(i pi phase) * floating * prod(1 + exp(i pi node)) * sum(c exp(i pi p))``, or 0."""

    power: int = 0
    phase: Polynomial = field(default_factory=dict)
    floating: complex = 1.0
    nodes: list[Polynomial] = field(default_factory=list)
    terms: list[tuple[Polynomial, Fraction]] = field(default_factory=list)
    zero: bool = False


@dataclass(slots=True, eq=False)
class ZxGraph:
    """A diagram; edges, inputs and outputs hold indices into ``vertices``.

    Attributes
    ----------
    inputs, outputs : None where the file does not say which boundaries are which
    booleans : variables that are declared, and whether they are Boolean; others are real numbers
    note : what a printer of ours has left, None without
    """

    vertices: list[ZxVertex] = field(default_factory=list)
    edges: list[tuple[int, int, ZxEdge]] = field(default_factory=list)
    inputs: list[int] | None = None
    outputs: list[int] | None = None
    booleans: dict[str, bool] = field(default_factory=dict)
    scalar: ZxScalar = field(default_factory=ZxScalar)
    note: Note | None = None
