"""A circuit without Hadamards as a problem of placement, and what it costs where its wires stand on given nodes.

A maximal run of gates on a wire in one basis is a spider, a *packet*; a two-qubit gate joins two packets, a change of basis two that follow each other.
This is the graph that ``graph-like`` makes of the same circuit, read off at once, so that many circuits can be compared.

References
----------
Packets: Wu et al., arXiv:2207.11674. The fewest copies for gates between two nodes are a smallest vertex cover of a bipartite graph, as
large as a greatest matching: Koenig, Mat. Fiz. Lapok 38, 116 (1931).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gossamer.ir.diagram import Int
from gossamer.ir.matching import greatest_matching
from gossamer.ir.network import Network
from gossamer.ir.open_graph import Label, OpenGraph
from gossamer.ir.phase import Phase
from gossamer.passes.placement_graph import network_columns
from gossamer.passes.placement_problem import PlacementProblem
from gossamer.passes.steps import StepKind, step_order
from gossamer.passes.weights import weigh
from gossamer.rewriting.circuit import NO_PHASE, Framed, Op

#: For each gate the nodes of its wires.
Nodes = list[tuple[int, ...]]


@dataclass(frozen=True, eq=False)
class Packets:
    """The packets of a circuit: for each gate those of its wires; ``problem``, in which they are spiders."""

    of_gate: list[tuple[int, ...]]
    problem: PlacementProblem

    def nodes(self, place: Int) -> Nodes:
        at = place.tolist()
        return [tuple(at[s] for s in packets) for packets in self.of_gate]

    def place(self, nodes: Nodes) -> Int:
        """Each packet on the node of its first gate."""
        out = np.full(self.problem.num_spiders, -1, np.int32)
        for packets, at in zip(reversed(self.of_gate), reversed(nodes), strict=True):
            out[list(packets)] = at
        return out


def packets(gates: Sequence[Framed], network: Network, objective: str = "ebits") -> Packets:
    """The packets of a circuit on a network, whose links and nodes weigh what they cost for the objective.

    Examples
    --------
    >>> from gossamer.ir.network_text import resolve_network
    >>> from gossamer.passes.placement_search import search
    >>> from gossamer.rewriting.circuit import Gate, take_frames
    >>> ends = [[Gate(op, (w,), number=w) for w in (0, 1)] for op in (Op.INPUT, Op.OUTPUT)]
    >>> gates = take_frames([*ends[0], Gate(Op.CZ, (0, 1)), *ends[1]])
    >>> search(packets(gates, resolve_network("2:qubits=1")).problem).cost
    1
    """
    now: dict[int, tuple[int, int]] = {}  # wire -> packet and basis
    start: list[int] = []
    end: list[int] = []
    successor: list[int] = []
    items: list[tuple[int, int]] = []
    chain: list[bool] = []
    times: list[int] = []
    of_gate: list[tuple[int, ...]] = []
    time = 1

    def begin(at: int) -> int:
        start.append(at)
        end.append(-1)
        successor.append(-1)
        return len(start) - 1

    def item(a: int, b: int, is_chain: bool) -> None:
        nonlocal time
        items.append((a, b))
        chain.append(is_chain)
        times.append(time)
        time += 1

    for g in gates:
        for w, basis in zip(g.wires, g.bases, strict=True):
            if w not in now:
                now[w] = begin(0 if g.op == Op.INPUT else time), basis
            elif now[w][1] != basis:
                old = now[w][0]
                end[old] = time
                now[w] = begin(time), basis
                successor[old] = now[w][0]
                item(old, now[w][0], True)
        of_gate.append(tuple(now[w][0] for w in g.wires))
        if len(g.wires) == 2:
            item(of_gate[-1][0], of_gate[-1][1], False)
        elif g.op == Op.MEASURE:
            end[of_gate[-1][0]] = time
            time += 1
    problem = PlacementProblem(
        num_spiders=len(start), items=np.array(items, np.int32).reshape(-1, 2), is_chain=np.array(chain, bool),
        start=np.array(start, np.int32), end=np.array([time if at < 0 else at for at in end], np.int32),
        successor=np.array(successor, np.int32), item_time=np.array(times, np.int32), num_steps=time + 1,
        fixed=np.full(len(start), -1, np.int32), **network_columns(network, weigh(network, objective)),
    )  # fmt: skip
    return Packets(of_gate, problem)


def circuit_of(graph: OpenGraph) -> list[Framed] | None:
    """A graph with a causal flow as a circuit: its wires are chains of packets; None for measurements and gadgets of more than two legs.

    Examples
    --------
    >>> from gossamer.ir.phase import Phase
    >>> from gossamer.ir.wires import WireBuilder
    >>> from gossamer.passes.graph_like import to_open_graph
    >>> w = WireBuilder()
    >>> a, b = w.add_input("a"), w.add_input("b")
    >>> w.gadget([a, b], Phase(1 / 4)); w.h(b)
    >>> _ = w.output(a, "a"), w.output(b, "b")
    >>> [(g.op.value, g.bases) for g in circuit_of(to_open_graph(w.build()))]
    [('input', (0,)), ('input', (0,)), ('gadget', (0, 0)), ('output', (0,)), ('output', (1,))]
    """
    hubs = graph.is_hub
    start, other, _ = graph.adjacency
    plain = np.isin(graph.label, (Label.XY, Label.OUTPUT)) | hubs
    if not plain.all() or (graph.outcome >= 0).any() or (np.diff(start)[hubs] != 2).any() or len(graph.postselected):
        return None
    output = {v: i for i, v in enumerate(graph.outputs.tolist())}
    wire: dict[int, int] = {}
    basis: dict[int, int] = {}
    out: list[Framed] = []

    def meet(v: int) -> None:
        if v not in wire:  # a wire that starts here
            wire[v], basis[v] = len(wire), 0
            out.append(Framed(Op.PLUS, (wire[v],), (0,), NO_PHASE, -1))

    def act(op: Op, *legs: int, phase: Phase = NO_PHASE, number: int = -1) -> None:
        by_wire = sorted((wire[v], basis[v]) for v in legs)
        out.append(Framed(op, tuple(w for w, _ in by_wire), tuple(b for _, b in by_wire), phase, number))

    for i, v in enumerate(graph.inputs.tolist()):
        wire[v], basis[v] = len(wire), 0
        act(Op.INPUT, v, number=i)
    for kind, x in step_order(graph).tolist():
        if kind == StepKind.END:
            meet(x)
            if not graph.phase_of(x).is_zero:
                act(Op.RZ, x, phase=graph.phase_of(x))
            after = int(graph.successor[x])
            if after >= 0:
                wire[after], basis[after] = wire[x], 1 - basis[x]
            elif x in output:
                act(Op.OUTPUT, x, number=output[x])
            else:
                return None
        elif kind == StepKind.EDGE:
            ends = graph.edges[x].tolist()
            for v in ends:
                meet(v)
            act(Op.CZ, *ends)
        else:
            ends = other[start[x] : start[x + 1]].tolist()
            for v in ends:
                meet(v)
            act(Op.GADGET, *ends, phase=graph.phase_of(x))
    return out


def count_copies(gates: Sequence[Framed], nodes: Nodes) -> int:
    """The fewest copies of packets that realise all gates, where each packet stands on the node of its first gate.

    A gate is realised where one of its packets stands, and links join any two nodes.

    Examples
    --------
    >>> from gossamer.rewriting.circuit import Gate, take_frames
    >>> count_copies(take_frames([Gate(Op.CZ, (0, 1)), Gate(Op.CZ, (0, 2)), Gate(Op.CX, (2, 0))]), [(0, 1), (0, 1), (0, 1)])
    2
    """
    now: dict[int, tuple[int, int, int]] = {}  # wire -> basis, packet, node
    meet: dict[tuple[int, int], list[tuple[int, int]]] = {}  # copy (packet, node) -> copies that would do instead
    number = 0

    def join(s: int, here: int, t: int, there: int) -> None:
        if here < there:
            meet.setdefault((s, there), []).append((t, here))
        elif there < here:
            meet.setdefault((t, here), []).append((s, there))

    for g, at in zip(gates, nodes, strict=True):
        for w, basis, node in zip(g.wires, g.bases, at, strict=True):
            old = now.get(w)
            if old is None or old[0] != basis:
                number += 1
                now[w] = basis, number, node
                if old is not None:
                    join(old[1], old[2], number, node)
        if len(g.wires) == 2:
            (_, s, here), (_, t, there) = now[g.wires[0]], now[g.wires[1]]
            join(s, here, t, there)
    return len(greatest_matching(meet))
