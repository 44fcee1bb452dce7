"""`Network`: nodes with a computational model, capacities and figures of their hardware, links between them.

Capacities are numbers of qubits held at one time; ``comm: null`` means that the number of communication qubits is not
limited. Every figure (a time, a fidelity, a rate) may be absent, and then it is not known. The module guarantees nothing about a
network's sense until :meth:`Network.verify` has passed (the invariants of ``spec/network.md``); ``gossamer.ir.network_text``
reads files, presets and shorthands and does verify.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from gossamer.diagnostics import InputError
from gossamer.ir.durations import Seconds
from gossamer.ir.gates import GATES

#: More nodes than this are refused [NW-10]: distances and all-to-all links are quadratic in it.
MAX_NODES = 256
#: The largest capacity of a node, for data and for communication qubits each [NW-7].
MAX_QUBITS = 1_000_000
#: A node with a coupling map has at most so many qubits, and the map so many pairs [NW-16].
MAX_COUPLED, MAX_COUPLINGS = 1000, 20_000


#: Data qubits that a node of a model needs besides those that hold vertices: a step of a pattern prepares the next vertex before it
#: measures the last one, where a gate turns the one into the other.
SPARE = {"mbqc": 1}

#: What `gates` of a node of a model may name: gates of node programs; on an MBQC node E is cz, X and Z are x and z, and C is letters [NW-15].
NATIVE: dict[str, tuple[str, ...]] = {
    "circuit": tuple(GATES),
    "mbqc": ("cz", "h", "x", "y", "z", "s", "sdg"),
    "mixed": tuple(GATES),
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Fidelity = Annotated[float, Field(gt=0, le=1)]


class Figures(_Strict):
    """How long an operation takes and how well it works; None: not known."""

    duration: Seconds | None = None
    fidelity: Fidelity | None = None


class NativeGate(_Strict):
    """A gate that a node's hardware has, by its name in node programs, with its figures; a bare name has none."""

    name: str
    duration: Seconds | None = None
    fidelity: Fidelity | None = None


def _named(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


class Node(_Strict):
    """One machine.

    Attributes
    ----------
    data, comm : data and communication qubits held at one time (comm None: not limited)
    gates : the gates of its hardware, None: whatever node programs may hold, with unknown figures
    preparation, measurement, reset : of one qubit; a preparation is the N of a pattern
    t1, t2 : times of relaxation and of coherence; without t1 nothing relaxes, without t2 it is 2 t1
    coupling : pairs of qubits that gates may join, data qubits counted from 0, then communication qubits; None: any two
    cost : what it costs, in ebits, that something stands there [NW-17]
    """

    name: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    model: str = "circuit"
    data: int = Field(ge=0, le=MAX_QUBITS)
    comm: int | None = Field(default=None, ge=0, le=MAX_QUBITS)
    gates: (
        tuple[Annotated[NativeGate, BeforeValidator(_named, json_schema_input_type=str | NativeGate)], ...] | None
    ) = Field(default=None, max_length=64)
    preparation: Figures | None = None
    measurement: Figures | None = None
    reset: Figures | None = None
    t1: Seconds | None = None
    t2: Seconds | None = None
    coupling: tuple[tuple[int, int], ...] | None = Field(default=None, max_length=MAX_COUPLINGS)
    cost: float = Field(default=0, ge=0, le=1e6)

    @property
    def joins_halves(self) -> bool:
        """Whether a gate may join any two communication qubits."""
        if self.coupling is None or self.comm is None:
            return self.coupling is None
        pairs = {frozenset(pair) for pair in self.coupling}
        halves = range(self.data, self.data + self.comm)
        return all(frozenset((a, b)) in pairs for a in halves for b in halves if a < b)

    @property
    def turns_halves(self) -> bool:
        """Whether two communication qubits may be turned together by any angle, with no data qubit between them."""
        free = self.gates is None or self.model == "mbqc"  # a pattern turns them by a measurement
        return self.joins_halves and (free or any(gate.name in ("rzz", "rxx", "rzx") for gate in self.gates or ()))

    @property
    def room(self) -> int:
        """How many vertices the node may hold between two events."""
        return max(0, self.data - SPARE.get(self.model, 0))


class QuantumChannel(_Strict):
    """A source of ebits: how many a second, how good, how long until both ends know that one is there, and what one costs."""

    cost: float = Field(default=1, ge=1e-3, le=1e6)
    rate: float | None = Field(default=None, gt=0, le=1e18)
    fidelity: Fidelity | None = None
    latency: Seconds | None = None


class ClassicalChannel(_Strict):
    """A way for messages, in both directions, and how long one takes (None: not known)."""

    latency: Seconds | None = None


class NetworkLink(_Strict):
    """Two nodes, by name, and what runs between them: ebits, messages, or both. With neither it is quantum, its figures unknown."""

    nodes: tuple[str, str]
    quantum: QuantumChannel | None = None
    classical: ClassicalChannel | None = None

    @property
    def is_quantum(self) -> bool:
        return self.quantum is not None or self.classical is None

    @property
    def cost(self) -> float:
        """What an ebit over the link costs [NW-17]."""
        return 1 if self.quantum is None else self.quantum.cost


@dataclass(frozen=True, slots=True)
class NetworkFlaw:
    """A broken invariant: its clause, what is wrong, and the path of keys in the file that it concerns."""

    code: str
    message: str
    path: tuple[str | int, ...]
    help: str | None = None


class Network(_Strict):
    """Nodes and the links between them.

    Examples
    --------
    >>> net = Network(nodes=[Node(name="a", data=2), Node(name="b", data=2)], links=[NetworkLink(nodes=("a", "b"))])
    >>> net.distance.tolist()
    [[0, 1], [1, 0]]
    """

    nodes: tuple[Node, ...]
    links: tuple[NetworkLink, ...] = ()

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
        return self._neighbours([link for link in self.links if link.is_quantum])

    def _neighbours(self, links: Sequence[NetworkLink]) -> tuple[tuple[int, ...], ...]:
        out: list[set[int]] = [set() for _ in self.nodes]
        for link in links:
            a, b = (self.index[x] for x in link.nodes)
            out[a].add(b)
            out[b].add(a)
        return tuple(tuple(sorted(s)) for s in out)

    @cached_property
    def classical(self) -> dict[frozenset[int], ClassicalChannel] | None:
        """The classical links by their two nodes; None if the network names none: then every node reaches every other one [NW-9]."""
        found = {frozenset(self.index[x] for x in link.nodes): link.classical for link in self.links}
        named = {pair: channel for pair, channel in found.items() if channel is not None}
        return named or None

    def with_nodes(self, nodes: Sequence[Node]) -> Network:
        """The same links between other nodes of the same names.

        Examples
        --------
        >>> net = Network(nodes=(Node(name="a", data=2),), links=())
        >>> net.with_nodes([Node(name="a", data=3)]).nodes[0].data
        3
        """
        return Network(nodes=tuple(nodes), links=self.links)

    @cached_property
    def outline(self) -> Network:
        """What a placed graph is held to: names, models, capacities and quantum links; no figure of the hardware, no cost.

        Examples
        --------
        >>> net = Network(nodes=(Node(name="a", data=2, t1="1s"),), links=())
        >>> net.outline == net, net.outline == Network(nodes=(Node(name="a", data=2),), links=())
        (False, True)
        """
        return Network(
            nodes=tuple(Node(name=n.name, model=n.model, data=n.data, comm=n.comm) for n in self.nodes),
            links=tuple(NetworkLink(nodes=link.nodes) for link in self.links if link.is_quantum),
        )

    @cached_property
    def distance(self) -> NDArray[np.int32]:
        """Hops between nodes, int32[k, k]; -1 where there is no path."""
        return np.array([_hops(self.neighbours, start) for start in range(self.size)], np.int32).reshape(self.size, -1)

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

    def find_flaw(self, models: Collection[str] | None = None) -> NetworkFlaw | None:
        """The first invariant of ``spec/network.md`` that does not hold, or None; ``models`` are the models that there are, if known."""
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
        quantum = _parted(self.distance[0].tolist())
        if quantum is not None:
            return self._disconnected("quantum links", quantum)
        if self.classical is not None:
            reached = _parted(_hops(self._neighbours([link for link in self.links if link.classical is not None]), 0))
            if reached is not None:
                return self._disconnected("classical links", reached)
        for i, node in enumerate(self.nodes):
            if models is not None and node.model not in models:
                message = f"node '{node.name}' has the unknown model '{node.model[:40]}'"
                return NetworkFlaw("NW-8", message, ("nodes", i, "model"), f"known models: {', '.join(models)}")
            flaw = _flaw_of_node(node, ("nodes", i))
            if flaw is not None:
                return flaw
        return None

    def _disconnected(self, what: str, lost: int) -> NetworkFlaw:
        return NetworkFlaw(
            "NW-12",
            f"no path of {what} joins '{self.nodes[0].name}' and '{self.nodes[lost].name}'",
            ("links",),
            "add a link, or leave the node out"
            if what == "quantum links"
            else "where one link is named classical, messages take classical links only: add one, or name none",
        )

    def verify(self, models: Collection[str] | None = None) -> None:
        """Raise :class:`~gossamer.diagnostics.InputError` with the clause that is violated, if any is.

        ``models`` are the computational models that there are; without it any name is one.

        Examples
        --------
        >>> Network(nodes=(Node(name="a", data=1),), links=(NetworkLink(nodes=("a", "b")),)).verify()
        Traceback (most recent call last):
        gossamer.diagnostics.InputError: error[NW-11]: link to an unknown node 'b'
        help: the nodes are a
        """
        flaw = self.find_flaw(models)
        if flaw is not None:
            raise InputError(flaw.code, flaw.message, help=flaw.help)


def _hops(neighbours: Sequence[Sequence[int]], start: int) -> list[int]:
    """Hops from ``start`` to each node; -1 where there is no path."""
    k = len(neighbours)
    hops = [-1] * k  # a list: single elements of an array are slow
    hops[start] = 0
    ring, known = [start], 1
    while ring and known < k:
        ring_next = []
        for x in ring:
            for y in neighbours[x]:
                if hops[y] < 0:
                    hops[y] = hops[x] + 1
                    ring_next.append(y)
            if known + len(ring_next) == k:
                break
        known += len(ring_next)
        ring = ring_next
    return hops


def _parted(hops: Sequence[int]) -> int | None:
    """The first node that is not reached."""
    return next((i for i, h in enumerate(hops) if h < 0), None)


def _flaw_of_node(node: Node, path: tuple[str | int, ...]) -> NetworkFlaw | None:
    """What is wrong with the figures and the gates of one node."""
    for key, time in (("t1", node.t1), ("t2", node.t2)):
        if time == 0:
            return NetworkFlaw(
                "NW-14", f"{key} of '{node.name}' is 0", (*path, key), "leave it out for a perfect memory"
            )
    if node.t1 is not None and node.t2 is not None and node.t2 > 2 * node.t1:
        return NetworkFlaw(
            "NW-14",
            f"t2 of '{node.name}' is longer than 2 t1",
            (*path, "t2"),
            "coherence ends with relaxation at the latest",
        )
    if node.gates is not None and node.model not in NATIVE:
        message = f"'{node.name}' is of model '{node.model}', which has no native gates"
        return NetworkFlaw("NW-15", message, (*path, "gates"), f"models that have: {', '.join(NATIVE)}")
    if node.coupling is not None and node.model != "circuit":
        message = f"'{node.name}' is of model '{node.model}', whose programs are not routed"
        return NetworkFlaw("NW-16", message, (*path, "coupling"), "a coupling map is a matter of circuit nodes")
    if node.gates == ():
        return NetworkFlaw("NW-15", f"'{node.name}' has no gate at all", (*path, "gates"), _ALL_GATES)
    seen: set[str] = set()
    for i, gate in enumerate(node.gates or ()):
        if gate.name not in NATIVE[node.model]:
            what = (
                f"unknown gate '{gate.name[:40]}'"
                if gate.name not in GATES
                else f"no node of model '{node.model}' has the gate {gate.name}"
            )
            known = ", ".join(NATIVE[node.model])
            return NetworkFlaw("NW-15", what, (*path, "gates", i), f"known gates: {known}")
        if gate.name in seen:
            return NetworkFlaw("NW-15", f"gate '{gate.name}' is given twice", (*path, "gates", i))
        seen.add(gate.name)
    return _flaw_of_coupling(node, (*path, "coupling"))


_ALL_GATES = "name its gates, or leave the field out for every gate of node programs"


def _flaw_of_coupling(node: Node, path: tuple[str | int, ...]) -> NetworkFlaw | None:
    """What is wrong with the coupling map of a node."""
    if node.coupling is None:
        return None
    if node.comm is None or node.data + node.comm > MAX_COUPLED:
        help = f"say how many communication qubits it has; at most {MAX_COUPLED} qubits can be coupled by a map"
        return NetworkFlaw("NW-16", f"the coupling map of '{node.name}' needs a small number of qubits", path, help)
    near: list[set[int]] = [set() for _ in range(node.data + node.comm)]
    for i, (a, b) in enumerate(node.coupling):
        if not (0 <= a < len(near) and 0 <= b < len(near)) or a == b:
            help = f"data qubits are 0 to {node.data - 1}, communication qubits follow, {len(near)} in all"
            return NetworkFlaw("NW-16", f"({a}, {b}) are no two qubits of '{node.name}'", (*path, i), help)
        if b in near[a]:
            return NetworkFlaw("NW-16", f"qubits {a} and {b} of '{node.name}' are coupled twice", (*path, i))
        near[a].add(b)
        near[b].add(a)
    inner = [sorted(q for q in x if q < node.data) for x in near]
    lost = _parted(_hops(inner[: node.data], 0)) if node.data else None
    if lost is not None:
        help = "swaps bring data qubits together, and communication qubits do not swap"
        return NetworkFlaw(
            "NW-16", f"no path of data qubits joins the qubits 0 and {lost} of '{node.name}'", path, help
        )
    alone = next((q for q in range(node.data, len(near)) if not inner[q] and node.data), None)
    if alone is not None:
        message = f"communication qubit {alone} of '{node.name}' is coupled to no data qubit"
        return NetworkFlaw("NW-16", message, path)
    return None
