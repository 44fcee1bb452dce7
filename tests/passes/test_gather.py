"""The pass `gather`: the same instrument, for the rank of the cuts, whatever the depth of the program."""

from __future__ import annotations

import random
from itertools import combinations

import numpy as np
import pytest

import gossamer
from gossamer.diagnostics import InputError, NetworkInfeasible
from gossamer.ir.network_text import parse_network, resolve_network
from gossamer.ir.open_graph import Label
from gossamer.passes.gather import Gather, along_axes, gather
from gossamer.passes.graph_like import to_open_graph

HEADER = 'OPENQASM 2.0; include "qelib1.inc"; '
GATHER = "simplify{strategy=clifford},graph-like,gather{effort=0},"


def clifford(seed: int, wires: int, gates: int, *, measured: int = 0) -> str:
    rng = random.Random(seed)
    lines = []
    for _ in range(gates):
        a, b = rng.sample(range(wires), 2)
        lines.append(rng.choice([f"cx q[{a}],q[{b}];", f"cz q[{a}],q[{b}];", f"h q[{a}];", f"s q[{a}];", f"x q[{b}];"]))
    ends = "".join(f"measure q[{i}] -> c[{i}];" for i in range(measured))
    registers = f"qreg q[{wires}];" + (f"creg c[{measured}];" if measured else "")
    return f"{HEADER}{registers} {' '.join(lines)} {ends}"


def rank(matrix: np.ndarray) -> int:
    """Over GF(2), by plain elimination."""
    rows, found = [[int(x) for x in row] for row in matrix], 0
    for column in range(matrix.shape[1]):
        pivot = next((i for i in range(found, len(rows)) if rows[i][column]), None)
        if pivot is None:
            continue
        rows[found], rows[pivot] = rows[pivot], rows[found]
        for i, row in enumerate(rows):
            if i != found and row[column]:
                rows[i] = [a ^ b for a, b in zip(row, rows[found], strict=True)]
        found += 1
    return found


@pytest.mark.parametrize("seed", range(24))
def test_the_instrument_stays_the_same(seed: int) -> None:
    """Random programs, with and without measurements, on complete, sparse and mixed networks."""
    rng = random.Random(seed)
    wires = rng.randint(2, 7)
    room = -(-wires // 2) + 1
    shapes = [
        f"2:qubits={room}",
        f"line:3:qubits={room}",
        f"4:qubits={room}",
        f"grid:2x2:qubits={room}",
        f"2mbqc:qubits={room + 1}",
        f"1+1mbqc:qubits={room + 1}",
    ]
    network = resolve_network(shapes[seed % len(shapes)])
    source = clifford(seed, wires, rng.randint(1, 60), measured=rng.choice([0, 0, wires // 2, wires]))
    program = gossamer.compile(source, network, pipeline=GATHER + "lower", check=False)
    verdict = program.verify()
    assert verdict.holds is True, verdict
    assert all(a <= n.data for a, n in zip(program.report["peak_qubits"].values(), network.nodes, strict=True))


@pytest.mark.parametrize("seed", range(8))
def test_each_cut_of_the_tree_costs_its_rank(seed: int) -> None:
    graph = to_open_graph(gossamer.rewrite(gossamer.read(clifford(seed, 6, 80)), "simplify{strategy=clifford}"))
    for network in (resolve_network("2:qubits=4"), resolve_network("line:3:qubits=3")):
        placed = gather(graph, network, moves=2000, seed=seed)
        placed.verify()
        n = placed.graph.num_vertices
        edges = np.zeros((n, n), np.uint8)
        edges[placed.graph.edges[:, 0], placed.graph.edges[:, 1]] = edges[
            placed.graph.edges[:, 1], placed.graph.edges[:, 0]
        ] = 1
        for cut in range(network.size - 1):  # on a line (and between two) the trees are the network itself
            left = placed.place <= cut
            used = int(((placed.links.min(axis=1) <= cut) & (placed.links.max(axis=1) > cut)).sum())
            assert used == rank(edges[np.ix_(left, ~left)])


@pytest.mark.parametrize("seed", range(4))
def test_depth_costs_nothing(seed: int) -> None:
    """The ablation in the small: however deep, two nodes never pay more than twice the wires of the smaller one; packets do."""
    source = clifford(seed, 6, 400)
    gathered = gossamer.compile(source, "2:qubits=4", pipeline=GATHER + "circuit")
    packets = gossamer.compile(source, "2:qubits=4", pipeline="graph-like,partition{effort=0},links,circuit")
    assert gathered.report["ebits"] <= 6
    assert gathered.report["ebits"] < packets.report["ebits"]
    assert gathered.report["verified"]["holds"] is True
    best = gossamer.compile(source, "2:qubits=4").report
    assert best["ebits"] <= gathered.report["ebits"]
    assert "gathered" in [row["form"] for row in best["forms"]]


def test_the_search_finds_places_that_cost_little() -> None:
    """Two blocks that have nothing to do with each other, with their wires shuffled, stand on two nodes for nothing."""
    block = "".join(f"cx q[{a}],q[{b}];h q[{a}];" for a, b in combinations((0, 2, 4), 2))
    other = "".join(f"cz q[{a}],q[{b}];h q[{b}];" for a, b in combinations((1, 3, 5), 2))
    program = gossamer.compile(f"{HEADER}qreg q[6];{block}{other}", "2:qubits=4", pipeline=GATHER + "circuit")
    assert program.report["ebits"] == 0


def test_the_compiled_rank_is_the_plain_one() -> None:
    from gossamer.passes.gather_kernels import cut_rank

    rng = np.random.default_rng(1)
    for size in (1, 5, 63, 64, 65, 130):
        for density in (0.02, 0.5):
            edges = np.triu(rng.random((size, size)) < density, 1).astype(np.uint8)
            edges |= edges.T
            width = -(-size // 64)
            rows = (
                np.frombuffer(
                    b"".join(
                        sum(1 << w for w in np.flatnonzero(row).tolist()).to_bytes(8 * width, "little") for row in edges
                    ),
                    "<u8",
                )
                .astype(np.uint64)
                .reshape(size, width)
            )
            place = rng.integers(0, 3, size).astype(np.int32)
            inside = np.array([True, False, True])
            work, mask = np.zeros((size + 1, width), np.uint64), np.zeros(width, np.uint64)
            left = inside[place]
            assert cut_rank(rows, inside, place, work, mask) == rank(edges[np.ix_(left, ~left)])


def test_an_open_graph_is_read_along_axes() -> None:
    graph = along_axes(to_open_graph(gossamer.read(HEADER + "qreg q[2]; h q[0]; s q[0]; h q[0]; cz q[0],q[1];")))
    assert {Label(x) for x in graph.label.tolist()} <= {Label.X, Label.Y, Label.OUTPUT}
    graph.verify()


@pytest.mark.clause("LK-5")
@pytest.mark.parametrize(
    "body",
    [
        "qreg q[2]; h q[0]; t q[0]; h q[0]; cx q[0],q[1];",
        "qreg q[3]; creg c[1]; h q[0]; measure q[0] -> c[0]; h q[1]; if(c==1) s q[1]; h q[1]; cx q[1],q[2];",
    ],
)
def test_what_waits_is_refused(body: str) -> None:
    with pytest.raises(InputError) as caught:
        Gather().run(to_open_graph(gossamer.read(HEADER + body)), resolve_network("2:qubits=3"))
    assert caught.value.code == "LK-5"


@pytest.mark.clause("NW-13")
def test_what_does_not_fit_is_said() -> None:
    graph = to_open_graph(gossamer.rewrite(gossamer.read(clifford(1, 4, 80)), "simplify{strategy=clifford}"))
    with pytest.raises(NetworkInfeasible, match="1 communication qubit") as caught:
        gather(graph, resolve_network("2:qubits=3,comm=1"))
    assert caught.value.lacks is not None
    assert caught.value.lacks[1] == "comm"
    with pytest.raises(NetworkInfeasible, match="to spare") as caught:
        gather(graph, resolve_network("2:qubits=2"))
    assert caught.value.lacks == (None, "data", 2)
    star = [[hub, comm] for hub in (0,) for comm in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)]  # one data qubit amid all others
    middle = f"{{name: b, data: 3, comm: 8, coupling: {star}}}"
    network = parse_network(
        f"nodes: [{{name: a, data: 3}}, {middle}, {{name: c, data: 3}}]\nlinks: [{{nodes: [a, b]}}, {{nodes: [b, c]}}]"
    )
    with pytest.raises(NetworkInfeasible, match=r"cannot join|needed there"):
        gather(graph, network, moves=100)


@pytest.mark.parametrize("options", [{"effort": 4}, {"effort": -1}, {"seed": -1}])
def test_options(options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"effort|seed"):
        Gather(**options)
