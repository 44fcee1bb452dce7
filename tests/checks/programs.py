"""Distributed programs written by hand, with their sources: what the checks have to accept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from gossamer.ir.diagram import Diagram
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.program import (
    Conditional,
    Ebit,
    Gate,
    Instruction,
    Manifest,
    ManifestBit,
    ManifestLink,
    ManifestMessage,
    ManifestNode,
    ManifestPlace,
    ManifestRegister,
    Measure,
    NodeProgram,
    Recv,
    Reset,
    Send,
)
from gossamer.ir.wires import WireBuilder


@dataclass(frozen=True, eq=False)
class Example:
    programs: tuple[NodeProgram, ...]
    manifest: Manifest
    source: Diagram


def g(name: str, *qubits: int, angle: Fraction | None = None) -> Gate:
    return Gate(name, qubits, None if angle is None else Phase(angle))


def when(bit: int, *gates: Gate, value: bool = True) -> Conditional:
    return Conditional(((bit, value),), gates)


def example(
    source: Diagram,
    nodes: dict[str, tuple[int, int, int, list[Instruction]]],
    *,
    inputs: dict[str, tuple[str, int]],
    outputs: dict[str, tuple[str, int]],
    links: list[tuple[str, str]] = [],  # noqa: B006
    registers: dict[str, list[tuple[str, int] | None]] = {},  # noqa: B006
    outcomes: list[tuple[str, int] | None] = [],  # noqa: B006
) -> Example:
    """nodes: name -> (data, comm, bits, code); messages are read off the sends."""
    results: dict[str, list[tuple[int, str]]] = {n: [] for n in nodes}
    for name, cells in registers.items():
        for i, cell in enumerate(cells):
            if cell is not None:
                results[cell[0]].append((cell[1], f"{name}[{i}]"))
    programs = tuple(
        NodeProgram(n, "circuit", data, comm, bits, tuple(code), tuple(sorted(results[n])))
        for n, (data, comm, bits, code) in nodes.items()
    )
    manifest = Manifest(
        nodes=[ManifestNode(name=p.node, model="circuit", program=f"{p.node}.qasm", data=p.data, comm=p.comm) for p in programs],
        links=[ManifestLink(id=f"l{i}", nodes=ends) for i, ends in enumerate(links)],
        messages=[
            ManifestMessage(id=op.message, sender=p.node, receiver=op.peer)
            for p in programs for op in p.instructions if isinstance(op, Send)
        ],
        inputs=[ManifestPlace(name=k, node=n, qubit=q) for k, (n, q) in inputs.items()],
        outputs=[ManifestPlace(name=k, node=n, qubit=q) for k, (n, q) in outputs.items()],
        registers=[
            ManifestRegister(name=k, bits=[None if c is None else ManifestBit(node=c[0], bit=c[1]) for c in cells])
            for k, cells in registers.items()
        ],
        outcomes=[None if c is None else ManifestBit(node=c[0], bit=c[1]) for c in outcomes],
        source_digest="",
    )  # fmt: skip
    return Example(programs, manifest, source)


def remote_cz() -> Example:
    w = WireBuilder()
    a, b = w.add_input("a"), w.add_input("b")
    w.cz(a, b)
    w.output(a, "a")
    w.output(b, "b")
    n0 = [
        Ebit("l0", "n1", 1),
        g("h", 1),
        g("cz", 0, 1),
        g("h", 1),
        Measure(1, 0),
        Send("m0", "n1", (0,)),
        Recv("m1", "n1", 1),
        when(1, g("z", 0)),
    ]
    n1 = [
        Ebit("l0", "n0", 1),
        g("cz", 1, 0),
        g("h", 1),
        Measure(1, 0),
        Send("m1", "n0", (0,)),
        Recv("m0", "n0", 1),
        when(1, g("z", 0)),
    ]
    places = {"a": ("n0", 0), "b": ("n1", 0)}
    return example(
        w.build(), {"n0": (1, 1, 2, n0), "n1": (1, 1, 2, n1)}, inputs=places, outputs=places, links=[("n0", "n1")]
    )


def teleport() -> Example:
    """State teleportation of a qubit with a T gate on each side."""
    w = WireBuilder()
    q = w.add_input("q")
    w.rz(q, Phase(Fraction(1, 4)))
    w.rx(q, Phase(Fraction(1, 4)))
    w.output(q, "q")
    n0 = [
        g("rz", 0, angle=Fraction(1, 4)), Ebit("l0", "n1", 1), g("h", 1), g("cz", 0, 1), g("h", 1), Measure(1, 0),
        g("h", 0), Measure(0, 1), Send("m0", "n1", (0,)), Send("m1", "n1", (1,)),
    ]  # fmt: skip
    n1 = [
        g("h", 0), Ebit("l0", "n0", 1), g("cz", 0, 1), g("h", 1), Measure(1, 0), Recv("m0", "n0", 1), Recv("m1", "n0", 2),
        when(2, g("x", 0)), when(0, g("x", 0)), when(1, g("z", 0)), g("rz", 0, angle=Fraction(1, 4)), g("h", 0),
    ]  # fmt: skip
    return example(
        w.build(), {"n0": (1, 1, 2, n0), "n1": (1, 1, 3, n1)},
        inputs={"q": ("n0", 0)}, outputs={"q": ("n1", 0)}, links=[("n0", "n1")],
    )  # fmt: skip


def swapped_cz() -> Example:
    """A CZ over three nodes on a line; the middle one swaps. Parities travel as one message."""
    w = WireBuilder()
    a, b = w.add_input("a"), w.add_input("b")
    w.cz(a, b)
    w.output(a, "a")
    w.output(b, "b")
    n0 = [
        Ebit("l0", "n1", 1),
        g("h", 1),
        g("cz", 0, 1),
        g("h", 1),
        Measure(1, 0),
        Send("m0", "n2", (0,)),
        Recv("m1", "n2", 1),
        Recv("m2", "n1", 2),
        when(1, g("z", 0)),
        when(2, g("z", 0)),
    ]
    n1 = [
        Ebit("l0", "n0", 0),
        Ebit("l1", "n2", 1),
        g("h", 1),
        g("cz", 0, 1),
        g("h", 0),
        g("h", 1),
        Measure(0, 0),
        Measure(1, 1),
        Send("m2", "n0", (0,)),
        Send("m3", "n2", (1,)),
    ]
    n2 = [
        Ebit("l1", "n1", 1),
        g("cz", 0, 1),
        g("h", 1),
        Measure(1, 0),
        Send("m1", "n0", (0,)),
        Recv("m0", "n0", 1),
        Recv("m3", "n1", 2),
        when(1, g("z", 0)),
        when(2, g("z", 0)),
    ]
    places = {"a": ("n0", 0), "b": ("n2", 0)}
    return example(
        w.build(), {"n0": (1, 1, 3, n0), "n1": (0, 2, 2, n1), "n2": (1, 1, 3, n2)},
        inputs=places, outputs=places, links=[("n0", "n1"), ("n1", "n2")],
    )  # fmt: skip


def conditional(angle: Fraction = Fraction(1, 2)) -> Example:
    """Gates that depend on outcomes of the other node, a reset, results on both nodes; Clifford for angle 1/2."""
    w = WireBuilder()
    q = [w.add_input(f"q[{i}]") for i in range(4)]
    m = BitExpr.bit(w.measure(q[0]))
    n = BitExpr.bit(w.measure(q[1]))
    both = m & ~n
    w.rz(q[2], Phase(angle).times(m))
    w.rx(q[3], Phase(1).times(both))
    w.cp(q[2], q[3], Fraction(1), m)
    for turn in (w.rz, w.rx, w.rz):
        turn(q[3], Phase(Fraction(1, 2)).times(m))
    w.h(q[2])
    r = BitExpr.bit(w.measure(q[2]))
    w.reset(q[0])
    w.rx(q[0], Phase.of_bit(min(r.bits)))
    w.output(q[0], "q[0]")
    w.output(q[3], "q[3]")
    w.register("c", [m, n, r, BitExpr()])
    n0 = [
        Measure(0, 0), Measure(1, 1), Send("m0", "n1", (0,)), Send("m1", "n1", (1,)), Recv("m2", "n1", 2),
        Reset(0), when(2, g("x", 0)),
    ]  # fmt: skip
    n1 = [
        Recv("m0", "n0", 0), Recv("m1", "n0", 1),
        when(0, g("s", 0) if angle == Fraction(1, 2) else g("rz", 0, angle=angle)),
        Conditional(((0, True), (1, False)), (g("x", 1),)),
        when(0, g("cz", 0, 1), g("h", 1)),
        g("h", 0), Measure(0, 2), Send("m2", "n0", (2,)),
    ]  # fmt: skip
    return example(
        w.build(), {"n0": (2, 0, 3, n0), "n1": (2, 0, 3, n1)},
        inputs={"q[0]": ("n0", 0), "q[1]": ("n0", 1), "q[2]": ("n1", 0), "q[3]": ("n1", 1)},
        outputs={"q[0]": ("n0", 0), "q[3]": ("n1", 1)},
        registers={"c": [("n0", 0), ("n0", 1), ("n1", 2), None]},
        outcomes=[("n0", 0), ("n0", 1), ("n1", 2)],
    )  # fmt: skip


def ghz_measured() -> Example:
    """A GHZ pair over a link, measured on both nodes: the second outcome is determined by the first.

    A Z right before a measurement would change nothing, so only one node corrects.
    """
    w = WireBuilder()
    a, b = w.add_zero(), w.add_zero()
    w.h(a)
    w.cx(a, b)
    m, n = w.measure(a), w.measure(b)
    w.register("c", [BitExpr.bit(m), BitExpr.bit(n)])
    cz0 = [Ebit("l0", "n1", 1), g("h", 1), g("cz", 0, 1), g("h", 1), Measure(1, 0), Send("m0", "n1", (0,))]
    cz1 = [Ebit("l0", "n0", 1), g("cz", 1, 0), g("h", 1), Measure(1, 0), Recv("m0", "n0", 1), when(1, g("z", 0))]
    n0 = [g("h", 0), *cz0, Measure(0, 2)]
    n1 = [g("h", 0), *cz1, g("h", 0), Measure(0, 2)]
    return example(
        w.build(), {"n0": (1, 1, 3, n0), "n1": (1, 1, 3, n1)}, inputs={}, outputs={}, links=[("n0", "n1")],
        registers={"c": [("n0", 2), ("n1", 2)]}, outcomes=[("n0", 2), ("n1", 2)],
    )  # fmt: skip


EXAMPLES: dict[str, Callable[[], Example]] = {
    "remote cz": remote_cz,
    "teleportation": teleport,
    "swap": swapped_cz,
    "conditional Clifford": conditional,
    "conditional T": lambda: conditional(Fraction(1, 4)),
    "measured pair": ghz_measured,
}
