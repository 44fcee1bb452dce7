"""How sources come in and go out by the command line and the API: inputs, opaque gates, includes, pipes, formats."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

import gossamer
from gossamer.cli import call
from gossamer.diagnostics import InputError, UsageError
from gossamer.frontends.qasm import read_qasm

TURN = 'OPENQASM 3.0;\ninclude "stdgates.inc";\ninput angle theta;\ninput int[8] n;\ninput bit flag;\nqubit q;\nfor int i in [1:n] { rx(theta) q; }\nif (flag) { h q; }\n'
MAGIC = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nopaque magic(t) a;\nqreg q[2];\nmagic(pi/4) q[0];\ncx q[0],q[1];\n'
COMMANDS = (
    ("compile", "-n", "2:qubits=1", "--json"),
    ("inspect", "--json"),
    ("convert", "-t", "gsm"),
)


def run(command: tuple[str, ...], source: str, *more: str) -> int:
    name, *options = command
    return call([name, source, *(["-"] if name == "convert" else []), *options, *more])


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "turn.qasm").write_text(TURN)
    (tmp_path / "magic.qasm").write_text(MAGIC)
    (tmp_path / "magic.inc").write_text("gate magic(t) a { rz(t) a; h a; }\n")
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c[0])
def test_inputs_are_bound(place: Path, command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(command, str(place / "turn.qasm"), "--bind", "theta=pi/4", "--bind", "n=3", "--bind", "flag=1") == 0
    assert capsys.readouterr().out
    bound = gossamer.read(place / "turn.qasm", bind={"theta": "pi/4", "n": 3, "flag": 1})
    want = 'OPENQASM 3.0; include "stdgates.inc"; qubit q; rx(pi/4) q; rx(pi/4) q; rx(pi/4) q; h q;'
    assert bound == read_qasm(want)


def test_bound_values_mean_what_they_say() -> None:
    plain = 'OPENQASM 3.0; include "stdgates.inc"; qubit q; rx(3*pi/8) q;'
    symbol = 'OPENQASM 3.0; include "stdgates.inc"; input angle t; qubit q; rx(3*t) q;'
    for value in ("pi/8", "π / 8", "2*pi/16", 3.141592653589793 / 8):
        assert gossamer.read(symbol, bind={"t": value}).phases[1].constant == pytest.approx(
            gossamer.read(plain).phases[1].constant, abs=1e-11
        )


@pytest.mark.clause("TL-7")
@pytest.mark.parametrize(
    ("type", "value"),
    [
        ("bit[2]", "111"),
        ("bit", "2"),
        ("bit[2]", 4),
        ("int", "1.5"),
        ("int", "7/2"),
        ("int", 2.5),
        ("int[8]", "128"),
        ("int[8]", -129),
        ("uint[4]", "16"),
        ("uint", "-1"),
        ("uint", float("inf")),
        ("int", "1im"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_and_not_cut(type: str, value: str | float) -> None:
    with pytest.raises(UsageError) as caught:
        gossamer.read(f"OPENQASM 3.0; input {type} x; qubit q;", bind={"x": value})
    assert caught.value.code == "TL-7"
    assert f"it is of type {type}; write" in str(caught.value)


@pytest.mark.parametrize(("type", "value"), [("bit[2]", "11"), ("int[8]", "-128"), ("int[8]", 127.0), ("uint[4]", "30/2"), ("uint", "10**300")])  # fmt: skip
def test_a_value_that_just_fits_is_taken(type: str, value: str | float) -> None:
    gossamer.read(f"OPENQASM 3.0; input {type} x; qubit q;", bind={"x": value})


def test_a_mistake_in_a_value_is_shown_in_the_value() -> None:
    with pytest.raises(InputError) as caught:
        gossamer.read("OPENQASM 3.0;\ninput int n; qubit q;", bind={"n": "1 / 0"})
    assert "1 | 1 / 0\n  |     ^\n" in str(caught.value)


def test_opaque_gates_are_defined(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = str(place / "magic.qasm")
    for command in COMMANDS:
        assert run(command, source, "--opaque", f"magic={place / 'magic.inc'}") == 0
    assert (
        call(
            [
                "compile",
                source,
                "-n",
                "2:qubits=1",
                "-o",
                str(place / "out"),
                "--opaque",
                f"magic={place / 'magic.inc'}",
            ]
        )
        == 0
    )
    assert call(["verify", str(place / "out"), "--against", source, "--opaque", f"magic={place / 'magic.inc'}"]) == 0
    capsys.readouterr()
    want = gossamer.read(MAGIC.replace("opaque magic(t) a;", "gate magic(t) a { rz(t) a; h a; }"))
    assert gossamer.read(MAGIC, opaque={"magic": "gate magic(t) a { rz(t) a; h a; }"}) == want
    assert gossamer.read(place / "magic.qasm", opaque={"magic": place / "magic.inc"}) == want
    assert gossamer.compile(MAGIC, "2:qubits=1", opaque={"magic": str(place / "magic.inc")}).source == want


@pytest.mark.clause("TL-7")
@pytest.mark.parametrize(
    ("source", "options"),
    [
        ("turn.qasm", ["--bind", "phi=1"]),
        ("turn.qasm", ["--bind", "theta"]),
        ("turn.qasm", ["--bind", "theta=1", "--bind", "theta=2"]),
        ("turn.qasm", ["--bind", "theta=__import__('os')"]),
        ("turn.qasm", ["--bind", "theta=unknown"]),
        ("turn.qasm", ["--bind", "=1"]),
        ("magic.qasm", ["--bind", "theta=1"]),
        ("magic.qasm", ["--opaque", "other=magic.inc"]),
        ("turn.qasm", ["--opaque", "magic=magic.inc"]),
        ("a.gsm", ["--bind", "theta=1.x"]),
    ],
)
def test_values_that_nothing_takes(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], source: str, options: list[str]
) -> None:
    monkeypatch.chdir(place)
    (place / "a.gsm").write_text(gossamer.convert("OPENQASM 2.0; qreg q[1];"))
    assert call(["inspect", source, *options]) in (1, 2)
    error = capsys.readouterr().err
    assert "error[TL-7]" in error or "error[QASM-" in error
    read = gossamer.read(MAGIC, opaque={"magic": "gate magic(t) a { rz(t) a; h a; }"})
    with pytest.raises(UsageError, match="no definitions"):
        gossamer.read(read, opaque={"magic": "magic.inc"})
    with pytest.raises(gossamer.InputError, match="no symbol 'x'"):
        gossamer.read(read, bind={"x": 1})


@pytest.mark.clause("QASM-3")
def test_includes_stay_below_the_folder(place: Path) -> None:
    inner = place / "inner"
    (inner / "lib").mkdir(parents=True)
    (inner / "lib" / "mine.inc").write_text("gate twice a { t a; t a; }\n")
    (place / "out.inc").write_text("gate twice a { t a; t a; }\n")
    (inner / "link.inc").symlink_to(place / "out.inc")
    os.mkfifo(inner / "pipe.inc")
    for version, head in (
        (2, 'OPENQASM 2.0; include "qelib1.inc"; include "{}"; qreg q[1];'),
        (3, 'OPENQASM 3.0; include "stdgates.inc"; include "{}"; qubit[1] q;'),
    ):
        source = inner / f"a{version}.qasm"
        source.write_text(head.format("lib/mine.inc") + " twice q[0];\n")
        assert gossamer.read(source).num_vertices > 2
        text = source.read_text()
        with pytest.raises(InputError) as caught:
            gossamer.read(text)
        assert caught.value.code == "QASM-3"
        for name in (
            "../out.inc",
            str(place / "out.inc"),
            "link.inc",
            "pipe.inc",
            "lib",
            "lib/../../out.inc",
            "missing.inc",
        ):
            source.write_text(head.format(name) + " twice q[0];\n")
            with pytest.raises(InputError) as caught:
                gossamer.read(source)
            assert caught.value.code == "QASM-3", name
            assert "gate twice" not in str(caught.value)


@pytest.mark.clause("TL-3")
def test_a_pipe_is_no_source(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(place / "pipe.qasm")
    for source in (place / "pipe.qasm", Path("/dev/null")):
        assert call(["inspect", str(source), "-f", "qasm"]) == 1
        assert "error[TL-3]" in capsys.readouterr().err


def test_a_folder_is_no_source(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["compile", str(place), "-n", "2", "-o", str(place / "out")]) == 1
    assert f"error[TL-3]: '{place}' is a folder" in capsys.readouterr().err


@pytest.mark.clause("NW-2")
def test_a_pipe_is_no_network(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(place / "net.yaml")
    assert call(["network", "check", str(place / "net.yaml")]) == 1
    assert "error[NW-2]: the network file" in capsys.readouterr().err


def test_standard_input(place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def give(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(buffer=io.BytesIO(text.encode())))

    give(TURN)
    assert (
        call(
            [
                "convert",
                "-",
                "-",
                "-f",
                "qasm",
                "-t",
                "qasm2",
                "--bind",
                "theta=pi/4",
                "--bind",
                "n=1",
                "--bind",
                "flag=0",
            ]
        )
        == 0
    )
    assert "rx(pi/4) q[0];" in capsys.readouterr().out
    give(".v a b\nBEGIN\ntof a b\nEND\n")
    assert call(["convert", "-", "-", "-f", "qc", "-t", "qasm"]) == 0
    assert "cx" in capsys.readouterr().out


def test_formats_by_ending(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "a.qc").write_text(".v a b c\n.i a b\nBEGIN\nH a\ntof a b c\nT* b\nEND\n")
    for out in ("b.qasm", "b.qasm2", "b.qasm3", "b.gsm", "b.gsmj"):
        assert call(["convert", str(place / "a.qc"), str(place / out)]) == 0
        again = gossamer.read(place / out)
        assert (len(again.inputs), len(again.outputs)) == (2, 3)
    assert (place / "b.qasm2").read_text().startswith("OPENQASM 2.0;")
    assert (place / "b.qasm").read_text() == (place / "b.qasm3").read_text()


def test_a_reader_that_goes_away_is_no_error(place: Path) -> None:
    command = [sys.executable, "-m", "gossamer", "compile", str(place / "a.qasm"), "-n", "2", "--json"]
    (place / "a.qasm").write_text("OPENQASM 2.0; qreg q[2]; CX q[0],q[1];")
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, check=False, cwd=Path(__file__).parents[1])
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.clause("PR-12")
def test_inputs_without_a_value_are_not_compiled() -> None:
    for text in (
        TURN.replace("input int[8] n;", "const int n = 1;"),
        TURN.replace("input angle theta;", "const angle theta = 1;").replace("input int[8] n;", "const int n = 1;"),
    ):
        with pytest.raises(InputError) as caught:
            gossamer.compile(text, "1")
        assert caught.value.code == "PR-12"
    assert gossamer.compile(TURN, "1", bind={"theta": 0.5, "n": 2, "flag": 1}).report["verified"]["holds"]
