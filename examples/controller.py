"""A controller for two or more devices: it runs an output folder from its data alone, manifest.json and one OpenQASM 3 file for each node.

    python examples/controller.py DIR [SHOTS]

Nothing of gossamer is used: JSON, and the reference parser of OpenQASM 3, which keeps annotations. Each node is a task of its own that sees its own
program only. Where real devices would be stands `Lab`, which has the qubits of all of them as one vector. See docs/controllers.md.
"""

from __future__ import annotations

import asyncio
import cmath
import json
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import openqasm3
from openqasm3 import ast

# ---- the devices ------------------------------------------------------------------------------------------------------

ROOT = 2**-0.5
GATES = {
    "h": lambda: np.array([[ROOT, ROOT], [ROOT, -ROOT]]),
    "x": lambda: np.array([[0, 1], [1, 0]]),
    "z": lambda: np.diag([1, -1]),
    "s": lambda: np.diag([1, 1j]),
    "sdg": lambda: np.diag([1, -1j]),
    "rz": lambda a: np.diag([cmath.exp(-0.5j * a), cmath.exp(0.5j * a)]),
    "rx": lambda a: np.cos(a / 2) * np.eye(2) - 1j * np.sin(a / 2) * np.array([[0, 1], [1, 0]]),
    "cz": lambda: np.diag([1, 1, 1, -1]),
    "rzz": lambda a: np.diag([cmath.exp(s * 0.5j * a) for s in (-1, 1, 1, -1)]),
}


class Lab:
    """All devices, in one vector: what a test bench has in their place."""

    def __init__(self, qubits: list[tuple[str, str]], seed: int) -> None:
        self.axis = {qubit: i for i, qubit in enumerate(qubits)}
        self.state = np.zeros((2,) * len(qubits), complex)
        self.state[(0,) * len(qubits)] = 1
        self.random = np.random.default_rng(seed)

    def gate(self, node: str, name: str, angles: list[float], qubits: list[str]) -> None:
        self._apply(name, angles, [(node, q) for q in qubits])

    def _apply(self, name: str, angles: list[float], qubits: list[tuple[str, str]]) -> None:
        axes = [self.axis[q] for q in qubits]
        matrix = GATES[name](*angles).reshape((2,) * (2 * len(axes)))
        state = np.tensordot(matrix, self.state, (range(len(axes), 2 * len(axes)), axes))
        self.state = np.moveaxis(state, range(len(axes)), axes)

    def measure(self, node: str, qubit: str) -> int:
        ways = np.moveaxis(self.state, self.axis[node, qubit], 0)
        outcome = int(self.random.random() >= np.linalg.norm(ways[0]) ** 2)
        ways[1 - outcome] = 0
        self.state /= np.linalg.norm(self.state)
        return outcome

    def reset(self, node: str, qubit: str) -> None:
        if self.measure(node, qubit):
            self.gate(node, "x", [], [qubit])

    def pair(self, *ends: tuple[str, str]) -> None:
        """An entangled pair, as the network makes it for two nodes that have asked."""
        for end in ends:
            self.reset(*end)
            self._apply("h", [], [end])
        self._apply("cz", [], list(ends))
        self._apply("h", [], [ends[1]])


# ---- the network between them -----------------------------------------------------------------------------------------


class Network:
    """Links and messages of the manifest: each link is asked for by two nodes, each message sent by one and received by another."""

    def __init__(self, manifest: dict[str, Any], lab: Lab) -> None:
        loop = asyncio.get_running_loop()
        self.lab = lab
        self.links = {link["id"]: (link["nodes"], loop.create_future()) for link in manifest["links"]}
        self.messages = {m["id"]: (m["sender"], m["receiver"], loop.create_future()) for m in manifest["messages"]}
        self.waiting: dict[str, tuple[str, str]] = {}

    async def link(self, name: str, node: str, qubit: str) -> None:
        nodes, ready = self.links[name]
        assert node in nodes
        if name in self.waiting:  # the other node was here first
            self.lab.pair(self.waiting[name], (node, qubit))
            ready.set_result(None)
        self.waiting[name] = node, qubit
        await ready

    def send(self, name: str, node: str, bit: int) -> None:
        assert self.messages[name][0] == node
        self.messages[name][2].set_result(bit)

    async def receive(self, name: str, node: str) -> int:
        assert self.messages[name][1] == node
        return await self.messages[name][2]


# ---- one node ---------------------------------------------------------------------------------------------------------


async def run_node(node: str, program: ast.Program, lab: Lab, network: Network) -> dict[int, int]:
    """Statement by statement; what crosses to other nodes stands in annotations. Gives the node's bits."""
    bits: dict[int, int] = {}
    for statement in program.statements:
        note = {a.keyword: dict(re.findall(r"(\w+)=(\S+)", a.command or "")) for a in statement.annotations}
        if link := note.get("gossamer.link"):
            await network.link(link["id"], node, openqasm3.dumps(statement.qubits))
        elif message := note.get("gossamer.send"):
            own = re.findall(r"m\[(\d+)\]", message["bits"])
            network.send(message["id"], node, sum(bits[int(b)] for b in own) % 2)
        elif message := note.get("gossamer.recv"):
            bits[index(message["bit"])] = await network.receive(message["id"], node)
        elif isinstance(statement, ast.QuantumReset):
            lab.reset(node, openqasm3.dumps(statement.qubits))
        elif isinstance(statement, ast.QuantumMeasurementStatement):
            qubit = openqasm3.dumps(statement.measure.qubit)
            bits[index(openqasm3.dumps(statement.target))] = lab.measure(node, qubit)
        elif isinstance(statement, ast.QuantumGate | ast.BranchingStatement):
            apply(node, statement, lab, bits)
        elif not isinstance(
            statement, ast.Include | ast.QuantumGateDefinition | ast.QubitDeclaration | ast.ClassicalDeclaration
        ):
            raise ValueError(f"{node} cannot run {openqasm3.dumps(statement)}")
        await asyncio.sleep(0)  # other nodes go on as well
    return bits


def apply(node: str, statement: ast.Statement, lab: Lab, bits: dict[int, int]) -> None:
    """A gate, or gates under a condition on bits."""
    if isinstance(statement, ast.QuantumGate):
        angles = [float(value(a)) for a in statement.arguments]
        lab.gate(node, statement.name.name, angles, [openqasm3.dumps(q) for q in statement.qubits])
        return
    condition = openqasm3.dumps(statement.condition)
    if bits[index(condition)] == (not condition.startswith("!")):
        for inner in statement.if_block:
            apply(node, inner, lab, bits)


def value(angle: ast.Expression) -> float:
    """Angles are multiples of pi: numbers, pi, signs, products and quotients."""
    match angle:
        case ast.Identifier(name="pi"):
            return np.pi
        case ast.UnaryExpression():
            return -value(angle.expression)
        case ast.BinaryExpression():
            a, b = value(angle.lhs), value(angle.rhs)
            return a / b if angle.op.name == "/" else a * b
    return angle.value  # type: ignore[attr-defined]


def index(text: str) -> int:
    return int(re.findall(r"\d+", text)[-1])


# ---- all nodes --------------------------------------------------------------------------------------------------------


async def run_once(manifest: dict[str, Any], programs: dict[str, ast.Program], seed: int) -> str:
    """One run of all nodes side by side; the results under the key that Qiskit prints."""
    qubits = [
        (n["name"], f"{pool}[{i}]") for n in manifest["nodes"] for pool in ("data", "comm") for i in range(n[pool])
    ]
    lab = Lab(qubits, seed)
    network = Network(manifest, lab)
    found = await asyncio.gather(*(run_node(n, p, lab, network) for n, p in programs.items()))
    bits = dict(zip(programs, found, strict=True))
    if any(bits[b["node"]][b["bit"]] for b in manifest["postselected"]):
        return "rejected"
    return " ".join(
        "".join("0" if b is None else str(bits[b["node"]][b["bit"]]) for b in reversed(register["bits"]))
        for register in reversed(manifest["registers"])
    )


def run(folder: str | Path, shots: int = 100) -> dict[str, int]:
    """Counts of the results of an output folder whose nodes are circuit nodes."""
    manifest = json.loads((Path(folder) / "manifest.json").read_text())
    assert manifest["format"] == "gossamer-manifest/1"
    strange = [n["name"] for n in manifest["nodes"] if n["model"] != "circuit"]
    assert not strange, f"this controller has circuit nodes only, and {strange} are others"
    programs = {
        n["name"]: openqasm3.parse((Path(folder) / n["program"]).read_text(encoding="utf-8")) for n in manifest["nodes"]
    }
    return dict(Counter(asyncio.run(run_once(manifest, programs, seed)) for seed in range(shots)))


if __name__ == "__main__":
    for key, number in sorted(run(sys.argv[1], *map(int, sys.argv[2:])).items()):
        print(key, number)
