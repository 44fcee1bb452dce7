"""The compact form (`.gsmj`) of large diagrams: `print_compact` and `parse_compact`, inverse like the text form.

One JSON object whose large columns are base64 of little-endian integers of the smallest width that holds them: about a quarter of
the size of the text form and read many times as fast, still readable in any language with a JSON parser, and text, so
that it goes where text goes. JSON is read and validated by pydantic, which the project needs anyway: its parser is compiled, bounds
the depth of nesting, and refuses whatever is not in the schema. Nothing is executed and nothing is unpacked to more than
its own size, so memory is bounded by the length of the text. What is parsed has passed its rules. Clauses GSMJ-1 to GSMJ-3.
"""

from __future__ import annotations

import base64
import binascii
import re
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn, NotRequired

import numpy as np
from numpy.typing import NDArray
from typing_extensions import TypedDict

from gossamer.diagnostics import InputError, Span
from gossamer.ir.diagram import Bit, BitKind, Delay, Diagram, Register
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.scalar import Scalar

if TYPE_CHECKING:
    from pydantic import TypeAdapter

#: Limits on a text [GSMJ-1]: characters in all, indices of all registers.
MAX_TEXT = 1 << 28
MAX_REGISTER_BITS = 4_000_000

_KINDS = ("outcome", "input", "derived")


# --- printing --------------------------------------------------------------------------------------------------------


def print_compact(diagram: Diagram) -> str:
    """The compact form of a diagram, on one line.

    Examples
    --------
    >>> from gossamer.ir.compose import identity
    >>> print(print_compact(identity("q")), end="")
    {"gossamer":"diagram","version":1,"kind":"u1:AwQ=","phase":"u1:AAA=","phases":[[]],"edges":"u1:AAE=","hadamard":"AA==","inputs":[[0,"q"]],"outputs":[[1,"q"]]}
    """
    import json

    d = diagram
    value: dict[str, Any] = {
        "gossamer": "diagram",
        "version": 1,
        "kind": _packed(d.kind),
        "phase": _packed(d.phase),
        "phases": [_terms(p) for p in d.phases],
        "edges": _packed(d.edges.ravel()),
        "hadamard": base64.b64encode(np.packbits(d.hadamard, bitorder="little").tobytes()).decode(),
        "inputs": [[v, name] for v, name in zip(d.inputs.tolist(), d.input_names, strict=True)],
        "outputs": [[v, name] for v, name in zip(d.outputs.tolist(), d.output_names, strict=True)],
    }
    if d.bits:
        value["bits"] = [_bit(b) for b in d.bits]
    if d.registers:
        value["registers"] = [
            [r.name, len(r.bits), [[i, _monomials(e)] for i, e in enumerate(r.bits) if not e.is_zero]]
            for r in d.registers
        ]
    if not d.scalar.is_one:
        value["scalar"] = [str(d.scalar.factor), d.scalar.power, _terms(d.scalar.phase)]
    if d.delays:
        value["delays"] = [[v, str(delay.value), delay.unit] for v, delay in sorted(d.delays.items())]
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"


def _packed(column: NDArray[Any]) -> str:
    width = next(f"u{k}" for k in (1, 2, 4) if int(column.max(initial=0)) < 1 << 8 * k)
    return f"{width}:{base64.b64encode(column.astype('<' + width).tobytes()).decode()}"


def _terms(phase: Phase) -> list[Any]:
    """[bits, constant, [[symbol, coefficient], ...]] for each term."""
    return [[list(m), str(c), [[n, str(k)] for n, k in s]] for m, c, s in phase.terms]


def _monomials(expr: BitExpr) -> list[list[int]]:
    return [list(m) for m in expr.sorted_monomials()]


def _bit(bit: Bit) -> dict[str, Any]:
    out: dict[str, Any] = {"kind": _KINDS[bit.kind]}
    if bit.kind == BitKind.OUTCOME:
        out["vertex"] = bit.vertex
    if bit.expr is not None:
        out["expr"] = _monomials(bit.expr)
    if bit.name:
        out["name"] = bit.name
    return out


# --- parsing ---------------------------------------------------------------------------------------------------------


def parse_compact(text: str, file: str = "<text>") -> Diagram:
    """Read the compact form of a diagram.

    Raises
    ------
    InputError
        With a GSMJ clause if the text is not well formed, else with the clause of the rules of diagrams.

    Examples
    --------
    >>> from gossamer.ir.compose import identity
    >>> parse_compact(print_compact(identity("ab"))) == identity("ab")
    True
    """
    from pydantic import ValidationError

    if len(text) > MAX_TEXT:
        raise InputError("GSMJ-1", f"the text has more than {MAX_TEXT} characters", span=Span(file, 1, 1))
    try:
        value = _schema().validate_json(text)
    except ValidationError as error:
        raise _refusal(error, file) from None
    try:
        out = _Reader(file).diagram(value)
        out.verify()
    except InputError as error:
        if error.diagnostic.span is not None:
            raise
        d = error.diagnostic
        raise InputError(d.code, d.message, span=Span(file, 1, 1), help=d.help) from None
    return out


def _refusal(error: Any, file: str) -> InputError:
    """One diagnostic for what the schema objects to first."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    message = str(first["msg"])
    place = re.search(r"at line ([0-9]+) column ([0-9]+)", message)
    span = Span(file, int(place[1]), max(1, int(place[2]))) if place else Span(file, 1, 1)
    where = ".".join(str(x) for x in first["loc"])[:80]
    code = "GSMJ-1" if first["type"] == "json_invalid" else "GSMJ-2"
    return InputError(code, f"{where}: {message}"[:300] if where else message[:300], span=span)


@cache
def _schema() -> TypeAdapter[Any]:
    from pydantic import ConfigDict, Field, TypeAdapter, with_config

    index = Annotated[int, Field(ge=0, lt=2**31)]
    power = Annotated[int, Field(gt=-(2**31), lt=2**31)]
    number = Annotated[str, Field(pattern=r"^-?[0-9]{1,400}(/[0-9]{1,400})?$")]
    term = tuple[list[index], number, list[tuple[str, number]]]
    column = Annotated[str, Field(pattern=r"^u[124]:")]
    strict = ConfigDict(extra="forbid")

    @with_config(strict)
    class BitForm(TypedDict):
        kind: Literal["outcome", "input", "derived"]
        vertex: NotRequired[index]
        expr: NotRequired[list[list[index]]]
        name: NotRequired[str]

    @with_config(strict)
    class DiagramForm(TypedDict):
        gossamer: Literal["diagram"]
        version: Literal[1]
        kind: column
        phase: column
        phases: list[list[term]]
        edges: column
        hadamard: str
        inputs: list[tuple[index, str]]
        outputs: list[tuple[index, str]]
        bits: NotRequired[list[BitForm]]
        registers: NotRequired[list[tuple[str, index, list[tuple[index, list[list[index]]]]]]]
        scalar: NotRequired[tuple[number, power, list[term]]]
        delays: NotRequired[list[tuple[index, number, Literal["s", "dt"]]]]

    return TypeAdapter(DiagramForm)


class _Reader:
    """Turns what the schema has let pass into a diagram."""

    def __init__(self, file: str) -> None:
        self.file = file

    def fail(self, message: str, code: str = "GSMJ-3") -> NoReturn:
        raise InputError(code, message, span=Span(self.file, 1, 1))

    def bytes(self, name: str, text: str) -> bytes:
        try:
            return base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            self.fail(f"the column '{name}' is not base64")

    def column(self, name: str, text: str) -> NDArray[np.int64]:
        width, _, packed = text.partition(":")
        data = self.bytes(name, packed)
        if len(data) % int(width[1]):
            self.fail(f"the column '{name}' ends within a number")
        return np.frombuffer(data, "<" + width)

    def indices(self, name: str, text: str) -> NDArray[np.int32]:
        column = self.column(name, text)
        if int(column.max(initial=0)) >= 2**31:
            self.fail(f"the column '{name}' holds a number that is not smaller than 2^31")
        return column.astype(np.int32)

    def number(self, text: str) -> Fraction:
        top, _, bottom = text.partition("/")
        if bottom and int(bottom) == 0:
            self.fail("a fraction with denominator 0")
        return Fraction(int(top), int(bottom or 1))

    def angle(self, terms: list[Any]) -> Phase:
        return Phase.from_terms(
            (tuple(m), self.number(c), tuple((n, self.number(k)) for n, k in s)) for m, c, s in terms
        )

    def expression(self, monomials: list[list[int]]) -> BitExpr:
        out: set[frozenset[int]] = set()
        for m in monomials:
            out ^= {frozenset(m)}
        return BitExpr(out)

    def bit(self, i: int, form: Any) -> Bit:
        kind = BitKind(_KINDS.index(form["kind"]))
        if ("vertex" in form) != (kind == BitKind.OUTCOME) or ("expr" in form) != (kind == BitKind.DERIVED):
            self.fail(f"b{i}: an outcome has a vertex, a derived bit an expression, and no other bit has")
        expr = self.expression(form["expr"]) if "expr" in form else None
        return Bit(kind, form.get("vertex", -1), expr, form.get("name", ""))

    def registers(self, forms: list[Any]) -> tuple[Register, ...]:
        if sum(size for _, size, _ in forms) > MAX_REGISTER_BITS:
            self.fail(f"registers with more than {MAX_REGISTER_BITS} bits", "GSMJ-1")
        out = []
        for name, size, entries in forms:
            bits = [BitExpr()] * size
            for i, monomials in entries:
                if i >= size or not bits[i].is_zero:
                    self.fail(f"a register has no index {i}, or it is given twice")
                bits[i] = self.expression(monomials)
            out.append(Register(name, tuple(bits)))
        return tuple(out)

    def delays(self, entries: list[Any]) -> dict[int, Delay]:
        out = {v: Delay(self.number(time), unit) for v, time, unit in entries}
        if len(out) != len(entries):
            self.fail("a vertex has two delays")
        return out

    def diagram(self, value: Any) -> Diagram:
        kind = self.indices("kind", value["kind"])
        if int(kind.max(initial=0)) > 255:
            self.fail("the column 'kind' holds an unknown kind")
        edges = self.indices("edges", value["edges"])
        if edges.size % 2:
            self.fail("the column 'edges' holds half an edge")
        packed = np.frombuffer(self.bytes("hadamard", value["hadamard"]), np.uint8)
        if packed.size != (edges.size // 2 + 7) // 8:
            self.fail("the column 'hadamard' has not one bit for each edge")
        hadamard = np.unpackbits(packed, bitorder="little")
        if hadamard[edges.size // 2 :].any():
            self.fail("the column 'hadamard' has more than one bit for each edge")
        inputs, outputs = value["inputs"], value["outputs"]
        factor, power, angle = value.get("scalar", ("1", 0, []))
        if factor.startswith("-"):
            self.fail("the factor of a scalar is not negative")
        return Diagram(
            kind=kind.astype(np.uint8),
            phase=self.indices("phase", value["phase"]),
            phases=tuple(self.angle(terms) for terms in value["phases"]),
            edges=edges.reshape(-1, 2),
            hadamard=hadamard[: edges.size // 2].astype(np.bool_),
            inputs=np.array([v for v, _ in inputs], np.int32),
            outputs=np.array([v for v, _ in outputs], np.int32),
            bits=tuple(self.bit(i, form) for i, form in enumerate(value.get("bits", ()))),
            registers=self.registers(value.get("registers", [])),
            input_names=tuple(name for _, name in inputs),
            output_names=tuple(name for _, name in outputs),
            scalar=Scalar(power, self.angle(angle), self.number(factor)),
            delays=self.delays(value.get("delays", [])),
        )
