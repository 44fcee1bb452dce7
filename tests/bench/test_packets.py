"""The packet-only baseline of benchmarks/: what it counts, held against counting by hand and by trying everything."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from itertools import chain, combinations
from pathlib import Path

import numpy as np
import pytest

import gossamer
from gossamer.bench.suite import read_suite
from gossamer.passes.graph_like import to_open_graph
from tests.shared import SHARED, needs_shared

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
pytest.importorskip("mtkahypar")
HEADER = 'OPENQASM 2.0; include "qelib1.inc";'


@pytest.fixture(scope="module")
def packets():
    spec = spec_from_file_location("packets", BENCHMARKS / "packets.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def job(text: str, nodes: int, capacity: int) -> dict:
    links = [[a, b] for b in range(nodes) for a in range(b)]
    return {"circuit": HEADER + text, "nodes": nodes, "capacity": capacity, "links": links, "seed": 0}


@pytest.mark.parametrize(
    ("text", "ebits"),
    [
        pytest.param("qreg q[4]; cz q[0],q[1]; cz q[2],q[3];", 0, id="apart"),
        pytest.param("qreg q[4]; cz q[0],q[1]; cz q[1],q[2]; cz q[2],q[3];", 1, id="a chain"),
        pytest.param("qreg q[3]; cz q[0],q[1]; cz q[0],q[2]; cz q[1],q[2];", 1, id="one packet for two gates"),
        pytest.param(
            "qreg q[2]; cu1(0.1) q[0],q[1]; h q[0]; h q[1]; rzz(0.1) q[0],q[1];",
            2,
            id="a gate between ends both packets",
        ),
    ],
)
def test_packets_counted_by_hand(packets, text, ebits):
    qubits = int(text.split("[")[1].split("]")[0])
    assert packets.answer(job(text, 2, -(-qubits // 2)))["ebits"] == ebits


def test_a_wire_is_followed_through_its_gates(packets):
    graph = to_open_graph(
        gossamer.read(HEADER + "qreg q[2]; h q[0]; cx q[0],q[1]; h q[0]; cu1(0.3) q[0],q[1]; h q[1];")
    )
    wires, gates = packets.wires_of(graph), packets.gates_of(graph)
    assert sorted(set(wires[~graph.is_hub].tolist())) == [0, 1]
    assert all({int(wires[p]) for p in gate} == {0, 1} for gate in gates)
    assert len(gates) == 2


def test_the_cover_is_the_least(packets):
    rng = random.Random(3)
    for _ in range(30):
        n = 6  # wires, a packet each
        gates = [rng.sample(range(n), 2) for _ in range(rng.randint(1, 8))]
        where = [0, 0, 0, 1, 1, 1]
        crossing = [g for g in gates if where[g[0]] != where[g[1]]]
        subsets = chain.from_iterable(combinations(range(n), k) for k in range(n + 1))
        least = next(len(s) for s in subsets if all(set(g) & set(s) for g in crossing))
        assert packets.cost(np.arange(n), gates, where, {0: {1: 1}}) == least
        assert packets.cost(np.arange(n), gates, where, {0: {1: 3}}) == 3 * least


def test_it_answers_as_an_adapter_does():
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / "packets.py")],
        input=json.dumps(job("qreg q[2]; cx q[0],q[1];", 2, 1)), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout.splitlines()[-1])["ebits"] == 1


@needs_shared
def test_the_suite_of_the_baselines():
    suite = read_suite(BENCHMARKS / "baselines.yaml")
    assert suite.peers is not None
    assert suite.peers.resolve() == (SHARED / "baselines" / "peers.json").resolve()
    networks = [job.network for job in suite.jobs]
    assert [networks.count(n) for n in ("4", "2", "line:4", "4:comm=2")] == [24, 10, 5, 24]
