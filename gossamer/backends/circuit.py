"""The `circuit` node model: persistent qubits, gates, measurement with feed-forward; lowering of a `Placed` graph.

The events of the total order are turned into instructions, node by node. Along a chain on one node a wire stays on one
physical qubit (``measure(v)`` is the unitary ``H Rz``); a vertex without a successor there is prepared, entangled and measured
like an ancilla, in the plane or along the axis of its label; a gadget whose legs are all present is a native rotation. Signals
are kept as frames (``s``: X-type, ``t``: Z-type, sets of raw outcome bits, as in the measurement calculus) and applied
physically as soon as that cannot disturb anything:

* a Z^t right before the vertex ends, an X^s right before the next entangling gate of the vertex or before it ends;
* a physical X on v commutes to the end of v's life at the price of a Z on every neighbour whose edge is not realised yet
  (link terminals too: their outcome is then read with that flip), so a frame is exact at any time;
* on a vertex that is measured along an axis nothing is applied: the frame only says what its outcome is worth.

The order of events gives every bit before its use, so no signal outlives its vertex (but for those that an axis bears),
every outcome of the source and every postselected one is measured with its corrections done (raw = true), and conditions are
single bits.

References
----------
Measurement calculus, signals: Danos, Kashefi, Panangaden, J. ACM 54, 8 (2007). The link theorem: design theory, section 3.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from gossamer.diagnostics import InputError, InternalError, NetworkInfeasible
from gossamer.ir.byproducts import link_byproducts
from gossamer.ir.diagram import BitKind
from gossamer.ir.open_graph import Label
from gossamer.ir.phase import BitExpr, Phase
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
    Reset,
    Send,
)

#: A condition that needs more branches than this is refused.
MAX_BRANCHES = 1024
#: A condition on a parity of more bits than this is not opened into branches, of which it has 2^(bits - 1).
NARROW = 4

#: Labels whose angle sits on a leaf behind a Hadamard edge, and the phase of the vertex itself.
_LEAVES = {Label.YZ: Phase(), Label.Z: Phase(), Label.XZ: Phase(Fraction(1, 2))}

_NAMED = {Fraction(1): "z", Fraction(1, 2): "s", Fraction(3, 2): "sdg"}


def lower(placed: Placed, *, source_digest: str = "") -> Distribution:
    """Lower every node's part to a program.

    Raises
    ------
    NetworkInfeasible
        ``NW-8`` if a node's model is not ``circuit``.
    InputError
        ``PR-9`` for a symbolic angle that was never bound, ``PR-8`` for a condition with too many branches.
    """
    return _Lowering(placed, source_digest).run()


@dataclass(frozen=True)
class Circuit:
    """Backend: ``Placed`` -> ``Distribution`` of circuit nodes, whose programs are printed as OpenQASM 3."""

    def run(self, placed: Placed) -> Distribution:
        return lower(placed)


class _Node:
    """The program of one node while it grows."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.code: list[Instruction] = []
        self.sends: dict[int, list[Send]] = {}  # position in code -> messages that leave right after it
        self.free: dict[str, list[int]] = {"data": [], "comm": []}
        self.size = {"data": 0, "comm": 0}
        self.dirty: set[int] = set()  # data qubits that hold a measured state
        self.bits = 0

    def allocate(self, pool: str) -> int:
        if self.free[pool]:
            free = self.free[pool]
            free.sort(reverse=True)
            return free.pop()
        return self.new_qubit(pool)

    def new_qubit(self, pool: str) -> int:
        self.size[pool] += 1
        return self.size[pool] - 1

    def new_bit(self) -> int:
        self.bits += 1
        return self.bits - 1


class _Lowering:
    def __init__(self, placed: Placed, source_digest: str) -> None:
        graph = placed.graph
        self.placed, self.graph, self.n = placed, graph, graph.num_vertices
        self.source_digest = source_digest
        for node in placed.network.nodes:
            if node.model != "circuit":
                raise NetworkInfeasible("NW-8", f"node {node.name}: no backend for model '{node.model}'")
        for bit in graph.bits:
            if bit.kind == BitKind.INPUT:
                raise InputError(
                    "PR-12",
                    f"the classical input '{bit.name}' has no value",
                    help=f"give it one: --bind {bit.name.partition('[')[0]}=VALUE",
                )
        self.nodes = [_Node(node.name) for node in placed.network.nodes]
        terminals = self.n + 2 * placed.num_links
        self.qubit: list[tuple[str, int] | None] = [None] * terminals
        self.s: list[set[int]] = [set() for _ in range(self.n)]
        self.t: list[set[int]] = [set() for _ in range(terminals)]
        self.ended = [False] * terminals
        # Neighbours over edges that are not realised yet, in the graph with links.
        self.pending: list[set[int]] = [set() for _ in range(terminals)]
        for a, b in placed.joins.tolist():
            self.pending[a].add(b)
            self.pending[b].add(a)
        self.successor: list[int] = graph.successor.tolist()
        self.leaving: dict[int, list[int]] = {}  # vertex -> the outputs that it is
        for i, v in enumerate(graph.outputs.tolist()):
            self.leaving.setdefault(v, []).append(i)
        for kind, v in placed.events.tolist():
            if kind == EventKind.STEP:
                self.pending[v].add(self.successor[v])
                self.pending[self.successor[v]].add(v)
        byproducts = link_byproducts(placed)
        self.flips = byproducts.flips
        self.extra_z = byproducts.constant
        self.raw: list[tuple[int, int]] = []  # raw bit -> (node, local bit)
        self.raw_position: list[int] = []  # raw bit -> position in its node's code
        self.postselected = set(graph.postselected.tolist())
        self.accepted: list[int] = []  # raw bits of postselected vertices
        self.source_raw: dict[int, int] = {}  # outcome bit of the source -> raw bit
        self.received: dict[tuple[int, int, frozenset[int]], int] = {}  # (origin, node, raw bits) -> local bit
        self.parities: dict[int, tuple[frozenset[int], bool] | None] = {}  # see parity_of
        self.messages: list[ManifestMessage] = []
        self.outputs: dict[int, ManifestPlace] = {}
        self.inputs: dict[int, ManifestPlace] = {}
        self.input_set = {v: i for i, v in enumerate(graph.inputs.tolist())}

    # ---- events ----------------------------------------------------------------------------------------------------

    def run(self) -> Distribution:
        for kind, arg in self.placed.events.tolist():
            match kind:
                case EventKind.PREPARE:
                    self.prepare(arg)
                case EventKind.JOIN:
                    self.join(*self.placed.joins[arg].tolist())
                case EventKind.STEP:
                    self.step(arg)
                case EventKind.MEASURE:
                    self.measure(arg)
                case EventKind.ROTATE:
                    self.rotate(arg)
                case EventKind.EBIT:
                    self.ebit(arg)
                case EventKind.MEASURE_HALF:
                    self.measure_half(arg)
                case _:
                    self.finish(arg)
        return self.assemble()

    def node_of(self, terminal: int) -> int:
        return self.placed.node_of(terminal)

    def emit(self, node: int, *instructions: Instruction) -> None:
        self.nodes[node].code.extend(instructions)

    def address(self, terminal: int) -> int:
        """The qubit of a live terminal; communication qubits are marked by negative numbers until the end."""
        where = self.qubit[terminal]
        if where is None:
            raise InternalError("TL-14", f"terminal {terminal} has no qubit")
        return where[1] if where[0] == "data" else -1 - where[1]

    def prepare(self, v: int) -> None:
        at = self.node_of(v)
        node = self.nodes[at]
        # An input is there from the start, so its place is a qubit that nothing was on before.
        q = node.new_qubit("data") if v in self.input_set else node.allocate("data")
        self.qubit[v] = ("data", q)
        if v in self.input_set:
            i = self.input_set[v]
            self.inputs[i] = ManifestPlace(name=self.graph.input_names[i], node=node.name, qubit=q)
            return
        if q in node.dirty:
            node.dirty.discard(q)
            self.emit(at, Reset(q))
        self.emit(at, Gate("h", (q,)))

    def join(self, a: int, b: int) -> None:
        for x in (a, b):
            if x < self.n and not self.is_folded(x):
                self.apply_x(x)
        self.realise_edge(a, b)
        self.emit(self.node_of(a), Gate("cz", (self.address(a), self.address(b))))

    def step(self, v: int) -> None:
        after = self.successor[v]
        true = self.settle(v)
        self.emit_phase(self.node_of(v), (self.address(v),), self.own_phase(v))
        self.emit(self.node_of(v), Gate("h", (self.address(v),)))
        self.realise_edge(v, after)
        self.qubit[after], self.qubit[v] = self.qubit[v], None
        self.ended[v] = True
        self.correct(v, true)

    def measure(self, v: int) -> None:
        true = self.settle(v)
        at, qubits = self.node_of(v), (self.address(v),)
        label = self.graph.label[v]
        if label in _LEAVES:  # the angle sits behind an H
            own, flip = _LEAVES[Label(int(label))], v in self.extra_z
            self.emit_phase(at, qubits, own + Phase(1) if flip else own)
            self.emit(at, Gate("h", qubits))
            self.emit_phase(at, qubits, self.graph.phase_of(v))
        else:
            self.emit_phase(at, qubits, self.own_phase(v))
        raw = self.measure_x(v)
        bit = int(self.graph.outcome[v])
        if bit >= 0:
            self.source_raw[bit] = raw
        elif v in self.postselected:
            self.accepted.append(raw)
        else:
            self.correct(v, true ^ {raw})

    def rotate(self, hub: int) -> None:
        at = self.node_of(hub)
        legs = sorted(self.pending[hub])
        for leg in legs:
            if leg < self.n and not self.is_folded(leg):
                self.apply_x(leg)
        for leg in legs:
            self.realise_edge(leg, hub)
        self.ended[hub] = True
        phase = self.graph.phase_of(hub)
        if hub in self.extra_z:
            phase = -phase
        if legs:
            self.rotate_parity(at, tuple(self.address(leg) for leg in legs), phase, self.local_bits(at, self.t[hub]))
        self.correct(hub, self.s[hub])

    def rotate_parity(self, at: int, qubits: tuple[int, ...], phase: Phase, signs: list[int]) -> None:
        """``exp(i phase)`` on odd parity of the qubits; each of the bits ``signs`` turns the angle around."""
        data = next((q for q in qubits if q >= 0), None)
        if len(qubits) > 2:  # collect the parity on one qubit; the others only see CZs, as communication qubits must
            target = self.borrow_zero(at) if data is None else data
            others = [q for q in qubits if q != target]
            collect = [Gate("h", (target,)), *(Gate("cz", (q, target)) for q in others), Gate("h", (target,))]
            self.emit(at, *collect)
            self.rotate_parity(at, (target,), phase, signs)
            self.emit(at, *collect)
            if data is None:
                self.nodes[at].free["data"].append(target)
        elif not signs:
            self.emit_phase(at, qubits, phase)
        elif data is not None:  # X on one leg flips the sign of the rotation
            flip = [Conditional(((b, True),), (Gate("x", (data,)),)) for b in signs]
            self.emit(at, *flip)
            self.emit_phase(at, qubits, phase)
            self.emit(at, *flip)
        else:  # communication qubits take diagonal gates only: choose the sign by cases
            if len(signs) > 6:
                raise InternalError("TL-14", "too many signs on one rotation")
            for k in range(1 << len(signs)):
                values = tuple((b, bool(k >> i & 1)) for i, b in enumerate(signs))
                self.emit_phase(at, qubits, -phase if k.bit_count() % 2 else phase, values)

    def borrow_zero(self, at: int) -> int:
        """A data qubit in |0> that is given back in |0>."""
        node = self.nodes[at]
        q = node.allocate("data")
        if node.size["data"] > self.placed.network.nodes[at].data:
            raise NetworkInfeasible("NW-13", f"node {node.name} has no data qubit left to collect a parity on",
                                    help="rotate where one of the gadget's legs stands", lacks=(node.name, "data", 1))  # fmt: skip
        if q in node.dirty:
            node.dirty.discard(q)
            self.emit(at, Reset(q))
        return q

    def ebit(self, k: int) -> None:
        ends = self.placed.links[k].tolist()
        for side, at in enumerate(ends):
            q = self.nodes[at].allocate("comm")
            self.qubit[self.n + 2 * k + side] = ("comm", q)
            self.emit(at, Ebit(f"l{k}", self.nodes[ends[1 - side]].name, -1 - q))
            if side == 0:  # the Hadamard edge
                self.emit(at, Gate("h", (-1 - q,)))

    def measure_half(self, terminal: int) -> None:
        raw = self.measure_x(terminal)
        outcome = {raw} ^ self.t[terminal]
        for v in self.flips[terminal - self.n]:
            self.flip_z(v, outcome)

    def finish(self, v: int) -> None:
        at = self.node_of(v)
        self.settle(v)
        self.emit_phase(at, (self.address(v),), self.own_phase(v))
        self.ended[v] = True
        where = self.qubit[v]
        assert where is not None
        for i in self.leaving.get(v, ()):
            self.outputs[i] = ManifestPlace(name=self.graph.output_names[i], node=self.nodes[at].name, qubit=where[1])

    # ---- frames ----------------------------------------------------------------------------------------------------

    def flip_x(self, v: int, bits: set[int]) -> None:
        if self.ended[v]:
            raise InternalError("TL-14", f"an X signal reaches vertex {v} after its end")
        self.s[v] ^= bits

    def flip_z(self, terminal: int, bits: set[int]) -> None:
        if self.ended[terminal]:
            raise InternalError("TL-14", f"a Z signal reaches terminal {terminal} after its end")
        self.t[terminal] ^= bits

    def apply_x(self, v: int) -> None:
        """Apply the X signal physically; edges still to come would have carried it as Z to the other end."""
        if not self.s[v]:
            return
        at = self.node_of(v)
        q = self.address(v)
        for b in self.local_bits(at, self.s[v]):
            self.emit(at, Conditional(((b, True),), (Gate("x", (q,)),)))
        for z in self.pending[v]:
            self.flip_z(z, self.s[v])
        self.s[v] = set()

    def apply_z(self, v: int) -> None:
        at = self.node_of(v)
        q = self.address(v)
        for b in self.local_bits(at, self.t[v]):
            self.emit(at, Conditional(((b, True),), (Gate("z", (q,)),)))
        self.t[v] = set()

    def is_folded(self, v: int) -> bool:
        """Whether the vertex's corrections only flip what its outcome is worth, so that they need not be applied to it."""
        axis = self.graph.label[v] in (Label.X, Label.Y, Label.Z)
        return bool(axis and self.graph.outcome[v] < 0 and v not in self.postselected)

    def settle(self, v: int) -> set[int]:
        """The corrections of a vertex that ends: applied, or the parity by which they flip its outcome."""
        if not self.is_folded(v):
            self.apply_x(v)
            self.apply_z(v)
            return set()
        x = self.s[v] if self.graph.label[v] != Label.X else set()
        z = self.t[v] if self.graph.label[v] != Label.Z else set()
        return x ^ z

    def correct(self, v: int, true: set[int]) -> None:
        """What the true outcome of v, a parity of raw bits, asks for elsewhere."""
        if not true:
            return
        for w in self.graph.correction_set(v):
            # An axis that was measured already bears what acts as its own Pauli (the axioms of the flow see to it).
            if w != v and not (self.ended[w] and self.graph.label[w] in (Label.X, Label.Y)):
                self.flip_x(w, true)
        for u in self.graph.odd_neighbours(v):
            if u != v and not (self.ended[u] and self.graph.label[u] in (Label.Y, Label.Z)):
                self.flip_z(u, true)

    def own_phase(self, v: int) -> Phase:
        """The vertex's phase; its outcome bit is the measurement's, not a rotation."""
        phase = self.graph.phase_of(v)
        if v in self.extra_z:
            phase = phase + Phase(1)
        bit = int(self.graph.outcome[v])
        return phase if bit < 0 else phase - Phase.of_bit(bit)

    def realise_edge(self, a: int, b: int) -> None:
        self.pending[a].discard(b)
        self.pending[b].discard(a)

    # ---- bits ------------------------------------------------------------------------------------------------------

    def measure_x(self, terminal: int) -> int:
        at = self.node_of(terminal)
        node, q = self.nodes[at], self.address(terminal)
        local = node.new_bit()
        self.emit(at, Gate("h", (q,)), Measure(q, local))
        pool, index = ("data", q) if q >= 0 else ("comm", -1 - q)
        node.free[pool].append(index)
        if pool == "data":
            node.dirty.add(index)
        self.qubit[terminal] = None
        self.ended[terminal] = True
        self.raw.append((at, local))
        self.raw_position.append(len(node.code) - 1)
        return len(self.raw) - 1

    def local_bits(self, at: int, raws: Iterable[int]) -> list[int]:
        """Bits of node ``at`` whose parity is the parity of ``raws``; asks other nodes for one bit each."""
        out: list[int] = []
        by_origin: dict[int, list[int]] = {}
        for r in sorted(raws):
            by_origin.setdefault(self.raw[r][0], []).append(r)
        for origin, rs in sorted(by_origin.items()):
            if origin == at:
                out.extend(self.raw[r][1] for r in rs)
                continue
            key = (origin, at, frozenset(rs))
            singles = [self.received.get((origin, at, frozenset((r,)))) for r in rs]
            if key in self.received:
                out.append(self.received[key])
            elif all(b is not None for b in singles):
                out.extend(b for b in singles if b is not None)
            else:
                out.append(self.message(key))
        return out

    def message(self, key: tuple[int, int, frozenset[int]]) -> int:
        origin, at, raws = key
        sender, receiver = self.nodes[origin], self.nodes[at]
        name = f"m{len(self.messages)}"
        self.messages.append(ManifestMessage(id=name, sender=sender.name, receiver=receiver.name))
        leave = max(self.raw_position[r] for r in raws)  # as soon as the last of the bits is there
        send = Send(name, receiver.name, tuple(sorted(self.raw[r][1] for r in raws)))
        sender.sends.setdefault(leave, []).append(send)
        local = receiver.new_bit()
        self.emit(at, Recv(name, sender.name, local))
        self.received[key] = local
        return local

    def emit_phase(
        self, at: int, qubits: tuple[int, ...], phase: Phase, given: tuple[tuple[int, bool], ...] = ()
    ) -> None:
        """Rz or rzz by a phase; terms with bits become conditional gates."""
        for mono, c, symbols in phase.terms:
            if symbols:
                raise InputError(
                    "PR-12", f"parameter '{symbols[0][0]}' has no value", help="bind all parameters before compiling"
                )
            self.emit_term(at, qubits, c, mono, given)

    def emit_term(
        self, at: int, qubits: tuple[int, ...], c: Fraction, mono: tuple[int, ...], given: tuple[tuple[int, bool], ...]
    ) -> None:
        """Rz or rzz by ``c`` where all bits of ``mono`` are 1; a condition on a wide parity takes one gate for each of its bits."""
        data = next((q for q in qubits if q >= 0), None)  # communication qubits take diagonal gates only
        for wide in mono:
            parity = self.parity_of(wide)
            if data is None or parity is None or len(parity[0]) <= NARROW:
                continue
            raws, negated = parity
            rest = tuple(b for b in mono if b != wide)
            if negated:  # c (1 - p) = c - c p
                self.emit_term(at, qubits, c, rest, given)
                c = -c % 2
            bits = self.local_bits(at, raws)
            if c == 1:
                for b in bits:
                    self.emit_term(at, qubits, c, rest, (*given, (b, True)))
                return
            # X^p Rz(-c/2) X^p Rz(c/2) = Rz(c p), up to a phase
            flip = [Conditional(((b, True),), (Gate("x", (data,)),)) for b in bits]
            self.emit_term(at, qubits, c / 2, rest, given)
            self.emit(at, *flip)
            self.emit_term(at, qubits, -c / 2 % 2, rest, given)
            self.emit(at, *flip)
            return
        if len(qubits) == 2:
            gate = Gate("rzz", qubits, Phase(c))
        elif c in _NAMED:
            gate = Gate(_NAMED[c], qubits)
        else:
            gate = Gate("rz", qubits, Phase(c))
        if not mono and not given:
            self.emit(at, gate)
            return
        for case in self.cases([(BitExpr.bit(b), True) for b in mono]):
            local = [(self.local_bits(at, (self.source_raw[b],))[0], value) for b, value in sorted(case.items())]
            conditions = (*given, *local)  # none, if the bits are constants
            self.emit(at, Conditional(conditions, (gate,)) if conditions else gate)

    def parity_of(self, bit: int) -> tuple[frozenset[int], bool] | None:
        """The raw bits whose parity a bit is, and whether it is negated; None if it is no parity."""
        if bit not in self.parities:
            definition = self.graph.bits[bit].expr
            raws: frozenset[int] = frozenset()
            if definition is None:
                self.parities[bit] = frozenset((self.source_raw[bit],)), False
            elif not definition.is_parity:
                self.parities[bit] = None
            else:
                negated = frozenset() in definition.monomials
                for x in definition.bits:
                    inner = self.parity_of(x)
                    if inner is None:
                        break
                    raws, negated = raws ^ inner[0], negated ^ inner[1]
                else:
                    self.parities[bit] = raws, negated
                self.parities.setdefault(bit, None)
        return self.parities[bit]

    def cases(self, constraints: list[tuple[BitExpr, bool]]) -> list[dict[int, bool]]:
        """All assignments of source outcomes (as decision paths) under which every constraint holds."""
        bits = self.graph.bits
        out: list[dict[int, bool]] = []
        stack: list[tuple[dict[int, bool], list[tuple[BitExpr, bool]]]] = [({}, constraints)]
        while stack:
            fixed, todo = stack.pop()
            rest: list[tuple[BitExpr, bool]] = []
            for expr, target in todo:
                e = expr.substitute(lambda i, fixed=fixed: BitExpr.const(fixed[i]) if i in fixed else BitExpr.bit(i))  # type: ignore[misc]
                if e.is_zero or e.is_one:
                    if e.is_one != target:
                        break
                else:
                    rest.append((e, target))
            else:
                if not rest:
                    out.append({b: x for b, x in fixed.items() if bits[b].kind == BitKind.OUTCOME})
                    if len(out) > MAX_BRANCHES:
                        raise InputError("PR-12", f"a condition with more than {MAX_BRANCHES} branches")
                    continue
                expr, _ = rest[0]
                b = max(expr.bits)  # later bits first: a derived bit is opened before what it is made of
                for value in (False, True):
                    more = list(rest)
                    definition = bits[b].expr
                    if definition is not None:
                        more.append((definition, value))
                    stack.append(({**fixed, b: value}, more))
        return out

    # ---- the result ------------------------------------------------------------------------------------------------

    def assemble(self) -> Distribution:
        graph = self.graph
        outcomes = [i for i, b in enumerate(graph.bits) if b.kind == BitKind.OUTCOME]

        def place_of(raw: int) -> ManifestBit:
            at, local = self.raw[raw]
            return ManifestBit(node=self.nodes[at].name, bit=local)

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
                (bit,) = expr.bits
                at, local = self.raw[self.source_raw[bit]]
                results[at].append((local, f"{register.name}[{i}]"))
                cells.append(place_of(self.source_raw[bit]))
            registers.append(ManifestRegister(name=register.name, bits=cells))
        programs = []
        for at, node in enumerate(self.nodes):
            programs.append(
                NodeProgram(
                    node=node.name,
                    model="circuit",
                    data=node.size["data"],
                    comm=node.size["comm"],
                    bits=node.bits,
                    instructions=self.flatten(node),
                    results=tuple(sorted(results[at])),
                )
            )
        manifest = Manifest(
            nodes=[ManifestNode(name=p.node, model=p.model, program=f"{p.node}.qasm", data=p.data, comm=p.comm) for p in programs],
            links=[ManifestLink(id=f"l{k}", nodes=(self.nodes[a].name, self.nodes[b].name)) for k, (a, b) in enumerate(self.placed.links.tolist())],
            messages=self.messages,
            inputs=[self.inputs[i] for i in range(len(graph.inputs))],
            outputs=[self.outputs[i] for i in range(len(graph.outputs))],
            registers=registers,
            outcomes=[place_of(self.source_raw[b]) for b in outcomes],
            postselected=[place_of(raw) for raw in self.accepted],
            source_digest=self.source_digest,
        )  # fmt: skip
        return Distribution(tuple(programs), manifest, self.placed.network)

    @staticmethod
    def flatten(node: _Node) -> tuple[Instruction, ...]:
        """Put the sends where they belong and number the communication qubits behind the data qubits."""
        data = node.size["data"]

        def fix(q: int) -> int:
            return q if q >= 0 else data - 1 - q

        def fix_gate(g: Gate) -> Gate:
            return Gate(g.name, tuple(fix(q) for q in g.qubits), g.angle)

        out: list[Instruction] = []
        for i, ins in enumerate(node.code):
            match ins:
                case Gate():
                    out.append(fix_gate(ins))
                case Conditional(conditions, body):
                    out.append(Conditional(conditions, tuple(fix_gate(g) for g in body)))
                case Measure(q, bit):
                    out.append(Measure(fix(q), bit))
                case Ebit(link, peer, q):
                    out.append(Ebit(link, peer, fix(q)))
                case _:
                    out.append(ins)
            out.extend(node.sends.get(i, ()))
        return tuple(out)
