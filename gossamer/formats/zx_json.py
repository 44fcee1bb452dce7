"""JSON of ZX-diagrams: pyzx's graphs (version 2), Quantomatic's ``.qgraph`` (pyzx's version 1), zxlive's ``.zxg`` and ``.zxp``.

A proof (``.zxp``) gives the diagram that it starts from. What holds no single diagram (rules, derivations) is refused by name. The module
guarantees that a text is either a :class:`~gossamer.formats.zx.ZxGraph` or one diagnostic, whatever its nesting, numbers or types.
"""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from gossamer.diagnostics import InputError, Span
from gossamer.formats.zx import Polynomial, ZxEdge, ZxGraph, ZxKind, ZxScalar, ZxVertex
from gossamer.formats.zx_phase import parse_label, parse_phase

#: Longest text in characters, and most vertices and edges.
MAX_TEXT, MAX_SIZE = 1 << 26, 2_000_000

#: Kinds by the numbers of pyzx.
KINDS = {
    0: ZxKind.BOUNDARY, 1: ZxKind.Z, 2: ZxKind.X, 3: ZxKind.H, 4: ZxKind.W_INPUT, 5: ZxKind.W_OUTPUT, 6: ZxKind.Z_BOX, 99: ZxKind.TEXT,
}  # fmt: skip
_OLD_KINDS = {
    "Z": ZxKind.Z, "X": ZxKind.X, "hadamard": ZxKind.H, "W_input": ZxKind.W_INPUT, "W_output": ZxKind.W_OUTPUT, "Z_box": ZxKind.Z_BOX,
}  # fmt: skip

#: Keys that only one other kind of file has, and what that file is.
_OTHERS = {
    "input_nodes": "a measurement pattern or an open graph (-f pattern reads it, and so does the ending .pattern.json)",
    "lhs_graph": "a rewrite rule of zxlive (.zxr): two diagrams, neither of which is a program",
    "lhs": "a rewrite rule of Quantomatic (.qrule): two diagrams, neither of which is a program",
    "steps": "a derivation of Quantomatic (.qderive)",
    "commands": "a circuit of pytket",
    "gossamer": "the compact form of this compiler (.gsmj)",
}
_XML = {"COLLADA": "a 3D scene (COLLADA, .dae)", "": "XML (Quantomatic wrote its first graphs so)"}


def refuse(file: str, message: str, code: str = "ZX-4", help: str | None = None, line: int = 0) -> NoReturn:
    raise InputError(code, message, span=Span(file, max(line, 1), 1), help=help)


def parse_json(text: str, file: str = "<text>") -> ZxGraph:
    """Read a diagram from JSON.

    Raises
    ------
    InputError
        ZX-1 for what is no JSON or too large, ZX-2 for other kinds of files, ZX-3 and ZX-4 for parts that cannot be read.

    Examples
    --------
    >>> text = '{"version": 2, "vertices": [{"id": 7, "t": 1, "pos": [0, 0], "phase": "pi/2"}], "edges": []}'
    >>> parse_json(text).vertices[0].phase
    {(): Fraction(1, 2)}
    """
    if len(text) > MAX_TEXT:
        refuse(file, f"the text has more than {MAX_TEXT} characters", "ZX-1")
    if text.lstrip("\ufeff \t\r\n")[:1] == "<":
        what = next(name for key, name in _XML.items() if key in text[:1000])
        refuse(file, f"'{file}' is {what}, and no ZX-diagram is read from it", "ZX-2")
    return _Reader(file).graph(_loads(text, file))


def _loads(text: str, file: str) -> Any:
    def constant(name: str) -> NoReturn:
        raise ValueError(f"{name} is no number of JSON")

    try:
        return json.loads(text, parse_constant=constant)
    except json.JSONDecodeError as error:
        raise InputError("ZX-1", f"no JSON: {error.msg}", span=Span(file, error.lineno, error.colno)) from None
    except ValueError as error:  # a constant, or a number of more digits than Python converts
        refuse(file, f"no JSON: {str(error)[:100]}", "ZX-1")
    except RecursionError:
        refuse(file, "JSON that is nested too deeply", "ZX-1")


class _Reader:
    """Takes values apart; every access says what it expects."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.index: dict[str, int] = {}
        self.g = ZxGraph()

    def fail(self, message: str, code: str = "ZX-4", help: str | None = None) -> NoReturn:
        refuse(self.file, message, code, help)

    # ---- typed access ----------------------------------------------------------------------------------------------

    def mapping(self, value: Any, where: str) -> dict[str, Any]:
        return value if isinstance(value, dict) else self.fail(f"{where} is no object")

    def array(self, value: Any, where: str) -> list[Any]:
        if not isinstance(value, list):
            self.fail(f"{where} is no list")
        if len(value) > MAX_SIZE:
            self.fail(f"{where} has more than {MAX_SIZE} entries", "ZX-1")
        return value

    def text(self, value: Any, where: str) -> str:
        return value if isinstance(value, str) else self.fail(f"{where} is no text")

    def key(self, value: Any, where: str) -> str:
        """The name of a vertex: a whole number or a text."""
        if isinstance(value, bool) or not isinstance(value, int | str):
            self.fail(f"{where} is no name of a vertex")
        return str(value)

    def number(self, value: Any, where: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fail(f"{where} is no number")
        try:
            out = float(value)
        except OverflowError:
            self.fail(f"{where} is too large")
        return out if math.isfinite(out) else self.fail(f"{where} is not finite")

    def point(self, value: Any, where: str) -> tuple[float, float]:
        pair = self.array(value, where)
        if len(pair) != 2:
            self.fail(f"{where} is no pair of numbers")
        return self.number(pair[0], where), self.number(pair[1], where)

    def phase(self, value: Any, where: str) -> Polynomial:
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = repr(self.number(value, where)) if isinstance(value, float) else str(value)
        out: Polynomial = self.placed(parse_phase, self.text(value, where), where)
        return out

    def label(self, value: Any, where: str) -> complex:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return complex(self.number(value, where))
        out: complex = self.placed(parse_label, self.text(value, where), where)
        return out

    def placed(self, parse: Any, text: str, where: str) -> Any:
        try:
            return parse(text)
        except InputError as error:
            d = error.diagnostic
            self.fail(f"{where}: {d.message}", d.code, d.help)

    # ---- which file it is ------------------------------------------------------------------------------------------

    def graph(self, value: Any) -> ZxGraph:
        top = self.mapping(value, "the JSON")
        if "initial_graph" in top:
            inner = top["initial_graph"]
            top = self.mapping(
                _loads(inner, self.file) if isinstance(inner, str) else inner, "the proof's first diagram"
            )
        if "vertices" in top or "version" in top:
            if top.get("version") != 2 or isinstance(top["version"], bool):
                self.fail(f"a graph of version {str(top.get('version'))[:20]}; versions 1 and 2 are read", "ZX-2")
            self.new(top)
        elif any(k in top for k in ("node_vertices", "wire_vertices", "undir_edges")):
            self.old(top)
        else:
            for key, what in _OTHERS.items():
                if key in top:
                    self.fail(f"'{self.file}' is {what}, not a ZX-diagram", "ZX-2")
            self.fail(f"'{self.file}' holds no ZX-diagram: it has neither vertices nor wire_vertices", "ZX-2")
        if "scalar" in top:
            self.g.scalar = self.scalar(top["scalar"])
        self.g.booleans = {n: bool(b) for n, b in self.mapping(top.get("variable_types", {}), "variable_types").items()}
        return self.g

    def add(self, name: str, vertex: ZxVertex) -> None:
        if name in self.index:
            self.fail(f"the vertex {name[:40]} is there twice")
        self.index[name] = len(self.g.vertices)
        self.g.vertices.append(vertex)

    def find(self, value: Any, where: str) -> int:
        name = self.key(value, where)
        found = self.index.get(name)
        return self.fail(f"{where} names the vertex {name[:40]}, which is not there") if found is None else found

    # ---- version 2 -------------------------------------------------------------------------------------------------

    def new(self, top: dict[str, Any]) -> None:
        for entry in self.array(top.get("vertices", []), "vertices"):
            v = self.mapping(entry, "a vertex")
            name = self.key(v.get("id"), "the id of a vertex")
            where = f"vertex {name[:40]}"
            kind = v.get("t")
            if isinstance(kind, bool) or not isinstance(kind, int) or kind not in KINDS:
                self.fail(f"{where} has the unknown type {str(kind)[:20]}")
            row, qubit = self.point(v.get("pos", [0, 0]), f"the position of {where}")
            vertex = ZxVertex(name, KINDS[kind], row=row, qubit=qubit, ground=v.get("is_ground") is True)
            if "phase" in v:
                vertex.phase = self.phase(v["phase"], where)
            data = self.mapping(v.get("data", {}), f"the data of {where}")
            if "label" in data and vertex.kind in (ZxKind.H, ZxKind.Z_BOX):
                vertex.label = self.label(data["label"], where)
            note = read_data(vertex, data)
            if note is not None:
                self.g.note = self.mapping(note, "an annotation")
            self.add(name, vertex)
        for entry in self.array(top.get("edges", []), "edges"):
            edge = self.array(entry, "an edge")
            if len(edge) != 3:
                self.fail("an edge is no triple of two vertices and a type")
            if isinstance(edge[2], bool) or edge[2] not in (1, 2, 3):
                self.fail(f"an edge of the unknown type {str(edge[2])[:20]}")
            self.g.edges.append((self.find(edge[0], "an edge"), self.find(edge[1], "an edge"), ZxEdge(edge[2])))
        ends = {key: [self.find(x, key) for x in self.array(top.get(key, []), key)] for key in ("inputs", "outputs")}
        if ends["inputs"] or ends["outputs"]:
            self.g.inputs, self.g.outputs = ends["inputs"], ends["outputs"]

    # ---- version 1 -------------------------------------------------------------------------------------------------

    def old(self, top: dict[str, Any]) -> None:
        hadamards: dict[str, list[str]] = {}
        for name, entry in self.mapping(top.get("node_vertices", {}), "node_vertices").items():
            where = f"vertex {name[:40]}"
            v = self.mapping(entry, where)
            data = self.mapping(v.get("data", {}), f"the data of {where}")
            kind = _OLD_KINDS.get(data.get("type", "Z")) if isinstance(data.get("type", "Z"), str) else None
            if kind is None:
                self.fail(f"{where} has the unknown type {str(data.get('type'))[:20]}")
            if kind == ZxKind.H and data.get("is_edge") in (True, "true"):
                hadamards[name] = []
                continue
            annotation = self.mapping(v.get("annotation", {}), f"the annotation of {where}")
            x, y = self.point(annotation.get("coord", [0, 0]), f"the position of {where}")
            vertex = ZxVertex(name, kind, row=x, qubit=-y, ground=data.get("ground", False) is True)
            if "value" in data:
                vertex.phase = self.phase(data["value"], where)
            elif kind == ZxKind.H and "is_edge" not in data:
                vertex.phase = parse_phase("1")  # Quantomatic's own Hadamard; pyzx, which writes is_edge, leaves out 0
            if kind in (ZxKind.H, ZxKind.Z_BOX) and "label" in annotation:
                vertex.label = self.label(annotation["label"], where)
            read_data(vertex, annotation)
            self.add(name, vertex)
        self._old_boundaries(top)
        self._old_edges(top, hadamards)

    def _old_boundaries(self, top: dict[str, Any]) -> None:
        marked: dict[str, list[tuple[float, int]]] = {"input": [], "output": []}
        for name, entry in self.mapping(top.get("wire_vertices", {}), "wire_vertices").items():
            where = f"vertex {name[:40]}"
            annotation = self.mapping(self.mapping(entry, where).get("annotation", {}), f"the annotation of {where}")
            x, y = self.point(annotation.get("coord", [0, 0]), f"the position of {where}")
            self.add(name, ZxVertex(name, ZxKind.BOUNDARY, row=x, qubit=-y))
            for key, found in marked.items():
                mark = annotation.get(key, False)
                if mark is not False:  # Quantomatic writes true, pyzx a place in the list
                    found.append((-y if mark is True else self.number(mark, f"the place of {where}"), self.index[name]))
        if marked["input"] or marked["output"]:
            self.g.inputs = [i for _, i in sorted(marked["input"])]
            self.g.outputs = [i for _, i in sorted(marked["output"])]

    def _old_edges(self, top: dict[str, Any], hadamards: dict[str, list[str]]) -> None:
        def end(name: Any) -> str:
            key = self.key(name, "an edge")
            if key not in hadamards:
                self.find(key, "an edge")
            return key

        for entry in self.mapping(top.get("undir_edges", {}), "undir_edges").values():
            e = self.mapping(entry, "an edge")
            a, b = end(e.get("src")), end(e.get("tgt"))
            if a in hadamards and b in hadamards:
                middle = f"{a}-{b}"
                while middle in self.index:
                    middle += "'"
                self.add(middle, ZxVertex(middle, ZxKind.WIRE))
                hadamards[a].append(middle)
                hadamards[b].append(middle)
            elif a in hadamards:
                hadamards[a].append(b)
            elif b in hadamards:
                hadamards[b].append(a)
            else:
                kind = ZxEdge.W if e.get("type") == "w_io" else ZxEdge.PLAIN
                self.g.edges.append((self.index[a], self.index[b], kind))
        for name, ends in hadamards.items():
            if len(ends) != 2:
                self.fail(f"the Hadamard edge {name[:40]} has {len(ends)} ends")
            self.g.edges.append((self.index[ends[0]], self.index[ends[1]], ZxEdge.HADAMARD))

    # ---- scalars ---------------------------------------------------------------------------------------------------

    def scalar(self, value: Any) -> ZxScalar:
        if isinstance(value, str):
            value = _loads(value, self.file)
        s = self.mapping(value, "the scalar")
        out = ZxScalar(zero=s.get("is_zero", False) is True)
        power = s.get("power2", 0)
        if isinstance(power, bool) or not isinstance(power, int) or abs(power) >= 2**31:
            self.fail("the power of the scalar is no whole number", "ZX-9")
        out.power = power
        out.phase = self.phase(s.get("phase", "0"), "the scalar")
        if "floatfactor" in s:
            try:
                factor = s["floatfactor"]
                out.floating = complex(self.text(factor, "a factor") if not isinstance(factor, int | float) else factor)
            except (ValueError, OverflowError):
                self.fail("the factor of the scalar is no number", "ZX-9")
        out.nodes = [self.phase(p, "the scalar") for p in self.array(s.get("phasenodes", []), "phasenodes")]
        for text, c in self.mapping(s.get("sum_of_phases", {}), "sum_of_phases").items():
            factor = self.phase(c, "the scalar")
            if any(factor):
                self.fail("a coefficient of the scalar is no number", "ZX-9")
            if factor:
                out.terms.append((self.phase(text, "the scalar"), factor[()]))
        if "sum_of_phases" in s and s["sum_of_phases"] and not out.terms:
            out.zero = True
        return out


def parse_scalar(value: Any, file: str) -> ZxScalar:
    """The scalar of pyzx as it stands in JSON; InputError with ZX-3, ZX-4 or ZX-9.

    Examples
    --------
    >>> parse_scalar({"power2": -1, "phase": "1/4"}, "<text>").power
    -1
    """
    return _Reader(file).scalar(value)


def read_data(vertex: ZxVertex, data: dict[str, Any]) -> Any:
    """Take over what pyzx and our printers say in the free data of a vertex; give back the annotation of the graph, if it is there.

    Examples
    --------
    >>> vertex = ZxVertex("3", ZxKind.X)
    >>> read_data(vertex, {"outcome_type": "measurement", "result_symbol": "c[0]"}), vertex.outcome
    (None, 'c[0]')
    """
    kind = data.get("outcome_type")
    if kind in ("measurement", "reset_discard"):
        symbol = data.get("result_symbol")
        single = [k[0] for k in vertex.phase if len(k) == 1]
        vertex.outcome = symbol if isinstance(symbol, str) else single[0] if len(single) == 1 else ""
        vertex.reported = kind == "measurement"
    title = data.get("name")
    if vertex.kind == ZxKind.BOUNDARY and isinstance(title, str):
        vertex.title = title
    vertex.classical = data.get("is_classical") is True
    return data.get("gossamer")
