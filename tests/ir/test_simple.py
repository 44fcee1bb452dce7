"""Loops and parallel edges are resolved exactly, scalar included."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from gossamer.ir.diagram import DiagramBuilder, VertexKind
from gossamer.ir.phase import Phase
from gossamer.ir.simple import is_simple, resolve_edges
from gossamer.ir.wires import WireBuilder
from tests.ir.drawn import assignments, strict_map, zx_diagrams
from tests.profiles import NIGHTLY, QUICK


def check_resolved(d) -> None:
    d.verify()
    r = resolve_edges(d)
    r.verify()
    assert is_simple(r)
    assert resolve_edges(r) is r
    for bits in assignments(d):
        assert np.allclose(strict_map(r, bits), strict_map(d, bits), atol=1e-9)


@QUICK
@given(zx_diagrams())
def test_resolving_keeps_every_map(d):
    check_resolved(d)


@pytest.mark.nightly
@NIGHTLY
@given(zx_diagrams())
def test_resolving_keeps_every_map_nightly(d):
    check_resolved(d)


Z, X, H = VertexKind.Z, VertexKind.X, VertexKind.H


@pytest.mark.parametrize("kinds", [(a, b) for a in (Z, X, H) for b in (Z, X, H)])
@pytest.mark.parametrize("between", ["--", "-~", "~~", "~~~", "--~~"])
@pytest.mark.parametrize("loops", ["", "-", "~", "~~-"])
def test_every_bundle(kinds, between, loops):
    b = DiagramBuilder()
    u, v = (b.vertex(kind, Phase(1 / 4)) for kind in kinds)
    for x in between:
        b.edge(u, v, hadamard=x == "~")
    for x in loops:
        b.edge(v, v, hadamard=x == "~")
    b.edge(b.input("i"), u)
    b.edge(v, b.output("o"))
    check_resolved(b.build())


def test_nothing_to_do_is_nothing_done():
    w = WireBuilder()
    a, b = w.add_input("a"), w.add_input("b")
    w.cz(a, b)
    w.cz(a, b)
    w.output(a, "a")
    w.output(b, "b")
    d = w.build()
    assert resolve_edges(d) is d
