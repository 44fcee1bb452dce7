"""What the table of rules says of flows: a flow of the kind that a rule keeps exists after each step, if one existed before."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gossamer
from gossamer.ir.flow import FlowKind, find_flow
from gossamer.ir.open_graph import Label
from gossamer.rewriting import rules
from gossamer.rewriting.graph import WorkGraph
from gossamer.rewriting.strategies import reduce
from tests.rewriting.test_rules import matches
from tests.rewriting.test_strategies import random_circuit

KINDS = {"causal": FlowKind.CAUSAL, "gflow": FlowKind.GFLOW, "pauli": FlowKind.PAULI}


def has_flow(g: WorkGraph, inputs: set[int], kind: FlowKind) -> bool:
    """Whether the graph has a flow. A leaf on a spider of phase pi k (a gadget) is a YZ vertex, one of phase pi/2 + pi k an XZ vertex.

    Pauli phases are Pauli measurements where the kind knows them.
    """
    single = {v for v in g.spiders() if len(g.adj[v]) == 1 and v not in g.ends}  # not hubs themselves
    hubs = {v: leaf for v in g.spiders() if v not in single and (leaf := rules.leaf_of(g, v)) is not None}
    hubs = {v: leaf for v, leaf in hubs.items() if g.is_pauli(v) or g.is_half(v)}
    number = {v: i for i, v in enumerate(x for x in g.spiders() if x not in hubs.values())}
    label = [Label.XY if v not in hubs else Label.YZ if g.is_pauli(v) else Label.XZ for v in number]
    if kind == FlowKind.PAULI:
        for v, i in number.items():
            if label[i] == Label.XY and v not in g.ends:
                label[i] = Label.X if g.is_pauli(v) else Label.Y if g.is_half(v) else Label.XY
    edges = [(number[a], number[b]) for a in number for b in g.adj[a] if b in number and a < b]
    edges += [(number[a], number[b]) for a, others in g.plain.items() for b in others if a < b]
    assert not g.plain
    starts, stops = [], []

    def vertex(of: Label) -> int:
        label.append(of)
        return len(label) - 1

    for e, v in enumerate(g.end_at):
        at = number[v]
        if not g.end_hadamard[e]:  # a plain wire is two Hadamard edges
            middle = vertex(Label.XY)
            edges.append((at, middle))
            at = middle
        end = vertex(Label.XY if g.anchor[e] in inputs else Label.OUTPUT)
        edges.append((at, end))
        (starts if g.anchor[e] in inputs else stops).append(end)
    found = find_flow(
        kind,
        np.array(label, np.uint8),
        np.array(edges, np.int32).reshape(-1, 2),
        np.array(starts, np.int32),
        np.array(stops, np.int32),
    )
    return found is not None


@pytest.mark.parametrize("strategy", ["fuse", "clifford", "full", "nodes", "guarded"])
@pytest.mark.parametrize("seed", range(6))
def test_strategies_keep_the_flow(strategy: str, seed: int) -> None:
    source = gossamer.read(random_circuit(seed, 5, 60))
    g = WorkGraph.from_diagram(source)
    reduce(g, strategy)  # type: ignore[arg-type]
    inputs = set(source.inputs.tolist())
    assert has_flow(g, inputs, FlowKind.PAULI)
    assert has_flow(g, inputs, FlowKind.GFLOW)
    if strategy == "fuse":
        assert has_flow(g, inputs, FlowKind.CAUSAL)


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_each_rule_keeps_what_the_table_says(data: st.DataObject) -> None:
    source = gossamer.read(random_circuit(data.draw(st.integers(0, 10**6)), 3, data.draw(st.integers(5, 30))))
    inputs = set(source.inputs.tolist())
    g = WorkGraph.from_diagram(source)
    reduce(g, "fuse")
    kept = FlowKind.CAUSAL
    assert has_flow(g, inputs, kept)
    for _ in range(data.draw(st.integers(1, 8))):
        found = [(rule, m) for rule in rules.RULES for m in matches(g, rule)[:2]]
        if not found:
            break
        rule, match = data.draw(st.sampled_from(found))
        rule.apply(g, match)
        kept = max(kept, KINDS[rule.keeps])
        while (plain := next((m for v in g.spiders() if (m := rules.check_fuse(g, v))), None)) is not None:
            rules.apply_fuse(g, plain)
        assert has_flow(g, inputs, kept), rule.name
