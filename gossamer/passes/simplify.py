"""`simplify`: rewriting as a pass, ``Diagram`` -> ``Diagram``; the strategies are those of `gossamer.rewriting`."""

from __future__ import annotations

from dataclasses import dataclass

from gossamer.ir.diagram import Diagram
from gossamer.rewriting.strategies import STRATEGIES, simplify
from gossamer.rewriting.teleport import teleport_phases


@dataclass(frozen=True)
class Simplify:
    """Pass: ``Diagram`` -> ``Diagram``. Keeps the instrument (with ``teleport`` up to a global phase, else the maps exactly).

    Attributes
    ----------
    strategy : ``fuse`` and ``teleport`` keep the structure of a circuit and its causal flow; ``clifford``, ``full``, ``nodes``
        and ``guarded`` keep a gflow. See `gossamer.rewriting.strategies` for the papers.
    dissolve : whether outcomes on which nothing depends after rewriting become coins (protocols are seen through)
    """

    strategy: str = "full"
    dissolve: bool = True

    def __post_init__(self) -> None:
        if self.strategy not in (*STRATEGIES, "teleport"):
            raise ValueError(f"there is no strategy '{self.strategy}'; known: {', '.join((*STRATEGIES, 'teleport'))}")

    def run(self, diagram: Diagram) -> Diagram:
        if self.strategy == "teleport":
            return teleport_phases(diagram)
        return simplify(diagram, self.strategy, dissolve=self.dissolve)  # type: ignore[arg-type]
