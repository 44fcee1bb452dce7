"""What must hold of node programs before they are run: operands, links, messages, bits, results, use of qubits.

Nothing here interprets a gate. A program that passes has one meaning: every index exists, each link and message is used
once at each end and by the right node, each bit is written once and before it is read, and no gate touches a qubit that was
measured and not reset. What is left to the run itself is progress (deadlock, PR-10). The clauses are those of
``spec/program.md``; the network plays no part, since a run has no more than the manifest and the programs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NoReturn

from gossamer.diagnostics import InputError
from gossamer.ir.excerpts import check_excerpts
from gossamer.ir.network import MAX_QUBITS
from gossamer.ir.pattern import GATES as TURNS
from gossamer.ir.pattern import Clifford, Entangle, Prepare
from gossamer.ir.program import (
    GATES,
    LETTERS,
    WORDS,
    Conditional,
    Ebit,
    Gate,
    Manifest,
    ManifestBit,
    ManifestPlace,
    Measure,
    NodeProgram,
    Observe,
    Recv,
    Reset,
    Send,
    bits_read,
    bits_written,
    gates_of,
    qubits_of,
)

#: More bits on one node than this are refused: they are columns of a table with a row for each shot.
MAX_BITS = 10_000_000


def check_programs(programs: Sequence[NodeProgram], manifest: Manifest) -> None:
    """Check the static clauses PR-1 to PR-6, PR-8, PR-9 and PR-18, and of PR-7 that an ebit needs a free communication qubit.

    Raises
    ------
    InputError
        With the violated clause, naming the node and the instruction (counted from 0).

    Examples
    --------
    >>> from gossamer.ir.program import ManifestNode
    >>> flip = NodeProgram("a", "circuit", 1, 0, 1, (Measure(0, 3),))
    >>> node = ManifestNode(name="a", model="circuit", program="a.qasm", data=1, comm=0)
    >>> manifest = Manifest(nodes=[node], links=[], messages=[], inputs=[], outputs=[], registers=[], outcomes=[],
    ...                     source_digest="")
    >>> check_programs([flip], manifest)
    Traceback (most recent call last):
    gossamer.diagnostics.InputError: error[PR-2]: a, instruction 0: bit 3 does not exist
    help: the node has 1 bits, counted from 0
    """
    _check_nodes(programs, manifest)
    for p in programs:
        _check_operands(p)
    _check_links(programs, manifest)
    _check_messages(programs, manifest)
    for p in programs:
        _check_bits(p)
        _check_qubits(p, manifest)
    _check_results(programs, manifest)
    _check_places(programs, manifest)
    check_excerpts(programs, manifest)


def at(program: NodeProgram, index: int) -> str:
    """How messages name an instruction."""
    return f"{program.node}, instruction {index}"


def _fail(code: str, message: str, help: str | None = None) -> NoReturn:
    raise InputError(code, message, help=help)


def _check_nodes(programs: Sequence[NodeProgram], manifest: Manifest) -> None:
    listed = {n.name: n for n in manifest.nodes}
    if len(listed) != len(manifest.nodes):
        _fail("PR-1", "the manifest names a node twice")
    if len({p.node for p in programs}) != len(programs):
        _fail("PR-1", "two programs are for the same node")
    for p in programs:
        if p.node not in listed:
            _fail("PR-1", f"the manifest has no node {p.node}")
        n = listed.pop(p.node)
        if (p.model, p.data, p.comm) != (n.model, n.data, n.comm):
            ours, theirs = f"{p.model}, {p.data}+{p.comm} qubits", f"{n.model}, {n.data}+{n.comm} qubits"
            _fail("PR-1", f"the program of {p.node} ({ours}) and the manifest ({theirs}) disagree")
        if p.model not in WORDS:
            _fail("PR-1", f"node {p.node} is of model '{p.model}'", f"the runtime runs nodes of {', '.join(WORDS)}")
        if not (0 <= p.data <= MAX_QUBITS and 0 <= p.comm <= MAX_QUBITS and 0 <= p.bits <= MAX_BITS):
            _fail(
                "PR-1",
                f"the program of {p.node} has {p.data}+{p.comm} qubits and {p.bits} bits",
                f"between 0 and {MAX_QUBITS} qubits of a kind, between 0 and {MAX_BITS} bits",
            )
    if listed:
        _fail("PR-1", f"node {next(iter(listed))} of the manifest has no program")


def _check_operands(p: NodeProgram) -> None:
    words = WORDS[p.model]
    for i, op in enumerate(p.instructions):
        if not isinstance(op, words):
            _fail("PR-14", f"{at(p, i)}: {type(op).__name__} is no word of a node of model '{p.model}'")
        for gate in gates_of(op):
            _check_gate(p, i, gate)
        for q in qubits_of(op):
            _check_qubit(p, i, q)
        if isinstance(op, Entangle) and op.a == op.b:
            _fail("PR-2", f"{at(p, i)}: E on qubit {op.a} twice")
        if isinstance(op, Clifford) and not set(op.gates) <= set(TURNS):
            _fail("PR-2", f"{at(p, i)}: C has letters other than {' '.join(TURNS)}")
        if isinstance(op, Observe):
            m = op.command
            if m.angle.symbols or (m.basis.is_pauli and not m.angle.is_pauli):
                _fail("PR-2", f"{at(p, i)}: M {m.basis.value} at {m.angle}, which is no angle of it")
        if isinstance(op, Conditional) and not op.conditions:
            _fail("PR-2", f"{at(p, i)}: a conditional without a condition")
        if isinstance(op, Send) and len(set(op.bits)) != len(op.bits):
            _fail(
                "PR-2", f"{at(p, i)}: message {op.message} names a bit twice", "a bit named twice cancels in the parity"
            )
        for b in (*bits_read(op), *bits_written(op)):
            if not 0 <= b < p.bits:
                _fail("PR-2", f"{at(p, i)}: bit {b} does not exist", f"the node has {p.bits} bits, counted from 0")


def _check_gate(p: NodeProgram, i: int, gate: Gate) -> None:
    if gate.name not in GATES:
        _fail("PR-2", f"{at(p, i)}: unknown gate '{gate.name}'", f"the gates are {', '.join(GATES)}")
    arity, angles = GATES[gate.name]
    for q in gate.qubits:
        _check_qubit(p, i, q)
    if len(gate.qubits) != arity or len(set(gate.qubits)) != arity:
        _fail("PR-2", f"{at(p, i)}: {gate.name} needs {arity} distinct qubits, not {gate.qubits}")
    if len(gate.angles) != angles or not all(angle.is_constant for angle in gate.angles):
        want = ("no angle", "one constant angle")[angles] if angles < 2 else f"{angles} constant angles"
        _fail(
            "PR-2", f"{at(p, i)}: {gate.name} takes {want}", "an angle that depends on bits becomes a conditional gate"
        )


def _check_qubit(p: NodeProgram, i: int, qubit: int) -> None:
    if not 0 <= qubit < p.data + p.comm:
        _fail(
            "PR-2",
            f"{at(p, i)}: qubit {qubit} does not exist",
            f"the node has {p.data + p.comm} qubits, counted from 0",
        )


def _check_links(programs: Sequence[NodeProgram], manifest: Manifest) -> None:
    names = {p.node for p in programs}
    if len({link.id for link in manifest.links}) != len(manifest.links):
        _fail("PR-3", "the manifest names a link twice")
    wanted: dict[tuple[str, str], str] = {}
    for link in manifest.links:
        a, b = link.nodes
        if a not in names or b not in names or a == b:
            _fail("PR-3", f"link {link.id} joins {a} and {b}, which are not two nodes of the manifest")
        wanted[link.id, a], wanted[link.id, b] = b, a
    uses = [(p, i, op.link, op.peer) for p in programs for i, op in enumerate(p.instructions) if isinstance(op, Ebit)]
    _check_ends("PR-3", "link", {link.id for link in manifest.links}, wanted, names, uses)


def _check_messages(programs: Sequence[NodeProgram], manifest: Manifest) -> None:
    names = {p.node for p in programs}
    for m in manifest.messages:
        if m.sender not in names or m.receiver not in names or m.sender == m.receiver:
            _fail(
                "PR-4", f"message {m.id} goes from {m.sender} to {m.receiver}, which are not two nodes of the manifest"
            )
    ids = {m.id for m in manifest.messages}
    if len(ids) != len(manifest.messages):
        _fail("PR-4", "the manifest names a message twice")
    sent = {(m.id, m.sender): m.receiver for m in manifest.messages}
    received = {(m.id, m.receiver): m.sender for m in manifest.messages}
    sends = [
        (p, i, op.message, op.peer) for p in programs for i, op in enumerate(p.instructions) if isinstance(op, Send)
    ]
    recvs = [
        (p, i, op.message, op.peer) for p in programs for i, op in enumerate(p.instructions) if isinstance(op, Recv)
    ]
    _check_ends("PR-4", "message", ids, sent, names, sends, "sent")
    _check_ends("PR-4", "message", ids, received, names, recvs, "received")


def _check_ends(
    code: str,
    what: str,
    ids: set[str],
    wanted: dict[tuple[str, str], str],
    names: set[str],
    uses: Iterable[tuple[NodeProgram, int, str, str]],
    verb: str = "used",
) -> None:
    """Each wanted end (id, node) is used exactly once, by that node and towards the right peer."""
    seen: set[tuple[str, str]] = set()
    for p, i, name, peer in uses:
        if name not in ids:
            _fail(code, f"{at(p, i)}: the manifest has no {what} {name}")
        if peer not in names:
            _fail(code, f"{at(p, i)}: unknown peer {peer}", f"the nodes are {', '.join(sorted(names)[:16])}")
        if (name, p.node) not in wanted:
            allowed = [node for known, node in wanted if known == name]
            _fail(
                code,
                f"{at(p, i)}: {what} {name} cannot be {verb} by {p.node}",
                f"it belongs to {' and '.join(allowed)}",
            )
        if (name, p.node) in seen:
            _fail(code, f"{at(p, i)}: {what} {name} is {verb} a second time by {p.node}")
        if wanted[name, p.node] != peer:
            _fail(code, f"{at(p, i)}: the peer of {what} {name} is {wanted[name, p.node]} in the manifest, not {peer}")
        seen.add((name, p.node))
    for name, node in wanted:
        if (name, node) not in seen:
            _fail(code, f"{what} {name} is never {verb} by the program of {node}")


def _check_bits(p: NodeProgram) -> None:
    written: set[int] = set()
    for i, op in enumerate(p.instructions):
        for b in bits_read(op):
            if b not in written:
                _fail("PR-5", f"{at(p, i)}: bit {b} is read before it is written")
        for b in bits_written(op):
            if b in written:
                _fail("PR-5", f"{at(p, i)}: bit {b} is written a second time", "each bit is written at most once")
            written.add(b)


def _check_qubits(p: NodeProgram, manifest: Manifest) -> None:
    """No use after a measurement without a reset; an ebit needs a communication qubit that holds nothing."""
    untouched, used, measured = 0, 1, 2
    state = [untouched] * (p.data + p.comm)
    inputs = {x.qubit for x in manifest.inputs if x.node == p.node}
    for i, op in enumerate(p.instructions):
        if isinstance(op, Prepare):
            if op.node >= p.data:
                _fail("PR-7", f"{at(p, i)}: N on communication qubit {op.node}", "link halves come by ebits")
            if state[op.node] == used or op.node in inputs:
                _fail("PR-8", f"{at(p, i)}: qubit {op.node} is prepared while it is in use", "measure it first")
            state[op.node] = used
            continue
        touched = () if isinstance(op, (Ebit, Reset)) else qubits_of(op)
        for q in touched:
            if state[q] == measured:
                _fail("PR-8", f"{at(p, i)}: qubit {q} is used after its measurement", "reset it first")
            if type(op) in LETTERS and state[q] == untouched and q not in inputs:
                _fail("PR-8", f"{at(p, i)}: qubit {q} is used before it is prepared")
            state[q] = used
            inputs.discard(q)
        if isinstance(op, (Measure, Observe)):
            state[op.qubit] = measured
        elif isinstance(op, Reset):
            if op.qubit in inputs:
                _fail("PR-8", f"{at(p, i)}: qubit {op.qubit} holds an input and is reset before its first use")
            state[op.qubit] = untouched
        elif isinstance(op, Ebit):
            if op.qubit < p.data:
                _fail(
                    "PR-7", f"{at(p, i)}: an ebit on data qubit {op.qubit}", "link halves live on communication qubits"
                )
            if state[op.qubit] == used:
                _fail("PR-7", f"{at(p, i)}: communication qubit {op.qubit} is still in use", "measure it first")
            state[op.qubit] = used
    for x in manifest.outputs:
        if x.node == p.node and 0 <= x.qubit < p.data and state[x.qubit] == measured:
            _fail("PR-8", f"output {x.name} of {p.node} sits on qubit {x.qubit}, which is measured at the end")
        if x.node == p.node and p.model == "mbqc" and state[x.qubit] == untouched and x.qubit not in inputs:
            _fail("PR-8", f"output {x.name} of {p.node} sits on qubit {x.qubit}, which is never prepared")


def _check_results(programs: Sequence[NodeProgram], manifest: Manifest) -> None:
    written = {p.node: {b for op in p.instructions for b in bits_written(op)} for p in programs}
    places: dict[str, set[tuple[int, str]]] = {p.node: set() for p in programs}

    def check(place: ManifestBit, what: str) -> None:
        if place.bit not in written.get(place.node, ()):
            _fail("PR-6", f"{what} points to bit {place.bit} of {place.node}, which is never written")

    if len({r.name for r in manifest.registers}) != len(manifest.registers):
        _fail("PR-6", "the manifest names a register twice")
    for r in manifest.registers:
        for k, place in enumerate(r.bits):
            if place is not None:
                check(place, f"result {r.name}[{k}]")
                places[place.node].add((place.bit, f"{r.name}[{k}]"))
    for k, place in enumerate(manifest.outcomes):
        if place is not None:
            check(place, f"source outcome {k}")
    for place in manifest.postselected:
        check(place, "postselection")
    for p in programs:
        odd = set(p.results) ^ places[p.node]
        if odd:
            bit, name = min(odd)
            _fail(
                "PR-6", f"the program of {p.node} and the manifest disagree on whether its bit {bit} is result {name}"
            )


def _check_places(programs: Sequence[NodeProgram], manifest: Manifest) -> None:
    size = {p.node: p.data for p in programs}

    def check(what: str, places: Sequence[ManifestPlace]) -> None:
        for x in places:
            if not 0 <= x.qubit < size.get(x.node, 0):
                _fail("PR-9", f"{what} {x.name} sits on {x.node} qubit {x.qubit}, which is no data qubit")
        if len({(x.node, x.qubit) for x in places}) != len(places):
            _fail("PR-9", f"two {what}s sit on one qubit")
        if len({x.name for x in places}) != len(places):
            _fail("PR-9", f"two {what}s have the same name")

    check("input", manifest.inputs)
    check("output", manifest.outputs)
