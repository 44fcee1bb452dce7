"""Frontend for measurement patterns and open graphs: our JSON, graphix's as JSON, and graphix's objects.

A pattern is an instrument, whether it has a flow or not: each outcome is measured as it stands, and is reported, used or forgotten. An open
graph says what is measured, and leaves the corrections to whoever runs it: it means the map of the outcomes 0, up to a factor, which the
passes realise for every outcome if it has a flow. Clauses PT-* of ``spec/pattern.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from gossamer.diagnostics import InputError, UsageError
from gossamer.formats import ptn
from gossamer.formats.graphix_json import (
    OPEN_GRAPH,
    PATTERN,
    MeasuredGraph,
    graphix_open_graph,
    graphix_pattern,
    names,
)
from gossamer.formats.graphix_objects import print_graphix
from gossamer.formats.json_places import Json, JsonText
from gossamer.formats.pattern_json import pattern_of
from gossamer.ir.compose import bind_angles
from gossamer.ir.diagram import Bit, BitKind, Diagram, DiagramBuilder, VertexKind
from gossamer.ir.pattern import Basis, Clifford, CorrectX, Measure, Pattern, Prepare, effect, to_diagram
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.simple import resolve_edges

Values = Mapping[str, "int | float | Fraction | str"]


def read(text: str, file: str = "<text>", bind: Values | None = None) -> Diagram:
    """Read a pattern or an open graph.

    Parameters
    ----------
    text, file
        The source and its name.
    bind
        Values of symbols, in radians: numbers, or text such as ``"pi/4"``. (In the files angles are multiples of pi.) Values of classical
        inputs: 0 or 1.

    Raises
    ------
    InputError
        PT-1 to PT-14 and IR-*, with the place; AL-5 for a value of a symbol that the source does not have.
    UsageError
        TL-7 for what is no value.

    Examples
    --------
    >>> text = '''{"format": "opengraph-json/1", "nodes": [0, 1], "edges": [[0, 1]], "input_nodes": [0], "output_nodes": [1],
    ... "measurements": {"0": {"type": "plane", "plane": "XY"}}}'''
    >>> [str(read(text, bind={"angle_0": "pi/4"}).phase_of(v)) for v in (1, 2)]
    ['7/4', '0']
    """
    try:
        return value_of(JsonText(text.removeprefix("\ufeff"), file, "PT-12", "PT-13").parse(), bind or {})
    except InputError as error:
        error.with_source(text)
        raise


def read_ptn(text: str, file: str = "<text>") -> Diagram:
    """Read a pattern file of graphqomb.

    Raises
    ------
    InputError
        PT-15, PT-1 to PT-10; with the place.

    Examples
    --------
    >>> read_ptn(".version 2\\n.output 4:0\\nN 4").output_names
    ('q0',)
    """
    return resolve_edges(to_diagram(measured_reports(ptn.read_ptn(text, file))))


def read_object(source: Any) -> Diagram | None:
    """The diagram of a ``Pattern`` or an ``OpenGraph`` of graphix; None for any other object. Nothing of graphix is imported.

    Parameters without a value are symbols, in multiples of pi.

    Raises
    ------
    InputError
        TL-2, PT-1 to PT-14.

    Examples
    --------
    >>> read_object(3) is None
    True
    """
    text = print_graphix(source)
    return None if text is None else read(text, f"<graphix {type(source).__name__}>")


def value_of(top: Json, bind: Values) -> Diagram:
    """The diagram of what the JSON holds: a pattern in one of two formats, or an open graph."""
    m = top.members("the pattern")
    values = dict(bind)
    if "gossamer" not in m and "format" not in m:
        top.fail(
            'a pattern begins with "gossamer": "pattern" or with a "format"',
            help=f"known formats: {PATTERN}, {OPEN_GRAPH}",
        )
    if "gossamer" not in m and m["format"].one_of("the format", (PATTERN, OPEN_GRAPH)) == OPEN_GRAPH:
        diagram = graph_diagram(graphix_open_graph(top))
    else:
        pattern = pattern_of(top) if "gossamer" in m else graphix_pattern(top)
        pattern.verify()
        known = {bit.name for bit in pattern.bits if bit.kind == BitKind.INPUT}
        bits = {name: in_bits(name, values.pop(name)) for name in list(values) if name in known}
        diagram = resolve_edges(to_diagram(measured_reports(with_inputs(pattern, bits))))
    return bind_angles(diagram, values) if values else diagram


def with_inputs(pattern: Pattern, values: Mapping[str, bool]) -> Pattern:
    """The pattern with values for some of its classical inputs.

    Examples
    --------
    >>> flip = Pattern((0,), (0,), (CorrectX(0, BitExpr.bit(0)),), (Bit(BitKind.INPUT, name="a"),), (), ("q",), ("q",))
    >>> str(with_inputs(flip, {"a": True}).bits[0].expr)
    '1'
    """

    def given(bit: Bit) -> Bit:
        if bit.kind != BitKind.INPUT or bit.name not in values:
            return bit
        return Bit(BitKind.DERIVED, expr=BitExpr.const(values[bit.name]), name=bit.name)

    return replace(pattern, bits=tuple(map(given, pattern.bits)))


def measured_reports(pattern: Pattern) -> Pattern:
    """The same instrument, with each reported expression that is no single outcome written onto a fresh node and measured.

    Node programs report measured bits only, so that a node computes nothing that a host could.

    Examples
    --------
    >>> from gossamer.ir.diagram import Register
    >>> from gossamer.ir.pattern import outcomes
    >>> both = Register("c", (BitExpr.bit(0) ^ BitExpr.bit(1), BitExpr.bit(1)))
    >>> twice = Pattern((0, 1), (), (Measure(0), Measure(1)), outcomes([0, 1]), (both,), ("a", "b"), ())
    >>> print(measured_reports(twice))
    input 0 "a"
    input 1 "b"
    M 0 XY 0 -> b0
    M 1 XY 0 -> b1
    N 2
    C 2 h
    X 2 b0 ^ b1
    M 2 Z 0 -> b2
    register "c": b2, b1
    """
    bits, commands, made = list(pattern.bits), list(pattern.commands), {}
    nodes = [c.node for c in commands if isinstance(c, Prepare)]
    fresh = max([*pattern.inputs, *nodes], default=-1) + 1

    def reported(expr: BitExpr) -> BitExpr:
        nonlocal fresh
        single = len(expr.monomials) == 1 and len(expr.bits) == 1
        if expr.is_zero or (single and bits[min(expr.bits)].kind == BitKind.OUTCOME):
            return expr
        if expr not in made:
            commands.extend((Prepare(fresh), Clifford(fresh, ("h",)), CorrectX(fresh, expr), Measure(fresh, Basis.Z)))
            made[expr] = BitExpr.bit(len(bits))
            bits.append(Bit(BitKind.OUTCOME, fresh))
            fresh += 1
        return made[expr]

    registers = tuple(replace(r, bits=tuple(map(reported, r.bits))) for r in pattern.registers)
    return replace(pattern, bits=tuple(bits), commands=tuple(commands), registers=registers)


def graph_diagram(graph: MeasuredGraph) -> Diagram:
    """The diagram of an open graph: a Z-spider for each node, an effect for each measurement.

    Examples
    --------
    >>> from gossamer.ir.pattern import Basis
    >>> d = graph_diagram(MeasuredGraph((0, 1), ((0, 1),), (0,), (1,), {0: (Basis.YZ, Phase(Fraction(1, 2)))}))
    >>> d.num_vertices, d.num_edges
    (5, 4)
    """
    b = DiagramBuilder()
    starts = [b.input(name) for name in names(graph.inputs)]
    made: dict[int, int] = {}
    for node in graph.nodes:
        span = graph.spans.get(node)
        if node in graph.measured:
            kind, phase, turned = effect(Measure(node, *graph.measured[node]), BitExpr(), BitExpr())
            own = phase if kind == VertexKind.Z else Phase(Fraction(1, 2)) if turned else Phase()
            made[node] = b.vertex(VertexKind.Z, own, span)
            if kind == VertexKind.X:
                b.edge(made[node], b.vertex(VertexKind.X, phase, span))
        else:
            made[node] = b.vertex(VertexKind.Z, span=span)
    for x, y in graph.edges:
        b.edge(made[x], made[y], hadamard=True)
    for start, node in zip(starts, graph.inputs, strict=True):
        b.edge(start, made[node])
    for node, name in zip(graph.outputs, names(graph.outputs), strict=True):
        at, hadamard = made[node], False
        for gate in graph.cliffords.get(node, ()):
            for kind, phase in _GATES[gate]:
                after = b.vertex(kind, phase)
                b.edge(at, after, hadamard=hadamard)
                at, hadamard = after, False
            hadamard ^= gate == "h"
        b.edge(at, b.output(name), hadamard=hadamard)
    diagram = b.build()
    diagram.verify()
    return diagram


_Z, _X = VertexKind.Z, VertexKind.X
#: Spiders of the letters of a Clifford; ``h`` is the Hadamard on the next edge.
_GATES: dict[str, tuple[tuple[VertexKind, Phase], ...]] = {
    "h": (), "s": ((_Z, Phase(Fraction(1, 2))),), "sdg": ((_Z, Phase(Fraction(3, 2))),),
    "x": ((_X, Phase(1)),), "y": ((_X, Phase(1)), (_Z, Phase(1))), "z": ((_Z, Phase(1)),),
}  # fmt: skip


def in_bits(name: str, value: int | float | Fraction | str) -> bool:
    """The value of a classical input.

    Raises
    ------
    UsageError
        TL-7 for what is neither 0 nor 1.

    Examples
    --------
    >>> in_bits("a", "1")
    True
    """
    if str(value) not in ("0", "1", "False", "True"):
        raise UsageError("TL-7", f"'{str(value)[:80]}' is not a value for the bit '{name[:80]}'", help="0 or 1")
    return str(value) in ("1", "True")
