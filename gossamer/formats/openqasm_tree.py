"""What the syntax trees of OpenQASM 2 and 3 have in common: the nodes, and the grammar rules that make them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gossamer.diagnostics import Span

if TYPE_CHECKING:
    from lark import Token


@dataclass(frozen=True, slots=True)
class Literal:
    """``kind`` is the terminal of the grammar: REAL or INT; in OpenQASM 3 also HEX BITS TIMING IMAGINARY TRUE FALSE."""

    kind: str
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Name:
    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Header:
    version: str
    span: Span


@dataclass(frozen=True, slots=True)
class Include:
    file: str
    span: Span


class SharedRules:
    """One method for each rule that the grammars share; lark calls it with the children of the rule."""

    file: str = ""

    def _span(self, token: Token) -> Span:
        return Span(self.file, token.line or 1, token.column or 1, token.end_column)

    def header(self, c: list[Any]) -> Header:
        return Header(str(c[1]), self._span(c[0]))

    def include(self, c: list[Any]) -> Include:
        return Include(str(c[0])[1:-1], self._span(c[0]))

    def formals(self, c: list[Any]) -> tuple[tuple[Token, ...], tuple[Token, ...]]:
        return c[0] or (), c[1] or ()

    def names(self, c: list[Any]) -> tuple[Token, ...]:
        return tuple(c)

    def literal(self, c: list[Any]) -> Literal:
        return Literal(c[0].type, str(c[0]), self._span(c[0]))

    def name(self, c: list[Any]) -> Name:
        return Name(str(c[0]), self._span(c[0]))
