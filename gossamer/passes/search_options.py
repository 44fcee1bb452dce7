"""The options of every pass that searches: how long, and from which random numbers."""

from __future__ import annotations

from dataclasses import dataclass

from gossamer.passes.weights import check_objective


@dataclass(frozen=True)
class SearchOptions:
    """What passes that search have in common.

    Attributes
    ----------
    effort : 0 to 3, how long the search is
    seed : of its random numbers
    objective : what is made small: ``ebits``, ``time`` or ``fidelity`` (what is lost of it), see :mod:`gossamer.passes.weights`

    Raises
    ------
    ValueError
        For an effort or an objective that is none of these, or a negative seed.

    Examples
    --------
    >>> SearchOptions(effort=3)
    SearchOptions(effort=3, seed=0, objective='ebits')
    """

    effort: int = 1
    seed: int = 0
    objective: str = "ebits"

    def __post_init__(self) -> None:
        if not 0 <= self.effort <= 3:
            raise ValueError(f"effort is 0 to 3, not {self.effort}")
        if self.seed < 0:
            raise ValueError(f"a seed is not negative: {self.seed}")
        check_objective(self.objective)
