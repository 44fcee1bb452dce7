"""First and last places: where the user wants qubits to begin and to end, and how a placement keeps to that.

An input's place is that of its vertex. An output's vertex stands for its last run of gates, perhaps for the whole wire, so where it is
to end on a node it may have to move there first: two more vertices, each a Hadamard step, carry it over, on one link at most. They are made for every
output that has a wish while places are searched for, and stay only where something moves. To end where it began is a tie between two
places: a first search lets the tie cost as much as bringing the qubit back does, then the places that it found are fixed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gossamer.diagnostics import NetworkInfeasible, UsageError, nearest
from gossamer.ir.diagram import Int
from gossamer.ir.network import Network, Node
from gossamer.ir.open_graph import Label, OpenGraph, correction_columns
from gossamer.ir.phase import Phase

#: Where outputs end that nothing is said of: anywhere, or where the input of the same name begins.
FINAL = ("free", "same")


def parse_places(text: str) -> dict[str, str]:
    """Qubits and nodes from ``q[0]=alice,q[1]=bob``.

    Raises
    ------
    ValueError
        For anything else, and for a qubit that is named twice.

    Examples
    --------
    >>> parse_places("q[0]=alice, q[1]=bob")
    {'q[0]': 'alice', 'q[1]': 'bob'}
    """
    out: dict[str, str] = {}
    for part in text.split(",") if text.strip() else ():
        name, equals, node = (word.strip() for word in part.rpartition("="))
        if not (name and equals and node):
            raise ValueError(f"'{part.strip()[:80]}' is no place of a qubit; write q[0]=alice")
        if name in out:
            raise ValueError(f"'{name[:80]}' is given two places")
        out[name] = node
    return out


def print_places(places: Mapping[str, str]) -> str:
    """The text that :func:`parse_places` reads."""
    return ",".join(f"{name}={node}" for name, node in places.items())


def find_places(places: Mapping[str, str], names: Sequence[str], nodes: Collection[str], what: str) -> dict[str, str]:
    """The same with every qubit by its own name; a register's name stands for all its elements.

    Parameters
    ----------
    names, nodes
        The qubits and the nodes that there are.
    what
        What the qubits are: ``input`` or ``output``.

    Raises
    ------
    UsageError
        ``TL-7`` for a qubit or a node that there is not.

    Examples
    --------
    >>> find_places({"a": "bob", "q": "alice"}, ["q[0]", "q[1]", "a[0]"], ["alice", "bob"], "input")
    {'a[0]': 'bob', 'q[0]': 'alice', 'q[1]': 'alice'}
    """
    known, out = set(names), dict[str, str]()
    for name, node in places.items():
        found = [name] if name in known else [x for x in names if x.startswith(name + "[")]
        if not found:
            raise UsageError("TL-7", f"no quantum {what} is called '{name[:80]}'", help=_hint(name, names, f"{what}s"))
        if node not in nodes:
            message = f"'{name[:80]}' is to stand on '{node[:80]}', which is no node of the network"
            raise UsageError("TL-7", message, help=_hint(node, nodes, "nodes"))
        for one in found:
            if out.setdefault(one, node) != node:
                raise UsageError(
                    "TL-7", f"'{one}' is given two places", help="name it once, alone or with its register"
                )
    return out


def _hint(name: str, known: Collection[str], what: str) -> str:
    close = nearest(name, known)
    some = ", ".join([*known][:8]) + (", ..." if len(known) > 8 else "")
    return f"did you mean '{close}'?" if close else f"the {what} are {some or 'none'}"


@dataclass(frozen=True, eq=False)
class Ends:
    """What is wanted of a graph's inputs and outputs.

    Attributes
    ----------
    begin, end : int32[...], the node of each input and each output, -1: any
    ties : (input, output) by number: they stand on one node, whichever it is
    """

    begin: Int
    end: Int
    ties: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, graph: OpenGraph, network: Network, place: str, end: str, final: str) -> Ends:
        """The wishes in text, for a graph on a network.

        Raises
        ------
        UsageError
            ``TL-7`` for a qubit or a node that there is not.
        NetworkInfeasible
            ``NW-13`` where more qubits are to begin or to end on a node than it holds.
        """
        wanted = []
        for text, names, what in ((place, graph.input_names, "input"), (end, graph.output_names, "output")):
            column = np.full(len(names), -1, np.int32)
            number = {name: i for i, name in enumerate(names)}
            for name, node in find_places(parse_places(text), names, network.index, what).items():
                column[number[name]] = network.index[node]
            wanted.append(column)
        begin, last = wanted
        number = {name: i for i, name in enumerate(graph.input_names)}
        same = [(number[x], j) for j, x in enumerate(graph.output_names) if x in number and last[j] < 0]
        ties = []
        for i, j in same if final == "same" else ():
            if begin[i] >= 0:
                last[j] = begin[i]
            else:
                ties.append((i, j))
        for column, verb in ((begin, "begin"), (last, "end")):
            for i, held in enumerate(np.bincount(column[column >= 0], minlength=network.size).tolist()):
                _check_room(network.nodes[i], held, verb)
        return cls(begin, last, tuple(ties))

    @property
    def moving(self) -> list[int]:
        """The outputs that there is a wish for, by number."""
        return sorted({*np.flatnonzero(self.end >= 0).tolist(), *(j for _, j in self.ties)})


def _check_room(node: Node, held: int, verb: str) -> None:
    if held > node.room:
        raise NetworkInfeasible(
            "NW-13",
            f"{held} qubits are to {verb} on node {node.name}, which has {node.data} data qubit{'s' * (node.data != 1)}"
            + ("" if node.room == node.data else ", one of them for its steps"),
            help=f"give {node.name} {held - node.room} more, or let fewer qubits {verb} there",
            lacks=(node.name, "data", held - node.room),
        )


# ---- outputs that move ------------------------------------------------------------------------------------------------


def split_outputs(graph: OpenGraph, which: Iterable[int]) -> OpenGraph:
    """The same graph with some outputs (by number) at the end of two more Hadamard steps.

    The i-th of them has the new vertices ``n + 2 i``, measured along X, and ``n + 2 i + 1``, the output. They come last in the order.

    Examples
    --------
    >>> from gossamer.ir.wires import WireBuilder
    >>> from gossamer.passes.graph_like import to_open_graph
    >>> w = WireBuilder(); q = w.add_input("q"); _ = w.output(q, "q")
    >>> longer = split_outputs(to_open_graph(w.build()), [0])
    >>> longer.verify(); longer.edges.tolist(), longer.outputs.tolist(), longer.successor.tolist()
    ([[0, 1], [1, 2]], [2], [1, 2, -1])
    """
    chosen = list(which)
    if not chosen:
        return graph
    n, more = graph.num_vertices, 2 * len(chosen)
    old = graph.outputs[chosen]
    middle = np.arange(n, n + more, 2, dtype=np.int32)
    phases = graph.phases if Phase() in graph.phases else (*graph.phases, Phase())
    label = np.concatenate([graph.label, np.tile(np.array([Label.X, Label.OUTPUT], np.uint8), len(chosen))])
    label[old] = Label.XY
    edges = np.concatenate([graph.edges, np.stack([old, middle], 1), np.stack([middle, middle + 1], 1)]).astype(
        np.int32
    )
    outputs = graph.outputs.copy()
    outputs[chosen] = middle + 1
    corrections = [graph.correction_set(v) for v in range(n)] + [[] for _ in range(more)]
    for v, w in zip(old.tolist(), middle.tolist(), strict=True):
        corrections[v], corrections[w] = [w], [w + 1]
    start, flow = correction_columns(corrections)
    return replace(
        graph, label=label, phases=phases,
        phase=np.concatenate([graph.phase, np.full(more, phases.index(Phase()), np.int32)]),
        edges=edges[np.lexsort((edges[:, 1], edges[:, 0]))], outputs=outputs,
        outcome=np.concatenate([graph.outcome, np.full(more, -1, np.int32)]), flow_start=start, flow=flow,
        order=np.concatenate([graph.order, middle, middle + 1]).astype(np.int32),
    )  # fmt: skip
