"""Times of a network: exact seconds, written as text with a unit (``250us``), as ``spec/network.md`` defines them [NW-14]."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

_UNITS = {"s": Fraction(1), "ms": Fraction(1, 10**3), "us": Fraction(1, 10**6), "ns": Fraction(1, 10**9)}
_PATTERN = r"^[0-9]{1,18}(\.[0-9]{1,18})?(s|ms|us|ns)$"
_TEXT = re.compile(_PATTERN)


def parse_time(value: Any) -> Fraction:
    """Seconds, exactly, from text with a unit; a Fraction stands for itself.

    Raises
    ------
    ValueError
        For anything else, negative times, and fractions that no decimal text gives back.

    Examples
    --------
    >>> parse_time("250us"), parse_time("1.5ms")
    (Fraction(1, 4000), Fraction(3, 2000))
    """
    if isinstance(value, Fraction):
        if value < 0 or (value / _UNITS["ns"] * 10**18).denominator != 1 or value >= 10**18:
            raise ValueError(f"{value} s is no time that can be written down")
        return value
    if not isinstance(value, str) or _TEXT.fullmatch(value) is None:
        raise ValueError("a time is a number with a unit (s, ms, us or ns), for example 250us")
    number = value.rstrip("mnus")
    return Fraction(number) * _UNITS[value[len(number) :]]


def print_time(time: Fraction) -> str:
    """The shortest text that :func:`parse_time` reads as ``time``.

    Examples
    --------
    >>> [print_time(parse_time(t)) for t in ("0ns", "1500ns", "0.25ms", "1000ms")]
    ['0s', '1.5us', '250us', '1s']
    """
    texts = []
    for unit, size in _UNITS.items():
        whole, rest = divmod(time / size * 10**18, 10**18)
        if rest.denominator == 1:
            decimals = f"{int(rest):018d}".rstrip("0")
            texts.append(f"{whole}{'.' if decimals else ''}{decimals}{unit}")
    return min(texts, key=lambda text: (len(text), "." in text))


#: Exact seconds: text with a unit in a file, a Fraction in Python.
Seconds = Annotated[
    Fraction,
    PlainValidator(parse_time),
    PlainSerializer(print_time, return_type=str),
    WithJsonSchema({"type": "string", "pattern": _PATTERN, "examples": ["250us"]}),
]
