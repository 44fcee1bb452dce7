"""YAML as values that know where they stand, as those of :mod:`gossamer.formats.json_places` do."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from gossamer.diagnostics import Span
from gossamer.formats.json_places import Json, Path
from gossamer.ir.yaml_places import YamlPlaces

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
        places = YamlPlaces(self.text, self.file, self.no_yaml, self.no_yaml, _scalar)
        value = places.read()
        self.marks.update(places.values)
        return Json(self, (), value)


def _scalar(text: str, plain: bool) -> int | str:
    return int(text) if plain and _WHOLE.fullmatch(text) else text


__all__ = ["YamlText"]
