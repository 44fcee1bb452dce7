"""JSON whose values know where they stand: what the readers of JSON formats take apart, and point at when they refuse.

A text is parsed once by the standard library; only when something is wrong, the path of the value is followed through the text again to
find its line and column. The module guarantees that a text is either parsed or one diagnostic, whatever its size, nesting, numbers or
repeated keys, and that nothing is copied for the sake of places.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NoReturn, Protocol, TypeAlias

from gossamer.diagnostics import InputError, Span

#: Longest text in characters.
MAX_TEXT = 1 << 26

_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()
#: Keys and positions that lead from the whole text to a value.
Path: TypeAlias = tuple["str | int", ...]


class Source(Protocol):
    """What a value was read from: it knows the places of paths."""

    @property
    def wrong_form(self) -> str:
        """The code of what has a wrong form."""

    def place(self, path: Path) -> Span: ...

    def places(self, path: Path) -> list[Span]: ...


@dataclass(frozen=True, eq=False)
class JsonText:
    """A text of JSON: its name in messages, and the codes of what is no JSON and of what has a wrong form."""

    text: str
    file: str
    no_json: str
    wrong_form: str

    def parse(self) -> Json:
        """The value, as a whole.

        Raises
        ------
        InputError
            With the code ``no_json``.

        Examples
        --------
        >>> top = JsonText('{"a": [1,\\n  true]}', "x.json", "PT-12", "PT-13").parse()
        >>> [item.value for item in top.members()["a"].items()]
        [1, True]
        >>> top.members()["a"].items()[1].whole("the number")
        Traceback (most recent call last):
        gossamer.diagnostics.InputError: error[PT-13]: the number is no whole number
          --> x.json:2:3
        """
        if len(self.text) > MAX_TEXT:
            self._refuse(f"the text has more than {MAX_TEXT} characters", 0)
        try:
            return Json(self, (), json.loads(self.text, object_pairs_hook=_once))
        except json.JSONDecodeError as error:
            self._refuse(f"no JSON: {error.msg}", error.pos)
        except _Twice as error:
            self._refuse(f"the key '{str(error)[:40]}' is there twice in one object", 0)
        except ValueError as error:  # a number of more digits than Python converts
            self._refuse(f"no JSON: {str(error)[:100]}", 0)
        except RecursionError:
            self._refuse("JSON that is nested too deeply", 0)

    def _refuse(self, message: str, at: int) -> NoReturn:
        raise InputError(self.no_json, message, span=self.span(at, at + 1))

    @cached_property
    def _lines(self) -> list[int]:
        """Where each line begins."""
        return [0, *(m.end() for m in re.finditer("\n", self.text))]

    def span(self, start: int, end: int) -> Span:
        """The place of a piece of the text; of several lines, the first."""
        line = bisect_right(self._lines, start)
        begin = self._lines[line - 1]
        stop = self.text.find("\n", start, end)
        return Span(self.file, line, start - begin + 1, (end if stop < 0 else stop) - begin + 1)

    def place(self, path: Path) -> Span:
        """The place of the value of a path, which has to be there."""
        return self.span(*self.find(path))

    def places(self, path: Path) -> list[Span]:
        """The places of the members of the value of a path, in one go."""
        at, _ = self.find(path)
        return [self.span(start, end) for _, start, end in members_of(self.text, at)]

    def find(self, path: Path) -> tuple[int, int]:
        """Where the value of a path begins and ends; the path has to be there."""
        at, end = _value(self.text, 0)
        for key in path:
            at, end = next((start, stop) for k, start, stop in members_of(self.text, at) if k == key)
        return at, end


class _Twice(ValueError):
    """A key that an object has twice: two readers would disagree about its value."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) < len(pairs):
        seen: set[str] = set()
        raise _Twice(next(k for k, _ in pairs if k in seen or seen.add(k)))  # type: ignore[func-returns-value]
    return out


def _value(text: str, at: int) -> tuple[int, int]:
    start = _space(text, at)
    return start, _DECODER.raw_decode(text, start)[1]


def _space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def members_of(text: str, at: int) -> Iterator[tuple[str | int, int, int]]:
    """Key or position, begin and end of each member of the object or list that begins at ``at``, in a text that is JSON.

    Examples
    --------
    >>> list(members_of('[1, {}]', 0)), list(members_of('{"a": 0}', 0))
    ([(0, 1, 2), (1, 4, 6)], [('a', 6, 7)])
    """
    closing = {"{": "}", "[": "]"}.get(text[at], "")
    if not closing:
        return
    at, count = _space(text, at + 1), 0
    while text[at] != closing:
        key: str | int = count
        if closing == "}":
            key, at = _DECODER.raw_decode(text, at)
            at = _space(text, at) + 1  # behind the colon
        start, end = _value(text, at)
        yield key, start, end
        at, count = _space(text, end), count + 1
        if text[at] == ",":
            at = _space(text, at + 1)


@dataclass(frozen=True, slots=True, eq=False)
class Json:
    """A value with its path. Every access says what it expects, and refuses anything else with its place."""

    source: Source
    path: Path
    value: Any

    def fail(self, message: str, *, code: str | None = None, help: str | None = None) -> NoReturn:
        """Refuse this value, with the code of a wrong form unless another one is given."""
        raise InputError(code or self.source.wrong_form, message, span=self.span, help=help)

    @property
    def span(self) -> Span:
        """The place of the value."""
        return self.source.place(self.path)

    def spans(self) -> list[Span]:
        """The places of all members, in one go."""
        return self.source.places(self.path)

    def members(
        self, what: str = "the JSON", need: tuple[str, ...] = (), may: tuple[str, ...] | None = None
    ) -> dict[str, Json]:
        """The members of an object that has the keys ``need`` and, where ``may`` is given, no others than these."""
        if not isinstance(self.value, dict):
            self.fail(f"{what} is no object")
        for key in need:
            if key not in self.value:
                self.fail(f"{what} has no '{key}'")
        out = {key: Json(self.source, (*self.path, key), value) for key, value in self.value.items()}
        if may is not None:
            for key in out:
                if key not in need and key not in may:
                    known = ", ".join((*need, *may)) or "none"
                    out[key].fail(f"{what} has the unknown key '{key[:40]}'", help=f"known keys: {known}")
        return out

    def items(self, what: str = "the value") -> list[Json]:
        """The entries of a list."""
        if not isinstance(self.value, list):
            self.fail(f"{what} is no list")
        return [Json(self.source, (*self.path, i), value) for i, value in enumerate(self.value)]

    def pair(self, what: str) -> tuple[Json, Json]:
        """The entries of a list of two."""
        items = self.items(what)
        if len(items) != 2:
            self.fail(f"{what} is no list of two")
        return items[0], items[1]

    def whole(self, what: str, limit: int = 2**31 - 1) -> int:
        """A whole number from 0 to ``limit``."""
        if type(self.value) is not int:
            self.fail(f"{what} is no whole number")
        if not 0 <= self.value <= limit:
            self.fail(f"{what} is {str(self.value)[:40]}, which is not from 0 to {limit}")
        return self.value

    def text(self, what: str) -> str:
        if not isinstance(self.value, str):
            self.fail(f"{what} is no text")
        return self.value

    def one_of(self, what: str, known: tuple[str, ...]) -> str:
        """A text that is one of these."""
        if self.value not in known or not isinstance(self.value, str):
            self.fail(f"{what} is {str(self.value)[:40]!r}", help=f"known: {', '.join(known)}")
        return self.value


__all__ = ["MAX_TEXT", "Json", "JsonText", "Path", "Source", "members_of"]
