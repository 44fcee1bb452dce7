"""Random texts of a grammar of ``spec/grammar``: the normative grammar is the generator."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

from gossamer.specification import read_spec

#: Texts of the terminals that are regular expressions; names are few, so that they are often those that are declared.
TERMINALS = {
    "NAME": ("q", "q", "q", "c", "c", "r", "x", "h", "cx", "rz", "U", "u3", "g", "f", "n", "t", "i", "a", "gphase", "sin", "popcount", "ключ"),
    "INT": ("0", "0", "1", "1", "2", "3", "8", "64", "007", "1_0", "9" * 30),
    "REAL": ("0.5", ".25", "1.", "1e-3", "3.14159", "1e300", "1E400"),
    "HEX": ("0xF", "0b10", "0o7", "0x" + "F" * 40),
    "TIMING": ("10ns", "1.5 us", "3dt"),
    "IMAGINARY": ("1im", "0.5 im"),
    "BITS": ('"0"', '"1"', '"01"', '"1_0"'),
    "STRING": ('"qelib1.inc"', '"stdgates.inc"', '"part.inc"', '"../part.inc"', "'link.inc'", '"a"', '""'),
    "ANNOTATION": ("@a b\n", "@gossamer.send id=m0\n", "@gossamer.ebit id=l0 half=a\n"),
    "PRAGMA": ("#pragma x\n", "pragma y\n"),
    "HARDWARE": ("$0", "$1", "$99999999"),
    "ASSIGN": ("=", "+=", "-=", "*=", "/=", "**=", "%=", "<<=", ">>=", "&=", "|=", "^=", "~="),
    "EQUALITY": ("==", "!="), "SHIFT": ("<<", ">>"), "PRODUCT": ("/", "%"), "LEVEL": ("diagram", "open-graph", "placed"),
    "KIND": ("XY", "YZ", "XZ", "OUTPUT", "X", "Y", "Z", "H"), "HALF": ("a", "b"),
    "COMPARISON": ("<", ">", "<=", ">="),
    "SCALAR": ("bit", "int", "uint", "float", "angle", "bool", "duration", "stretch"),
    "IO": ("input", "output"), "ACCESS": ("readonly", "mutable"), "CTRL": ("ctrl", "negctrl"), "PI": ("pi", "π", "τ"),
    "JUMP": ("break", "continue", "end"), "FUNCTION": ("sin", "cos", "tan", "exp", "ln", "sqrt"),
    "VERTEX": ("v0", "v1", "v2", "v3", "v9"), "BIT": ("b0", "b1", "b2"), "LINK": ("l0", "l1"), "JOIN": ("j0", "j1"),
    "KEY": ("effort", "seed", "qubits", "comm"), "WORD": ("yes", "fm"), "TEXT": ('"q[0]=n0"', '""'), "SHAPE": ("line", "ring", "star", "grid"),
}  # fmt: skip
_NAMES = {"pipeline": ("graph-like", "partition", "links", "circuit"), "gsm": ("n0", "n1", "alice", "circuit", "t")}


@cache
def _rules(grammar: str) -> tuple[dict[str, list[list[Any]]], dict[str, tuple[str, ...]], dict[str, int]]:
    """Expansions of each rule, texts of each terminal, and for each symbol the least depth of a derivation."""
    from lark import Lark
    from lark.grammar import NonTerminal

    start = "statement" if grammar == "gsm" else "start"
    lark = Lark(read_spec(f"grammar/{grammar}.lark"), parser="lalr", start=start, keep_all_tokens=True)
    rules: dict[str, list[list[Any]]] = {}
    for rule in lark.rules:
        rules.setdefault(rule.origin.name, []).append(rule.expansion)
    words = {}
    for terminal in lark.terminals:
        fixed = terminal.pattern.type == "str"
        words[terminal.name] = (terminal.pattern.value,) if fixed else TERMINALS.get(terminal.name, ("?",))
    if grammar in _NAMES:
        words["NAME"] = _NAMES[grammar]
    depth = dict.fromkeys(words, 0)
    for _ in range(len(rules)):
        for name, expansions in rules.items():
            known = [max((depth[s.name] for s in e), default=0) for e in expansions if all(s.name in depth for s in e)]
            if known:
                depth[name] = min(depth.get(name, 10**9), 1 + min(known))
    assert all(not isinstance(s, NonTerminal) or s.name in depth for e in rules.values() for x in e for s in x)
    return rules, words, depth


def derive(grammar: str, rng: random.Random, *, size: int = 60, symbol: str | None = None) -> str:
    """A random text of about ``size`` words, of the whole grammar or of one of its rules.

    Examples
    --------
    >>> derive("network", random.Random(3))
    'ring:999999999999999999999999999999:comm=007'
    """
    rules, words, depth = _rules(grammar)
    out: list[str] = []
    todo = [symbol or ("statement" if grammar == "gsm" else "start")]
    while todo:
        name = todo.pop()
        if name in words:
            out.append(rng.choice(words[name]))
            continue
        expansions = rules[name]
        cost = [max((depth[s.name] for s in e), default=0) for e in expansions]
        least = min(cost)
        room = size - len(out) - len(todo)
        fitting = [e for e, c in zip(expansions, cost, strict=True) if c <= max(least, room // 2)]
        todo += [s.name for s in reversed(rng.choice(fitting))]
    return ("" if grammar == "network" else " ").join(out)


def symbols(grammar: str) -> list[str]:
    """The rules that a derivation can start from; those that lark made up are left out."""
    return sorted(name for name in _rules(grammar)[0] if not name.startswith("_"))
