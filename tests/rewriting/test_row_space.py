"""The reduced basis against its obvious twin: all sums of all rows."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from gossamer.rewriting.row_space import RowSpace

COLUMNS = 6


def total(rows: dict[int, int], names: int) -> int:
    out = 0
    for name, bits in rows.items():
        if names >> name & 1:
            out ^= bits
    return out


def lone_columns(rows: dict[int, int]) -> set[int]:
    sums = {0}
    for bits in rows.values():
        sums |= {s ^ bits for s in sums}
    return {c for c in range(COLUMNS) if 1 << c in sums}


@given(st.data())
def test_units_are_the_columns_that_some_sum_leaves_alone(data: st.DataObject) -> None:
    space, rows, new = RowSpace(), {}, 0
    for _ in range(data.draw(st.integers(1, 12))):
        match data.draw(st.sampled_from(["insert", "insert", "remove", "add", "clear"])):
            case "insert":
                rows[new] = data.draw(st.integers(0, 2**COLUMNS - 1))
                space.insert(new, rows[new])
                new += 1
            case "remove" if rows:
                row = data.draw(st.sampled_from(sorted(rows)))
                del rows[row]
                space.remove(row)
            case "add" if len(rows) > 1:
                target, source = data.draw(st.sampled_from(list(combinations(sorted(rows), 2))))
                rows[target] ^= rows[source]
                space.add(target, source)
            case "clear":
                column = data.draw(st.integers(0, COLUMNS - 1))
                rows = {name: bits & ~(1 << column) for name, bits in rows.items()}
                space.clear(column)
        assert {column for column, _ in space.units()} == lone_columns(rows)
        for column, names in space.units():
            assert total(rows, names) == 1 << column
        assert len(space.basis) + len(space.relations) == len(rows)
        for names in space.relations:
            assert names > 0
            assert total(rows, names) == 0
