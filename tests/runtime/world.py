"""Test bench of the runtime: a builder of node programs, random programs, and a naive simulation that knows no tricks.

The oracle keeps every qubit of every node in one dense vector from the beginning to the end, follows every outcome, and interleaves
the nodes at random. It shares no code with the runtime.
"""

from __future__ import annotations

import random
from collections import defaultdict
from fractions import Fraction

import numpy as np

from gossamer.ir.phase import Phase
from gossamer.ir.program import (
    GATES,
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


class World:
    """Collects the programs of several nodes; everything is appended in the order of the calls."""

    def __init__(self, data: int = 2, comm: int = 1, nodes: tuple[str, ...] = ("a", "b")) -> None:
        self.data, self.comm, self.nodes = data, comm, nodes
        self.ops: dict[str, list[Instruction]] = {n: [] for n in nodes}
        self.bits = dict.fromkeys(nodes, 0)
        self.links: list[ManifestLink] = []
        self.messages: list[ManifestMessage] = []
        self.registers: list[tuple[str, list[tuple[str, int] | None]]] = []
        self.outputs: list[tuple[str, int]] = []
        self.inputs: list[tuple[str, int]] = []

    def gate(self, node: str, name: str, *qubits: int, angle: Fraction | None = None) -> None:
        self.ops[node].append(make_gate(name, *qubits, angle=angle))

    def when(self, node: str, conditions: dict[int, int], *body: Gate) -> None:
        self.ops[node].append(Conditional(tuple((b, bool(v)) for b, v in conditions.items()), body))

    def measure(self, node: str, qubit: int) -> int:
        bit = self.new_bit(node)
        self.ops[node].append(Measure(qubit, bit))
        return bit

    def reset(self, node: str, qubit: int) -> None:
        self.ops[node].append(Reset(qubit))

    def new_bit(self, node: str) -> int:
        self.bits[node] += 1
        return self.bits[node] - 1

    def ebit(self, a: str, b: str, qa: int | None = None, qb: int | None = None) -> str:
        """|Phi+> on the two communication qubits, without the H."""
        name = f"l{len(self.links)}"
        self.links.append(ManifestLink(id=name, nodes=(a, b)))
        self.ops[a].append(Ebit(name, b, self.data if qa is None else qa))
        self.ops[b].append(Ebit(name, a, self.data if qb is None else qb))
        return name

    def send(self, a: str, b: str, *bits: int) -> int:
        """Send a parity; gives the bit in which it arrives."""
        name = f"m{len(self.messages)}"
        self.messages.append(ManifestMessage(id=name, sender=a, receiver=b))
        bit = self.new_bit(b)
        self.ops[a].append(Send(name, b, bits))
        self.ops[b].append(Recv(name, a, bit))
        return bit

    def register(self, name: str, *bits: tuple[str, int] | None) -> None:
        self.registers.append((name, list(bits)))

    def link_cz(self, a: str, qa: int, b: str, qb: int) -> None:
        """Remote CZ by one link: a Hadamard edge between the halves, cz on each side, X measurements, Z corrections."""
        self.ebit(a, b)
        self.gate(a, "h", self.data)
        received = {}
        for node, q in ((a, qa), (b, qb)):
            self.gate(node, "cz", self.data, q)
            self.gate(node, "h", self.data)
            received[node] = self.measure(node, self.data)
        to_b = self.send(a, b, received[a])
        to_a = self.send(b, a, received[b])
        self.when(a, {to_a: 1}, make_gate("z", qa))
        self.when(b, {to_b: 1}, make_gate("z", qb))

    def program(self, node: str) -> NodeProgram:
        results = tuple(
            (where[1], f"{name}[{i}]")
            for name, bits in self.registers
            for i, where in enumerate(bits)
            if where is not None and where[0] == node
        )
        return NodeProgram(node, "circuit", self.data, self.comm, self.bits[node], tuple(self.ops[node]), results)

    def build(self) -> tuple[list[NodeProgram], Manifest]:
        manifest = Manifest(
            nodes=[
                ManifestNode(name=n, model="circuit", program=f"{n}.qasm", data=self.data, comm=self.comm)
                for n in self.nodes
            ],
            links=self.links,
            messages=self.messages,
            inputs=[ManifestPlace(name=f"i{k}", node=n, qubit=q) for k, (n, q) in enumerate(self.inputs)],
            outputs=[ManifestPlace(name=f"o{k}", node=n, qubit=q) for k, (n, q) in enumerate(self.outputs)],
            registers=[
                ManifestRegister(
                    name=name, bits=[None if w is None else ManifestBit(node=w[0], bit=w[1]) for w in bits]
                )
                for name, bits in self.registers
            ],
            outcomes=[],
            source_digest="",
        )
        return [self.program(n) for n in self.nodes], manifest


def make_gate(name: str, *qubits: int, angle: Fraction | None = None) -> Gate:
    return Gate(name, qubits, None if angle is None else Phase(angle))


def random_world(seed: int, *, clifford: bool, length: int = 40, nodes: int = 2, rich: bool = True) -> World:
    """A random program without deadlock: links, messages, conditionals, resets, everything reported in two registers.

    ``rich``: conditionals of any gates on one to three bits; otherwise single Paulis on one bit.
    """
    rng = random.Random(seed)
    names = tuple("abcd"[:nodes])
    w = World(data=2, comm=1, nodes=names)
    open_comm = dict.fromkeys(names, False)
    known: dict[str, list[int]] = {n: [] for n in names}

    def random_gate(node: str, paulis: bool = False) -> Gate:
        usable = [0, 1, *([2] if open_comm[node] else [])]
        name = rng.choice(["x", "z"] if paulis else list(GATES))
        arity, angles = GATES[name]
        step = 2 if clifford else rng.choice([2, 4, 7])
        drawn = [Phase(Fraction(rng.randrange(2 * step), step)) for _ in range(angles)]
        return Gate(name, tuple(rng.sample(usable, arity)), drawn[0] if drawn else None, tuple(drawn[1:]))

    for _ in range(length):
        node = rng.choice(names)
        kind = rng.random()
        if kind < 0.55:
            w.ops[node].append(random_gate(node))
        elif kind < 0.65 and known[node]:
            bits = rng.sample(known[node], min(len(known[node]), rng.choice([1, 1, 2, 3]) if rich else 1))
            body = [random_gate(node, paulis=not rich) for _ in range(rng.choice([1, 2]))]
            w.when(node, {b: rng.randrange(2) for b in bits}, *body)
        elif kind < 0.75:
            peer = rng.choice([n for n in names if n != node])
            if not open_comm[node] and not open_comm[peer]:
                w.ebit(node, peer)
                open_comm[node] = open_comm[peer] = True
        elif kind < 0.83:
            if open_comm[node]:
                known[node].append(w.measure(node, w.data))
                open_comm[node] = False
        elif kind < 0.9:
            q = rng.randrange(2)
            known[node].append(w.measure(node, q))
            w.reset(node, q)
        elif kind < 0.93:
            w.reset(node, rng.randrange(2))
        elif known[node]:
            peer = rng.choice([n for n in names if n != node])
            known[peer].append(w.send(node, peer, *rng.sample(known[node], rng.randint(1, min(3, len(known[node]))))))
    final = [(n, w.measure(n, q)) for n in names for q in (0, 1)]
    earlier = [(n, b) for n in names for b in known[n]]
    w.register("out", *final)
    w.register("mid", *rng.sample(earlier, min(2, len(earlier))), None)
    return w


# ---- the oracle ---------------------------------------------------------------------------------------------------------


def exact_distribution(w: World, seed: int = 0) -> dict[str, float]:
    """Probability of each key, by following every outcome on the vector of all qubits."""
    rng = random.Random(seed)
    width = w.data + w.comm
    total = width * len(w.nodes)
    state = np.zeros((2,) * total, complex)
    state[(0,) * total] = 1
    branches = [(state, {})]  # not normalised: the norm is the probability; bits by (node, bit) or message
    at = dict.fromkeys(w.nodes, 0)
    sent: set[str] = set()

    def axis(node: str, q: int) -> int:
        return w.nodes.index(node) * width + q

    while any(at[n] < len(w.ops[n]) for n in w.nodes):
        ready = []
        for n in w.nodes:
            op = w.ops[n][at[n]] if at[n] < len(w.ops[n]) else None
            if isinstance(op, Recv):
                ready += [n] if op.message in sent else []
            elif isinstance(op, Ebit):
                other = w.ops[op.peer][at[op.peer]] if at[op.peer] < len(w.ops[op.peer]) else None
                ready += [n] if isinstance(other, Ebit) and other.link == op.link else []
            elif op is not None:
                ready.append(n)
        n = rng.choice(ready)
        op = w.ops[n][at[n]]
        at[n] += 1
        new = []
        for psi, bits in branches:
            if isinstance(op, Gate):
                new.append((_dense(psi, op, [axis(n, q) for q in op.qubits]), bits))
            elif isinstance(op, Conditional):
                if all(bits[n, b] == v for b, v in op.conditions):
                    for gate in op.body:
                        psi = _dense(psi, gate, [axis(n, q) for q in gate.qubits])
                new.append((psi, bits))
            elif isinstance(op, (Measure, Reset)):
                for outcome in (0, 1):
                    part = np.zeros_like(psi)
                    keep = [slice(None)] * total
                    keep[axis(n, op.qubit)] = outcome
                    into = list(keep)
                    if isinstance(op, Reset):
                        into[axis(n, op.qubit)] = 0
                    part[tuple(into)] = psi[tuple(keep)]
                    if np.vdot(part, part).real > 1e-14:
                        more = {(n, op.bit): outcome} if isinstance(op, Measure) else {}
                        new.append((part, {**bits, **more}))
            elif isinstance(op, Ebit):
                other = w.ops[op.peer][at[op.peer]]
                first, second = axis(n, op.qubit), axis(op.peer, other.qubit)
                for k in (first, second):  # the qubits were measured: put them into |0> branch by branch
                    one = np.take(psi, 1, axis=k)
                    zero = np.take(psi, 0, axis=k)
                    assert min(np.vdot(one, one).real, np.vdot(zero, zero).real) < 1e-12
                    psi = np.stack([zero + one, np.zeros_like(zero)], axis=k)
                psi = _dense(psi, Gate("h", (0,)), [first])
                cnot = psi.copy()
                index = [slice(None)] * total
                index[first] = 1
                cnot[tuple(index)] = np.flip(psi, axis=second)[tuple(index)]
                new.append((cnot, bits))
            elif isinstance(op, Send):
                new.append((psi, {**bits, op.message: sum(bits[n, b] for b in op.bits) % 2}))
            else:
                new.append((psi, {**bits, (n, op.bit): bits[op.message]}))
        branches = new
        if isinstance(op, Send):
            sent.add(op.message)
        if isinstance(op, Ebit):
            at[op.peer] += 1
    table: dict[str, float] = defaultdict(float)
    for psi, bits in branches:
        words = ["".join(str(bits[x] if x else 0) for x in reversed(r)) for _, r in w.registers if r]
        table[" ".join(reversed(words))] += np.vdot(psi, psi).real
    return dict(table)


def _dense(psi: np.ndarray, gate: Gate, axes: list[int]) -> np.ndarray:
    t = float(gate.angle.constant) if gate.angle else 0.0
    z = np.diag([1, -1])
    x = np.array([[0, 1], [1, 0]])
    y = 1j * x @ z
    eye = np.eye(2)
    rotation = {"rz": z, "rx": x, "ry": y, "rzz": np.kron(z, z), "rxx": np.kron(x, x), "rzx": np.kron(z, x)}
    if gate.name in rotation:
        p = rotation[gate.name]
        m = np.cos(np.pi * t / 2) * np.eye(len(p)) - 1j * np.sin(np.pi * t / 2) * p
    else:
        m = {
            "h": (x + z) / np.sqrt(2),
            "x": x,
            "z": z,
            "s": np.diag([1, 1j]),
            "sdg": np.diag([1, -1j]),
            "cz": np.diag([1, 1, 1, -1]),
            "y": y,
            "sx": (eye - 1j * x) / np.sqrt(2),
            "u3": _u3(*(float(angle.constant) for angle in gate.angles)) if gate.name == "u3" else None,
            "cx": (np.kron(eye + z, eye) + np.kron(eye - z, x)) / 2,
            "ecr": (np.kron(x, eye) - np.kron(y, x)) / np.sqrt(2),
            "ms": (np.kron(eye, eye) - 1j * np.kron(x, x)) / np.sqrt(2),
            "swap": (np.eye(4) + sum(np.kron(p, p) for p in (x, y, z))) / 2,
        }[gate.name]
    k = len(axes)
    out = np.tensordot(np.asarray(m, complex).reshape((2,) * (2 * k)), psi, axes=(list(range(k, 2 * k)), axes))
    return np.moveaxis(out, list(range(k)), axes)


def _u3(theta: float, phi: float, lam: float) -> np.ndarray:
    c, s = np.cos(np.pi * theta / 2), np.sin(np.pi * theta / 2)
    left, right = np.exp(1j * np.pi * phi), np.exp(1j * np.pi * lam)
    return np.array([[c, -right * s], [left * s, left * right * c]])


def chi_square_fits(counts: dict[str, int], exact: dict[str, float]) -> bool:
    """Whether the counts fit at about the 1e-5 level; a key that cannot occur fails at once."""
    shots = sum(counts.values())
    if any(exact.get(key, 0) < 1e-9 for key in counts):
        return False
    statistic, cells, rest_seen, rest_wanted = 0.0, 0, 0, 0.0
    for key, p in exact.items():
        wanted, seen = p * shots, counts.get(key, 0)
        if wanted < 5:  # pooled
            rest_seen, rest_wanted = rest_seen + seen, rest_wanted + wanted
            continue
        statistic += (seen - wanted) ** 2 / wanted
        cells += 1
    if rest_wanted > 1:
        statistic += (rest_seen - rest_wanted) ** 2 / rest_wanted
        cells += 1
    freedom = max(cells - 1, 0)
    # Wilson and Hilferty: the cube root of chi^2 / freedom is nearly normal.
    if freedom == 0:
        return statistic < 1e-6 * shots + 20 * (rest_wanted > 1)
    deviate = ((statistic / freedom) ** (1 / 3) - (1 - 2 / (9 * freedom))) / np.sqrt(2 / (9 * freedom))
    return bool(deviate < 4.3)
