r"""TikZ pictures of ZX-diagrams, as TikZiT and pyzx write them.

A node's style says what it is, its text is its phase; a picture has no scalar. A node of style ``none`` where two edges meet is a point of
a wire, one without edges and text draws nothing, any other is a boundary. The module guarantees that nothing but the two layers of a picture
is read (no command of TeX is followed) and gives the line of each node. Grammar: ``spec/grammar/tikz.lark``.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections import Counter
from functools import cache
from typing import Any, NamedTuple, NoReturn

from gossamer.diagnostics import InputError, Span
from gossamer.formats.grammar import GrammarReader
from gossamer.formats.zx import ZxEdge, ZxGraph, ZxKind, ZxVertex
from gossamer.formats.zx_json import MAX_SIZE, MAX_TEXT, parse_scalar, read_data
from gossamer.formats.zx_phase import parse_label, parse_phase

_COMMENT = re.compile(r"(?<!\\)(%)")
#: What the comments of pyzx and of our printer begin with.
PYZX_NOTE, OUR_NOTE = "% pyzx-metadata:", "% gossamer:"

_COLOURS = {ZxKind.Z: ("z", "white", "green"), ZxKind.X: ("x", "grey", "gray", "red")}
_STYLES = {
    "none": ZxKind.WIRE, "empty": ZxKind.BOUNDARY, "boundary": ZxKind.BOUNDARY, "z": ZxKind.Z, "x": ZxKind.X,
    "h": ZxKind.H, "hadamard": ZxKind.H, "small hadamard": ZxKind.H, "zbox": ZxKind.Z_BOX, "zbox phase": ZxKind.Z_BOX,
    "w input": ZxKind.W_INPUT, "w output": ZxKind.W_OUTPUT, "w": ZxKind.W_OUTPUT, "w triangle": ZxKind.W_OUTPUT,
    "text": ZxKind.TEXT, "label": ZxKind.TEXT, "dummy node": ZxKind.TEXT,
}  # fmt: skip
_STYLES |= {
    f"{colour} {shape}": kind
    for kind, colours in _COLOURS.items()
    for colour in colours
    for shape in ("dot", "spider", "node", "phase dot", "phase spider", "phase node")
}
_STYLES |= {f"{c} {s}": ZxKind.Z_BOX for c in _COLOURS[ZxKind.Z] for s in ("box", "box phase", "phase box")}
_EDGES = {
    "": ZxEdge.PLAIN, "empty": ZxEdge.PLAIN, "simple": ZxEdge.PLAIN, "none": ZxEdge.PLAIN,
    "hadamard edge": ZxEdge.HADAMARD, "w edge": ZxEdge.W, "w io edge": ZxEdge.W,
}  # fmt: skip


def parse_tikz(text: str, file: str = "<text>") -> ZxGraph:
    r"""Read a diagram from a picture.

    Raises
    ------
    InputError
        ZX-1 for what is no such picture, ZX-3 for phases, ZX-4 for styles and edges without meaning; with the place.

    Examples
    --------
    >>> text = r'''
    ... \begin{tikzpicture}
    ...   \begin{pgfonlayer}{nodelayer}
    ...     \node [style=z dot] (0) at (1.50, 0.00) {$\frac{\pi}{4}$};
    ...   \end{pgfonlayer}
    ...   \begin{pgfonlayer}{edgelayer}
    ...   \end{pgfonlayer}
    ... \end{tikzpicture}'''
    >>> parse_tikz(text).vertices[0].phase
    {(): Fraction(1, 4)}
    """
    if len(text) > MAX_TEXT:
        raise InputError("ZX-1", f"the text has more than {MAX_TEXT} characters", span=Span(file, 1, 1))
    notes: dict[str, str] = {}
    plain = "\n".join(_without_comment(line, notes) for line in text.removeprefix("\ufeff").split("\n"))
    picture: _Picture = _reader().read(plain, file)
    if len(picture.nodes) + len(picture.edges) > MAX_SIZE:
        raise InputError("ZX-1", f"a picture of more than {MAX_SIZE} nodes and edges", span=Span(file, 1, 1))
    return _Builder(file).graph(picture, notes)


def _without_comment(line: str, notes: dict[str, str]) -> str:
    plain, percent, comment = _COMMENT.split(line, maxsplit=1) if _COMMENT.search(line) else (line, "", "")
    for key in (PYZX_NOTE, OUR_NOTE):
        if (percent + comment).startswith(key):
            notes[key] = comment.removeprefix(key[1:]).strip()
    return plain


class _Node(NamedTuple):
    name: str
    style: str
    x: float
    y: float
    label: str
    line: int


class _EdgeLine(NamedTuple):
    ends: tuple[str, str]
    style: str
    line: int


class _Picture(NamedTuple):
    nodes: list[_Node]
    edges: list[_EdgeLine]


@cache
def _reader() -> GrammarReader:
    from lark import Transformer, v_args

    @v_args(inline=True)
    class ToPicture(Transformer):  # type: ignore[type-arg]
        file = ""

        def start(self, *parts: Any) -> _Picture:
            return _Picture(parts[-2], parts[-1])

        def node_layer(self, *nodes: Any) -> list[Any]:
            return list(nodes)

        def edge_layer(self, *edges: Any) -> list[Any]:
            return list(edges)

        def node(self, token: Any, *parts: Any) -> _Node:
            style, (name, x, y, label) = _style(parts[:-4]), parts[-4:]
            return _Node(str(name), style, float(x), float(y), label, token.line)

        def edge(self, token: Any, *parts: Any) -> _EdgeLine:
            a, b = (part for part in parts if isinstance(part, str))
            options = [part for part in parts if isinstance(part, dict)]
            return _EdgeLine((a, b), _style(options), token.line)

        def end(self, name: Any, anchor: Any = None) -> str:
            return str(name)

        def options(self, *options: Any) -> dict[str, str]:
            return dict(option for option in options if option)

        def option(self, key: Any, value: Any = "") -> tuple[str, str]:
            return str(key), value

        def value(self, value: Any) -> str:
            return str(value)

        def label(self, text: Any) -> str:
            return str(text)[1:-1]

    return GrammarReader("tikz", ToPicture(), "ZX-1")


def _style(options: Any) -> str:
    """The value of ``style``; for a node without one, None is no style."""
    styles = [o["style"] for o in options if o and "style" in o]
    return styles[0].strip("{}").strip() if styles else ""


class _Builder:
    def __init__(self, file: str) -> None:
        self.file = file
        self.g = ZxGraph()
        self.index: dict[str, int] = {}

    def fail(self, message: str, line: int, code: str = "ZX-4", help: str | None = None) -> NoReturn:
        raise InputError(code, message, span=Span(self.file, line, 1), help=help)

    def graph(self, picture: _Picture, notes: dict[str, str]) -> ZxGraph:
        degree = Counter(name for edge in picture.edges for name in edge.ends)
        for node in picture.nodes:
            if node.name in self.index:
                self.fail(f"the node {node.name[:40]} is there twice", node.line)
            self.index[node.name] = len(self.g.vertices)
            self.g.vertices.append(self.vertex(node, degree[node.name]))
        for edge in picture.edges:
            for name in edge.ends:
                if name not in self.index:
                    self.fail(f"an edge to the node {name[:40]}, which is not there", edge.line)
            kind = _EDGES.get(edge.style.lower())
            if kind is None:
                self.fail(f"an edge of the unknown style '{edge.style[:40]}'", edge.line)
            a, b = edge.ends
            self.g.edges.append((self.index[a], self.index[b], kind))
        self.notes(notes)
        return self.g

    def vertex(self, node: _Node, degree: int) -> ZxVertex:
        kind = _STYLES.get(node.style.lower())
        if kind is None:
            self.fail(
                f"the node {node.name[:40]} has the unknown style '{node.style[:40]}'",
                node.line,
                help="known: z spider, x spider, hadamard, z box, w input, w triangle, boundary, none",
            )
        if not (math.isfinite(node.x) and math.isfinite(node.y)):
            self.fail("a position that is not finite", node.line)
        label = node.label.replace("$", "").replace("~", "").replace("\\ ", "").strip()
        if kind == ZxKind.WIRE:
            kind = {0: ZxKind.TEXT, 2: ZxKind.WIRE}.get(degree, ZxKind.BOUNDARY)
        if kind == ZxKind.TEXT and label and node.style.lower() == "none":
            self.fail(
                f"a node without an edge that says '{label[:40]}'",
                node.line,
                help="a caption has the style 'label'; what the text means for the diagram is not read",
            )
        out = ZxVertex(node.name, kind, row=node.x, qubit=-node.y, line=node.line)
        if kind == ZxKind.H and not label:
            label = "1\\pi"
        if not label or kind == ZxKind.TEXT:
            return out
        if kind in (ZxKind.BOUNDARY, ZxKind.WIRE, ZxKind.W_INPUT, ZxKind.W_OUTPUT):
            self.fail(f"the node {node.name[:40]} cannot have the phase '{label[:40]}'", node.line)
        try:
            if kind == ZxKind.Z_BOX or (kind == ZxKind.H and label != "0" and _is_complex(label)):
                out.label = parse_label(label)
            else:
                out.phase = parse_phase("1" if label == "\\neg" else label)
        except InputError as error:
            d = error.diagnostic
            self.fail(d.message, node.line, d.code, d.help)
        return out

    def notes(self, notes: dict[str, str]) -> None:
        if PYZX_NOTE in notes:
            try:
                value = json.loads(base64.urlsafe_b64decode(notes[PYZX_NOTE].encode("ascii")))
                types = value["variable_types"]
                self.g.booleans = {str(name): bool(b) for name, b in types.items()}
            except (ValueError, binascii.Error, KeyError, TypeError, AttributeError, RecursionError):
                self.fail("the comment of pyzx about the types of variables cannot be read", 1, "ZX-8")
        if OUR_NOTE in notes:
            try:
                value = json.loads(notes[OUR_NOTE])
                for name, data in value["data"].items():
                    read_data(self.g.vertices[self.index[name]], data)
                self.g.inputs = [self.index[str(name)] for name in value["inputs"]]
                self.g.outputs = [self.index[str(name)] for name in value["outputs"]]
                self.g.scalar = parse_scalar(value["scalar"], self.file)
                note = value["note"]
                self.g.note = None if note is None else dict(note)
            except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
                self.fail("the comment of gossamer about bits and results cannot be read", 1, "ZX-8")


def _is_complex(text: str) -> bool:
    """Whether pyzx takes the text of an H-box for its label, a number, and not for its phase."""
    try:
        complex(text)
    except ValueError:
        return False
    return True
