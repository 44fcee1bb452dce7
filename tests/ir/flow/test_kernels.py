"""The compiled loops against slow twins on unpacked matrices."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from gossamer.ir.flow import kernels

Bits = NDArray[np.uint8]
SIZES = [(1, 1), (5, 3), (3, 5), (64, 64), (65, 63), (40, 200), (200, 40), (130, 130), (300, 280), (300, 900)]


def pack(bits: Bits) -> NDArray[np.uint64]:
    rows, columns = bits.shape
    padded = np.zeros((rows, -(-columns // 64) * 64), np.uint8)
    padded[:, :columns] = bits
    return np.packbits(padded, axis=1, bitorder="little").view(np.uint64).reshape(rows, -1)


def unpack(words: NDArray[np.uint64], columns: int) -> Bits:
    return np.unpackbits(np.ascontiguousarray(words).view(np.uint8), axis=1, bitorder="little")[:, :columns]


def drawn(rows: int, columns: int, density: float) -> Bits:
    return (np.random.default_rng(rows + columns).random((rows, columns)) < density).astype(np.uint8)


def reduced(bits: Bits, columns: int) -> tuple[Bits, list[int]]:
    """Reduced row echelon form of the first columns, pivot rows in order, and the columns of the pivots."""
    bits, pivots = bits.copy(), []
    for c in range(columns):
        below = np.flatnonzero(bits[len(pivots) :, c])
        if below.size:
            top, r = len(pivots), len(pivots) + int(below[0])
            bits[[top, r]] = bits[[r, top]]
            others = np.flatnonzero(bits[:, c])
            bits[others[others != top]] ^= bits[top]
            pivots.append(c)
    return bits, pivots


@pytest.mark.parametrize("density", [0.02, 0.5])
@pytest.mark.parametrize(("rows", "columns"), SIZES)
def test_reduced_rows(rows: int, columns: int, density: float) -> None:
    bits = drawn(rows, columns, density)
    bits[rows // 2 :] ^= bits[: rows - rows // 2] if rows % 2 == 0 else 0  # some more dependence
    extended = np.concatenate([bits, np.eye(rows, dtype=np.uint8)], axis=1)
    matrix = pack(extended)
    pivot = kernels.reduce_rows(matrix, columns)
    got = unpack(matrix, columns + rows)
    want, pivots = reduced(bits, columns)
    assert np.flatnonzero(pivot >= 0).tolist() == pivots
    assert len(set(pivot[pivots].tolist())) == len(pivots)
    assert np.array_equal(got[pivot[pivots], :columns], want[: len(pivots)])
    rest = np.setdiff1d(np.arange(rows), pivot[pivots])
    assert not got[rest, :columns].any()
    # What went along says which of the rows as given were added, and it is a change of basis.
    along = got[:, columns:].astype(np.int64)
    assert np.array_equal(along @ bits % 2, got[:, :columns])
    assert len(reduced(along.astype(np.uint8), rows)[1]) == rows


@pytest.mark.parametrize(("rows", "columns"), SIZES)
def test_moving_bits(rows: int, columns: int) -> None:
    bits = drawn(rows, columns, 0.3)
    matrix = pack(bits)
    assert np.array_equal(unpack(kernels.transpose(matrix, columns), rows), bits.T)
    assert np.array_equal(kernels.count_bits(matrix, matrix.shape[1]), bits.sum(axis=1))
    value = np.arange(columns, dtype=np.int32) * 3 + 1
    start, members = kernels.rows_to_csr(matrix, value)
    assert [members[a:b].tolist() for a, b in pairwise(start)] == [value[row.astype(bool)].tolist() for row in bits]
    empty = np.zeros_like(matrix)
    kernels.flip_bits(empty, *np.nonzero(bits))
    assert np.array_equal(empty, matrix)
    if rows > 1:
        kernels.add_rows(matrix, np.array([0, 0, 1]), matrix.copy(), np.array([1, rows - 1, 0]))
        bits_after = bits.copy()
        bits_after[0] ^= bits[1] ^ bits[rows - 1]
        bits_after[1] ^= bits[0]
        assert np.array_equal(unpack(matrix, columns), bits_after)
