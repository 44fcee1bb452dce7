"""Lower bounds on ebits: never above what is emitted, never above the true Schmidt rank, and equal to it where that is promised."""

from __future__ import annotations

import random
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gossamer
from gossamer.diagnostics import NetworkInfeasible
from gossamer.ir.network_text import resolve_network
from gossamer.ir.semantics import branches
from gossamer.report import bound as module
from gossamer.report.bound import combine, find_bound, find_cuts, rank_gf2
from tests.test_end_to_end import networks, sources

HEADER = 'OPENQASM 2.0; include "qelib1.inc";'
CLIFFORD = ["h q[%d];", "s q[%d];", "x q[%d];", "cx q[%d],q[%d];", "cz q[%d],q[%d];"]
ANY = [*CLIFFORD, "t q[%d];", "cu1(pi/4) q[%d],q[%d];", "cu1(0.3) q[%d],q[%d];", "rzz(pi/7) q[%d],q[%d];"]


@st.composite
def circuits(draw: st.DrawFn, words: list[str], most: int = 4) -> str:
    n = draw(st.integers(2, most))
    lines = [HEADER, f"qreg q[{n}];"]
    for word in draw(st.lists(st.sampled_from(words), min_size=1, max_size=16)):
        qubits = draw(st.permutations(range(n)))[: word.count("%d")]
        lines.append(word % tuple(qubits))
    return "\n".join(lines)


def true_rank(matrix: np.ndarray, legs: int, inside: list[bool]) -> int:
    """By the definition: cut the tensor open and ask numpy."""
    first = [i for i in range(legs) if inside[i]]
    axes = matrix.reshape((2,) * legs).transpose(first + [i for i in range(legs) if not inside[i]])
    rank = np.linalg.matrix_rank(axes.reshape(2 ** len(first), -1), tol=1e-9)
    return max(0, int(rank) - 1).bit_length()


@st.composite
def cuts(draw: st.DrawFn) -> list[bool]:
    return draw(st.lists(st.booleans(), min_size=8, max_size=8))


@settings(max_examples=120, deadline=None, derandomize=True)
@given(circuits(CLIFFORD), cuts())
def test_clifford_ranks_are_exact(text, cut):
    source = gossamer.read(text)
    legs = len(source.inputs) + len(source.outputs)
    ((_, k),) = branches(source)
    ranks = module._Ranks(source)
    assert "exact" in ranks.note
    # kraus has the outputs first
    inside = cut[:legs]
    ordered = inside[legs // 2 :] + inside[: legs // 2]
    assert ranks.rank(inside) == true_rank(k, legs, ordered)


@pytest.mark.parametrize("largest", [1 << 16, 1 << 6], ids=["whole", "part"])
def test_other_ranks_are_never_above(largest, monkeypatch):
    monkeypatch.setattr(module, "MAX_ENTRIES", largest)
    seen: dict[str, list[bool]] = {}

    @settings(max_examples=200, deadline=None, derandomize=True)
    @given(circuits(ANY), cuts())
    def check(text, cut):
        source = gossamer.read(text)
        legs = len(source.inputs) + len(source.outputs)
        ((_, k),) = branches(source)
        try:
            ranks = module._Ranks(source)
        except module._Unknown:
            return
        inside = cut[:legs]
        true = true_rank(k, legs, inside[legs // 2 :] + inside[: legs // 2])
        found = ranks.rank(inside)
        assert found <= true, ranks.note
        seen.setdefault(ranks.note, []).append(found == true)

    check()
    assert any("part" in note and any(found) for note, found in seen.items())
    assert largest < 1 << 16 or all(all(found) for note, found in seen.items() if note.endswith("of the matrix"))


def test_the_matrix_agrees_where_rewriting_would_do(monkeypatch):
    monkeypatch.setattr(module, "_read_form", lambda source: (None, "not asked"))

    @settings(max_examples=80, deadline=None, derandomize=True)
    @given(circuits(ANY, 3), cuts())
    def check(text, cut):
        source = gossamer.read(text)
        legs = len(source.inputs) + len(source.outputs)
        ((_, k),) = branches(source)
        inside = cut[:legs]
        ranks = module._Ranks(source)
        assert ranks.note == "operator Schmidt rank, of the matrix"
        assert ranks.rank(inside) == true_rank(k, legs, inside[legs // 2 :] + inside[: legs // 2])

    check()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(sources() | circuits(ANY, 6) | circuits(CLIFFORD, 6), networks, st.integers(0, 2**31 - 1))
def test_no_program_is_below_its_bound(text, network, seed):
    try:
        program = gossamer.compile(text, network, seed=seed, effort=0)
    except NetworkInfeasible:
        return
    report = program.report
    assert report["bound"] is None or 0 <= report["bound"] <= report["ebits"]
    assert report["bound_note"]


def test_known_bounds():
    """A swap of two whole nodes takes two ebits for each qubit, a GHZ state one for each node but the first."""
    ghz = HEADER + "qreg q[4]; h q[0]; cx q[0],q[1]; cx q[1],q[2]; cx q[2],q[3];"
    report = gossamer.compile(ghz, "4:qubits=1").report
    assert (report["ebits"], report["bound"]) == (3, 3)
    assert gossamer.compile(ghz, "1").report["bound"] == 0
    apart = HEADER + "qreg q[4]; t q[0]; cu1(0.1) q[0],q[1]; cu1(0.1) q[2],q[3];"
    assert gossamer.compile(apart, "2:qubits=2").report["bound"] == 0
    swap = gossamer.read(HEADER + "qreg q[4]; swap q[0],q[2]; swap q[1],q[3];")
    ranks = module._Ranks(swap)
    assert ranks.rank([True, True, False, False] * 2) == 4
    assert ranks.rank([True, True, False, False, False, False, True, True]) == 0


def test_small_angles_count_whole():
    """Phases that are no powers of a root of unity in a small field: singular values instead; one ebit for a gate of any angle."""
    text = HEADER + "qreg q[2]; rzz(0.1) q[0],q[1];"
    assert gossamer.compile(text, "2:qubits=1").report["bound"] == 1
    fine = HEADER + "qreg q[2]; cu1(pi/262144) q[0],q[1];"
    assert gossamer.compile(fine, "2:qubits=1").report["bound"] == 1


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("qreg q[2]; creg c[1]; cx q[0],q[1]; reset q[0];", "outcome"),
        ("qreg q[2]; creg c[1]; t q[0]; cx q[0],q[1]; t q[1]; cx q[0],q[1]; h q[1]; cx q[1],q[0]; t q[0]; h q[0]; measure q[0] -> c[0]; if(c==1) t q[1];", "outcomes"),
    ],
)  # fmt: skip
def test_what_is_not_proved_is_null(text, note):
    report = gossamer.compile(HEADER + text, "2:qubits=2").report
    assert report["bound"] is None
    assert note in report["bound_note"]


def test_reported_outcomes_are_branches():
    """All outcomes reported: the bound is that of one branch. Measuring everything makes every branch a product."""
    measured = HEADER + "qreg q[2]; creg c[2]; h q[0]; cx q[0],q[1]; measure q -> c;"
    report = gossamer.compile(measured, "2:qubits=1").report
    assert report["bound"] is not None
    assert report["bound"] <= report["ebits"]
    late = HEADER + "qreg q[3]; creg c[1]; cx q[0],q[1]; cz q[1],q[2]; measure q[1] -> c[0]; if(c==1) z q[0];"
    source = gossamer.read(late)
    inside = [True, True, False, True, False]
    found = module._Ranks(source).rank(inside)
    legs = len(inside)
    for _, k in branches(source):
        assert found == true_rank(k, legs, inside[3:] + inside[:3])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from([*CLIFFORD, "m"]), min_size=2, max_size=12), st.randoms(use_true_random=False), cuts())
def test_reported_outcomes_in_the_middle(words, rng, cut):
    """Measurements anywhere, each reported: the rank is that of every branch that can occur."""
    lines, count = [], 0
    for word in words:
        if word == "m":
            lines.append(f"measure q[{rng.randrange(3)}] -> c[{count}];")
            count += 1
        else:
            lines.append(word % tuple(rng.sample(range(3), word.count("%d"))))
    source = gossamer.read(f"{HEADER} qreg q[3]; creg c[{count + 1}];" + "".join(lines))
    inside = cut[: len(source.inputs) + len(source.outputs)]
    try:
        found = module._Ranks(source).rank(inside)
    except module._Unknown:
        return
    n = len(source.inputs)
    for _, k in branches(source):
        assert found == true_rank(k, len(inside), inside[n:] + inside[:n])


def brute_force(bounds: dict[frozenset[int], int], links: list[tuple[int, int]]) -> int:
    """The least whole numbers of uses of the links that satisfy every cut, by trying totals from 0 on."""

    def fits(uses: list[int]) -> bool:
        return all(
            sum(u for u, (a, b) in zip(uses, links, strict=True) if (a in cut) != (b in cut)) >= need
            for cut, need in bounds.items()
        )

    total = 0
    while True:
        for bars in combinations(range(total + len(links) - 1), len(links) - 1):
            ends = [-1, *bars, total + len(links) - 1]
            if fits([ends[i + 1] - ends[i] - 1 for i in range(len(links))]):
                return total
        total += 1


@pytest.mark.parametrize("shape", ["3", "4", "line:3", "line:4", "ring:4", "star:4"])
def test_cuts_are_combined_soundly(shape):
    """Never above the least that satisfies all cuts, on a line equal to it, and at least every single cut."""
    network = resolve_network(f"{shape}:qubits=1")
    links = [(a, b) for b in range(network.size) for a in network.neighbours[b] if a < b]
    rng = random.Random(7)
    equal = 0
    for _ in range(25):
        bounds = {cut: rng.randint(0, 3) for cut in find_cuts(network)}
        found, least = combine(bounds, network), brute_force(bounds, links)
        assert max(bounds.values()) <= found <= least
        equal += found == least
        assert not shape.startswith("line") or found == least
    assert equal


def test_cuts_of_many_nodes():
    network = resolve_network("grid:3x4:qubits=1")
    found = find_cuts(network)
    assert len(found) == len(set(found))
    assert all(0 < len(cut) < 12 and 0 not in cut for cut in found)
    assert {frozenset({i}) for i in range(1, 12)} <= set(found)
    text = HEADER + "qreg q[12]; h q[0];" + "".join(f"cx q[{i}],q[{i + 1}];" for i in range(11))
    report = gossamer.compile(text, network).report
    assert 1 <= report["bound"] <= report["ebits"]


@given(st.lists(st.integers(0, 63), max_size=8))
def test_rank_over_gf2(rows):
    span = {0}
    for row in rows:
        span |= {x ^ row for x in span}
    assert 1 << rank_gf2(rows) == len(span)


def test_what_has_inputs_or_symbols_has_no_bound():
    program = gossamer.compile(HEADER + "qreg q[2]; cx q[0],q[1];", "2:qubits=1")
    given_bit = gossamer.read('OPENQASM 3; include "stdgates.inc"; input bit c; qubit[2] q; if (c) cx q[0], q[1];')
    found = find_bound(given_bit, program.manifest, program.distribution.network)
    assert (found.ebits, found.note) == (None, "the source has classical inputs")
    angle = gossamer.read('OPENQASM 3; include "stdgates.inc"; input angle a; qubit[2] q; cp(a) q[0], q[1];')
    found = find_bound(angle, program.manifest, program.distribution.network)
    assert (found.ebits, found.note) == (None, "the source has symbols")


def test_large_sources_are_refused_in_words(monkeypatch):
    monkeypatch.setattr(module, "MAX_MIXED_WORK", 1)
    monkeypatch.setattr(module, "MAX_ENTRIES", 1)
    program = gossamer.compile(HEADER + "qreg q[2]; cx q[0],q[1]; t q[1]; cx q[1],q[0];", "2:qubits=1")
    assert program.report["bound"] is None
    assert "too large" in program.report["bound_note"]
