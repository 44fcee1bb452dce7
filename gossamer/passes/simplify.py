"""`simplify`: rewriting as a pass, ``Diagram`` -> ``Diagram``; the strategies are those of `gossamer.rewriting`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gossamer.ir.diagram import Diagram
from gossamer.rewriting.graph import WorkGraph
from gossamer.rewriting.strategies import STRATEGIES, edge_cost, simplify
from gossamer.rewriting.teleport import teleport_phases


@dataclass(frozen=True)
class Simplify:
    """Pass: ``Diagram`` -> ``Diagram``. Keeps the instrument (with ``teleport`` up to a global phase, else the maps exactly).

    Attributes
    ----------
    strategy : ``fuse`` and ``teleport`` keep the structure of a circuit and its causal flow; ``clifford``, ``full``, ``nodes``
        and ``guarded`` keep a gflow. See `gossamer.rewriting.strategies` for the papers.
    slack : of ``guarded``, by how much a step may raise the number of edges
    dissolve : whether outcomes on which nothing depends after rewriting become coins (protocols are seen through)
    """

    strategy: str = "full"
    slack: int = 0
    dissolve: bool = True

    def __post_init__(self) -> None:
        if self.strategy not in (*STRATEGIES, "teleport"):
            raise ValueError(f"there is no strategy '{self.strategy}'; known: {', '.join((*STRATEGIES, 'teleport'))}")
        if self.slack < 0 or (self.slack and self.strategy != "guarded"):
            raise ValueError(f"a slack is of the strategy guarded and not negative: {self.slack}")

    def run(self, diagram: Diagram) -> Diagram:
        if self.strategy == "teleport":
            return teleport_phases(diagram)
        if self.slack:
            return simplify(diagram, "guarded", cost=self.cost, dissolve=self.dissolve)
        return simplify(diagram, self.strategy, dissolve=self.dissolve)  # type: ignore[arg-type]

    def cost(self, graph: WorkGraph, rule: str, match: Any) -> int:
        """What a step costs, over the slack."""
        return edge_cost(graph, rule, match) - self.slack
