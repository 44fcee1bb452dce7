"""Changes of texts that keep much of their form: words, statements, values of JSON, and new parts from the grammar.

Every change is a function of the input and a random generator, so it serves the fuzzer, which counts on coverage, and the tests alike.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from typing import Any

from tests.fuzz.derive import TERMINALS, derive, symbols

_WORD = re.compile(r"\s+|[^\W\d]\w*|\d[\w.]*|\"[^\"\n]*\"|//[^\n]*|->|\W", re.DOTALL)
_NUMBERS = ("0", "1", "2", "-1", "3", "64", "65536", "1e9", "4294967296", "0.1", "pi", "9" * 40)
_ODD = (
    "\0",
    "\ufeff",
    "\r",
    "\x1b[2J",
    "é",
    "２",
    "\u202e",
    "\ud7ff",
    "/*",
    "*/",
    '"',
    "'",
    "\\",
    "\n\n",
    "}",
    "{",
    "(" * 200,
    "-" * 200,
)
_ALL_WORDS = sorted({w for words in TERMINALS.values() for w in words})


def words(text: str, rng: random.Random) -> str:
    """Drop, double, swap or replace a few words."""
    parts = _WORD.findall(text) or [""]
    for _ in range(rng.randint(1, 3)):
        i, j = rng.randrange(len(parts)), rng.randrange(len(parts))
        match rng.randrange(6):
            case 0:
                parts[i] = ""
            case 1:
                parts.insert(j, parts[i])
            case 2:
                parts[i], parts[j] = parts[j], parts[i]
            case 3:
                parts[i] = rng.choice(_ALL_WORDS)
            case 4:
                numbers = [k for k, p in enumerate(parts) if p[:1].isdigit()]
                parts[rng.choice(numbers) if numbers else i] = rng.choice(_NUMBERS)
            case _:
                parts[i] = rng.choice(_ODD) if rng.random() < 0.3 else parts[j]
    return "".join(parts)


def statements(text: str, rng: random.Random) -> str:
    """Drop, double, move or nest a few statements or lines."""
    parts = re.findall(r"[^;{}\n]*[;{}\n]|[^;{}\n]+", text) or [""]
    for _ in range(rng.randint(1, 3)):
        i, j = sorted((rng.randrange(len(parts)), rng.randrange(len(parts))))
        match rng.randrange(5):
            case 0:
                del parts[i : min(j, i + 4) + 1]
            case 1:
                parts[j:j] = parts[i : i + rng.randint(1, 4)]
            case 2:
                parts.insert(rng.randrange(len(parts)), parts.pop(i))
            case 3:
                parts[i] = "{" + parts[i] + "}"
            case _:
                parts[i : i + 1] = [parts[i]] * rng.randint(2, 8)
        parts = parts or [""]
    return "".join(parts)


def grown(grammar: str) -> Callable[[str, random.Random], str]:
    """A change that puts a new part from the grammar between two statements or lines, or starts anew."""
    some = symbols(grammar)

    def change(text: str, rng: random.Random) -> str:
        if rng.random() < 0.1:
            return derive(grammar, rng, size=rng.choice((10, 30, 80)))
        symbol = None if grammar in ("pipeline", "network") else rng.choice([s for s in some if s != "start"])
        new = derive(grammar, rng, size=rng.choice((5, 15, 40)), symbol=symbol)
        places = [m.end() for m in re.finditer(r"[;{}\n]", text)] or [len(text)]
        at = rng.choice(places) if rng.random() < 0.8 else rng.randrange(len(text) + 1)
        until = at if rng.random() < 0.6 else min(len(text), at + rng.randrange(20))
        return f"{text[:at]} {new} {text[until:]}"

    return change


def json_values(text: str, rng: random.Random) -> str:
    """Change a few values of a JSON document; another text is changed by its words."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return words(text, rng)
    for _ in range(rng.randint(1, 3)):
        value = _changed(value, rng)
    return json.dumps(value)


def _changed(value: Any, rng: random.Random) -> Any:
    if isinstance(value, dict | list) and value and rng.random() < 0.85:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        key = rng.choice(keys)
        match rng.randrange(8):
            case 0:
                del value[key]
            case 1 if isinstance(value, list):
                value.append(value[key])
            case 1:
                value[rng.choice(["x", "", "nodes", str(key) + "_"])] = value[key]
            case 2:
                value[key], value[keys[0]] = value[keys[0]], value[key]
            case _:
                value[key] = _changed(value[key], rng)
        return value
    odd: list[Any] = [
        None,
        True,
        -1,
        0,
        1,
        2**31,
        2**64,
        0.5,
        1e300,
        "",
        "a",
        "AAAA",
        "\0",
        [],
        {},
        [[]],
        [value],
        {"a": value},
        "9" * 30,
    ]
    if isinstance(value, int):
        odd += [value + 1, value - 1, -value, value * 2] * 3
    if isinstance(value, str) and value:
        at = rng.randrange(len(value))
        odd += [value[:at] + value[at + 1 :], value[:at] + rng.choice("aA0=/+*-_ {") + value[at:]] * 6
    return rng.choice(odd)


def some_bytes(data: bytes, rng: random.Random) -> bytes:
    """Change a few bytes: what a fuzzer does without knowing better."""
    out = bytearray(data or b" ")
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(out) + 1)
        match rng.randrange(4):
            case 0:
                out[at : at + rng.randint(1, 8)] = b""
            case 1:
                out[at:at] = bytes(rng.randrange(256) for _ in range(rng.randint(1, 4)))
            case 2 if at < len(out):
                out[at] ^= 1 << rng.randrange(8)
            case _:
                out[at:at] = out[: rng.randint(1, 16)]
    return bytes(out)


def cross(a: str, b: str, rng: random.Random) -> str:
    """The first part of one text and the last part of another, cut at the ends of statements."""
    cuts = [[0, *(m.end() for m in re.finditer(r"[;}\n,]", t)), len(t)] for t in (a, b)]
    return a[: rng.choice(cuts[0])] + b[rng.choice(cuts[1]) :]
