"""Greatest matchings of bipartite graphs, by augmenting paths: as many disjoint pairs as there can be."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

L = TypeVar("L", bound=Hashable)
R = TypeVar("R", bound=Hashable)


def greatest_matching(meet: Mapping[L, Sequence[R]]) -> dict[R, L]:
    """A greatest matching: right ends with their left ends.

    Parameters
    ----------
    meet
        The right ends that each left end may have.

    Examples
    --------
    >>> sorted(greatest_matching({"a": [1, 2], "b": [1], "c": [1]}).items())
    [(1, 'b'), (2, 'a')]
    """
    left_of: dict[R, L] = {}
    right_of: dict[L, R] = {}
    for root in meet:
        came: dict[R, L] = {}  # right end -> the left end from which it was reached
        todo = [root]
        while todo:
            left = todo.pop()
            right = next((r for r in meet[left] if r not in left_of), None)
            if right is None:
                fresh = [r for r in meet[left] if r not in came]
                came.update(dict.fromkeys(fresh, left))
                todo.extend(left_of[r] for r in fresh)
                continue
            came[right] = left
            at: R | None = right
            while at is not None:
                left = came[at]
                left_of[at] = left
                before = right_of.get(left)
                right_of[left], at = at, before
            break
    return left_of
