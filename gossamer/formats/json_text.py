"""`json_pieces`: JSON with sorted keys and an indentation of two, piece by piece.

The text is the one that ``json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)`` gives, and a line break. That function builds all of
it at one time, from plain data only, and with an indentation it is slow; a manifest has millions of entries. Data classes and
pydantic models are written as objects with a key for each field.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any

#: So many members of a list that stands at the top, or one level below, are one piece.
_MANY = 10_000


def json_pieces(value: Any) -> Iterator[str]:
    """The text of a value, in pieces of bounded size where lists of its topmost object are long.

    Raises
    ------
    TypeError
        For what has no JSON form.

    Examples
    --------
    >>> print("".join(json_pieces({"b": [1, None], "a": {}})), end="")
    {
      "a": {},
      "b": [
        1,
        null
      ]
    }
    """
    found = _members(value)
    if not found:
        yield _text(value, "\n") + "\n"
        return
    between = "{"
    for key, member in found:
        yield f"{between}\n  {_key(key)}: "
        between = ","
        if isinstance(member, list) and len(member) > _MANY:
            for i in range(0, len(member), _MANY):
                yield ("," if i else "[") + ",".join(["\n    " + _text(x, "\n    ") for x in member[i : i + _MANY]])
            yield "\n  ]"
        else:
            yield _text(member, "\n  ")
    yield "\n}\n"


def _text(value: Any, line: str) -> str:
    """The text of a value whose lines begin with ``line``: a line break and blanks."""
    kind = type(value)
    if kind is str:
        return encode_basestring(value)
    if kind is int:
        return int.__repr__(value)
    if kind is list or kind is tuple:
        if not value:
            return "[]"
        inner = line + "  "
        return f"[{inner}{f',{inner}'.join([_text(x, inner) for x in value])}{line}]"
    found = _members(value)
    if found is None:
        return json.dumps(value, ensure_ascii=False)
    if not found:
        return "{}"
    inner = line + "  "
    return f"{{{inner}{f',{inner}'.join([f'{_key(key)}: {_text(x, inner)}' for key, x in found])}{line}}}"


def _members(value: Any) -> list[tuple[str, Any]] | None:
    """Key and value of each member of an object, sorted; None for what is no object."""
    if isinstance(value, Mapping):
        return sorted(value.items())
    kind: Hashable = value.__class__
    names = _fields(kind)
    return None if names is None else [(name, getattr(value, name)) for name in names]


@lru_cache(1000)
def _fields(kind: Any) -> list[str] | None:
    if is_dataclass(kind):
        return sorted(field.name for field in fields(kind))
    known = getattr(kind, "model_fields", None)
    return None if known is None else sorted(known)


_key: Callable[[str], str] = lru_cache(10_000)(encode_basestring)
