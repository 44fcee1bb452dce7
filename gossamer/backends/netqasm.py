"""From the programs of circuit nodes to a NetQASM application: host steps and subroutines, in the order of each program.

A subroutine ends where the host has something to do: before a bit is sent, which was measured, and before one is received, on which what follows may
depend. Bits from before stand in a subroutine as templates. A pair is created by the node that comes first in the manifest and received by the other one,
which turns the Bell state that the link layer announces into |Phi+>, as NetQASM's own compiler does. A message has no name: two hosts exchange theirs
in the order in which they are sent, so the receiver reads those that come before the one that it waits for, and keeps them. Clauses NQ-1 to NQ-3.
"""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import get_args
from warnings import warn

from gossamer.backends.netqasm_flavours import Op, flavour_of, measured, written
from gossamer.diagnostics import InputError, Rounded
from gossamer.formats.netqasm import (
    HEADER,
    MAX_IMMEDIATE,
    Application,
    Flavour,
    Hear,
    HostStep,
    Role,
    Run,
    Tell,
    angle_terms,
)
from gossamer.formats.netqasm_app import application_files
from gossamer.ir.program import (
    Conditional,
    Ebit,
    Gate,
    Instruction,
    Manifest,
    Measure,
    NodeProgram,
    Recv,
    Reset,
    Send,
    gates_of,
)

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)
#: With more virtual qubits than this, registers do not name qubits for a whole subroutine.
_REGISTERS = 16
#: Entries of the array of a request, and of that with the answer; where the answer says which Bell state it is; by its number, how to make |Phi+> of it.
_REQUEST, _ANSWER, _BELL_STATE = 22, 10, 9
_CORRECTIONS = {1: ("x",), 2: ("x", "z"), 3: ("z",)}


@dataclass(frozen=True)
class NetQasm:
    """Node programs to the folder of an application (NQ-1 to NQ-3).

    Attributes
    ----------
    bits : angles that are no multiples of pi over a power of two are rounded to multiples of ``pi / 2^bits``
    digits : refuse if that could change a probability of the results by more than ``10^-digits``
    flavour : that of all roles; ``auto`` chooses one for each by the gates of its program
    """

    bits: int = 31
    digits: int = 6
    flavour: str = "auto"

    def __post_init__(self) -> None:
        if not 0 <= self.bits <= MAX_IMMEDIATE:
            raise ValueError(f"bits is 0 to {MAX_IMMEDIATE}")
        if not 0 <= self.digits <= 300:
            raise ValueError("digits is 0 to 300")
        if self.flavour != "auto" and self.flavour not in get_args(Flavour):
            raise ValueError(f"flavour is auto, {', '.join(get_args(Flavour))}")

    def run(self, programs: Sequence[NodeProgram], manifest: Manifest) -> dict[str, str]:
        """Name and text of each file."""
        flavour = next((f for f in get_args(Flavour) if f == self.flavour), None)
        app = application(programs, manifest, bits=self.bits, error=10.0**-self.digits, flavour=flavour)
        if app.rounded:
            warn(
                f"{app.rounded} rotations are rounded to multiples of pi/2^{self.bits}; no probability of a result is off by more than {app.error:.1e}",
                Rounded,
                stacklevel=2,
            )
        return application_files(app, manifest.registers, manifest.source_digest)


def application(
    programs: Sequence[NodeProgram],
    manifest: Manifest,
    *,
    bits: int = 31,
    error: float = 1e-6,
    flavour: Flavour | None = None,
) -> Application:
    """The application that does what the programs do.

    Parameters
    ----------
    bits
        Angles that are no multiples of pi over a power of two are rounded to multiples of ``pi / 2^bits``.
    error
        The largest total variation distance from the exact distribution of results that is allowed.
    flavour
        That of all roles; without it the gates of two qubits in a role's program choose its own.

    Raises
    ------
    InputError
        ``NQ-1`` for programs that have no such form, ``NQ-2`` if the bound on the error is above ``error``, ``NQ-3`` if a node of flavour ``nv``
        has more than one communication qubit.

    Examples
    --------
    >>> from gossamer.ir.program import ManifestNode
    >>> node = ManifestNode(name="a", model="circuit", program="a.qasm", data=1, comm=0)
    >>> manifest = Manifest(nodes=[node], links=[], messages=[], inputs=[], outputs=[], registers=[], outcomes=[], source_digest="")
    >>> program = NodeProgram("a", "circuit", 1, 0, 1, (Gate("h", (0,)), Measure(0, 0)), ((0, "c[0]"),))
    >>> print(application([program], manifest).roles[0].texts[0])
    # NETQASM 2.0
    # APPID 0
    array 1 @0
    set Q0 0
    qalloc Q0
    init Q0
    h Q0
    meas Q0 M0
    qfree Q0
    store M0 @0[0]
    ret_arr @0
    <BLANKLINE>
    """
    for p in programs:
        if p.model != "circuit":
            raise InputError(
                "NQ-1",
                f"{p.node} is of model '{p.model}', and NetQASM runs gates",
                help="compile for a network of circuit nodes",
            )
    _check_names([p.node for p in programs])
    if manifest.postselected:
        raise InputError("NQ-1", "hosts cannot throw runs away together, and these programs have postselected outcomes")
    rank = {p.node: i for i, p in enumerate(programs)}
    pairs = sorted({tuple(sorted(link.nodes, key=rank.__getitem__)) for link in manifest.links})
    sent: dict[tuple[str, str], deque[str]] = {}  # from, to -> messages in the order in which they are sent
    for p in programs:
        for op in p.instructions:
            if isinstance(op, Send):
                sent.setdefault((p.node, op.peer), deque()).append(op.message)
    app = Application((), tuple((a, b) for a, b in pairs))
    writers = [
        _Role(p, flavour, app.sockets(p.node), sent, {n for n in rank if rank[n] > rank[p.node]}, bits)
        for p in programs
    ]
    roles = tuple(w.run() for w in writers)
    rounded, bound = sum(w.rounded for w in writers), math.fsum(w.error for w in writers)
    if bound > error:
        raise InputError(
            "NQ-2",
            f"{rounded} rotations are rounded to multiples of pi/2^{bits}, which may change the probabilities of the results by {bound:.1e}, "
            f"and at most {error:.1e} is allowed",
            help="allow more bits, or a larger error",
        )
    return Application(roles, app.pairs, rounded, bound)


def _check_names(names: Sequence[str]) -> None:
    """Names of nodes become those of files, modules and templates."""
    for name in names:
        if not _NAME.fullmatch(name):
            raise InputError(
                "NQ-1",
                f"{name[:80]!r} cannot be the name of a role",
                help="names are ASCII letters, digits and underscores",
            )
    if len({name.lower() for name in names}) < len(names):
        raise InputError(
            "NQ-1",
            "two nodes have names that differ by the case of letters only, and files are named after them",
            help="give one of them another name",
        )


class _Role:
    """One node: its steps so far, and the subroutine that is being written."""

    def __init__(
        self,
        program: NodeProgram,
        flavour: Flavour | None,
        sockets: Sequence[str],
        sent: dict[tuple[str, str], deque[str]],
        creates_with: Collection[str],
        bits: int,
    ) -> None:
        self.program, self.sockets, self.sent, self.creates_with, self.bits = program, sockets, sent, creates_with, bits
        self.flavour = flavour or flavour_of({g.name for op in program.instructions for g in gates_of(op)})
        self.size = program.data + program.comm
        if self.flavour == "nv" and program.comm > 1:
            raise InputError(
                "NQ-3",
                f"{program.node} is of flavour nv and has {program.comm} communication qubits, and one electron takes all halves of pairs",
                help=f"compile for a network that gives {program.node} one communication qubit (comm: 1)",
            )
        self.steps: list[HostStep] = []
        self.received = {op.message: op.bit for op in program.instructions if isinstance(op, Recv)}  # not read so far
        self.held: set[int] = set()  # virtual qubits in use
        self.rounded, self.error = 0, 0.0
        self.start()

    def start(self) -> None:
        """Begin a subroutine."""
        self.lines: list[str] = []
        self.used: set[int] = set()
        self.writes: dict[int, int] = {}  # bit -> its index in the array of outcomes
        self.reads: set[int] = set()
        self.labels = 0
        self.arrays = 1  # the next address; 0 is that of outcomes

    def run(self) -> Role:
        for op in self.program.instructions:
            self.step(op)
        for qubit in sorted(self.held):
            self.put(Op("qfree", (qubit,)))
        self.end()
        return Role(self.program.node, self.flavour, self.size, tuple(self.steps), self.program.results)

    def end(self) -> None:
        """Have what was written executed."""
        if not self.lines:
            return
        head = [HEADER, "# APPID 0"]
        if self.writes:
            head.append(f"array {len(self.writes)} @0")
        if self.size <= _REGISTERS:
            head += [f"set Q{q} {q}" for q in sorted(self.used)]
        if self.writes:
            self.lines.append("ret_arr @0")
        elif self.lines[-1].endswith(":"):
            self.lines.append("set R0 0")  # a label needs an instruction behind it
        self.steps.append(Run("\n".join([*head, *self.lines, ""]), tuple(sorted(self.reads)), tuple(self.writes)))
        self.start()

    def virtual(self, qubit: int) -> int:
        """Where a qubit of the program is; the electron of an NV centre is the communication qubit."""
        return (qubit + self.program.comm) % self.size if self.flavour == "nv" else qubit

    def step(self, op: Instruction) -> None:
        match op:
            case Gate():
                self.gates([op])
            case Conditional(conditions, body):
                self.hold(body)  # what is in use does not depend on the condition
                label = f"L{self.labels}"
                self.labels += 1
                for bit, wanted in conditions:
                    self.load(bit)
                    self.lines.append(f"{'bez' if wanted else 'bnz'} R0 {label}")
                self.gates(body)
                self.lines.append(f"{label}:")
            case Measure(qubit, bit):
                self.measure(self.virtual(qubit), bit)
            case Reset(qubit):
                self.reset(self.virtual(qubit))
            case Ebit(_, peer, qubit):
                self.pair(peer, self.virtual(qubit))
            case Send(_, peer, bits):
                self.end()
                self.steps.append(Tell(peer, bits))
            case Recv(message, peer, _):
                self.receive(message, peer)
            case _:
                raise InputError("NQ-1", f"{self.program.node}: {type(op).__name__} has no form in NetQASM")

    def receive(self, message: str, peer: str) -> None:
        if message not in self.received:
            return  # read before, with one that was sent after it
        self.end()
        while message in self.received:
            earlier = self.sent[peer, self.program.node].popleft()
            self.steps.append(Hear(peer, self.received.pop(earlier)))

    def load(self, bit: int) -> None:
        """A bit into R0."""
        if bit in self.writes:
            self.lines.append(f"load R0 @0[{self.writes[bit]}]")
        else:
            self.reads.add(bit)
            self.lines.append(f"set R0 {{m{bit}}}")

    def hold(self, gates: Iterable[Gate]) -> None:
        for qubit in {self.virtual(q) for gate in gates for q in gate.qubits} - self.held:
            self.reset(qubit)

    def gates(self, gates: Sequence[Gate]) -> None:
        self.hold(gates)
        for gate in gates:
            moved = Gate(gate.name, tuple(map(self.virtual, gate.qubits)), gate.angle, gate.more)
            for op in written(self.flavour, moved, self.held):
                self.put(op)

    def reset(self, qubit: int) -> None:
        if qubit not in self.held:
            self.put(Op("qalloc", (qubit,)))
            self.held.add(qubit)
        self.put(Op("init", (qubit,)))

    def measure(self, qubit: int, bit: int) -> None:
        if qubit not in self.held:
            self.reset(qubit)
        for op in measured(self.flavour, qubit, self.held):
            self.put(op)
        self.held.discard(qubit)
        self.lines.append(f"store M0 @0[{len(self.writes)}]")
        self.writes[bit] = len(self.writes)

    def pair(self, peer: str, qubit: int) -> None:
        """A half of a pair on a virtual qubit."""
        if qubit in self.held:
            self.put(Op("qfree", (qubit,)))
        answer, qubits, request = range(self.arrays, self.arrays + 3)
        socket = self.sockets.index(peer)
        self.lines += [f"array {_ANSWER} @{answer}", f"array 1 @{qubits}", f"store {qubit} @{qubits}[0]"]
        self.lines.append(f"set R0 {{node_{peer}}}")
        if peer in self.creates_with:
            self.lines += [f"array {_REQUEST} @{request}", f"store 0 @{request}[0]", f"store 1 @{request}[1]"]
            self.lines.append(f"create_epr R0 {socket} {qubits} {request} {answer}")
        else:
            self.lines.append(f"recv_epr R0 {socket} {qubits} {answer}")
        self.lines.append(f"wait_all @{answer}[0:{_ANSWER}]")
        self.arrays += 3
        self.held.add(qubit)
        if peer not in self.creates_with:
            self.correct(qubit, answer)

    def correct(self, qubit: int, answer: int) -> None:
        self.lines.append(f"load R0 @{answer}[{_BELL_STATE}]")
        for state, names in _CORRECTIONS.items():
            label = f"L{self.labels}"
            self.labels += 1
            self.lines.append(f"bne R0 {state} {label}")
            for name in names:
                for op in written(self.flavour, Gate(name, (qubit,)), self.held):
                    self.put(op)
            self.lines.append(f"{label}:")

    def put(self, op: Op) -> None:
        """One instruction, or as many rotations as its angle takes."""
        registers = [f"Q{q if self.size <= _REGISTERS else i}" for i, q in enumerate(op.qubits)]
        if self.size > _REGISTERS:
            self.lines += [f"set {r} {q}" for r, q in zip(registers, op.qubits, strict=True)]
        self.used.update(op.qubits)
        if op.name == "meas":
            registers.append("M0")
        if op.angle is None:
            self.lines.append(" ".join([op.name, *registers]))
            return
        terms, off = angle_terms(op.angle, self.bits)
        self.lines += [" ".join([op.name, *registers, str(n), str(d)]) for n, d in terms]
        if off:
            self.rounded += 1
            self.error += float(off) * math.pi / 2 * _generators(op, len(self.held))


def _generators(op: Op, held: int) -> int:
    """How many Pauli operators an instruction turns about at one time."""
    if op.name == "bichromatic":
        return held * (held - 1) // 2
    return held if op.name.endswith("_all") else 1
