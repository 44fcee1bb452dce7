"""What is fuzzed: for each reader of text, what has to hold whatever the text is, how inputs are changed, and where they begin.

A reader gives a value or one diagnostic that prints in a few lines. A value passes its own ``verify``, and where there is a printer of
the format, printing and reading give it again.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from tempfile import mkdtemp
from typing import Any

from gossamer.diagnostics import GossamerError
from gossamer.ir.diagram import Diagram
from tests.fuzz import mutate, tket
from tests.shared import SHARED

HERE = Path(__file__).resolve().parents[2]
MAX_LENGTH = 1500
Change = Callable[[str, random.Random], str]


@cache
def folder() -> Path:
    """Where includes are looked up: one file that is there, one link that leads out."""
    made = Path(mkdtemp(prefix="gossamer-fuzz-"))
    (made / "part.inc").write_text("gate part(t) a { rz(t) a; }\n", encoding="utf-8")
    (made / "self.inc").write_text('include "self.inc";\n', encoding="utf-8")
    (made / "link.inc").symlink_to("/etc/hostname")
    return made


def _openqasm(text: str) -> None:
    """Runs of plain gates are read in both ways."""
    from gossamer.formats.openqasm import normalise
    from gossamer.frontends.qasm import read_qasm
    from gossamer.frontends.qasm_flat import find_runs

    bind = {"t": "pi/4", "n": 3} if text.startswith("// bound") else None
    opaque = {"g": "gate g(t) a, b { cx a, b; rz(t) b; }"} if "opaque" in text else None

    def read(fast: bool) -> Diagram:
        return read_qasm(text, "fuzz.qasm", folder=folder(), bind=bind, opaque=opaque, fast=fast)

    if not find_runs(normalise(text)):
        return read(True).verify()
    by_grammar: Diagram | str
    try:
        by_grammar = read(False)
    except GossamerError as error:
        by_grammar = str(error)
    try:
        diagram = read(True)
    except GossamerError as error:
        assert str(error) == by_grammar, "without the grammar another diagnostic comes first"
        raise
    assert diagram == by_grammar, "without the grammar another diagram is read"
    return diagram.verify()


def _qc(text: str) -> None:
    from gossamer.frontends.qc import read

    read(text, "fuzz.qc").verify()


def _pytket(text: str) -> None:
    from gossamer.frontends.objects import read_pytket_json
    from tests.fuzz.forking import answer

    read_pytket_json(text, "fuzz.json", process=answer).verify()


def _program(text: str) -> None:
    from gossamer.formats.circuit_program import print_program, read_program

    program = read_program(text, "fuzz.qasm")
    printed = print_program(program)
    assert print_program(read_program(printed)) == printed, "printing and reading give another program"


def _gsm(text: str) -> None:
    from gossamer.frontends.gsm import read
    from gossamer.ir.text import parse_text, print_text

    level = parse_text(text, "fuzz.gsm")
    assert parse_text(print_text(level)) == level, "printing and reading give another value"
    read(text, "fuzz.gsm").verify()


def _gsmj(text: str) -> None:
    from gossamer.frontends.compact import read
    from gossamer.ir.compact import parse_compact, print_compact

    diagram = parse_compact(text, "fuzz.gsmj")
    assert parse_compact(print_compact(diagram)) == diagram, "printing and reading give another diagram"
    read(text, "fuzz.gsmj").verify()


def _pattern(text: str) -> None:
    from gossamer.formats.pattern_json import print_pattern, read_pattern
    from gossamer.frontends.pattern import read

    read(text, "fuzz.pattern.json").verify()
    if '"gossamer"' in text:
        pattern = read_pattern(text)
        assert read_pattern(print_pattern(pattern)) == pattern, "printing and reading give another pattern"


def _ptn(text: str) -> None:
    from gossamer.frontends.pattern import read_ptn

    read_ptn(text, "fuzz.ptn").verify()


def _walk(text: str) -> None:
    from gossamer.frontends.walk_files import read_automaton, read_walk

    (read_automaton if "automaton" in text else read_walk)(text, "fuzz.yaml").verify()


def _network(text: str) -> None:
    from gossamer.ir.network_text import parse_network, print_network, resolve_network

    if "\n" in text or "{" in text:
        network = parse_network(text, "fuzz.yaml")
    elif not text.strip().lower().endswith((".yaml", ".yml", ".json")):  # not the name of a file
        network = resolve_network(text, 4)
    else:
        return
    network.verify()
    if network.size <= 40:
        assert parse_network(print_network(network)) == network, "printing and reading give another network"


def _pipeline(text: str) -> None:
    from gossamer.pipeline import parse_pipeline

    steps = parse_pipeline(text)
    assert parse_pipeline(",".join(map(str, steps))) == steps, "printing and reading give another pipeline"
    for step in steps:
        step.make()


@dataclass(frozen=True)
class Target:
    """``share`` is the part of the runs that it gets."""

    read: Callable[[str], None]
    changes: tuple[Change, ...]
    seeds: Callable[[], tuple[str, ...]]
    share: float
    files: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()

    def all_seeds(self) -> list[str]:
        """Texts to start from: some of its own, small files of the checkout, and of the public corpus if it is there."""
        paths = [p for pattern in self.files for p in sorted(HERE.glob(pattern))]
        paths += [p for pattern in self.shared for p in sorted(SHARED.glob(pattern))]
        small = [p for p in paths if p.stat().st_size <= MAX_LENGTH]
        return [*self.seeds(), *dict.fromkeys(p.read_bytes().decode("utf-8", "surrogateescape") for p in small)]


_QASM2_HEAD = 'OPENQASM 2.0;\ninclude "qelib1.inc";\ngate g(t) a { rz(t) a; }\nqreg q[3];\ncreg c[2];\n'
#: Long enough to be read without the grammar, whatever single statement is changed.
_RUN = "h q[0];cx q[0],q[1];rz(pi/4) q[2];x q[1];\n" * 18
_QASM3_HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[3] q;\nbit[3] c;\nint[8] n = 3;\nfloat t = 0.5;\n'


def _compact_seed() -> str:
    from gossamer.frontends.qasm import read_qasm
    from gossamer.ir.compact import print_compact

    return print_compact(
        read_qasm(
            "qreg q[2]; creg c[1]; U(0,0,pi/3) q[0]; CX q[0],q[1]; measure q[1] -> c[0]; if (c==1) U(pi,0,pi) q[0];"
        )
    )


def _text_seeds() -> tuple[str, ...]:
    """A diagram, an open graph and a placed graph."""
    from gossamer import compile, read
    from gossamer.ir.text import print_text
    from gossamer.passes.graph_like import GraphLike

    source = "qreg q[2]; creg c[1]; U(0,0,pi/3) q[0]; CX q[0],q[1]; measure q[1] -> c[0]; if (c==1) U(pi,0,pi) q[0];"
    diagram = read(source)
    placed = compile(source, "2:qubits=1", check=False).placed
    assert placed is not None
    return tuple(print_text(level) for level in (diagram, GraphLike().run(diagram), placed))


def _program_seeds() -> tuple[str, ...]:
    from gossamer.api import compile

    source = 'include "qelib1.inc"; qreg q[2]; creg c[2]; h q[0]; rzz(pi/8) q[0],q[1]; measure q -> c;'
    return tuple(compile(source, "2:qubits=1", check=False).texts().values())


@cache
def targets() -> dict[str, Target]:
    qasm2, qasm3 = mutate.grown("openqasm2"), mutate.grown("openqasm3")
    words, statements = mutate.words, mutate.statements
    golden = ("tests/frontends/golden/*.qasm", "examples/*.qasm")
    return {
        "openqasm2": Target(
            _openqasm, (words, statements, qasm2), lambda: ('OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[3];\ncreg c[2];\nh q[0];\ncx q[0], q[1];\n', _QASM2_HEAD + _RUN), 0.22,
            golden, ("corpus/qasm2/*/*.qasm", "corpus/invalid/qasm2/*.qasm", "corpus/invalid/encoding/*"),
        ),
        "openqasm3": Target(
            _openqasm, (words, statements, qasm3, qasm3), lambda: (_QASM3_HEAD + "x q[0];\n", _QASM3_HEAD + _RUN, "// bound\n" + _QASM3_HEAD + "input angle t;\n"), 0.24,
            golden, ("corpus/qasm3/*/*.qasm", "corpus/invalid/qasm3/*.qasm"),
        ),
        "program": Target(_program, (words, statements, mutate.grown("node_program")), _program_seeds, 0.10),
        "qc": Target(_qc, (words, statements), lambda: (".v a b c\n.i a b\n.o a b c\nBEGIN\nH a\ntof a b c\nT* b\nEND\n",), 0.12, (), ("corpus/qc/*/*.qc",)),
        "pytket": Target(_pytket, (mutate.json_values, words), tket.seeds, 0.07, (), ("corpus/tket_json/*/*.json",)),
        "gsm": Target(_gsm, (words, statements, mutate.grown("gsm")), _text_seeds, 0.10),
        "gsmj": Target(_gsmj, (mutate.json_values, words), lambda: (_compact_seed(),), 0.06),
        "pattern": Target(_pattern, (mutate.json_values, words, statements), lambda: (), 0.06, ("tests/frontends/patterns/*.json",), ("corpus/invalid/mbqc/*.json",)),
        "ptn": Target(_ptn, (words, statements, mutate.grown("ptn")), lambda: (), 0.03, ("tests/frontends/patterns/*.ptn",)),
        "walk": Target(_walk, (words, statements), lambda: (), 0.03, ("examples/*.walk.yaml", "examples/*.qca.yaml")),
        "network": Target(
            _network, (words, statements, mutate.json_values, mutate.grown("network")),
            lambda: ("4", "grid:2x3:qubits=2,comm=1", '{"nodes": [{"name": "a", "data": 2}, {"name": "b", "data": 1, "comm": 1}], "links": [{"nodes": ["a", "b"]}]}'),
            0.05, ("gossamer/ir/presets/*.yaml",),
        ),
        "pipeline": Target(_pipeline, (words, mutate.grown("pipeline")), lambda: ("graph-like,partition{effort=1,seed=0},links,circuit",), 0.04),
    }  # fmt: skip


def shrink_limits(put: Callable[[Any, str, int], None] = setattr) -> None:
    """Make the readers' limits so small that a short input reaches them: what is bounded by them ends within the time of one input."""
    from gossamer import frontends
    from gossamer.frontends import qasm3_control, qasm3_state

    for found in iter_modules(frontends.__path__, "gossamer.frontends."):
        module = import_module(found.name)
        for name, limit in (("MAX_STEPS", 2_000), ("MAX_QUBITS", 1_000)):
            if hasattr(module, name):
                put(module, name, limit)
    put(qasm3_control, "_MAX_WHILE", 500)
    put(qasm3_state, "MAX_WORK", 20_000)


def check(name: str, text: str) -> str:
    """Read ``text``; what happened: ``read``, or the code of the refusal. Anything else is raised."""
    try:
        targets()[name].read(text)
    except GossamerError as error:
        shown = str(error)
        assert error.exit_code in (1, 2, 5), f"an error of our own: {shown[:500]}"
        assert error.args[0], "an empty message"
        assert len(shown) < 3000, f"a message of {len(shown)} characters"
        assert all(c.isprintable() or c == "\n" for c in shown), "a message that is not printable"
        return error.code
    return "read"


def changed(name: str, data: bytes, rng: random.Random, bytewise: Callable[[bytes], bytes]) -> bytes:
    """One of the changes of the target, or one that knows bytes only."""
    changes = targets()[name].changes
    if rng.random() < 0.3:
        return bytewise(data)
    text = data.decode("utf-8", "replace")
    return rng.choice(changes)(text, rng).encode("utf-8", "replace")[:MAX_LENGTH]
