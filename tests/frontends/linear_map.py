"""A slow, obvious meaning of diagrams: one dense tensor for each vertex, contracted in order."""

from __future__ import annotations

import cmath
import math
from collections.abc import Iterator
from itertools import product

import numpy as np

from gossamer.ir.diagram import BitKind, Diagram, VertexKind

HADAMARD = np.array([[1, 1], [1, -1]]) / math.sqrt(2)


def assignments(diagram: Diagram) -> Iterator[dict[int, int]]:
    """All values of the outcome bits, with the derived bits that follow."""
    free = diagram.outcome_bits
    for values in product((0, 1), repeat=len(free)):
        bits = dict(zip(free, values, strict=True))
        for i, bit in enumerate(diagram.bits):
            if bit.kind == BitKind.DERIVED:
                assert bit.expr is not None
                bits[i] = int(bit.expr.evaluate(bits))
        yield bits


def linear_map(diagram: Diagram, bits: dict[int, int]) -> np.ndarray:
    """``K_m`` as a matrix, outputs by inputs, the first boundary the most significant."""
    incident: dict[int, list[int]] = {v: [] for v in range(diagram.num_vertices)}
    for e, (a, b) in enumerate(diagram.edges):
        incident[int(a)].append(e)
        incident[int(b)].append(e)
    tensor, axes = np.ones((), complex), []
    for v in range(diagram.num_vertices):
        kind = diagram.kind[v]
        edges: list[object] = list(incident[v])
        if kind in (VertexKind.INPUT, VertexKind.OUTPUT):
            edges.append(("boundary", v))
        spider = np.zeros((2,) * len(edges), complex)
        spider[(0,) * len(edges)] = 1
        spider[(1,) * len(edges)] += cmath.exp(1j * math.pi * float(diagram.phase_of(v).evaluate(bits)))
        for i, e in enumerate(edges):
            first = e not in axes
            if (kind == VertexKind.X) != (isinstance(e, int) and bool(diagram.hadamard[e]) and first):
                spider = np.moveaxis(np.tensordot(HADAMARD, spider, (1, i)), 0, i)
        shared = [e for e in edges if e in axes]
        tensor = np.tensordot(tensor, spider, ([axes.index(e) for e in shared], [edges.index(e) for e in shared]))
        axes = [e for e in axes if e not in shared] + [e for e in edges if e not in shared]
    order = [("boundary", int(v)) for v in (*diagram.outputs, *diagram.inputs)]
    tensor = np.transpose(tensor, [axes.index(e) for e in order])
    return tensor.reshape(2 ** len(diagram.outputs), 2 ** len(diagram.inputs))


def proportional(a: np.ndarray, b: np.ndarray) -> bool:
    """Equal up to a scalar, neither being 0."""
    a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
    return bool(abs(abs(np.vdot(a, b)) - 1) < 1e-9)
