"""YAML whose values know where they stand, as those of :mod:`gossamer.formats.json_places` do; JSON is YAML too.

Only plain data is read: maps with distinct text keys, lists, and scalars. Anchors and tags are refused, and so is what is large or deep, so that
time and memory are bounded by the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

from gossamer.diagnostics import InputError, Span
from gossamer.formats.json_places import Json, Path

#: Longest text in characters, deepest nesting.
MAX_TEXT, MAX_DEPTH = 1_000_000, 16

_WHOLE = re.compile(r"-?[0-9]{1,18}", re.ASCII)


@dataclass(frozen=True, eq=False)
class YamlText:
    """A text of YAML: its name in messages, and the codes of what is no such text and of what has a wrong form."""

    text: str
    file: str
    no_yaml: str
    wrong_form: str
    marks: dict[Path, Span] = field(default_factory=dict)

    def place(self, path: Path) -> Span:
        return self.marks[path]

    def places(self, path: Path) -> list[Span]:
        return [span for known, span in self.marks.items() if known[:-1] == path and known]

    def parse(self) -> Json:
        """The value, as a whole. Scalars that are whole numbers are numbers, all others text.

        Raises
        ------
        InputError
            With the code ``no_yaml``.

        Examples
        --------
        >>> top = YamlText("a: [1, b]\\n", "x.yaml", "WK-1", "WK-2").parse()
        >>> top.value
        {'a': [1, 'b']}
        >>> str(top.members()["a"].items()[1].span)
        'x.yaml:1:8'
        """
        import yaml

        if len(self.text) > MAX_TEXT:
            self._refuse(f"the text has more than {MAX_TEXT} characters", Span(self.file, 1, 1))
        loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        try:
            events = self._checked(yaml.parse(self.text, Loader=loader))
            next(events)
            first = next(events)
            if isinstance(first, yaml.StreamEndEvent):
                self._refuse("the file is empty", Span(self.file, 1, 1))
            value = self._value(next(events), events, ())
            next(events)
            if not isinstance(last := next(events), yaml.StreamEndEvent):
                self._refuse("more than one document", self._span(last))
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            where = Span(self.file, mark.line + 1, mark.column + 1) if mark else Span(self.file, 1, 1)
            self._refuse(f"no YAML: {str(getattr(error, 'problem', None) or error)[:100]}", where)
        return Json(self, (), value)

    def _refuse(self, message: str, span: Span) -> NoReturn:
        raise InputError(self.no_yaml, message, span=span)

    def _span(self, event: Any) -> Span:
        start, end = event.start_mark, event.end_mark
        one_line = start.line == end.line and end.column > start.column
        return Span(self.file, start.line + 1, start.column + 1, end.column + 1 if one_line else None)

    def _checked(self, events: Iterator[Any]) -> Iterator[Any]:
        import yaml

        depth = 0
        for event in events:
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
                self._refuse("anchors and aliases are not read", self._span(event))
            if getattr(event, "tag", None) is not None:
                self._refuse("tags are not read", self._span(event))
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                self._refuse(f"nested deeper than {MAX_DEPTH} levels", self._span(event))
            yield event

    def _value(self, event: Any, events: Iterator[Any], path: Path) -> Any:
        import yaml

        self.marks[path] = self._span(event)
        if isinstance(event, yaml.MappingStartEvent):
            out: dict[str, Any] = {}
            while not isinstance(key := next(events), yaml.MappingEndEvent):
                if not isinstance(key, yaml.ScalarEvent):
                    self._refuse("a key is text", self._span(key))
                if key.value in out:
                    self._refuse(f"the key '{key.value[:40]}' is there twice", self._span(key))
                out[key.value] = self._value(next(events), events, (*path, key.value))
            return out
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Any] = []
            while not isinstance(item := next(events), yaml.SequenceEndEvent):
                items.append(self._value(item, events, (*path, len(items))))
            return items
        text = str(event.value)
        return int(text) if not event.style and _WHOLE.fullmatch(text) else text


__all__ = ["YamlText"]
