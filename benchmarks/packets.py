"""A packet-only static baseline: every qubit stays on one node, gates with a common control share an ebit, nothing else is tried.

    echo '{"circuit": "...", "nodes": 2, "capacity": 3, "links": [[0, 1]], "seed": 0}' | python benchmarks/packets.py

Reads one job on standard input and answers on standard output, as a peer of `gossamer bench --peer packets=benchmarks/packets.py` does.

A packet is a run of gates that are diagonal on one qubit, without another gate on it in between: a spider of the open graph on that
qubit's wire. Qubits are placed by partitioning the hypergraph of Andres-Martinez and Heunen (vertices: qubits, of weight 1, and gates,
of weight 0; a hyperedge for each packet with its qubit and its gates; cost: connectivity minus one), with Mt-KaHyPar, under the capacities.
Then the gates between two nodes are shared out among packets anew, at the least number of ebits that this placement allows for: a minimum
vertex cover of packets for each pair of nodes. Of several seeds the best counts. An ebit between nodes that are not linked costs one for each
hop. Link memory is not limited.

References
----------
Andres-Martinez, Heunen, PRA 100, 032308 (2019); Ferrari, Cacciapuoti, Amoretti, Caleffi, IEEE Trans. Quantum Eng. 2, 4100720 (2021);
Wu, Zhang, Li, Ding, Humble (AutoComm), MICRO 2022; Sundaram, Gupta, Ramakrishnan, DISC 2021 (vertex cover).
"""

from __future__ import annotations

import json
import sys
from functools import cache
from typing import Any

import mtkahypar
import networkx as nx
import numpy as np

import gossamer
from gossamer.ir.open_graph import OpenGraph
from gossamer.passes.graph_like import to_open_graph

SEEDS = 5


@cache
def initialize() -> Any:
    return mtkahypar.initialize(1)


def wires_of(graph: OpenGraph) -> np.ndarray:
    """The wire of each vertex, -1 for hubs of gadgets."""
    wire = np.full(graph.num_vertices, -1, np.int64)
    after = graph.successor
    starts = set(np.flatnonzero(~graph.is_hub).tolist()) - set(after[after >= 0].tolist())
    for number, v in enumerate(sorted(starts)):
        while v >= 0:
            wire[v] = number
            v = int(after[v])
    return wire


def gates_of(graph: OpenGraph) -> list[list[int]]:
    """The gates on several wires, each as its packets."""
    gates = [graph.neighbours(hub) for hub in np.flatnonzero(graph.is_hub).tolist()]
    hub = graph.is_hub
    for (a, b), chain in zip(graph.edges.tolist(), graph.is_chain_edge, strict=True):
        if not (chain or hub[a] or hub[b]):
            gates.append([a, b])
    return [gate for gate in gates if len(gate) > 1]


def place(
    wires: np.ndarray, gates: list[list[int]], weights: list[int], nodes: int, capacity: int, seed: int
) -> list[int]:
    """A node for each wire."""
    n = len(weights)
    packets: dict[int, list[int]] = {}
    for i, gate in enumerate(gates):
        for packet in gate:
            packets.setdefault(packet, []).append(n + i)
    rng = np.random.default_rng(seed)
    number = rng.permutation(n + len(gates))  # the deterministic preset ignores seeds: other numbers give other answers
    edges = [[int(number[wires[p]]), *(int(number[g]) for g in inside)] for p, inside in packets.items()]
    if nodes == 1 or not edges:
        return [i // capacity for i in range(n)]
    weight = np.zeros(n + len(gates), int)
    weight[number[:n]] = weights
    mtk = initialize()
    context = mtk.context_from_preset(mtkahypar.PresetType.DETERMINISTIC)
    context.set_partitioning_parameters(nodes, 0.0, mtkahypar.Objective.KM1)
    context.set_individual_target_block_weights([capacity] * nodes)
    context.logging = False
    hypergraph = mtk.create_hypergraph(context, n + len(gates), len(edges), edges, weight.tolist(), [1] * len(edges))
    blocks = hypergraph.partition(context).get_partition()
    return [int(blocks[number[i]]) for i in range(n)]


def cost(wires: np.ndarray, gates: list[list[int]], where: list[int], hops: dict[int, dict[int, int]]) -> int:
    """Ebits: a minimum vertex cover for each pair of nodes; a gate on three wires or more goes to its first node."""
    pairs: dict[tuple[int, int], set[tuple[int, int]]] = {}
    for gate in gates:
        for packet in gate[1:]:
            ends = sorted([(where[wires[gate[0]]], gate[0]), (where[wires[packet]], packet)])
            (a, u), (b, v) = ends
            if a != b:
                pairs.setdefault((a, b), set()).add((u, v))
    total = 0
    for (a, b), edges in pairs.items():
        graph = nx.Graph([((0, u), (1, v)) for u, v in sorted(edges)])
        matching = nx.bipartite.hopcroft_karp_matching(graph, [x for x in graph if x[0] == 0])
        total += len(matching) // 2 * hops[a][b]  # König: a minimum cover is as large as a maximum matching
    return total


def answer(job: dict[str, Any]) -> dict[str, Any]:
    graph = to_open_graph(gossamer.read(job["circuit"]))
    wires, gates = wires_of(graph), gates_of(graph)
    weights = [1] * (int(wires.max()) + 1)
    network = nx.Graph([tuple(pair) for pair in job["links"]])
    hops = dict(nx.all_pairs_shortest_path_length(network))
    found = []
    for seed in range(SEEDS):
        where = place(wires, gates, weights, job["nodes"], job["capacity"], SEEDS * job["seed"] + seed)
        if max(where.count(node) for node in set(where)) <= job["capacity"]:
            found.append(cost(wires, gates, where, hops))
    return {"ebits": min(found), "method": "hypergraph, vertex cover"} if found else {"error": "no placement fits"}


if __name__ == "__main__":
    print(json.dumps(answer(json.load(sys.stdin))))
