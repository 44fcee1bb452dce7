"""Lowering of a `Placed` graph, as far as it is the same for every node model: events, frames, links, bits, messages, the manifest.

The events of the total order are handed, one by one, to the :class:`Writer` of the node where they happen; a writer knows one node
model and turns vertices and edges into its instructions. What the models share is here. Signals are kept as frames (``s``:
X-type, ``t``: Z-type, sets of raw outcome bits, as in the measurement calculus): a frame says which Pauli the graph's vertex is
still owed at the end of its life. When and how it is paid (a gate, a domain, a word about what an outcome is worth) is the writer's
matter. The order of events gives every bit before its use, so no signal outlives its vertex (but for those that an axis
bears), and every outcome of the source and every postselected one is measured with its corrections done (raw = true).

References
----------
Measurement calculus, signals: Danos, Kashefi, Panangaden, J. ACM 54, 8 (2007). The link theorem: design theory, section 3.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from array import array
from collections.abc import Collection, Mapping, Set
from operator import is_
from typing import ClassVar

import numpy as np

from gossamer.diagnostics import InputError, InternalError, NetworkInfeasible
from gossamer.ir.byproducts import link_byproducts
from gossamer.ir.diagram import BitKind
from gossamer.ir.open_graph import Label
from gossamer.ir.phase import Phase
from gossamer.ir.placed import EventKind, Placed
from gossamer.ir.program import (
    Conditional,
    Distribution,
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
    Send,
    renumber,
)


def lower(placed: Placed, writers: Mapping[str, type[Writer]], *, source_digest: str = "") -> Distribution:
    """Lower every node's part to a program, by the writer of its model.

    Raises
    ------
    NetworkInfeasible
        ``NW-8`` if a node's model has no writer.
    InputError
        ``PR-12`` for what has no form as a program.
    """
    return Lowering(placed, writers, source_digest).run()


_PREPARE, _JOIN, _STEP, _MEASURE, _ROTATE, _EBIT, _MEASURE_HALF = (
    int(kind)
    for kind in (
        EventKind.PREPARE,
        EventKind.JOIN,
        EventKind.STEP,
        EventKind.MEASURE,
        EventKind.ROTATE,
        EventKind.EBIT,
        EventKind.MEASURE_HALF,
    )
)
_NOTHING: frozenset[int] = frozenset()
_REALISED = -1
#: So many events are taken out of their array at one time.
_PIECE = 100_000


class Frames(dict[int, frozenset[int]]):
    """The signals of each terminal that has some."""

    def __missing__(self, terminal: int) -> frozenset[int]:
        return _NOTHING

    def flip(self, terminal: int, bits: Set[int]) -> None:
        left = self[terminal] ^ bits
        if left:
            self[terminal] = left
        else:
            self.pop(terminal, None)


class Writer(ABC):
    """The program of one node while it grows. Data qubits are 0, 1, ...; communication qubits -1, -2, ... until the end.

    A subclass for a node model gives the instructions for each event. Its methods speak of vertices and terminals of the placed
    graph, and find signals and phases in ``self.all``.
    """

    model: ClassVar[str]
    #: The ending of the program's file.
    suffix: ClassVar[str]

    def __init__(self, lowering: Lowering, at: int) -> None:
        self.all, self.at = lowering, at
        self.node = lowering.placed.network.nodes[at]
        self.name = self.node.name
        self.code: list[Instruction] = []
        self.sends: dict[int, list[Send]] = {}  # position in code -> messages that leave right after it
        self.free: dict[str, list[int]] = {"data": [], "comm": []}
        self.size = {"data": 0, "comm": 0}
        self.dirty: set[int] = set()  # data qubits that hold a measured state
        self.bits = 0
        self._gates: dict[tuple[str, tuple[int, ...]], Gate] = {}

    # ---- what a model says ----------------------------------------------------------------------------------------

    @abstractmethod
    def start(self, qubit: int) -> None:
        """Bring a free data qubit into ``|+>``."""

    @abstractmethod
    def join(self, a: int, b: int) -> None:
        """A CZ between two terminals."""

    @abstractmethod
    def step(self, v: int) -> None:
        """Vertex v goes over into its successor, which comes into being."""

    @abstractmethod
    def measure(self, v: int) -> None:
        """The end of a vertex that is no output."""

    @abstractmethod
    def rotate(self, hub: int) -> None:
        """A phase gadget, hub and all: the terminals that are joined to it are there."""

    @abstractmethod
    def finish(self, v: int) -> None:
        """The phase and the last corrections of an output."""

    @abstractmethod
    def open_half(self, qubit: int) -> None:
        """The H of the first-named end, right after the ebit."""

    @abstractmethod
    def close_half(self, qubit: int) -> int:
        """Measure a link half in X; gives the bit."""

    # ---- qubits -----------------------------------------------------------------------------------------------------

    def emit(self, *instructions: Instruction) -> None:
        self.code.extend(instructions)

    def plain_gate(self, name: str, *qubits: int) -> Gate:
        """A gate without angle; the same one each time it is asked for."""
        key = name, qubits
        found = self._gates.get(key)
        if found is None:
            found = self._gates[key] = Gate(name, qubits)
        return found

    def allocate(self, pool: str) -> int:
        """A free qubit of a pool, numbered from 0 in it."""
        if self.free[pool]:
            free = self.free[pool]
            free.sort(reverse=True)
            return free.pop()
        return self.new_qubit(pool)

    def new_qubit(self, pool: str) -> int:
        self.size[pool] += 1
        return self.size[pool] - 1

    def address(self, terminal: int) -> int:
        """The qubit of a live terminal."""
        where = self.all.qubit[terminal]
        if where is None:
            raise InternalError("TL-14", f"terminal {terminal} has no qubit")
        return where[1] if where[0] == "data" else -1 - where[1]

    def prepare(self, v: int) -> None:
        """A vertex comes into being: as ``|+>``, or as the input that it is."""
        i = self.all.input_number.get(v)
        # An input is there from the start, so its place is a qubit that nothing was on before.
        q = self.allocate("data") if i is None else self.new_qubit("data")
        self.all.qubit[v] = ("data", q)
        if i is None:
            self.start(q)
        else:
            self.all.inputs[i] = ManifestPlace(name=self.all.graph.input_names[i], node=self.name, qubit=q)

    @property
    def has_room(self) -> bool:
        """Whether a data qubit is free for a moment."""
        return bool(self.free["data"]) or self.size["data"] < self.node.data

    def give_back(self, qubit: int) -> None:
        """A qubit that was measured is free."""
        pool, index = ("data", qubit) if qubit >= 0 else ("comm", -1 - qubit)
        self.free[pool].append(index)
        if pool == "data":
            self.dirty.add(index)

    # ---- bits -------------------------------------------------------------------------------------------------------

    def new_bit(self) -> int:
        self.bits += 1
        return self.bits - 1

    def ended(self, terminal: int, bit: int) -> int:
        """The last instruction measured the terminal into ``bit``; gives the number of the raw outcome."""
        self.give_back(self.address(terminal))
        self.all.qubit[terminal] = None
        self.all.ended[terminal] = True
        self.all.raw.append((self.at, bit))
        self.all.raw_position.append(len(self.code) - 1)
        return len(self.all.raw) - 1

    def local_bits(self, raws: Collection[int]) -> list[int]:
        """Own bits whose parity is the parity of ``raws``; asks other nodes for one bit each."""
        out: list[int] = []
        received = self.all.received
        if len(raws) == 1:  # most often, and without tables
            (r,) = raws
            origin, bit = self.all.raw[r]
            if origin == self.at:
                return [bit]
            known = received.get((self.at, r))
            return [self._message(origin, [r]) if known is None else known]
        by_origin: dict[int, list[int]] = {}
        for r in sorted(raws):
            by_origin.setdefault(self.all.raw[r][0], []).append(r)
        for origin, rs in sorted(by_origin.items()):
            if origin == self.at:
                out.extend(self.all.raw[r][1] for r in rs)
                continue
            known = received.get((self.at, *rs))
            if known is not None:
                out.append(known)
                continue
            singles = [received.get((self.at, r)) for r in rs] if len(rs) > 1 else [None]
            if all(b is not None for b in singles):
                out.extend(b for b in singles if b is not None)
            else:
                out.append(self._message(origin, rs))
        return out

    def _message(self, origin: int, raws: list[int]) -> int:
        sender = self.all.nodes[origin]
        name = f"m{len(self.all.messages)}"
        self.all.messages.append(ManifestMessage(id=name, sender=sender.name, receiver=self.name))
        leave = max(self.all.raw_position[r] for r in raws)  # as soon as the last of the bits is there
        send = Send(name, self.name, tuple(sorted(self.all.raw[r][1] for r in raws)))
        sender.sends.setdefault(leave, []).append(send)
        bit = self.new_bit()
        self.emit(Recv(name, sender.name, bit))
        self.all.received[self.at, *raws] = bit
        return bit

    # ---- the result -------------------------------------------------------------------------------------------------

    def program(self, results: list[tuple[int, str]]) -> NodeProgram:
        """The program, sends where they belong and communication qubits numbered behind the data qubits."""
        data = self.size["data"]
        moved: dict[int, Gate] = {}  # a gate, by its identity, under its new numbers

        def number(qubit: int) -> int:
            return qubit if qubit >= 0 else data - 1 - qubit

        def gate(old: Gate) -> Gate:
            if min(old.qubits) >= 0:
                return old
            new = moved.get(id(old))
            if new is None:
                new = moved[id(old)] = Gate(old.name, tuple(map(number, old.qubits)), old.angle, old.more)
            return new

        old, sends = self.code, self.sends
        self.code, self.sends = [], {}  # the program is made once, and takes their place
        code: list[Instruction] = []
        for i, op in enumerate(old):
            if type(op) is Gate:
                code.append(gate(op))
            elif type(op) is Conditional:
                body = tuple(map(gate, op.body))
                same = all(map(is_, body, op.body))
                code.append(op if same else Conditional(op.conditions, body))
            elif type(op) is Recv or (type(op) is Measure and op.qubit >= 0):
                code.append(op)
            else:
                code.append(renumber(op, number))
            if i in sends:
                code.extend(sends[i])
        return NodeProgram(
            self.name, self.model, data, self.size["comm"], self.bits, tuple(code), tuple(sorted(results))
        )


class Lowering:
    """What all nodes share while their programs grow: where terminals are, frames, raw outcomes, messages, the manifest."""

    def __init__(self, placed: Placed, writers: Mapping[str, type[Writer]], source_digest: str) -> None:
        graph = placed.graph
        self.placed, self.graph, self.n = placed, graph, graph.num_vertices
        self.source_digest = source_digest
        for node in placed.network.nodes:
            if node.model not in writers:
                raise NetworkInfeasible("NW-8", f"node {node.name}: no backend for model '{node.model}'")
        for bit in graph.bits:
            if bit.kind == BitKind.INPUT:
                raise InputError(
                    "PR-12",
                    f"the classical input '{bit.name}' has no value",
                    help=f"give it one: --bind {bit.name.partition('[')[0]}=VALUE",
                )
        terminals = self.n + 2 * placed.num_links
        self.link_names = [f"l{k}" for k in range(placed.num_links)]
        self.qubit: list[tuple[str, int] | None] = [None] * terminals  # pool and number in it
        self.s, self.t = Frames(), Frames()
        self.ended = [False] * terminals
        self.pending = _Pending(placed)
        self.node_of: list[int] = [*placed.place.tolist(), *placed.links.ravel().tolist()]
        self.successor: list[int] = graph.successor.tolist()
        self.label: list[int] = graph.label.tolist()
        self.outcome: list[int] = graph.outcome.tolist()
        self.leaving: dict[int, list[int]] = {}  # vertex -> the outputs that it is
        for i, v in enumerate(graph.outputs.tolist()):
            self.leaving.setdefault(v, []).append(i)
        self.byproducts = link_byproducts(placed)
        self.extra_z = self.byproducts.constant
        self.raw: list[tuple[int, int]] = []  # raw outcome -> (node, its bit)
        self.raw_position: list[int] = []  # raw outcome -> position in its node's code
        self.postselected = set(graph.postselected.tolist())
        folded = np.isin(graph.label, (Label.X, Label.Y, Label.Z)) & (graph.outcome < 0)
        folded[graph.postselected] = False
        self.folded: list[bool] = folded.tolist()
        self.accepted: list[int] = []  # raw outcomes of postselected vertices
        self.source_raw: dict[int, int] = {}  # outcome bit of the source -> raw outcome
        self.received: dict[
            tuple[int, ...], int
        ] = {}  # (node, raw outcomes of one origin in ascending order) -> the node's bit
        self.messages: list[ManifestMessage] = []
        self.outputs: dict[int, ManifestPlace] = {}
        self.inputs: dict[int, ManifestPlace] = {}
        self.input_number = {v: i for i, v in enumerate(graph.inputs.tolist())}
        self.nodes = [writers[node.model](self, at) for at, node in enumerate(placed.network.nodes)]

    def run(self) -> Distribution:
        for row in range(0, len(self.placed.events), _PIECE):
            piece = self.placed.events[row : row + _PIECE]
            joins = iter(self.placed.joins[piece[piece[:, 0] == _JOIN, 1]].tolist())
            for kind, arg in piece.tolist():
                if kind == _JOIN:
                    a, b = next(joins)
                    self.writer(a).join(a, b)
                    self.realise_edge(a, b)
                elif kind == _STEP:
                    self.writer(arg).step(arg)
                    self._forget(arg)
                elif kind == _EBIT:
                    self._ebit(arg)
                elif kind == _MEASURE_HALF:
                    self._measure_half(arg)
                elif kind == _PREPARE:
                    self.writer(arg).prepare(arg)
                elif kind == _MEASURE:
                    self.writer(arg).measure(arg)
                    self._forget(arg)
                elif kind == _ROTATE:
                    self.writer(arg).rotate(arg)
                    self._forget(arg)
                else:
                    self._finish(arg)
        found = self._assemble()
        self.nodes.clear()  # they know this object, and it holds much: leave no cycle
        return found

    def writer(self, terminal: int) -> Writer:
        return self.nodes[self.node_of[terminal]]

    def _forget(self, terminal: int) -> None:
        """What is no longer needed of a terminal that has ended."""
        self.s.pop(terminal, None)
        self.t.pop(terminal, None)

    def _ebit(self, k: int) -> None:
        ends = [self.nodes[at] for at in self.placed.links[k].tolist()]
        for side, (own, peer) in enumerate(zip(ends, reversed(ends), strict=True)):
            q = own.allocate("comm")
            self.qubit[self.n + 2 * k + side] = ("comm", q)
            own.code.append(Ebit(self.link_names[k], peer.name, -1 - q))
            if side == 0:  # the Hadamard edge
                own.open_half(-1 - q)

    def _measure_half(self, terminal: int) -> None:
        writer = self.writer(terminal)
        raw = writer.ended(terminal, writer.close_half(writer.address(terminal)))
        outcome = self.t[terminal] ^ {raw}
        for v in self.byproducts.flips(terminal - self.n):
            self.flip_z(v, outcome)
        self._forget(terminal)

    def _finish(self, v: int) -> None:
        writer = self.writer(v)
        writer.finish(v)
        self.ended[v] = True
        for i in self.leaving.get(v, ()):
            place = ManifestPlace(name=self.graph.output_names[i], node=writer.name, qubit=writer.address(v))
            self.outputs[i] = place

    # ---- frames ----------------------------------------------------------------------------------------------------

    def flip_z(self, terminal: int, bits: Set[int]) -> None:
        if not self.ended[terminal]:
            self.t.flip(terminal, bits)
        elif terminal >= self.n:
            raise InternalError("TL-14", f"a Z signal reaches terminal {terminal} after its end")
        elif self.is_flipped(terminal, x=False, z=True):
            self.correct(terminal, bits)

    def is_folded(self, v: int) -> bool:
        """Whether the vertex's corrections only flip what its outcome is worth, so that they need not be applied to it."""
        return self.folded[v]

    def worth(self, v: int) -> frozenset[int]:
        """The parity by which the signals of a folded vertex flip its outcome."""
        x = self.s[v] if self.label[v] != Label.X else _NOTHING
        z = self.t[v] if self.label[v] != Label.Z else _NOTHING
        return x ^ z

    def note_outcome(self, v: int, raw: int, flipped: Set[int]) -> None:
        """A vertex was measured; its true outcome is the raw one and the parity of ``flipped``."""
        bit = self.outcome[v]
        if bit >= 0:
            self.source_raw[bit] = raw
        elif v in self.postselected:
            self.accepted.append(raw)
        else:
            self.correct(v, flipped ^ {raw})

    def correct(self, v: int, true: Set[int]) -> None:
        """What the true outcome of v, a parity of raw outcomes, asks for elsewhere.

        A vertex that was measured along an axis already bears what acts as its own Pauli; anything else that comes late flips what its
        outcome is worth, which is corrected in turn. That ends, since it goes along the order of the flow.
        """
        late = self.pass_on(v, true)
        if not late:
            return
        owed = Frames()  # by how much the true outcome of a vertex is another than what was corrected
        while late or owed:
            for w, change in late:
                owed.flip(w, change)
            first = min(owed, key=self.graph.position.__getitem__, default=None)
            late = [] if first is None else self.pass_on(first, owed.pop(first))

    def pass_on(self, v: int, true: Set[int]) -> list[tuple[int, Set[int]]]:
        """Corrections of v on the vertices that have not ended; gives those that have and whose outcome they flip."""
        if not true:
            return []
        ended: dict[int, tuple[bool, bool]] = {}  # vertex -> whether an X and whether a Z reaches it
        for w in self.graph.correction_set(v):
            if w == v:
                continue
            if self.ended[w]:
                ended[w] = True, False
            else:
                self.s.flip(w, true)
        for u in self.graph.odd_neighbours(v):
            if u == v:
                continue
            if self.ended[u]:
                ended[u] = u in ended, True
            else:
                self.t.flip(u, true)
        return [(w, true) for w, (x, z) in ended.items() if self.is_flipped(w, x=x, z=z)]

    def is_flipped(self, v: int, *, x: bool, z: bool) -> bool:
        """Whether a Pauli that reaches a vertex after its end flips its outcome; refused where more than that would be needed."""
        label = self.label[v]
        flipped = z if label == Label.X else x if label == Label.Z else x != z if label == Label.Y else True
        if flipped and not self.is_folded(v):
            raise InternalError("TL-14", f"a signal reaches vertex {v} after its end")
        return flipped

    def own_phase(self, v: int) -> Phase:
        """The vertex's phase; its outcome bit is the measurement's, not a rotation."""
        phase = self.graph.phase_of(v)
        bit = self.outcome[v]
        return phase if bit < 0 else phase - Phase.of_bit(bit)

    def realise_edge(self, a: int, b: int) -> None:
        self.pending.realise(a, b)

    # ---- the result ------------------------------------------------------------------------------------------------

    def _assemble(self) -> Distribution:
        graph = self.graph
        outcomes = [i for i, b in enumerate(graph.bits) if b.kind == BitKind.OUTCOME]

        def place_of(raw: int) -> ManifestBit:
            at, bit = self.raw[raw]
            return ManifestBit(node=self.nodes[at].name, bit=bit)

        registers: list[ManifestRegister] = []
        results: list[list[tuple[int, str]]] = [[] for _ in self.nodes]
        for register in graph.registers:
            cells: list[ManifestBit | None] = []
            for i, expr in enumerate(register.bits):
                if expr.is_zero:
                    cells.append(None)
                    continue
                if len(expr.monomials) != 1 or len(expr.bits) != 1 or min(expr.bits) not in self.source_raw:
                    raise InputError("PR-12", f"result {register.name}[{i}] is not a single measured bit",
                                     help="report measured bits; compute with them after the run")  # fmt: skip
                (source,) = expr.bits
                at, bit = self.raw[self.source_raw[source]]
                results[at].append((bit, f"{register.name}[{i}]"))
                cells.append(place_of(self.source_raw[source]))
            registers.append(ManifestRegister(name=register.name, bits=cells))
        programs = tuple(node.program(results[at]) for at, node in enumerate(self.nodes))
        names = [node.name for node in self.nodes]
        pairs = {(a, b): (names[a], names[b]) for a, b in set(map(tuple, self.placed.links.tolist()))}
        manifest = Manifest(
            nodes=[
                ManifestNode(name=p.node, model=p.model, program=f"{p.node}{node.suffix}", data=p.data, comm=p.comm)
                for p, node in zip(programs, self.nodes, strict=True)
            ],
            links=[
                ManifestLink(id=name, nodes=pairs[a, b])
                for name, (a, b) in zip(self.link_names, self.placed.links.tolist(), strict=True)
            ],
            messages=self.messages,
            inputs=[self.inputs[i] for i in range(len(graph.inputs))],
            outputs=[self.outputs[i] for i in range(len(graph.outputs))],
            registers=registers,
            outcomes=[place_of(self.source_raw[b]) for b in outcomes],
            postselected=[place_of(raw) for raw in self.accepted],
            source_digest=self.source_digest,
        )
        return Distribution(programs, manifest, self.placed.network)


class _Pending:
    """For each terminal its neighbours over edges that are not realised yet, in the graph with links."""

    def __init__(self, placed: Placed) -> None:
        graph = placed.graph
        size = graph.num_vertices + 2 * placed.num_links
        v = placed.events[placed.events[:, 0] == EventKind.STEP, 1]
        pairs = np.concatenate([placed.joins, np.stack([v, graph.successor[v]], axis=1)])
        ends = np.concatenate([pairs[:, 0], pairs[:, 1]])
        other = np.concatenate([pairs[:, 1], pairs[:, 0]])[np.argsort(ends, kind="stable")]
        start = np.concatenate([[0], np.cumsum(np.bincount(ends, minlength=size))])
        # as arrays of the standard library, whose single entries are had faster than those of numpy; an edge that is realised becomes -1
        self.other, self.start = (
            array("i", other.astype(np.intc).tobytes()),
            array("i", start.astype(np.intc).tobytes()),
        )

    def __getitem__(self, terminal: int) -> set[int]:
        near = set(self.other[self.start[terminal] : self.start[terminal + 1]])
        near.discard(_REALISED)
        return near

    def realise(self, a: int, b: int) -> None:
        other, start = self.other, self.start
        other[other.index(b, start[a], start[a + 1])] = _REALISED
        other[other.index(a, start[b], start[b + 1])] = _REALISED
