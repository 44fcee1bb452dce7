"""The text form (`.gsm`) of diagrams, open graphs and placed graphs: `print_text` and `parse_text`.

The two are inverse: what is printed parses to an equal value, and printing that gives the same text, byte for byte. What is
parsed has passed its level's rules (``gossamer.ir.verify``). The grammar is ``spec/grammar/gsm.lark``, read at run time;
``spec/ir.md`` gives the meaning and the limits (clauses GSM-*). Every refusal names the line and column.

A file may have millions of lines but has few *shapes*: lines that differ in their numbers and strings only. lark parses the
first line of each shape; the tree, with holes for numbers and strings, serves all later ones. The grammar stays the one
authority on what a line means, and a hundred thousand lines take about a second.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

import numpy as np

from gossamer.diagnostics import InputError, Span
from gossamer.ir.diagram import Bit, BitKind, Delay, Diagram, Int, Register, VertexKind
from gossamer.ir.network import MAX_NODES, Network, NetworkLink, Node
from gossamer.ir.open_graph import Label, OpenGraph, correction_columns
from gossamer.ir.phase import BitExpr, Phase, Term, TooLarge
from gossamer.ir.placed import EventKind, Placed
from gossamer.ir.scalar import ONE, Scalar
from gossamer.specification import read_spec

if TYPE_CHECKING:
    from lark import Lark

Level: TypeAlias = Diagram | OpenGraph | Placed

#: Limits on a text [GSM-1]: characters in all, characters and words of a line, digits of a number, indices of all registers.
MAX_TEXT = 1 << 28
MAX_LINE = 1_000_000
MAX_WORDS = 40_000
MAX_DIGITS = 400
MAX_REGISTER_BITS = 4_000_000

_VERSION = 1
_MANY_LINES = 50_000  # are one piece of a text
_MAX_INDEX = 2**31 - 1
_MAX_SHAPES = 10_000
_MAX_KEPT = 1_000_000  # words of all shapes that are kept, and of all phases whose texts are kept
_HOLE = re.compile(r'"(?:[^"\\]++|\\.)*+"|(?<!\w)[vblj][0-9]+(?!\w)|[0-9]+(?!\w)|\w+')
# (possessive quantifiers: a string that does not end must not leave a million places to come back to)
_WORD_INSIDE = re.compile(r"\w\w")

# --- printing ------------------------------------------------------------------------------------------------------------


def print_text(level: Level) -> str:
    """The text form of a diagram, an open graph or a placed graph.

    Examples
    --------
    >>> from gossamer.ir.wires import WireBuilder
    >>> w = WireBuilder()
    >>> q = w.add_input("q")
    >>> w.rz(q, Phase(Fraction(1, 4)))
    >>> _ = w.output(q, "q")
    >>> print(print_text(w.build()), end="")
    gossamer diagram 1
    <BLANKLINE>
    v0 = input 0 "q"
    v1 = Z(1/4)
    v2 = output 0 "q"
    <BLANKLINE>
    v0 - v1
    v1 - v2
    """
    return "".join(text_pieces(level))


def text_pieces(level: Level) -> Iterator[str]:
    """The text of :func:`print_text` in pieces, of which a large graph has many: so that not all of it is there at one time."""
    if isinstance(level, Diagram):
        what, blocks = "diagram", _diagram_blocks(level)
    elif isinstance(level, OpenGraph):
        what, blocks = "open-graph", _graph_blocks(level, None)
    else:
        what, blocks = "placed", _placed_blocks(level)
    yield f"gossamer {what} 1\n"
    for block in blocks:
        lines = iter(block)
        before = "\n"
        while piece := list(islice(lines, _MANY_LINES)):
            yield before + "\n".join(piece) + "\n"
            before = ""


def _quote(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


def _bit_lines(bits: tuple[Bit, ...]) -> list[str]:
    out = []
    for i, bit in enumerate(bits):
        if bit.kind == BitKind.OUTCOME:
            value = f"outcome v{bit.vertex}" if bit.vertex >= 0 else "outcome"
        else:
            value = "input" if bit.kind == BitKind.INPUT else str(bit.expr)
        out.append(f"b{i} = {value}" + (f" {_quote(bit.name)}" if bit.name else ""))
    return out


def _register_lines(registers: tuple[Register, ...]) -> list[str]:
    """A register and its size, then the indices that are not the constant 0."""
    out = []
    for r in registers:
        out.append(f"register {_quote(r.name)} {len(r.bits)}")
        out.extend(f"{_quote(r.name)}[{i}] = {expr}" for i, expr in enumerate(r.bits) if not expr.is_zero)
    return out


def _diagram_blocks(d: Diagram) -> Iterator[Iterable[str]]:
    s = d.scalar
    yield [] if s.is_one else [f"scalar {s.factor} * sqrt2^{s.power} * exp({s.phase})"]
    yield _bit_lines(d.bits)
    angle = [str(p) for p in d.phases]
    name = {int(kind): kind.name for kind in VertexKind if kind <= VertexKind.H}
    lines = [
        f"v{v} = {name[kind]}({angle[phase]})" if kind in name else ""
        for v, (kind, phase) in enumerate(zip(d.kind.tolist(), d.phase.tolist(), strict=True))
    ]
    for v, delay in d.delays.items():
        lines[v] += f" delay {delay.value} {delay.unit}"
    for what, listed, names in (("input", d.inputs, d.input_names), ("output", d.outputs, d.output_names)):
        for i, v in enumerate(listed.tolist()):
            lines[v] = f"v{v} = {what} {i} {_quote(names[i])}"
    yield lines
    del lines
    yield (f"v{a} {'~' if h else '-'} v{b}" for (a, b), h in zip(d.edges.tolist(), d.hadamard.tolist(), strict=True))
    yield _register_lines(d.registers)


def _graph_blocks(g: OpenGraph, place: list[str] | None) -> Iterator[Iterable[str]]:
    yield _bit_lines(g.bits)
    angle = [str(p) for p in g.phases]
    start, flow = g.flow_start.tolist(), g.flow.tolist()
    name = {int(label): label.name for label in Label}
    lines = [
        f"v{v} = {name[label]}({angle[phase]})" + "".join([" ->", *(f" v{w}" for w in flow[a:b])] if a < b else [])
        for v, (label, phase, a, b) in enumerate(
            zip(g.label.tolist(), g.phase.tolist(), start[:-1], start[1:], strict=True)
        )
    ]
    for v in g.postselected.tolist():
        lines[v] += " postselect"
    for what, listed, names in (("input", g.inputs, g.input_names), ("output", g.outputs, g.output_names)):
        for i, v in enumerate(listed.tolist()):
            lines[v] += f" {what} {i} {_quote(names[i])}"
    yield lines if place is None else (f"{line} @ {node}" for line, node in zip(lines, place, strict=True))
    del lines, start, flow
    yield (f"v{a} ~ v{b}" for a, b in g.edges.tolist())
    yield [f"order {' '.join(runs)}" for runs in _chunks(_runs(g.order.tolist()), 12)]
    yield _register_lines(g.registers)


def _runs(order: list[int]) -> list[str]:
    """Maximal runs of consecutive vertices, ``v0..v9``."""
    out: list[str] = []
    start = 0
    for i in range(1, len(order) + 1):
        if i == len(order) or order[i] != order[i - 1] + 1:
            first, last = order[start], order[i - 1]
            out.append(f"v{first}" if first == last else f"v{first}..v{last}")
            start = i
    return out


def _chunks(items: list[str], size: int) -> list[list[str]]:
    return [items[i : i + size] for i in range(0, len(items), size)]


def _placed_blocks(p: Placed) -> Iterator[Iterable[str]]:
    n = p.graph.num_vertices
    names = [node.name for node in p.network.nodes]
    yield [
        f"node {x.name} {x.model} data {x.data}" + (f" comm {x.comm}" if x.comm is not None else "")
        for x in p.network.nodes
    ]
    yield [f"channel {x.nodes[0]} - {x.nodes[1]}" for x in p.network.outline.links]
    yield from _graph_blocks(p.graph, [names[k] for k in p.place.tolist()])
    yield (f"l{k} = {names[a]} - {names[b]}" for k, (a, b) in enumerate(p.links.tolist()))

    def terminal(t: int) -> str:
        return f"v{t}" if t < n else f"l{(t - n) // 2}.{'ab'[(t - n) % 2]}"

    yield (f"j{i} = {terminal(a)} ~ {terminal(b)}" for i, (a, b) in enumerate(p.joins.tolist()))
    prefix = {EventKind.JOIN: "j", EventKind.EBIT: "l"}
    words = {int(e): f"{e.name.lower()} {prefix.get(e, 'v')}" for e in EventKind if e != EventKind.MEASURE_HALF}
    yield (
        f"{words[kind]}{arg}" if kind in words else f"measure {terminal(arg)}"
        for row in range(0, len(p.events), _MANY_LINES)
        for kind, arg in p.events[row : row + _MANY_LINES].tolist()
    )


# --- parsing: lines to trees with holes ----------------------------------------------------------------------------------

#: A leaf is the number of a hole, or the text of a token that is not a hole. A tree is (rule, children); None: left out.
Tree: TypeAlias = tuple[str, tuple[Any, ...]]


@cache
def _grammar() -> Lark:
    from lark import Lark

    return Lark(
        read_spec("grammar/gsm.lark"),
        parser="lalr",
        start="statement",
        maybe_placeholders=True,
        propagate_positions=False,
    )


_READABLE = {
    "VERTEX": "a vertex such as v0",
    "BIT": "a bit such as b0",
    "LINK": "a link such as l0",
    "JOIN": "a join such as j0",
    "INT": "a number",
    "NAME": "a name",
    "STRING": 'a string in "..."',
    "KIND": "a kind such as Z or XY",
    "LEVEL": "diagram, open-graph or placed",
    "HALF": "a or b",
    "UNIT": "s or dt",
    "$END": "the end of the line",
}


def _syntax_tree(line: str, starts: dict[int, int], where: Span) -> Tree:
    """Parse one line with the grammar; numbers and strings become the numbers of their holes."""
    from lark import Token, UnexpectedInput

    try:
        parsed = _grammar().parse(line)
    except UnexpectedInput as error:
        column = getattr(error, "column", -1)
        at_end = getattr(getattr(error, "token", None), "type", "") == "$END"
        column = column if isinstance(column, int) and 0 < column <= len(line) and not at_end else len(line) + 1
        expected = getattr(error, "expected", None) or getattr(error, "allowed", None) or ()
        patterns = {t.name: t.pattern.value for t in _grammar().terminals}
        want = sorted(_READABLE.get(t, f"'{patterns.get(t, t)}'") for t in expected if t != "WS_INLINE")
        hint = "expected " + ", ".join(want[:12]) if want else None
        found = _HOLE.match(line, column - 1)
        end = found.end() + 1 if found else column + 1
        what = f"unexpected {line[column - 1 : end - 1][:40]!r}" if column <= len(line) else "the line ends too early"
        span = Span(where.file, where.line, column, end)
        raise InputError("GSM-2", what, span=span, source_line=line, help=hint) from None

    def convert(node: Any) -> Any:
        if node is None:
            return None
        if isinstance(node, Token):
            start = node.start_pos or 0
            if start and _WORD_INSIDE.match(line, start - 1):  # "diagram1": the lexer would split a word
                span = Span(where.file, where.line, start + 1, start + len(node) + 1)
                raise InputError("GSM-2", "two words without a space between them", span=span, source_line=line)
            return starts.get(start, str(node))
        return (str(node.data), tuple(convert(child) for child in node.children))

    tree: Tree = convert(parsed.children[0])
    return tree


def parse_text(text: str, file: str = "<text>") -> Level:
    """Read the text form; the header says which level it is.

    Parameters
    ----------
    text
        The whole file.
    file
        Its name, for the places in messages.

    Raises
    ------
    InputError
        With a GSM clause and the place if the text is not well formed, else with the clause of the level's rules.

    Examples
    --------
    >>> d = parse_text('gossamer diagram 1\\nv0 = input 0 "q"\\nv1 = output 0 "q"\\nv0 ~ v1\\n')
    >>> d.num_edges, parse_text(print_text(d)) == d
    (1, True)
    """
    if len(text) > MAX_TEXT:
        raise InputError("GSM-1", f"the text has more than {MAX_TEXT} characters", span=Span(file, 1, 1))
    reader = _Reader(file)
    shapes: dict[str, Tree] = {}
    handlers: dict[str, Any] = {}
    holes: list[str] = []

    def hole(match: re.Match[str]) -> str:
        word = match[0]
        if not _is_hole(word):
            return word
        holes.append(word)
        return word[0] + "0" if word[0] in "vblj" else "0"

    kept = 0
    for number, raw in enumerate(_lines(text), 1):
        line = raw.rstrip()
        if "//" in line:
            line = _without_comment(line)
        if not line:
            continue
        reader.number, reader.line = number, line
        if len(line) > MAX_LINE:
            reader.fail("GSM-1", f"a line of more than {MAX_LINE} characters")
        if len(line) > MAX_WORDS and sum(1 for _ in _HOLE.finditer(line)) > MAX_WORDS:
            reader.fail("GSM-1", f"a line of more than {MAX_WORDS} words")
        holes.clear()
        shape = _HOLE.sub(hole, line)
        if '"' in line:  # a hole that is a string must not share its shape with one that is a number
            shape += "\n" + "".join("s" if h[0] == '"' else "n" for h in holes)
        tree = shapes.get(shape)
        if tree is None:
            starts = {m.start(): i for i, m in enumerate(m for m in _HOLE.finditer(line) if _is_hole(m[0]))}
            tree = _syntax_tree(line, starts, Span(file, number, 1))
            kept += len(holes)
            if len(shapes) < _MAX_SHAPES and kept < _MAX_KEPT:
                shapes[shape] = tree
        rule = tree[0]
        handler = handlers.get(rule)
        if handler is None:
            reader.check_level(rule)
            handler = getattr(reader, "on_" + rule)
            if rule != "header":
                handlers[rule] = handler
        handler(holes, *tree[1])
    try:
        return reader.finish()
    except InputError as error:
        raise error.with_source(text) from None


def _is_hole(word: str) -> bool:
    """Whether a word is a string, a number or an index; ``_HOLE`` matches other words too, to step over their digits."""
    digits = word[1:] if word[0] in "vblj" else word
    return word[0] == '"' or (digits.isascii() and digits.isdigit())


def _lines(text: str) -> Iterator[str]:
    """``text.split("\\n")``, one at a time."""
    start = 0
    while (end := text.find("\n", start)) >= 0:
        yield text[start:end]
        start = end + 1
    yield text[start:]


def _without_comment(line: str) -> str:
    """Cut ``// ...`` off, unless it stands in a string."""
    for match in re.finditer(r'"(?:[^"\\]++|\\.)*+"|//', line):
        if match[0] == "//":
            return line[: match.start()].rstrip()
    return line


# --- parsing: trees to values --------------------------------------------------------------------------------------------

_VERTEX_LEVELS = frozenset({"diagram", "open-graph", "placed"})
_LEVELS_OF = {
    "plain_edge": frozenset({"diagram"}),
    "scalar": frozenset({"diagram"}),
    "order": frozenset({"open-graph", "placed"}),
    **dict.fromkeys(("node", "channel", "link", "join"), frozenset({"placed"})),
    **dict.fromkeys(
        ("prepare", "join_event", "step", "measure", "rotate", "ebit", "measure_half", "finish"), frozenset({"placed"})
    ),
}
_DIAGRAM_KINDS = {k.name: int(k) for k in (VertexKind.Z, VertexKind.X, VertexKind.H)}
_LABELS = {k.name: int(k) for k in Label}


class _Reader:
    """Collects statements; one method for each rule of the grammar. ``h`` are the texts of the line's holes."""

    def __init__(self, file: str) -> None:
        self.file, self.number, self.line = file, 1, ""
        self.level = ""
        self.bits: list[Bit] = []
        self.kinds: list[int] = []
        self.phase_ids: list[int] = []
        self.scalar: Scalar | None = None
        self.bit_lines: list[int] = []
        self.table: dict[Phase, int] = {Phase(): 0}
        self.phase_memo: dict[tuple[Any, ...], tuple[Tree, int]] = {}
        self.phase_words = 0
        self.corrections: list[list[int]] = []
        self.postselected: list[int] = []
        self.places: list[str] = []
        self.vertex_lines: list[int] = []
        self.ends: dict[str, dict[int, tuple[int, str]]] = {"input": {}, "output": {}}
        self.delays: dict[int, Delay] = {}
        self.edges: list[int] = []
        self.hadamard: list[bool] = []
        self.order: list[int] = []
        self.registers: dict[str, list[BitExpr]] = {}
        self.register_bits = 0
        self.nodes: list[Node] = []
        self.channels: list[NetworkLink] = []
        self.links: list[tuple[str, str]] = []
        self.joins: list[tuple[tuple[int, int], tuple[int, int]]] = []
        self.events: list[int] = []
        self.halves: list[tuple[int, int]] = []  # (position in events, 2 * link + side)
        self.largest: dict[str, tuple[int, int, str]] = {}  # letter -> (index, line number, line) of the largest use

    # ---- errors and numbers ----------------------------------------------------------------------------------------

    def fail(self, code: str, message: str, *, hole: int | None = None, help: str | None = None) -> NoReturn:
        start, end = len(self.line) - len(self.line.lstrip()), len(self.line)
        if hole is not None:
            spots = [m.span() for m in _HOLE.finditer(self.line) if _is_hole(m[0])]
            start, end = spots[hole]
        span = Span(self.file, self.number, start + 1, end + 1)
        raise InputError(code, message, span=span, source_line=self.line or None, help=help)

    def check_level(self, rule: str) -> None:
        if rule == "header":
            if self.level:
                self.fail("GSM-3", "a second header")
        elif not self.level:
            self.fail("GSM-3", "the first statement must be the header", help="for example: gossamer diagram 1")
        elif self.level not in _LEVELS_OF.get(rule, _VERTEX_LEVELS):
            self.fail("GSM-4", f"this statement has no place in the level '{self.level}'")

    def integer(self, h: list[str], hole: int, limit: int = _MAX_INDEX) -> int:
        text = h[hole]
        if len(text) > MAX_DIGITS or (value := int(text)) > limit:
            self.fail("GSM-5", f"a number that is larger than {limit}", hole=hole)
        return value

    def index(self, h: list[str], hole: int) -> int:
        """The index of ``v12``, ``b12``, ``l12`` or ``j12``; the largest use of each letter is checked in the end."""
        text = h[hole]
        if len(text) > 11 or (value := int(text[1:])) > _MAX_INDEX:
            self.fail("GSM-5", f"an index that is larger than {_MAX_INDEX}", hole=hole)
        letter = text[0]
        if value >= self.largest.get(letter, (0,))[0]:
            self.largest[letter] = (value, self.number, self.line)
        return value

    def declare(self, h: list[str], hole: int, count: int) -> None:
        """Declarations are numbered from 0 without gaps."""
        if int(h[hole][1:12]) != count or len(h[hole]) > 11:
            help = "vertices, bits, links and joins are each declared once, in order, from 0"
            self.fail("GSM-3", f"expected the declaration of {h[hole][0]}{count}", hole=hole, help=help)

    def string(self, h: list[str], hole: int) -> str:
        try:
            value = json.loads(h[hole])
        except ValueError:
            self.fail("GSM-5", "a string with a wrong escape", hole=hole, help="strings are written as in JSON")
        return str(value)

    def word(self, h: list[str], leaf: int | str) -> str:
        return leaf if isinstance(leaf, str) else h[leaf]

    # ---- phases and expressions ------------------------------------------------------------------------------------

    def phase(self, h: list[str], tree: Tree) -> int:
        """Index into the table of phases."""
        key = (id(tree), *(h[i] for i in _holes(tree)))
        known = self.phase_memo.get(key)
        if known is not None:
            return known[1]
        out = self.table.setdefault(self.angle(h, tree), len(self.table))
        self.phase_words += len(key)
        if self.phase_words < _MAX_KEPT:
            self.phase_memo[key] = (tree, out)  # holding the tree keeps its id from being used again
        return out

    def angle(self, h: list[str], tree: Tree) -> Phase:
        terms: list[Term] = []
        for _, parts in tree[1]:
            coefficient, symbols, bits = Fraction(1), [], []
            for rule, leaves in parts:
                if rule == "number":
                    coefficient = self.fraction(h, (rule, leaves))
                elif isinstance(leaves[0], int) and h[leaves[0]][0] == "b":
                    bits.append(self.index(h, leaves[0]))
                else:
                    symbols.append(self.word(h, leaves[0]))
            if len(symbols) > 1:
                help = "a phase is affine in its symbols"
                self.fail("GSM-5", f"the product of symbols '{symbols[0]}' and '{symbols[1]}'", help=help)
            if symbols:
                terms.append((tuple(bits), Fraction(0), ((symbols[0], coefficient),)))
            else:
                terms.append((tuple(bits), coefficient, ()))
        try:
            return Phase.from_terms(terms)
        except TooLarge as error:
            self.fail(error.code, error.diagnostic.message)

    def expression(self, h: list[str], tree: Tree) -> BitExpr:
        out: set[frozenset[int]] = set()
        for _, atoms in tree[1]:
            bits: set[int] = set()
            zero = False
            for _, (leaf,) in atoms:
                if h[leaf][0] == "b":
                    bits.add(self.index(h, leaf))
                elif h[leaf] not in ("0", "1"):
                    self.fail("GSM-5", "a bit expression holds bits, 0 and 1 only", hole=leaf)
                else:
                    zero = zero or h[leaf] == "0"
            if not zero:
                out ^= {frozenset(bits)}
        try:
            return BitExpr(out)
        except TooLarge as error:
            self.fail(error.code, error.diagnostic.message)

    def fraction(self, h: list[str], tree: Tree) -> Fraction:
        minus, top, bottom = tree[1]
        below = 1 if bottom is None else self.integer(h, bottom, 10**MAX_DIGITS)
        if below == 0:
            self.fail("GSM-5", "a fraction with denominator 0", hole=bottom)
        return Fraction(self.integer(h, top, 10**MAX_DIGITS), below) * (1 if minus is None else -1)

    # ---- statements ------------------------------------------------------------------------------------------------

    def on_header(self, h: list[str], level: str, version: int) -> None:
        if self.integer(h, version) != _VERSION:
            self.fail("GSM-3", f"version {h[version][:20]} of the text form is not known", hole=version)
        self.level = level

    def on_scalar(self, h: list[str], factor: Tree, minus: str | None, power: int, phase: Tree) -> None:
        if self.scalar is not None:
            self.fail("GSM-3", "a second scalar")
        number = self.fraction(h, factor)
        if number < 0:
            self.fail("GSM-5", "the factor of a scalar is not negative", help="a sign is a phase: exp(1)")
        size = self.integer(h, power)
        self.scalar = Scalar(size if minus is None else -size, self.angle(h, phase), number)

    def on_outcome(self, h: list[str], bit: int, vertex: int | None, name: int | None) -> None:
        self.declare(h, bit, len(self.bits))
        at = -1 if vertex is None else self.index(h, vertex)
        self.bit_lines.append(self.number)
        self.bits.append(Bit(BitKind.OUTCOME, at, None, "" if name is None else self.string(h, name)))

    def on_input_bit(self, h: list[str], bit: int, name: int | None) -> None:
        self.declare(h, bit, len(self.bits))
        self.bit_lines.append(self.number)
        self.bits.append(Bit(BitKind.INPUT, -1, None, "" if name is None else self.string(h, name)))

    def on_derived(self, h: list[str], bit: int, expression: Tree, name: int | None) -> None:
        self.declare(h, bit, len(self.bits))
        value = self.expression(h, expression)
        self.bit_lines.append(self.number)
        self.bits.append(Bit(BitKind.DERIVED, -1, value, "" if name is None else self.string(h, name)))

    def on_vertex(self, h: list[str], vertex: int, kind: str | None, phase: Tree | None, *attributes: Tree) -> None:
        v = len(self.kinds)
        self.declare(h, vertex, v)
        self.vertex_lines.append(self.number)
        seen: dict[str, Any] = {}
        for rule, leaves in attributes:
            if rule in seen:
                self.fail("GSM-4", f"'{rule}' is given twice")
            seen[rule] = leaves
            if rule in self.ends:
                position = self.integer(h, leaves[0])
                if position in self.ends[rule]:
                    self.fail("GSM-3", f"{rule} {position} is declared twice", hole=leaves[0])
                self.ends[rule][position] = (v, self.string(h, leaves[1]))
        if self.level == "diagram":
            if "delay" in seen:
                number, unit = seen.pop("delay")
                self.delays[v] = Delay(self.fraction(h, number), unit)
            self.kinds.append(self._diagram_kind(kind, seen))
        else:
            if kind not in _LABELS:
                self.fail("GSM-4", f"a vertex of the level '{self.level}' needs a label: {', '.join(_LABELS)}")
            if "delay" in seen:
                self.fail("GSM-4", "delays belong to diagrams")
            self.kinds.append(_LABELS[kind])
            self.corrections.append([self.index(h, w) for w in seen.get("corrections", ())])
            if "postselected" in seen:
                self.postselected.append(v)
            if ("place" in seen) != (self.level == "placed"):
                self.fail("GSM-4", "a vertex of a placed graph has a node (@ name), others have none")
            if "place" in seen:
                self.places.append(self.word(h, seen["place"][0]))
        self.phase_ids.append(0 if phase is None else self.phase(h, phase))

    def _diagram_kind(self, kind: str | None, attributes: dict[str, Any]) -> int:
        if not attributes.keys() <= self.ends.keys():
            self.fail("GSM-4", "a vertex of a diagram has neither a correction set nor a node, and is not postselected")
        if kind is None and len(attributes) == 1:
            return int(VertexKind.INPUT if "input" in attributes else VertexKind.OUTPUT)
        if kind not in _DIAGRAM_KINDS or attributes:
            self.fail("GSM-4", "a vertex of a diagram is Z(...), X(...), H(...), input or output")
        return _DIAGRAM_KINDS[kind]

    def on_plain_edge(self, h: list[str], a: int, b: int) -> None:
        self.edges += (self.index(h, a), self.index(h, b))
        self.hadamard.append(False)

    def on_hadamard_edge(self, h: list[str], a: int, b: int) -> None:
        self.edges += (self.index(h, a), self.index(h, b))
        self.hadamard.append(True)

    def on_register(self, h: list[str], name: int, size: int) -> None:
        text = self.string(h, name)
        if text in self.registers:
            self.fail("GSM-3", f"register {text[:40]!r} is declared twice", hole=name)
        self.register_bits += self.integer(h, size)
        if self.register_bits > MAX_REGISTER_BITS:
            self.fail("GSM-1", f"registers with more than {MAX_REGISTER_BITS} bits", hole=size)
        self.registers[text] = [BitExpr()] * self.integer(h, size)

    def on_result(self, h: list[str], name: int, index: int, expression: Tree) -> None:
        bits = self.registers.get(self.string(h, name))
        i = self.integer(h, index)
        if bits is None or i >= len(bits):
            self.fail("GSM-3", "no such register or index", hole=name if bits is None else index)
        if not bits[i].is_zero:
            self.fail("GSM-3", "a result that is given twice", hole=index)
        bits[i] = self.expression(h, expression)

    def on_order(self, h: list[str], *ranges: Tree) -> None:
        for _, (first, last) in ranges:
            a = self.index(h, first)
            b = a if last is None else self.index(h, last)
            if b >= len(self.kinds):
                self.fail(
                    "GSM-3", "the order names a vertex that is not declared yet", hole=first if last is None else last
                )
            if len(self.order) + b - a >= len(self.kinds):
                self.fail("GSM-3", "the order is longer than the list of vertices", hole=first)
            self.order.extend(range(a, b + 1))

    def on_node(self, h: list[str], name: int | str, model: int | str, data: int, comm: int | None) -> None:
        most = None if comm is None else self.integer(h, comm)
        try:
            node = Node(name=self.word(h, name), model=self.word(h, model), data=self.integer(h, data), comm=most)
        except ValueError as error:
            self.fail("GSM-5", f"this is no node of a network: {_reason(error)}")
        if any(x.name == node.name for x in self.nodes):
            self.fail("GSM-3", f"node {node.name} is declared twice")
        if len(self.nodes) >= MAX_NODES:
            self.fail("GSM-1", f"more than {MAX_NODES} nodes")
        self.nodes.append(node)

    def on_channel(self, h: list[str], a: int | str, b: int | str) -> None:
        self.channels.append(NetworkLink(nodes=(self._node(h, a), self._node(h, b))))

    def on_link(self, h: list[str], link: int, a: int | str, b: int | str) -> None:
        self.declare(h, link, len(self.links))
        self.links.append((self._node(h, a), self._node(h, b)))

    def _node(self, h: list[str], leaf: int | str) -> str:
        name = self.word(h, leaf)
        if all(x.name != name for x in self.nodes):
            self.fail("GSM-3", f"node {name[:40]} is not declared", hole=leaf if isinstance(leaf, int) else None)
        return name

    def on_join(self, h: list[str], join: int, a: Tree, b: Tree) -> None:
        self.declare(h, join, len(self.joins))
        self.joins.append((self._terminal(h, *a[1]), self._terminal(h, *b[1])))

    def _terminal(self, h: list[str], leaf: int, half: str | None = None) -> tuple[int, int]:
        """(0, vertex) or (1, number of the link half): how many vertices there are is known in the end only."""
        i = self.index(h, leaf)
        return (0, i) if half is None else (1, 2 * i + (half == "b"))

    def on_prepare(self, h: list[str], v: int) -> None:
        self.events += (EventKind.PREPARE, self.index(h, v))

    def on_join_event(self, h: list[str], j: int) -> None:
        self.events += (EventKind.JOIN, self.index(h, j))

    def on_step(self, h: list[str], v: int) -> None:
        self.events += (EventKind.STEP, self.index(h, v))

    def on_measure(self, h: list[str], v: int) -> None:
        self.events += (EventKind.MEASURE, self.index(h, v))

    def on_rotate(self, h: list[str], v: int) -> None:
        self.events += (EventKind.ROTATE, self.index(h, v))

    def on_ebit(self, h: list[str], link: int) -> None:
        self.events += (EventKind.EBIT, self.index(h, link))

    def on_measure_half(self, h: list[str], link: int, half: str) -> None:
        self.halves.append((len(self.events) + 1, self._terminal(h, link, half)[1]))
        self.events += (EventKind.MEASURE_HALF, 0)

    def on_finish(self, h: list[str], v: int) -> None:
        self.events += (EventKind.FINISH, self.index(h, v))

    # ---- the value -------------------------------------------------------------------------------------------------

    def finish(self) -> Level:
        self.line = ""
        if not self.level:
            self.fail(
                "GSM-3", "the text is empty", help="the first statement is the header, for example: gossamer diagram 1"
            )
        for letter, what, count in (
            ("v", "vertex", len(self.kinds)),
            ("b", "bit", len(self.bits)),
            ("l", "link", len(self.links)),
            ("j", "join", len(self.joins)),
        ):
            index, number, line = self.largest.get(letter, (-1, 0, ""))
            if index >= count:
                self.number, self.line = number, line
                self.fail("GSM-3", f"{what} {letter}{index} is not declared")
        try:
            value = self._value()
            value.verify()
        except InputError as error:
            if error.diagnostic.span is None:
                raise self._locate(error) from None
            raise
        return value

    def _value(self) -> Level:
        if self.level == "diagram":
            return self._diagram()
        return self._placed(self._graph()) if self.level == "placed" else self._graph()

    def _locate(self, error: InputError) -> InputError:
        """The same refusal with a place: rules name vertices and bits, and their lines are known."""
        found = re.search(r"\b([vb])([0-9]{1,10})\b", error.diagnostic.message)
        number = 1
        if found:
            lines = self.vertex_lines if found[1] == "v" else self.bit_lines
            number = lines[int(found[2])] if int(found[2]) < len(lines) else 1
        d = error.diagnostic
        return InputError(d.code, d.message, span=Span(self.file, number, 1), help=d.help)

    def _ends(self, what: str) -> tuple[Int, tuple[str, ...]]:
        ends = self.ends[what]
        if sorted(ends) != list(range(len(ends))):
            self.number = self.vertex_lines[ends[max(ends)][0]]
            self.fail("GSM-3", f"{what}s must be numbered from 0 without gaps, but there is no {what} {_gap(ends)}")
        listed = [ends[i] for i in range(len(ends))]
        return np.array([v for v, _ in listed], np.int32), tuple(name for _, name in listed)

    def _shared(self) -> dict[str, Any]:
        inputs, input_names = self._ends("input")
        outputs, output_names = self._ends("output")
        return {
            "phase": np.array(self.phase_ids, np.int32),
            "phases": tuple(self.table),
            "edges": np.array(self.edges, np.int32).reshape(-1, 2),
            "inputs": inputs,
            "outputs": outputs,
            "bits": tuple(self.bits),
            "registers": tuple(Register(name, tuple(bits)) for name, bits in self.registers.items()),
            "input_names": input_names,
            "output_names": output_names,
        }

    def _diagram(self) -> Diagram:
        hadamard = np.array(self.hadamard, np.bool_)
        kind = np.array(self.kinds, np.uint8)
        return Diagram(kind=kind, hadamard=hadamard, scalar=self.scalar or ONE, delays=self.delays, **self._shared())

    def _graph(self) -> OpenGraph:
        outcome = np.full(len(self.kinds), -1, np.int32)
        for i, bit in enumerate(self.bits):
            if bit.kind == BitKind.OUTCOME and bit.vertex >= 0:
                outcome[bit.vertex] = i
        flow_start, flow = correction_columns(self.corrections)
        return OpenGraph(
            label=np.array(self.kinds, np.uint8),
            outcome=outcome,
            flow_start=flow_start,
            flow=flow,
            order=np.array(self.order, np.int32),
            postselected=np.array(self.postselected, np.int32),
            **self._shared(),
        )

    def _placed(self, graph: OpenGraph) -> Placed:
        n = len(self.kinds)
        network = Network(nodes=tuple(self.nodes), links=tuple(self.channels))
        network.verify()
        for v, name in enumerate(self.places):
            if name not in network.index:
                self.number = self.vertex_lines[v]
                self.fail("GSM-3", f"v{v} is on node {name[:40]}, which is not declared")
        for position, half in self.halves:
            self.events[position] = n + half
        terminals = [[t + n * is_half for is_half, t in pair] for pair in self.joins]
        return Placed(
            graph=graph,
            network=network,
            place=np.array([network.index[x] for x in self.places], np.int32),
            links=np.array([[network.index[x] for x in pair] for pair in self.links], np.int32).reshape(-1, 2),
            joins=np.array(terminals, np.int32).reshape(-1, 2),
            events=np.array(self.events, np.int32).reshape(-1, 2),
        )


def _gap(numbers: Iterable[int]) -> int:
    """The smallest number that is missing."""
    known = set(numbers)
    return next(i for i in range(len(known) + 1) if i not in known)


def _reason(error: ValueError) -> str:
    """The essence of a validation error, on one line."""
    return " ".join(line.strip() for line in str(error).splitlines()[1:3])[:160]


def _holes(tree: Any) -> Iterator[int]:
    """The numbers of the holes of a tree, in order."""
    if isinstance(tree, int):
        yield tree
    elif isinstance(tree, tuple):
        for child in tree[1]:
            yield from _holes(child)
