"""The circuits other compilers were measured on: ebits counted in the emitted text, capacities counted by a second counter.

The counter below reads the printed programs line by line; it shares nothing with the compiler, the runtime or the checks.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

import gossamer
from tests.shared import SHARED, needs_shared

FILES = sorted((SHARED / "baselines" / "qasm").glob("*.qasm"))
QUICK = {"qft_16", "qaoa3r_32", "czfrac50_16", "cuccaro_16", "hshift_32", "ghz_64"}
SIZES = [pytest.param(f, marks=[] if f.stem in QUICK else [pytest.mark.nightly], id=f.stem) for f in FILES]
DIAGONAL = {"cz", "rzz", "rz", "z", "s", "sdg", "t", "tdg", "cp"}


@dataclass
class Count:
    """What one node's text asks for."""

    ebits: int
    peak_data: int
    peak_comm: int


def count_program(text: str, inputs: set[int]) -> Count:
    """Follow the qubits of one program through its text.

    A communication qubit must be taken by a link, get only diagonal gates, and be measured in X (`h`, then `measure`); the one
    other `h` allowed is the one that makes the Hadamard edge, right behind the link.
    """
    ebits = peak_data = peak_comm = 0
    live: set[tuple[str, int]] = {("data", q) for q in inputs}
    state: dict[tuple[str, int], str] = {}
    pending_link = False
    for line in (raw.strip() for raw in text.splitlines()):
        if line.startswith("@gossamer.link"):
            pending_link = True
            continue
        if line.startswith("@"):
            continue
        qubits = [(name, int(i)) for name, i in re.findall(r"\b(data|comm)\[(\d+)\]", line)]
        if line.startswith(("qubit", "gate", "bit[")) or not qubits:
            continue
        if pending_link:
            assert line.startswith("reset comm["), f"a link on '{line}'"
            (q,) = qubits
            assert q not in live, f"{q} already carries a link half"
            live.add(q)
            state[q] = "fresh"
            ebits += 1
            pending_link = False
        elif line.startswith("reset"):
            assert qubits[0][0] == "data", "a communication qubit is reset without a link"
            live.discard(qubits[0])
        elif "= measure" in line:
            (q,) = qubits
            if q[0] == "comm":
                assert state.pop(q) == "turned", f"{q} is not measured in X"
            live.discard(q)
        else:
            gate = re.match(r"[a-z]+", line.removeprefix("if ")).group()
            for q in qubits:
                if q[0] == "data":
                    live.add(q)
                    continue
                assert q in live, f"'{line}' on a communication qubit without a link half"
                assert state[q] != "turned", f"'{line}' on a communication qubit that is about to be measured"
                if gate == "h":
                    state[q] = "edge" if state[q] == "fresh" else "turned"
                    continue
                assert gate in DIAGONAL, f"'{line}' is not diagonal on a communication qubit"
                state[q] = "used"
        peak_data = max(peak_data, sum(1 for kind, _ in live if kind == "data"))
        peak_comm = max(peak_comm, sum(1 for kind, _ in live if kind == "comm"))
    return Count(ebits, peak_data, peak_comm)


def count_folder(out: Path) -> tuple[int, dict[str, Count]]:
    """Ebits of the whole folder (each has two ends) and the count of each node."""
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    counts = {}
    for node in manifest["nodes"]:
        inputs = {place["qubit"] for place in manifest["inputs"] if place["node"] == node["name"]}
        counts[node["name"]] = count_program((out / node["program"]).read_text(encoding="utf-8"), inputs)
    ends = sum(c.ebits for c in counts.values())
    assert ends % 2 == 0
    return ends // 2, counts


def best_peer(circuit: str, k: int, topology: str) -> int:
    rows = json.loads((SHARED / "baselines" / "peers.json").read_text(encoding="utf-8"))["results"]
    return min(
        r["ebits"]
        for r in rows
        if (r["circuit"], r["k"], r["topo"]) == (circuit, k, topology)
        and r.get("status") == "ok"
        and r.get("ebits") is not None
    )


def compile_to(tmp_path: Path, source: Path, network: str) -> tuple[int, dict[str, Count], dict]:
    program = gossamer.compile(source, network)
    out = tmp_path / "out"
    program.save(out)
    ebits, counts = count_folder(out)
    assert ebits == program.report["ebits"]
    return ebits, counts, program.report


@needs_shared
@pytest.mark.parametrize("source", SIZES)
def test_ebits_of_the_best_peer(source, tmp_path):
    ebits, counts, report = compile_to(tmp_path, source, "4")
    wires = int(re.search(r"qreg \w+\[(\d+)\]", source.read_text(encoding="utf-8")).group(1))
    assert ebits <= best_peer(source.stem, 4, "a2a")
    for name, count in counts.items():
        assert count.peak_data <= -(-wires // 4) + 1
        assert count.peak_data <= report["peak_qubits"][name]
        assert count.peak_comm == report["peak_comm"][name]
    assert report["verified"]["holds"] is not False


@needs_shared
@pytest.mark.parametrize("source", SIZES)
def test_two_communication_qubits(source, tmp_path):
    _, counts, report = compile_to(tmp_path, source, "4:comm=2")
    assert all(count.peak_comm <= 2 for count in counts.values())
    assert report["verified"]["holds"] is not False


@needs_shared
@pytest.mark.parametrize("source", SIZES)
def test_a_line_of_four(source, tmp_path):
    program = gossamer.compile(source, "line:4")
    neighbours = {("n0", "n1"), ("n1", "n2"), ("n2", "n3")}
    assert {tuple(sorted(link["nodes"])) for link in program.links} <= neighbours
    assert program.report["ebits"] == len(program.links)
    assert program.report["verified"]["holds"] is not False


def test_a_swap_counts_every_hop(tmp_path):
    text = (
        'OPENQASM 2.0; include "qelib1.inc"; qreg q[4]; creg c[4]; h q[0]; cx q[0],q[3]; cx q[1],q[2]; measure q -> c;'
    )
    program = gossamer.compile(text, "line:4:qubits=1")
    program.save(tmp_path / "out")
    ebits, _ = count_folder(tmp_path / "out")
    assert ebits == program.report["ebits"] >= 2
    assert program.report["verified"]["holds"] is True


def test_the_counter_sees_misuse():
    link = "@gossamer.link id=l0 peer=b\nreset comm[0];\n"
    assert count_program(link + "cz data[0], comm[0];\nh comm[0];\nm[0] = measure comm[0];", set()) == Count(1, 1, 1)
    for wrong in (
        "x comm[0];",
        "h comm[0];\ncz data[0], comm[0];\nh comm[0];\ncz data[0], comm[0];",
        "m[0] = measure comm[0];",
        link,
    ):
        with pytest.raises(AssertionError):
            count_program(link + wrong, set())
