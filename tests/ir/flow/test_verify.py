"""The checker: one violation for each clause, and agreement with the definitions on arbitrary correction sets."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from gossamer.diagnostics import InputError
from gossamer.ir.flow import Flow, FlowKind, find_flow, missing_flow, verify_flow
from tests.ir.flow.brute import OUTPUT, XY, XZ, YZ, Case, X, Y, Z, check, draw

LINE = Case((XY, XY, OUTPUT), ((0, 1), (1, 2)), (0,), (2,))
PLANES = (XY, YZ, XZ)
ALL = (XY, YZ, XZ, X, Y, Z)


def flow_of(kind: str, sets: list[list[int]], layer: list[int]) -> Flow:
    start = np.cumsum([0, *(len(s) for s in sets)]).astype(np.int32)
    members = np.array([w for s in sets for w in s], np.int32)
    return Flow(FlowKind.of(kind), start, members, np.array(layer, np.int32))


def single(label: object, edges: list[tuple[int, int]]) -> Case:
    """One measured vertex, v0, and outputs."""
    n = 1 + max((max(e) for e in edges), default=0)
    return Case((label, *[OUTPUT] * (n - 1)), tuple(edges), (), tuple(range(1, n)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("code", "axiom", "kind", "case", "sets", "layer"),
    [
        ("CF-1", "C1", "causal", LINE, [[1], [], []], [2, 1, 0]),
        ("CF-1", "C1", "causal", LINE, [[2], [2], []], [2, 1, 0]),
        ("CF-1", "C1", "causal", single(XZ, [(0, 1)]), [[0], []], [1, 0]),
        ("CF-1", "C1", "causal", single(YZ, [(0, 1)]), [[1], []], [1, 0]),
        ("CF-2", "C2", "causal", LINE, [[1], [2], []], [1, 1, 0]),
        ("CF-3", "C3", "causal", Case((XY, XY, OUTPUT), ((0, 2), (1, 2)), (), (2,)), [[2], [2], []], [1, 1, 0]),
        ("CF-3", "C3", "causal", single(YZ, [(0, 1)]), [[0], []], [0, 0]),
        ("GF-1", "G1", "gflow", LINE, [[1], [2], []], [1, 1, 0]),
        ("GF-2", "G2", "gflow", Case((XY, XY, OUTPUT), ((0, 2), (1, 2)), (), (2,)), [[2], [2], []], [1, 1, 0]),
        ("GF-3", "G3", "gflow", LINE, [[1], [], []], [2, 1, 0]),
        ("GF-3", "G3", "gflow", single(XY, [(0, 1)]), [[0, 1], []], [1, 0]),
        ("GF-4", "G4", "gflow", single(XZ, [(0, 1)]), [[0], []], [1, 0]),
        ("GF-4", "G4", "gflow", single(XZ, [(0, 1)]), [[1], []], [1, 0]),
        ("GF-5", "G5", "gflow", single(YZ, [(0, 1)]), [[0, 1], []], [1, 0]),
        ("GF-5", "G5", "gflow", single(YZ, [(0, 1)]), [[], []], [1, 0]),
        ("PF-1", "P1", "pauli", LINE, [[1], [2], []], [1, 1, 0]),
        ("PF-1", "P1", "pauli", Case((XY, Z, OUTPUT), ((0, 1), (1, 2)), (), (2,)), [[1], [1], []], [1, 1, 0]),
        ("PF-2", "P2", "pauli", Case((XY, X, OUTPUT), ((0, 2), (1, 2)), (), (2,)), [[2], [2], []], [1, 1, 0]),
        ("PF-3", "P3", "pauli", Case((XY, Y, OUTPUT), ((0, 1), (1, 2)), (), (2,)), [[1], [2], []], [1, 1, 0]),
        ("PF-3", "P3", "pauli", Case((XY, Y, OUTPUT), ((0, 2), (1, 2)), (), (2,)), [[2], [2], []], [1, 1, 0]),
        ("PF-4", "P4", "pauli", single(XY, [(0, 1)]), [[0, 1], []], [1, 0]),
        ("PF-4", "P4", "pauli", single(XY, [(0, 1)]), [[], []], [1, 0]),
        ("PF-5", "P5", "pauli", single(XZ, [(0, 1)]), [[0], []], [1, 0]),
        ("PF-6", "P6", "pauli", single(YZ, [(0, 1)]), [[0, 1], []], [1, 0]),
        ("PF-7", "P7", "pauli", single(X, [(0, 1)]), [[0], []], [1, 0]),
        ("PF-8", "P8", "pauli", single(Z, [(0, 1)]), [[1], []], [1, 0]),
        ("PF-9", "P9", "pauli", single(Y, [(0, 1)]), [[0, 1], []], [1, 0]),
        ("PF-9", "P9", "pauli", single(Y, [(0, 1)]), [[], []], [1, 0]),
    ],
)  # fmt: skip
def test_a_violated_axiom_is_named(
    code: str, axiom: str, kind: str, case: Case, sets: list[list[int]], layer: list[int]
) -> None:
    with pytest.raises(InputError, match=f"axiom {axiom}: v") as caught:
        verify_flow(flow_of(kind, sets, layer), *case.graph)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("kind", "case", "sets", "layer"),
    [
        ("pauli", Case((XY, X, OUTPUT), ((0, 1), (1, 2)), (), (2,)), [[1], [2], []], [1, 1, 0]),
        ("pauli", Case((XY, Z, OUTPUT), ((0, 2), (1, 2)), (), (2,)), [[2], [1], []], [1, 2, 0]),
        ("pauli", Case((XY, Y, OUTPUT), ((0, 1), (1, 2)), (), (2,)), [[1, 2], [2], []], [1, 2, 0]),
        # A source outcome along X bears an X that comes later; along Z it does not.
        ("pauli", Case((XY, X), ((0, 1),), (), (1,), ((1, 0),)), [[1], []], [1, 2]),
    ],
)
def test_what_acts_as_the_own_pauli_may_come_later(
    kind: str, case: Case, sets: list[list[int]], layer: list[int]
) -> None:
    assert check(kind, case, dict(enumerate(map(set, sets))), layer)
    verify_flow(flow_of(kind, sets, layer), *case.graph, before=case.before)
    found = find_flow(kind, *case.graph, before=case.before)
    assert found is not None
    with pytest.raises(InputError):
        verify_flow(replace(flow_of(kind, sets, layer), kind=FlowKind.GFLOW), *case.graph, before=case.before)


@pytest.mark.clause("FL-2")
def test_outputs_have_no_correction_set_and_inputs_are_in_none() -> None:
    with pytest.raises(InputError, match="v2 is an output") as caught:
        verify_flow(flow_of("gflow", [[1], [2], [2]], [2, 1, 0]), *LINE.graph)
    assert caught.value.code == "FL-2"
    case = Case((XY, OUTPUT), ((0, 1),), (1,), (1,))
    with pytest.raises(InputError, match=r"the input v1 is in g\(v0\)") as caught:
        verify_flow(flow_of("gflow", [[1], []], [1, 0]), *case.graph)
    assert caught.value.code == "FL-2"
    assert missing_flow("gflow", *case.graph) == [0]


@pytest.mark.clause("FL-3")
def test_the_classical_order_is_checked() -> None:
    flow = find_flow("gflow", *LINE.graph)
    assert flow is not None
    verify_flow(flow, *LINE.graph, before=[(0, 1), (1, 2)])
    with pytest.raises(InputError, match="v1 is not measured before v0, whose phase uses a bit of v1") as caught:
        verify_flow(flow, *LINE.graph, before=[(1, 0)])
    assert caught.value.code == "FL-3"


@pytest.mark.clause("FL-4")
@pytest.mark.parametrize("kind", ["gflow", "pauli"])
def test_a_graph_too_large_for_dense_matrices_is_refused(kind: str) -> None:
    n = 32769
    path = np.stack([np.arange(n - 1), np.arange(1, n)], axis=1)
    with pytest.raises(InputError) as caught:
        find_flow(kind, [XY] * (n - 1) + [OUTPUT], path, [0], [n - 1])
    assert caught.value.code == "FL-4"
    assert find_flow("causal", [XY] * (n - 1) + [OUTPUT], path, [0], [n - 1]) is not None


@pytest.mark.clause("FL-1")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "eflow"}, "no kind of flow is called 'eflow'"),
        ({"kind": 3}, "no kind of flow is called 3"),
        ({"label": [7, 0, 6]}, "'label' holds 7"),
        ({"label": [0.5, 0, 6]}, "'label' must be whole numbers"),
        ({"label": [[0, 0, 6]]}, "'label' must be whole numbers"),
        ({"edges": [[0, 1, 2]]}, "'edges' must be whole numbers"),
        ({"edges": [[0, 3]]}, "'edges' holds 3"),
        ({"edges": [[-1, 2]]}, "'edges' holds -1"),
        ({"edges": [[1, 1]]}, "the edge v1 - v1 is a loop"),
        ({"edges": [[0, 1], [1, 0]]}, "the edge v0 - v1 occurs twice"),
        ({"inputs": [3]}, "'inputs' holds 3"),
        ({"inputs": [0, 0]}, "listed twice in 'inputs'"),
        ({"outputs": [2, 2]}, "listed twice in 'outputs'"),
        ({"outputs": []}, "v2 is labelled OUTPUT but is not listed"),
        ({"before": [[0, 9]]}, "'before' holds 9"),
        ({"before": [0, 1]}, "'before' must be whole numbers"),
    ],
)
def test_columns_of_the_graph(change: dict[str, object], message: str) -> None:
    given: dict[str, object] = {
        "kind": "pauli", "label": [0, 0, 6], "edges": [[0, 1], [1, 2]], "inputs": [0], "outputs": [2], "before": [],
    }  # fmt: skip
    for find in (find_flow, missing_flow):
        assert find(**given) is not False  # type: ignore[arg-type]
        with pytest.raises(InputError, match=message) as caught:
            find(**{**given, **change})  # type: ignore[arg-type]
        assert caught.value.code == "FL-1"


@pytest.mark.clause("FL-1")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": np.array([0, 1, 2], np.int32)}, r"'start' of the flow must be int32\[4\]"),
        ({"start": np.array([0, 1, 2, 2])}, "'start' of the flow must be int32"),
        ({"start": np.array([0, 2, 1, 2], np.int32)}, "does not divide"),
        ({"start": np.array([0, 1, 1, 1], np.int32)}, "does not divide"),
        ({"members": np.array([1, 3], np.int32)}, "outside 0..2"),
        ({"members": np.array([-1, 2], np.int32)}, "outside 0..2"),
        ({"start": np.array([0, 2, 2, 2], np.int32), "members": np.array([2, 1], np.int32)}, "not sorted"),
        ({"start": np.array([0, 2, 2, 2], np.int32), "members": np.array([1, 1], np.int32)}, "twice"),
        ({"layer": np.array([2, 1], np.int32)}, "'layer' of the flow must be"),
        ({"layer": np.array([1, 0, -1], np.int32)}, "a layer is negative"),
    ],
)
def test_columns_of_the_flow(change: dict[str, np.ndarray], message: str) -> None:
    flow = find_flow("gflow", *LINE.graph)
    assert flow is not None
    with pytest.raises(InputError, match=message) as caught:
        verify_flow(replace(flow, **change), *LINE.graph)
    assert caught.value.code == "FL-1"


@pytest.mark.parametrize("kind", ["causal", "gflow", "pauli"])
def test_the_checker_agrees_with_the_definitions(kind: str) -> None:
    """Random sets in random layers, and true flows with one thing changed."""
    rng = random.Random(7)
    verdicts = []
    for _ in range(1500):
        case = draw(rng, rng.randint(1, 5), ALL, order=rng.randint(0, 1))
        n = len(case.label)
        flow = find_flow(kind, *case.graph, before=case.before)
        sets = [set(flow.correction(v)) if flow else set() for v in range(n)]
        layer = flow.layer.tolist() if flow else [rng.randrange(n) for _ in range(n)]
        for _ in range(rng.randint(0, 2) if flow else n):
            v, w = rng.randrange(n), rng.randrange(n)
            if rng.random() < 0.5:
                sets[v] ^= {w}
            else:
                layer[v] = max(0, layer[v] + rng.choice((-1, 1)))
        want = check(kind, case, dict(enumerate(sets)), layer)
        try:
            verify_flow(flow_of(kind, [sorted(s) for s in sets], layer), *case.graph, before=case.before)
            assert want, case
        except InputError:
            assert not want, case
        verdicts.append(want)
    assert 150 < sum(verdicts) < 1350
