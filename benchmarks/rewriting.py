"""Rewriting beside pyzx, in one run: Cuccaro adders, `.qc` circuits, and random Clifford+T circuits with the guarded strategy.

`python benchmarks/rewriting.py adders [GATES ...] [--peer-up-to N]` prints processor seconds, ratio and what is left for each size.
`python benchmarks/rewriting.py qc FOLDER [--max-bytes N]` compares T-count and spiders on every .qc file that pyzx accepts.
`python benchmarks/rewriting.py guarded [QUBITS GATES]` reduces a random circuit by the guarded and the full strategy.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from pathlib import Path

import gossamer
from gossamer.ir.diagram import Diagram
from gossamer.rewriting.graph import WorkGraph
from gossamer.rewriting.strategies import reduce, simplify
from gossamer.rewriting.teleport import teleport_phases
from gossamer.rewriting.writer import write_diagram


def cuccaro(gates: int) -> str:
    """An adder of about that many gates (Cuccaro, Draper, Kutin, Moulton, quant-ph/0410184), Toffolis in Clifford+T."""
    bits = max(2, gates // 34)
    lines: list[str] = []

    def cx(a: int, b: int) -> None:
        lines.append(f"cx q[{a}],q[{b}];")

    def gate(name: str, a: int) -> None:
        lines.append(f"{name} q[{a}];")

    def toffoli(a: int, b: int, c: int) -> None:
        gate("h", c)
        for control, phase in ((b, "tdg"), (a, "t"), (b, "tdg")):
            cx(control, c)
            gate(phase, c)
        cx(a, c)
        gate("t", b), gate("t", c), gate("h", c)
        cx(a, b)
        gate("t", a), gate("tdg", b)
        cx(a, b)

    carry, a, b = 0, [1 + 2 * i for i in range(bits)], [2 + 2 * i for i in range(bits)]
    below = [carry, *a[:-1]]
    for i in range(bits):
        cx(a[i], b[i]), cx(a[i], below[i]), toffoli(below[i], b[i], a[i])
    cx(a[-1], 2 * bits + 1)
    for i in reversed(range(bits)):
        toffoli(below[i], b[i], a[i]), cx(a[i], below[i]), cx(below[i], b[i])
    return "\n".join(["OPENQASM 2.0;", 'include "qelib1.inc";', f"qreg q[{2 * bits + 2}];", *lines, ""])


def random_clifford_t(qubits: int, gates: int, seed: int = 1) -> str:
    rng = random.Random(seed)
    lines = ["OPENQASM 2.0;", 'include "qelib1.inc";', f"qreg q[{qubits}];"]
    for _ in range(gates):
        kind = rng.choices(("cx", "h", "s", "t"), (40, 20, 20, 20))[0]
        a, b = rng.sample(range(qubits), 2)
        lines.append(f"cx q[{a}],q[{b}];" if kind == "cx" else f"{kind} q[{a}];")
    return "\n".join(lines)


def t_count(d: Diagram) -> int:
    return sum(not d.phases[i].is_clifford for i in d.phase.tolist())


def spiders(d: Diagram) -> int:
    return d.num_vertices - len(d.inputs) - len(d.outputs)


def adders(sizes: list[int], peer_up_to: int) -> None:
    import pyzx

    simplify(gossamer.read(cuccaro(100)), "full")  # imports and the like are no part of the comparison
    pyzx.full_reduce(pyzx.Circuit.from_qasm(cuccaro(100)).to_graph())
    last: tuple[int, float] | None = None
    for size in sizes:
        text = cuccaro(size)
        gates = text.count("\n") - 3
        source = gossamer.read(text)
        start = time.process_time()
        out = simplify(source, "full")
        ours = time.process_time() - start
        line = f"{gates:>7} gates  ours {ours:8.3f} s  T {t_count(out)}  spiders {spiders(out)}"
        if last is not None:
            line += f"  exponent {math.log(ours / last[1]) / math.log(gates / last[0]):.2f}"
        last = gates, ours
        if size <= peer_up_to:
            graph = pyzx.Circuit.from_qasm(text).to_graph()
            start = time.process_time()
            pyzx.full_reduce(graph)
            theirs = time.process_time() - start
            ends = len(graph.inputs()) + len(graph.outputs())
            line += f"  pyzx {theirs:8.2f} s  T {pyzx.tcount(graph)}  spiders {graph.num_vertices() - ends}"
            line += f"  ratio {theirs / ours:.0f}"
        print(line, flush=True)


def qc(folder: Path, max_bytes: int) -> None:
    import pyzx

    ratios: list[float] = []
    worse = 0
    for path in sorted(folder.rglob("*.qc"), key=lambda p: p.stat().st_size):
        text = path.read_text()
        if len(text) > max_bytes:
            continue
        try:
            circuit = pyzx.Circuit.from_qc(text).to_basic_gates()
        except Exception as error:
            print(f"{path.name:44} pyzx refuses it: {str(error)[:60]}")
            continue
        source = gossamer.read(path)
        start = time.process_time()
        out = simplify(source, "full")
        ours = time.process_time() - start
        teleported = teleport_phases(source)
        fused = WorkGraph.from_diagram(source)
        reduce(fused, "fuse")
        graph = circuit.to_graph()
        start = time.process_time()
        pyzx.full_reduce(graph)
        theirs = time.process_time() - start
        left = graph.num_vertices() - len(graph.inputs()) - len(graph.outputs())
        ratios.append(spiders(out) / left)
        worse += t_count(out) > pyzx.tcount(graph)
        print(
            f"{path.name:44} T {t_count(source)} -> pyzx {pyzx.tcount(graph)}, ours {t_count(out)}, teleport {t_count(teleported)};"
            f" spiders pyzx {left}, ours {spiders(out)}; edges fuse {fused.num_edges},"
            f" teleport {WorkGraph.from_diagram(teleported).num_edges}; {ours:.3f} s against {theirs:.2f} s",
            flush=True,
        )
    mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
    print(f"{len(ratios)} files: T-count above pyzx's on {worse}; spiders over pyzx's, geometric mean {mean:.3f}")


def guarded(qubits: int, gates: int) -> None:
    source = gossamer.read(random_clifford_t(qubits, gates))
    for strategy in ("fuse", "guarded", "full"):
        start = time.process_time()
        graph = WorkGraph.from_diagram(source)
        reduce(graph, strategy)
        out = write_diagram(graph, source)
        print(
            f"{qubits} qubits, {gates} gates, {strategy}: {time.process_time() - start:.2f} s,"
            f" {graph.num_spiders} spiders, {graph.num_edges} edges, T {t_count(out)} of {t_count(source)}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="what", required=True)
    a = commands.add_parser("adders")
    a.add_argument("sizes", nargs="*", type=int, default=[1_000, 10_000, 100_000])
    a.add_argument("--peer-up-to", type=int, default=10_000)
    q = commands.add_parser("qc")
    q.add_argument("folder", type=Path)
    q.add_argument("--max-bytes", type=int, default=12_000)
    g = commands.add_parser("guarded")
    g.add_argument("qubits", nargs="?", type=int, default=100)
    g.add_argument("gates", nargs="?", type=int, default=10_000)
    given = parser.parse_args()
    if given.what == "adders":
        adders(given.sizes, given.peer_up_to)
    elif given.what == "qc":
        qc(given.folder, given.max_bytes)
    else:
        guarded(given.qubits, given.gates)


if __name__ == "__main__":
    main()
