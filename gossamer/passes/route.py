"""`route`: programs of nodes with a coupling map act on coupled qubits only; a well-kept router says where to swap.

Between two gates on communication qubits the program is a list of pairs of data qubits, in a fixed order; SABRE of qiskit finds the swaps
for such a list, and a first layout for all of them. For a gate on a communication qubit, which never moves, the data qubit is
swapped along a shortest path to a neighbour of it: ebits, messages, measurements and conditions stay as they are. A qubit
that was measured is reset before a swap uses it, and two qubits that hold nothing change places without a gate.

References
----------
SABRE: Li, Ding, Xie, ASPLOS 2019, arXiv:1809.02573; Zou et al., arXiv:2409.08368.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gossamer.diagnostics import MissingPackage, NetworkInfeasible
from gossamer.ir.network import Node
from gossamer.ir.program import (
    Conditional,
    Distribution,
    Ebit,
    Gate,
    Instruction,
    ManifestPlace,
    Measure,
    NodeProgram,
    Reset,
)

Pair = tuple[int, int]
#: How often SABRE tries; it keeps the best.
TRIALS = 4


@dataclass(frozen=True)
class Route:
    """Pass: ``Distribution`` -> ``Distribution`` whose gates of two qubits are on coupled qubits, with the same meaning [NW-16].

    Attributes
    ----------
    seed : of the router
    """

    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.seed < 2**31:
            raise ValueError(f"a seed is 0 to {2**31 - 1}, not {self.seed}")

    def run(self, distribution: Distribution) -> Distribution:
        network, manifest = distribution.network, distribution.manifest
        programs: list[NodeProgram] = []
        nodes = list(manifest.nodes)
        inputs, outputs = list(manifest.inputs), list(manifest.outputs)
        swaps: dict[str, int] = {}
        for k, program in enumerate(distribution.programs):
            node = network.nodes[network.index[program.node]]
            if node.coupling is None or program.model != "circuit":
                programs.append(program)
                continue
            router = _Router(program, node, inputs, self.seed)
            programs.append(router.run([x.qubit for x in outputs if x.node == program.node]))
            swaps[program.node] = router.swaps
            inputs = _moved(inputs, program.node, router.first)
            outputs = _moved(outputs, program.node, router.at)
            nodes[k] = nodes[k].model_copy(update={"data": programs[k].data, "comm": programs[k].comm})
        if not swaps:
            return distribution
        manifest = manifest.model_copy(update={"nodes": nodes, "inputs": inputs, "outputs": outputs})
        report = distribution.report | {"swaps": swaps}
        return replace(distribution, programs=tuple(programs), manifest=manifest, report=report)


def _moved(places: list[ManifestPlace], node: str, at: Sequence[int]) -> list[ManifestPlace]:
    return [x.model_copy(update={"qubit": at[x.qubit]}) if x.node == node else x for x in places]


class _Router:
    """One program; its data qubits are moved over the places of the node, ``at[qubit]``."""

    def __init__(self, program: NodeProgram, node: Node, inputs: Sequence[ManifestPlace], seed: int) -> None:
        self.program, self.node, self.seed = program, node, seed
        self.data = node.data
        self.comm = node.comm or 0
        self.near: list[set[int]] = [set() for _ in range(self.data + self.comm)]
        for a, b in node.coupling or ():
            self.near[a].add(b)
            self.near[b].add(a)
        self.at = list(range(self.data))
        self.holds = [False] * self.data  # whether a qubit has a state on it
        self.measured = [False] * self.data
        for x in inputs:
            if x.node == program.node:
                self.holds[x.qubit] = True
        self.swaps = 0
        self.code = list(self.in_places_of_node())
        self.out: list[Instruction] = []
        self.first = list(self.at)

    def in_places_of_node(self) -> Iterator[Instruction]:
        """The program with its communication qubits numbered behind all data qubits of the node, one gate in each condition."""
        shift = self.data - self.program.data

        def moved(q: int) -> int:
            return q if q < self.program.data else q + shift

        for op in self.program.instructions:
            if isinstance(op, Gate):
                yield replace(op, qubits=tuple(map(moved, op.qubits)))
            elif isinstance(op, Conditional):
                for gate in op.body:
                    yield replace(op, body=(replace(gate, qubits=tuple(map(moved, gate.qubits))),))
            elif isinstance(op, Measure | Reset | Ebit):
                yield replace(op, qubit=moved(op.qubit))
            else:
                yield op

    def run(self, outputs: Sequence[int]) -> NodeProgram:
        self.at = self.layout([pair for i in range(len(self.code)) if self.is_local(pair := self.pair(i))])
        self.first = list(self.at)
        start = 0
        while start < len(self.code):
            end = start  # up to the next gate of a data and a communication qubit
            while end < len(self.code) and not self.is_mixed(self.pair(end)):
                end += 1
            self.stretch(start, end)
            if end < len(self.code):
                self.bring(*sorted(self.pair(end)))
                self.emit(self.code[end])
            start = end + 1
        for qubit in outputs:
            self.clean(qubit)
        return replace(self.program, data=self.data, comm=self.comm, instructions=tuple(self.out))

    # ---- pairs ---------------------------------------------------------------------------------------------------------

    def pair(self, index: int) -> tuple[int, ...]:
        """The qubits of the gate of two qubits that stands there, else nothing."""
        op = self.code[index]
        gate = op.body[0] if isinstance(op, Conditional) else op
        return gate.qubits if isinstance(gate, Gate) and len(gate.qubits) == 2 else ()

    def is_local(self, pair: tuple[int, ...]) -> bool:
        return len(pair) == 2 and max(pair) < self.data

    def is_mixed(self, pair: tuple[int, ...]) -> bool:
        return len(pair) == 2 and min(pair) < self.data <= max(pair)

    def coupled(self, pair: Sequence[int]) -> bool:
        a, b = (self.at[q] if q < self.data else q for q in pair)
        return b in self.near[a]

    # ---- the program ---------------------------------------------------------------------------------------------------

    def stretch(self, start: int, end: int) -> None:
        """Instructions whose gates of two qubits are on data qubits, or on communication qubits alone."""
        where = [i for i in range(start, end) if self.is_local(self.pair(i))]
        swaps = dict(zip(where, self.routed([self.pair(i) for i in where]), strict=True))
        for i in range(start, end):
            pair = self.pair(i)
            if pair and not self.is_local(pair) and not self.coupled(pair):
                raise NetworkInfeasible(
                    "NW-16",
                    f"node '{self.node.name}' joins its communication qubits {pair[0]} and {pair[1]}, which are not coupled",
                    help="couple the communication qubits of a node that passes links on",
                )
            for a, b in swaps.get(i, ()):
                self.swap(a, b)
            self.emit(self.code[i])

    def bring(self, qubit: int, half: int) -> None:
        """Swap a data qubit to a neighbour of a communication qubit, along a shortest path."""
        goal = {p for p in self.near[half] if p < self.data}
        came = {self.at[qubit]: -1}
        todo = deque(came)
        while todo:
            p = todo.popleft()
            if p in goal:
                path = [p]
                while came[path[-1]] >= 0:
                    path.append(came[path[-1]])
                for a, b in zip(path[::-1], path[-2::-1], strict=False):
                    self.swap(a, b)
                return
            for q in sorted(self.near[p]):
                if q < self.data and q not in came:
                    came[q] = p
                    todo.append(q)
        raise AssertionError(
            "the network is verified: data qubits are connected, and each other one has a neighbour among them"
        )

    def swap(self, a: int, b: int) -> None:
        """Exchange what is on two coupled places."""
        first, second = self.at.index(a), self.at.index(b)
        if self.holds[first] or self.holds[second]:
            self.clean(first)
            self.clean(second)
            self.out.append(Gate("swap", (a, b)))
            self.swaps += 1
        else:
            # Nothing moves, so what was measured stays measured where it is, for whoever uses that place next.
            self.measured[first], self.measured[second] = self.measured[second], self.measured[first]
        self.at[first], self.at[second] = b, a

    def clean(self, qubit: int) -> None:
        """Reset a qubit that is to be |0>, but stands where another one was measured."""
        if self.measured[qubit]:
            self.out.append(Reset(self.at[qubit]))
            self.measured[qubit] = False

    def emit(self, op: Instruction) -> None:
        def moved(q: int) -> int:
            return self.at[q] if q < self.data else q

        if isinstance(op, Gate | Conditional):
            gates = op.body if isinstance(op, Conditional) else (op,)
            for q in (q for gate in gates for q in gate.qubits if q < self.data):
                self.clean(q)
                self.holds[q] = True
            new = tuple(replace(gate, qubits=tuple(map(moved, gate.qubits))) for gate in gates)
            self.out.append(replace(op, body=new) if isinstance(op, Conditional) else new[0])
        elif isinstance(op, Measure | Reset | Ebit):
            if op.qubit < self.data:
                if isinstance(op, Measure):
                    self.clean(op.qubit)
                self.holds[op.qubit], self.measured[op.qubit] = False, isinstance(op, Measure)
            self.out.append(replace(op, qubit=moved(op.qubit)))
        else:
            self.out.append(op)

    # ---- the router ----------------------------------------------------------------------------------------------------

    def layout(self, pairs: list[tuple[int, ...]]) -> list[int]:
        """Where the data qubits begin: as they are numbered if that is good enough, else as SABRE says."""
        if all(self.coupled(pair) for pair in pairs):
            return self.at
        passes, circuit, coupling = self.sabre(pairs)
        layout = passes.SabreLayout(
            coupling, seed=self.seed, skip_routing=True, max_iterations=2, layout_trials=TRIALS, swap_trials=TRIALS
        )
        from qiskit.transpiler import PassManager

        manager = PassManager([layout])
        manager.run(circuit)
        found = manager.property_set["layout"]
        return [int(found[qubit]) for qubit in circuit.qubits]

    def routed(self, pairs: list[tuple[int, ...]]) -> list[list[Pair]]:
        """For each of the pairs, in their order, the places to be swapped before it."""
        if all(self.coupled(pair) for pair in pairs):
            return [[] for _ in pairs]
        passes, circuit, coupling = self.sabre([tuple(self.at[q] for q in pair) for pair in pairs])
        from qiskit.transpiler import PassManager

        found = PassManager([passes.SabreSwap(coupling, heuristic="decay", seed=self.seed, trials=TRIALS)]).run(circuit)
        out: list[list[Pair]] = [[]]
        for one in found.data:
            if one.operation.name == "swap":
                a, b = (int(found.find_bit(qubit).index) for qubit in one.qubits)
                out[-1].append((a, b))
            else:
                out.append([])
        return out[:-1]

    def sabre(self, pairs: Sequence[tuple[int, ...]]) -> tuple[Any, Any, Any]:
        """The passes of qiskit, the pairs as a circuit (one bit keeps them in order), and the map of the data qubits."""
        try:
            from qiskit.circuit import Instruction as Operation
            from qiskit.circuit import QuantumCircuit
            from qiskit.transpiler import CouplingMap, passes
        except ImportError as error:
            raise MissingPackage(
                "TL-9", "a coupling map needs the package 'qiskit'", help="pip install 'gossamer[engines]'"
            ) from error
        circuit = QuantumCircuit(self.data, 1)
        for pair in pairs:
            circuit.append(Operation("pair", 2, 1, []), pair, [0])
        edges = [(a, b) for a in range(self.data) for b in sorted(self.near[a]) if b < self.data]
        return passes, circuit, CouplingMap(edges)
