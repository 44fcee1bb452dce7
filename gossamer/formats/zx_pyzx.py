"""Graphs of pyzx as Python objects, both ways. Reading imports nothing: a graph is asked for what it holds.

The module guarantees that pyzx is imported only when a graph of its kind is made, and that a variable is Boolean if either the graph's
registry or the variable itself says so (variables that were made without the registry say it alone).
"""

from __future__ import annotations

from fractions import Fraction
from numbers import Rational, Real
from typing import Any

from gossamer.diagnostics import InputError, MissingPackage
from gossamer.formats.zx import Polynomial, ZxEdge, ZxGraph, ZxKind, ZxScalar, ZxVertex
from gossamer.formats.zx_json import KINDS, read_data
from gossamer.formats.zx_phase import MAX_DEGREE, MAX_TERMS
from gossamer.formats.zx_print import lay_out, vertex_data
from gossamer.ir.diagram import Diagram


def read_pyzx(graph: Any) -> ZxGraph:
    """What a graph of pyzx (``Graph`` or ``Multigraph``) holds.

    Raises
    ------
    InputError
        ZX-3 for a phase or a label that is no number and no polynomial, ZX-4 for a kind of vertex that is not known.

    Examples
    --------
    >>> import pyzx
    >>> g = pyzx.Graph()
    >>> v = g.add_vertex(pyzx.VertexType.Z, phase=Fraction(1, 4))
    >>> read_pyzx(g).vertices[0].phase
    {(): Fraction(1, 4)}
    """
    out = ZxGraph(booleans={str(n): bool(b) for n, b in graph.var_registry.types.items()})
    index: dict[Any, int] = {}
    grounds = graph.grounds()
    for v in graph.vertices():
        kind = KINDS.get(int(graph.type(v)))
        if kind is None:
            raise InputError("ZX-4", f"vertex {v} has the unknown type {graph.type(v)}")
        vertex = ZxVertex(str(v), kind, row=float(graph.row(v)), qubit=float(graph.qubit(v)), ground=v in grounds)
        vertex.phase = _polynomial(graph.phase(v), out.booleans)
        data = {key: graph.vdata(v, key) for key in graph.vdata_keys(v)}
        if kind in (ZxKind.H, ZxKind.Z_BOX) and data.get("label") is not None:
            vertex.label = _number(data["label"])
        note = read_data(vertex, data)
        if note is not None:
            out.note = note
        index[v] = len(out.vertices)
        out.vertices.append(vertex)
    for e in graph.edges():
        a, b = graph.edge_st(e)
        out.edges.append((index[a], index[b], ZxEdge(int(graph.edge_type(e)))))
    inputs, outputs = ([index[v] for v in ends] for ends in (graph.inputs(), graph.outputs()))
    if inputs or outputs:
        out.inputs, out.outputs = inputs, outputs
    s = graph.scalar
    out.scalar = ZxScalar(
        int(s.power2),
        _polynomial(s.phase, out.booleans),
        complex(s.floatfactor),
        [_polynomial(p, out.booleans) for p in s.phasenodes],
        [(_polynomial(p, out.booleans), _fraction(c)) for p, c in s.sum_of_phases.items()],
        bool(s.is_zero),
    )
    return out


def _fraction(value: Any) -> Fraction:
    try:
        if isinstance(value, Rational):
            return Fraction(int(value.numerator), int(value.denominator))
        if isinstance(value, Real):
            return Fraction(float(value))
    except (ValueError, OverflowError):
        pass
    raise InputError("ZX-3", f"{str(value)[:40]} is no real number")


def _number(value: Any) -> complex:
    try:
        return complex(value)
    except TypeError:
        pass
    raise InputError(
        "ZX-7",
        f"the label '{str(value)[:60]}' of a box is not a number",
        help="a box of a variable label is no spider: a phase has modulus 1, a variable number has not",
    )


def _polynomial(value: Any, booleans: dict[str, bool]) -> Polynomial:
    if not hasattr(value, "terms"):
        c = _fraction(value)
        return {(): c} if c else {}
    out: Polynomial = {}
    if len(value.terms) > MAX_TERMS:
        raise InputError("ZX-3", f"a phase with more than {MAX_TERMS} terms")
    for c, term in value.terms:
        product: list[str] = []
        for variable, exponent in term.vars:
            name = str(variable.name)
            boolean = booleans[name] = booleans.get(name, False) or bool(variable.is_bool)
            if not isinstance(exponent, int) or not 0 <= exponent <= MAX_DEGREE:
                raise InputError("ZX-3", f"a power of '{name[:40]}' that is no number up to {MAX_DEGREE}")
            product += [name] * (min(exponent, 1) if boolean else exponent)
        key = tuple(sorted(product))
        out[key] = out.get(key, Fraction(0)) + _fraction(c)
    return {k: c for k, c in out.items() if c}


def to_pyzx(diagram: Diagram) -> Any:
    """The diagram as a ``pyzx.Graph``; bits and symbols are variables of its registry.

    Raises
    ------
    InputError
        ZX-6 for what pyzx cannot hold.
    MissingPackage
        TL-9 without pyzx.

    Examples
    --------
    >>> from gossamer.ir.compose import identity
    >>> g = to_pyzx(identity("ab"))
    >>> g.num_vertices(), g.inputs(), g.outputs()
    (4, (0, 1), (2, 3))
    """
    try:
        from pyzx.graph import Graph
        from pyzx.symbolic import Poly, Term, Var
        from pyzx.utils import EdgeType, VertexType
    except ModuleNotFoundError as error:
        raise MissingPackage("TL-9", "a graph of pyzx needs the package 'pyzx'", help="pip install pyzx") from error
    z = lay_out(diagram)
    g = Graph()
    for name, boolean in z.booleans.items():
        g.var_registry.set_type(name, boolean)

    def phase(value: Polynomial) -> Any:
        if not any(value):
            return value.get((), Fraction(0))
        return Poly(
            [
                (c, Term([(Var(name, z.booleans[name], g.var_registry), 1) for name in product]))
                for product, c in value.items()
            ]
        )

    kinds = {kind: number for number, kind in KINDS.items()}
    for v, data in zip(z.vertices, vertex_data(z), strict=True):
        number = g.add_vertex(VertexType(kinds[v.kind]), v.qubit, v.row, phase(v.phase))
        for key, value in data.items():
            g.set_vdata(number, key, value)
    for a, b, kind in z.edges:
        g.add_edge((a, b), EdgeType(int(kind)))
    g.set_inputs(tuple(z.inputs or ()))
    g.set_outputs(tuple(z.outputs or ()))
    g.scalar.power2, g.scalar.phase = z.scalar.power, phase(z.scalar.phase)
    g.scalar.floatfactor, g.scalar.is_zero = z.scalar.floating, z.scalar.zero
    return g
