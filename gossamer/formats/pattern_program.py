"""Node programs of MBQC nodes, and of mixed ones, as text: JSON, one command on each line, printed and read back.

Commands of the measurement calculus are written as in files of whole patterns (``gossamer.formats.pattern_json``); nodes of the
pattern are the qubits of the network node, bits those of the program. The module guarantees that reading what was printed gives
an equal program, and that anything outside the printed shape is refused with its place (PR-15). Programs of mixed nodes are kinds of
their own, with gates, measurements in Z, resets and conditional blocks as further commands.
"""

from __future__ import annotations

import json
import re
from typing import Any

from gossamer.diagnostics import InputError
from gossamer.formats.json_places import Json, JsonText
from gossamer.formats.pattern_json import KINDS, command_form, read_command, read_domain, read_phase
from gossamer.ir import pattern
from gossamer.ir.network import MAX_QUBITS
from gossamer.ir.program import (
    GATES,
    LETTERS,
    WORDS,
    Compute,
    Conditional,
    Ebit,
    Excerpt,
    Gate,
    Instruction,
    Measure,
    NodeProgram,
    Observe,
    Recv,
    Reset,
    Send,
)

CODE = "PR-15"
#: What the kind of the file is called, by model.
FILES = {"mbqc": "pattern-program", "mixed": "mixed-program"}
#: No program has more bits.
MAX_BITS = 10**7

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)
_RESULT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\[[0-9]{1,7}\]", re.ASCII)
_KINDS = (*KINDS, "bit", "ebit", "send", "recv")
_MIXED = (*_KINDS, "gate", "if", "measure", "reset")


def print_program(program: NodeProgram) -> str:
    """The text of an MBQC node's program.

    Raises
    ------
    InputError
        PR-15 if the program has no text form: a word of another model, a name that is not a name.

    Examples
    --------
    >>> from gossamer.ir.pattern import Entangle, Measure, Prepare
    >>> code = (Prepare(0), Ebit("l0", "bob", 1), Entangle(0, 1), Observe(Measure(1, pattern.Basis.X), 0), Send("m0", "bob", (0,)))
    >>> print(print_program(NodeProgram("alice", "mbqc", 1, 1, 1, code)), end="")
    {"gossamer": "pattern-program", "version": 1,
    "node": "alice", "data": 1, "comm": 1, "bits": 1,
    "results": [],
    "commands": [
     {"kind": "N", "node": 0},
     {"kind": "ebit", "link": "l0", "peer": "bob", "node": 1},
     {"kind": "E", "nodes": [0, 1]},
     {"kind": "M", "node": 1, "basis": "X", "bit": 0},
     {"kind": "send", "message": "m0", "peer": "bob", "bits": [0]}
    ]}
    """
    p = program
    if p.model not in FILES:
        raise InputError(CODE, f"a program of model '{p.model}' has no form as a pattern")
    for _, name in p.results:
        if not _RESULT.fullmatch(name):
            raise InputError(CODE, f"{name[:80]!r} is not the name of a result")
    size = f'"data": {p.data}, "comm": {p.comm}, "bits": {p.bits}'
    for op in p.instructions:
        if not isinstance(op, WORDS[p.model]):
            raise InputError(CODE, f"{type(op).__name__} is no word of a node of model '{p.model}'")
    lines = ",".join("\n " + json.dumps(_form(op)) for op in p.instructions)
    return (
        f'{{"gossamer": "{FILES[p.model]}", "version": 1,\n'
        f'"node": "{_checked(p.node)}", {size},\n'
        f'"results": {json.dumps([list(r) for r in sorted(p.results)])},\n'
        f"{'' if p.excerpt is None else _excerpt_text(p.excerpt)}"
        f'"commands": [{lines}\n]}}\n'
    )


def _excerpt_text(e: Excerpt) -> str:
    form = {
        "part": [e.index, e.of],
        "source": e.source_digest,
        "outcome_count": e.outcome_count,
        "registers": e.registers,
        "inputs": e.inputs,
        "outputs": e.outputs,
        "first": sorted(e.first, key=lambda link: (len(link), link)),
        "outcomes": e.outcomes,
        "postselected": e.postselected,
    }
    return f'"manifest": {json.dumps(form)},\n'


def _form(op: Instruction) -> dict[str, Any]:
    match op:
        case Observe(command, bit):
            return command_form(command) | {"bit": bit}
        case Compute(bit, value):
            return {"kind": "bit", "bit": bit, "expr": str(value)}
        case Ebit(link, peer, qubit):
            return {"kind": "ebit", "link": _checked(link), "peer": _checked(peer), "node": qubit}
        case Send(message, peer, bits):
            return {"kind": "send", "message": _checked(message), "peer": _checked(peer), "bits": list(bits)}
        case Recv(message, peer, bit):
            return {"kind": "recv", "message": _checked(message), "peer": _checked(peer), "bit": bit}
        case pattern.Prepare() | pattern.Entangle() | pattern.CorrectX() | pattern.CorrectZ() | pattern.Clifford():
            return command_form(op)
        case Gate():
            return _gate_form(op)
        case Measure(qubit, bit):
            return {"kind": "measure", "node": qubit, "bit": bit}
        case Reset(qubit):
            return {"kind": "reset", "node": qubit}
        case Conditional(conditions, body):
            held = [[bit, int(value)] for bit, value in conditions]
            return {"kind": "if", "bits": held, "gates": [_gate_form(gate) for gate in body]}


def _gate_form(gate: Gate) -> dict[str, Any]:
    angles = [str(angle) for angle in gate.angles]
    return {"kind": "gate", "name": gate.name, "nodes": list(gate.qubits)} | ({"angles": angles} if angles else {})


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise InputError(CODE, f"{name[:80]!r} is not a name", help="names are ASCII letters, digits and underscores")
    return name


def read_program(text: str, file: str = "<text>") -> NodeProgram:
    """The program that ``text`` holds, in the shape that :func:`print_program` writes.

    Parameters
    ----------
    text
        JSON.
    file
        Its name, for diagnostics.

    Raises
    ------
    InputError
        PR-15, with the place, for whatever has not that shape; PT-9 and PH-* for angles and domains that are none.

    Examples
    --------
    >>> p = NodeProgram("n0", "mbqc", 1, 0, 1, (pattern.Prepare(0), Observe(pattern.Measure(0), 0)), ((0, "c[0]"),))
    >>> read_program(print_program(p)) == p
    True
    """
    try:
        return _program(JsonText(text, file, CODE, CODE).parse())
    except InputError as error:
        error.with_source(text)
        raise


def _program(top: Json) -> NodeProgram:
    need = ("gossamer", "version", "node", "data", "comm", "bits", "results", "commands")
    m = top.members("the program", need, ("manifest",))
    models = {kind: model for model, kind in FILES.items()}
    model = models[m["gossamer"].one_of("the kind of the file", tuple(models))]
    if m["version"].whole("the version") != 1:
        m["version"].fail("a version that is not 1", help="this release reads version 1")
    limits = {"data": MAX_QUBITS, "comm": MAX_QUBITS, "bits": MAX_BITS}
    data, comm, bits = (m[key].whole(f"the number '{key}'", limit) for key, limit in limits.items())
    results = tuple(sorted(_result(r) for r in m["results"].items("the list of results")))
    kinds = _KINDS if model == "mbqc" else _MIXED
    code = tuple(_instruction(c, kinds) for c in m["commands"].items("the list of commands"))
    excerpt = _excerpt(m["manifest"]) if "manifest" in m else None
    return NodeProgram(_name(m["node"], "the node"), model, data, comm, bits, code, results, excerpt)


def _excerpt(form: Json) -> Excerpt:
    lists = ("registers", "inputs", "outputs", "first", "outcomes", "postselected")
    m = form.members("the part of the manifest", ("part", "source", "outcome_count", *lists), ())
    index, of = m["part"].pair("the part")
    listed = {key: m[key].items(f"the list '{key}'") for key in lists}
    registers = [r.pair("a register") for r in listed["registers"]]
    return Excerpt(
        index.whole("the number of a node", MAX_QUBITS),
        of.whole("the number of nodes", MAX_QUBITS),
        m["source"].text("the digest of the source"),
        m["outcome_count"].whole("the number of outcomes", MAX_BITS),
        tuple((name.text("the name of a register"), size.whole("the size of a register", MAX_BITS)) for name, size in registers),
        _places(listed["inputs"], "an input"),
        _places(listed["outputs"], "an output"),
        frozenset(_name(link, "a link") for link in listed["first"]),
        _bits(listed["outcomes"], "an outcome"),
        _bits(listed["postselected"], "a postselected bit"),
    )  # fmt: skip


def _places(forms: list[Json], what: str) -> tuple[tuple[int, int, str], ...]:
    out = []
    for form in forms:
        parts = form.items(what)
        if len(parts) != 3:
            form.fail(f"{what} is no list of three: its number, its qubit and its name")
        index, qubit, name = parts
        out.append((index.whole(f"the number of {what}"), qubit.whole(f"the qubit of {what}"), name.text("a name")))
    return tuple(sorted(out))


def _bits(forms: list[Json], what: str) -> tuple[tuple[int, int], ...]:
    pairs = [form.pair(what) for form in forms]
    return tuple(sorted((_bit(bit), index.whole(f"the number of {what}")) for bit, index in pairs))


def _name(form: Json, what: str) -> str:
    name = form.text(what)
    if not _NAME.fullmatch(name):
        form.fail(f"{what}, {name[:80]!r}, is not a name", help="names are ASCII letters, digits and underscores")
    return name


def _bit(form: Json) -> int:
    return form.whole("a bit", MAX_BITS)


def _result(form: Json) -> tuple[int, str]:
    bit, name = form.pair("a result")
    if not _RESULT.fullmatch(name.text("the name of a result")):
        name.fail("the name of a result is not REGISTER[INDEX]")
    return _bit(bit), name.text("the name of a result")


def _instruction(form: Json, kinds: tuple[str, ...]) -> Instruction:
    kind = form.members("a command", ("kind",))["kind"].one_of("the kind of a command", kinds)
    if kind == "M":
        command = read_command(form, also=("bit",))
        assert isinstance(command, pattern.Measure)
        return Observe(command, _bit(form.members("the command M", ("bit",))["bit"]))
    if kind in KINDS:
        plain = read_command(form)
        assert type(plain) in LETTERS
        return plain  # type: ignore[return-value]
    if kind == "bit":
        m = form.members("a computed bit", ("kind", "bit", "expr"), ())
        return Compute(_bit(m["bit"]), read_domain(m["expr"], "the expr of a bit"))
    if kind == "ebit":
        m = form.members("an ebit", ("kind", "link", "peer", "node"), ())
        qubit = m["node"].whole("the node of an ebit", 2 * MAX_QUBITS)
        return Ebit(_name(m["link"], "the link"), _name(m["peer"], "the peer"), qubit)
    if kind == "send":
        m = form.members("a message that is sent", ("kind", "message", "peer", "bits"), ())
        own = tuple(_bit(b) for b in m["bits"].items("the bits of a message"))
        return Send(_name(m["message"], "the message"), _name(m["peer"], "the peer"), own)
    if kind == "gate":
        return _gate(form)
    if kind == "measure":
        m = form.members("a measurement", ("kind", "node", "bit"), ())
        return Measure(m["node"].whole("the node of a measurement"), _bit(m["bit"]))
    if kind == "reset":
        return Reset(form.members("a reset", ("kind", "node"), ())["node"].whole("the node of a reset"))
    if kind == "if":
        m = form.members("a conditional", ("kind", "bits", "gates"), ())
        pairs = [c.pair("a condition") for c in m["bits"].items("the conditions")]
        held = tuple((_bit(bit), bool(value.whole("the value of a bit", 1))) for bit, value in pairs)
        return Conditional(held, tuple(_gate(g) for g in m["gates"].items("the gates of a conditional")))
    m = form.members("a message that is received", ("kind", "message", "peer", "bit"), ())
    return Recv(_name(m["message"], "the message"), _name(m["peer"], "the peer"), _bit(m["bit"]))


def _gate(form: Json) -> Gate:
    m = form.members("a gate", ("kind", "name", "nodes"), ("angles",))
    m["kind"].one_of("the kind of a gate", ("gate",))
    name = m["name"].one_of("the name of a gate", tuple(GATES))
    qubits = tuple(q.whole("a node of a gate") for q in m["nodes"].items("the nodes of a gate"))
    listed = m["angles"].items("the angles of a gate") if "angles" in m else []
    angles = tuple(read_phase(angle, "an angle of a gate") for angle in listed)
    if (len(qubits), len(angles)) != GATES[name]:
        form.fail(f"{name} takes {GATES[name][0]} nodes and {GATES[name][1]} angles")
    return Gate(name, qubits, angles[0] if angles else None, angles[1:])
