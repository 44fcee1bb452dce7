"""`draw_diagram`, `draw_placed`: what is on a picture of a diagram or of a placed graph, as a :class:`~gossamer.report.picture.Picture`.

Here is what is shown and how it is called: phases in multiples of pi as fractions, outcome bits and the registers that report them.
Where it stands is the matter of ``layout``, how it looks that of ``picture``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from gossamer.diagnostics import InputError
from gossamer.ir.diagram import Bit, BitKind, Diagram, Register, VertexKind
from gossamer.ir.open_graph import Label
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.placed import EventKind, Placed
from gossamer.report.layout import Grid, Place, place_diagram
from gossamer.report.picture import Band, Dot, Line, Picture, Shape, Stroke

#: What has more cannot be read on one picture [DRAW-1].
MAX_VERTICES, MAX_EDGES = 2000, 8000
#: Fractions with larger denominators are written as decimals; of a phase or an expression so many terms are written.
_FINE, _TERMS = 1000, 12
_SHAPES = {
    VertexKind.Z: Shape.Z,
    VertexKind.X: Shape.X,
    VertexKind.H: Shape.H,
    VertexKind.INPUT: Shape.INPUT,
    VertexKind.OUTPUT: Shape.OUTPUT,
}


def draw_diagram(diagram: Diagram, title: str = "diagram") -> Picture:
    """A picture of a diagram: one dot for each vertex, one line for each edge.

    Raises
    ------
    InputError
        ``DRAW-1`` if it is too large.

    Examples
    --------
    >>> from gossamer.ir.wires import WireBuilder
    >>> w = WireBuilder(); q = w.add_input("q"); w.rz(q, Phase(Fraction(1, 4))); _ = w.output(q, "q")
    >>> [dot.text for dot in draw_diagram(w.build()).dots]
    ['q', 'π/4', 'q']
    """
    _check_size(diagram.num_vertices, diagram.num_edges)
    places = place_diagram(diagram)
    bound = {b.vertex: i for i, b in enumerate(diagram.bits) if b.kind == BitKind.OUTCOME}
    shown = _where_shown(diagram.registers)
    names = dict(zip(diagram.inputs.tolist(), diagram.input_names, strict=True))
    names |= dict(zip(diagram.outputs.tolist(), diagram.output_names, strict=True))
    dots = []
    for v, place in enumerate(places):
        kind, phase, tag = VertexKind(int(diagram.kind[v])), diagram.phase_of(v), ""
        if v in bound:
            phase = phase + Phase.of_bit(bound[v])  # the outcome itself is the tag
            tag = _tag(bound[v], shown)
        text = names[v] if v in names else phase_text(phase)
        if kind == VertexKind.H and text == "π":
            text = ""  # the ordinary H-box
        title_v = f"v{v}: {kind.name} {text or ('π' if kind == VertexKind.H else '0')}"
        dots.append(Dot(*place, _SHAPES[kind], text, tag, f"{title_v}, outcome {tag}" if tag else title_v))
    lines = []
    times: dict[tuple[int, int], int] = {}
    for (a, b), h in zip(diagram.edges.tolist(), diagram.hadamard.tolist(), strict=True):
        before = times.get((min(a, b), max(a, b)), 0)
        times[min(a, b), max(a, b)] = before + 1
        bend = 0.2 * before if before else _detour(places, a, b)
        lines.append(Line(a, b, Stroke.HADAMARD if h else Stroke.PLAIN, bend=bend))
    return Picture(dots, lines, title=title, notes=_notes(diagram.bits, diagram.registers))


def _check_size(vertices: int, edges: int) -> None:
    if vertices > MAX_VERTICES or edges > MAX_EDGES:
        raise InputError(
            "DRAW-1",
            f"{vertices} vertices and {edges} edges are too many for a picture (at most {MAX_VERTICES} and {MAX_EDGES})",
            help="'gossamer inspect' gives the figures; rewriting may make it smaller",
        )


def _detour(places: list[Place], a: int, b: int) -> float:
    """A line along a row or a column that would run through other dots bends around them."""
    (x, y), (u, v) = places[a], places[b]
    if (x == u) == (y == v):
        return 0.0
    if y == v:
        blocked = any(q == y and min(x, u) < p < max(x, u) for p, q in places)
    else:
        blocked = any(p == x and min(y, v) < q < max(y, v) for p, q in places)
    return min(0.6, 0.07 + 0.07 * (abs(x - u) + abs(y - v))) if blocked else 0.0  # a longer one goes farther out


# ---- texts ----------------------------------------------------------------------------------------------------------


def phase_text(phase: Phase) -> str:
    """A phase as people write it; nothing for 0. A symbol stands for multiples of pi, so pi is written before it.

    Examples
    --------
    >>> phase_text(Phase(Fraction(3, 4)) + Phase.of_bit(2) + Phase.of_symbol("a", Fraction(-1, 2)))
    '3π/4−π·a/2+π·b2'
    >>> phase_text(Phase(1)), phase_text(Phase())
    ('π', '')
    """
    out = ""
    for bits, constant, symbols in phase.terms[:_TERMS]:
        factors = [f"b{b}" for b in bits]
        for number, rest in [(constant, factors), *((k, [name, *factors]) for name, k in symbols)]:
            if number:
                sign = "−" if number < 0 else "+" if out else ""
                out += sign + _term(abs(number), "".join(f"·{x}" for x in rest))
    return out + ("…" if len(phase.terms) > _TERMS else "")


def _term(number: Fraction, rest: str) -> str:
    if number.denominator > _FINE:
        return f"{float(number):.4g}π{rest}"
    top = "" if number.numerator == 1 else str(number.numerator)
    return f"{top}π{rest}" + ("" if number.denominator == 1 else f"/{number.denominator}")


def _where_shown(registers: tuple[Register, ...]) -> dict[int, str]:
    """The place in a register that reports a bit as it is, by bit."""
    out: dict[int, str] = {}
    for register in registers:
        for i, expr in enumerate(register.bits):
            if len(expr.bits) == 1 and expr == BitExpr.bit(min(expr.bits)):
                out.setdefault(min(expr.bits), f"{register.name}[{i}]")
    return out


def _tag(bit: int, shown: dict[int, str]) -> str:
    return f"b{bit} → {shown[bit]}" if bit in shown else f"b{bit}"


def _notes(bits: tuple[Bit, ...], registers: tuple[Register, ...], most: int = 12) -> tuple[str, ...]:
    """Bits that are no outcomes, and what registers report other than an outcome as it is."""
    lines = []
    for i, bit in enumerate(bits):
        if bit.expr is not None:
            lines.append(f"b{i} = {_expression(bit.expr)}")
        elif bit.kind == BitKind.INPUT:
            lines.append(f"b{i} = classical input {bit.name}")
    direct = {BitExpr.bit(i) for i, bit in enumerate(bits) if bit.kind == BitKind.OUTCOME}
    for register in registers:
        shown = [(i, expr) for i, expr in enumerate(register.bits) if not expr.is_zero and expr not in direct]
        lines += [f"{register.name}[{i}] = {_expression(expr)}" for i, expr in shown]
    return tuple(lines) if len(lines) <= most else (*lines[:most], f"and {len(lines) - most} more")


def _expression(expr: BitExpr) -> str:
    terms = ["&".join(f"b{b}" for b in m) or "1" for m in expr.sorted_monomials()]
    return " ^ ".join(terms[:_TERMS]) + (" ^ …" if len(terms) > _TERMS else "") if terms else "0"


# ---- placed graphs --------------------------------------------------------------------------------------------------


#: Rows of a placed graph stand so far apart that a hub and a tag fit between.
_ROW = 1.3


@dataclass
class _Rows:
    """Rows of one node, handed out from 0 and used again when what stood there has been measured."""

    count: int = 0
    free: list[int] = field(default_factory=list)

    def take(self) -> int:
        if self.free:
            return self.free.pop(0)
        self.count += 1
        return self.count - 1


def draw_placed(placed: Placed, title: str = "placed graph") -> Picture:
    """A picture of a placed graph: a band for each node, in it the vertices in the order of events, thick lines for the links.

    Raises
    ------
    InputError
        ``DRAW-1`` if it is too large.
    """
    graph, n = placed.graph, placed.graph.num_vertices
    _check_size(n + 2 * placed.num_links, len(placed.joins) + n)
    events = [(EventKind(kind), argument) for kind, argument in placed.events.tolist()]
    joins = [(int(a), int(b)) for a, b in placed.joins.tolist()]
    rows, bands = _rows_and_bands(placed, events)
    places = _places(placed, events, joins, rows)
    shown = _where_shown(graph.registers)
    inputs = dict(zip(graph.inputs.tolist(), graph.input_names, strict=True))
    outputs = dict(zip(graph.outputs.tolist(), graph.output_names, strict=True))
    dots = []
    for v in range(n):
        phase, bit = graph.phase_of(v), int(graph.outcome[v])
        tags = [f"in {inputs[v]}"] if v in inputs else []
        if bit >= 0:
            phase = phase + Phase.of_bit(bit)
            tags.append(_tag(bit, shown))
        if v in outputs:
            tags.append(f"out {outputs[v]}")
        text = phase_text(phase)
        title_v = (
            f"v{v}: {Label(int(graph.label[v])).name} {text or '0'} on {placed.network.nodes[placed.node_of(v)].name}"
        )
        dots.append(Dot(*places[v], Shape.Z, text, ", ".join(tags), title_v))
    for link in range(placed.num_links):
        for half in (0, 1):
            place = places[n + 2 * link + half]
            dots.append(Dot(*place, Shape.LINK, title=f"l{link}.{'ab'[half]}: half of an ebit, measured in X"))
    lines = [Line(v, w, Stroke.HADAMARD) for v, w in _steps(placed, events)]
    lines += [Line(a, b, Stroke.HADAMARD, bend=_detour(places, a, b)) for a, b in joins]
    for link in range(placed.num_links):
        a, b = n + 2 * link, n + 2 * link + 1
        lines.append(Line(a, b, Stroke.LINK, f"l{link}", bend=_detour(places, a, b)))
    count = f"{placed.num_links} link" + ("" if placed.num_links == 1 else "s")
    return Picture(dots, lines, bands, title, (count, *_notes(graph.bits, graph.registers)))


Events = list[tuple[EventKind, int]]


def _steps(placed: Placed, events: Events) -> Iterator[tuple[int, int]]:
    for kind, v in events:
        if kind == EventKind.STEP:
            yield v, int(placed.graph.successor[v])


def _begins(placed: Placed, kind: EventKind, argument: int) -> list[tuple[int, int]]:
    """The terminals that come into being, each with the one whose qubit it takes over, or -1."""
    n = placed.graph.num_vertices
    if kind == EventKind.PREPARE:
        return [(argument, -1)]
    if kind == EventKind.STEP:
        return [(int(placed.graph.successor[argument]), argument)]
    if kind == EventKind.EBIT:
        return [(n + 2 * argument, -1), (n + 2 * argument + 1, -1)]
    return []


def _rows_and_bands(placed: Placed, events: Events) -> tuple[dict[int, float], list[Band]]:
    """The row of each terminal that has a qubit, and the bands that hold the rows of a node."""
    rows = [_Rows() for _ in placed.network.nodes]
    row: dict[int, tuple[int, int]] = {}  # terminal -> node, and row there
    for kind, argument in events:
        for terminal, before in _begins(placed, kind, argument):
            node = placed.node_of(terminal)
            row[terminal] = row[before] if before >= 0 else (node, rows[node].take())
        if kind in (EventKind.MEASURE, EventKind.MEASURE_HALF):
            node, at = row[argument]
            rows[node].free.append(at)
    bands, y = [], 0.0
    for node_of, used in zip(placed.network.nodes, rows, strict=True):
        height = _ROW * (max(1, used.count) - 1) + 1.8
        bands.append(Band(y, y + height, f"{node_of.name} ({node_of.model})"))
        y += height + 0.2
    return {terminal: bands[node].top + 0.9 + _ROW * at for terminal, (node, at) in row.items()}, bands


def _places(placed: Placed, events: Events, joins: list[tuple[int, int]], rows: dict[int, float]) -> list[Place]:
    n = placed.graph.num_vertices
    joined: dict[int, list[int]] = {}
    for a, b in joins:
        joined.setdefault(a, []).append(b)
        joined.setdefault(b, []).append(a)
    grid = Grid()
    off: dict[int, Place] = {}
    after: dict[int, int] = {}  # terminal -> the column of its last join so far
    for kind, argument in events:
        begins = _begins(placed, kind, argument)
        for terminal, before in begins:
            column = after.get(before, -1)
            if kind == EventKind.EBIT:  # to the right of what it will be joined to
                column = max((grid.x[u] + 1 for u in joined.get(terminal, []) if u in grid.x), default=-1)
            grid.put(terminal, rows[terminal], after=column)
        if kind == EventKind.EBIT:
            grid.align(*(terminal for terminal, _ in begins))
        elif kind == EventKind.JOIN:
            a, b = joins[argument]
            if a in grid.x and b in grid.x:
                if max(a, b) < n:
                    grid.align(a, b)
                for u, w in ((a, b), (b, a)):
                    after[u] = max(after.get(u, 0), grid.x[w])
        elif kind == EventKind.ROTATE:
            legs = [u for u in joined.get(argument, []) if u in grid.x]
            column = max((grid.x[u] for u in legs), default=0) + 1
            at = min((rows[u] for u in legs), default=0.5) + (_ROW / 2 if len(legs) > 1 else -_ROW / 2)
            while not grid.is_free(column, at - 0.3, at + 0.3):
                column += 1
            grid.reserve(n + 2 * placed.num_links + argument, column, at - 0.3, at + 0.3)
            off[argument] = (column - 0.5, at)
            for u in legs:
                after[u] = max(after.get(u, 0), column)
    return [off[t] if t in off else (float(grid.x[t]), grid.row[t]) for t in range(n + 2 * placed.num_links)]
