"""`Network`: nodes with a computational model and capacities, links between them.

Read from YAML or JSON (pydantic models, published JSON Schema), from a preset's name or from a shorthand such as ``4``,
``line:4``, ``grid:2x3``, ``4:qubits=8,comm=2``. Capacities are numbers of qubits held at one time; ``comm: null`` means that
the number of communication qubits is not limited.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Node(_Strict):
    """One machine: ``data`` qubits held at one time, ``comm`` communication qubits (None: not limited)."""

    name: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    model: str = "circuit"
    data: int = Field(ge=0, le=1_000_000)
    comm: int | None = Field(default=None, ge=0, le=1_000_000)


class NetworkLink(_Strict):
    """A quantum link between two nodes, by name (classical messages are assumed to reach every node)."""

    nodes: tuple[str, str]


class Network(_Strict):
    """Nodes and the quantum links between them.

    Examples
    --------
    >>> net = Network(nodes=[Node(name="a", data=2), Node(name="b", data=2)], links=[NetworkLink(nodes=("a", "b"))])
    >>> net.distance.tolist()
    [[0, 1], [1, 0]]
    """

    nodes: tuple[Node, ...]
    links: tuple[NetworkLink, ...]

    @property
    def size(self) -> int:
        return len(self.nodes)

    @cached_property
    def index(self) -> dict[str, int]:
        return {n.name: i for i, n in enumerate(self.nodes)}

    @cached_property
    def neighbours(self) -> tuple[tuple[int, ...], ...]:
        """For each node the sorted nodes that share a quantum link with it."""
        out: list[set[int]] = [set() for _ in self.nodes]
        for link in self.links:
            a, b = (self.index[x] for x in link.nodes)
            out[a].add(b)
            out[b].add(a)
        return tuple(tuple(sorted(s)) for s in out)

    @cached_property
    def distance(self) -> NDArray[np.int32]:
        """Hops between nodes, int32[k, k]; -1 where there is no path."""
        k = self.size
        out = np.full((k, k), -1, np.int32)
        for s in range(k):
            out[s, s] = 0
            ring = [s]
            while ring:
                ring_next = []
                for x in ring:
                    for y in self.neighbours[x]:
                        if out[s, y] < 0:
                            out[s, y] = out[s, x] + 1
                            ring_next.append(y)
                ring = ring_next
        return out

    def path(self, a: int, b: int) -> list[int]:
        """A shortest path of nodes from a to b, both included; the smallest indices win ties."""
        if self.distance[a, b] < 0:
            raise ValueError(f"no path from {self.nodes[a].name} to {self.nodes[b].name}")
        path = [a]
        while path[-1] != b:
            path.append(next(y for y in self.neighbours[path[-1]] if self.distance[y, b] == self.distance[path[-1], b] - 1))
        return path
