"""The laws that registered things obey, and the error that names a broken one and shows the example.

One table: a law has a name, and one sentence that says what holds. Checks raise :class:`LawBroken` and nothing else for what
they find; what they cannot decide is left to pass only where the law says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from typing import Any

from gossamer.diagnostics import GossamerError, InputError
from gossamer.ir.diagram import Diagram
from gossamer.ir.open_graph import OpenGraph
from gossamer.ir.pattern import Clifford, CorrectX, CorrectZ, Entangle, Pattern, Prepare
from gossamer.ir.placed import Placed
from gossamer.ir.program import (
    LETTERS,
    Compute,
    Conditional,
    Distribution,
    Ebit,
    Gate,
    Instruction,
    Measure,
    Observe,
    Recv,
    Reset,
    Send,
    qubits_of,
)

LAWS: dict[str, str] = {
    "frontend/valid": "what a frontend reads is a Diagram that obeys the clauses of its level",
    "frontend/deterministic": "the same text gives the same diagram",
    "frontend/refusal": "a text that cannot be read is refused with one GossamerError whose code is a clause, whatever the text is",
    "frontend/meaning": "the diagram of a sample denotes the instrument that the sample says",
    "pass/valid": "what a pass hands on obeys the clauses of its level",
    "pass/deterministic": "the same input and options give the same value",
    "pass/pure": "a pass leaves its input as it was",
    "pass/refusal": "an input that a pass cannot do is refused with one GossamerError",
    "pass/interface": "inputs, outputs and registers keep their names, order and sizes",
    "pass/meaning": "the instrument stays the same, all outcomes and one scalar for all of them together",
    "backend/valid": "node programs obey the clauses of spec/program.md",
    "backend/deterministic": "the same placed graph gives the same programs",
    "backend/refusal": "a placed graph that a backend cannot do is refused with one GossamerError",
    "backend/interface": "inputs, outputs and registers are those of the placed graph",
    "backend/outcomes": "the bits that the manifest names hold the true outcomes of the source",
    "backend/meaning": "node programs denote the instrument of the placed graph, all outcomes of links and corrections included",
    "backend/capacity": "no node holds more qubits than its program declares",
    "backend/checked": "the check of a compile agrees that the programs hold",
    "node-model/print": "printing a program and reading it back gives the same program",
    "node-model/lift": "the diagram that a program is lifted to denotes what the program does",
}


class LawBroken(AssertionError):
    """A law does not hold of a registered thing; the text has the law, what is wrong, and the example: what was given, and what came of it.

    Examples
    --------
    >>> print(LawBroken("frontend/valid", "frontend 'mine'", "it gives an int", "h 0", 7))
    frontend 'mine' breaks the law frontend/valid (what a frontend reads is a Diagram that obeys the clauses of its level):
    it gives an int
    example:
    --- str
    h 0
    --- int
    7
    """

    def __init__(self, law: str, subject: str, why: str, *example: object) -> None:
        self.law, self.subject = law, subject
        shown = "\n".join(f"--- {type(x).__name__}\n{show(x).rstrip()}" for x in example)
        super().__init__(f"{subject} breaks the law {law} ({LAWS[law]}):\n{why}\nexample:\n{shown}")


@contextmanager
def holding(law: str, subject: str, *example: object) -> Iterator[None]:
    """Errors inside are breaches of the law."""
    try:
        yield
    except LawBroken:
        raise
    except InputError as error:
        raise LawBroken(law, subject, f"[{error.code}] {error.diagnostic.message}", *example) from error
    except Exception as error:
        raise LawBroken(law, subject, f"{type(error).__name__}: {error}", *example) from error


@contextmanager
def refusing(law: str, subject: str, *example: object) -> Iterator[list[GossamerError]]:
    """A refusal inside is fine and put into the list; any other error is a breach of the law."""
    refused: list[GossamerError] = []
    try:
        yield refused
    except GossamerError as error:
        if error.exit_code == 70:
            raise LawBroken(law, subject, f"an internal error: {error}", *example) from error
        refused.append(error)
    except Exception as error:
        raise LawBroken(law, subject, f"{type(error).__name__}: {error}", *example) from error


def show(value: object) -> str:
    """A value as text: the text forms of the IR and of node programs, anything else as it prints itself.

    Examples
    --------
    >>> show("h q[0];")
    'h q[0];'
    """
    if isinstance(value, str | Pattern):
        return str(value)
    if isinstance(value, Diagram | OpenGraph | Placed):
        from gossamer.ir.text import print_text

        try:
            return print_text(value)
        except Exception:  # what breaks a law may be too broken to print
            return repr(value)
    if isinstance(value, Distribution):
        lines = []
        for p in value.programs:
            lines += [f"node {p.node}: {p.data} data, {p.comm} comm, results {dict(p.results)}"]
            lines += [f"  {_instruction(op)}" for op in p.instructions]
        return "\n".join(lines)
    return repr(value)


def _instruction(op: Instruction) -> str:
    """One line; qubits and bits by their numbers."""
    match op:
        case Gate(name, qubits, angle):
            return f"{name}{'' if angle is None else f'({angle})'} {' '.join(map(str, qubits))}"
        case Measure(qubit, bit):
            return f"measure {qubit} -> b{bit}"
        case Reset(qubit):
            return f"reset {qubit}"
        case Conditional(conditions, body):
            tests = " and ".join(f"b{bit} = {int(value)}" for bit, value in conditions)
            return f"if {tests}: {'; '.join(map(_instruction, body))}"
        case Ebit(link, peer, qubit):
            return f"ebit {link} with {peer} -> {qubit}"
        case Send(message, peer, bits):
            return f"send {message} to {peer}: {' ^ '.join(f'b{b}' for b in bits)}"
        case Recv(message, peer, bit):
            return f"receive {message} from {peer} -> b{bit}"
        case Observe(command, bit):
            s, t = command.s_domain, command.t_domain
            return f"M {command.node} {command.basis.value} {command.angle} s: {s} t: {t} -> b{bit}"
        case Compute(bit, value):
            return f"b{bit} = {value}"
        case CorrectX() | CorrectZ():
            return f"{LETTERS[type(op)]} {op.node} {op.domain}"
        case Clifford(qubit, gates):
            return f"C {qubit} {' '.join(gates)}"
        case Prepare() | Entangle():
            return f"{LETTERS[type(op)]} {' '.join(map(str, qubits_of(op)))}"


def columns(value: Any) -> str:
    """All fields of a value as text, to see whether it was changed; what it keeps for itself (caches) is left out.

    Examples
    --------
    >>> from gossamer.diagnostics import Span
    >>> columns(Span("a", 1, 2))
    "[('file', 'a'), ('line', 1), ('column', 2), ('end_column', None)]"
    """
    if not is_dataclass(value):
        return repr(value)
    pairs = [(f.name, getattr(value, f.name)) for f in fields(value)]
    return repr([(name, x.tolist() if hasattr(x, "tolist") else x) for name, x in pairs])


__all__ = ["LAWS", "LawBroken", "columns", "holding", "refusing", "show"]
