"""What swiflow and graphix say about open graphs: a program of its own, from JSON lines to JSON lines.

It runs in a process of its own because graphix compiles for many seconds when it is imported, unless numba is switched off,
which would switch it off for us as well. An answer is the number of layers that measure, or null where there is no flow.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import networkx as nx

NAMES = ("XY", "YZ", "XZ", "X", "Y", "Z")


def graph_of(case: dict[str, Any]) -> Any:
    g: Any = nx.Graph()
    g.add_nodes_from(range(len(case["label"])))
    g.add_edges_from(case["edges"])
    return g


def swiflow(case: dict[str, Any]) -> int | None:
    from swiflow import flow, gflow
    from swiflow.common import Plane

    g, inputs, outputs = graph_of(case), set(case["inputs"]), set(case["outputs"])
    if case["kind"] == "causal":
        found: Any = flow.find(g, inputs, outputs)
    else:
        planes = {v: getattr(Plane, NAMES[x]) for v, x in enumerate(case["label"]) if v not in outputs}
        found = gflow.find(g, inputs, outputs, planes)
    return None if found is None else max(found.layer.values(), default=0)


def graphix(case: dict[str, Any]) -> int | None:
    from graphix.fundamentals import Axis, Plane
    from graphix.opengraph import OpenGraph

    outputs = set(case["outputs"])
    measured = {
        v: getattr(Axis if len(NAMES[x]) == 1 else Plane, NAMES[x])
        for v, x in enumerate(case["label"])
        if v not in outputs
    }
    found = OpenGraph(graph_of(case), case["inputs"], case["outputs"], measured).to_pauliflow_or_none()
    return None if found is None else len(found.partial_order_layers) - bool(outputs)


def main() -> None:
    for line in sys.stdin:
        case = json.loads(line)
        print(json.dumps(graphix(case) if case["kind"] == "pauli" else swiflow(case)))


if __name__ == "__main__":
    main()
