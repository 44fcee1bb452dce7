"""Every command, its exit codes, and what it does with bad input: a diagnostic with code and place, and nothing left behind."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from gossamer.cli import call

BELL = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\ncreg c[2];\nh q[0];\ncx q[0],q[1];\nmeasure q -> c;\n'
UNMEASURED = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[3];\nh q[0];\ncx q[0],q[1];\nt q[1];\ncx q[1],q[2];\n'


class Result(NamedTuple):
    code: int
    out: str
    err: str


Gossamer = Callable[..., Result]


@pytest.fixture
def gossamer(capsys: pytest.CaptureFixture[str]) -> Gossamer:
    def run(*arguments: object) -> Result:
        code = call([str(a) for a in arguments])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Result(code, captured.out, captured.err)

    return run


@pytest.fixture
def bell(tmp_path: Path) -> Path:
    path = tmp_path / "bell.qasm"
    path.write_text(BELL)
    return path


@pytest.fixture
def compiled(bell: Path, gossamer: Gossamer) -> Path:
    out = bell.parent / "out"
    assert gossamer("compile", bell, "-n", "2:qubits=1", "-o", out).code == 0
    return out


def test_compile_writes_the_folder_and_says_what_it_made(compiled: Path) -> None:
    names = sorted(p.name for p in compiled.iterdir())
    assert names == ["manifest.json", "n0.qasm", "n1.qasm", "placed.gsm", "report.json", "source.gsm", "timings.json"]
    report = json.loads((compiled / "report.json").read_text())
    assert report["ebits"] == len(report["links"]) == 1
    assert report["verified"]["holds"] is True
    assert report["peak_qubits"] == {"n0": 1, "n1": 1}
    assert report["peak_comm"] == {"n0": 1, "n1": 1}
    assert (report["fidelity"], report["shot_overhead"], report["bound"]) == (None, 1, 0)
    assert "seconds" not in json.dumps(report)
    assert json.loads((compiled / "timings.json").read_text())["total"] > 0
    assert "rz" not in (compiled / "manifest.json").read_text()


def test_compile_json_is_the_report_and_the_times(bell: Path, gossamer: Gossamer) -> None:
    out = bell.parent / "out"
    result = gossamer("compile", bell, "-n", "2:qubits=1", "-o", out, "--json")
    printed = json.loads(result.out)
    assert printed.pop("seconds")["total"] > 0
    assert printed == json.loads((out / "report.json").read_text())
    assert json.loads(gossamer("compile", bell, "-n", "2:qubits=1", "--json").out)["ebits"] == 1


def test_the_same_compile_gives_the_same_bytes(bell: Path, gossamer: Gossamer) -> None:
    folders = [bell.parent / "a", bell.parent / "b"]
    for folder in folders:
        assert gossamer("compile", bell, "-n", "2", "--seed", "3", "-o", folder).code == 0
    for path in folders[0].iterdir():
        if path.name != "timings.json":
            assert path.read_bytes() == (folders[1] / path.name).read_bytes()


def test_run(compiled: Path, gossamer: Gossamer) -> None:
    for name in ("source.gsm", "placed.gsm", "report.json", "timings.json"):
        (compiled / name).unlink()
    result = json.loads(gossamer("run", compiled, "--shots", "200", "--seed", "5", "--json").out)
    assert {"counts", "registers", "shots", "seed", "engine", "seconds"} <= set(result)
    assert set(result["counts"]) == {"00", "11"}
    assert sum(result["counts"].values()) == result["shots"] == 200
    assert (result["registers"], result["seed"]) == ([["c", 2]], 5)
    again = json.loads(gossamer("run", compiled, "--shots", "200", "--seed", "5", "--json").out)
    assert again["counts"] == result["counts"]
    assert "11" in gossamer("run", compiled).out


def test_verify(compiled: Path, bell: Path, gossamer: Gossamer) -> None:
    assert gossamer("verify", compiled).code == 0
    for name in ("source.gsm", "placed.gsm", "report.json", "timings.json"):
        (compiled / name).unlink()
    verdict = json.loads(gossamer("verify", compiled, "--against", bell, "--json").out)
    assert {"method", "holds", "cases", "seconds", "detail"} <= set(verdict)
    assert verdict["holds"] is True
    assert gossamer("verify", compiled, "--against", bell, "--method", "structural").code == 0
    other = bell.parent / "other.qasm"
    other.write_text(BELL.replace("h q[0]", "x q[0]"))
    result = gossamer("verify", compiled, "--against", other, "--json")
    assert result.code == 4
    assert json.loads(result.out)["holds"] is False


def test_measure_all(tmp_path: Path, gossamer: Gossamer) -> None:
    source, out = tmp_path / "a.qasm", tmp_path / "out"
    source.write_text(UNMEASURED)
    assert gossamer("compile", source, "-n", "2", "-o", out).code == 0
    result = gossamer("run", out)
    assert (result.code, "error[TL-12]" in result.err, "--measure-all" in result.err) == (1, True, True)
    late = json.loads(gossamer("run", out, "--measure-all", "--json").out)
    assert gossamer("compile", source, "-n", "2", "-o", out, "--measure-all").code == 0
    early = json.loads(gossamer("run", out, "--json").out)
    assert early["registers"] == late["registers"] == [["meas", 3]]
    assert set(early["counts"]) == set(late["counts"]) == {"000", "111"}
    assert gossamer("verify", out, "--against", source, "--measure-all").code == 0


def test_convert_and_compile_the_text_form(bell: Path, gossamer: Gossamer, monkeypatch: pytest.MonkeyPatch) -> None:
    gsm = bell.with_suffix(".gsm")
    assert gossamer("convert", bell, gsm).code == 0
    printed = gossamer("convert", gsm, "-").out
    assert printed == gsm.read_text()
    assert gossamer("compile", gsm, "-n", "2:qubits=1", "-o", bell.parent / "out").code == 0
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(BELL.encode())))
    assert gossamer("convert", "-", "-", "-f", "qasm").out == printed
    assert gossamer("convert", bell, bell.parent / "a.doc").code == 2
    assert gossamer("convert", bell, bell.parent / "missing" / "a.gsm").code == 1


def test_inspect(compiled: Path, bell: Path, gossamer: Gossamer) -> None:
    figures = json.loads(gossamer("inspect", bell, "--json").out)
    fields = {
        "kind",
        "qubits",
        "inputs",
        "outputs",
        "vertices",
        "edges",
        "bits",
        "results",
        "delays",
        "t_count",
        "clifford",
        "flow",
    }
    assert fields <= set(figures)
    assert (figures["kind"], figures["qubits"], figures["inputs"], figures["outputs"]) == ("diagram", 2, 2, 0)
    assert (figures["bits"], figures["results"], figures["clifford"], figures["flow"]) == (
        2,
        [["c", 2]],
        True,
        "causal",
    )
    folder = json.loads(gossamer("inspect", compiled, "--json").out)
    assert fields <= set(folder)
    assert (folder["kind"], folder["ebits"]) == ("distribution", 1)
    assert "causal" in gossamer("inspect", bell).out


def test_network_commands(gossamer: Gossamer) -> None:
    assert "two-ions" in gossamer("network", "list").out
    assert "two-ions" in json.loads(gossamer("network", "list", "--json").out)
    assert len(json.loads(gossamer("network", "show", "line:3", "--wires", "6", "--json").out)["nodes"]) == 3
    assert gossamer("network", "check", "grid:2x2:qubits=1").out.startswith(
        "ok: 4 nodes, 4 quantum links, 4 data qubits"
    )
    assert json.loads(gossamer("network", "schema").out)["title"] == "Network"
    assert gossamer("network", "show", "4").code == 2


def test_listings(gossamer: Gossamer) -> None:
    for command, name in [("passes", "partition"), ("backends", "circuit"), ("frontends", "qasm")]:
        assert name in gossamer(command).out
        assert name in [row["name"] for row in json.loads(gossamer(command, "--json").out)]
    rows = {row["name"]: row for row in json.loads(gossamer("passes", "--json").out)}
    options = {"effort": 1, "seed": 0, "objective": "ebits", "least": 1, "anneal": True}
    assert rows["partition"]["options"].items() >= options.items()


def test_pipelines(bell: Path, gossamer: Gossamer) -> None:
    pipeline = "graph-like, partition{effort=0,seed=7}, links, circuit"
    result = gossamer("compile", bell, "-n", "2:qubits=1", "--json", "-p", pipeline)
    assert json.loads(result.out)["pipeline"] == pipeline.replace(" ", "")
    result = gossamer("compile", bell, "-n", "2", "--json", "-p", "links,circuit")
    assert (result.code, "error[TL-8]" in result.err) == (2, True)
    assert gossamer("compile", bell, "-n", "2", "--json", "-p", pipeline, "--effort", "2").code == 2


@pytest.mark.clause("TL-10")
def test_explain(gossamer: Gossamer) -> None:
    assert gossamer("explain", "NW-3").out.startswith("[NW-3] ")
    assert gossamer("explain", "tl-5").out.startswith("[TL-5] ")
    result = gossamer("explain", "ZZ-99")
    assert (result.code, result.out, "error[TL-10]" in result.err) == (2, "", True)


# ---- bad input ------------------------------------------------------------------------------------------------------

HEAD = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\ncreg c[2];\n'


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("hh q[0];", "5:1"),
        ("cx q[0],q[0];", "5:"),
        ("h q[2];", "5:"),
        ("h r[0];", "5:3"),
        ("measure q[0] -> d[0];", "5:"),
        ("rx(pi q[0];", "5:"),
        ("rx(1/0) q[0];", "5:"),
        ("h q[0]", "5:"),
    ],
    ids=["unknown gate", "repeated qubit", "index", "undeclared", "undeclared bits", "syntax", "division", "end"],
)
def test_a_bad_source_is_a_diagnostic_with_its_place(tmp_path: Path, gossamer: Gossamer, line: str, place: str) -> None:
    source, out = tmp_path / "bad.qasm", tmp_path / "out"
    source.write_text(HEAD + line)
    result = gossamer("compile", source, "-n", "2", "-o", out)
    assert result.code == 1
    assert result.out == ""
    assert result.err.startswith("error[")
    assert f"--> {source}:{place}" in result.err
    assert [p.name for p in tmp_path.iterdir()] == ["bad.qasm"]
    code = result.err[len("error[") :].split("]")[0]
    assert gossamer("explain", code).code == 0


@pytest.mark.parametrize("text", [b"\xff\xfe\x00", b"{}", b"OPENQASM 9.0;\n"])
def test_a_source_that_is_no_program(tmp_path: Path, gossamer: Gossamer, text: bytes) -> None:
    source = tmp_path / "bad.qasm"
    source.write_bytes(text)
    result = gossamer("compile", source, "-n", "2", "-o", tmp_path / "out")
    assert (result.code, result.err.startswith("error[")) == (1, True)
    assert not (tmp_path / "out").exists()


@pytest.mark.clause("TL-2", "TL-3")
def test_missing_and_unknown_sources(tmp_path: Path, gossamer: Gossamer) -> None:
    out = tmp_path / "out"
    for source, code, exit_code in [("missing.qasm", "TL-3", 1), ("a.doc", "TL-2", 2), (tmp_path, "TL-3", 1)]:
        result = gossamer("compile", source, "-n", "2", "-o", out)
        assert (result.code, f"error[{code}]" in result.err) == (exit_code, True)
    assert gossamer("compile", "-", "-n", "2", "-o", out).code == 2


def test_names_that_no_system_takes(bell: Path, gossamer: Gossamer) -> None:
    for name in ("x" * 5000, "a\0b"):
        assert gossamer("inspect", name + ".qasm").code == 1
        assert gossamer("inspect", name).code == 2
        assert gossamer("network", "show", name + ".yaml").code == 1
        assert gossamer("run", name).code in (1, 2)
    result = gossamer("compile", bell, "-n", "2", "-o", bell.parent / ("x" * 5000))
    assert (result.code, "error[TL-5]" in result.err) == (1, True)


@pytest.mark.clause("NW-13")
def test_a_network_that_is_too_small_is_exit_3(bell: Path, gossamer: Gossamer) -> None:
    result = gossamer("compile", bell, "-n", "1:qubits=1", "-o", bell.parent / "out")
    assert result.code == 3
    assert "error[NW-13]" in result.err
    assert "data: 2 on n0 (now 1)" in result.err
    result = gossamer("compile", bell, "-n", "2:qubits=1,comm=0", "-o", bell.parent / "out")
    assert (result.code, "communication qubit" in result.err) == (3, True)
    assert not (bell.parent / "out").exists()


@pytest.mark.clause("NW-8")
def test_bad_network_files(bell: Path, gossamer: Gossamer) -> None:
    network = bell.parent / "net.yaml"
    for text, code, place in [
        ("nodes: [", "NW-1", ":2:1"),
        ("nodes:\n  - {name: a, data: many}\n", "NW-3", ":2:21"),
        ("nodes:\n  - {name: a, data: 2, model: abacus}\n", "NW-8", ""),
    ]:
        network.write_text(text)
        result = gossamer("compile", bell, "-n", network, "-o", bell.parent / "out")
        assert (result.code, f"error[{code}]" in result.err, f"{network}{place}" in result.err or not place) == (
            1,
            True,
            True,
        )
    network.unlink()
    assert "error[NW-2]" in gossamer("compile", bell, "-n", network, "-o", bell.parent / "out").err
    network.mkdir()
    assert gossamer("compile", bell, "-n", network, "-o", bell.parent / "out").code == 1
    assert not (bell.parent / "out").exists()


@pytest.mark.clause("TL-4")
def test_an_output_that_is_in_the_way(bell: Path, gossamer: Gossamer) -> None:
    result = gossamer("compile", bell, "-n", "2", "-o", bell)
    assert (result.code, "error[TL-4]" in result.err) == (1, True)
    assert bell.read_text() == BELL
    mine = bell.parent / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("ten years")
    assert gossamer("compile", bell, "-n", "2", "-o", mine).code == 1
    assert [p.name for p in mine.iterdir()] == ["thesis.txt"]
    assert gossamer("compile", bell, "-n", "2", "-o", mine, "--force").code == 0
    assert not (mine / "thesis.txt").exists()


@pytest.mark.parametrize("call_number", [1, 4])
def test_an_interrupted_write_leaves_nothing(
    bell: Path, gossamer: Gossamer, monkeypatch: pytest.MonkeyPatch, call_number: int
) -> None:
    true, calls = Path.open, iter(range(1, 100))

    def interrupted(self: Path, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        if "w" in mode and next(calls) == call_number:
            raise KeyboardInterrupt
        return true(self, mode, *arguments, **options)

    monkeypatch.setattr(Path, "open", interrupted)
    result = gossamer("compile", bell, "-n", "2", "-o", bell.parent / "out")
    assert result.code == 130
    assert [p.name for p in bell.parent.iterdir()] == ["bell.qasm"]


def test_folders_that_are_none_of_ours(compiled: Path, tmp_path: Path, gossamer: Gossamer) -> None:
    for command in ("run", "verify", "inspect"):
        result = gossamer(command, tmp_path)
        assert (result.code, result.err.startswith("error[")) == (1, True)
        broken = tmp_path / "broken"
        shutil.copytree(compiled, broken)
        (broken / "n1.qasm").unlink()
        result = gossamer(command, broken)
        assert (result.code, "n1.qasm" in result.err) == (1, True)
        shutil.rmtree(broken)
    assert gossamer("run", tmp_path / "missing").code == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["compile"],
        ["compile", "a.qasm", "-n", "2", "--effort", "9", "--json"],
        ["compile", "BELL", "-n", "2"],
        ["compile", "BELL", "-n", "2", "--json", "--objective", "luck"],
        ["compile", "BELL", "-n", "2", "--json", "--seed", "-1"],
        ["run", "OUT", "--shots", "0"],
        ["run", "OUT", "--engine", "abacus"],
        ["verify", "OUT", "--method", "hope"],
        ["nonsense"],
        ["run", "OUT", "--noise"],
    ],
    ids=" ".join,
)
def test_wrong_commands_are_exit_2(compiled: Path, bell: Path, gossamer: Gossamer, arguments: list[str]) -> None:
    names = {"BELL": str(bell), "OUT": str(compiled)}
    result = gossamer(*(names.get(a, a) for a in arguments))
    assert (result.code, result.out) == (2, "")
    assert result.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["compile", "BELL", "-n", "2", "--json", "--objective", "LONG"],
        ["compile", "BELL", "-n", "2", "--json", "--forms", "LONG"],
        ["compile", "BELL", "-n", "2", "--json", "-p", "forms{without=LONG},lower"],
        ["compile", "BELL", "-n", "2", "--json", "-p", "graph-like,partition{objective=LONG},links,lower"],
        ["compile", "BELL", "-n", "2", "--json", "-p", "graph-like,partition{LONG=1},links,lower"],
        ["convert", "OUT", "APP", "-t", "netqasm{bits=LONG}"],
        ["convert", "OUT", "APP", "-t", "netqasm{flavour=LONG}"],
        ["manifest", "LONG"],
    ],
    ids=" ".join,
)
def test_of_a_long_value_a_diagnostic_shows_the_beginning(
    compiled: Path, bell: Path, gossamer: Gossamer, tmp_path: Path, arguments: list[str]
) -> None:
    names = {"BELL": str(bell), "OUT": str(compiled), "APP": str(tmp_path / "app")}
    result = gossamer(*(names.get(a, a.replace("LONG", "x" * 100_000)) for a in arguments))
    assert (result.code, result.out, result.err.count("error[")) == (2, "", 1)
    assert len(result.err) < 1500


@pytest.mark.clause("TL-14")
def test_a_bug_of_ours_is_exit_70(
    bell: Path, gossamer: Gossamer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*arguments: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("gossamer.passes.graph_like.GraphLike.run", broken)
    result = gossamer("compile", bell, "-n", "2", "--json")
    assert (result.code, "error[TL-14]" in result.err, "ZeroDivisionError" in result.err) == (70, True, True)
    assert call(["compile", str(bell), "-n", "2", "--json", "--debug"]) == 70
    assert "Traceback" in capsys.readouterr().err


def test_a_pass_that_breaks_an_invariant_is_found_by_verify_each(
    bell: Path, gossamer: Gossamer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from gossamer.passes.graph_like import GraphLike

    true = GraphLike.run
    monkeypatch.setattr(
        GraphLike, "run", lambda self, d: replace(true(self, d), order=true(self, d).order[::-1].copy())
    )
    result = gossamer("compile", bell, "-n", "2", "--json")
    assert (result.code, "graph-like" in result.err) == (70, True)


def test_output_that_cannot_be_written_is_no_bug_of_ours() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with open("/dev/full", "w") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "gossamer", "backends"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert ran.returncode == 1
    assert ran.stderr.startswith("error[TL-5]: cannot write the output")


def test_a_kept_source_that_is_no_file_does_not_block(compiled: Path, gossamer: Gossamer) -> None:
    (compiled / "source.gsm").unlink()
    os.mkfifo(compiled / "source.gsm")
    for command in ("verify", "inspect"):
        result = gossamer(command, compiled)
        assert result.code == 1
        assert "error[TL-3]" in result.err


@pytest.mark.parametrize(("key", "value"), [("data", 10**9), ("data", -1), ("comm", -1), ("name", "zz")])
def test_a_strange_manifest_is_bad_input_for_every_command(
    compiled: Path, gossamer: Gossamer, key: str, value: int | str
) -> None:
    file = compiled / "manifest.json"
    manifest = json.loads(file.read_text(encoding="utf-8"))
    manifest["nodes"][0][key] = value
    file.write_text(json.dumps(manifest), encoding="utf-8")
    for command in ("run", "inspect"):
        result = gossamer(command, compiled)
        assert result.code == 1, result.err
        assert "error[PR-" in result.err


def test_compile_merge_writes_one_pattern_of_all_nodes(gossamer: Gossamer, bell: Path, tmp_path: Path) -> None:
    assert gossamer("compile", bell, "-n", "2mbqc", "-o", tmp_path / "out", "--merge").code == 0
    shown = json.loads(gossamer("inspect", tmp_path / "out" / "merged.pattern.json", "--json").out)
    assert shown["kind"] == "diagram"
    assert gossamer("compile", bell, "-n", "1+1mbqc", "-o", tmp_path / "two", "--merge").code == 1
    assert not (tmp_path / "two").exists()
    assert gossamer("compile", bell, "-n", "2mbqc", "--json", "--merge").code == 2


def test_compile_says_why_a_figure_of_the_hardware_is_unknown(tmp_path: Path, gossamer: Gossamer) -> None:
    (tmp_path / "bell.qasm").write_text(BELL)
    (tmp_path / "net.yaml").write_text(
        "nodes:\n- {name: a, data: 1, comm: 1, gates: [{name: cz, duration: 1us}, u3]}\n- {name: b, data: 1, comm: 1}\nlinks: [{nodes: [a, b]}]\n"
    )
    done = gossamer("compile", tmp_path / "bell.qasm", "-n", tmp_path / "net.yaml", "-o", tmp_path / "out")
    assert done.code == 0
    assert "makespan     unknown" in done.out
    assert "note: makespan: " in done.err
    plain = gossamer("compile", tmp_path / "bell.qasm", "-n", "2:qubits=1", "-o", tmp_path / "out")
    assert (plain.code, plain.err) == (0, "")
