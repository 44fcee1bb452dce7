"""Suites, peers, the second counter, tables, the chart, and the command from end to end."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

import gossamer
from gossamer.bench.chart import to_svg
from gossamer.bench.count import count_ebits
from gossamer.bench.peers import Adapter, PeerFile, Result, find_adapter, read_peers, shape_of
from gossamer.bench.run import Options, Row, measured, run_job
from gossamer.bench.suite import Job, built_in, read_suite
from gossamer.bench.tables import limits_of, lines_of, means, to_csv, to_markdown
from gossamer.cli import call
from gossamer.diagnostics import GossamerError, InputError, MissingPackage, UsageError
from gossamer.ir.network_text import resolve_network

HEADER = 'OPENQASM 2.0; include "qelib1.inc";\n'
GHZ = HEADER + "qreg q[3]; h q[0]; cx q[0],q[1]; cx q[1],q[2];\n"


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "qasm" / "ghz_3.qasm", GHZ)
    write(tmp_path / "qasm" / "broken.qasm", HEADER + "qreg q[2]; cx q[0],q[0];")
    write(tmp_path / "qasm" / "notes.txt", "no circuit")
    results = [
        {"peer": "old", "circuit": "ghz_3", "k": 3, "topo": "a2a", "cap": 2, "ebits": 4.0, "status": "ok"},
        {"peer": "roomy", "circuit": "ghz_3", "k": 3, "topo": "a2a", "cap": 9, "ebits": 1},
        {"peer": "late", "circuit": "ghz_3", "k": 3, "topo": "a2a", "cap": 2, "status": "timeout"},
    ]
    write(tmp_path / "peers.json", json.dumps({"results": results}))
    write(
        tmp_path / "suite.yaml",
        "suite: s\ncircuits: qasm\npeers: peers.json\nrows:\n- circuits: ['ghz*']\n  networks: [3, 'line:3']\n",
    )
    return tmp_path


# ---- suites -----------------------------------------------------------------------------------------------------------


def test_a_suite_names_jobs(folder):
    suite = read_suite(folder / "suite.yaml")
    assert [(j.circuit, j.network) for j in suite.jobs] == [("ghz_3", "3"), ("ghz_3", "line:3")]
    assert suite.peers == folder / "peers.json"
    twice = write(folder / "twice.yaml", "suite: t\nrows:\n- circuits: [ghz_64, 'ghz*']\n  networks: ['2']\n")
    assert read_suite(twice).jobs == (Job("ghz_64", None, "2"),)
    other = write(folder / "other.yaml", "suite: t\nrows:\n- circuits: ['*_3']\n  networks: ['2']\n")
    assert [j.circuit for j in read_suite(other, folder / "qasm").jobs] == ["ghz_3"]
    assert len(built_in().jobs) == len(set(built_in().jobs))


@pytest.mark.parametrize(
    ("code", "text", "place"),
    [
        pytest.param("BN-1", "suite: [", "2:1", id="no yaml"),
        pytest.param("BN-1", "suite: a\nsuite: b\n", "2:1", id="twice"),
        pytest.param("BN-2", "suite: a\n", "1:1", id="no rows"),
        pytest.param("BN-2", "suite: a\nrows: []\ncolour: red\n", "3:9", id="unknown key"),
        pytest.param("BN-2", "suite: a\nrows:\n- circuits: ghz_64\n  networks: ['2']\n", "3:13", id="no list"),
        pytest.param("BN-2", "suite: a\nrows: []\nvariants: {x: {pipeline: links, effort: 1}}\n", "3:15", id="both"),
        pytest.param("BN-2", "suite: a\nrows: []\nvariants: {x: {effort: 4}}\n", "3:24", id="effort"),
        pytest.param("BN-2", "suite: a\nrows: []\nvariants: {}\n", "3:11", id="no variant"),
        pytest.param("BN-2", "suite: a\nrows: []\nvariants: {x: {without: [magic]}}\n", "3:26", id="no optimisation"),
        pytest.param(
            "BN-2",
            "suite: a\nrows:\n- {circuits: [ghz_64], networks: [2], variants: [y]}\nvariants: {x: {}}\n",
            "3:50",
            id="no such variant",
        ),
        pytest.param("BN-3", "suite: a\nrows:\n- circuits: [gzh_64]\n  networks: ['2']\n", "3:14", id="misspelt"),
        pytest.param("BN-3", "suite: a\ncircuits: nowhere\nrows: []\n", "2:11", id="no folder"),
    ],
)
def test_a_suite_is_refused_with_its_place(code, text, place, tmp_path):
    path = write(tmp_path / "s.yaml", text)
    with pytest.raises(InputError) as caught:
        read_suite(path)
    assert caught.value.code == code
    assert f"s.yaml:{place}" in str(caught.value)


def test_a_suite_is_a_file_of_text(tmp_path):
    with pytest.raises(InputError, match="no file"):
        read_suite(tmp_path / "none.yaml")
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="UTF-8"):
        read_suite(tmp_path / "bytes.yaml")
    (tmp_path / "long.yaml").write_text("#" * 1_000_001)
    with pytest.raises(InputError, match="bytes"):
        read_suite(tmp_path / "long.yaml")
    with pytest.raises(UsageError) as caught:
        built_in().only(["nothing*"])
    assert caught.value.code == "BN-3"


# ---- peers ------------------------------------------------------------------------------------------------------------


def test_results_count_where_the_peer_had_no_more_room(folder):
    file = read_peers(folder / "peers.json")
    assert file.results("ghz_3", resolve_network("3:qubits=2")) == [Result("old", 4)]
    assert len(file.results("ghz_3", resolve_network("3:qubits=9"))) == 2
    assert file.results("ghz_3", resolve_network("line:3:qubits=9")) == []
    assert file.results("ghz_3", resolve_network("3:qubits=2,comm=2")) == []
    assert file.results("ghz_4", resolve_network("3:qubits=9")) == []


@pytest.mark.parametrize(
    ("network", "shape"),
    [
        ("4", "a2a"),
        ("line:4", "line"),
        ("ring:4", ""),
        ("star:4", ""),
        ("2", "a2a"),
        ("ring:3", "a2a"),
        ("line:3", "line"),
    ],
)
def test_shapes(network, shape):
    assert shape_of(resolve_network(network + ":qubits=1")) == shape


@pytest.mark.parametrize(
    "text",
    [
        "[",
        "[]",
        "{}",
        '{"results": [{"peer": "p"}]}',
        '{"results": [{"peer": "p", "circuit": "c", "k": 2, "topo": "a2a", "ebits": -1}]}',
        '{"results": [{"peer": "p", "circuit": "c", "k": "2", "topo": "a2a", "ebits": 1}]}',
        '{"results": [3]}',
    ],
)
@pytest.mark.clause("BN-4")
def test_a_file_of_results_has_its_form(text, tmp_path):
    with pytest.raises(InputError) as caught:
        read_peers(write(tmp_path / "p.json", text))
    assert caught.value.code == "BN-4"


def test_an_adapter_is_asked(tmp_path):
    two = write(
        tmp_path / "two.py",
        "import json, sys\njob = json.load(sys.stdin)\nprint('hello')\nprint(json.dumps({'ebits': 2 * job['nodes']}))\n",
    )
    adapter = find_adapter(f"two={two}@{sys.executable}")
    assert adapter == Adapter("two", (sys.executable, str(two)))
    assert adapter.ask({"nodes": 3}, 60) == {"ebits": 6}
    slow = write(tmp_path / "slow.py", "import time\ntime.sleep(60)\n")
    assert Adapter("slow", (sys.executable, str(slow))).ask({}, 0.2) == {"error": "no answer in 0.2 s"}
    assert "nowhere" in Adapter("x", ("/nowhere",)).ask({}, 1)["error"]
    wrong = write(tmp_path / "wrong.py", "raise SystemExit('this is why')\n")
    with pytest.raises(UsageError, match="this is why"):
        find_adapter(f"wrong={wrong}")
    absent = write(tmp_path / "absent.py", 'print(\'{"missing": "some-package"}\')\n')
    with pytest.raises(MissingPackage, match="some-package"):
        find_adapter(f"absent={absent}")
    with pytest.raises(UsageError, match="no peer"):
        find_adapter("nobody")


def test_the_adapter_of_memq_dqc():
    """Without the package it says so; with it, a GHZ state over two nodes takes one ebit."""
    try:
        adapter = find_adapter("memq-dqc")
    except MissingPackage as error:
        assert "memq_dqc" in str(error)
        return
    job = {"circuit": GHZ, "nodes": 2, "capacity": 2, "links": [[0, 1]], "seed": 0}
    assert adapter.ask(job, 120)["ebits"] == 1


# ---- counting ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("network", ["3:qubits=1", "line:3:qubits=1", "3mbqc", "1+2mixed", "2:qubits=2"])
def test_both_counters_agree(network, tmp_path):
    program = gossamer.compile(GHZ, network)
    program.save(tmp_path / "out")
    assert count_ebits(tmp_path / "out") == program.report["ebits"] > 0


def test_the_counter_sees_a_lost_end(tmp_path):
    gossamer.compile(GHZ, "2:qubits=2").save(tmp_path / "out")
    path = tmp_path / "out" / "n0.qasm"
    text = path.read_text()
    path.write_text(text.replace("@gossamer.link", "@gossamer.note", 1))
    with pytest.raises(ValueError, match="asked for by"):
        count_ebits(tmp_path / "out")
    path.write_text(text.replace("peer=n1", "peer=n7", 1))
    with pytest.raises(ValueError, match="asked for by"):
        count_ebits(tmp_path / "out")


# ---- rows -------------------------------------------------------------------------------------------------------------


def test_a_row_is_what_the_command_line_makes(folder):
    file = read_peers(folder / "peers.json")
    asked = write(
        folder / "asked.py",
        "import json, sys\njob = json.load(sys.stdin)\nassert 'OPENQASM 2' in job['circuit'] and job['links'] == [[0, 1], [0, 2], [1, 2]]\nprint(json.dumps({'ebits': 3}))\n",
    )
    adapters = [Adapter("asked", (sys.executable, str(asked))), Adapter("gone", ("/nowhere",))]
    row = run_job(Job("ghz_3", folder / "qasm" / "ghz_3.qasm", "3"), 5, Options(effort=0), file, adapters)
    assert (row.qubits, row.nodes, row.seed, row.error) == (3, 3, 5, "")
    assert row.ebits == gossamer.compile(GHZ, "3", effort=0, seed=5).report["ebits"]
    assert row.bound is not None
    assert row.bound <= row.ebits
    assert (row.check, row.holds) == ("exact", True)
    assert [p.peer for p in row.peers] == ["old", "asked"]
    assert row.best == Result("asked", 3)
    assert len(row.errors) == 1
    assert row.seconds > 0
    assert row.memory > 10_000_000


def test_a_row_that_fails_says_why(folder):
    broken = run_job(Job("broken", folder / "qasm" / "broken.qasm", "2"), 0, Options(), None, [])
    assert broken.ebits is None
    assert "QASM" in broken.error
    tight = run_job(Job("ghz_3", folder / "qasm" / "ghz_3.qasm", "2:qubits=1"), 0, Options(), None, [])
    assert tight.error.startswith("exit 3: error[NW-13]")
    late = run_job(Job("qft_32", None, "2"), 0, Options(timeout=0.2), None, [])
    assert late.error == "out of time"
    assert measured([sys.executable, "-c", "raise SystemExit(7)"], 60).code == 7


# ---- tables and charts --------------------------------------------------------------------------------------------------

ROWS = [
    Row("a", "2", 0, 4, 2, 3, 2, (Result("p", 4), Result("q", 3)), 1.5, 50_000_000, "exact", True),
    Row("a", "2", 1, 4, 2, 4, 2, (Result("p", 4),), 2.5, 60_000_000, "exact", True),
    Row("b", "4", 0, 4, 4, 0, 0, (Result("p", 0),), 1.0, 1_000_000, "structural", None),
    Row("c|<", "4", 0, 4, 4, error="out of time", errors=("p: no",)),
    Row("d", "4", 0, 4, 4, 9, 3, (Result("p", 6),), 1.0, 1_000_000, "sampled", True),
]  # fmt: skip


def test_csv_has_a_line_for_each_run():
    table = list(csv.DictReader(to_csv(ROWS).splitlines()))
    assert [row["ebits"] for row in table] == ["3", "4", "0", "", "9"]
    assert (table[0]["best_peer"], table[0]["which_peer"], table[0]["ratio"]) == ("3", "q", "1.000")
    assert (table[0]["bound"], table[0]["ratio_to_bound"], table[0]["peak_megabytes"]) == ("2", "1.500", "50")
    assert (table[2]["ratio"], table[2]["ratio_to_bound"], table[2]["holds"]) == ("1.000", "1.000", "structure only")
    assert (table[3]["error"], table[3]["peer_errors"], table[3]["holds"]) == ("out of time", "p: no", "")


def test_markdown_groups_seeds():
    lines = lines_of(ROWS)
    assert [(x.circuit, x.ebits, x.peer) for x in lines] == [
        ("a", 3.5, 3),
        ("b", 0, 0),
        ("c|<", None, None),
        ("d", 9, 6),
    ]
    text = to_markdown(ROWS, "T", "S")
    assert "| a | 2 | 3.5 (3 to 4) | 3 | q | 1.17 **above** | 2 | 1.75 |" in text
    assert "## Failed" in text
    assert "- c|< on 4: out of time" in text
    assert "## Peers without a result" in text
    # a: 3.5/3, d: 9/6; what is 0 has no logarithm and does not count
    assert means(lines)[0].startswith("Geometric mean of ours / best peer: 1.323 over 2 rows; above it in 2.")
    assert means([]) == []


def test_variants_are_set_beside_the_first(tmp_path):
    text = "suite: v\nrows:\n- circuits: [ghz_64]\n  networks: [2]\nvariants:\n  all: {}\n  one: {forms: given, effort: 0}\n  own: {pipeline: 'a,b'}\n"
    jobs = read_suite(write(tmp_path / "v.yaml", text)).jobs
    assert [job.variant.name for job in jobs] == ["all", "one", "own"]
    assert [job.variant.arguments(1, None, 3) for job in jobs] == [
        ["--effort", "1", "--seed", "3"],
        ["--effort", "0", "--seed", "3", "--forms", "given"],
        ["-p", "a,b"],
    ]
    assert [job.variant.arguments(1, "c", 3)[:2] for job in jobs] == [["-p", "c"], ["--effort", "0"], ["-p", "a,b"]]
    rows = [
        Row("a", "2", 0, ebits=2, variant="all"),
        Row("a", "2", 0, ebits=4, variant="one"),
        Row("b", "2", 0, ebits=3, variant="all"),
        Row("b", "2", 0, error="no", variant="one"),
    ]
    assert [line.variant for line in lines_of(rows)] == ["all", "one", "all", "one"]
    text = to_markdown(rows, "T", "S")
    assert "| a | 2 | 2 | 4 |" in text
    assert "| b | 2 | 3 | failed |" in text
    assert "| **geometric mean of the ratio** | | 1.00 | 2.00 |" in text
    assert "- b on 2 (one): no" in text


def test_a_row_chooses_variants(tmp_path):
    text = "suite: v\nrows:\n- circuits: [ghz_64]\n  networks: [2]\n- {circuits: [bv_64], networks: [2], variants: [two]}\n"
    text += "variants:\n  all: {}\n  one: {without: [anneal, third], effort: 2, forms: 'given,full'}\n  two: {without: [third]}\n"
    jobs = read_suite(write(tmp_path / "v.yaml", text)).jobs
    assert [(job.circuit, job.variant.name) for job in jobs] == [
        ("ghz_64", "all"), ("ghz_64", "one"), ("ghz_64", "two"), ("bv_64", "all"), ("bv_64", "two"),
    ]  # fmt: skip
    assert jobs[1].variant.arguments(1, None, 3) == [
        "-p", "forms{effort=2,seed=3,only=given.full,without=anneal.third},lower",
    ]  # fmt: skip


def test_limits_are_set_beside_what_has_none():
    rows = [
        Row("a", network, 0, ebits=ebits)
        for network, ebits in (("4", 4), ("4:comm=2", 6), ("4:comm=1", None), ("line:4:qubits=3", 5), ("line:4:qubits=3,comm=1", 5), ("2:comm=1", 1))
    ]  # fmt: skip
    assert [(a.network, limit, b.network) for a, limit, b in limits_of(lines_of(rows))] == [
        ("4:comm=2", "comm=2", "4"),
        ("4:comm=1", "comm=1", "4"),
        ("line:4:qubits=3,comm=1", "comm=1", "line:4:qubits=3"),
    ]
    text = to_markdown(rows, "T", "S")
    assert "| circuit | network | no limit | comm=2 | comm=1 |" in text
    assert "| a | 4 | 4 | 6 | failed |" in text
    assert "| a | line:4:qubits=3 | 5 |  | 5 |" in text
    assert "| **geometric mean of the ratio** | | | 1.50 (1 rows) | 1.00 (1 rows) |" in text


def test_the_chart_is_an_svg_with_every_mark():
    svg = to_svg(lines_of(ROWS), "T & co")
    assert svg == to_svg(lines_of(ROWS), "T & co")
    root = ElementTree.fromstring(svg)
    space = "{http://www.w3.org/2000/svg}"
    assert len(root.findall(f"{space}circle")) == 1 + 3  # the legend, and what has a result
    assert len(root.findall(f"{space}rect[@class='peer']")) == 1 + 3
    assert "c|<" not in svg
    ElementTree.fromstring(to_svg([], "nothing"))


# ---- the command ------------------------------------------------------------------------------------------------------


def test_the_command_writes_its_files(folder, capsys):
    asked = write(folder / "asked.py", "import json, sys\njson.load(sys.stdin)\nprint(json.dumps({'ebits': 3}))\n")
    out = folder / "out"
    arguments = [
        "bench",
        str(folder / "suite.yaml"),
        "-o",
        str(out),
        "--effort",
        "0",
        "--repeat",
        "2",
        "--peer",
        f"asked={asked}",
    ]
    assert call(arguments) == 0
    told = capsys.readouterr()
    assert "4 rows, 0 failed, 0 wrong." in told.out
    assert "[4/4]" in told.err
    table = list(csv.DictReader((out / "results.csv").read_text().splitlines()))
    assert [(row["network"], row["seed"]) for row in table] == [
        ("3", "0"),
        ("3", "1"),
        ("line:3", "0"),
        ("line:3", "1"),
    ]
    assert {row["holds"] for row in table} == {"yes"}
    assert (out / "results.md").read_text().startswith("# Benchmark 's'")
    assert (out / "ebits.svg").read_text().startswith("<svg")


def test_the_command_fails_as_its_rows_do(folder, capsys):
    suite = write(folder / "bad.yaml", "suite: b\ncircuits: qasm\nrows:\n- circuits: [broken]\n  networks: [2]\n")
    assert call(["bench", str(suite), "-o", str(folder / "out")]) == 1
    assert "1 rows, 1 failed" in capsys.readouterr().out
    assert call(["bench", str(folder / "none.yaml"), "-o", str(folder / "out")]) == 1
    assert "BN-1" in capsys.readouterr().err
    assert call(["bench", "--peer", "nobody", "-o", str(folder / "out")]) == 2


def test_an_interruption_keeps_what_is_there(folder, monkeypatch):
    from gossamer.bench import run

    calls = []

    def interrupted(job, *rest):
        calls.append(job)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return Row(job.circuit, job.network, 0, ebits=1)

    monkeypatch.setattr(run, "run_job", interrupted)
    assert call(["bench", str(folder / "suite.yaml"), "-o", str(folder / "out")]) == 130
    assert len((folder / "out" / "results.csv").read_text().splitlines()) == 2
    assert "| ghz_3 | 3 | 1 |" in (folder / "out" / "results.md").read_text()
    assert (folder / "out" / "ebits.svg").read_text().startswith("<svg")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_stop_the_row_and_keep_the_others(folder, number):
    """A peer that sleeps holds the second row up; the process ends at once, and so does the peer."""
    slow = write(
        folder / "slow.py",
        "import json, os, sys, time\njob = json.load(sys.stdin)\n"
        "if len(job['links']) == 2:\n    open(sys.argv[0] + '.pid', 'w').write(str(os.getpid()))\n    time.sleep(600)\n"
        "print(json.dumps({'ebits': 3}))\n",
    )
    out, mark = folder / "out", Path(f"{slow}.pid")
    process = subprocess.Popen(
        [sys.executable, "-m", "gossamer", "bench", str(folder / "suite.yaml"), "-o", str(out), "--effort", "0",
         "--peer", f"slow={slow}"], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # jobs in the background ignore it
    )  # fmt: skip
    try:
        while not (mark.exists() and mark.read_text()) and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(number)
        assert process.wait(60) == 128 + number
    finally:
        process.kill()
    assert [row["network"] for row in csv.DictReader((out / "results.csv").read_text().splitlines())] == ["3"]
    assert "| ghz_3 | 3 |" in (out / "results.md").read_text()
    deadline = time.monotonic() + 60  # what is killed is gone when the system comes to it
    while runs(int(mark.read_text())) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not runs(int(mark.read_text()))


def runs(pid: int) -> bool:
    """Whether there is such a process, other than one that has ended and that nobody has asked about (Linux says so)."""
    try:
        os.kill(pid, 0)
        return Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except ProcessLookupError:
        return False
    except OSError:
        return Path(f"/proc/{pid}").exists() or not Path("/proc/self").exists()


def test_hostile_answers_are_errors(tmp_path):
    for text in ("print('[1]')", "print('{')", "print()", 'print(\'{"ebits": "many"}\')', 'print(\'{"ebits": -1}\')',
                 "print('[' * 100_000)", "import sys; sys.stdout.buffer.write(bytes([255, 254]))"):  # fmt: skip
        adapter = Adapter("x", (sys.executable, str(write(tmp_path / "x.py", text))))
        job = Job("ghz_64", None, "2")
        row = run_job(job, 0, Options(timeout=0.01), None, [Adapter("x", adapter.command)])
        assert row.peers == ()
        assert row.errors
    with pytest.raises(GossamerError):
        find_adapter(f"x={tmp_path / 'x.py'}")
    assert PeerFile([]).results("c", resolve_network("2:qubits=1")) == []


def test_a_peer_out_of_time_is_stopped_with_all_that_it_started(tmp_path):
    text = "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']).wait()\n"
    begin = time.monotonic()
    answer = Adapter("x", (sys.executable, str(write(tmp_path / "x.py", text)))).ask({}, 3)
    assert "no answer in 3 s" in answer["error"]
    assert time.monotonic() - begin < 60


@pytest.mark.parametrize("lines", ["- 1", "NaN", "Infinity", '{"results": ' + "[" * 100_000])
def test_hostile_results_are_refused(lines, tmp_path):
    row = {"peer": "p", "circuit": "c", "k": 2, "topo": "a2a", "ebits": 3}
    text = lines if lines.startswith("{") else json.dumps({"results": [row]}).replace("3}", f"{lines}}}")
    with pytest.raises(InputError) as caught:
        read_peers(write(tmp_path / "p.json", text))
    assert caught.value.code == "BN-4"


@pytest.mark.parametrize("change", [{"cap": "9"}, {"cap": -1}, {"peer": ["p"]}, {"k": True}, {"ebits": 10**400}])
def test_results_of_a_wrong_form_are_refused(change, tmp_path):
    row = {"peer": "p", "circuit": "c", "k": 2, "topo": "a2a", "ebits": 3, **change}
    with pytest.raises(InputError) as caught:
        read_peers(write(tmp_path / "p.json", json.dumps({"results": [row]})))
    assert caught.value.code == "BN-4"


@pytest.mark.clause("BN-2")
def test_a_suite_that_multiplies_is_refused(tmp_path):
    networks = ", ".join(f"'2:qubits={i}'" for i in range(1, 20_000))
    text = f"suite: s\nrows:\n- circuits: ['*']\n  networks: [{networks}]\n"
    with pytest.raises(InputError) as caught:
        read_suite(write(tmp_path / "s.yaml", text))
    assert caught.value.code == "BN-2"
    again = "suite: s\nrows:\n- circuits: [" + "'*', " * 20_000 + "'*']\n  networks: [2]\n"
    assert len(read_suite(write(tmp_path / "again.yaml", again)).jobs) == len(built_in().jobs) // 2


def test_names_break_no_table(tmp_path):
    rows = [Row("a|b\nc", "2", 0, ebits=2, peers=(Result("p|q", 2),), variant="x|y"), Row("d", "2", 0, variant="z")]
    lines = [line for line in to_markdown(rows, "T", "S").splitlines() if line.startswith("| a")]
    assert [line.replace("\\|", "").count("|") for line in lines] == [12, 5]
    write(tmp_path / "qasm" / "\udcff.qasm", GHZ)
    suite = read_suite(
        write(tmp_path / "s.yaml", "suite: s\nrows:\n- circuits: ['*']\n  networks: [2]\n"), tmp_path / "qasm"
    )
    to_csv([Row(job.circuit, job.network, 0) for job in suite.jobs]).encode()


def test_a_folder_that_cannot_be_written_is_refused_at_once(folder, capsys):
    assert call(["bench", str(folder / "suite.yaml"), "-o", str(folder / "peers.json")]) == 1
    assert "TL-5" in capsys.readouterr().err
    assert call(["bench", str(folder / "suite.yaml"), "-o", str(folder / "out"), "--timeout", "nan"]) == 2


def test_programs_that_cannot_be_counted_are_a_failed_row(folder, monkeypatch):
    from gossamer.bench import run

    def uncounted(out: Path) -> int:
        raise ValueError("link l0 is asked for by nobody")

    monkeypatch.setattr(run, "count_ebits", uncounted)
    row = run_job(Job("ghz_3", folder / "qasm" / "ghz_3.qasm", "3"), 0, Options(effort=0), None, [])
    assert row.ebits is None
    assert "l0" in row.error


def test_a_peer_is_told_no_circuit_that_openqasm_2_cannot_say(folder):
    text = 'OPENQASM 3.0; include "stdgates.inc"; qubit[2] q; bit c; h q[0]; c = measure q[0]; if (c) { x q[1]; }'
    source = write(folder / "three.qasm", text)
    row = run_job(Job("three", source, "2"), 0, Options(effort=0), None, [Adapter("p", ("/nowhere",))])
    assert row.ebits == 0
    assert len(row.errors) == 1


def test_a_peer_that_is_not_installed_says_how_to_install_it(folder, capsys, monkeypatch):
    monkeypatch.setattr(Adapter, "ask", lambda self, job, timeout: {"missing": "memq_dqc"})
    assert call(["bench", str(folder / "suite.yaml"), "-o", str(folder / "out"), "--peer", "memq-dqc"]) == 5
    assert "pip install memq-dqc" in capsys.readouterr().err
