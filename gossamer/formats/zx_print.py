r"""Diagrams in the formats of other tools: pyzx's JSON (``.json``, ``.zxg``), TikZ, and pyzx's graphs.

Bits and symbols become variables; an outcome is marked on its vertex as pyzx marks measurements. What the formats have no place for (registers,
derived bits, names, in TikZ the scalar and the order of the ends) goes into an annotation that only our readers understand. The module
guarantees that what is printed is read as the same diagram, up to numbering, or is refused (ZX-6).
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from gossamer.diagnostics import InputError
from gossamer.formats.zx import Note, Polynomial, ZxEdge, ZxGraph, ZxKind, ZxScalar, ZxVertex
from gossamer.formats.zx_phase import MAX_TEXT
from gossamer.formats.zx_tikz import OUR_NOTE, PYZX_NOTE
from gossamer.ir.diagram import BitKind, Diagram, VertexKind
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.simple import resolve_edges

_KINDS = {VertexKind.Z: ZxKind.Z, VertexKind.X: ZxKind.X, VertexKind.H: ZxKind.H}
_NUMBERS = {ZxKind.BOUNDARY: 0, ZxKind.Z: 1, ZxKind.X: 2, ZxKind.H: 3}
_STYLES = {ZxKind.BOUNDARY: "none", ZxKind.Z: "Z dot", ZxKind.X: "X dot", ZxKind.H: "hadamard"}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\[[0-9]+\])?")
_DEFAULT = re.compile(r"b[0-9]+")


# ---- a diagram as a graph of that world -----------------------------------------------------------------------------


def lay_out(diagram: Diagram) -> ZxGraph:
    """The diagram with variables for bits and symbols, and a place for each vertex: rows by depth, qubits by wire.

    Raises
    ------
    InputError
        ZX-6 for what no format can hold.

    Examples
    --------
    >>> from gossamer.ir.compose import identity
    >>> [(v.row, v.qubit) for v in lay_out(identity("ab")).vertices]
    [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)]
    """
    d = resolve_edges(diagram)
    names = _variables(d)
    g = ZxGraph(inputs=d.inputs.tolist(), outputs=d.outputs.tolist())
    used = {name for phase in (*d.phases, d.scalar.phase) for name in phase.symbols}
    g.booleans = dict.fromkeys(names, True) | dict.fromkeys(sorted(used), False)
    titles = dict(zip([*d.inputs.tolist(), *d.outputs.tolist()], [*d.input_names, *d.output_names], strict=True))
    for v, (row, qubit) in enumerate(_places(d)):
        kind = _KINDS.get(VertexKind(int(d.kind[v])), ZxKind.BOUNDARY)
        phase = _polynomial(d.phase_of(v), names)
        g.vertices.append(ZxVertex(str(v), kind, phase, row=row, qubit=qubit, title=titles.get(v, "")))
    for i, bit in enumerate(d.bits):
        if bit.kind == BitKind.OUTCOME:
            g.vertices[bit.vertex].outcome = names[i]
    g.edges = [
        (a, b, ZxEdge.HADAMARD if h else ZxEdge.PLAIN)
        for (a, b), h in zip(d.edges.tolist(), d.hadamard.tolist(), strict=True)
    ]
    try:
        factor = float(d.scalar.factor)
    except OverflowError:
        raise InputError("ZX-6", "the factor of the scalar is too large for a float") from None
    if factor == 0 and not d.scalar.is_zero:
        raise InputError("ZX-6", "the factor of the scalar is too small for a float")
    g.scalar = ZxScalar(d.scalar.power, _polynomial(d.scalar.phase, names), factor or 1.0, zero=d.scalar.is_zero)
    g.note = _note(d, names)
    return g


def _variables(d: Diagram) -> list[str]:
    """A name for each bit: its own where that can be a variable, else ``b`` and its number."""
    symbols = {name for phase in (*d.phases, d.scalar.phase) for name in phase.symbols}
    for name in symbols:
        if not _can_be_read(name):
            raise InputError("ZX-6", f"the symbol '{name[:40]}' cannot be a variable of pyzx", help="rename it first")
    taken = set(symbols)
    out = []
    for i, bit in enumerate(d.bits):
        own = (
            bit.name
            if _can_be_read(bit.name) and not _DEFAULT.fullmatch(bit.name) and bit.name not in taken
            else f"b{i}"
        )
        taken.add(own)
        out.append(own)
    return out


def _can_be_read(name: str) -> bool:
    """Whether pyzx takes the name for a variable: it reads ``pi2`` as a number."""
    return bool(_NAME.fullmatch(name)) and not re.fullmatch(r"[0-9]*", name.lower().replace("pi", ""))


def _polynomial(phase: Phase, names: list[str]) -> Polynomial:
    out: Polynomial = {}
    for bits, c, symbols in phase.terms:
        product = [names[b] for b in bits]
        if c:
            out[tuple(sorted(product))] = c
        for name, k in symbols:
            out[tuple(sorted([*product, name]))] = k
    return out


def _places(d: Diagram) -> list[tuple[float, float]]:
    """Row and qubit of each vertex: one row after its earlier neighbours, on the wire of one that is not continued yet."""
    n = d.num_vertices
    before: list[list[int]] = [[] for _ in range(n)]
    for a, b in d.edges.tolist():
        before[max(a, b)].append(min(a, b))
    inputs = {v: i for i, v in enumerate(d.inputs.tolist())}
    outputs = {v: i for i, v in enumerate(d.outputs.tolist())}
    fresh = max(len(inputs), len(outputs))
    row, qubit = [0] * n, [0] * n
    last: dict[int, int] = {}
    continued: set[int] = set()
    for v in range(n):
        if v in outputs:
            qubit[v] = outputs[v]
            continue
        if v in inputs:
            qubit[v], row[v] = inputs[v], 0
        else:
            earlier = [w for w in before[v] if w not in outputs]
            wire = next((w for w in earlier if w not in continued), None)
            if wire is None:
                qubit[v] = fresh
                fresh += 1
            else:
                qubit[v] = qubit[wire]
                continued.add(wire)
            row[v] = max([1, last.get(qubit[v], 0) + 1, *(row[w] + 1 for w in earlier)])
        last[qubit[v]] = row[v]
    end = max(last.values(), default=0) + 1
    for v in outputs:
        row[v] = end
    return [(float(r), float(q)) for r, q in zip(row, qubit, strict=True)]


def _note(d: Diagram, names: list[str]) -> Note | None:
    note: Note = {}
    if d.bits:
        note["bits"] = [
            [name, bit.kind.name.lower(), bit.name, None if bit.expr is None else _products(bit.expr, names)]
            for name, bit in zip(names, d.bits, strict=True)
        ]
    if d.registers:
        note["registers"] = [
            [r.name, len(r.bits), [[i, _products(e, names)] for i, e in enumerate(r.bits) if not e.is_zero]]
            for r in d.registers
        ]
    if d.scalar.factor and Fraction(float(d.scalar.factor)) != d.scalar.factor:
        note["factor"] = str(d.scalar.factor)
    return note or None


def _products(expr: BitExpr, names: list[str]) -> list[list[str]]:
    return [[names[b] for b in product] for product in expr.sorted_monomials()]


# ---- text -----------------------------------------------------------------------------------------------------------


def print_json(diagram: Diagram) -> str:
    """The JSON of pyzx, which zxlive reads as well.

    Raises
    ------
    InputError
        ZX-6.

    Examples
    --------
    >>> from gossamer.ir.compose import identity
    >>> print_json(identity("a"))[:50]
    '{"version": 2, "backend": "multigraph", "variable_'
    """
    g = lay_out(diagram)
    data = vertex_data(g)
    vertices = []
    for i, v in enumerate(g.vertices):
        entry: dict[str, Any] = {"id": i, "t": _NUMBERS[v.kind], "pos": [v.row, v.qubit]}
        if v.phase:
            entry["phase"] = phase_text(v.phase, g.booleans)
        if data[i]:
            entry["data"] = data[i]
        vertices.append(entry)
    value = {
        "version": 2,
        "backend": "multigraph",
        "variable_types": g.booleans,
        "scalar": _scalar(g),
        "inputs": g.inputs,
        "outputs": g.outputs,
        "edata": {},
        "auto_simplify": False,
        "vertices": vertices,
        "edges": [[a, b, int(kind)] for a, b, kind in g.edges],
    }
    return json.dumps(value, ensure_ascii=False) + "\n"


def vertex_data(g: ZxGraph) -> list[dict[str, Any]]:
    """What stands in the free data of each vertex.

    Examples
    --------
    >>> vertex_data(ZxGraph([ZxVertex("0", ZxKind.X, {("m",): Fraction(1)}, outcome="m")]))
    [{'outcome_type': 'measurement', 'result_symbol': 'm'}]
    """
    data: list[dict[str, Any]] = [{} for _ in g.vertices]
    for own, v in zip(data, g.vertices, strict=True):
        if v.outcome:
            own |= {"outcome_type": "measurement", "result_symbol": v.outcome}
    for ends in (g.inputs or [], g.outputs or []):
        for i, end in enumerate(ends):
            if g.vertices[end].title != f"q{i}":
                data[end]["name"] = g.vertices[end].title
    if g.note is not None:
        if not data:
            raise InputError("ZX-6", "registers of a diagram without vertices have no place in the file")
        data[0]["gossamer"] = g.note
    return data


def _scalar(g: ZxGraph) -> dict[str, Any]:
    scalar = g.scalar
    out: dict[str, Any] = {"power2": scalar.power, "phase": phase_text(scalar.phase, g.booleans) or "0"}
    if scalar.floating != 1:
        out["floatfactor"] = repr(scalar.floating.real)
    if scalar.zero:
        out["is_zero"] = True
    return out


def phase_text(phase: Polynomial, booleans: Mapping[str, bool]) -> str:
    """A phase as pyzx writes it; the empty text is 0.

    Real variables stand before Boolean ones: pyzx takes the coefficient of what it has read so far mod 2 while that is Boolean.

    Examples
    --------
    >>> phase_text({(): Fraction(3, 4)}, {}), phase_text({(): Fraction(1, 4), ("b0", "t"): Fraction(-1)}, {"b0": True})
    ('3π/4', '1/4 + -1⋅t⋅b0')
    """
    if not any(phase):
        c = phase.get((), Fraction(0))
        top, bottom = (
            ("" if c.numerator == 1 else str(c.numerator)),
            ("" if c.denominator == 1 else f"/{c.denominator}"),
        )
        return f"{top}π{bottom}" if c else ""
    out = " + ".join(
        "⋅".join([str(c), *sorted(product, key=lambda n: booleans.get(n, False))]) for product, c in phase.items()
    )
    if len(out) > MAX_TEXT:
        raise InputError("ZX-6", f"a phase of more than {MAX_TEXT} characters")
    return out


def print_tikz(diagram: Diagram) -> str:
    r"""A TikZ picture, as pyzx writes it; TikZiT opens it.

    Raises
    ------
    InputError
        ZX-6.

    Examples
    --------
    >>> from gossamer.ir.compose import identity
    >>> print(print_tikz(identity(["q0"])))
    \begin{tikzpicture}
        \begin{pgfonlayer}{nodelayer}
            \node [style=none] (0) at (0.00, 0.00) {};
            \node [style=none] (1) at (1.00, 0.00) {};
        \end{pgfonlayer}
        \begin{pgfonlayer}{edgelayer}
            \draw (0) to (1);
        \end{pgfonlayer}
    \end{tikzpicture}
    """
    g = lay_out(diagram)
    note, g.note = g.note, None
    data = {str(i): own for i, own in enumerate(vertex_data(g)) if own}
    scalar = _scalar(g)
    lines, begin = [], "\\begin{tikzpicture}"
    if g.booleans:
        types = json.dumps({"variable_types": g.booleans}, separators=(",", ":")).encode()
        lines.append(f"{PYZX_NOTE} {base64.urlsafe_b64encode(types).decode('ascii')}")
    if data or note is not None or scalar != {"power2": 0, "phase": "0"}:
        ours = {"data": data, "inputs": g.inputs, "outputs": g.outputs, "scalar": scalar, "note": note}
        begin += f" {OUR_NOTE} {json.dumps(ours)}"  # on this line, for pyzx takes no other comment than its own
    lines += [begin, "    \\begin{pgfonlayer}{nodelayer}"]
    for i, v in enumerate(g.vertices):
        style = _STYLES[v.kind] if not v.phase or v.kind == ZxKind.H else _STYLES[v.kind].replace(" dot", " phase dot")
        lines.append(
            f"        \\node [style={style}] ({i}) at ({v.row:.2f}, {0 - v.qubit:.2f}) {{{_label(v, g.booleans)}}};"
        )
    lines += ["    \\end{pgfonlayer}", "    \\begin{pgfonlayer}{edgelayer}"]
    for a, b, kind in g.edges:
        lines.append(f"        \\draw {'[style=hadamard edge] ' if kind == ZxEdge.HADAMARD else ''}({a}) to ({b});")
    return "\n".join([*lines, "    \\end{pgfonlayer}", "\\end{tikzpicture}"]) + "\n"


def _label(v: ZxVertex, booleans: Mapping[str, bool]) -> str:
    if v.kind == ZxKind.H and v.phase == {(): 1}:
        return ""
    if any(v.phase):
        return f"${phase_text(v.phase, booleans)}$"
    c = v.phase.get((), Fraction(0))
    if not c:
        return "$0$" if v.kind == ZxKind.H else ""
    top = "\\pi" if c.numerator == 1 else f"{c.numerator}\\pi"
    return f"${top}$" if c.denominator == 1 else f"$\\frac{{{top}}}{{{c.denominator}}}$"
