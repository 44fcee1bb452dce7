"""Run by tests in a process of its own, because graphix compiles when it is imported: patterns of graphix, and what graphix makes of them.

    python graphix_child.py SEED COUNT

prints, for each of COUNT patterns, one line of JSON: the text of the pattern as read here, the outcomes of one random run of graphix's simulator from
inputs ``|+>``, and the state that it ends in. Seed -1: single objects that every kind of command and measurement stands in.
"""

from __future__ import annotations

import json
import sys

import networkx as nx
import numpy as np
from graphix import Pattern, command
from graphix.branch_selector import BranchSelector, RandomBranchSelector
from graphix.clifford import Clifford
from graphix.fundamentals import Axis, Plane
from graphix.measurements import Measurement
from graphix.opengraph import OpenGraph
from graphix.parameter import Placeholder
from graphix.random_objects import rand_circuit
from graphix.states import BasicStates, PlanarState

import gossamer
from gossamer.formats.graphix_objects import print_graphix


class Recorder(BranchSelector):
    """Random outcomes that are written down."""

    def __init__(self) -> None:
        self.results: dict[int, int] = {}
        self.random = RandomBranchSelector()

    def measure(self, qubit, f_expectation0, rng=None, *, stacklevel=1):
        result = self.random.measure(qubit, f_expectation0, rng, stacklevel=stacklevel + 1)
        self.results[qubit] = int(result)
        return result


def any_pattern(rng: np.random.Generator) -> Pattern:
    """Commands of all kinds, without a flow: an instrument."""
    planes = [Measurement.XY, Measurement.YZ, Measurement.XZ]
    axes = [Measurement.X, Measurement.Y, Measurement.Z, -Measurement.X, -Measurement.Y, -Measurement.Z]
    states = [*BasicStates.VEC, PlanarState(Plane.XY, 0.3), PlanarState(Plane.YZ, 0.6), PlanarState(Plane.XZ, -0.7)]
    nodes = int(rng.integers(2, 6))
    inputs = list(range(int(rng.integers(0, 3))))[:nodes]
    pattern = Pattern(input_nodes=inputs)
    for v in range(len(inputs), nodes):
        pattern.add(command.N(v, states[rng.integers(len(states))]))
    alive, done = list(range(nodes)), []

    def domain() -> set[int]:
        return {v for v in done if rng.integers(2)}

    for _ in range(int(rng.integers(4, 14))):
        v = alive[rng.integers(len(alive))]
        match rng.integers(6):
            case 0:
                pattern.add(command.X(v, domain()))
            case 1:
                pattern.add(command.Z(v, domain()))
            case 2:
                pattern.add(command.C(v, list(Clifford)[rng.integers(24)]))
            case 3 if len(alive) > 1:
                pick = planes[rng.integers(3)](float(rng.uniform(0, 2))) if rng.integers(2) else axes[rng.integers(6)]
                pattern.add(command.M(v, pick, domain(), domain()))
                alive.remove(v)
                done.append(v)
            case _ if len(alive) > 1:
                w = [x for x in alive if x != v][rng.integers(len(alive) - 1)]
                pattern.add(command.E((v, w)))
    return pattern


def circuit_pattern(rng: np.random.Generator) -> Pattern:
    """A random circuit, by graphix's own transpiler and one of its ways to make patterns small."""
    pattern = rand_circuit(int(rng.integers(2, 4)), int(rng.integers(1, 3)), rng).transpile().pattern
    way = rng.integers(3)
    if way == 1:
        pattern.standardize()
        pattern.shift_signals()
    elif way == 2:
        pattern = pattern.infer_pauli_measurements().remove_pauli_measurements()
    if way or pattern.max_space() > 8:  # without numba's compiler many live qubits take for ever
        pattern.minimize_space()
    return pattern


def run(pattern: Pattern, rng: np.random.Generator) -> None:
    selector = Recorder()
    state = pattern.simulate(rng=rng, branch_selector=selector, optimized=False)
    psi = np.asarray(state.psi).ravel()
    print(json.dumps([print_graphix(pattern), selector.results, psi.real.tolist(), psi.imag.tolist()]))


def single_objects() -> None:
    theta = Placeholder("theta")
    pattern = Pattern(input_nodes=[0])
    pattern.extend(
        [
            command.N(1),
            command.E((0, 1)),
            command.M(0, Measurement.XY(-2 * theta + 0.25)),
            command.X(1, {0}),
            command.T(),
        ]
    )
    before = gossamer.read(pattern)
    assert gossamer.read(pattern) == gossamer.read(print_graphix(pattern))
    graph = OpenGraph(
        nx.Graph([(0, 1), (1, 2)]), [0], [2], {0: Measurement.XY(0.25), 1: -Measurement.X}, {2: Clifford.S}
    )
    assert gossamer.read(graph) == gossamer.read(print_graphix(graph))
    bare = OpenGraph(nx.Graph([(0, 1), (1, 2)]), [0], [2], {0: Plane.XY, 1: Axis.X})
    strange = Pattern(input_nodes=[0])
    strange.add(command.M(0, Measurement.XY(0.25)))
    strange[0].measurement = object()
    try:
        gossamer.read(strange)
        refusal = ""
    except gossamer.InputError as error:
        refusal = f"{error.code} {error.diagnostic.message}"
    print(json.dumps([[str(p) for p in before.phases], print_graphix(graph), print_graphix(bare), refusal]))


if __name__ == "__main__":
    seed, count = int(sys.argv[1]), int(sys.argv[2])
    if seed < 0:
        single_objects()
    for i in range(count):
        generator = np.random.default_rng([max(seed, 0), i])
        run(circuit_pattern(generator) if i % 2 else any_pattern(generator), generator)
