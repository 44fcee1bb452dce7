"""The finder against the definitions: existence, the latest layers, focused sets, the classical order, and who is to blame."""

from __future__ import annotations

import random

import numpy as np
import pytest

from gossamer.ir.flow import find_flow, missing_flow, verify_flow
from gossamer.ir.open_graph import Label
from gossamer.specification import read_spec
from tests.ir.flow.brute import OUTPUT, XY, XZ, YZ, Case, X, Y, Z, cases, check, draw, is_focused, latest_layers
from tests.ir.flow.test_kernels import reduced

LABELS = {"causal": (XY, XY, YZ, XZ, X, Z), "gflow": (XY, YZ, XZ, Y), "pauli": (XY, YZ, XZ, X, Y, Z)}
LARGEST = {"causal": 6, "gflow": 5, "pauli": 5}


def examine(kind: str, case: Case) -> bool:
    want = latest_layers(kind, case)
    flow = find_flow(kind, *case.graph, before=case.before)
    assert (flow is None) == (want is None) == bool(missing_flow(kind, *case.graph, before=case.before)), case
    if flow is None:
        return False
    assert flow.layer.tolist() == want, case
    verify_flow(flow, *case.graph, before=case.before)
    sets = {v: set(flow.correction(v)) for v in range(len(case.label)) if v not in case.outputs}
    assert check(kind, case, sets, flow.layer.tolist()), case
    assert kind == "causal" or is_focused(kind, case, sets), case
    return True


@pytest.mark.parametrize("order", [0, 3])
@pytest.mark.parametrize("kind", LABELS)
def test_against_all_correction_sets(kind: str, order: int) -> None:
    found = [examine(kind, case) for case in cases(1 + order, 400, LARGEST[kind], LABELS[kind], order)]
    assert 80 < sum(found) < 320


@pytest.mark.nightly
@pytest.mark.parametrize("order", [0, 3])
@pytest.mark.parametrize("kind", LABELS)
def test_against_all_correction_sets_at_length(kind: str, order: int) -> None:
    found = [examine(kind, case) for case in cases(11 + order, 20_000, LARGEST[kind], LABELS[kind], order)]
    assert sum(found) > 4000


@pytest.mark.parametrize("kind", LABELS)
def test_every_graph_of_three_vertices(kind: str) -> None:
    """All edges, inputs, outputs and labels of three vertices."""
    found = 0
    pairs = [(0, 1), (0, 2), (1, 2)]
    labels = sorted(set(LABELS[kind]))
    for code in range(8 * 8 * 8):
        edges = tuple(p for i, p in enumerate(pairs) if code >> i & 1)
        inputs = tuple(v for v in range(3) if code >> (3 + v) & 1)
        outputs = tuple(v for v in range(3) if code >> (6 + v) & 1)
        for i in range(0, len(labels) ** 3, 41):  # some of the labellings, others for each graph
            k = (i + code) % len(labels) ** 3
            chosen = (labels[k % len(labels)], labels[k // len(labels) % len(labels)], labels[k // len(labels) ** 2])
            label = tuple(OUTPUT if v in outputs else chosen[v] for v in range(3))
            found += examine(kind, Case(label, edges, inputs, outputs))
    assert found > 100


def missing_by_hand(kind: str, case: Case) -> list[int]:
    """The largest set that can be solved, by leaving vertices out: those that stay must have a flow with the others as they are."""
    from itertools import combinations

    from tests.ir.flow.brute import later, own_axioms

    n = len(case.label)
    allowed = [v for v in range(n) if v not in case.inputs]
    sets = [set(c) for k in range(len(allowed) + 1) for c in combinations(allowed, k)]
    solved: set[int] = set()
    while True:
        new = set()
        for v in set(range(n)) - solved:
            if not {b for a, b in case.before if a == v} <= solved:
                continue
            if v in case.outputs or any(
                own_axioms(kind, case, v, g) and later(kind, case, v, g) <= solved for g in sets
            ):
                new.add(v)
        if not new:
            return sorted(set(range(n)) - solved)
        solved |= new


@pytest.mark.parametrize("kind", LABELS)
def test_the_vertices_to_blame(kind: str) -> None:
    partly = 0
    for case in cases(5, 300, LARGEST[kind], LABELS[kind], 2):
        want = missing_by_hand(kind, case)
        assert missing_flow(kind, *case.graph, before=case.before) == want, case
        partly += 0 < len(want) < len(set(range(len(case.label))) - set(case.outputs))
    assert partly > 15


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("n", [70, 150])
def test_graphs_of_several_words(kind: str, n: int) -> None:
    """Larger than one machine word in every direction; each flow passes the slow check as well."""
    rng = random.Random(n)
    found = 0
    for _ in range(12):
        case = brickwork(rng, n, LABELS[kind])
        flow = find_flow(kind, *case.graph, before=case.before)
        assert (flow is None) == bool(missing_flow(kind, *case.graph, before=case.before))
        if flow is None:
            continue
        found += 1
        verify_flow(flow, *case.graph, before=case.before)
        sets = {v: set(flow.correction(v)) for v in range(n) if v not in case.outputs}
        assert check(kind, case, sets, flow.layer.tolist())
        assert kind == "causal" or is_focused(kind, case, sets)
    assert found >= 3


def layers_by_equations(kind: str, case: Case) -> list[int]:
    """Each vertex's layer (-1: never), from the axioms as linear equations for its correction set, solved anew for each layer."""
    n, label = len(case.label), case.labels(kind)
    odd = np.zeros((n, n), np.uint8)
    for a, b in case.edges:
        odd[a, b] = odd[b, a] = 1
    inside = np.eye(n, dtype=np.uint8)
    own = {XY: ((0, 0), (1, 1)), XZ: ((0, 1), (1, 1)), YZ: ((0, 1), (1, 0)), X: ((1, 1),), Z: ((0, 1),), Y: ((2, 1),)}
    out = [0 if v in case.outputs and all(a != v for a, _ in case.before) else -1 for v in range(n)]
    for depth in range(1, n + 1):
        new = []
        for v in (v for v in range(n) if out[v] < 0):
            if any(a == v and out[b] < 0 for a, b in case.before):
                continue
            rows = [(inside[w], 0) for w in case.inputs]
            for w in (w for w in range(n) if out[w] < 0 and w != v):
                rows += [(inside[w], 0)] if label[w] not in (X, Y) else []
                rows += [(odd[w], 0)] if label[w] not in (Y, Z) else []
                rows += [(inside[w] ^ odd[w], 0)] if label[w] == Y else []
            if v not in case.outputs:
                rows += [((inside[v], odd[v], inside[v] ^ odd[v])[which], value) for which, value in own[label[v]]]
            system = np.array([[*row, value] for row, value in rows], np.uint8).reshape(-1, n + 1)
            if v in case.outputs or n not in reduced(system, n + 1)[1]:
                new.append(v)
        for v in new:
            out[v] = depth
        if not new:
            break
    return out


@pytest.mark.parametrize("kind", ["gflow", "pauli"])
def test_many_outputs(kind: str) -> None:
    """More than 64 free choices for each correction set; source outcomes that wait, with every label, among the outputs."""
    rng = random.Random(2)
    depths, partly = [], 0
    for _ in range(6):
        n, measured = 115, rng.randint(25, 35)
        label = [rng.choice(LABELS[kind]) if v < measured or rng.random() < 0.2 else OUTPUT for v in range(n)]
        edges = [(v, v + 1) for v in range(measured)]
        edges += [(a, b) for a in range(measured) for b in range(a + 2, n) if rng.random() < 0.03]
        inputs = [v for v in range(n) if rng.random() < 0.1 and label[v] in (XY, X, Y, OUTPUT)]
        outcomes = [v for v in range(measured, n) if label[v] != OUTPUT]
        before = [(rng.choice(outcomes), rng.randrange(measured)) for _ in range(rng.randint(0, 12))]
        case = Case(tuple(label), tuple(edges), tuple(inputs), tuple(range(measured, n)), tuple(before))
        want = layers_by_equations(kind, case)
        missing = missing_flow(kind, *case.graph, before=case.before)
        assert missing == [v for v in range(n) if want[v] < 0]
        flow = find_flow(kind, *case.graph, before=case.before)
        if flow is None:
            partly += len(missing) < measured
            continue
        assert flow.layer.tolist() == want
        verify_flow(flow, *case.graph, before=case.before)
        sets = {v: set(flow.correction(v)) for v in range(measured)}
        assert is_focused(kind, case, sets)
        depths.append(flow.depth)
    assert max(depths) >= 3
    assert partly


def brickwork(rng: random.Random, n: int, labels: tuple[object, ...]) -> Case:
    """Wires with edges between neighbouring wires, some of their vertices measured along an axis, some of them source outcomes."""
    width = 8
    edges = [(v, v + width) for v in range(n - width)]
    edges += [(v, v + 1) for v in range(n - 1) if v % width != width - 1 and rng.random() < 0.3]
    axes = [x for x in labels if x in (X, Y)] or [XY]
    label = [XY if rng.random() < 0.7 else rng.choice(axes) for _ in range(n)]
    outcomes = [v for v in range(width, n - width) if rng.random() < 0.03]
    outputs = [*outcomes, *range(n - width, n)]
    for v in range(n - width, n):
        label[v] = OUTPUT
    for v in outcomes:
        label[v] = rng.choice((XY, X))
    before = [(v, v + 3 * width) for v in outcomes if v + 3 * width < n]
    return Case(tuple(label), tuple(edges), tuple(range(rng.choice((2, width)))), tuple(outputs), tuple(before))  # type: ignore[arg-type]


def test_the_same_flow_each_time() -> None:
    case = draw(random.Random(3), 40, (X, XY), density=0.1)
    flows = [find_flow("pauli", *case.graph) for _ in range(2)]
    if flows[0] is not None and flows[1] is not None:
        for column in ("start", "members", "layer"):
            assert np.array_equal(getattr(flows[0], column), getattr(flows[1], column))


@pytest.mark.parametrize("kind", LABELS)
def test_nothing_at_all(kind: str) -> None:
    flow = find_flow(kind, [], [], [], [])
    assert flow is not None
    assert flow.depth == 0
    verify_flow(flow, [], [], [], [])


def test_order_and_depth() -> None:
    flow = find_flow("causal", [XY, XY, OUTPUT], [(0, 1), (1, 2)], [0], [2])
    assert flow is not None
    assert flow.depth == 2
    assert flow.order().tolist() == [0, 1, 2]


def test_the_kinds_are_nested() -> None:
    """A causal flow's graph has a gflow, and a gflow's a Pauli flow, with at most as many layers; some have only the weaker one."""
    only = {"gflow": 0, "pauli": 0}
    for case in cases(9, 2000, 7, (XY, YZ, X), 1):
        flows = [find_flow(kind, *case.graph, before=case.before) for kind in LABELS]
        for kind, less, more in (("gflow", *flows[:2]), ("pauli", *flows[1:])):
            if less is not None:
                assert more is not None
                assert more.depth <= less.depth
            elif more is not None:
                only[kind] += 1
    assert min(only.values()) > 5


def test_the_examples_of_the_specification() -> None:
    rows = [row.strip("|").split("|") for row in read_spec("flow.md").splitlines() if row.startswith(("| X", "| Y"))]
    assert len(rows) == 5
    for v0, v1, order, *answers in ([cell.strip() for cell in row] for row in rows):
        label = [Label[v0], Label[v1], OUTPUT]
        before = [[int(v.strip()[1:]) for v in order.split(",")]] if order else []
        for kind, answer in zip(LABELS, answers, strict=True):
            flow = find_flow(kind, label, [(0, 1), (1, 2)], [0], [2], before=before)
            said = "none" if flow is None else f"layers {', '.join(map(str, flow.layer))}"
            assert said == answer, (kind, label, before)
            assert flow is None or [flow.correction(v) for v in range(3)] == [[1], [2], []]
    assert missing_flow("pauli", [YZ, XY, OUTPUT], [(0, 1), (1, 2)], [0], [2]) == [0]
    assert missing_flow("pauli", [XY, XY, OUTPUT], [(0, 2), (1, 2)], [0, 1], [2]) == [0, 1]
