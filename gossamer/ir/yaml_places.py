"""YAML whose values know where they stand: what network files and the YAML formats of sources are read by; JSON is YAML too.

Only plain data is read: maps with distinct text keys, lists, and scalars. Anchors, aliases and tags are refused, and so is what is long or
deep, so that time and memory are bounded by the length of the text. What a scalar means is the reader's matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeAlias

from gossamer.diagnostics import InputError, Span

#: Longest text in characters, deepest nesting.
MAX_TEXT, MAX_DEPTH = 1_000_000, 16
#: Keys and positions that lead from the whole text to a value.
Path: TypeAlias = tuple["str | int", ...]


@dataclass
class YamlPlaces:
    """A text of YAML, its name in messages, and where its values and keys stand once it is read.

    Attributes
    ----------
    text, file : the text, and what diagnostics call it
    no_yaml, empty : codes of what is no such text, and of a text that holds nothing
    scalar : what a scalar means, from its text and whether it is written without quotes
    values, keys : the places of all values and of all keys of maps, by path
    """

    text: str
    file: str
    no_yaml: str
    empty: str
    scalar: Callable[[str, bool], Any]
    values: dict[Path, Span] = field(default_factory=dict)
    keys: dict[Path, Span] = field(default_factory=dict)

    def read(self) -> Any:
        """The one document of the text as plain data.

        Raises
        ------
        InputError
            With the code ``no_yaml`` or ``empty``.

        Examples
        --------
        >>> places = YamlPlaces("a: [1, b]\\n", "x.yaml", "WK-1", "WK-1", lambda text, plain: text)
        >>> places.read(), str(places.values["a", 1]), str(places.keys["a",])
        ({'a': ['1', 'b']}, 'x.yaml:1:8', 'x.yaml:1:1')
        """
        import yaml

        start = Span(self.file, 1, 1)
        if len(self.text) > MAX_TEXT:
            self._refuse(f"the text has more than {MAX_TEXT} characters", start)
        loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        try:
            events = self._checked(yaml.parse(self.text, Loader=loader))
            next(events)
            if isinstance(next(events), yaml.StreamEndEvent):
                raise InputError(self.empty, "the file is empty", span=start)
            value = self._value(next(events), events, ())
            next(events)
            if not isinstance(last := next(events), yaml.StreamEndEvent):
                self._refuse("more than one document", self._span(last))
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            what = getattr(error, "problem", None) or str(error).split("\n", 1)[0]
            where = Span(self.file, mark.line + 1, mark.column + 1) if mark else start
            self._refuse(f"not YAML or JSON: {what[:100]}", where)
        return value

    def place(self, path: Path, *, key: bool = False) -> Span | None:
        """Where the value (or its key) of ``path`` stands, or the closest value around it."""
        if key and path in self.keys:
            return self.keys[path]
        while path not in self.values and path:
            path = path[:-1]
        return self.values.get(path)

    def _refuse(self, message: str, span: Span) -> NoReturn:
        raise InputError(self.no_yaml, message, span=span)

    def _span(self, event: Any) -> Span:
        start, end = event.start_mark, event.end_mark
        one_line = start.line == end.line and end.column > start.column
        return Span(self.file, start.line + 1, start.column + 1, end.column + 1 if one_line else None)

    def _checked(self, events: Iterator[Any]) -> Iterator[Any]:
        """The events, which are a tenth of the work of making nodes of them."""
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

        self.values[path] = self._span(event)
        if isinstance(event, yaml.MappingStartEvent):
            out: dict[str, Any] = {}
            while not isinstance(key := next(events), yaml.MappingEndEvent):
                if not isinstance(key, yaml.ScalarEvent):
                    self._refuse("a key is text", self._span(key))
                name = str(key.value)
                if name in out:
                    self._refuse(f"the key '{name[:40]}' is there twice", self._span(key))
                self.keys[(*path, name)] = self._span(key)
                out[name] = self._value(next(events), events, (*path, name))
            return out
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Any] = []
            while not isinstance(item := next(events), yaml.SequenceEndEvent):
                items.append(self._value(item, events, (*path, len(items))))
            return items
        return self.scalar(str(event.value), not event.style)


__all__ = ["MAX_DEPTH", "MAX_TEXT", "Path", "YamlPlaces"]
