"""Collecting samples: bit columns with the number of shots that gave them, merged when they become many.

Engines add batches in any order; what is kept is bounded by a few million columns plus the number of distinct ones.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gossamer.runtime.kernels import Index

#: Equal columns are merged when there are more than this, and more than twice as many as after the last merge.
MERGE_COLUMNS = 1 << 22


class Tally:
    """Columns of ``rows`` bits and their shots.

    Examples
    --------
    >>> tally = Tally(2)
    >>> tally.add(np.array([[0, 1, 0], [1, 1, 1]], np.uint8), np.array([5, 2, 3]))
    >>> tally.merge()
    >>> bits, shots = tally.result()
    >>> bits.tolist(), shots.tolist()
    ([[0, 1], [1, 1]], [8, 2])
    """

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.bits: list[NDArray[np.uint8]] = []
        self.shots: list[Index] = []
        self.columns = 0
        self.limit = MERGE_COLUMNS

    def add(self, bits: NDArray[np.uint8], shots: Index) -> None:
        """Add columns; ``bits`` is (rows, columns), ``shots`` (columns,)."""
        self.bits.append(bits)
        self.shots.append(shots)
        self.columns += len(shots)
        if self.columns > self.limit:
            self.merge()
            self.limit = max(MERGE_COLUMNS, 2 * self.columns)

    def merge(self) -> None:
        """Put equal columns together, in ascending order (the first row is the most significant)."""
        bits, shots = self.result()
        width = -(-max(self.rows, 1) // 8)
        packed = np.zeros((bits.shape[1], width), np.uint8)
        packed[:, : -(-self.rows // 8)] = np.packbits(bits, axis=0).T
        words, inverse = np.unique(packed.view(f"V{width}").reshape(-1), return_inverse=True)
        totals = np.zeros(len(words), np.int64)
        np.add.at(totals, inverse.reshape(-1), shots)
        unpacked = np.unpackbits(words.view(np.uint8).reshape(len(words), width), axis=1, count=self.rows)
        self.bits, self.shots, self.columns = [np.ascontiguousarray(unpacked.T)], [totals], len(words)

    def result(self) -> tuple[NDArray[np.uint8], Index]:
        """All columns and their shots."""
        if not self.shots:
            return np.zeros((self.rows, 0), np.uint8), np.zeros(0, np.int64)
        return np.concatenate(self.bits, axis=1), np.concatenate(self.shots)
