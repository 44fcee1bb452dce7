"""`WireBuilder`: make a `Diagram` gate by gate.

Frontends that read circuits and backends that lift node programs speak in wires; this builder turns Z- and X-rotations,
H, CZ, phase gadgets, measurements, resets and discards on named wires into spiders and edges, in causal order. Every
conditional gate is a gate whose phases are multiplied by the condition (so a phase may hold bits).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from gossamer.diagnostics import Span
from gossamer.ir.diagram import Delay, Diagram, DiagramBuilder, VertexKind
from gossamer.ir.phase import BitExpr, Phase


class WireBuilder:
    """Wires are numbered in the order of :meth:`add_input` and :meth:`add_zero`.

    Examples
    --------
    A Bell pair measured in Z, reported as register ``c``:

    >>> w = WireBuilder()
    >>> a, b = w.add_zero(), w.add_zero()
    >>> w.h(a); w.cx(a, b)
    >>> bits = [w.measure(a), w.measure(b)]
    >>> w.builder.register("c", [BitExpr.bit(x) for x in bits])
    >>> d = w.build()
    >>> len(d.inputs), len(d.outputs), len(d.bits)
    (0, 0, 2)
    """

    def __init__(self) -> None:
        self.builder = DiagramBuilder()
        self.span: Span | None = None  # attached to the vertices made from now on
        self._end: list[int] = []  # last vertex of each wire; -1: the wire has no live end
        self._h: list[bool] = []  # a pending Hadamard at that end

    def add_input(self, name: str) -> int:
        """A wire that starts at a quantum input."""
        self._end.append(self.builder.input(name))
        self._h.append(False)
        return len(self._end) - 1

    def add_zero(self) -> int:
        """A wire that starts in |0>."""
        self._end.append(-1)
        self._h.append(False)
        wire = len(self._end) - 1
        self._start_zero(wire)
        return wire

    def add_dead(self) -> int:
        """A wire without a live end; :meth:`reset` or :meth:`attach` starts it."""
        self._end.append(-1)
        self._h.append(False)
        return len(self._end) - 1

    def zero_input(self, wire: int) -> None:
        """Make a quantum input that nothing has acted on yet start in |0> instead."""
        self.builder.zero_input(self._end[wire])

    def is_live(self, wire: int) -> bool:
        return self._end[wire] >= 0

    def attach(self, wire: int, vertex: int) -> None:
        """Start ``wire`` at an existing vertex (a half of an entangled pair, say)."""
        self._end[wire], self._h[wire] = vertex, False

    def take_end(self, wire: int) -> tuple[int, bool]:
        """End the wire and hand out its last vertex and whether a Hadamard is pending there."""
        end = self._end[wire], self._h[wire]
        self._end[wire], self._h[wire] = -1, False
        return end

    def _start_zero(self, wire: int, phase: Phase | None = None) -> None:
        self._end[wire] = self.builder.vertex(VertexKind.X, phase, self.span)
        self._h[wire] = False

    def spider(self, wire: int, kind: VertexKind, phase: Phase | None = None) -> int:
        """Put a spider on the wire and return it."""
        v = self.builder.vertex(kind, phase, self.span)
        self.builder.edge(self._end[wire], v, hadamard=self._h[wire])
        self._end[wire], self._h[wire] = v, False
        return v

    def h(self, wire: int) -> None:
        self._h[wire] = not self._h[wire]

    def rz(self, wire: int, phase: Phase) -> None:
        """diag(1, exp(i pi phase)), up to a global phase."""
        if not phase.is_zero:
            self.spider(wire, VertexKind.Z, phase)

    def rx(self, wire: int, phase: Phase) -> None:
        """H rz(phase) H, up to a global phase."""
        if not phase.is_zero:
            self.spider(wire, VertexKind.X, phase)

    def delay(self, wire: int, delay: Delay) -> None:
        """Let the wire wait: a Z-spider of phase 0, an identity, with an entry in ``delays``."""
        self.builder.delays[self.spider(wire, VertexKind.Z)] = delay

    def cz(self, a: int, b: int) -> None:
        u = self.spider(a, VertexKind.Z)
        self.builder.edge(u, self.spider(b, VertexKind.Z), hadamard=True)

    def cx(self, control: int, target: int) -> None:
        u = self.spider(control, VertexKind.Z)
        self.builder.edge(u, self.spider(target, VertexKind.X))

    def gadget(self, wires: Sequence[int], phase: Phase) -> None:
        """exp(i pi phase) on odd parity of the wires (Z basis), 1 on even parity: a phase gadget.

        ``rzz(t)`` is ``gadget([a, b], t)`` and ``cp(t)`` is ``rz(t/2)`` on both wires and ``gadget([a, b], -t/2)``.
        """
        if phase.is_zero:
            return
        if len(wires) == 1:
            self.rz(wires[0], phase)
            return
        legs = [self.spider(w, VertexKind.Z) for w in wires]
        hub = self.builder.vertex(VertexKind.Z, None, self.span)
        leaf = self.builder.vertex(VertexKind.Z, phase, self.span)
        for leg in legs:
            self.builder.edge(leg, hub, hadamard=True)
        self.builder.edge(hub, leaf, hadamard=True)

    def cp(self, a: int, b: int, angle: Fraction | Phase, condition: BitExpr | None = None) -> None:
        """diag(1, 1, 1, exp(i pi angle)); ``angle`` is a constant, because half of it must have a meaning."""
        half = Fraction(angle.constant if isinstance(angle, Phase) else angle) / 2
        plus = Phase(half) if condition is None else Phase(half).times(condition)
        minus = Phase(-half) if condition is None else Phase(-half).times(condition)
        if half.denominator == 2 and condition is None and half.numerator % 2:
            self.cz(a, b)
        else:
            self.rz(a, plus)
            self.rz(b, plus)
            self.gadget([a, b], minus)

    def measure(self, wire: int, name: str = "", *, keep: bool = False) -> int:
        """Measure in Z; return the outcome bit. With ``keep`` the wire goes on in the measured state."""
        bit = self.builder.outcome(name=name)
        phase = Phase.of_bit(bit)
        self.builder.bind_outcome(bit, self.spider(wire, VertexKind.X, phase))
        self._end[wire], self._h[wire] = -1, False
        if keep:
            self._start_zero(wire, phase)
        return bit

    def discard(self, wire: int) -> int:
        """Trace the wire out: a measurement whose outcome is forgotten."""
        return self.measure(wire)

    def reset(self, wire: int) -> None:
        if self.is_live(wire):
            self.discard(wire)
        self._start_zero(wire)

    def output(self, wire: int, name: str) -> int:
        end, hadamard = self.take_end(wire)
        o = self.builder.output(name)
        self.builder.edge(end, o, hadamard=hadamard)
        return o

    def register(self, name: str, bits: Iterable[BitExpr]) -> None:
        self.builder.register(name, list(bits))

    def ends(self, wires: Sequence[int]) -> tuple[list[int], list[bool]]:
        """Last vertices and pending Hadamards, for those who append many spiders at once."""
        return [self._end[w] for w in wires], [self._h[w] for w in wires]

    def set_ends(self, wires: Sequence[int], ends: Sequence[int], pending: Sequence[bool]) -> None:
        for w, end, hadamard in zip(wires, ends, pending, strict=True):
            self._end[w], self._h[w] = end, hadamard

    def build(self) -> Diagram:
        return self.builder.build()
