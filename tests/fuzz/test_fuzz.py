"""What the fuzzer asks of every reader, for a few inputs of each; and the inputs that it has found, for good."""

from __future__ import annotations

import os
import random
from collections import Counter
from pathlib import Path

import pytest

from gossamer.diagnostics import InputError, UsageError
from gossamer.frontends import qasm3_state
from gossamer.frontends.qasm import read_qasm
from gossamer.pipeline import parse_pipeline
from tests.fuzz import mutate, targets
from tests.fuzz.derive import derive, symbols
from tests.fuzz.guard import Guard, OutOfBounds

FOUND = sorted((Path(__file__).parent / "found").glob("*"))


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    targets.shrink_limits(monkeypatch.setattr)


@pytest.mark.usefixtures("small_limits")
@pytest.mark.parametrize("name", list(targets.targets()))
def test_changed_texts(name: str) -> None:
    if name == "pytket":
        pytest.importorskip("pytket")
    rng = random.Random(name)
    pool = [text.encode("utf-8", "surrogateescape") for text in targets.targets()[name].all_seeds()]
    outcomes: Counter[str] = Counter()
    for _ in range(150):
        data = rng.choice(pool)
        for _ in range(rng.randint(0, 3)):
            data = targets.changed(name, data, rng, lambda d: mutate.some_bytes(d, rng))
        outcome = targets.check(name, data.decode("utf-8", "replace"))
        outcomes[outcome] += 1
        if outcome == "read":
            pool.append(data)
    assert outcomes["read"] > 2  # most seeds are programs to be refused
    assert len(outcomes) > 1


@pytest.mark.usefixtures("small_limits")
@pytest.mark.parametrize("path", FOUND, ids=lambda p: p.name)
def test_found(path: Path) -> None:
    targets.check(path.name.split("-")[0], path.read_bytes().decode("utf-8", "replace"))


@pytest.mark.parametrize("grammar", ["openqasm2", "openqasm3", "node_program", "gsm", "pipeline", "network"])
def test_derived_texts_follow_the_grammar(grammar: str) -> None:
    """All words that a derivation can end in are words of the language: none is made up."""
    rng = random.Random(0)
    texts = {derive(grammar, rng, size=30) for _ in range(60)}
    assert len(texts) > 20
    assert not any("?" in text.split() for text in texts)
    assert symbols(grammar)


def test_the_guard_sees_a_file_outside(tmp_path: Path) -> None:
    guard = Guard(tmp_path)
    with pytest.raises(OutOfBounds, match="opened /etc/"), guard.holding():
        Path("/etc/hostname").exists() and Path("/etc/hostname").read_bytes()
        open("/etc/hostname").close()
    (tmp_path / "here").write_text("x")
    with guard.holding():
        (tmp_path / "here").read_text()
    with pytest.raises(OutOfBounds, match=r"os\.system"), guard.holding():
        os.system("true")


HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[3] q;\nbit[3] c;\nint[32] k = 0;\n'
CALLS = "def f0(qubit a) { }\n" + "".join(f"def f{i}(qubit a) {{ f{i - 1}(a); f{i - 1}(a); }}\n" for i in range(1, 41))


@pytest.mark.clause("QASM-12")
@pytest.mark.parametrize(
    "text",
    [
        CALLS + "f40(q[0]);",
        "while (true) { while (k < 900) { k += 1; } k = 0; }",
        "while (k < 900) { k += 1; " + "k += 0;" * 200 + " }",
        "array[int[32], 1000, 1000] a; array[int[32], 1000, 1000] b; for int i in [0:9000] { b = a; }",
        "array[int[32], 1000000] a; for int i in [0:9000] { for int j in a { break; } }",
        "array[int[32], 1000000] a; for int i in [0:9000] { a[0:999998] = a[0:999998]; }",
        "for int i in [0:9000] { array[int[8], 1000000] b; }",
        "bit[100000] b; for int i in [0:9000] { b = b << 1; }",
        "c = measure q; for int i in [0:9000] { if (c[0]) { k += 1; } }",
    ],
    ids=["calls", "nested-while", "long-while", "copy", "iterate", "slice", "declare", "shift", "merge"],
)
def test_computation_is_bounded(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qasm3_state, "MAX_WORK", 20_000)
    with pytest.raises(InputError, match="steps of computation") as caught:
        read_qasm(HEAD + text)
    assert caught.value.code == "QASM-12"


def test_a_long_source_may_compute_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qasm3_state, "MAX_WORK", 20_000)
    lines = "".join(f"k = {i} + k * 2 % 7;\n" for i in range(3 * qasm3_state.MAX_WORK // 20))
    read_qasm(HEAD + lines)


def test_storing_one_element_does_not_copy_the_array(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qasm3_state, "MAX_WORK", 30_000)
    read_qasm(HEAD + "array[int[8], 50000] a; for int i in [0:1000] { a[i] = 1; }")


def test_a_step_with_empty_braces() -> None:
    assert [str(step) for step in parse_pipeline("graph-like{ }, partition{}")] == ["graph-like", "partition"]


def test_messages_are_printable() -> None:
    with pytest.raises(UsageError) as caught:
        raise UsageError("TL-7", "a\x1b[2Jb\u202e", help="c\0d")
    assert str(caught.value) == "error[TL-7]: a\ufffd[2Jb\ufffd\nhelp: c\ufffdd"
