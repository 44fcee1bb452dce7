"""Quantum walks and cellular automata: against direct simulation of their definitions, written here a second time, on one to four nodes."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np
import pytest

import gossamer
from gossamer.diagnostics import InputError
from gossamer.frontends.automaton import LocalGate, PartitionedAutomaton
from gossamer.frontends.walk import CoinedWalk, complete, cycle, flip_flop, hypercube, line, torus
from gossamer.ir.semantics import kraus

EXAMPLES = Path(__file__).parents[2] / "examples"
ANGLES = (Fraction(1, 3), Fraction(1, 5), Fraction(-1, 4))


# --- a walk, by its definition -------------------------------------------------------------------------------------------


def coin_matrix(coin, d):
    if coin == "hadamard":
        out = np.eye(1)
        while len(out) < d:
            out = np.kron(out, [[1, 1], [1, -1]]) / np.sqrt(2)
        return out
    if coin == "grover":
        return 2 / d * np.ones((d, d)) - np.eye(d)
    if coin == "fourier":
        return np.exp(2j * np.pi * np.outer(range(d), range(d)) / d) / np.sqrt(d)
    t, p, q = (np.pi * float(x) for x in coin)
    low, high = np.cos(t / 2), np.sin(t / 2)
    return np.array([[low, -np.exp(1j * q) * high], [np.exp(1j * p) * high, np.exp(1j * (p + q)) * low]])


def state_of(value, size):
    if value == "uniform":
        return np.full(size, size**-0.5)
    if value == "symmetric":
        return np.array([1, 1j]) / np.sqrt(2)
    return np.eye(size)[value]


def amplitudes(walk: CoinedWalk) -> np.ndarray:
    """complex[positions, coins]"""
    n, d = walk.positions, walk.coins
    psi = np.outer(state_of(walk.position, n), state_of(walk.coin_state, d)).astype(complex)
    for _ in range(walk.steps):
        psi[list(walk.marked)] *= -1
        psi = psi @ coin_matrix(walk.coin, d).T
        moved = np.zeros_like(psi)
        for p, c in product(range(n), range(d)):
            moved[walk.shift[p][c]] = psi[p, c]
        psi = moved
    return psi


def chances(walk: CoinedWalk) -> dict[str, float]:
    """Probability of each position, as a run prints it."""
    width = (walk.positions - 1).bit_length()
    return {f"{p:0{width}b}": float(x) for p, x in enumerate((abs(amplitudes(walk)) ** 2).sum(axis=1))}


def amplitudes_of_diagram(walk: CoinedWalk) -> np.ndarray:
    from dataclasses import replace

    n, d = walk.positions, walk.coins
    k, c = (n - 1).bit_length(), (d - 1).bit_length()
    found = kraus(replace(walk, measure=()).diagram(), {}).reshape((2,) * (k + c))  # the lowest bit comes first
    found = found.transpose(*reversed(range(k)), *reversed(range(k, k + c))).reshape(1 << k, 1 << c)
    found = found / np.linalg.norm(found)
    assert np.linalg.norm(found[:n, :d]) == pytest.approx(1)  # nothing is where no position is
    return found[:n, :d]


WALKS = {
    "cycle4": CoinedWalk(cycle(4), steps=3),
    "cycle5": CoinedWalk(cycle(5), steps=3, coin_state="symmetric"),
    "cycle8": CoinedWalk(cycle(8), steps=2, position=6, coin_state=1),
    "line6": CoinedWalk(line(6), coin=ANGLES, steps=3, position=5),
    "torus2x2": CoinedWalk(torus(2, 2), coin="fourier", steps=3, coin_state=2),
    "torus2x3": CoinedWalk(torus(2, 3), "grover", 2, "uniform", "uniform", marked=(1, 4)),
    "hypercube3": CoinedWalk(hypercube(3), "grover", 2, "uniform", "uniform", marked=(5,)),
    "graph": CoinedWalk(flip_flop([(0, 1), (1, 2), (1, 3), (3, 2)]), "grover", 3, position=1, coin_state=2),
    "complete4": CoinedWalk(complete(4), "grover", 2, "uniform", "uniform"),
    "no steps": CoinedWalk(cycle(3), steps=0, position=2),
    "one place": CoinedWalk((((0, 1), (0, 0)),), steps=1),
}


@pytest.mark.parametrize("name", WALKS)
def test_the_diagram_of_a_walk_is_its_definition(name):
    wanted, found = amplitudes(WALKS[name]), amplitudes_of_diagram(WALKS[name])
    assert abs(np.vdot(wanted, found)) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "network"),
    [
        ("cycle4", "2:qubits=2"),
        ("cycle8", "2"),
        ("hypercube3", "2"),
        ("torus2x2", "3:qubits=2"),
        ("cycle4", "line:3:qubits=1"),
        ("complete4", "2"),
    ],
)
def test_walks_on_nodes(name, network):
    """Verified against the diagram, and run: frequencies within five standard deviations of the probabilities of the definition."""
    check_run(WALKS[name], network, chances(WALKS[name]))


def check_run(source, network: str, wanted: dict[str, float], shots: int = 400) -> None:
    program = gossamer.compile(source, network)
    assert program.verdict.holds is True
    assert len(program.programs) >= 2
    found = program.run(shots=shots, seed=3).counts
    assert sum(wanted.values()) == pytest.approx(1)
    for key in {*wanted, *found}:
        p = wanted.get(key, 0.0)
        assert abs(found.get(key, 0) - shots * p) <= 5 * np.sqrt(shots * p * (1 - p)) + 1e-6, key


def test_the_search_finds_what_its_file_says():
    found = chances(WALKS["hypercube3"])
    assert found["101"] == pytest.approx(25 / 72)
    assert sorted(found.values())[-2] == pytest.approx(1 / 8)


@pytest.mark.nightly
@pytest.mark.parametrize("name", WALKS)
@pytest.mark.parametrize("network", ["2", "3", "line:4"])
def test_walks_on_nodes_nightly(name, network):
    program = gossamer.compile(WALKS[name], network, check=False)
    assert program.verify().holds is True
    if WALKS[name].positions > 1:  # else there is nothing to report
        check_run(WALKS[name], network, chances(WALKS[name]), shots=4000)


# --- an automaton, by its definition -------------------------------------------------------------------------------------

_H = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
_RX = np.array([[np.cos(np.pi / 8), -1j * np.sin(np.pi / 8)], [-1j * np.sin(np.pi / 8), np.cos(np.pi / 8)]])
MATRICES = {
    "h": _H, "rx": _RX, "t": np.diag([1, np.exp(1j * np.pi / 4)]), "cz": np.diag([1, 1, 1, -1]),
    "cx": np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]]),
    "swap": np.array([[1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1]]),
}  # fmt: skip


def automaton_state(a: PartitionedAutomaton) -> np.ndarray:
    """complex[2, 2, ...], cell 0 first; blocks are found by looking at every corner."""
    letters = {"0": [1, 0], "1": [0, 1], "+": _H[0], "-": _H[1]}
    psi = np.ones(())
    for letter in a.start or "0" * a.size:
        psi = np.tensordot(psi, np.array(letters[letter], complex), axes=0)
    rows, columns = a.cells if len(a.cells) == 2 else (1, *a.cells)
    height, width = a.block if len(a.block) == 2 else (1, *a.block)
    for t in range(a.steps):
        down, right = (height // 2 * (t % 2), width // 2 * (t % 2))
        for r, c in product(range(down, rows + down, height), range(right, columns + right, width)):
            inside = [(r + i, c + j) for i in range(height) for j in range(width)]
            if not a.closed and any(x >= rows or y >= columns for x, y in inside):
                continue
            cells = [x % rows * columns + y % columns for x, y in inside]
            for gate in a.odd_rule if t % 2 and a.odd_rule is not None else a.rule:
                at = [cells[k] for k in gate.cells]
                matrix = MATRICES[gate.name].reshape((2,) * 2 * len(at))
                psi = np.tensordot(matrix, psi, axes=(range(len(at), 2 * len(at)), at))
                psi = np.moveaxis(psi, range(len(at)), at)
    return psi


RULE = (LocalGate("h", (0,)), LocalGate("cx", (0, 1)), LocalGate("t", (1,)))
SQUARE = (LocalGate("h", (0,)), LocalGate("cz", (0, 3)), LocalGate("swap", (1, 2)), LocalGate("cx", (3, 1)))
AUTOMATA = {
    "ring": PartitionedAutomaton((4,), (2,), RULE, steps=3, start="10+0"),
    "open": PartitionedAutomaton((5,), (2,), RULE, steps=3, start="0100-", closed=False),
    "threes": PartitionedAutomaton((6,), (3,), (*RULE, LocalGate("cz", (1, 2))), steps=2, start="110000"),
    "two rules": PartitionedAutomaton(
        (4,), (2,), (LocalGate("rx", (0,), (Fraction(1, 4),)),), (LocalGate("swap", (1, 0)),), steps=4
    ),
    "torus": PartitionedAutomaton((2, 4), (2, 2), SQUARE, steps=2, start="1+000100"),
    "grid": PartitionedAutomaton((3, 3), (2, 2), SQUARE, steps=2, start="1+000100-", closed=False),
    "still": PartitionedAutomaton((2,), (2,), (), steps=5, start="01"),
}


@pytest.mark.parametrize("name", AUTOMATA)
def test_the_diagram_of_an_automaton_is_its_definition(name):
    from dataclasses import replace

    wanted, found = automaton_state(AUTOMATA[name]), kraus(replace(AUTOMATA[name], measure=()).diagram(), {})
    assert abs(np.vdot(wanted.ravel(), found.ravel())) == pytest.approx(np.linalg.norm(found))


@pytest.mark.parametrize(
    ("name", "network"), [("ring", "2:qubits=2"), ("open", "2"), ("torus", "3"), ("ring", "4:qubits=1")]
)
def test_automata_on_nodes(name, network):
    automaton = AUTOMATA[name]
    p = abs(automaton_state(automaton)) ** 2
    wanted = {"".join(map(str, reversed(key))): float(x) for key, x in np.ndenumerate(p)}
    check_run(automaton, network, wanted)


# --- files ---------------------------------------------------------------------------------------------------------------


def test_files_and_objects_are_the_same():
    assert (
        gossamer.read(EXAMPLES / "search.walk.yaml")
        == CoinedWalk(hypercube(3), "grover", 2, "uniform", "uniform", (5,)).diagram()
    )
    rule = (LocalGate("cx", (0, 1)), LocalGate("h", (0,)))
    assert (
        gossamer.read(EXAMPLES / "brickwork.qca.yaml")
        == PartitionedAutomaton((6,), (2,), rule, steps=3, start="100000", measure=(0, 3)).diagram()
    )
    shift = "[" + ", ".join(str([list(x) for x in ports]) for ports in line(3)) + "]"
    text = f"walk: coined\ngraph: {{shift: {shift}}}\ncoin: {{u: [1/3, 0.2, -1/4]}}\nstart: {{position: uniform, coin: symmetric}}\nmeasure: [coin, position]\n"
    assert (
        gossamer.read(text, "walk")
        == CoinedWalk(line(3), ANGLES, 1, "uniform", "symmetric", (), ("coin", "position")).diagram()
    )
    for graph, made in [
        ("cycle: 5", cycle(5)),
        ("line: 3", line(3)),
        ("torus: [2, 3]", torus(2, 3)),
        ("complete: 4", complete(4)),
        ("edges: [[0, 1], [2, 1]]", flip_flop([(0, 1), (1, 2)])),
    ]:
        assert (
            gossamer.read(f"walk: coined\ngraph: {{{graph}}}\ncoin: grover\n", "walk")
            == CoinedWalk(made, "grover").diagram()
        )


WALK, QCA = "walk: coined\ngraph: {cycle: 4}\n", "automaton: partitioned\ncells: 4\nblock: 2\nrule:\n- [cx, 0, 1]\n"
#: Code, frontend, text, line, and words of the message.
BAD = [
    ("WK-1", "walk", "", 1, "empty"),
    ("WK-1", "walk", "a: [", 2, "not YAML"),
    ("WK-1", "walk", "a: &x 1", 1, "anchors"),
    ("WK-1", "walk", "a: !!python/name:os 1", 1, "tags"),
    ("WK-1", "walk", "[" * 20 + "]" * 20, 1, "deeper"),
    ("WK-1", "walk", "a: 1\na: 2", 2, "twice"),
    ("WK-1", "walk", "[1]: 2", 1, "key"),
    ("WK-1", "walk", "a: 1\n---\nb: 2", 2, "document"),
    ("WK-1", "walk", " " * 1_000_001, 1, "characters"),
    ("WK-2", "walk", "walk: coined", 1, "no 'graph'"),
    ("WK-2", "walk", WALK + "colour: 1", 3, "colour"),
    ("WK-2", "walk", WALK + "steps: 1.5", 3, "whole number"),
    ("WK-2", "walk", WALK + "coin: {u: [1, 2]}", 3, "three"),
    ("WK-2", "walk", WALK + "coin: {u: [1, 2, pi]}", 3, "'pi'"),
    ("WK-2", "walk", WALK + "coin: {u: [1, 2, 1/0]}", 3, "denominator"),
    ("WK-2", "walk", "walk: coined\ngraph: {cycle: 4, line: 4}", 2, "one thing"),
    ("WK-2", "qca", QCA + "- []", 6, "without a name"),
    ("WK-2", "qca", QCA + "start: 0100", 6, "no text"),
    ("WK-3", "walk", "walk: coined\ngraph: {shift: [[[0, 0]], [[0, 0]]]}", 2, "reached from two"),
    ("WK-3", "walk", "walk: coined\ngraph: {shift: [[[0, 0]], []]}", 2, "position 1 has 0 coins"),
    ("WK-3", "walk", "walk: coined\ngraph: {shift: [[[1, 0]]]}", 2, "no pair"),
    ("WK-3", "walk", "walk: coined\ngraph: {edges: [[0, 1],\n [1, 1]]}", 3, "with itself"),
    ("WK-3", "walk", "walk: coined\ngraph: {edges: []}", 2, "at least one"),
    ("WK-4", "walk", "walk: coined\ngraph: {cycle: 1000}", 2, "10 qubits"),
    ("WK-4", "walk", WALK + "steps: 10001", 3, "10001"),
    ("WK-4", "walk", "walk: coined\ngraph: {cycle: 32}\nsteps: 9999", 3, "gates"),
    ("WK-4", "walk", "walk: coined\ngraph: {torus: [1000, 1000]}", 2, "positions"),
    ("WK-5", "walk", WALK + "coin: tails", 3, "tails"),
    ("WK-5", "walk", "walk: coined\ngraph: {complete: 4}\ncoin: fourier", 3, "sides"),
    ("WK-5", "walk", "walk: coined\ngraph: {complete: 4}\ncoin: {u: [1, 1, 1]}", 3, "2 sides"),
    ("WK-6", "walk", WALK + "start: {position: 4}", 3, "starts"),
    ("WK-6", "walk", WALK + "start: {coin: blue}", 3, "blue"),
    ("WK-6", "walk", WALK + "marked: [1, 1]", 3, "marked"),
    ("WK-6", "walk", WALK + "measure: [momentum]", 3, "measured"),
    ("QA-1", "qca", QCA.replace("4", "5"), 3, "fill"),
    ("QA-1", "qca", QCA.replace("block: 2", "block: 1"), 3, "blocks of 1"),
    ("QA-1", "qca", QCA.replace("block: 2", "block: [2, 2]"), 3, "as many"),
    ("QA-1", "qca", QCA.replace("cells: 4", "cells: 1000000"), 3, "4096"),
    ("QA-1", "qca", QCA.replace("cells: 4", "cells: 4096") + "steps: 9999", 3, "gates"),
    ("QA-2", "qca", QCA.replace("cx", "cnot2"), 5, "cnot2"),
    ("QA-2", "qca", QCA.replace("0, 1", "0"), 5, "2 cells"),
    ("QA-2", "qca", QCA.replace("0, 1", "0, 2"), 5, "different cells"),
    ("QA-3", "qca", QCA + 'start: "01"', 6, "4 letters"),
    ("QA-3", "qca", QCA + "measure: [7]", 6, "0 to 3"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "format", "text", "line", "words"), BAD, ids=range(len(BAD)))
def test_refusals(code, format, text, line, words):
    with pytest.raises(InputError) as caught:
        gossamer.read(text + "\n", format, name="x.yaml")
    d = caught.value.diagnostic
    assert d.code == code, str(caught.value)
    assert words in d.message, str(caught.value)
    assert (d.span.file, d.span.line) == ("x.yaml", line), str(caught.value)
    assert len(str(caught.value)) < 1000
