"""Real ZX-diagrams: each file is read with the map that pyzx computes, or refused by name.

Small files are compared with pyzx's tensor, scalar included; larger ones vertex by vertex with the graph that pyzx reads.
"""

from __future__ import annotations

import json
import warnings
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gossamer.diagnostics import GossamerError
from gossamer.ir.compose import bind
from gossamer.ir.diagram import Diagram, VertexKind
from gossamer.ir.semantics import kraus
from gossamer.sources import read
from tests.shared import SHARED, needs_shared

ZX = SHARED / "corpus" / "zx"
FILES = sorted(ZX.rglob("*.*")) if ZX.is_dir() else []

#: What is refused, and with which clause.
REFUSED = {
    "assets__logical_cnot.dae": "ZX-2",
    "docs__logical_cnot.dae": "ZX-2",
    "tests__interop__collada__test_files__rotated_cnot.dae": "ZX-2",
    "test__demo.zxr": "ZX-2",
    "test_ignore_invalid_phases_fraction_error_L91": "ZX-3",  # \frac{abc}{def}\pi
    "test_ignore_invalid_phases_x_spider_L63": "ZX-3",  # bad(
    "test_zero_denominator_fraction_does_not_crash_L274": "ZX-3",
    "test_ignore_parse_errors_edge_to_missing_node_L139": "ZX-1",
    "test_ignore_parse_errors_malformed_edge_L121": "ZX-1",
    "test_ignore_parse_errors_malformed_node_L105": "ZX-1",
    "test_malformed_numeric_fraction_not_silently_accepted_L259": "ZX-1",  # a comment swallows the end of the node
    "test_latex_symbolic_z_box_label_L302": "ZX-7",  # the number alpha has no modulus 1
    "test_none_node_with_three_neighbors_not_removed_L427": "ZX-5",
}
#: What the last release of pyzx that reads version 1 of its JSON made of such files, in version 2.
FROM_VERSION_1 = Path(__file__).parent / "pyzx_v1"
#: More open legs than these are too many for a tensor, in every run and in the nightly one.
MAX_LEGS, MAX_LEGS_AT_NIGHT = 12, 20


def _short(path: Path) -> str:
    return path.stem.split("__")[-1] if path.name.startswith("zxcalc+pyzx") else path.name


ACCEPTED = [f for f in FILES if _short(f) not in REFUSED]


@needs_shared
@pytest.mark.clause("ZX-1", "ZX-2", "ZX-3", "ZX-5", "ZX-7")
def test_at_least_120_of_133_are_read_and_the_others_refused_by_name() -> None:
    assert len(FILES) == 133
    refused = {}
    for file in FILES:
        try:
            read(file).verify()
        except GossamerError as error:
            refused[_short(file)] = error.code
            assert error.diagnostic.span is not None
    assert refused == REFUSED
    assert len(FILES) - len(refused) >= 120


def _pyzx(path: Path) -> Any:
    """The graph that pyzx reads, with what it gets wrong put right by its own means."""
    import pyzx
    from pyzx.utils import VertexType

    text = path.read_text()
    if path.suffix == ".tikz":
        g = pyzx.tikz.tikz_to_graph(text, warn_overlap=False, fuse_overlap=False, remove_identity_nodes=True)
        for v in list(g.vertices()):
            if g.type(v) == VertexType.BOUNDARY and g.vertex_degree(v) == 0:  # draws nothing
                g.remove_vertex(v)
    else:
        converted = FROM_VERSION_1 / f"{path.parent.name}__{path.name}.json"
        if converted.is_file():
            text = converted.read_text()
        elif path.suffix == ".zxp":
            text = json.loads(text)["initial_graph"]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            g = pyzx.Graph.from_json(text)
        if (
            path.suffix == ".qgraph"
        ):  # pyzx takes true and false for places in a list, and a Hadamard for an H-box of label 1
            g.set_inputs(())
            g.set_outputs(())
            for v in g.vertices():
                if g.type(v) == VertexType.H_BOX:
                    g.set_phase(v, 1)
    boundary = [v for v in g.vertices() if g.type(v) == VertexType.BOUNDARY]
    if boundary and not (g.inputs() or g.outputs()):
        if any(g.row(v) == g.row(w) for v in boundary for w in g.neighbors(v)):  # pyzx gives up on vertical wires

            def down(v: int) -> bool:
                (w,) = g.neighbors(v)
                return bool((g.row(w), g.qubit(w)) > (g.row(v), g.qubit(v)))

            g.set_inputs(tuple(sorted((v for v in boundary if down(v)), key=g.qubit)))
            g.set_outputs(tuple(sorted((v for v in boundary if not down(v)), key=g.qubit)))
        else:
            g.auto_detect_io()
    variables = {x for p in g.phases().values() if hasattr(p, "free_vars") for x in p.free_vars()}
    if variables:
        g = g.substitute_variables({str(x): Fraction(1, 3) for x in variables})
    return g


def _symbols(diagram: Diagram) -> set[str]:
    return {name for phase in (*diagram.phases, diagram.scalar.phase) for name in phase.symbols}


@needs_shared
@pytest.mark.parametrize("path", ACCEPTED, ids=[str(f.relative_to(ZX)) for f in ACCEPTED])
def test_the_map_is_that_of_pyzx(path: Path) -> None:
    _compare(path, MAX_LEGS)


@needs_shared
@pytest.mark.nightly
@pytest.mark.parametrize("path", ACCEPTED, ids=[str(f.relative_to(ZX)) for f in ACCEPTED])
def test_the_map_of_larger_diagrams_is_that_of_pyzx(path: Path) -> None:
    _compare(path, MAX_LEGS_AT_NIGHT)


def _compare(path: Path, most: int) -> None:
    d, g = read(path), _pyzx(path)
    symbols = _symbols(d)
    if symbols:
        d = bind(d, {name: Fraction(1, 3) for name in symbols})
    if len(d.inputs) + len(d.outputs) > most:
        _same_graph(d, g)
        return
    tensor = g.to_tensor().reshape(2 ** len(g.outputs()), 2 ** len(g.inputs()))
    ours = kraus(d, {})
    assert ours.shape == tensor.shape
    size = max(1e-3, float(np.abs(tensor).max()))  # two of the random diagrams are 0
    assert np.abs(ours - tensor).max() < 1e-9 * size


def _same_graph(d: Diagram, g: Any) -> None:
    """The same spiders in the same places, joined alike: no meaning is needed to see that."""
    from pyzx.utils import EdgeType, VertexType

    kinds = {VertexType.Z: VertexKind.Z, VertexType.X: VertexKind.X}
    order = sorted(g.vertices(), key=lambda v: (g.row(v), v))
    number = {v: i for i, v in enumerate(order)}
    for v, i in number.items():
        if v in g.inputs():
            assert d.inputs[g.inputs().index(v)] == i
        elif v in g.outputs():
            assert d.outputs[g.outputs().index(v)] == i
        else:
            assert d.kind[i] == kinds[g.type(v)]
        assert d.phase_of(i).is_constant
        assert d.phase_of(i).constant == g.phase(v) % 2
    theirs = Counter((*sorted(number[v] for v in g.edge_st(e)), g.edge_type(e) == EdgeType.HADAMARD) for e in g.edges())
    ours = Counter((min(a, b), max(a, b), h) for (a, b), h in zip(d.edges.tolist(), d.hadamard.tolist(), strict=True))
    assert ours == theirs
    assert abs(d.scalar.value() - g.scalar.to_number()) <= 1e-9 * abs(g.scalar.to_number())
