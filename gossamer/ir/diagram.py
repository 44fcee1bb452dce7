"""`Diagram`: any ZX-diagram with outcome bits, the first of the four data levels.

Columnar and immutable: numpy columns for vertices and edges, one table of distinct phases, and a small classical part
(bits in SSA order, results under register names). Frontends make diagrams with :class:`gossamer.ir.wires.WireBuilder` or
directly with :class:`DiagramBuilder`; passes read the columns.

Conventions
-----------
* Angles are in multiples of pi. A Z-spider of phase ``a`` is ``|0..0><0..0| + exp(i pi a)|1..1><1..1|``.
* A bit of kind OUTCOME is bound to one vertex: that vertex is the effect of a measurement (theory: ``K_m``).
* Vertices are numbered so that sweeping them in order contracts the diagram causally: an outcome's vertex comes before
  every vertex whose phase uses the bit.
* An X-spider or Z-spider of degree 1 is a state or effect, of squared norm 2. What else multiplies the diagram is its
  ``scalar``, exact. Instruments are equal up to one positive factor that no bit enters, so frontends need not give one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from fractions import Fraction
from itertools import chain
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from gossamer.diagnostics import InternalError, Span
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.scalar import ONE, Scalar

Int = NDArray[np.int32]


class VertexKind(IntEnum):
    Z = 0
    X = 1
    H = 2
    INPUT = 3
    OUTPUT = 4


class BitKind(IntEnum):
    OUTCOME = 0
    INPUT = 1
    DERIVED = 2


@dataclass(frozen=True, slots=True)
class Bit:
    """A Boolean variable. ``vertex`` is set for an outcome, ``expr`` (over earlier bits) for a derived bit."""

    kind: BitKind
    vertex: int = -1
    expr: BitExpr | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Register:
    """A classical register that the program reports; ``bits[i]`` is the expression of index i."""

    name: str
    bits: tuple[BitExpr, ...]


#: Units of a delay: seconds, and cycles of the hardware.
UNITS = ("s", "dt")


@dataclass(frozen=True, slots=True)
class Delay:
    """A time that a wire waits, exact; ``unit`` is one of :data:`UNITS`. How long a cycle is the source does not say."""

    value: Fraction
    unit: str


@dataclass(frozen=True, eq=False)
class Diagram:
    """A ZX-diagram with bits.

    Attributes
    ----------
    kind : uint8[n], :class:`VertexKind`
    phase : int32[n], index into ``phases``
    edges : int32[m, 2]; ``hadamard`` : bool[m]
    inputs, outputs : int32[...], boundary vertices in order, named by ``input_names`` and ``output_names``
    bits, registers : the classical part
    scalar : the number that the whole diagram is multiplied by
    spans : side table from vertex to its place in the source; no part of equality
    delays : side table from a Z-spider that is an identity to the time that its wire waits there; no part of the meaning
    """

    kind: NDArray[np.uint8]
    phase: Int
    phases: tuple[Phase, ...]
    edges: Int
    hadamard: NDArray[np.bool_]
    inputs: Int
    outputs: Int
    bits: tuple[Bit, ...] = ()
    registers: tuple[Register, ...] = ()
    input_names: tuple[str, ...] = ()
    output_names: tuple[str, ...] = ()
    scalar: Scalar = ONE
    spans: dict[int, Span] = field(default_factory=dict, repr=False)
    delays: Mapping[int, Delay] = field(default_factory=dict)

    @property
    def num_vertices(self) -> int:
        return int(self.kind.shape[0])

    @property
    def num_edges(self) -> int:
        return int(self.edges.shape[0])

    def phase_of(self, vertex: int) -> Phase:
        return self.phases[int(self.phase[vertex])]

    @property
    def outcome_bits(self) -> list[int]:
        return [i for i, b in enumerate(self.bits) if b.kind == BitKind.OUTCOME]

    @property
    def is_clifford(self) -> bool:
        used = np.unique(self.phase)
        return all(self.phases[i].is_clifford for i in used) and not bool((self.kind == VertexKind.H).any())

    def __eq__(self, other: object) -> bool:
        """Equality of the data (same numbering), spans left out; equality of meaning is in ``ir.semantics``."""
        if not isinstance(other, Diagram):
            return NotImplemented
        return (
            np.array_equal(self.kind, other.kind)
            and [self.phase_of(v) for v in range(self.num_vertices)]
            == [other.phase_of(v) for v in range(other.num_vertices)]
            and np.array_equal(self.edges, other.edges)
            and np.array_equal(self.hadamard, other.hadamard)
            and np.array_equal(self.inputs, other.inputs)
            and np.array_equal(self.outputs, other.outputs)
            and self.bits == other.bits
            and self.registers == other.registers
            and self.input_names == other.input_names
            and self.output_names == other.output_names
            and self.scalar == other.scalar
            and self.delays == other.delays
        )

    __hash__ = None  # type: ignore[assignment]

    def verify(self) -> None:
        """Raise :class:`~gossamer.diagnostics.InputError` with the clause that is violated, if any is."""
        from gossamer.ir.verify import verify_diagram

        verify_diagram(self)


class SpanTable(dict[int, Span]):
    """Places by vertex; for ranges of vertices they may be made only when they are asked for."""

    def __init__(self, known: Mapping[int, Span] = MappingProxyType({}), later: Sequence[LaterSpans] = ()) -> None:
        super().__init__(known)
        self.later = list(later)

    def get(self, vertex: int, default: Span | None = None) -> Span | None:  # type: ignore[override]
        found = super().get(vertex)
        if found is None:
            for start, end, make in self.later:
                if start <= vertex < end:
                    return make(vertex)
        return default if found is None else found

    def __missing__(self, vertex: int) -> Span:
        found = self.get(vertex)
        if found is None:
            raise KeyError(vertex)
        return found

    def __contains__(self, vertex: object) -> bool:
        return isinstance(vertex, int) and self.get(vertex) is not None


#: First vertex, end, and what makes the place of one between.
LaterSpans: TypeAlias = tuple[int, int, Callable[[int], Span | None]]


class DiagramBuilder:
    """Collects vertices, edges and bits, then freezes them; the only mutable form of a diagram that leaves a module.

    Examples
    --------
    >>> b = DiagramBuilder()
    >>> i, z, o = b.input("q"), b.vertex(VertexKind.Z, Phase(1)), b.output("q")
    >>> b.edge(i, z); b.edge(z, o, hadamard=True)
    >>> b.build().num_edges
    2
    """

    def __init__(self) -> None:
        self.kinds: list[int] = []
        self.phase_ids: list[int] = []
        self.edge_list: list[tuple[int, int]] = []
        self.hadamards: list[bool] = []
        self.bits: list[Bit] = []
        self.registers: list[Register] = []
        self.scalar = ONE
        self.spans = SpanTable()
        self.delays: dict[int, Delay] = {}
        self._inputs: dict[int, str] = {}
        self._outputs: list[tuple[int, str]] = []
        self._table: dict[Phase, int] = {Phase(): 0}

    def vertex(self, kind: VertexKind, phase: Phase | None = None, span: Span | None = None) -> int:
        self.kinds.append(int(kind))
        self.phase_ids.append(0 if phase is None else self._table.setdefault(phase, len(self._table)))
        if span is not None:
            self.spans[len(self.kinds) - 1] = span
        return len(self.kinds) - 1

    def input(self, name: str) -> int:
        v = self.vertex(VertexKind.INPUT)
        self._inputs[v] = name
        return v

    def zero_input(self, vertex: int) -> None:
        """Make an input that has no edge yet a state |0>."""
        del self._inputs[vertex]
        self.kinds[vertex] = int(VertexKind.X)

    def output(self, name: str) -> int:
        v = self.vertex(VertexKind.OUTPUT)
        self._outputs.append((v, name))
        return v

    def edge(self, a: int, b: int, *, hadamard: bool = False) -> None:
        self.edge_list.append((a, b))
        self.hadamards.append(hadamard)

    def phase_number(self, phase: Phase) -> int:
        """The number of a phase in the table, for :meth:`extend`."""
        return self._table.setdefault(phase, len(self._table))

    def extend(self, kinds: list[int], phases: list[int], edges: Int, hadamards: list[bool]) -> None:
        """Many vertices and edges at once; ``phases`` are numbers of :meth:`phase_number`."""
        self.kinds += kinds
        self.phase_ids += phases
        self.edge_list += zip(edges[:, 0].tolist(), edges[:, 1].tolist(), strict=True)
        self.hadamards += hadamards

    def outcome(self, vertex: int = -1, name: str = "") -> int:
        """A new outcome bit; bind it to its vertex now or with :meth:`bind_outcome`."""
        self.bits.append(Bit(BitKind.OUTCOME, vertex, None, name))
        return len(self.bits) - 1

    def bind_outcome(self, bit: int, vertex: int) -> None:
        self.bits[bit] = Bit(BitKind.OUTCOME, vertex, None, self.bits[bit].name)

    def input_bit(self, name: str) -> int:
        self.bits.append(Bit(BitKind.INPUT, -1, None, name))
        return len(self.bits) - 1

    def derived(self, expr: BitExpr, name: str = "") -> int:
        if any(b >= len(self.bits) for b in expr.bits):
            raise InternalError("IR-5", "a derived bit may use earlier bits only")
        self.bits.append(Bit(BitKind.DERIVED, -1, expr, name))
        return len(self.bits) - 1

    def register(self, name: str, bits: Sequence[BitExpr]) -> None:
        self.registers.append(Register(name, tuple(bits)))

    def build(self) -> Diagram:
        return Diagram(
            kind=np.array(self.kinds, np.uint8),
            phase=np.array(self.phase_ids, np.int32),
            phases=tuple(self._table),
            edges=_pairs(self.edge_list),
            hadamard=np.array(self.hadamards, np.bool_),
            inputs=np.array(list(self._inputs), np.int32),
            outputs=np.array([v for v, _ in self._outputs], np.int32),
            bits=tuple(self.bits),
            registers=tuple(self.registers),
            input_names=tuple(self._inputs.values()),
            output_names=tuple(n for _, n in self._outputs),
            scalar=self.scalar,
            spans=SpanTable(self.spans, self.spans.later),
            delays=dict(self.delays),
        )


def _pairs(edges: Sequence[tuple[int, int]]) -> Int:
    return np.fromiter(chain.from_iterable(edges), np.int32, 2 * len(edges)).reshape(-1, 2)
