"""`partition` as a pass of a pipeline: its options, and what it guarantees; the search itself is in ``partition``."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from gossamer.ir.network import Network
from gossamer.ir.open_graph import OpenGraph
from gossamer.ir.placed import Assignment
from gossamer.passes.ends import Ends
from gossamer.passes.links import Links, LinkTricks
from gossamer.passes.partition import partition
from gossamer.passes.partition_between import partition_between
from gossamer.passes.placement_search import Tricks
from gossamer.passes.search_options import SearchOptions


@dataclass(frozen=True)
class Partition(Tricks, LinkTricks, SearchOptions):
    """Pass: ``OpenGraph``, ``Network`` -> ``Assignment``. The data qubits of every node suffice at every step.

    Attributes
    ----------
    effort : 0 to 3, how many moves the search makes
    seed : of its random numbers
    objective : what is made small
    least : the narrowest search to make
    place, end, final : where qubits begin and end

    The others are those of :class:`gossamer.passes.placement_search.Tricks`, and of :class:`gossamer.passes.links.LinkTricks`: where
    communication qubits are limited, placements are compared by the links that the pass `links` would make with the same options.
    """

    def run(self, graph: OpenGraph, network: Network) -> Assignment:
        links = Links(
            objective=self.objective, **{field.name: getattr(self, field.name) for field in fields(LinkTricks)}
        )
        search: dict[str, Any] = {
            "effort": self.effort, "seed": self.seed, "objective": self.objective, "tricks": self, "links": links,
            "least": self.least,
        }  # fmt: skip
        if not self.fixes_ends:
            return partition(graph, network, **search)
        return partition_between(graph, network, Ends.of(graph, network, self.place, self.end, self.final), **search)
