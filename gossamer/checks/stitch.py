"""Stitching: the lifted parts of all nodes, joined at their links and messages, as one `Diagram` of the distributed program.

Halves of a link are joined by a plain edge (|Phi+>), a message becomes the parity that its sender sends. Vertices get one
causal order that respects every node's program order; among those it prefers steps that do not widen the state, and takes
links in the order of the manifest. If no order exists, the programs wait for each other, which is a diagnostic. The witness
says for each outcome bit of the source, and for each reported bit, what it is over the bits of the stitched diagram.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gossamer.backends.lifting import LiftedPart, Wait
from gossamer.diagnostics import InputError, InternalError
from gossamer.ir.diagram import BitKind, Diagram, DiagramBuilder, VertexKind
from gossamer.ir.phase import BitExpr
from gossamer.ir.program import Manifest, ManifestBit, NodeProgram
from gossamer.registry import registered


@dataclass(frozen=True, eq=False)
class Stitched:
    """A distributed program as one diagram.

    Attributes
    ----------
    diagram : inputs and outputs in the order of the manifest, registers as the programs report them
    witness : for each outcome of the source, in order, its value over the diagram's bits; None if the manifest has none
        (postselected outcomes are no bits of the diagram: it is the map of the runs that are accepted)
    discards : outcome bits of the diagram that no bit of a program holds
    """

    diagram: Diagram
    witness: tuple[BitExpr | None, ...]
    discards: frozenset[int]


def lift_all(programs: Sequence[NodeProgram], manifest: Manifest) -> list[LiftedPart]:
    """Lift each program by the backend of its model."""
    backends = registered("backends")
    for p in programs:
        if p.model not in backends or not backends[p.model].lifts:
            raise InputError("PR-2", f"{p.node}: programs of model '{p.model}' cannot be lifted")
    return [backends[p.model].load("lifts")(p, manifest) for p in programs]


def stitch(parts: Sequence[LiftedPart], manifest: Manifest, *, links_first: bool = False) -> Stitched:
    """Join the parts.

    ``links_first`` changes which of several causal orders is made; which one sweeps with fewer live qubits depends on the
    program.

    Raises
    ------
    InputError
        ``PR-10`` if the programs wait for each other, ``PR-3``, ``PR-4``, ``PR-6`` and ``PR-9`` for a link, message, result or
        place that does not fit the parts.

    Examples
    --------
    >>> from gossamer.ir.program import Gate, ManifestPlace, Measure
    >>> place = ManifestPlace(name="q", node="n0", qubit=0)
    >>> m = Manifest(nodes=[], links=[], messages=[], inputs=[place], outputs=[place], registers=[], outcomes=[], source_digest="")
    >>> program = NodeProgram("n0", "circuit", 1, 0, 0, (Gate("z", (0,)),))
    >>> stitch(lift_all([program], m), m).diagram.num_vertices
    3
    """
    return _Stitch(parts, manifest, links_first).run()


class _Stitch:
    def __init__(self, parts: Sequence[LiftedPart], manifest: Manifest, links_first: bool) -> None:
        self.parts, self.manifest, self.links_first = parts, manifest, links_first
        self.of = {part.node: i for i, part in enumerate(parts)}
        self.builder = DiagramBuilder()
        self.vertex: list[list[int]] = [[-1] * part.diagram.num_vertices for part in parts]
        self.bit: list[dict[int, BitExpr]] = [{} for _ in parts]  # part's bit -> expression over the new bits
        self.at = [0] * len(parts)  # next vertex
        self.waits: list[deque[Wait]] = [deque(part.waits) for part in parts]
        self.message: dict[str, BitExpr] = {}
        self.asked: dict[str, set[int]] = {}
        self.halves: dict[str, list[tuple[int, int]]] = {}  # link -> (part, its vertex)
        self.half_of: list[dict[int, str]] = []
        self.ends: dict[str, set[int]] = {}
        for link in manifest.links:
            if not all(n in self.of for n in link.nodes):
                raise InputError("PR-3", f"link {link.id} names a node without a program")
            self.ends[link.id] = {self.of[n] for n in link.nodes}
        for part in parts:
            d = part.diagram
            self.half_of.append(
                dict(zip(d.inputs[part.sources :].tolist(), d.input_names[part.sources :], strict=True))
            )
        self.outcome_at = [
            {b.vertex: j for j, b in enumerate(p.diagram.bits) if b.kind == BitKind.OUTCOME} for p in parts
        ]
        self.input_bit = [{b.name: j for j, b in enumerate(p.diagram.bits) if b.kind == BitKind.INPUT} for p in parts]
        self.names = [
            dict(zip(p.diagram.inputs.tolist(), (("in", n) for n in p.diagram.input_names), strict=True))
            | dict(zip(p.diagram.outputs.tolist(), (("out", n) for n in p.diagram.output_names), strict=True))
            for p in parts
        ]
        self.degree_one = [self._states(part.diagram) for part in parts]
        self.order = {link.id: i for i, link in enumerate(manifest.links)}
        self.zero = {self._outcome_of(place) for place in manifest.postselected}  # (part, its bit)
        self.discards: set[int] = set()
        self.boundary: dict[tuple[str, str], int] = {}

    @staticmethod
    def _states(d: Diagram) -> set[int]:
        """Vertices that start a wire in a fixed state."""
        degree = [0] * d.num_vertices
        for a, b in d.edges.tolist():
            degree[a] += 1
            degree[b] += 1
        ends = {b.vertex for b in d.bits if b.kind == BitKind.OUTCOME}
        return {v for v, k in enumerate(degree) if k == 1 and d.kind[v] == VertexKind.X and v not in ends}

    def run(self) -> Stitched:
        while True:
            if self._advance():
                continue
            if all(self._done(i) for i in range(len(self.parts))):
                break
            if not self._start_one():
                raise self._deadlock()
        return self._finish()

    # ---- the order -------------------------------------------------------------------------------------------------

    def _done(self, i: int) -> bool:
        return not self.waits[i] and self.at[i] == self.parts[i].diagram.num_vertices

    def _waiting(self, i: int) -> Wait | None:
        return self.waits[i][0] if self.waits[i] and self.waits[i][0].position == self.at[i] else None

    def _advance(self) -> bool:
        """Every part as far as it goes without a new wire."""
        moved = False
        for i, part in enumerate(self.parts):
            while not self._done(i):
                wait = self._waiting(i)
                if wait is not None:
                    if wait.kind == "send":
                        self.message[wait.name] = self._here(i, part.sent[wait.name])
                    elif wait.kind == "recv" and wait.name in self.message:
                        self._receive(i, wait.name)
                    else:
                        break
                    self.waits[i].popleft()
                elif self.at[i] in self.degree_one[i]:
                    break
                else:
                    self._emit(i)
                moved = True
        return moved

    def _start_one(self) -> bool:
        """One step that widens the state: a fresh qubit, or the earliest link that both ends ask for."""
        if self.links_first:
            return self._start_link() or self._start_qubit()
        return self._start_qubit() or self._start_link()

    def _start_qubit(self) -> bool:
        for i in range(len(self.parts)):
            if self._waiting(i) is None and not self._done(i):
                self._emit(i)
                return True
        return False

    def _start_link(self) -> bool:
        ready: list[str] = []
        for i in range(len(self.parts)):
            wait = self._waiting(i)
            if wait is not None and wait.kind == "link":
                if i not in self.ends.get(wait.name, set()):
                    raise InputError("PR-3", f"{self.parts[i].node} asks for link {wait.name}, which is not its own")
                self.asked.setdefault(wait.name, set()).add(i)
                if self.asked[wait.name] == self.ends[wait.name] and len(self.ends[wait.name]) == 2:
                    ready.append(wait.name)
        if not ready:
            return False
        name = min(ready, key=lambda x: self.order[x])
        for i in sorted(self.ends[name]):
            self.waits[i].popleft()
            self._emit(i)
        return True

    def _deadlock(self) -> InputError:
        stuck = []
        for i, part in enumerate(self.parts):
            wait = self._waiting(i)
            if wait is not None:
                what = "link" if wait.kind == "link" else "message"
                stuck.append(f"{part.node} for {what} {wait.name}")
        return InputError("PR-10", f"deadlock: the programs wait for each other ({', '.join(stuck)})")

    # ---- vertices and bits -----------------------------------------------------------------------------------------

    def _here(self, i: int, expr: BitExpr) -> BitExpr:
        return expr.substitute(lambda b: self._bit(i, b))

    def _bit(self, i: int, b: int) -> BitExpr:
        """A bit of a part over the new bits; derived bits are made when they are first used."""
        if b not in self.bit[i]:
            expr = self.parts[i].diagram.bits[b].expr
            if expr is None:
                raise InternalError("IR-8", f"{self.parts[i].node}: bit b{b} is used before its outcome")
            self.bit[i][b] = BitExpr.bit(self.builder.derived(self._here(i, expr)))
        return self.bit[i][b]

    def _receive(self, i: int, name: str) -> None:
        b = self.input_bit[i][name]
        expr = self.message[name]
        if len(expr.monomials) > 1:  # a parity stays one bit, so that phases under it stay short
            expr = BitExpr.bit(self.builder.derived(expr, name))
        self.bit[i][b] = expr

    def _emit(self, i: int) -> None:
        part, v = self.parts[i], self.at[i]
        d = part.diagram
        self.at[i] += 1
        kind = VertexKind(int(d.kind[v]))
        if v in self.half_of[i]:
            self.vertex[i][v] = new = self.builder.vertex(VertexKind.Z)
            ends = self.halves.setdefault(self.half_of[i][v], [])
            if ends:
                self.builder.edge(self.vertex[ends[0][0]][ends[0][1]], new)
            ends.append((i, v))
            return
        if kind in (VertexKind.INPUT, VertexKind.OUTPUT):
            side, name = self.names[i][v]
            new = self.builder.input(name) if side == "in" else self.builder.output(name)
            self.vertex[i][v] = self.boundary[side, name] = new
            return
        j = self.outcome_at[i].get(v)
        bit = -1
        if j is not None and (i, j) in self.zero:
            self.bit[i][j] = BitExpr()
        elif j is not None:
            bit = self.builder.outcome(name=d.bits[j].name)
            self.bit[i][j] = BitExpr.bit(bit)
            if j in part.discards:
                self.discards.add(bit)
        phase = d.phase_of(v)
        if phase.bits:
            phase = phase.substitute(lambda b: self._bit(i, b))
        self.vertex[i][v] = new = self.builder.vertex(kind, phase, d.spans.get(v))
        if bit >= 0:
            self.builder.bind_outcome(bit, new)

    def _finish(self) -> Stitched:
        b = self.builder
        for i, part in enumerate(self.parts):
            d = part.diagram
            for (x, y), h in zip(d.edges.tolist(), d.hadamard.tolist(), strict=True):
                b.edge(self.vertex[i][x], self.vertex[i][y], hadamard=h)
        for name, ends in self.halves.items():
            if len(ends) != 2:
                raise InputError("PR-3", f"link {name} is used by one node only")
        for register in self.manifest.registers:
            b.register(register.name, [BitExpr() if w is None else self._where(w) for w in register.bits])
        inputs = [(self._place("in", p.name), p.name) for p in self.manifest.inputs]
        outputs = [(self._place("out", p.name), p.name) for p in self.manifest.outputs]
        diagram = replace(
            b.build(),
            inputs=np.array([v for v, _ in inputs], np.int32),
            outputs=np.array([v for v, _ in outputs], np.int32),
            input_names=tuple(n for _, n in inputs),
            output_names=tuple(n for _, n in outputs),
        )
        witness = tuple(None if w is None else self._where(w) for w in self.manifest.outcomes)
        return Stitched(diagram, witness, frozenset(self.discards))

    def _place(self, side: str, name: str) -> int:
        if (side, name) not in self.boundary:
            raise InputError("PR-9", f"the {side}put {name} sits on a node without a program")
        return self.boundary[side, name]

    def _outcome_of(self, where: ManifestBit) -> tuple[int, int]:
        """The part and its outcome that a program's bit holds; postselection is of measurements, not of parities."""
        i = self.of.get(where.node, -1)
        expr = self.parts[i].bits[where.bit] if i >= 0 and 0 <= where.bit < len(self.parts[i].bits) else None
        if expr is None or len(expr.monomials) != 1 or len(expr.bits) != 1:
            raise InputError(
                "PR-13", f"bit {where.bit} of {where.node} is postselected, but is no outcome of a measurement"
            )
        (j,) = expr.bits
        if self.parts[i].diagram.bits[j].kind != BitKind.OUTCOME:
            raise InputError("PR-13", f"bit {where.bit} of {where.node} is postselected, but comes from another node")
        return i, j

    def _where(self, where: ManifestBit) -> BitExpr:
        i = self.of.get(where.node, -1)
        expr = self.parts[i].bits[where.bit] if i >= 0 and 0 <= where.bit < len(self.parts[i].bits) else None
        if expr is None:
            raise InputError("PR-6", f"bit {where.bit} of {where.node} is never written")
        return self._here(i, expr)
