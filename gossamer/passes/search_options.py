"""The options of every pass that searches: how long, and from which random numbers."""

from __future__ import annotations

from dataclasses import dataclass

from gossamer.passes.ends import FINAL, parse_places
from gossamer.passes.weights import check_objective


@dataclass(frozen=True)
class SearchOptions:
    """What passes that search have in common.

    Attributes
    ----------
    effort : 0 to 3, how long the search is
    seed : of its random numbers
    objective : what is made small: ``ebits``, ``time`` or ``fidelity`` (what is lost of it), see :mod:`gossamer.passes.weights`
    least : a wider search makes the narrower ones first, from this effort on, and keeps the best of all results: it is never worse
    place, end : where quantum inputs begin and outputs end, as ``"q[0]=alice,q[1]=bob"``; a register's name stands for its elements
    final : where the other outputs end: ``free``, or ``same``: where the input of the same name begins

    Raises
    ------
    ValueError
        For efforts, an objective or last places that are none of these, a negative seed, and places that cannot be read.

    Examples
    --------
    >>> SearchOptions(effort=3).effort, SearchOptions(place="q[0]=alice").fixes_ends
    (3, True)
    """

    effort: int = 1
    seed: int = 0
    objective: str = "ebits"
    place: str = ""
    end: str = ""
    final: str = "free"
    least: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.effort <= 3:
            raise ValueError(f"effort is 0 to 3, not {self.effort}")
        if self.seed < 0:
            raise ValueError(f"a seed is not negative: {self.seed}")
        check_objective(self.objective)
        if not 0 <= self.least <= 3:
            raise ValueError(f"the least effort is 0 to 3, not {self.least}")
        if self.final not in FINAL:
            raise ValueError(f"last places are {' or '.join(FINAL)}, not '{self.final}'")
        parse_places(self.place)
        parse_places(self.end)

    @property
    def fixes_ends(self) -> bool:
        """Whether anything is said of first or last places."""
        return bool(self.place or self.end) or self.final == "same"

    @property
    def levels(self) -> range:
        """The efforts of the searches to make.

        Examples
        --------
        >>> [list(SearchOptions(effort=e).levels) for e in (0, 1, 3)]
        [[0], [1], [1, 2, 3]]
        """
        return range(min(self.least, self.effort), self.effort + 1)
