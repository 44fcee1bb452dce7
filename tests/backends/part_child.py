"""Run by tests in a process of its own: the programs of two MBQC nodes, each simulated by graphix, put together in the test.

    python part_child.py SEED COUNT

For each of COUNT circuits one line: the source, how many branches were tried, and the smallest overlap of a branch with the source.

Every input of a node's pattern is made half of a pair whose other half is an output, so graphix's state is the map of the branch. The two maps are
joined at the halves of the same link, and a message has the value that its sender's outcomes give it.
"""

from __future__ import annotations

import json
import random
import sys
from itertools import product
from typing import Any

import numpy as np
from graphix import Pattern as GraphixPattern
from graphix import command
from graphix.branch_selector import FixedBranchSelector
from graphix.clifford import Clifford

import gossamer
from gossamer.ir.diagram import BitKind
from gossamer.ir.pattern import Pattern
from gossamer.ir.semantics import kraus
from tests.backends.merge_child import circuit

#: Circuits of the first cases; later ones are drawn.
FIXED = ("cz q[0],q[1];", "h q[0]; cx q[0],q[1]; t q[1]; h q[1];")
MAX_BRANCHES = 64


def main(seed: int, count: int) -> None:
    for i in range(count):
        rng = random.Random(1000 * seed + i)
        fixed = f'OPENQASM 3; include "stdgates.inc"; qubit[2] q; {FIXED[i]}' if i < len(FIXED) else None
        source = fixed or circuit(rng)
        program = gossamer.compile(source, "2mbqc", seed=i, effort=0, check=False)
        names = [p.node for p in program.programs]
        parts = {name: program.pattern(name) for name in names}
        places = [(name, v) for name in names for v in measured(parts[name])]
        branches = list(product((0, 1), repeat=len(places))) if len(places) <= 6 else []
        while len(branches) < MAX_BRANCHES and len(places) > 6:
            branches.append(tuple(rng.randrange(2) for _ in places))
        overlaps = [overlap(program, parts, dict(zip(places, values, strict=True))) for values in branches]
        print(json.dumps([source, len(program.manifest.links), len(overlaps), min(overlaps)]))


def measured(part: Pattern) -> list[int]:
    return [bit.vertex for bit in part.bits if bit.kind == BitKind.OUTCOME]


def overlap(program: Any, parts: dict[str, Pattern], outcome: dict[tuple[str, int], int]) -> float:
    """Of one branch, both maps put together, with the source."""

    def value(name: str, b: int) -> int:
        bit = parts[name].bits[b]
        if bit.kind == BitKind.OUTCOME:
            return outcome[name, bit.vertex]
        if bit.kind == BitKind.INPUT:
            return message(bit.name)
        assert bit.expr is not None
        return int(bit.expr.evaluate({i: value(name, i) for i in bit.expr.bits}))

    def message(label: str) -> int:
        ((name, expr),) = [(n, r.bits[0]) for n, part in parts.items() for r in part.registers if r.name == label]
        return int(expr.evaluate({i: value(name, i) for i in expr.bits}))

    tensors, axes = [], []
    for name, part in parts.items():
        received = [bit.name for bit in part.bits if bit.kind == BitKind.INPUT]
        given = {label.removeprefix("message "): message(label) for label in received}
        results = {v: outcome[name, v] for v in measured(part)}
        tensors.append(branch(program.to_graphix(name, given), results))
        axes.append([f"in {x}" for x in part.input_names] + [f"out {x}" for x in part.output_names])
    label = {x: i for i, x in enumerate(dict.fromkeys([*axes[0], *axes[1]]))}
    wanted_axes = [f"in {p.name}" for p in program.manifest.inputs] + [
        f"out {p.name}" for p in program.manifest.outputs
    ]
    assert {x for x in axes[0] if x in axes[1]} == {f"in link {link.id}" for link in program.manifest.links}
    pairs = zip(tensors, axes, strict=True)
    operands = [item for t, ax in pairs for item in (t, [label[x] for x in ax])]
    joined = np.einsum(*operands, [label[x] for x in wanted_axes]).ravel()
    size = 2 ** len(program.manifest.inputs)
    wanted = kraus(program.source, {}).reshape(-1, size).T.ravel()  # inputs first
    if np.linalg.norm(joined) < 1e-6:
        return 0.0
    return float(abs(np.vdot(wanted, joined)) / np.linalg.norm(wanted) / np.linalg.norm(joined))


def branch(made: Any, results: dict[int, int]) -> np.ndarray:
    """The map of a branch, one axis of length 2 for each input and each output."""
    whole, others = GraphixPattern(input_nodes=[]), []
    for k, v in enumerate(made.input_nodes):
        other = 10**6 + k
        whole.extend([command.N(v), command.N(other), command.E((v, other)), command.C(v, Clifford.H)])
        others.append(other)
    whole.extend(list(made))
    whole.reorder_output_nodes([*others, *made.output_nodes])
    state = whole.simulate(branch_selector=FixedBranchSelector(results), optimized=False)
    return np.asarray(state.psi).reshape((2,) * (len(others) + len(made.output_nodes)))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
