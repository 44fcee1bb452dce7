"""What an ebit over a link and a vertex on a node weigh in a search: whole numbers, from the costs or the figures of the network.

A search adds up and compares; it does so in whole numbers, so that equal seeds give equal results on every machine. Costs whose ratios are
simple are carried over exactly. Others, and figures, which are logarithms or sums of times, are rounded to a unit that is small beside the
least of them. Networks without costs have links of weight 1 and nodes of weight 0: then a weight is a number of ebits.

References
----------
Shortest paths between all nodes: Floyd, Comm. ACM 5, 345 (1962).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from gossamer.diagnostics import UsageError
from gossamer.ir.diagram import Int
from gossamer.ir.figures import figures_of
from gossamer.ir.gates import GATES
from gossamer.ir.network import Network, NetworkLink, Node

if TYPE_CHECKING:
    from gossamer.ir.placed import Placed

#: What a search can make small [NW-18].
OBJECTIVES = ("ebits", "time", "fidelity")
#: The largest distance of two nodes in weights that differ: a spider with a million gates then costs less than 2**31.
MAX_DISTANCE = 2048
#: Weights that are rounded are at least so large, if the largest distance allows.
FINE = 64


def check_objective(name: str) -> None:
    """Raise ValueError unless there is an objective of that name."""
    if name not in OBJECTIVES:
        raise ValueError(f"there is no objective '{name[:80]}'; known: {', '.join(OBJECTIVES)}")


@dataclass(frozen=True, eq=False)
class Weights:
    """Weights of the links and nodes of a network.

    Attributes
    ----------
    link : int32[K, K], of an ebit between neighbours; 0 where there is no link
    node : int32[K], of a vertex on a node, and of a copy that comes there
    distance : int32[K, K], the least sum of link weights over the paths between two nodes
    """

    neighbours: tuple[tuple[int, ...], ...]
    link: Int
    node: Int
    distance: Int

    @property
    def least(self) -> int:
        """The least weight of a link, 1 if there is none."""
        return int(self.link[self.link > 0].min(initial=np.iinfo(np.int32).max)) if (self.link > 0).any() else 1

    @property
    def typical(self) -> int:
        """The median of the weights of links, 1 if there is none."""
        return int(np.median(self.link[self.link > 0])) if (self.link > 0).any() else 1

    @property
    def alike(self) -> bool:
        """Whether all links weigh 1, and nodes nothing."""
        return self.least == int(self.link.max(initial=1)) == 1 and not self.node.any()

    def path(self, a: int, b: int) -> list[int]:
        """A path of least weight from a to b, both included; the smallest indices win ties."""
        path = [a]
        while path[-1] != b:
            x = path[-1]
            path.append(
                next(y for y in self.neighbours[x] if self.link[x, y] + self.distance[y, b] == self.distance[x, b])
            )
        return path

    def of(self, placed: Placed) -> int:
        """What a placed graph weighs: its ebits, its vertices and the copies where they come to."""
        a, b = placed.links[:, 0], placed.links[:, 1]
        vertices = placed.place[~placed.graph.is_hub]
        return int(
            self.link[a, b].sum(dtype=np.int64)
            + self.node[b].sum(dtype=np.int64)
            + self.node[vertices].sum(dtype=np.int64)
        )


@lru_cache(maxsize=16)
def weigh(network: Network, objective: str = "ebits") -> Weights:
    """The weights of a network for an objective.

    For ``ebits`` these are the costs that the network gives; for ``time`` how long an ebit takes, and for ``fidelity`` the logarithm of what is lost with
    one, the gate and the measurements that go with it included where their figures are known. Nodes weigh what they take or lose
    more than the best one does in a step and a gate, if that is known of all.

    Raises
    ------
    UsageError
        ``NW-18`` for a figure of a link that the objective needs and the network does not give.

    Examples
    --------
    >>> from gossamer.ir.network_text import parse_network
    >>> net = parse_network('''
    ... nodes: [{name: a, data: 1}, {name: b, data: 1}, {name: c, data: 1}]
    ... links: [{nodes: [a, b], quantum: {cost: 5}}, {nodes: [b, c]}, {nodes: [a, c]}]
    ... ''')
    >>> weigh(net).distance.tolist(), weigh(net).path(0, 1)
    ([[0, 2, 1], [2, 0, 1], [1, 1, 0]], [0, 2, 1])
    """
    links = [link for link in network.links if link.is_quantum]
    pairs = [(network.index[link.nodes[0]], network.index[link.nodes[1]]) for link in links]
    of_link, of_node = _PRICES[objective](network, links)
    if all(price == of_link[0] for price in of_link) and not any(of_node):
        of_link = [Fraction(1)] * len(of_link)
    else:
        of_link, of_node = _whole(network.size, pairs, of_link, of_node)
    link = np.zeros((network.size, network.size), np.int32)
    for (a, b), price in zip(pairs, of_link, strict=True):
        link[a, b] = link[b, a] = int(price)
    alike = not links or int(link.max()) == int(link[link > 0].min()) == 1
    distance = network.distance if alike else _distances(network.size, pairs, of_link).astype(np.int32)
    return Weights(network.neighbours, link, np.array([int(x) for x in of_node], np.int32), distance)


# ---- prices ----------------------------------------------------------------------------------------------------------

Prices = tuple[Sequence[Fraction], Sequence[Fraction]]


def _costs(network: Network, links: Sequence[NetworkLink]) -> Prices:
    return [Fraction(str(link.cost)) for link in links], [Fraction(str(node.cost)) for node in network.nodes]


def _times(network: Network, links: Sequence[NetworkLink]) -> Prices:
    """Seconds."""

    def pair(link: NetworkLink) -> Fraction:
        if link.quantum is None or link.quantum.rate is None:
            raise _lacking("time", "rate", link)
        return 1 / Fraction(link.quantum.rate) + (link.quantum.latency or 0)

    def one(node: Node, component: str) -> Fraction | None:
        return figures_of(node, component).duration

    return _with_nodes(network, links, [pair(link) for link in links], one)


def _losses(network: Network, links: Sequence[NetworkLink]) -> Prices:
    """Logarithms of fidelities, with the sign changed."""

    def pair(link: NetworkLink) -> Fraction:
        if link.quantum is None or link.quantum.fidelity is None:
            raise _lacking("fidelity", "fidelity", link)
        return _loss(link.quantum.fidelity)

    def one(node: Node, component: str) -> Fraction | None:
        fidelity = figures_of(node, component).fidelity
        return None if fidelity is None else _loss(fidelity)

    return _with_nodes(network, links, [pair(link) for link in links], one)


def _loss(fidelity: float) -> Fraction:
    return Fraction(f"{-math.log(fidelity):.9f}")  # the last digits of a logarithm differ from machine to machine


def _lacking(objective: str, figure: str, link: NetworkLink) -> UsageError:
    a, b = link.nodes
    return UsageError(
        "NW-18",
        f"the objective '{objective}' needs the {figure} of every quantum link, and the network gives none for the link of '{a}' and '{b}'",
        help=f"give it: quantum: {{{figure}: ...}}, or leave the objective out",
    )


_PRICES: dict[str, Callable[[Network, Sequence[NetworkLink]], Prices]] = {
    "ebits": _costs, "time": _times, "fidelity": _losses,
}  # fmt: skip


def _with_nodes(
    network: Network, links: Sequence[NetworkLink], pairs: list[Fraction], one: Callable[[Node, str], Fraction | None]
) -> Prices:
    """Prices of links with what their ends do, and of nodes, from the figures of single components."""
    gate = [_gate(node, one) for node in network.nodes]
    measurement = [one(node, "measurement") or Fraction(0) for node in network.nodes]
    for i, link in enumerate(links):
        a, b = (network.index[name] for name in link.nodes)
        pairs[i] += measurement[a] + measurement[b] + ((gate[a] or Fraction(0)) + (gate[b] or Fraction(0))) / 2
    whole = [_both(gate[i], _step(node, one)) for i, node in enumerate(network.nodes)]
    known = [price for price in whole if price is not None]
    if len(known) < network.size:
        return pairs, [Fraction(0)] * network.size
    return pairs, [price - min(known) for price in known]


def _both(a: Fraction | None, b: Fraction | None) -> Fraction | None:
    return None if a is None or b is None else a + b


def _gate(node: Node, one: Callable[[Node, str], Fraction | None]) -> Fraction | None:
    """The least price of a gate of two qubits of the node."""
    prices = [one(node, gate.name) for gate in node.gates or () if GATES[gate.name][0] == 2]
    return min((price for price in prices if price is not None), default=None)


def _step(node: Node, one: Callable[[Node, str], Fraction | None]) -> Fraction | None:
    """The price of a step from one vertex of a wire to the next: a gate of one qubit, in a pattern a new qubit and a measurement."""
    if node.model == "mbqc":
        return _both(_both(one(node, "preparation"), one(node, "measurement")), one(node, "cz"))
    prices = [one(node, gate.name) for gate in node.gates or () if GATES[gate.name][0] == 1]
    known = [price for price in prices if price is not None]
    return max(known) if known and len(known) == len(prices) else None


# ---- whole numbers ---------------------------------------------------------------------------------------------------


def _whole(
    size: int, pairs: Sequence[tuple[int, int]], of_link: Sequence[Fraction], of_node: Sequence[Fraction]
) -> Prices:
    """The prices in whole numbers: exactly if they are small then, else rounded; a link has at least 1."""
    prices = [price for price in (*of_link, *of_node) if price]
    if not prices:
        return [Fraction(1)] * len(of_link), of_node
    unit = Fraction(math.gcd(*(p.numerator for p in prices)), math.lcm(*(p.denominator for p in prices)))
    far = Fraction(max(float(_distances(size, pairs, of_link).max()), float(max(prices))))
    if far / unit <= MAX_DISTANCE and all(of_link):
        return [p / unit for p in of_link], [p / unit for p in of_node]
    least = min((p for p in of_link if p), default=min(prices))
    fine = min(FINE / least, MAX_DISTANCE / far)
    return [Fraction(max(1, round(p * fine))) for p in of_link], [Fraction(round(p * fine)) for p in of_node]


def _distances(size: int, pairs: Sequence[tuple[int, int]], of_link: Sequence[Fraction]) -> np.ndarray:
    """Least sums over paths, float64[K, K]: exact for whole numbers."""
    out = np.full((size, size), np.inf)
    np.fill_diagonal(out, 0)
    for (a, b), price in zip(pairs, of_link, strict=True):
        out[a, b] = out[b, a] = float(price)
    for c in range(size):
        np.minimum(out, out[:, c : c + 1] + out[c : c + 1], out=out)
    return out
