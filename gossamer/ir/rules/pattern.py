"""Rules of measurement patterns (clauses PT-1 to PT-10): what it takes that a list of commands can be run."""

from __future__ import annotations

from gossamer.ir.diagram import BitKind
from gossamer.ir.pattern import (
    GATES,
    Basis,
    Clifford,
    Command,
    CorrectX,
    CorrectZ,
    Entangle,
    Measure,
    Pattern,
    Prepare,
)
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.rules.classical import check_bit_uses, check_bits, check_names, check_symbols
from gossamer.ir.rules.shared import fail

MAX_NODE = 2**31 - 1
MAX_GATES = 24


def verify_pattern(pattern: Pattern) -> None:
    """Check clauses PT-1 to PT-10, and IR-4, IR-5, IR-6 and IR-9 for the classical part.

    Raises
    ------
    InputError
        With the id of the first clause that is violated.

    Examples
    --------
    >>> verify_pattern(Pattern(inputs=(0,), outputs=(0,), commands=(), input_names=("q",), output_names=("q",)))
    """
    _ends(pattern)
    _classical(pattern)
    _commands(pattern)


def _node(node: object, what: str) -> None:
    if type(node) is not int or not 0 <= node <= MAX_NODE:
        fail("PT-1", f"{what} {str(node)[:40]!r} is not a whole number from 0 to {MAX_NODE}")


def _ends(pattern: Pattern) -> None:
    for what, listed, names in (
        ("input", pattern.inputs, pattern.input_names),
        ("output", pattern.outputs, pattern.output_names),
    ):
        seen: set[int] = set()
        for node in listed:
            _node(node, what)
            if node in seen:
                fail("PT-1", f"node {node} is listed twice among the {what}s")
            seen.add(node)
        check_names(what, names, len(listed))


def _classical(pattern: Pattern) -> None:
    check_names("register", [r.name for r in pattern.registers], len(pattern.registers))
    check_bits(pattern.bits)
    measures = [c for c in pattern.commands if isinstance(c, Measure)]
    angles = [m.angle for m in measures if isinstance(m.angle, Phase)]  # what is none is refused at its command
    check_bit_uses(pattern.bits, angles, pattern.registers)
    check_symbols(angles)


def _domains(command: Command) -> tuple[tuple[str, BitExpr], ...]:
    if isinstance(command, Measure):
        return ("s_domain", command.s_domain), ("t_domain", command.t_domain)
    return (("domain", command.domain),) if isinstance(command, CorrectX | CorrectZ) else ()


def _nodes(command: Command) -> tuple[int, ...]:
    return (command.a, command.b) if isinstance(command, Entangle) else (command.node,)


def _commands(pattern: Pattern) -> None:
    bit_of: dict[int, int] = {}
    for i, bit in enumerate(pattern.bits):
        if bit.kind == BitKind.OUTCOME:
            if bit.vertex in bit_of:
                fail("PT-7", f"b{bit_of[bit.vertex]} and b{i} are both the outcome of node {bit.vertex}")
            bit_of[bit.vertex] = i
    inputs = set(pattern.inputs)
    alive, known = set(inputs), [False] * len(pattern.bits)
    used_by: list[list[int]] = [[] for _ in pattern.bits]
    missing = [0] * len(pattern.bits)  # of what a derived bit is made of, how much is not known yet
    for i, bit in enumerate(pattern.bits):
        if bit.expr is not None:
            for x in bit.expr.bits:
                used_by[x].append(i)
                missing[i] += 1
    for i in [i for i, bit in enumerate(pattern.bits) if bit.kind != BitKind.OUTCOME and not missing[i]]:
        _learn(i, known, used_by, missing)  # inputs and constants
    seen = set(inputs)
    for position, command in enumerate(pattern.commands):
        span = pattern.spans.get(position)
        where = f"command {position}"
        if not isinstance(command, Command):
            fail("PT-1", f"{where} is a {type(command).__name__}, which is no command", span=span)
        for node in _nodes(command):
            _node(node, f"{where}: node")
        if isinstance(command, Prepare):
            node = command.node
            if node in inputs:
                fail("PT-3", f"{where} prepares node {node}, which is an input", span=span)
            if node in seen:
                fail("PT-2", f"{where} prepares node {node} a second time", span=span)
            seen.add(node)
            alive.add(node)
            continue
        for node in _nodes(command):
            if node not in alive:
                state = "measured before" if node in seen else "neither an input nor prepared before"
                fail("PT-4", f"{where} acts on node {node}, which is {state}", span=span)
        if isinstance(command, Entangle):
            if command.a == command.b:
                fail("PT-5", f"{where} entangles node {command.a} with itself", span=span)
        elif isinstance(command, Clifford) and (len(command.gates) > MAX_GATES or not set(command.gates) <= set(GATES)):
            fail(
                "PT-10",
                f"{where} is no word of at most {MAX_GATES} of the letters {' '.join(GATES)}",
                help="each single-qubit Clifford is a word of at most 6 letters h and s, up to a phase",
                span=span,
            )
        own = bit_of.get(command.node) if isinstance(command, Measure) else None
        for what, domain in _domains(command):
            for x in sorted(domain.bits):
                if not 0 <= x < len(pattern.bits):
                    fail("IR-6", f"{where}: the {what} uses b{x}, but there are {len(pattern.bits)} bits", span=span)
            _check_known(f"{where}: the {what}", domain.bits, own, known, pattern, position)
        if isinstance(command, Measure):
            if own is None:
                fail("PT-7", f"{where} measures node {command.node}, whose outcome is no bit", span=span)
            if not isinstance(command.basis, Basis) or not isinstance(command.angle, Phase):
                fail("PT-1", f"{where} has no basis or no angle that is one", span=span)
            _check_known(f"{where}: the angle", command.angle.bits, own, known, pattern, position)
            if command.basis.is_pauli and not command.angle.is_pauli:
                fail(
                    "PT-9",
                    f"{where} measures {command.basis.value} at {command.angle}, which is no multiple of pi",
                    help="measure in a plane, or put the sign of the axis into the angle: 0 or 1",
                    span=span,
                )
            alive.discard(command.node)
            _learn(own, known, used_by, missing)
    _ending(pattern, seen, alive, bit_of)


def _check_known(
    what: str, bits: frozenset[int], own: int | None, known: list[bool], pattern: Pattern, position: int
) -> None:
    for x in sorted(bits):
        if not known[x]:
            late = "its own outcome" if x == own else "which no earlier measurement gives"
            fail(
                "PT-8",
                f"{what} uses b{x}, {late}",
                help="a domain holds outcomes of measurements that come before it",
                span=pattern.spans.get(position),
            )


def _learn(bit: int, known: list[bool], used_by: list[list[int]], missing: list[int]) -> None:
    """A bit has its value now, and so have derived bits that wanted nothing else."""
    todo = [bit]
    while todo:
        b = todo.pop()
        known[b] = True
        for later in used_by[b]:
            missing[later] -= 1
            if not missing[later]:
                todo.append(later)


def _ending(pattern: Pattern, seen: set[int], alive: set[int], bit_of: dict[int, int]) -> None:
    for node in pattern.outputs:
        if node not in alive:
            state = "is measured" if node in seen else "does not exist"
            fail("PT-6", f"output node {node} {state}")
    left = sorted(alive - set(pattern.outputs))
    if left:
        fail(
            "PT-6",
            f"node {left[0]} is neither measured nor an output",
            help="to throw a node away, measure it and do not use the outcome",
        )
    for node, i in bit_of.items():
        if node not in seen or node in alive:
            fail("PT-7", f"b{i} is the outcome of node {node}, which is never measured")
