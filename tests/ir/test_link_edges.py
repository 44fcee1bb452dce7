"""Edges that chained links give: halves taken leaf by leaf against one dense inverse over GF(2)."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gossamer.diagnostics import InputError
from gossamer.ir.rules.links import MAX_BLOCK, _pair_keys, _take_leaves, invert_gf2
from tests.profiles import QUICK

VERTICES = 8
Near = dict[int, set[int]]


@st.composite
def joined_halves(draw: st.DrawFn) -> tuple[Near, Near]:
    """Halves 2k and 2k + 1 of each link, joined to each other and to some of other links; the vertices of each half."""
    m = draw(st.integers(1, 7))
    near: Near = {t: {t ^ 1} for t in range(2 * m)}
    half = st.integers(0, 2 * m - 1)
    for a, b in draw(st.lists(st.tuples(half, half), max_size=m + 2)):
        if a // 2 != b // 2:
            near[a] ^= {b}
            near[b] ^= {a}
    vertices = st.sets(st.integers(0, VERTICES - 1), max_size=4)
    return near, {t: draw(vertices) for t in near}


def dense(near: Near, support: Near) -> NDArray[np.int64] | None:
    """``B C^-1 B^T``, or None if there is no inverse."""
    halves = sorted(near)
    c = np.array([[u in near[t] for u in halves] for t in halves], np.uint8).reshape(len(halves), len(halves))
    b = np.array([[v in support[t] for t in halves] for v in range(VERTICES)], np.int64).reshape(VERTICES, len(halves))
    inverse = invert_gf2(c)
    return None if inverse is None else b @ inverse @ b.T % 2


@settings(QUICK, max_examples=300)
@given(joined_halves())
def test_leaf_by_leaf_is_the_dense_inverse(case: tuple[Near, Near]) -> None:
    near, support = case
    want = dense(near, support)
    pairs, _ = _take_leaves(near, support, 0)
    left = dense(near, support)
    assert (want is None) == (left is None)
    if want is None or left is None:
        return
    count = Counter(_pair_keys(pairs, VERTICES).tolist())
    for a in range(VERTICES):
        for b in range(a + 1, VERTICES):
            assert want[a, b] == (left[a, b] + count[a * VERTICES + b]) % 2


def test_nothing_is_left_of_a_tree() -> None:
    """A copy passed on twice from one node: link 0 carries it on, links 1 and 2 take it from there."""
    near: Near = {0: {1}, 1: {0, 2, 4}, 2: {1, 3}, 3: {2}, 4: {1, 5}, 5: {4}}
    support: Near = {0: {0}, 1: {1}, 2: set(), 3: {2}, 4: set(), 5: {3}}
    pairs, _ = _take_leaves(near, support, 0)
    assert near == {}
    assert sorted(_pair_keys(pairs, VERTICES).tolist()) == [0 * VERTICES + 1, 0 * VERTICES + 2, 0 * VERTICES + 3]


def test_what_copies_carry_on_is_bounded_before_it_is_made() -> None:
    near: Near = {0: {1}, 1: {0, 2}, 2: {1, 3}, 3: {2}}
    support: Near = {0: {0, 1}, 1: set(), 2: set(), 3: {2, 3}}
    with pytest.raises(InputError) as caught:
        _take_leaves(near, support, MAX_BLOCK)
    assert caught.value.code == "LK-4"
    assert support[1] == support[2] == set()
