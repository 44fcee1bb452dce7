"""`Network`: nodes with a computational model and capacities, links between them.

Capacities are numbers of qubits held at one time; ``comm: null`` means that the number of communication qubits is not
limited. The module guarantees nothing about a network's sense until :meth:`Network.verify` has passed (clauses NW-10 to
NW-12 of ``spec/network.md``); ``gossamer.ir.network_text`` reads files, presets and shorthands and does verify.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from gossamer.diagnostics import InputError

#: More nodes than this are refused [NW-10]: distances and all-to-all links are quadratic in it.
MAX_NODES = 256
#: The largest capacity of a node, for data and for communication qubits each [NW-7].
MAX_QUBITS = 1_000_000


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Node(_Strict):
    """One machine: ``data`` qubits held at one time, ``comm`` communication qubits (None: not limited)."""

    name: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    model: str = "circuit"
    data: int = Field(ge=0, le=MAX_QUBITS)
    comm: int | None = Field(default=None, ge=0, le=MAX_QUBITS)


class NetworkLink(_Strict):
    """A quantum link between two nodes, by name (classical messages are assumed to reach every node)."""

    nodes: tuple[str, str]


@dataclass(frozen=True, slots=True)
class NetworkFlaw:
    """A broken invariant: its clause, what is wrong, and the path of keys in the file that it concerns."""

    code: str
    message: str
    path: tuple[str | int, ...]
    help: str | None = None


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

    def __eq__(self, other: object) -> bool:  # pydantic would compare the cached arrays too
        return isinstance(other, Network) and (self.nodes, self.links) == (other.nodes, other.links)

    def __hash__(self) -> int:
        return hash((self.nodes, self.links))

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
        for start in range(k):
            hops = [-1] * k  # a list: single elements of an array are slow
            hops[start] = 0
            ring, known = [start], 1
            while ring and known < k:
                ring_next = []
                for x in ring:
                    for y in self.neighbours[x]:
                        if hops[y] < 0:
                            hops[y] = hops[x] + 1
                            ring_next.append(y)
                    if known + len(ring_next) == k:
                        break
                known += len(ring_next)
                ring = ring_next
            out[start] = hops
        return out

    def path(self, a: int, b: int) -> list[int]:
        """A shortest path of nodes from a to b, both included; the smallest indices win ties."""
        if self.distance[a, b] < 0:
            raise ValueError(f"no path from {self.nodes[a].name} to {self.nodes[b].name}")
        path = [a]
        while path[-1] != b:
            path.append(
                next(y for y in self.neighbours[path[-1]] if self.distance[y, b] == self.distance[path[-1], b] - 1)
            )
        return path

    def find_flaw(self) -> NetworkFlaw | None:
        """The first invariant of ``spec/network.md`` that does not hold, or None."""
        if not 1 <= self.size <= MAX_NODES:
            return NetworkFlaw("NW-10", f"a network has 1 to {MAX_NODES} nodes, not {self.size}", ("nodes",))
        seen: dict[str, int] = {}
        for i, node in enumerate(self.nodes):
            if node.name in seen:
                return NetworkFlaw("NW-10", f"node '{node.name}' is defined twice", ("nodes", i, "name"))
            seen[node.name] = i
        pairs: set[frozenset[str]] = set()
        for i, link in enumerate(self.links):
            for j, name in enumerate(link.nodes):
                if name not in seen:
                    known = ", ".join(list(seen)[:8]) + (", ..." if len(seen) > 8 else "")
                    return NetworkFlaw(
                        "NW-11", f"link to an unknown node '{name}'", ("links", i, "nodes", j), f"the nodes are {known}"
                    )
            a, b = link.nodes
            if a == b:
                return NetworkFlaw("NW-11", f"node '{a}' is linked to itself", ("links", i, "nodes"))
            if frozenset(link.nodes) in pairs:
                return NetworkFlaw("NW-11", f"the link between '{a}' and '{b}' is given twice", ("links", i, "nodes"))
            pairs.add(frozenset(link.nodes))
        for i, hops in enumerate(self.distance[0]):
            if hops < 0:
                return NetworkFlaw(
                    "NW-12",
                    f"no path of links joins '{self.nodes[0].name}' and '{self.nodes[i].name}'",
                    ("links",),
                    "add a link, or leave the node out",
                )
        return None

    def verify(self) -> None:
        """Raise :class:`~gossamer.diagnostics.InputError` with the clause that is violated, if any is.

        Examples
        --------
        >>> Network(nodes=(Node(name="a", data=1),), links=(NetworkLink(nodes=("a", "b")),)).verify()
        Traceback (most recent call last):
        gossamer.diagnostics.InputError: error[NW-11]: link to an unknown node 'b'
        help: the nodes are a
        """
        flaw = self.find_flaw()
        if flaw is not None:
            raise InputError(flaw.code, flaw.message, help=flaw.help)
