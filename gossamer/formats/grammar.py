"""Parsers made from the grammars of ``spec/grammar``: LALR, contextual lexer, made once for each grammar.

The module guarantees that lark is imported only when something is parsed, that parsing takes linear time, and that a syntax
error becomes one diagnostic with its place. Readers of text formats stand on it.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from gossamer.diagnostics import InputError, Span
from gossamer.specification import read_spec

if TYPE_CHECKING:
    from lark import Lark, Token, UnexpectedInput


#: More brackets open at a time, or operators in a row, are refused before parsing: they would all wait on the parser's stack.
MAX_OPEN = 10_000
_BRACKETS = re.compile(r'//[^\n]*|/\*(?:.*?\*/|.*)|"[^"\n]*"|[(\[{]|[)\]}]|[-!~](?:\s*[-!~])+', re.DOTALL)


@cache
def load_grammar(name: str, transformer: Any = None) -> Lark:
    """The parser of ``spec/grammar/<name>.lark``; rules become calls of ``transformer`` while parsing, without recursion.

    Examples
    --------
    >>> load_grammar("openqasm2").parse("qreg q[2];").data
    Token('RULE', 'start')
    """
    from lark import Lark

    return Lark(read_spec(f"grammar/{name}.lark"), parser="lalr", lexer="contextual", transformer=transformer)


@dataclass(eq=False)
class GrammarReader:
    """A grammar with the transformer that turns its rules into syntax; ``transformer.file`` is set for each text.

    The lock is there because one transformer serves all threads.
    """

    name: str
    transformer: Any
    code: str  # of the diagnostic of a syntax error
    lock: threading.RLock = field(default_factory=threading.RLock)

    def read(self, text: str, file: str) -> Any:
        """Parse ``text``; raises :class:`InputError` with ``code`` at the first unexpected character or token.

        Brackets and operators without end are QASM-12.
        """
        from lark.exceptions import UnexpectedInput, VisitError

        check_nesting(text, file)

        with self.lock:
            self.transformer.file = file
            try:
                return load_grammar(self.name, self.transformer).parse(text)
            except UnexpectedInput as error:
                raise syntax_error(self._located(error, text), text, file, self.code) from None
            except VisitError as error:
                raise error.orig_exc from None

    def _located(self, error: UnexpectedInput, text: str) -> UnexpectedInput:
        """For a character that begins no word, note what the grammar would take there: lark only knows what the lexer would."""
        from lark.exceptions import UnexpectedCharacters

        if isinstance(error, UnexpectedCharacters):
            before = load_grammar(self.name, self.transformer).parse_interactive(text[: error.pos_in_stream])
            before.exhaust_lexer()
            error.allowed = before.accepts()  # type: ignore[no-untyped-call]
        return error


def check_nesting(text: str, file: str) -> None:
    """Refuse text with very many open brackets or operators in a row (QASM-12), comments and strings left out.

    Examples
    --------
    >>> check_nesting("(" * 10_001, "a.qasm")
    Traceback (most recent call last):
    gossamer.diagnostics.InputError: error[QASM-12]: nested more than 10000 deep
      --> a.qasm:1:10001
    help: split it; take out brackets and signs
    """
    depth = 0
    for found in _BRACKETS.finditer(text):
        first = text[found.start()]
        if first in "([{":
            depth += 1
        elif first in ")]}":
            depth -= 1
        if depth > MAX_OPEN or (first in "-!~" and found.end() - found.start() > MAX_OPEN):
            at = found.start()
            span = Span(file, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
            raise InputError(
                "QASM-12", f"nested more than {MAX_OPEN} deep", span=span, help="split it; take out brackets and signs"
            )


def syntax_error(error: UnexpectedInput, text: str, file: str, code: str) -> InputError:
    """The diagnostic of lark's ``error``: what was found, where, and what could stand there."""
    from lark.exceptions import UnexpectedCharacters, UnexpectedToken

    line, column, width = error.line, error.column, 1
    expected: set[str] = set()
    if isinstance(error, UnexpectedToken):
        expected = set(error.accepts or error.expected)
        if error.token.type == "$END":
            found = "end of file"
            line, column = _end(error.token, text)
        else:
            found = repr(_short(str(error.token)))
            width = min(len(error.token), 80)
    else:
        assert isinstance(error, UnexpectedCharacters)
        expected = set(error.allowed or ())
        at = error.pos_in_stream or 0
        character = text[at : at + 1]
        found = f"character {character!r}" if character.isprintable() else f"character {character!a}"
    return InputError(
        code, f"unexpected {found}", span=Span(file, line, column, column + width), help=_could_stand(expected)
    )


def _end(last: Token, text: str) -> tuple[int, int]:
    """Line and column behind the last word of ``text``, whose place lark gives to the token at the end."""
    if last.end_line is not None and last.end_column is not None:
        return last.end_line, last.end_column
    lines = text.split("\n")
    return len(lines), len(lines[-1]) + 1


def _could_stand(terminals: set[str]) -> str:
    words = {_readable(name) for name in terminals if name != "$END"}
    if len(words) > _MANY:
        if "GATE" in terminals:
            words = {w for w in words if w in ("';'", "'}'")} | {"a statement"}
        elif "INT" in terminals:
            words = {_readable(name) for name in terminals - _EXPRESSION} | {"an expression"}
        else:
            words = {_readable(name) for name in terminals - _OPERATORS} | {"an operator"}
    shown = sorted(words)
    more = f" and {len(shown) - _MANY} others" if len(shown) > _MANY else ""
    return f"here could stand: {', '.join(shown[:_MANY])}{more}" if shown else "nothing more could stand here"


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."


_WORDS = {
    "SEMICOLON": "';'", "COMMA": "','", "LPAR": "'('", "RPAR": "')'", "LSQB": "'['", "RSQB": "']'", "LBRACE": "'{'",
    "RBRACE": "'}'", "EQUAL": "'='", "MINUS": "'-'", "PLUS": "'+'", "STAR": "'*'", "SLASH": "'/'", "CIRCUMFLEX": "'^'",
    "NAME": "a name", "INT": "a whole number", "REAL": "a number", "STRING": "a file name in quotes",
    "ANNOTATION": "an annotation", "BITS": "a bit string", "PI": "pi", "BANG": "'!'", "TILDE": "'~'", "COLON": "':'", "AT": "'@'", "SCALAR": "a type", "COMPLEX": "a type", "ARRAY": "a type", "ASSIGN": "'='", "HARDWARE": "a physical qubit", "ACCESS": "'readonly'",
    "TIMING": "a time", "IS": "'=='", "OPENQASM": "'OPENQASM'", "PRODUCT": "an operator", "SHIFT": "an operator", "COMPARISON": "an operator", "EQUALITY": "an operator",
    "VBAR": "an operator", "AMPERSAND": "an operator", "ARROW": "'->'",
}  # fmt: skip


#: Longer lists of what could stand somewhere are told in classes.
_MANY = 12
_OPERATORS = frozenset(
    "PLUS MINUS STAR SLASH CIRCUMFLEX PRODUCT SHIFT COMPARISON EQUALITY VBAR AMPERSAND".split()  # noqa: SIM905
)
#: What an expression begins with.
_EXPRESSION = frozenset(
    "LPAR NAME INT REAL HEX BITS TIMING IMAGINARY TRUE FALSE PI HARDWARE MINUS PLUS BANG TILDE SCALAR COMPLEX ARRAY DURATIONOF".split()  # noqa: SIM905
)


def _readable(terminal: str) -> str:
    if terminal in _WORDS:
        return _WORDS[terminal]
    return "an operator" if terminal.startswith("__") else f"'{terminal.lower()}'"
