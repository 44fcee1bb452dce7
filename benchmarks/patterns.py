"""Measurement patterns of six circuits, ours in each mode beside graphix's, in one run.

    python benchmarks/patterns.py [--only qft8,qaoa8] [--skip-large]

For each pattern: nodes / edges / the most nodes alive at one time / rounds of measurements (each of which waits for outcomes of earlier
ones only) / seconds. All figures, graphix's too, are counted by the same function on the commands. Graphix's columns are its own
transpiler with `minimize_space`, and the same after `infer_pauli_measurements` and `remove_pauli_measurements`. The third column is
pyzx's `full_reduce`: its graph as an open graph (a gadget is one vertex measured in YZ), graphix's Pauli flow, `minimize_space`. Ours are the pipelines
`min-space`, `min-nodes` and `min-depth` on one MBQC node. Circuits start from open inputs. A star marks a figure of ours
that no column of graphix beats; a row ends with what dominates us, if anything does.
"""

from __future__ import annotations

import argparse
import os
import random
import time
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

os.environ.setdefault("NUMBA_DISABLE_JIT", "1")  # graphix's simulator is not asked for, and importing it compiles it

import gossamer
from gossamer.ir.pattern import Entangle, Measure, Pattern, Prepare

#: A gate: name, angle in multiples of pi or None, qubits.
Gate = tuple[str, Fraction | None, tuple[int, ...]]
Figures = tuple[int, int, int, int, float]


def qft(n: int) -> list[Gate]:
    out: list[Gate] = []
    for i in range(n):
        out.append(("h", None, (i,)))
        out += [("cp", Fraction(1, 2 ** (j - i)), (j, i)) for j in range(i + 1, n)]
    return out


def qaoa(n: int) -> list[Gate]:
    """One round for the maximum cut of a ring with its long diagonals."""
    edges = [(i, (i + 1) % n) for i in range(n)] + [(i, i + n // 2) for i in range(n // 2)]
    out: list[Gate] = [("h", None, (i,)) for i in range(n)]
    for a, b in edges:
        out += [("cx", None, (a, b)), ("rz", Fraction(3, 8), (b,)), ("cx", None, (a, b))]
    return out + [("rx", Fraction(5, 16), (i,)) for i in range(n)]


def clifford_t(n: int, gates: int, seed: int = 1) -> list[Gate]:
    rng = random.Random(seed)
    out: list[Gate] = []
    for _ in range(gates):
        name = rng.choice(("h", "s", "t", "cx", "cx"))
        out.append((name, None, tuple(rng.sample(range(n), 2 if name == "cx" else 1))))
    return out


def cuccaro(bits: int) -> list[Gate]:
    """The ripple-carry adder of Cuccaro et al., quant-ph/0410184, with a carry in and a carry out: 2 bits + 2 qubits."""
    a, b = [2 + 2 * i for i in range(bits)], [1 + 2 * i for i in range(bits)]
    triples = [(0, b[0], a[0])] + [(a[i - 1], b[i], a[i]) for i in range(1, bits)]
    out: list[Gate] = []
    for x, y, z in triples:
        out += [("cx", None, (z, y)), ("cx", None, (z, x)), ("ccx", None, (x, y, z))]
    out.append(("cx", None, (a[-1], 2 * bits + 1)))
    for x, y, z in reversed(triples):
        out += [("ccx", None, (x, y, z)), ("cx", None, (z, x)), ("cx", None, (x, y))]
    return out


CIRCUITS: dict[str, Callable[[], list[Gate]]] = {
    "qft8": lambda: qft(8),
    "qft16": lambda: qft(16),
    "qaoa8": lambda: qaoa(8),
    "qaoa16": lambda: qaoa(16),
    "clifford+t": lambda: clifford_t(8, 200),
    "cuccaro16": lambda: cuccaro(7),
}


def figures(pattern: Pattern, seconds: float) -> Figures:
    """Nodes, edges, most alive, rounds, seconds."""
    bit_of = {bit.vertex: i for i, bit in enumerate(pattern.bits) if bit.vertex >= 0}
    nodes = alive = peak = len(pattern.inputs)
    edges, rounds = 0, 0
    round_of: dict[int, int] = {}
    for c in pattern.commands:
        if isinstance(c, Prepare):
            nodes, alive = nodes + 1, alive + 1
            peak = max(peak, alive)
        elif isinstance(c, Entangle):
            edges += 1
        elif isinstance(c, Measure):
            alive -= 1
            waits = c.s_domain.bits | c.t_domain.bits | c.angle.bits
            round_of[bit_of[c.node]] = 1 + max((round_of[b] for b in waits), default=0)
            rounds = max(rounds, round_of[bit_of[c.node]])
    return nodes, edges, peak, rounds, seconds


def ours(gates: Iterable[Gate], mode: str) -> Figures:
    gates = list(gates)
    width = 1 + max(q for _, _, qubits in gates for q in qubits)
    lines = [f'OPENQASM 3; include "stdgates.inc"; qubit[{width}] q;']
    for name, angle, qubits in gates:
        turn = "" if angle is None else f"({angle.numerator}*pi/{angle.denominator})"
        lines.append(f"{name}{turn} {', '.join(f'q[{i}]' for i in qubits)};")
    start = time.perf_counter()
    program = gossamer.compile("\n".join(lines), "1mbqc:qubits=1000", pipeline=mode, check=False)
    return figures(program.pattern(), time.perf_counter() - start)


def theirs(gates: Iterable[Gate], *, remove: bool) -> Figures:
    from graphix import Circuit

    gates = list(gates)
    circuit = Circuit(1 + max(q for _, _, qubits in gates for q in qubits))
    for name, angle, qubits in gates:
        if name == "cp" and angle is not None:  # by hand: graphix's own takes four times as many nodes
            a, b = qubits
            circuit.rz(a, float(angle) / 2)
            circuit.rz(b, float(angle) / 2)
            circuit.cnot(a, b)
            circuit.rz(b, -float(angle) / 2)
            circuit.cnot(a, b)
            continue
        call = getattr(circuit, {"cx": "cnot"}.get(name, name))
        call(*qubits) if angle is None else call(*qubits, float(angle))
    start = time.perf_counter()
    pattern = circuit.transpile().pattern
    if remove:
        pattern = pattern.infer_pauli_measurements().remove_pauli_measurements()
    pattern.minimize_space()
    return counted(pattern, time.perf_counter() - start)


def reduced(gates: Iterable[Gate]) -> Figures:
    """Pyzx's full reduction, read as an open graph, with graphix's Pauli flow."""
    import networkx
    import pyzx
    from graphix.measurements import Measurement
    from graphix.opengraph import OpenGraph
    from pyzx.utils import EdgeType, VertexType

    gates = list(gates)
    circuit = pyzx.Circuit(1 + max(q for _, _, qubits in gates for q in qubits))
    for name, angle, qubits in gates:
        if name == "cp" and angle is not None:
            a, b = qubits
            for turn, at in ((angle / 2, a), (angle / 2, b)):
                circuit.add_gate("ZPhase", at, turn)
            circuit.add_gate("CNOT", a, b)
            circuit.add_gate("ZPhase", b, -angle / 2)
            circuit.add_gate("CNOT", a, b)
        elif angle is not None:
            circuit.add_gate({"rz": "ZPhase", "rx": "XPhase"}[name], *qubits, angle)
        else:
            circuit.add_gate({"h": "HAD", "s": "S", "t": "T", "cx": "CNOT", "ccx": "TOF"}[name], *qubits)
    start = time.perf_counter()
    zx = circuit.to_graph()
    pyzx.full_reduce(zx)
    ends = {*zx.inputs(), *zx.outputs()}
    angle_of = {v: Fraction(zx.phase(v)) for v in zx.vertices() if v not in ends}
    if any(zx.type(v) != VertexType.Z for v in angle_of):
        raise ValueError("the reduced diagram is not graph-like")
    graph = networkx.Graph()
    graph.add_nodes_from(angle_of)
    graph.add_edges_from(zx.edge_st(e) for e in zx.edges() if not ends & {*zx.edge_st(e)})
    fresh = max(zx.vertices()) + 1
    sides: tuple[list[int], list[int]] = ([], [])
    for side, wires in zip(sides, (zx.inputs(), zx.outputs()), strict=True):
        for end in wires:
            (at,) = zx.neighbors(end)
            # A vertex more for each Hadamard; a plain output wire is two where the spider has a phase or is an input as well.
            hadamard = zx.edge_type(zx.edge(end, at)) == EdgeType.HADAMARD
            extra = 1 if hadamard else 2 * (wires is zx.outputs() and (angle_of[at] != 0 or at in sides[0]))
            for _ in range(extra):
                graph.add_edge(at, fresh)
                angle_of[fresh] = Fraction(0)
                at, fresh = fresh, fresh + 1
            side.append(at)
    measured = {v: Measurement.XY(float(a)) for v, a in angle_of.items() if v not in sides[1]}
    for leaf in [v for v in measured if graph.degree(v) == 1 and v not in sides[0]]:
        (hub,) = graph.neighbors(leaf)
        if hub in measured and hub not in sides[0] and angle_of[hub] == 0:
            measured[hub] = Measurement.YZ(float(angle_of[leaf]))
            graph.remove_node(leaf)
            del measured[leaf]
    pattern = OpenGraph(graph, *sides, measured).infer_pauli_measurements().to_pattern()
    pattern.minimize_space()
    return counted(pattern, time.perf_counter() - start)


def counted(pattern: Any, seconds: float) -> Figures:
    """The figures of a pattern of graphix, by our count."""
    from gossamer.formats.graphix_json import graphix_pattern
    from gossamer.formats.graphix_objects import print_graphix
    from gossamer.formats.json_places import JsonText

    return figures(
        graphix_pattern(JsonText(print_graphix(pattern) or "", "graphix", "PT-12", "PT-13").parse()), seconds
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--only", help="names of circuits, with commas")
    parser.add_argument("--skip-large", action="store_true", help="without qft16 and qaoa16")
    chosen = parser.parse_args()
    names = (
        chosen.only.split(",")
        if chosen.only
        else [n for n in CIRCUITS if not (chosen.skip_large and n in ("qft16", "qaoa16"))]
    )
    for name in names:
        gates = CIRCUITS[name]()
        peers = {
            "graphix transpiled": theirs(gates, remove=False),
            "graphix, no Paulis": theirs(gates, remove=True),
            "pyzx, Pauli flow": reduced(gates),
        }
        print(f"{name}\n" + "".join(f"  {title:20}{show(row, ())}\n" for title, row in peers.items()), end="")
        for mode in ("min-space", "min-nodes", "min-depth"):
            row = ours(gates, mode)
            above = [title for title, peer in peers.items() if dominates(peer, row)]
            print(
                f"  {mode:20}{show(row, peers.values())}{'  dominated by ' + ', '.join(above) if above else ''}",
                flush=True,
            )


def show(row: Figures, peers: Iterable[Figures]) -> str:
    best = [bool(rest) and row[i] <= min(rest) for i, rest in enumerate(zip(*peers, strict=True))] or [False] * 5
    cells = [f"{x}{'*' if star else ' '}" for x, star in zip(row[:4], best, strict=False)]
    return "".join(f"{cell:>8}" for cell in cells) + f"{row[4]:10.1f} s"


def dominates(a: Figures, b: Figures) -> bool:
    """Whether ``a`` is no worse in nodes, space and rounds, and better in one."""
    x, y = (a[0], a[2], a[3]), (b[0], b[2], b[3])
    return x != y and all(p <= q for p, q in zip(x, y, strict=True))


if __name__ == "__main__":
    main()
