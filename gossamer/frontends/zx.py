"""Frontend for ZX-diagrams: pyzx's JSON, Quantomatic's ``.qgraph``, zxlive's ``.zxg`` and ``.zxp``, TikZ pictures.

Boolean variables become bits: outcomes where a vertex is marked as their measurement, else classical inputs; other variables become
symbols, a ground becomes a measurement whose outcome is forgotten, boxes become spiders (:mod:`gossamer.frontends.zx_spiders`). Parallel
edges and loops are resolved. The module guarantees that the map is that of the file, scalar included, and that what cannot be kept is
refused (``spec/zx.md``).
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from typing import Any, NoReturn, TypeAlias

import numpy as np

from gossamer.diagnostics import InputError, Span
from gossamer.formats.zx import ZxEdge, ZxGraph, ZxKind, ZxVertex
from gossamer.formats.zx_json import parse_json
from gossamer.formats.zx_pyzx import read_pyzx
from gossamer.formats.zx_tikz import parse_tikz
from gossamer.frontends.zx_scalar import multiply_scalar
from gossamer.frontends.zx_spiders import Node, Spiders
from gossamer.frontends.zx_variables import Variables
from gossamer.ir.diagram import Diagram, DiagramBuilder, VertexKind
from gossamer.ir.phase import Phase
from gossamer.ir.simple import resolve_edges

#: H-boxes with more legs, or after so many gadgets, stay H-boxes: 2^legs gadgets each.
MAX_LEGS, MAX_GADGETS = 6, 400_000

_SPIDERS = {ZxKind.Z: VertexKind.Z, ZxKind.X: VertexKind.X, ZxKind.Z_BOX: VertexKind.Z, ZxKind.H: VertexKind.H}
#: The nodes of each vertex; of each box, the legs: number and other end of an edge.
_Nodes: TypeAlias = dict[int, list[Node]]
_Boxes: TypeAlias = dict[int, list[tuple[int, int]]]
_PARTS_OF_W = (ZxKind.W_INPUT, ZxKind.W_OUTPUT)


def read_json(text: str, file: str = "<text>") -> Diagram:
    """Read a diagram from JSON of pyzx (versions 1 and 2), zxlive or Quantomatic.

    Raises
    ------
    InputError
        ZX-1 to ZX-9, with the place.

    Examples
    --------
    >>> text = '''{"version": 2, "inputs": [0], "outputs": [2], "edges": [[0, 1, 1], [1, 2, 2]], "vertices": [
    ...   {"id": 0, "t": 0, "pos": [0, 0]}, {"id": 1, "t": 1, "pos": [1, 0], "phase": "pi/4"}, {"id": 2, "t": 0, "pos": [2, 0]}]}'''
    >>> d = read_json(text)
    >>> str(d.phase_of(1)), d.hadamard.tolist()
    ('1/4', [False, True])
    """
    return to_diagram(parse_json(text, file), file)


def read_tikz(text: str, file: str = "<text>") -> Diagram:
    r"""Read a diagram from a TikZ picture, as TikZiT and pyzx write them.

    Raises
    ------
    InputError
        ZX-1 to ZX-9, with the place.

    Examples
    --------
    >>> layer = "\\begin{pgfonlayer}{%slayer}\n%s\\end{pgfonlayer}\n"
    >>> nodes = "\\node [style=none] (0) at (0, 0) {};\n\\node [style=none] (1) at (1, 0) {};\n"
    >>> edges = "\\draw [style=hadamard edge] (0) to (1);\n"
    >>> picture = "\\begin{tikzpicture}\n" + layer % ("node", nodes) + layer % ("edge", edges) + "\\end{tikzpicture}\n"
    >>> d = read_tikz(picture)
    >>> d.input_names, d.output_names, d.hadamard.tolist()
    (('q0',), ('q0',), [True])
    """
    try:
        return to_diagram(parse_tikz(text, file), file)
    except InputError as error:
        error.with_source(text)
        raise


def read_object(source: Any) -> Diagram | None:
    """The diagram of a ``Graph``, ``Multigraph`` or ``Circuit`` of pyzx; None for anything else of pyzx.

    Raises
    ------
    InputError
        ZX-3 to ZX-9.

    Examples
    --------
    >>> import pyzx
    >>> circuit = pyzx.Circuit(2)
    >>> _ = circuit.add_gate("CNOT", 0, 1)
    >>> read_object(circuit).num_edges, read_object(circuit.to_graph()).num_edges
    (5, 5)
    """
    graph = source.to_graph() if type(source).__name__ == "Circuit" else source
    if not (hasattr(graph, "edge_st") and hasattr(graph, "var_registry")):
        return None
    return to_diagram(read_pyzx(graph), "<pyzx graph>")


def to_diagram(graph: ZxGraph, file: str = "<graph>") -> Diagram:
    """The diagram of a graph that a reader of a format has made.

    Raises
    ------
    InputError
        ZX-3 to ZX-9; IR-* where an annotation does not fit the graph.

    Examples
    --------
    >>> from gossamer.formats.zx import ZxGraph, ZxVertex, ZxKind
    >>> to_diagram(ZxGraph([ZxVertex("0", ZxKind.Z, {(): Fraction(1, 2)})])).num_vertices
    1
    """
    diagram = _Converter(graph, file).diagram()
    diagram.verify()
    return resolve_edges(diagram)


class _Converter:
    def __init__(self, graph: ZxGraph, file: str) -> None:
        self.g = graph
        self.file = file
        self.made = Spiders()
        self.edges = [(a, b, kind == ZxEdge.HADAMARD) for a, b, kind in graph.edges]
        self.alive = [v.kind != ZxKind.TEXT for v in graph.vertices]

    def fail(
        self, message: str, vertex: ZxVertex | None = None, code: str = "ZX-5", help: str | None = None
    ) -> NoReturn:
        line = vertex.line if vertex is not None else 0
        raise InputError(code, message, span=Span(self.file, max(line, 1), 1), help=help)

    def diagram(self) -> Diagram:
        self.check_kinds()
        self.drop_classical_wires()
        inputs, outputs = self.ends()
        self.variables = Variables(self.g, self.file)
        self.contract()
        order = [i for i in range(len(self.g.vertices)) if self.alive[i]]
        if self.g.note is None:  # what we have printed ourselves is in causal order already
            order = self.causal(sorted(order, key=lambda i: (self.g.vertices[i].row, i)))
        nodes = self.spiders(order)
        return self.build(nodes, order, inputs, outputs)

    # ---- what fits together ----------------------------------------------------------------------------------------

    def check_kinds(self) -> None:
        """Parts of W nodes come in pairs, joined by their own kind of edge; captions have no edges."""
        partners: dict[int, int] = {}
        degree = [0] * len(self.g.vertices)
        for a, b, kind in self.g.edges:
            for v, w in ((a, b), (b, a)):
                degree[v] += 1
                vertex = self.g.vertices[v]
                if vertex.kind == ZxKind.TEXT:
                    self.fail(f"the caption {vertex.name[:40]} has an edge", vertex, "ZX-4")
                if kind == ZxEdge.W:
                    if {vertex.kind, self.g.vertices[w].kind} != set(_PARTS_OF_W):
                        self.fail("an edge of a W node that does not join its two halves", vertex, "ZX-7")
                    if partners.setdefault(v, w) != w or a == b:
                        self.fail(f"the W node {vertex.name[:40]} has two other halves", vertex, "ZX-7")
        seen = [(min(a, b), max(a, b)) for a, b, kind in self.g.edges if kind == ZxEdge.W]
        if len(seen) != len(set(seen)):
            self.fail("the halves of a W node are joined twice", None, "ZX-7")
        for v, vertex in enumerate(self.g.vertices):
            if vertex.kind in _PARTS_OF_W:
                if v not in partners or (vertex.kind == ZxKind.W_INPUT and degree[v] != 2):
                    self.fail(f"the W node {vertex.name[:40]} is not whole", vertex, "ZX-7")
                if vertex.phase or vertex.label is not None:
                    self.fail(f"the W node {vertex.name[:40]} cannot have a phase", vertex, "ZX-7")
            if vertex.kind == ZxKind.WIRE and degree[v] != 2:
                self.fail(f"{degree[v]} edges meet at {vertex.name[:40]}, a point of a wire", vertex)
            if vertex.kind == ZxKind.Z_BOX and vertex.phase:
                self.fail(f"the Z-box {vertex.name[:40]} has a phase besides its label", vertex, "ZX-7")
            if vertex.ground and vertex.kind not in (ZxKind.Z, ZxKind.X):
                self.fail(f"the {vertex.kind.value} {vertex.name[:40]} cannot be grounded", vertex, "ZX-7")
        self.degree = degree

    def drop_classical_wires(self) -> None:
        """pyzx draws the bits of a circuit as wires; one that goes straight through says nothing."""
        classical = {v for v, vertex in enumerate(self.g.vertices) if vertex.classical}
        if not classical:
            return
        for a, b, _ in self.edges:
            if (a in classical) != (b in classical):
                vertex = self.g.vertices[a if a in classical else b]
                self.fail(f"the classical wire {vertex.name[:40]} ends in the diagram; bits are variables here", vertex)
        self.edges = [e for e in self.edges if e[0] not in classical]
        for v in classical:
            self.alive[v] = False

    def ends(self) -> tuple[list[int], list[int]]:
        boundaries = [i for i, v in enumerate(self.g.vertices) if v.kind == ZxKind.BOUNDARY and self.alive[i]]
        for i in boundaries:
            v = self.g.vertices[i]
            if self.degree[i] != 1:
                self.fail(
                    f"the boundary {v.name[:40]} has {self.degree[i]} edges, not one",
                    v,
                    help="a boundary is the open end of one wire; where wires meet there is a spider",
                )
            if v.phase:
                self.fail(f"the boundary {v.name[:40]} has a phase", v)
        if self.g.inputs is None or self.g.outputs is None:
            return self.detected(boundaries)
        inputs, outputs = (
            [i for i in ends if not self.g.vertices[i].classical] for ends in (self.g.inputs, self.g.outputs)
        )
        listed = [*inputs, *outputs]
        for i in listed:
            if self.g.vertices[i].kind != ZxKind.BOUNDARY:
                v = self.g.vertices[i]
                self.fail(f"{v.name[:40]} is an input or output, but a {v.kind.value} and no boundary", v)
        if len(set(listed)) != len(listed):
            self.fail("a boundary is twice among the inputs and outputs")
        for i in boundaries:
            if i not in set(listed):
                v = self.g.vertices[i]
                self.fail(f"the boundary {v.name[:40]} is no input and no output", v)
        return inputs, outputs

    def detected(self, boundaries: list[int]) -> tuple[list[int], list[int]]:
        """Nothing says which ends are inputs: those whose wire goes to the right, or straight down."""
        inputs: list[int] = []
        outputs: list[int] = []
        other = {}
        for a, b, _ in self.edges:
            other[a], other[b] = b, a
        for i in boundaries:
            v, w = self.g.vertices[i], self.g.vertices[other[i]]
            (inputs if (w.row, w.qubit) > (v.row, v.qubit) else outputs).append(i)
        place = [(v.qubit, v.row) for v in self.g.vertices]
        return sorted(inputs, key=lambda i: (*place[i], i)), sorted(outputs, key=lambda i: (*place[i], i))

    # ---- points and Hadamards --------------------------------------------------------------------------------------

    def is_hadamard(self, i: int) -> bool:
        v = self.g.vertices[i]
        return (
            v.kind == ZxKind.H
            and self.degree[i] == 2
            and (v.label == -1 if v.label is not None else v.phase == {(): 1})
        )

    def contract(self) -> None:
        """Points of wires and H-boxes that are Hadamards become parts of an edge."""
        gone = {i for i, v in enumerate(self.g.vertices) if v.kind == ZxKind.WIRE or self.is_hadamard(i)}
        edges: list[tuple[int, int, bool] | None] = list(self.edges)
        incident: dict[int, list[int]] = {i: [] for i in gone}
        for e, (a, b, _) in enumerate(self.edges):
            for v in (a, b):
                if v in gone:
                    incident[v].append(e)
        for v in sorted(gone):
            self.alive[v] = False
            flip = self.g.vertices[v].kind == ZxKind.H
            e, f = incident[v]
            first, second = edges[e], edges[f]
            assert first is not None
            assert second is not None
            self.made.times(int(flip))
            if e == f:  # a circle
                self.made.times(2, factor=Fraction(int(first[2] == flip)))
                edges[e] = None
                continue
            a, b = _other(first, v), _other(second, v)
            edges[e], edges[f] = (a, b, first[2] ^ second[2] ^ flip), None
            if b in gone:
                incident[b] = [e if x == f else x for x in incident[b]]
        self.edges = [e for e in edges if e is not None]

    def causal(self, order: list[int]) -> list[int]:
        """The same order, but an outcome is measured before it is used: rows of pyzx count on each wire alone."""
        measures = {v.outcome: i for i, v in enumerate(self.g.vertices) if v.outcome}
        if not measures:
            return order
        rank = {i: r for r, i in enumerate(order)}
        users: dict[int, list[int]] = {}
        waits = dict.fromkeys(order, 0)
        for i in order:
            for name in {name for product in self.g.vertices[i].phase for name in product}:
                if measures.get(name, i) != i:
                    users.setdefault(measures[name], []).append(i)
                    waits[i] += 1
        ready = [rank[i] for i in order if not waits[i]]
        heapq.heapify(ready)
        out = []
        while ready:
            i = order[heapq.heappop(ready)]
            out.append(i)
            for j in users.get(i, ()):
                waits[j] -= 1
                if not waits[j]:
                    heapq.heappush(ready, rank[j])
        return out if len(out) == len(order) else order  # a circle: refused with IR-8

    # ---- spiders ---------------------------------------------------------------------------------------------------

    def spiders(self, order: list[int]) -> _Nodes:
        """The nodes that each vertex becomes, its own one first; boxes have none of their own."""
        nodes: _Nodes = {}
        boxes: _Boxes = {}
        for i in order:
            v = self.g.vertices[i]
            nodes[i] = []
            if v.kind in _PARTS_OF_W or (v.kind == ZxKind.H and self.expands(v, self.degree[i])):
                boxes[i] = []
                continue
            kind = _SPIDERS.get(v.kind, VertexKind.INPUT)
            node = self.made.node(nodes[i], kind, self.phase(v) if v.kind != ZxKind.Z_BOX else None)
            node.line = v.line
            if v.kind == ZxKind.H and v.label is not None:
                self.fail(f"the H-box {v.name[:40]} has a label and too many legs", v, "ZX-7")
        for e, (a, b, hadamard) in enumerate(self.edges):
            for x, y in ((a, b), (b, a)):
                if x in boxes:
                    boxes[x].append((e, y))
            if a not in boxes and b not in boxes:
                self.made.edge(nodes[a][0], nodes[b][0], hadamard)
        legs: dict[tuple[int, int], Node] = {}
        rank = {i: r for r, i in enumerate(order)}
        place: dict[int, int] = {}  # after the last of its legs, so that few gadgets are open at one time in a sweep
        for i, ends in boxes.items():
            near = (
                place.get(j, i) if j in boxes else j for e, j in ends if j in boxes or self.is_leg(e, j, boxes, nodes)
            )
            place[i] = max([i, *near], key=rank.__getitem__)
            at = nodes[place[i]]
            self.box(i, [self.leg(e, i, j, boxes, nodes, legs, at) for e, j in ends], at)
        for i in order:
            self.finish(i, nodes[i])
        return nodes

    def expands(self, v: ZxVertex, legs: int) -> bool:
        return legs + (v.label is not None) <= MAX_LEGS or not (v.phase or v.label is not None)

    def phase(self, v: ZxVertex) -> Phase:
        return self.variables.phase(v.phase, v)

    def is_leg(self, e: int, neighbour: int, boxes: _Boxes, nodes: _Nodes) -> bool:
        """Whether the neighbour is itself the variable of the leg."""
        return neighbour not in boxes and not self.edges[e][2] and nodes[neighbour][0].kind == VertexKind.Z

    def leg(
        self,
        e: int,
        i: int,
        other: int,
        boxes: _Boxes,
        nodes: _Nodes,
        legs: dict[tuple[int, int], Node],
        at: list[Node],
    ) -> Node:
        """The Z-spider whose value is that of leg ``e`` of box ``i``: the neighbour itself, or one in between."""
        hadamard = self.edges[e][2]
        if self.is_leg(e, other, boxes, nodes):
            return nodes[other][0]
        if other not in boxes:
            between = self.made.node(at, VertexKind.Z)
            self.made.edge(between, nodes[other][0], hadamard)
            return between
        key = (e, -1) if other == i else (e, other)  # the two ends of a loop take turns
        if key in legs:
            return legs.pop(key)
        mine = self.made.node(at, VertexKind.Z)
        theirs = mine
        if hadamard:
            theirs = self.made.node(at, VertexKind.Z)
            self.made.edge(mine, theirs, hadamard=True)
        legs[(e, -1) if other == i else (e, i)] = theirs
        return mine

    def box(self, i: int, legs: list[Node], at: list[Node]) -> None:
        v = self.g.vertices[i]
        if v.kind in _PARTS_OF_W:
            self.made.exactly_one(at, legs)
        elif self.made.gadgets > MAX_GADGETS:
            self.fail(f"H-boxes that make more than {MAX_GADGETS} phase gadgets", v, "ZX-7")
        elif v.label is not None:
            self.made.label_of_product(at, list(dict.fromkeys(legs)), self.label(v))
        else:
            self.made.phase_of_product(at, list(dict.fromkeys(legs)), self.phase(v))

    def label(self, v: ZxVertex) -> complex:
        label = 1 if v.label is None else v.label
        if not (math.isfinite(label.real) and math.isfinite(label.imag)):
            self.fail(f"the label of the box {v.name[:40]} is not finite", v, "ZX-3")
        return label

    def finish(self, i: int, at: list[Node]) -> None:
        """The label of a Z-box, the measurement that a vertex is, the one that a ground is."""
        v = self.g.vertices[i]
        if v.kind == ZxKind.Z_BOX:
            self.made.label_of_product(at, [at[0]], self.label(v))
        if v.outcome:
            if v.kind not in (ZxKind.Z, ZxKind.X):
                self.fail(f"the {v.kind.value} {v.name[:40]} cannot measure", v, "ZX-8")
            at[0].outcome = self.variables.index[v.outcome]
        if v.ground:
            bit = self.variables.forgotten()
            effect = self.made.node(at, VertexKind.X, Phase.of_bit(bit))
            effect.outcome = bit
            self.made.edge(at[0], effect)
            self.made.times(-1)

    # ---- freeze ----------------------------------------------------------------------------------------------------

    def build(self, nodes: _Nodes, order: list[int], inputs: list[int], outputs: list[int]) -> Diagram:
        for i in inputs:
            nodes[i][0].kind = VertexKind.INPUT
        for i in outputs:
            nodes[i][0].kind = VertexKind.OUTPUT
        extra: list[Node] = []
        exact = None if self.g.note is None else self.g.note.get("factor")
        multiply_scalar(self.made, extra, self.g.scalar, self.variables, self.file, exact)
        b = DiagramBuilder()
        b.bits, b.registers = self.variables.bits, self.variables.registers
        number: dict[Node, int] = {}
        for group in (*(nodes[i] for i in order), extra):
            for node in group:
                span = Span(self.file, node.line, 1) if node.line else None
                number[node] = b.vertex(node.kind, node.phase, span)
                if node.outcome >= 0:
                    if b.bits[node.outcome].vertex >= 0:
                        self.fail("two vertices measure one variable", None, "ZX-8")
                    b.bind_outcome(node.outcome, number[node])
        for x, y, hadamard in self.made.edges:
            b.edge(number[x], number[y], hadamard=hadamard)
        b.scalar = self.made.scalar
        return replace(
            b.build(),
            inputs=np.array([number[nodes[i][0]] for i in inputs], np.int32),
            outputs=np.array([number[nodes[i][0]] for i in outputs], np.int32),
            input_names=_names(self.g.vertices[i].title for i in inputs),
            output_names=_names(self.g.vertices[i].title for i in outputs),
        )


def _other(edge: tuple[int, int, bool], v: int) -> int:
    return edge[1] if edge[0] == v else edge[0]


def _names(titles: Iterable[str]) -> tuple[str, ...]:
    """Names for wires: what the file says, else their number."""
    out: dict[str, None] = {}
    for i, title in enumerate(titles):
        name = title or f"q{i}"
        while name in out:
            name += "'"
        out[name] = None
    return tuple(out)
