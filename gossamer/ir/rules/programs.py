"""Rules of the fourth level, `Distribution`: node programs against their manifest (clauses PR-1 to PR-10, PR-14)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from gossamer.diagnostics import InputError
from gossamer.ir.excerpts import check_excerpts
from gossamer.ir.pattern import GATES as TURNS
from gossamer.ir.pattern import Clifford, Entangle, Prepare
from gossamer.ir.program import (
    GATES,
    LETTERS,
    WORDS,
    WRITING,
    Conditional,
    Distribution,
    Ebit,
    Gate,
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
from gossamer.ir.program_columns import EBIT, RECV, SEND, Columns
from gossamer.ir.rules.halves import programs_comm
from gossamer.ir.rules.pattern import MAX_GATES
from gossamer.ir.rules.screens import bits_are_written_once_and_first, operands_exist, qubits_are_free
from gossamer.ir.rules.shared import fail

# Tuples, for loops over millions of instructions: a union would be made anew each time.
_MEETING = (Send, Recv, Ebit)
_STARTING = (Ebit, Reset)
_MEASURING = (Measure, Observe)


def _programs_and_nodes(d: Distribution) -> None:
    names = [p.node for p in d.programs]
    if len(set(names)) != len(names):
        fail("PR-1", "two programs are for the same node")
    if names != [n.name for n in d.manifest.nodes]:
        fail("PR-1", "the manifest does not list the nodes of the programs, in their order")
    files = [n.program for n in d.manifest.nodes]
    if len(set(files)) != len(files):
        fail("PR-1", "two nodes share one program file")
    for p, n in zip(d.programs, d.manifest.nodes, strict=True):
        if (p.model, p.data, p.comm) != (n.model, n.data, n.comm):
            fail("PR-1", f"the program of {p.node} and the manifest disagree on its model or its qubits")
        if "/" in n.program or "\\" in n.program or n.program in ("", ".", ".."):
            fail(
                "PR-1",
                f"program '{n.program}' of {p.node} is not a plain file name",
                "programs lie beside the manifest",
            )
        if p.node not in d.network.index:
            known = ", ".join([*d.network.index][:8]) + (", ..." if d.network.size > 8 else "")
            fail("PR-1", f"the network has no node {p.node}; its nodes are {known}")
        node = d.network.nodes[d.network.index[p.node]]
        if p.data > node.data or (node.comm is not None and p.comm > node.comm):
            fail(
                "PR-1",
                f"the program of {p.node} uses {p.data} data and {p.comm} communication qubits, more than the node has",
            )


def _programs_words(d: Distribution) -> None:
    for p in d.programs:
        words = WORDS.get(p.model)
        if words is None or all(issubclass(kind, words) for kind in set(map(type, p.instructions))):
            continue
        for i, op in enumerate(p.instructions):
            if not isinstance(op, words):
                fail("PR-14", f"{_at(p, i)}: {type(op).__name__} is no word of a node of model '{p.model}'")


def _programs_operands(d: Distribution) -> None:
    for p, c in _with_columns(d):
        if c is not None and operands_exist(p, c) and all(_is_gate(p, gate) for gate in c.gates):
            continue
        checked: set[int] = set()  # gates by identity: where one object stands in many places, it is looked at once
        for i, op in enumerate(p.instructions):
            if type(op) is Gate:
                if id(op) not in checked:
                    checked.add(id(op))
                    _check_gate(p, i, op)
                continue
            for gate in gates_of(op):
                if id(gate) not in checked:
                    checked.add(id(gate))
                    _check_gate(p, i, gate)
            if isinstance(op, Conditional):
                if not op.conditions:
                    fail("PR-2", f"{_at(p, i)}: a conditional without a condition")
                if len({b for b, _ in op.conditions}) != len(op.conditions):
                    fail("PR-2", f"{_at(p, i)}: a conditional names a bit twice")
            else:
                for q in qubits_of(op):
                    if not 0 <= q < p.data + p.comm:
                        fail("PR-2", f"{_at(p, i)}: qubit {q} does not exist")
            if isinstance(op, Send) and len(set(op.bits)) != len(op.bits):
                fail(
                    "PR-2",
                    f"{_at(p, i)}: message {op.message} names a bit twice",
                    help="a bit named twice cancels in the parity",
                )
            if isinstance(op, Entangle) and op.a == op.b:
                fail("PR-2", f"{_at(p, i)}: E needs two distinct qubits, not {op.a} twice")
            if isinstance(op, Clifford) and (len(op.gates) > MAX_GATES or not set(op.gates) <= set(TURNS)):
                fail("PR-2", f"{_at(p, i)}: C is no word of at most {MAX_GATES} of the letters {' '.join(TURNS)}")
            if isinstance(op, Observe):
                _check_angle(p, i, op)
            for b in (*bits_read(op), *bits_written(op)):
                if not 0 <= b < p.bits:
                    fail("PR-2", f"{_at(p, i)}: bit {b} does not exist")


def _check_angle(p: NodeProgram, index: int, op: Observe) -> None:
    angle = op.command.angle
    if angle.symbols:
        fail("PR-2", f"{_at(p, index)}: the angle {angle} has no value", help="bind all parameters before compiling")
    if op.command.basis.is_pauli and not angle.is_pauli:
        fail("PR-2", f"{_at(p, index)}: M {op.command.basis.value} at {angle}, which is no multiple of pi")


def _at(p: NodeProgram, index: int) -> str:
    return f"{p.node}, instruction {index}"


def _is_gate(p: NodeProgram, gate: Gate) -> bool:
    try:
        _check_gate(p, 0, gate)
    except InputError:
        return False
    return True


def _check_gate(p: NodeProgram, index: int, gate: Gate) -> None:
    if gate.name not in GATES:
        fail("PR-2", f"{_at(p, index)}: unknown gate '{gate.name}'", help=f"the gates are {', '.join(GATES)}")
    arity, angles = GATES[gate.name]
    if len(gate.qubits) != arity or len(set(gate.qubits)) != arity:
        fail("PR-2", f"{_at(p, index)}: {gate.name} needs {arity} distinct qubits, not {gate.qubits}")
    for q in gate.qubits:
        if not 0 <= q < p.data + p.comm:
            fail("PR-2", f"{_at(p, index)}: qubit {q} does not exist")
    if len(gate.angles) != angles or not all(angle.is_constant for angle in gate.angles):
        want = ("no angle", "one constant angle")[angles] if angles < 2 else f"{angles} constant angles"
        fail("PR-2", f"{_at(p, index)}: {gate.name} takes {want}", help="conditional angles become conditional gates")


def _programs_links(d: Distribution) -> None:
    if len({link.id for link in d.manifest.links}) != len(d.manifest.links):
        fail("PR-3", "the manifest names a link twice")
    ends = {(link.id, node): link.nodes[1 - i] for link in d.manifest.links for i, node in enumerate(link.nodes)}
    for link in d.manifest.links:
        a, b = (d.network.index.get(x, -1) for x in link.nodes)
        if a < 0 or b < 0 or a == b or b not in d.network.neighbours[a]:
            fail(
                "PR-3",
                f"link {link.id} joins {link.nodes[0]} and {link.nodes[1]}, which are not neighbours in the network",
            )
    uses = ((p, i, op.link, op.peer) for p, c in _with_columns(d) for i, op in _all(p, c, Ebit, EBIT))
    _check_once("PR-3", "link", ends, uses)


def _programs_messages(d: Distribution) -> None:
    if len({m.id for m in d.manifest.messages}) != len(d.manifest.messages):
        fail("PR-4", "the manifest names a message twice")
    for m in d.manifest.messages:
        if m.sender == m.receiver:
            fail("PR-4", f"message {m.id} goes from {m.sender} to itself", help="a node reads its own bits directly")
    sent = {(m.id, m.sender): m.receiver for m in d.manifest.messages}
    received = {(m.id, m.receiver): m.sender for m in d.manifest.messages}
    for wanted, kind, number in ((sent, Send, SEND), (received, Recv, RECV)):
        uses = ((p, i, op.message, op.peer) for p, c in _with_columns(d) for i, op in _all(p, c, kind, number))
        _check_once("PR-4", "message", wanted, uses)


def _with_columns(d: Distribution) -> Iterable[tuple[NodeProgram, Columns | None]]:
    return zip(d.programs, d.columns, strict=True)


def _all(
    p: NodeProgram, c: Columns | None, kind: type[Any] | tuple[type[Any], ...], *numbers: int
) -> Iterable[tuple[int, Any]]:
    """The instructions of a kind (or of a tuple of them), and where they stand."""
    if c is None:
        return ((i, op) for i, op in enumerate(p.instructions) if isinstance(op, kind))
    return ((i, p.instructions[i]) for i in c.where(*numbers))


def _check_once(
    code: str, what: str, wanted: dict[tuple[str, str], str], uses: Iterable[tuple[NodeProgram, int, str, str]]
) -> None:
    """Each wanted (id, node) is used exactly once, towards the right peer."""
    seen: set[tuple[str, str]] = set()
    for p, i, name, peer in uses:
        key = (name, p.node)
        if key not in wanted:
            fail(code, f"{_at(p, i)}: the manifest has no such end of {what} {name} on {p.node}")
        if key in seen:
            fail(code, f"{_at(p, i)}: {what} {name} is used a second time on {p.node}")
        if wanted[key] != peer:
            fail(code, f"{_at(p, i)}: {what} {name} goes to {wanted[key]} in the manifest, to {peer} in the program")
        seen.add(key)
    for name, node in wanted:
        if (name, node) not in seen:
            fail(code, f"{what} {name} is never used by the program of {node}")


def _programs_bits(d: Distribution) -> None:
    for p, c in _with_columns(d):
        if c is not None and bits_are_written_once_and_first(c):
            continue
        written: set[int] = set()
        for i, op in enumerate(p.instructions):
            if type(op) is Gate:
                continue
            for b in bits_read(op):
                if b not in written:
                    fail("PR-5", f"{_at(p, i)}: bit {b} is read before it is written")
            for b in bits_written(op):
                if b in written:
                    fail(
                        "PR-5",
                        f"{_at(p, i)}: bit {b} is written a second time",
                        help="each bit is written at most once",
                    )
                written.add(b)


def _bits_written(p: NodeProgram, c: Columns | None) -> set[int]:
    return {op.bit for op in p.instructions if isinstance(op, WRITING)} if c is None else set(c.written.tolist())


def _programs_results(d: Distribution) -> None:
    written = {p.node: _bits_written(p, c) for p, c in _with_columns(d)}

    def check(where: ManifestBit, what: str) -> None:
        if where.node not in written or where.bit not in written[where.node]:
            fail("PR-6", f"{what} points to bit {where.bit} of {where.node}, which is never written")

    in_manifest: dict[str, set[tuple[int, str]]] = {p.node: set() for p in d.programs}
    if len({r.name for r in d.manifest.registers}) != len(d.manifest.registers):
        fail("PR-6", "the manifest names a register twice")
    for r in d.manifest.registers:
        for i, where in enumerate(r.bits):
            if where is not None:
                check(where, f"result {r.name}[{i}]")
                in_manifest[where.node].add((where.bit, f"{r.name}[{i}]"))
    for i, where in enumerate(d.manifest.outcomes):
        if where is not None:
            check(where, f"source outcome {i}")
    for where in d.manifest.postselected:
        check(where, "postselection")
    for p in d.programs:
        if set(p.results) != in_manifest[p.node] or len(p.results) != len(set(p.results)):
            fail("PR-6", f"the results of {p.node}'s program and of the manifest differ")


def _programs_data(d: Distribution) -> None:
    """A measured data qubit is not used before it is reset or prepared, nothing is prepared that is in use, no input is reset."""
    for p, c in _with_columns(d):
        fresh = {x.qubit for x in d.manifest.inputs if x.node == p.node}
        outputs = {x.qubit for x in d.manifest.outputs if x.node == p.node}
        if c is not None and p.model != "mbqc" and qubits_are_free(p, c, fresh, outputs):
            continue
        measured: set[int] = set()
        used_once: set[int] = set()
        for i, op in enumerate(p.instructions):
            if isinstance(op, Prepare):
                q = op.node
                if q in fresh or (q in used_once and q not in measured):
                    fail("PR-8", f"{_at(p, i)}: qubit {q} is prepared while it is in use", help="measure it first")
                measured.discard(q)
                used_once.add(q)
                continue
            used = () if isinstance(op, _STARTING) else qubits_of(op)
            for q in used:
                if q in measured:
                    fail("PR-8", f"{_at(p, i)}: qubit {q} is used after its measurement", help="reset it first")
                if type(op) in LETTERS and q < p.data and q not in fresh and q not in used_once:
                    fail("PR-8", f"{_at(p, i)}: qubit {q} is used before it is prepared")
            fresh.difference_update(used)
            used_once.update(used)
            if isinstance(op, _MEASURING) and op.qubit < p.data:
                measured.add(op.qubit)
            elif isinstance(op, Reset):
                if op.qubit in fresh:
                    fail("PR-8", f"{_at(p, i)}: qubit {op.qubit} holds an input and is reset before its first use")
                measured.discard(op.qubit)
                used_once.add(op.qubit)
        for x in d.manifest.outputs:
            if x.node == p.node and x.qubit in measured:
                fail("PR-8", f"output {x.name} of {p.node} sits on qubit {x.qubit}, which is measured at the end")
            if x.node == p.node and p.model == "mbqc" and x.qubit not in fresh | used_once:
                fail("PR-8", f"output {x.name} of {p.node} sits on qubit {x.qubit}, which is never prepared")


def _programs_places(d: Distribution) -> None:
    size = {p.node: p.data for p in d.programs}

    def check(what: str, places: Sequence[ManifestPlace]) -> None:
        seen: set[tuple[str, int]] = set()
        for x in places:
            if x.node not in size or not 0 <= x.qubit < size[x.node]:
                fail("PR-9", f"{what} {x.name} sits on {x.node} qubit {x.qubit}, which is no data qubit")
            if (x.node, x.qubit) in seen:
                fail("PR-9", f"two {what}s sit on qubit {x.qubit} of {x.node}")
            seen.add((x.node, x.qubit))
        if len({x.name for x in places}) != len(places):
            fail("PR-9", f"two {what}s have the same name")

    check("input", d.manifest.inputs)
    check("output", d.manifest.outputs)


def _programs_progress(d: Distribution) -> None:
    """Run the waiting only: every receive and every ebit request finds its partner.

    Sends do not block, so the outcome does not depend on the order in which nodes are tried.
    """
    waits = [list(_all(p, c, _MEETING, SEND, RECV, EBIT)) for p, c in _with_columns(d)]
    at = [0] * len(d.programs)  # the next of them
    index = {p.node: k for k, p in enumerate(d.programs)}
    sent: set[str] = set()
    asked: set[str] = set()
    waiting: dict[str, int] = {}  # message -> the program that waits for it
    halves: dict[str, int] = {}  # link -> the program that waits for its other end
    ready = list(range(len(d.programs)))
    while ready:
        k = ready.pop()
        while at[k] < len(waits[k]):
            _, op = waits[k][at[k]]
            if isinstance(op, Send):
                sent.add(op.message)
                if op.message in waiting:
                    ready.append(waiting.pop(op.message))
            elif isinstance(op, Recv):
                if op.message not in sent:
                    waiting[op.message] = k
                    break
            elif op.link not in asked:
                asked.add(op.link)
                halves[op.link] = k
                break
            elif halves.get(op.link) == index[op.peer]:
                other = halves.pop(op.link)
                at[other] += 1
                ready.append(other)
            at[k] += 1
    for k, p in enumerate(d.programs):
        if at[k] < len(waits[k]):
            i, op = waits[k][at[k]]
            what = (
                f"message {op.message}" if isinstance(op, Recv) else f"link {op.link}" if isinstance(op, Ebit) else "?"
            )
            peer = op.peer if isinstance(op, (Recv, Ebit)) else "?"
            fail("PR-10", f"deadlock: {_at(p, i)} waits for {what} with {peer}, which waits as well")


def _programs_excerpts(d: Distribution) -> None:
    check_excerpts(d.programs, d.manifest)


PROGRAM_RULES: tuple[Callable[[Distribution], None], ...] = (
    _programs_and_nodes,
    _programs_words,
    _programs_operands,
    _programs_links,
    _programs_messages,
    _programs_bits,
    _programs_results,
    programs_comm,
    _programs_data,
    _programs_places,
    _programs_progress,
    _programs_excerpts,
)
