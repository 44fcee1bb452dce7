"""Diagnostics: what went wrong, where, and the way out.

Every refusal of the project is one :class:`GossamerError` that carries one :class:`Diagnostic` (a code of the
specification, a message, a place, a hint) and the process exit code that belongs to its class. This module stands at the
bottom of the import order: everything may import it, it imports nothing of ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import islice
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a source: file, 1-based line and column; ``end_column`` is exclusive."""

    file: str
    line: int
    column: int
    end_column: int | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    def to(self, last: Span) -> Span:
        """From the start of this place to the end of ``last``, or to the end of this one where that stands on another line.

        Examples
        --------
        >>> Span("a.qasm", 3, 1, 3).to(Span("a.qasm", 3, 7, 8))
        Span(file='a.qasm', line=3, column=1, end_column=8)
        """
        return Span(self.file, self.line, self.column, last.end_column) if last.line == self.line else self


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One message to the user.

    Examples
    --------
    >>> print(Diagnostic("QASM-7", "unknown gate 'hh'", Span("a.qasm", 3, 1, 3), "hh q[0];", "did you mean 'h'?").render())
    error[QASM-7]: unknown gate 'hh'
      --> a.qasm:3:1
      |
    3 | hh q[0];
      | ^^
    help: did you mean 'h'?
    """

    code: str
    message: str
    span: Span | None = None
    source_line: str | None = None
    help: str | None = None

    def render(self) -> str:
        lines = [f"error[{self.code}]: {_printable(self.message)}"]
        if self.span is not None:
            gutter = " " * len(str(self.span.line))
            lines.append(f" {gutter}--> {_printable(str(self.span))}")
            if self.source_line is not None:
                text = self.source_line.expandtabs(1)
                start = max(self.span.column - 1, 0)
                if len(text) > 160:  # a hostile line must not flood the terminal
                    cut = max(0, min(start - 60, len(text) - 160))
                    text, start = text[cut : cut + 160], start - cut
                text = _printable(text)
                width = max(1, (self.span.end_column or self.span.column + 1) - self.span.column)
                width = min(width, max(1, len(text) - start))
                lines.append(f" {gutter}|")
                lines.append(f"{self.span.line} | {text}")
                lines.append(f" {gutter}| {' ' * start}{'^' * width}")
        if self.help:
            lines.append(f"help: {_printable(self.help)}")
        return "\n".join(lines)


def _printable(text: str) -> str:
    """Without terminal escapes and other characters that a source may smuggle into a message."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)


class GossamerError(Exception):
    """Base of every error a user can meet; ``exit_code`` is the process exit code of its class.

    ``more`` holds further mistakes of the same source that were found in the same run; ``code`` is that of the first.
    """

    exit_code: ClassVar[int] = 1

    def __init__(
        self,
        code: str,
        message: str,
        *,
        span: Span | None = None,
        source_line: str | None = None,
        help: str | None = None,
    ) -> None:
        super().__init__(message)
        self.diagnostic = Diagnostic(code, message, span, source_line, help)
        self.more: tuple[Diagnostic, ...] = ()

    @property
    def code(self) -> str:
        return self.diagnostic.code

    def with_source(self, text: str) -> GossamerError:
        """Attach the source lines that the spans point at, where they are not attached yet."""
        diagnostics = (self.diagnostic, *self.more)
        if any(d.span is not None and d.source_line is None for d in diagnostics):
            lines = text.split("\n")
            self.diagnostic, *more = (_with_line(d, lines) for d in diagnostics)
            self.more = tuple(more)
        return self

    def __str__(self) -> str:
        return "\n\n".join(d.render() for d in (self.diagnostic, *self.more))


def _with_line(d: Diagnostic, lines: list[str]) -> Diagnostic:
    if d.span is None or d.source_line is not None or not 1 <= d.span.line <= len(lines):
        return d
    return replace(d, source_line=lines[d.span.line - 1].rstrip("\r"))


def nearest(name: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The known name that ``name`` most likely stands for: the same in other letters, or one that is spelt alike (1: the same).

    Examples
    --------
    >>> nearest("CX", ["cz", "cx"]), nearest("measur", ["measure", "reset"]), nearest("foo", ["bar"])
    ('cx', 'measure', None)
    """
    if len(name) > 40:
        return None
    some = list(islice(known, 2000))
    for other in some:
        if other.lower() == name.lower():
            return other
    return next(iter(get_close_matches(name, some, n=1, cutoff=cutoff)), None)


class LeftOut(UserWarning):
    """A part of the source that is no part of its meaning has no place in the result."""


class Rounded(UserWarning):
    """Angles are not exact in the result; the message says how far that can take its probabilities."""


def raise_joined(errors: Sequence[InputError]) -> None:
    """Raise the first of the errors with the others behind it; do nothing if there is none.

    Examples
    --------
    >>> raise_joined([])
    >>> raise_joined([InputError("QASM-7", "one"), InputError("QASM-4", "two")])
    Traceback (most recent call last):
    gossamer.diagnostics.InputError: error[QASM-7]: one
    <BLANKLINE>
    error[QASM-4]: two
    """
    if errors:
        first, *others = errors
        first.more += tuple(d for e in others for d in (e.diagnostic, *e.more))
        raise first


class InputError(GossamerError):
    """A source, a program or a file that cannot be read or has no meaning (exit 1)."""


class UsageError(GossamerError):
    """The command or call itself is wrong (exit 2)."""

    exit_code = 2


class NetworkInfeasible(GossamerError):
    """The program does not fit the network (exit 3).

    ``lacks`` says what is missing where that is known: the node's name (None: any node), ``data`` or ``comm``, and how many qubits.
    """

    exit_code = 3

    def __init__(
        self, code: str, message: str, *, help: str | None = None, lacks: tuple[str | None, str, int] | None = None
    ) -> None:
        super().__init__(code, message, help=help)
        self.lacks = lacks


class VerificationFailed(GossamerError):
    """A check of meaning failed or could not be made (exit 4)."""

    exit_code = 4


class MissingPackage(GossamerError):
    """An optional package is needed (exit 5)."""

    exit_code = 5


class InternalError(GossamerError):
    """An invariant of ours is broken: our own bug (exit 70)."""

    exit_code = 70
