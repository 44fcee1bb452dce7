"""Our JSON of measurement patterns: `print_pattern` and `read_pattern`, inverse of each other.

One command, bit or register stands on each line, so that a difference between two files can be read. Phases and domains are written as in the
text form of the IR, over bits ``b0``, ``b1``, ... in the order of the list ``bits``. Node programs of the one-way model write their commands in
the same way. The module guarantees that what is read has passed its rules. Clauses PT-12 and PT-13 of ``spec/pattern.md``.
"""

from __future__ import annotations

import json
import re
from fractions import Fraction
from typing import Any

from gossamer.diagnostics import InputError
from gossamer.formats.json_places import Json, JsonText
from gossamer.ir.diagram import Bit, BitKind, Register
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
    read_angle,
)
from gossamer.ir.phase import BitExpr, Phase, Term

KINDS = ("N", "E", "M", "X", "Z", "C")
BASES = tuple(basis.value for basis in Basis)
_BIT_KINDS = ("outcome", "input", "derived")

#: Longest number in a phase, in characters.
MAX_DIGITS = 400
_BIT = re.compile(r"b([0-9]{1,10})", re.ASCII)
_NUMBER = re.compile(r"(-?[0-9]+)(?:/([0-9]+))?", re.ASCII)
_NAME = re.compile(r"[^\W\d]\w*")


# --- printing --------------------------------------------------------------------------------------------------------


def print_pattern(pattern: Pattern) -> str:
    """The JSON of a pattern that obeys its rules.

    Examples
    --------
    >>> from gossamer.ir.pattern import outcomes
    >>> b0 = BitExpr.bit(0)
    >>> commands = (Prepare(1), Entangle(0, 1), Measure(0, angle=Phase(Fraction(1, 4))), CorrectX(1, b0))
    >>> print(print_pattern(Pattern((0,), (1,), commands, outcomes([0]), (), ("q",), ("q",))), end="")
    {"gossamer": "pattern", "version": 1,
    "inputs": [[0, "q"]],
    "outputs": [[1, "q"]],
    "bits": [
     {"kind": "outcome", "node": 0}
    ],
    "commands": [
     {"kind": "N", "node": 1},
     {"kind": "E", "nodes": [0, 1]},
     {"kind": "M", "node": 0, "basis": "XY", "angle": "1/4"},
     {"kind": "X", "node": 1, "domain": "b0"}
    ]}
    """
    p = pattern
    parts = [
        '"gossamer": "pattern", "version": 1',
        f'"inputs": {_dump([list(x) for x in zip(p.inputs, p.input_names, strict=True)])}',
        f'"outputs": {_dump([list(x) for x in zip(p.outputs, p.output_names, strict=True)])}',
    ]
    columns = {
        "bits": [bit_form(b) for b in p.bits],
        "registers": [{"name": r.name, "bits": [str(e) for e in r.bits]} for r in p.registers],
        "commands": [command_form(c) for c in p.commands],
    }
    for key, forms in columns.items():
        if forms:
            lines = ",\n ".join(map(_dump, forms))
            parts.append(f'"{key}": [\n {lines}\n]')
        elif key == "commands":
            parts.append(f'"{key}": []')
    return "{" + ",\n".join(parts) + "}\n"


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def bit_form(bit: Bit) -> dict[str, Any]:
    """The JSON of a bit.

    Examples
    --------
    >>> bit_form(Bit(BitKind.DERIVED, expr=BitExpr.bit(0)))
    {'kind': 'derived', 'expr': 'b0'}
    """
    out: dict[str, Any] = {"kind": _BIT_KINDS[bit.kind]}
    if bit.kind == BitKind.OUTCOME:
        out["node"] = bit.vertex
    if bit.expr is not None:
        out["expr"] = str(bit.expr)
    if bit.name:
        out["name"] = bit.name
    return out


def command_form(command: Command) -> dict[str, Any]:
    """The JSON of a command; an angle or a domain of 0 is left out where it may be.

    Examples
    --------
    >>> command_form(Clifford(3, ("h", "s")))
    {'kind': 'C', 'node': 3, 'gates': ['h', 's']}
    """
    match command:
        case Prepare(node):
            return {"kind": "N", "node": node}
        case Entangle(a, b):
            return {"kind": "E", "nodes": [a, b]}
        case Measure(node, basis, angle, s, t):
            out: dict[str, Any] = {"kind": "M", "node": node, "basis": basis.value}
            if not angle.is_zero:
                out["angle"] = str(angle)
            out |= {key: str(domain) for key, domain in (("s", s), ("t", t)) if not domain.is_zero}
            return out
        case CorrectX(node, domain):
            return {"kind": "X", "node": node, "domain": str(domain)}
        case CorrectZ(node, domain):
            return {"kind": "Z", "node": node, "domain": str(domain)}
        case Clifford(node, gates):
            return {"kind": "C", "node": node, "gates": list(gates)}


# --- reading ---------------------------------------------------------------------------------------------------------


def read_pattern(text: str, file: str = "<text>") -> Pattern:
    """Read our JSON of a pattern.

    Raises
    ------
    InputError
        PT-12 for what is no JSON, PT-13 for what has another form, PT-1 to PT-10 and IR-* for a pattern that breaks its rules; with the place.

    Examples
    --------
    >>> text = '{"gossamer": "pattern", "version": 1, "inputs": [], "outputs": [[5, "a"]], "commands": [{"kind": "N", "node": 5}]}'
    >>> read_pattern(text).commands
    (Prepare(node=5),)
    >>> read_pattern(print_pattern(read_pattern(text))) == read_pattern(text)
    True
    """
    top = JsonText(text, file, "PT-12", "PT-13").parse()
    try:
        pattern = pattern_of(top)
        pattern.verify()
    except InputError as error:
        error.with_source(text)
        raise
    return pattern


def pattern_of(top: Json) -> Pattern:
    """The pattern that a value of our format stands for; its rules are not checked yet."""
    need = ("gossamer", "version", "inputs", "outputs", "commands")
    m = top.members("the pattern", need, ("bits", "registers"))
    m["gossamer"].one_of("the kind of the file", ("pattern",))
    if m["version"].whole("the version") != 1:
        m["version"].fail("a version that is not 1", help="this release reads version 1")
    inputs, outputs = _ends(m["inputs"], "input"), _ends(m["outputs"], "output")
    bits = [read_bit(b) for b in m["bits"].items("the list of bits")] if "bits" in m else []
    registers = [_register(r) for r in m["registers"].items("the list of registers")] if "registers" in m else []
    listed = m["commands"].items("the list of commands")
    return Pattern(
        inputs=tuple(node for node, _ in inputs),
        outputs=tuple(node for node, _ in outputs),
        commands=tuple(map(read_command, listed)),
        bits=tuple(bits),
        registers=tuple(registers),
        input_names=tuple(name for _, name in inputs),
        output_names=tuple(name for _, name in outputs),
        spans=dict(enumerate(m["commands"].spans())),
    )


def _ends(listed: Json, what: str) -> list[tuple[int, str]]:
    out = []
    for entry in listed.items(f"the list of {what}s"):
        node, name = entry.pair(f"an {what}")
        out.append((node.whole(f"the node of an {what}"), name.text(f"the name of an {what}")))
    return out


def _register(form: Json) -> Register:
    m = form.members("a register", ("name", "bits"), ())
    bits = [read_domain(b, "a bit of a register") for b in m["bits"].items("the bits of a register")]
    return Register(m["name"].text("the name of a register"), tuple(bits))


def read_bit(form: Json) -> Bit:
    """The bit of its JSON; PT-13 for anything else."""
    m = form.members("a bit", ("kind",), ("node", "expr", "name"))
    kind = BitKind(_BIT_KINDS.index(m["kind"].one_of("the kind of a bit", _BIT_KINDS)))
    if ("node" in m) != (kind == BitKind.OUTCOME) or ("expr" in m) != (kind == BitKind.DERIVED):
        form.fail("an outcome has a node, a derived bit an expr, and no other bit has")
    return Bit(
        kind,
        m["node"].whole("the node of an outcome") if "node" in m else -1,
        read_domain(m["expr"], "the expr of a bit") if "expr" in m else None,
        m["name"].text("the name of a bit") if "name" in m else "",
    )


_KEYS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "N": (("kind", "node"), ()),
    "E": (("kind", "nodes"), ()),
    "M": (("kind", "node", "basis"), ("angle", "s", "t")),
    "X": (("kind", "node", "domain"), ()),
    "Z": (("kind", "node", "domain"), ()),
    "C": (("kind", "node", "gates"), ()),
}


def read_command(form: Json, also: tuple[str, ...] = ()) -> Command:
    """The command of its JSON; PT-13 for anything else. ``also`` are further keys that it has to have.

    Examples
    --------
    >>> read_command(JsonText('{"kind": "Z", "node": 1, "domain": "b0 ^ 1"}', "<text>", "PT-12", "PT-13").parse())
    CorrectZ(node=1, domain=BitExpr(1 ^ b0))
    """
    kind = form.members("a command", ("kind",))["kind"].one_of("the kind of a command", KINDS)
    need, may = _KEYS[kind]
    m = form.members(f"the command {kind}", need + also, may)
    if kind == "E":
        a, b = m["nodes"].pair("the nodes of an E")
        return Entangle(a.whole("a node of an E"), b.whole("a node of an E"))
    node = m["node"].whole(f"the node of the command {kind}")
    if kind == "N":
        return Prepare(node)
    if kind == "C":
        return Clifford(node, tuple(g.one_of("a gate of a C", GATES) for g in m["gates"].items("the gates of a C")))
    if kind == "M":
        basis = Basis(m["basis"].one_of("the basis of an M", BASES))
        angle = read_phase(m["angle"], "the angle of an M") if "angle" in m else Phase()
        s, t = (read_domain(m[key], f"the {key}-domain of an M") if key in m else BitExpr() for key in ("s", "t"))
        return Measure(node, basis, angle, s, t)
    domain = read_domain(m["domain"], f"the domain of the command {kind}")
    return CorrectX(node, domain) if kind == "X" else CorrectZ(node, domain)


def read_domain(form: Json, what: str) -> BitExpr:
    """A bit expression as the text form of the IR writes it: ``b0 ^ b1&b2 ^ 1``."""
    terms: set[frozenset[int]] = set()
    for term in form.text(what).split("^"):
        bits: set[int] = set()
        zero = False
        for atom in map(str.strip, term.split("&")):
            if found := _BIT.fullmatch(atom):
                bits.add(int(found[1]))
            elif atom in ("0", "1"):
                zero = zero or atom == "0"
            else:
                form.fail(
                    f"{what} has {atom[:40]!r} where a bit has to be",
                    help="bits are written b0, b1, ...; 0 and 1 are constants",
                )
        if not zero:
            terms ^= {frozenset(bits)}
    try:
        return BitExpr(terms)
    except InputError as error:
        form.fail(f"{what}: {error.diagnostic.message}", code=error.code)


def read_phase(form: Json, what: str) -> Phase:
    """A phase in multiples of pi: a number, or text as the text form of the IR writes it, ``1/4 + 3/2*b0*b1 + 2*theta``."""
    if isinstance(form.value, int | float) and not isinstance(form.value, bool):
        try:
            return read_angle(form.value)
        except (InputError, OverflowError) as error:
            code = error.code if isinstance(error, InputError) else "PT-9"
            form.fail(f"{what} is {str(form.value)[:40]}", code=code, help="angles are finite, in multiples of pi")
    try:
        return Phase.from_terms(_term(form, what, term) for term in form.text(what).split("+"))
    except InputError as error:
        if error.diagnostic.span is not None:
            raise
        form.fail(f"{what}: {error.diagnostic.message}", code=error.code)


def _term(form: Json, what: str, text: str) -> Term:
    coefficient, bits, symbols = Fraction(1), [], []
    for i, factor in enumerate(map(str.strip, text.split("*"))):
        if (found := _NUMBER.fullmatch(factor)) and i == 0:
            if len(factor) > MAX_DIGITS or not int(found[2] or 1):
                form.fail(
                    f"{what} has the number {factor[:40]}", help=f"at most {MAX_DIGITS} characters, denominator not 0"
                )
            coefficient = Fraction(int(found[1]), int(found[2] or 1))
        elif found := _BIT.fullmatch(factor):
            bits.append(int(found[1]))
        elif _NAME.fullmatch(factor):
            symbols.append(factor)
        else:
            form.fail(
                f"{what} has {factor[:40]!r} where a number, a bit or a name has to be",
                help="for example 1/4 + 3/2*b0*b1 + 2*theta",
            )
    if len(symbols) > 1:
        form.fail(
            f"{what} has the product of the symbols '{symbols[0][:40]}' and '{symbols[1][:40]}'",
            help="a phase is affine in its symbols",
        )
    if symbols:
        return tuple(bits), Fraction(0), ((symbols[0], coefficient),)
    return tuple(bits), coefficient, ()


__all__ = [
    "bit_form",
    "command_form",
    "pattern_of",
    "print_pattern",
    "read_bit",
    "read_command",
    "read_domain",
    "read_pattern",
    "read_phase",
]
