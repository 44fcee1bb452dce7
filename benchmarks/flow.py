"""Finding flows, beside swiflow, graphix and pyzx on the same graphs in one run.

    python benchmarks/flow.py [--sizes 300,1000,3000] [--repeat R] [--patience SECONDS]

Three families, all with a flow: `wires` (brickwork circuit, as many inputs as outputs), `states` (the same, three quarters of
its wires start in a known state), `dense` (layers joined by random invertible matrices). Pauli flow is looked for with three in
ten vertices measured along X or Y. Each time is the least of R runs, after a first call that compiles; building each
library's own graph is not counted. Ours is focused, swiflow's and pyzx's gflow is not. A rival that took longer than the patience is not asked for larger sizes. The other
libraries come with the extra `test`; swiflow is not asked for Pauli flows, because it finds false ones.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from gossamer.ir.flow import find_flow, verify_flow
from gossamer.ir.open_graph import Label

Problem = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def wires(n: int, rng: np.random.Generator, known: float = 0.0) -> Problem:
    width = max(4, round(math.sqrt(n) / 2))
    along = np.stack([np.arange(n - width), np.arange(width, n)], axis=1)
    v = np.arange(n - 1)
    across = v[(v % width != width - 1) & (rng.random(n - 1) < 0.4)]
    edges = np.concatenate([along, np.stack([across, across + 1], axis=1)])
    inputs = np.arange(width)[rng.random(width) >= known]
    return labelled(n, edges, inputs, np.arange(n - width, n))


def states(n: int, rng: np.random.Generator) -> Problem:
    return wires(n, rng, 0.75)


def dense(n: int, rng: np.random.Generator) -> Problem:
    width = max(4, round(math.sqrt(n)))
    layers = n // width
    edges = []
    for k in range(layers):
        inside = np.argwhere(np.triu(rng.random((width, width)) < 0.5, 1))
        edges.append(inside + k * width)
        if k + 1 < layers:
            lower = np.tril(rng.integers(0, 2, (width, width)), -1) + np.eye(width, dtype=int)
            upper = np.triu(rng.integers(0, 2, (width, width)), 1) + np.eye(width, dtype=int)
            edges.append(np.argwhere((lower @ upper) % 2) + np.array([k * width, (k + 1) * width]))
    n = layers * width
    return labelled(n, np.concatenate(edges), np.arange(width), np.arange(n - width, n))


def labelled(n: int, edges: np.ndarray, inputs: np.ndarray, outputs: np.ndarray) -> Problem:
    label = np.full(n, Label.XY, np.uint8)
    label[outputs] = Label.OUTPUT
    return label, edges.astype(np.int32), inputs.astype(np.int32), outputs.astype(np.int32)


def along_axes(problem: Problem, rng: np.random.Generator) -> Problem:
    label = problem[0].copy()
    chosen = (label == Label.XY) & (rng.random(label.size) < 0.3)
    label[chosen] = rng.choice([Label.X, Label.Y], int(chosen.sum()))
    return (label, *problem[1:])


def swiflow_solver(kind: str, problem: Problem) -> Callable[[], Any] | None:
    import networkx as nx
    from swiflow import flow, gflow

    label, edges, inputs, outputs = problem
    g: Any = nx.Graph()
    g.add_nodes_from(range(label.size))
    g.add_edges_from(edges.tolist())
    find = {"causal": flow.find, "gflow": gflow.find}.get(kind)
    return None if find is None else lambda: find(g, set(inputs.tolist()), set(outputs.tolist()))


def graphix_solver(kind: str, problem: Problem) -> Callable[[], Any]:
    import networkx as nx
    from graphix.fundamentals import Axis, Plane
    from graphix.opengraph import OpenGraph

    label, edges, inputs, outputs = problem
    g: Any = nx.Graph()
    g.add_nodes_from(range(label.size))
    g.add_edges_from(edges.tolist())
    names = {Label.XY: Plane.XY, Label.X: Axis.X, Label.Y: Axis.Y}
    measured = {v: names[Label(int(x))] for v, x in enumerate(label) if x != Label.OUTPUT}
    graph = OpenGraph(g, inputs.tolist(), outputs.tolist(), measured)
    name = {"causal": "to_causalflow_or_none", "gflow": "to_gflow_or_none", "pauli": "to_pauliflow_or_none"}[kind]
    return lambda: getattr(graph, name)()


def pyzx_solver(kind: str, problem: Problem) -> Callable[[], Any] | None:
    import pyzx
    from pyzx.gflow import gflow

    if kind != "gflow":
        return None
    label, edges, inputs, outputs = problem
    g = pyzx.Graph()
    g.add_vertices(label.size)
    for v in range(label.size):
        g.set_type(v, pyzx.VertexType.Z)
    g.add_edges([tuple(e) for e in edges.tolist()], pyzx.EdgeType.HADAMARD)
    ends = []
    for listed in (inputs.tolist(), outputs.tolist()):
        new = list(g.add_vertices(len(listed)))
        for b, v in zip(new, listed, strict=True):
            g.set_type(b, pyzx.VertexType.BOUNDARY)
            g.add_edge((b, v), pyzx.EdgeType.SIMPLE)
        ends.append(tuple(new))
    g.set_inputs(ends[0])
    g.set_outputs(ends[1])
    return lambda: gflow(g)


def seconds(run: Callable[[], Any], repeat: int) -> float:
    best = math.inf
    for _ in range(repeat):
        begin = time.perf_counter()
        found = run()
        best = min(best, time.perf_counter() - begin)
        assert found is not None, "every graph here has a flow"
        if best > 1:
            break
    return best


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--sizes", default="300,1000,3000")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--patience", type=float, default=2.0)
    options = parser.parse_args()
    rivals = {"swiflow": swiflow_solver, "graphix": graphix_solver, "pyzx": pyzx_solver}
    print(f"{'kind':7} {'family':7} {'n':>6} {'ours':>9} {'check':>9}  " + "  ".join(f"{r:>9} ratio" for r in rivals))
    slow: set[tuple[str, str, str]] = set()
    for kind in ("causal", "gflow", "pauli"):
        for family in (wires, states, dense):
            if kind == "causal" and family is dense:
                continue
            for n in map(int, options.sizes.split(",")):
                rng = np.random.default_rng(n)
                problem = family(n, rng)
                if kind == "pauli":
                    problem = along_axes(problem, rng)
                flow = find_flow(kind, *problem)
                assert flow is not None
                ours = seconds(lambda: find_flow(kind, *problem), options.repeat)  # noqa: B023
                verify_flow(flow, *problem)
                check = seconds(lambda: verify_flow(flow, *problem) or flow, options.repeat)  # noqa: B023
                row = f"{kind:7} {family.__name__:7} {problem[0].size:6} {ours:9.4f} {check:9.4f}  "
                for name, solver in rivals.items():
                    run = None if (kind, family.__name__, name) in slow else solver(kind, problem)
                    if run is None:
                        row += f"{'-':>9} {'':5}  "
                        continue
                    theirs = seconds(run, options.repeat)
                    row += f"{theirs:9.4f} {ours / theirs:5.3f}  "
                    if theirs > options.patience:
                        slow.add((kind, family.__name__, name))
                print(row, flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
