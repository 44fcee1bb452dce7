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
from gossamer.ir.placed import Assignment
from gossamer.passes.partition import Tricks, default_moves, partition, problem_from_graph, search

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


def _without_idle_moves(graph: OpenGraph, longer: OpenGraph, which: Sequence[int], given: Assignment) -> Assignment:
    """The assignment for the graph with the outputs that do move, from one in which all of ``which`` have two more vertices."""
    n = graph.num_vertices
    at = {(u, v): b for (u, v), b in zip(longer.edges.tolist(), given.edge_place.tolist(), strict=True)}
    moved: list[int] = []
    kept = list(range(n))
    for i, j in enumerate(which):
        y, m = int(graph.outputs[j]), n + 2 * i
        if {int(given.place[m]), int(given.place[m + 1]), at[y, m], at[m, m + 1]} != {int(given.place[y])}:
            moved.append(j)
            kept += [m, m + 1]
    shorter = split_outputs(graph, moved)
    edges = [at[kept[u], kept[v]] for u, v in shorter.edges.tolist()]
    return replace(
        given, place=given.place[kept].astype(np.int32), edge_place=np.array(edges, np.int32), moved=tuple(moved)
    )


# ---- the search -------------------------------------------------------------------------------------------------------


def partition_between(
    graph: OpenGraph,
    network: Network,
    ends: Ends,
    *,
    effort: int = 1,
    seed: int = 0,
    objective: str = "ebits",
    tricks: Tricks = Tricks(),
    least: int = 1,
) -> Assignment:
    """Place a graph so that its inputs and outputs stand where they are wanted; see :func:`gossamer.passes.partition.partition`.

    Raises
    ------
    NetworkInfeasible
        ``NW-13`` if the data qubits do not suffice, or no placement was found that keeps to the wishes.
    """
    which = _in_turn(graph, network, ends)
    longer = split_outputs(graph, which)
    begin, end = ends.begin.copy(), ends.end.copy()
    if ends.ties:
        place = _tied_places(graph, longer, network, ends, effort, seed, objective, tricks)
        for i, j in ends.ties:
            begin[i] = end[j] = place[longer.inputs[i]]
    given = partition(
        longer, network, effort=effort, seed=seed, objective=objective, fixed=_fixed(graph, longer, begin, end),
        tricks=tricks, least=least,
    )  # fmt: skip
    return _without_idle_moves(graph, longer, which, given)


def _fixed(graph: OpenGraph, longer: OpenGraph, begin: Int, end: Int) -> Int:
    """For each vertex of ``longer``, which is the graph with split outputs, the node where it has to stand.

    The first of two new vertices waits in its turn before it hands over to the second: it is no part of that one.
    """
    fixed = np.full(longer.num_vertices, -1, np.int32)
    fixed[longer.outputs] = end
    fixed[longer.inputs] = np.where(begin >= 0, begin, fixed[longer.inputs])
    fixed[graph.num_vertices :: 2] = -2
    return fixed


def _in_turn(graph: OpenGraph, network: Network, ends: Ends) -> list[int]:
    """The outputs with a wish, in an order in which each finds room where it goes, as far as one is found."""
    begins = dict(zip(graph.input_names, ends.begin.tolist(), strict=True))
    ways = {j: (begins.get(graph.output_names[j], -1), int(ends.end[j])) for j in ends.moving}
    room = [node.room for node in network.nodes]
    for source, goal in ways.values():
        room[max(source, goal) if min(source, goal) < 0 else source] -= 1
    out: list[int] = []
    todo = list(ways)
    while todo:
        j = next((j for j in todo if ways[j][0] == ways[j][1] or min(ways[j]) < 0 or room[ways[j][1]] > 0), todo[0])
        todo.remove(j)
        out.append(j)
        source, goal = ways[j]
        if min(source, goal) >= 0:
            room[source] += 1
            room[goal] -= 1
    return out


def _tied_places(
    graph: OpenGraph,
    longer: OpenGraph,
    network: Network,
    ends: Ends,
    effort: int,
    seed: int,
    objective: str,
    tricks: Tricks,
) -> Int:
    """Places of all vertices in a search where each tie costs a link if it is broken."""
    problem = problem_from_graph(longer, network, objective)
    spider_of = np.cumsum(~longer.is_hub, dtype=np.int32) - 1
    ties = np.full((len(ends.ties), problem.items.shape[1]), -1, np.int32)
    for row, (i, j) in zip(ties, ends.ties, strict=True):
        row[:2] = spider_of[longer.inputs[i]], spider_of[longer.outputs[j]]
    more = len(ties)
    tied = replace(
        problem, items=np.concatenate([problem.items, ties]),
        is_chain=np.concatenate([problem.is_chain, np.zeros(more, bool)]),
        item_time=np.concatenate([problem.item_time, np.full(more, problem.num_steps - 1, np.int32)]),
        fixed=_fixed(graph, longer, ends.begin, ends.end)[~longer.is_hub],
    )  # fmt: skip
    found = search(tied, moves=default_moves(problem, effort) // 2, seed=seed, tricks=tricks)
    return found.place[spider_of].astype(np.int32)
