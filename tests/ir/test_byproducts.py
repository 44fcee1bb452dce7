"""Byproducts of links against dense algebra over GF(2), whether links stand alone or are joined to one another."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gossamer.diagnostics import InputError
from gossamer.ir.byproducts import link_byproducts
from gossamer.ir.rules.links import invert_gf2


@st.composite
def placed(draw: Any) -> Any:
    """A few vertices and links, and joins that are not all between vertices."""
    n, links = draw(st.integers(0, 4)), draw(st.integers(0, 4))
    terminals = n + 2 * links
    pairs = [(a, b) for a in range(terminals) for b in range(a) if a >= n]
    joins = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=8)) if pairs else []
    turned = [pair if draw(st.booleans()) else pair[::-1] for pair in joins]
    return SimpleNamespace(
        graph=SimpleNamespace(num_vertices=n), num_links=links, joins=np.array(turned, np.int32).reshape(-1, 2)
    )


@given(placed())
def test_byproducts_are_those_of_dense_algebra(p: Any) -> None:
    n, size = p.graph.num_vertices, 2 * p.num_links
    c, b = np.zeros((size, size), np.uint8), np.zeros((n, size), np.uint8)
    for k in range(p.num_links):
        c[2 * k, 2 * k + 1] = c[2 * k + 1, 2 * k] = 1
    for s, t in p.joins.tolist():
        if min(s, t) >= n:
            c[s - n, t - n] ^= 1
            c[t - n, s - n] ^= 1
        else:
            b[min(s, t), max(s, t) - n] ^= 1
    inverse = invert_gf2(c)
    try:
        found = link_byproducts(p)
    except InputError as error:
        assert error.code == "LK-3"
        assert inverse is None
        return
    if inverse is None:  # then no vertex is joined to the links that are at fault
        return
    chosen = b @ inverse % 2  # the row of a vertex: the terminals whose outcomes flip it
    assert [found.flips(end) for end in range(size)] == [np.flatnonzero(chosen[:, end]).tolist() for end in range(size)]
    constant = {v for v in range(n) if int(chosen[v].astype(int) @ np.triu(c).astype(int) @ chosen[v].astype(int)) % 2}
    assert found.constant == constant
