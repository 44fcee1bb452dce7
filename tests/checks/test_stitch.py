"""Lifting and stitching: what the diagram holds, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gossamer.backends.circuit_lift import lift
from gossamer.checks.stitch import lift_all, stitch
from gossamer.diagnostics import InputError
from gossamer.ir.diagram import BitKind
from gossamer.ir.phase import BitExpr
from gossamer.ir.program import Ebit, Instruction, Manifest, Measure, NodeProgram, Recv, Reset, Send
from gossamer.ir.semantics import sweep_cost
from tests.checks.programs import EXAMPLES, g, remote_cz, teleport, when

EMPTY = Manifest(nodes=[], links=[], messages=[], inputs=[], outputs=[], registers=[], outcomes=[], source_digest="")


def alone(*code: Instruction, data: int = 1, comm: int = 1, bits: int = 3) -> NodeProgram:
    return NodeProgram("n0", "circuit", data, comm, bits, code)


def test_a_part_names_its_boundary():
    e = teleport()
    part = lift(e.programs[1], e.manifest)
    assert (part.diagram.input_names, part.sources, part.diagram.output_names) == (("l0",), 0, ("q",))
    assert [b.name for b in part.diagram.bits if b.kind == BitKind.INPUT] == ["m0", "m1"]
    assert [(w.kind, w.name) for w in part.waits] == [("link", "l0"), ("recv", "m0"), ("recv", "m1")]
    sender = lift(e.programs[0], e.manifest)
    assert sender.sent == {"m0": BitExpr.bit(0), "m1": BitExpr.bit(1)}
    assert sender.discards == frozenset()


def test_what_is_left_behind_is_discarded():
    part = lift(alone(g("h", 0), Reset(0), g("h", 0)), EMPTY)
    assert len(part.discards) == 2
    assert len(part.diagram.outputs) == 0


@pytest.mark.parametrize(
    ("code", "clause"),
    [
        ([g("h", 5)], "PR-2"),
        ([g("swap", 0)], "PR-2"),
        ([g("cz", 0, 0)], "PR-2"),
        ([g("rz", 0)], "PR-2"),
        ([when(0, g("x", 0))], "PR-5"),
        ([Measure(0, 0), Reset(0), Measure(0, 0)], "PR-5"),
        ([g("h", 1)], "PR-7"),
        ([Ebit("l0", "n1", 0)], "PR-7"),
        ([Measure(0, 0), g("h", 0)], "PR-8"),
    ],
)
def test_refused_when_lifted(code, clause):
    with pytest.raises(InputError) as caught:
        lift(alone(*code), EMPTY)
    assert caught.value.code == clause


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("links_first", [False, True])
def test_stitched_diagrams_are_causal(name, links_first):
    e = EXAMPLES[name]()
    stitched = stitch(lift_all(e.programs, e.manifest), e.manifest, links_first=links_first)
    stitched.diagram.verify()
    assert stitched.diagram.input_names == tuple(p.name for p in e.manifest.inputs)
    assert len(stitched.witness) == len(e.source.outcome_bits)
    assert sweep_cost(stitched.diagram)[0] <= max(4, len(e.source.inputs) + 1)


def test_waiting_in_a_circle():
    e = remote_cz()
    programs = []
    for p in e.programs:
        send = next(op for op in p.instructions if isinstance(op, Send))
        rest = [op for op in p.instructions if op is not send]
        programs.append(replace(p, instructions=(*rest, send)))
    with pytest.raises(InputError) as caught:
        stitch(lift_all(programs, e.manifest), e.manifest)
    assert caught.value.code == "PR-10"
    assert "n0 for message m1" in str(caught.value)
    assert "n1 for message m0" in str(caught.value)


def test_a_link_that_only_one_node_asks_for():
    e = remote_cz()
    one = replace(e.programs[1], instructions=(Recv("m0", "n0", 1),), comm=0)
    with pytest.raises(InputError) as caught:
        stitch(lift_all([e.programs[0], one], e.manifest), e.manifest)
    assert caught.value.code == "PR-10"
