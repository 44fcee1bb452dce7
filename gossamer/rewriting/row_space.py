"""`RowSpace`: the reduced basis of a set of bit rows over GF(2), kept up to date while rows and columns come and go.

Rows are packed into integers. Each basis row knows the rows whose sum it is, so "which rows have to be added so that one
column is left" is read off at once. Every change costs one pass over the basis, where starting afresh would cost a pass for
each row. The extraction of circuits stands on it; it stands on nothing.

References
----------
Reduced row echelon form; as the core of circuit extraction: Backens, Miller-Bakewell, de Felice, Lobski, van de Wetering,
Quantum 5, 421 (2021), section 5.
"""

from __future__ import annotations

from collections.abc import Iterator


def bits_of(value: int) -> Iterator[int]:
    """Positions of the ones of a number, the lowest first.

    Examples
    --------
    >>> list(bits_of(0b1101))
    [0, 2, 3]
    """
    while value:
        low = value & -value
        yield low.bit_length() - 1
        value ^= low


class RowSpace:
    """Rows are named by small numbers, columns by bit positions.

    Attributes
    ----------
    basis : pivot column -> basis row; no other basis row has that column
    sums : pivot column -> the rows, as a bit set of their names, that sum to the basis row
    relations : bit sets of rows that sum to nothing

    Examples
    --------
    >>> space = RowSpace()
    >>> space.insert(0, 0b011); space.insert(1, 0b110); space.insert(2, 0b010)
    >>> sorted(space.units())
    [(0, 5), (1, 4), (2, 6)]
    """

    def __init__(self) -> None:
        self.basis: dict[int, int] = {}
        self.sums: dict[int, int] = {}
        self.relations: list[int] = []
        self._pivots = 0  # the pivot columns as a bit set
        self._units: dict[int, None] = {}  # pivots of basis rows with one column

    def _set(self, pivot: int, bits: int) -> None:
        self.basis[pivot] = bits
        if bits & (bits - 1):
            self._units.pop(pivot, None)
        else:
            self._units[pivot] = None

    def _drop(self, pivot: int) -> tuple[int, int]:
        self._pivots ^= 1 << pivot
        self._units.pop(pivot, None)
        return self.basis.pop(pivot), self.sums.pop(pivot)

    def insert(self, row: int, bits: int) -> None:
        """A new row."""
        self._insert(bits, 1 << row)

    def _insert(self, bits: int, total: int) -> None:
        known = bits & self._pivots
        while known:
            column = known.bit_length() - 1
            known ^= 1 << column
            bits ^= self.basis[column]
            total ^= self.sums[column]
        if not bits:
            self.relations.append(total)
            return
        pivot = bits.bit_length() - 1
        mark = 1 << pivot
        for column, other in self.basis.items():
            if other & mark:
                self._set(column, other ^ bits)
                self.sums[column] ^= total
        self._set(pivot, bits)
        self.sums[pivot] = total
        self._pivots |= mark

    def remove(self, row: int) -> None:
        """Forget a row."""
        mark = 1 << row
        for i, relation in enumerate(self.relations):
            if relation & mark:  # the row is the sum of others: nothing is lost
                del self.relations[i]
                self._replace(mark, 0, relation)
                return
        for pivot, total in self.sums.items():
            if total & mark:
                self._replace(mark, *self._drop(pivot))
                return

    def _replace(self, mark: int, bits: int, total: int) -> None:
        """Express without the marked row whatever holds it, by adding a basis row (or a relation) that is given up."""
        for column, other in self.sums.items():
            if other & mark:
                if bits:
                    self._set(column, self.basis[column] ^ bits)
                self.sums[column] = other ^ total
        self.relations = [r ^ total if r & mark else r for r in self.relations]

    def add(self, target: int, source: int) -> None:
        """Row ``target`` becomes the sum of the two: the space is the same, the sums are not."""
        mark, other = 1 << target, 1 << source
        for column, total in self.sums.items():
            if total & mark:
                self.sums[column] = total ^ other
        self.relations = [r ^ other if r & mark else r for r in self.relations]

    def clear(self, column: int) -> None:
        """Take a column out of all rows."""
        mark = 1 << column
        if self._pivots & mark:
            bits, total = self._drop(column)
            self._insert(bits ^ mark, total)
            return
        for pivot, bits in self.basis.items():
            if bits & mark:
                self._set(pivot, bits ^ mark)

    def units(self) -> Iterator[tuple[int, int]]:
        """Columns that are alone in a sum of rows, each with the bit set of those rows; the set is unique up to relations."""
        for column in self._units:
            yield column, self.sums[column]
