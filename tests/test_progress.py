"""Progress: who waits hears how far what is, on a terminal as a bar, and elsewhere nobody hears anything."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

import gossamer
from gossamer.cli import call
from gossamer.passes import placement_search
from gossamer.progress import listening, share, tell

#: Eight qubits of which all meet, twice, with turns between: no placement is free.
DENSE = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[8];' + 2 * "".join(
    f"cp(0.3) q[{a}],q[{b}]; rx(0.2) q[{a}];" for a in range(8) for b in range(a)
)


def test_shares_are_parts_of_parts() -> None:
    told: list[tuple[str, float | None]] = []
    with listening(lambda what, done: told.append((what, done))):
        with share("a", 0.5, 1.0), share("", 0.0, 0.5):
            tell("b", 0.5)
            tell("c")
        tell("d", 1.0)
        with listening(None):
            tell("nobody hears")
    tell("nobody hears")
    assert told == [("a: b", 0.625), ("a: c", None), ("d", 1.0)]


def test_a_compile_tells_what_it_does_and_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placement_search, "TICK", 0.001)
    told: list[tuple[str, float | None]] = []
    program = gossamer.compile(DENSE, "2:qubits=5", progress=lambda *x: told.append(x))
    whats = [what for what, _ in told]
    assert whats[:2] == ["read", "forms"]
    assert whats[-2:] == ["verify", "bound"]
    assert any("ebits so far, " in what and ": search: " in what for what in whats)
    done = [d for _, d in told if d is not None]
    assert done == sorted(done)
    assert 0 <= done[0] < done[-1] <= 1
    assert program.report["verified"]["holds"] is True
    again = gossamer.compile(DENSE, "2:qubits=5")
    assert (again.texts(), again.report) == (program.texts(), program.report)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_is_shown_on_a_terminal_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.qasm").write_text(DENSE)
    command = ["compile", str(tmp_path / "a.qasm"), "-n", "2:qubits=5", "--json"]
    assert call(command) == 0
    piped = capsys.readouterr()
    assert piped.err == ""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr(sys, "stderr", screen := Terminal())
    assert call(command) == 0
    assert "verify" in screen.getvalue()
    assert "\x1b[2K" in screen.getvalue()  # and it is wiped away
    reports = [json.loads(text) for text in (capsys.readouterr().out, piped.out)]
    assert reports[0].pop("seconds").keys() == reports[1].pop("seconds").keys()
    assert reports[0] == reports[1]
