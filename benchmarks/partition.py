"""Ebits that the partition search finds, beside the best of other compilers on the same files.

    python benchmarks/partition.py [--nodes K] [--shape all|line] [--effort E] [--seed N] [NAME ...]

Reads ``../shared/baselines`` (circuits and ``peers.json``) and says so plainly where it is absent. Capacities are those of the
peers, ``ceil(n/k) + 1`` data qubits on each node; links take any number of communication qubits. The first circuit's time
holds the loading of compiled code.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from pathlib import Path

from gossamer.frontends.qasm import read_qasm
from gossamer.ir.network import Network, NetworkLink, Node
from gossamer.passes.graph_like import to_open_graph
from gossamer.passes.placement_graph import problem_from_graph
from gossamer.passes.placement_search import default_moves, search

BASELINES = Path(__file__).resolve().parents[2] / "shared" / "baselines"


def network(nodes: int, data: int, shape: str) -> Network:
    pairs = [(a, b) for b in range(nodes) for a in range(b) if shape == "all" or b - a == 1]
    return Network(
        nodes=tuple(Node(name=f"n{i}", data=data) for i in range(nodes)),
        links=tuple(NetworkLink(nodes=(f"n{a}", f"n{b}")) for a, b in pairs),
    )


def best_peers(nodes: int, shape: str) -> dict[str, int]:
    best: dict[str, int] = {}
    topology = {"all": "a2a", "line": "line"}[shape]
    for row in json.loads((BASELINES / "peers.json").read_text())["results"]:
        if row.get("k") == nodes and row.get("topo") == topology and row.get("ebits") is not None:
            name, ebits = row["circuit"], int(row["ebits"])
            best[name] = min(ebits, best.get(name, ebits))
    return best


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--nodes", type=int, default=4)
    parser.add_argument("--shape", choices=("all", "line"), default="all")
    parser.add_argument("--effort", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if not (BASELINES / "peers.json").is_file():
        print(
            "the baselines are absent: expected peers.json and qasm/ in shared/baselines beside the checkout",
            file=sys.stderr,
        )
        return 1
    peers = best_peers(options.nodes, options.shape)
    print(
        f"{'circuit':14} {'peer':>5} {'ours':>5} {'start':>6} {'spiders':>8} {'items':>7} {'seconds':>8}  partitioner"
    )
    logs = []
    for name in options.names or sorted(peers):
        path = BASELINES / "qasm" / f"{name}.qasm"
        diagram = read_qasm(path.read_text(), path.name)
        graph = to_open_graph(diagram)
        capacity = -(-len(diagram.inputs) // options.nodes) + 1
        begin = time.perf_counter()
        problem = problem_from_graph(graph, network(options.nodes, capacity, options.shape))
        found = search(problem, moves=default_moves(problem, options.effort), seed=options.seed)
        seconds = time.perf_counter() - begin
        peer = peers.get(name)
        print(
            f"{name:14} {peer if peer is not None else '-':>5} {found.cost:>5} {found.start_cost:>6} {problem.num_spiders:>8} "
            f"{problem.num_items:>7} {seconds:>8.1f}  {found.partitioner}",
            flush=True,
        )
        if peer and found.cost:
            logs.append(math.log(found.cost / peer))
    if logs:
        print(f"geometric mean of ours / peer over {len(logs)} files: {math.exp(sum(logs) / len(logs)):.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
