"""Small programs in which a reader can go wrong, drawn at random: scopes, precedence, modifiers, aliases, bit order, conditions and resets.

:func:`openqasm2` and :func:`openqasm3` draw programs that other readers accept too; :func:`integers` draws an expression of whole numbers with its
value, worked out here as C does it (division towards zero), which is what OpenQASM 3 asks for.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

ONE = ("h", "x", "y", "z", "s", "sdg", "t", "tdg", "sx", "id")
ROTATIONS = ("rx", "ry", "rz", "p", "u1")
TWO = ("cx", "cz", "cy", "ch", "swap")
TURNED = ("crx", "cry", "crz", "cp")


#: Conditions that every reader takes.
_SIMPLE = ("c[0]", "!c[1]", "c[2] == 1", "c[1] == false", *(f"c == {n}" for n in range(8)))


@dataclass
class _If:
    """A branch on a condition, or with the numbers of its cases on the register ``c``."""

    test: str
    bodies: list[list[Any]]  # then, else
    cases: list[int] = field(
        default_factory=list
    )  # of a switch, one for each of the first bodies; the last is the default

    def tricky(self) -> Iterator[str]:
        if not self.cases:
            yield f"if ({self.test}) {{"
            yield from _lines(self.bodies[0], "tricky")
            if self.bodies[1]:
                yield "} else {"
                yield from _lines(self.bodies[1], "tricky")
            yield "}"
            return
        yield "switch (c) {"
        for case, body in zip([*self.cases, None], self.bodies, strict=True):
            if case is not None or body:
                yield "default {" if case is None else f"case {case} {{"
                yield from _lines(body, "tricky")
                yield "}"
        yield "}"

    def plain(self) -> Iterator[str]:
        """As it is, if it is simple; else a tree of comparisons of one register with one number, the truth of each leaf worked out here."""
        if self.test in _SIMPLE:
            yield f"if ({self.test.replace('== 1', '== true') if '[' in self.test else self.test}) {{"
            yield from [*_lines(self.bodies[0], "plain"), "} else {", *_lines(self.bodies[1], "plain"), "}"]
            return
        chosen = {(c, d): self._choice(c, d) for c in range(8) for d in range(2)}
        for c in range(8):
            yield f"if (c == {c}) {{"
            if chosen[c, 0] == chosen[c, 1]:
                yield from _lines(self.bodies[chosen[c, 0]], "plain")
            else:
                yield "if (d == 0) {"
                yield from _lines(self.bodies[chosen[c, 0]], "plain")
                yield "} else {"
                yield from _lines(self.bodies[chosen[c, 1]], "plain")
                yield "}"
            yield "} else {"
        yield from ["}"] * 8

    def _choice(self, c: int, d: int) -> int:
        if self.cases:
            return self.cases.index(c) if c in self.cases else len(self.cases)
        text = re.sub(r"([cd])\[(\d)\]", r"(\1 >> \2 & 1)", self.test).replace("~c", "(7 - c)")
        text = text.replace("&&", " and ").replace("||", " or ").replace("!(", " not (").replace("false", "0")
        return 0 if eval(text, {"c": c, "d": d, "bool": bool}) else 1


@dataclass
class _Loop:
    span: str
    values: tuple[int, ...]
    body: list[str]

    def tricky(self) -> Iterator[str]:
        yield from [f"for int i in {self.span} {{", *self.body, "}"]

    def plain(self) -> Iterator[str]:
        for value in self.values:
            yield from (re.sub(r"\bi\b", str(value), line) for line in self.body)


@dataclass
class _Written:
    """A statement and what it stands for."""

    short: str
    long: str

    def tricky(self) -> Iterator[str]:
        yield self.short

    def plain(self) -> Iterator[str]:
        yield self.long


#: Operations on whole registers, aliases, slices and sets.
_WHOLE = (
    ("h q;", "h q[0]; h q[1]; h q[2];"), ("cx q[0:1], r;", "cx q[0], r[0]; cx q[1], r[1];"), ("cz w, q;", "cz w, q[0]; cz w, q[1]; cz w, q[2];"),
    ("rz(0.3) al;", "rz(0.3) q[2]; rz(0.3) q[0]; rz(0.3) r[1];"), ("cp(0.4) r, am;", "cp(0.4) r[0], q[1]; cp(0.4) r[1], r[0];"),
    ("cx q, w;", "cx q[0], w; cx q[1], w; cx q[2], w;"), ("ctrl @ rx(0.2) r, q[0:1];", "crx(0.2) r[0], q[0]; crx(0.2) r[1], q[1];"),
    ("x q[{2, 0}];", "x q[2]; x q[0];"), ("sx q[2:-1:1];", "sx q[2]; sx q[1];"), ("t q[-2:-1];", "t q[1]; t q[2];"), ("barrier al, w;", ""),
    ("negctrl @ h al[0:1], am;", "x q[2]; ch q[2], q[1]; x q[2]; x q[0]; ch q[0], r[0]; x q[0];"), ("gphase(0.3);", ""), ("ctrl @ gphase(0.3) w;", "p(0.3) w;"),
    ("box { h r[0]; { s r[1]; } }", "h r[0]; s r[1];"), ("pow(0.5) @ x w;", "sx w;"), ("inv @ ctrl @ s q[0], w;", "cp(-pi/2) q[0], w;"),
    ("{ int[8] n = 2; { int[8] n = 3; rz(n * 0.1) w; } n += 1; rz(n * 0.2) w; }", "rz(0.3) w; rz(0.6) w;"),
    ("{ int[8] m = 0; while (m < 3) { m += 2; if (m == 4) { continue; } rz(m) w; } rx(m) w; }", "rz(2.0) w; rx(4.0) w;"),
    ("{ float q = 0.5; for uint i in [1:3] { if (i == 3) { break; } q = q * i; } ry(q) w; }", "ry(1.0) w;"),
    ("twice(am, 0.3);", "rx(0.3) q[1]; cx q[1], r[0]; rx(0.6) q[1]; cx q[1], r[0];"), ("twice(q[{2, 1}], k2);", "rx(0.7) q[2]; cx q[2], q[1]; rx(1.4) q[2]; cx q[2], q[1];"),
    ("{ array[float[64], 2, 2] v = {{0.1, 0.2}, {0.3, 0.4}}; v[1] = v[0]; v[0, 1] += v[1, 1]; rz(v[0][1]) w; rx(v[1, 1]) w; }", "rz(0.4) w; rx(0.2) w;"),
    ("{ uint[4] u = 15; u += 2; u <<= 1; rz(u * 0.1) w; int[4] v = 7; v += 1; rz(v * 0.1) w; }", "rz(0.2) w; rz(-0.8) w;"),
    ("{ bit[4] b = \"0110\"; b[0] = b[1] & !b[3]; int[8] v = int[8](b << 1); rz(v * 0.1) w; }", "rz(1.4) w;"),
    ("{ let q = r; x q[0]; }", "x r[0];"), ("{ const float pi2 = pi / 2; rz(pi2 * 0.5 ** 2) w; }", "rz(pi/8) w;"),
    ("ctrl @ rz(0.8) q[1], w;", "crz(0.8) q[1], w;"), ("ctrl @ U(0.1, 0.2, 0.3) q[1], w;", "U(0.1, 0.2, 0.3) w; inv @ U(0.1, 0.2, 0.3) w; cu(0.1, 0.2, 0.3, 0) q[1], w;"),
)  # fmt: skip
_MEASURED = (
    ("c[0:1] = measure r;", "c[0] = measure r[0]; c[1] = measure r[1];"), ("c[1:2] = measure q[0:1];", "c[1] = measure q[0]; c[2] = measure q[1];"),
    ("c[0:2:2] = measure am;", "c[0] = measure q[1]; c[2] = measure r[0];"), ("measure q[1:2] -> c[1:2];", "c[1] = measure q[1]; c[2] = measure q[2];"),
    ("c[1] = flipped(r, c[0]);", "if (c[0]) { x r[1]; } cx r[0], r[1]; c[1] = measure r[1];"),
    ("c[0] = flipped(am, !c[2]);", "if (!c[2]) { x r[0]; } cx q[1], r[0]; c[0] = measure r[0];"),
    ("c[{2, 0}] = measure r;", "c[2] = measure r[0]; c[0] = measure r[1];"), ("c[-1:-1:-2] = measure am;", "c[2] = measure q[1]; c[1] = measure r[0];"),
)  # fmt: skip
_TWICE = "def twice(qubit[2] a, float[64] t) { for int i in [1:2] { rx(t * i) a[0]; cx a[0], a[1]; } t = 9.0; }"
_FLIPPED = "def flipped(qubit[2] a, bit b) -> bit { if (b) { x a[1]; } b = 0; cx a[0], a[1]; return measure a[1]; }"
_ALIASES = {
    "al[0]": "q[2]",
    "al[1]": "q[0]",
    "al[2]": "r[1]",
    "am[0]": "q[1]",
    "am[1]": "r[0]",
    "q[-1]": "q[2]",
    "r[-1]": "r[1]",
    "c[-1]": "c[2]",
}


def _lines(items: list[Any], form: str) -> Iterator[str]:
    for item in items:
        if isinstance(item, str):
            yield item
        else:
            yield from item.tricky() if form == "tricky" else item.plain()


@dataclass
class _Drawn:
    """A program in the making; ``left`` bounds what makes branches: measurements and resets."""

    rng: random.Random
    left: int = 5
    consts: list[str] = field(default_factory=list)
    gates: list[tuple[str, int, int]] = field(default_factory=list)  # name, parameters, qubits
    loop: list[str] = field(default_factory=list)

    def pick(self, *items: str) -> str:
        return self.rng.choice(items)

    # Angles

    def marked(self) -> str:
        """An angle of OpenQASM 3 outside of definitions, between marks: Python works out its value too."""
        return f"«{self.angle()}»"

    def angle(self, names: tuple[str, ...] = (), depth: int = 3, power: str = "**") -> str:
        """A real expression without a quotient of whole numbers."""
        rng = self.rng
        if not depth or rng.random() < 0.25:
            return self.pick("pi", "0.5", "pi/3", "1.25", "2.0", ".3", "1e-1", *names, *names, *self.consts)
        a, b = self.angle(names, depth - 1, power), self.angle(names, depth - 1, power)
        small = self.pick("2", "3", "1")
        match rng.randrange(9 if power else 6):
            case 0:
                return f"{a} + {b}"
            case 1:
                return f"{a} - {b}"
            case 2:
                return f"{a} - ({b} - {a})"
            case 3:
                return f"-{a} * {b}"
            case 4:
                return f"({a}) / {self.pick('2.0', '3.0', '0.7')}"
            case 5:
                return f"({a}) * -({b})"
            case 6:
                return f"-0.5{power}{small} * {a}"
            case 7:
                return f"2.0{power}{small}{power}{self.pick('0.5', '2')} - {b}"
            case _:
                return f"{self.pick('sin', 'cos')}({a})"

    # OpenQASM 3

    def wires(self, count: int) -> list[str]:
        known = ["q[0]", "q[1]", "q[-1]", "r[0]", "r[-1]", "w"]
        places = {
            "q[0]": 0,
            "q[1]": 1,
            "q[-1]": 2,
            "r[0]": 3,
            "r[-1]": 4,
            "w": 5,
            "al[0]": 2,
            "al[1]": 0,
            "al[2]": 4,
            "am[1]": 3,
        }
        pool = known + (["al[0]", "al[1]", "al[2]", "am[1]"] if self.rng.random() < 0.5 else [])
        out: list[str] = []
        while len(out) < count:
            name = self.rng.choice(pool)
            if places[name] not in [places[x] for x in out]:
                out.append(name)
        return out

    def call(self) -> str:
        """A gate with modifiers on distinct qubits."""
        rng = self.rng
        kinds: list[tuple[str, int, int]] = [
            (self.pick(*ONE), 0, 1),
            (self.pick(*ROTATIONS), 1, 1),
            (self.pick(*TWO), 0, 2),
            (self.pick(*TURNED), 1, 2),
            ("ccx", 0, 3),
            ("U", 3, 1),
        ]
        gate, parameters, qubits = rng.choice(kinds + self.gates * 2)
        modifiers = ""
        for _ in range(rng.choice((0, 0, 0, 1, 1, 2, 3))):
            kind = self.pick(
                "inv @ ", "ctrl @ ", "negctrl @ ", "pow(2) @ ", "pow(-1) @ ", "pow(3) @ ", "pow(0) @ ", "ctrl(2) @ "
            )
            more = 2 if "(2) @" in kind and "ctrl" in kind else int("ctrl" in kind)
            if qubits + more > 4:
                continue
            qubits += more
            modifiers += kind
        text = f"({', '.join(self.marked() for _ in range(parameters))})" if parameters else ""
        return f"{modifiers}{gate}{text} {', '.join(self.wires(qubits))};"

    def test(self, simple: bool) -> str:
        number = self.rng.randrange(8)
        if simple:
            return self.rng.choice(_SIMPLE)
        return self.pick(
            f"c != {number}", f"c < {number}", f"c >= {number}", "c[0] && !c[1]",
            "c[0] || c[2] && d[0]", "(c[0] || c[2]) && d[0]", "c[0] == c[2]", "(c & 6) == 2", "(c ^ 5) > 3", "(~c) == 6", "bool(c[0] ^ c[1])", "d == c[0]",
        )  # fmt: skip

    def statement(self, depth: int) -> list[Any]:
        rng = self.rng
        kind = rng.randrange(14)
        if kind in (0, 1) and self.left > 0:
            self.left -= 1
            return [f"{self.pick('c[0]', 'c[1]', 'c[2]', 'c[-1]', 'd[0]')} = measure {self.wires(1)[0]};"]
        if kind == 2 and self.left > 0:
            self.left -= 1
            return [f"reset {self.wires(1)[0]};"]
        if kind == 3 and self.left > 1:
            self.left -= 2
            return [_Written(*rng.choice(_MEASURED))]
        if depth and kind in (4, 5, 6):
            return [
                _If(
                    self.test(depth < 2 or rng.random() < 0.4),
                    [self.block(depth - 1), self.block(depth - 1) if rng.random() < 0.6 else []],
                )
            ]
        if depth == 2 and kind == 7:
            cases = rng.sample(range(8), 2)
            return [_If("", [self.block(0), self.block(0), self.block(0) if rng.random() < 0.6 else []], cases)]
        if depth and kind == 8:
            span, values = rng.choice(
                (("[0:2]", (0, 1, 2)), ("[2:-1:0]", (2, 1, 0)), ("{2, 0}", (2, 0)), ("[0:2:2]", (0, 2)), ("[1:0]", ()))
            )
            body = [
                self.pick(
                    "h q[i];",
                    "rz(i * 0.3) w;",
                    "cx q[i], w;",
                    "rx(pi / (i + 1.0)) q[i];",
                    "cp(0.1 * i - 1) q[i], r[0];",
                    "U(0.1, i, 0.3) al[i];",
                )
                for _ in range(2)
            ]
            return [_Loop(span, values, body)]
        if kind == 9:
            return [_Written(*rng.choice(_WHOLE))]
        return [self.call()]

    def block(self, depth: int) -> list[Any]:
        return [line for _ in range(self.rng.randint(1, 2)) for line in self.statement(depth)]

    def definition(self, number: int) -> str:
        parameters, qubits = ("ta", "tb")[: self.rng.randrange(3)], ("a", "b", "q")[: self.rng.randint(1, 3)]
        lines = []
        for _ in range(self.rng.randint(1, 4)):
            gate, n, k = self.rng.choice(
                [
                    (self.pick(*ONE), 0, 1),
                    (self.pick(*ROTATIONS), 1, 1),
                    (self.pick(*TWO), 0, 2),
                    ("gphase", 1, 0),
                    *self.gates,
                ]
            )
            if k > len(qubits):
                continue
            modifier = self.pick("", "", "inv @ ", "pow(2) @ ", "pow(-2) @ ")
            if modifier == "" and k < len(qubits) and self.rng.random() < 0.4:
                modifier, k = self.pick("ctrl @ ", "negctrl @ "), k + 1
            text = f"({', '.join(self.angle(parameters, 2, '') for _ in range(n))})" if n else ""
            lines.append(f"  {modifier}{gate}{text} {', '.join(self.rng.sample(qubits, k))};")
        name = f"g{number}"
        self.gates.append((name, len(parameters), len(qubits)))
        head = f"({', '.join(parameters)})" if parameters else ""
        return "\n".join([f"gate {name}{head} {', '.join(qubits)} {{", *lines, "}"])


def openqasm3(seed: int) -> tuple[str, str]:
    """A program of six qubits, with at most five measurements and resets (those inside of branches count once).

    The second text is the program with the values of its constants and angles in their places, as Python works them out.
    """
    d = _Drawn(random.Random(seed))
    head = ["OPENQASM 3.0;", 'include "stdgates.inc";']
    values: dict[str, Any] = {"pi": math.pi, "sin": math.sin, "cos": math.cos}
    consts = []
    for name in ("k0", "k1")[: d.rng.randrange(3)]:
        expression = d.angle()
        values[name] = eval(expression, values)
        consts.append(f"const float {name} = {expression};")
        d.consts.append(name)
    consts += ["const float k2 = 0.7;", _TWICE, _FLIPPED]
    rest = [d.definition(i) for i in range(d.rng.randrange(3))]
    rest += [
        "qubit[3] q;",
        "qubit[2] r;",
        "qubit w;",
        "bit[3] c;",
        "bit[1] d;",
        "let al = q[{2, 0}] ++ r[1:1];",
        "let am = q[1:1] ++ r[0:0];",
    ]
    items = [*rest, *(line for _ in range(d.rng.randint(4, 9)) for line in d.statement(2))]
    plain = []
    for line in _lines(items, "plain"):
        if line.startswith("let "):
            continue
        line = re.sub("«(.*?)»", lambda m: repr(float(eval(m[1], values))), line.replace("qubit w;", "qubit[1] w;"))
        line = re.sub(r"\bk\d\b", lambda m: f"({values[m[0]]!r})", line)
        line = re.sub(r"\b(al|am|q|r|c)\[-?\d\]", lambda m: _ALIASES.get(m[0], m[0]), line)
        plain.append(line if line.startswith("qubit") else re.sub(r"\bw\b", "w[0]", line))
    tricky = [re.sub("[«»]", "", line) for line in _lines(items, "tricky")]
    return "\n".join(head + consts + tricky) + "\n", "\n".join(head + plain) + "\n"


def openqasm2(seed: int) -> str:
    """A program of five qubits in version 2."""
    d = _Drawn(random.Random(seed))
    rng = d.rng
    lines = ["OPENQASM 2.0;", 'include "qelib1.inc";']
    gates: list[tuple[str, int, int]] = []
    for i in range(rng.randrange(4)):
        parameters, qubits = ("pi2", "q", "t")[: rng.randrange(3)], ("a", "b", "c")[: rng.randint(1, 3)]
        body = []
        for _ in range(rng.randint(0, 4)):
            gate, n, k = rng.choice(
                [
                    (d.pick(*ONE), 0, 1),
                    (d.pick(*ROTATIONS), 1, 1),
                    (d.pick(*TWO), 0, 2),
                    ("U", 3, 1),
                    ("u2", 2, 1),
                    *gates * 2,
                ]
            )
            if k <= len(qubits):
                text = (
                    f"({','.join(d.angle(parameters, 2, '^') for _ in range(n))})"
                    if n
                    else d.pick("", "()")
                    if gate[0] == "g"
                    else ""
                )
                body.append(f"{gate}{text} {','.join(rng.sample(qubits, k))};")
        head = f"({','.join(parameters)})" if parameters else ""
        lines.append(f"gate g{i}{head} {','.join(qubits)} {{ {' '.join(body)} }}")
        gates.append((f"g{i}", len(parameters), len(qubits)))
    lines += ["qreg q[3];", "qreg r[2];", "creg c[3];", "creg d[2];"]
    wires = ["q[0]", "q[1]", "q[2]", "r[0]", "r[1]"]
    for _ in range(rng.randint(4, 12)):
        prefix = f"if ({d.pick('c', 'd')} == {rng.randrange(9)}) " if rng.random() < 0.35 else ""
        kind = rng.randrange(8)
        if kind == 0 and d.left > 0:
            d.left -= 1
            lines.append(f"{prefix}measure {rng.choice(wires)} -> {d.pick('c[0]', 'c[1]', 'c[2]', 'd[0]', 'd[1]')};")
        elif kind == 1 and d.left > 0:
            d.left -= 1
            lines.append(f"{prefix}reset {rng.choice(wires)};")
        elif kind == 2 and d.left > 2:
            d.left -= 3
            whole = d.pick("measure q -> c;", "measure r -> d;", "reset r;")
            # what a condition on the target of a broadcast means is a question of its own: see the tests
            lines.append(whole if whole.startswith("measure") else prefix + whole)
        elif kind == 3:
            lines.append(prefix + d.pick("h q;", "cx q[1], r;", "cx r, q[2];", "cu1(0.3) r, q[0];", "u2(pi, 0.1) q;"))
        else:
            gate, n, k = rng.choice(
                [
                    (d.pick(*ONE), 0, 1),
                    (d.pick(*ROTATIONS), 1, 1),
                    (d.pick(*TWO), 0, 2),
                    ("cu3", 3, 2),
                    ("ccx", 0, 3),
                    ("CX", 0, 2),
                    *gates * 2,
                ]
            )
            text = f"({', '.join(d.angle((), 3, '^') for _ in range(n))})" if n else ""
            lines.append(f"{prefix}{gate}{text} {', '.join(rng.sample(wires, k))};")
    return "\n".join(lines) + "\n"


def integers(rng: random.Random, depth: int = 4) -> tuple[str, int]:
    """An expression of whole numbers in OpenQASM 3, every operator of it, and its value."""
    if not depth or rng.random() < 0.15:
        value = rng.randrange(10)
        return rng.choice((str(value), hex(value), bin(value), oct(value))), value
    (a, x), (b, y) = integers(rng, depth - 1), integers(rng, depth - 1)
    while True:
        kind = rng.choice(
            ("+", "-", "*", "/", "%", "<<", ">>", "&", "|", "^", "neg", "~", "**", "bare", "<", "==", "cast")
        )
        match kind:
            case "+" | "-" | "*" | "&" | "|" | "^":
                value = {"+": x + y, "-": x - y, "*": x * y, "&": x & y, "|": x | y, "^": x ^ y}[kind]
                out = f"({a}) {kind} ({b})"
            case "/" | "%" if y:
                quotient = abs(x) // abs(y) * (1 if (x < 0) == (y < 0) else -1)
                value = quotient if kind == "/" else x - y * quotient
                out = f"({a}) {kind} ({b})"
            case "<<" if 0 <= y < 5:
                value, out = x << y, f"({a}) << ({b})"
            case ">>" if 0 <= y < 5:
                value, out = x >> y, f"({a}) >> ({b})"
            case "**" if 0 <= y < 4 and abs(x) < 20 and "/" not in a + b:  # a root is real
                value, out = x**y, f"({a}) ** ({b})"
            case "neg":
                value, out = -x, f"-({a})"
            case "~":
                value, out = ~x, f"~({a})"
            case "bare":  # precedence without brackets: * before + before << before & before ^ before |
                p, q, r = (rng.randrange(1, 9) for _ in range(3))
                value = p | q ^ r & p << 1 + q * 2 % 5
                out = f"{p} | {q} ^ {r} & {p} << 1 + {q} * 2 % 5"
            case "<" | "==":
                value, out = int(x < y if kind == "<" else x == y), f"int(({a}) {kind} ({b}))"
            case "cast" if x >= 0:
                value, out = x % 16, f"int(uint[4]({a}))" if x < 16 else f"int(({a}) % 16)"
            case _:
                continue
        if abs(value) < 2**40:
            return out, value
