"""Small ZX-diagrams of every shape (loops, parallel edges, H-boxes, cups, bits, symbols, scalars) and their maps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
from hypothesis import strategies as st

from gossamer.conformance.strategies import angles, bit_expressions, draw_delays
from gossamer.ir.diagram import BitKind, Diagram, DiagramBuilder, VertexKind
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.scalar import ONE, Scalar
from gossamer.ir.semantics import kraus

KINDS = [VertexKind.Z, VertexKind.Z, VertexKind.X, VertexKind.H]
ANGLES = st.one_of(st.sampled_from([Fraction(0), Fraction(1), Fraction(1, 2), Fraction(1, 4)]), angles())


@st.composite
def scalars(draw, bits: int = 0) -> Scalar:
    phase = Phase(draw(ANGLES))
    if bits and draw(st.booleans()):
        phase = phase + Phase(draw(ANGLES)).times(draw(bit_expressions(bits)))
    return Scalar(draw(st.integers(-5, 5)), phase, draw(st.sampled_from([Fraction(1), Fraction(3, 7), Fraction(5)])))


@st.composite
def zx_diagrams(
    draw,
    *,
    inputs: int | None = None,
    outputs: int | None = None,
    outcomes: bool = True,
    symbols: tuple[str, ...] = (),
    size: int = 5,
    simple: bool = False,
    tag: str = "",
) -> Diagram:
    """``tag`` is part of all names, so that diagrams with different tags can stand side by side."""
    b = DiagramBuilder()
    if draw(st.booleans()):
        b.input_bit(f"x{tag}")
    ends = [b.input(f"i{tag}{k}") for k in range(draw(st.integers(0, 2)) if inputs is None else inputs)]
    spiders: list[int] = []
    for _ in range(draw(st.integers(0, size))):
        phase = Phase(draw(ANGLES))
        if b.bits and draw(st.booleans()):
            phase = phase + Phase(draw(ANGLES)).times(draw(bit_expressions(len(b.bits))))
        if symbols and draw(st.booleans()):
            term = Phase.of_symbol(draw(st.sampled_from(symbols)), draw(st.integers(-2, 2)))
            phase = phase + (term.times(draw(bit_expressions(len(b.bits)))) if b.bits else term)
        kind = draw(st.sampled_from(KINDS))
        if outcomes and kind != VertexKind.H and draw(st.integers(0, 3)) == 0 and len(b.bits) < 4:
            bit = b.outcome()
            spiders.append(b.vertex(kind, phase + Phase.of_bit(bit)))
            b.bind_outcome(bit, spiders[-1])
        else:
            spiders.append(b.vertex(kind, phase))
        if b.bits and draw(st.integers(0, 4)) == 0 and len(b.bits) < 6:
            b.derived(draw(bit_expressions(len(b.bits))))
    ends += [b.output(f"o{tag}{k}") for k in range(draw(st.integers(0, 2)) if outputs is None else outputs)]
    while ends:
        v = ends.pop(draw(st.integers(0, len(ends) - 1)))
        if spiders and (not ends or draw(st.integers(0, 3))):
            b.edge(v, draw(st.sampled_from(spiders)), hadamard=draw(st.booleans()))
        elif ends:
            b.edge(v, ends.pop(), hadamard=draw(st.booleans()))
        else:  # the last end has no partner: a leaf of its own
            b.edge(v, b.vertex(draw(st.sampled_from(KINDS[:3])), Phase(draw(ANGLES))), hadamard=draw(st.booleans()))
    if spiders:
        chosen = st.tuples(st.sampled_from(spiders), st.sampled_from(spiders), st.booleans())
        for u, v, h in draw(st.lists(chosen, max_size=2 * size)):
            if not simple or (u != v and (u, v) not in b.edge_list and (v, u) not in b.edge_list):
                b.edge(u, v, hadamard=h)
    draw_delays(draw, b)
    if b.bits and draw(st.booleans()):
        b.register(f"c{tag}", draw(st.lists(bit_expressions(len(b.bits)), max_size=2)))
    b.scalar = draw(scalars(len(b.bits)))
    return b.build()


def assignments(d: Diagram) -> Iterator[dict[int, int]]:
    """All values of the bits, derived ones computed."""
    free = [i for i, b in enumerate(d.bits) if b.kind != BitKind.DERIVED]
    for values in product((0, 1), repeat=len(free)):
        yield complete(d, dict(zip(free, values, strict=True)))


def complete(d: Diagram, bits: dict[int, int]) -> dict[int, int]:
    out = dict(bits)
    for i, b in enumerate(d.bits):
        if b.expr is not None:
            out[i] = int(b.expr.evaluate(out))
    return out


def strict_map(d: Diagram, bits: dict[int, int]) -> np.ndarray:
    """``K_m`` with the scalar, whether or not the sweep knows of it."""
    return kraus(replace(d, scalar=ONE), {i: bool(x) for i, x in bits.items()}) * d.scalar.value(bits)


def relabel(d: Diagram, vertices: list[int], bits: list[int], edges: list[int], flips: list[bool]) -> Diagram:
    """Other numbers (``vertices[old]``, ``bits[old]``), other order and direction of edges; the phases' table reversed."""
    to = np.array(vertices, np.int32)
    n = len(vertices)
    kind, phase = np.empty(n, np.uint8), np.empty(n, np.int32)
    kind[to], phase[to] = d.kind, len(d.phases) - 1 - d.phase
    rows = to[d.edges[edges]].reshape(-1, 2)
    rows = np.where(np.array(flips, np.bool_)[:, None], rows[:, ::-1], rows)
    new_bits = [None] * len(bits)
    for i, b in enumerate(d.bits):
        vertex = int(to[b.vertex]) if b.kind == BitKind.OUTCOME else -1
        new_bits[bits[i]] = replace(b, vertex=vertex, expr=None if b.expr is None else b.expr.rename(bits.__getitem__))
    move = bits.__getitem__
    return replace(
        d,
        kind=kind,
        phase=phase,
        phases=tuple(p.rename(move) for p in reversed(d.phases)),
        edges=rows,
        hadamard=d.hadamard[edges],
        inputs=to[d.inputs],
        outputs=to[d.outputs],
        bits=tuple(new_bits),
        registers=tuple(replace(r, bits=tuple(e.rename(move) for e in r.bits)) for r in d.registers),
        scalar=replace(d.scalar, phase=d.scalar.phase.rename(move)),
        delays={vertices[v]: delay for v, delay in d.delays.items()},
    )


__all__ = ["BitExpr", "assignments", "complete", "relabel", "scalars", "strict_map", "zx_diagrams"]
