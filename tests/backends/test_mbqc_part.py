"""One MBQC node's program as a pattern: what other nodes give is an input, what they are told is reported, and graphix runs it."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import pytest

import gossamer
from gossamer.backends.mbqc_part import part
from gossamer.checks.equality import equal
from gossamer.diagnostics import InputError, UsageError
from gossamer.formats.pattern_json import print_pattern, read_pattern
from gossamer.ir.diagram import BitKind
from gossamer.ir.network import Network, NetworkLink, Node
from gossamer.ir.pattern import Clifford, Pattern, Prepare, to_diagram
from gossamer.ir.program import ManifestBit
from tests.graphix_process import graphix_says

CHILD = Path(__file__).parent / "part_child.py"
HEAD = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; '
SOURCE = HEAD + "h q[0]; cx q[0],q[1]; t q[1]; h q[1];"

TWO_MODELS = Network(
    nodes=(Node(name="n0", data=1), Node(name="n1", model="mbqc", data=2)), links=(NetworkLink(nodes=("n0", "n1")),)
)


def messages(pattern: Pattern) -> tuple[list[str], list[str]]:
    """Received and sent."""
    received = [bit.name for bit in pattern.bits if bit.kind == BitKind.INPUT]
    return received, [r.name for r in pattern.registers if r.name.startswith("message ")]


def test_what_other_nodes_give_is_an_input() -> None:
    program = gossamer.compile(SOURCE, "2mbqc")
    first, second = (program.pattern(p.node) for p in program.programs)
    (link,) = program.manifest.links
    halves = [f"link {link.id}"]
    assert (first.input_names, second.input_names) == (("q[0]", *halves), ("q[1]", *halves))
    assert (first.output_names, second.output_names) == (("q[0]",), ("q[1]",))
    assert messages(first) == messages(second)[::-1]
    assert {f"message {m.id}" for m in program.manifest.messages} == {*messages(first)[0], *messages(first)[1]}
    opened = [Clifford(p.inputs[1], ("h",)) in p.commands for p in (first, second)]
    assert opened == [p.node == link.nodes[0] for p in program.programs]
    for pattern in (first, second):
        pattern.verify()
        assert read_pattern(print_pattern(pattern), "part.pattern.json") == pattern
        assert not set(pattern.inputs) & {c.node for c in pattern.commands if isinstance(c, Prepare)}


def test_a_node_without_links_has_the_pattern_of_the_source() -> None:
    program = gossamer.compile(SOURCE.replace("creg c[2]; ", ""), "1mbqc", effort=0)
    assert equal(to_diagram(program.pattern("n0")), program.source)


def test_the_other_node_may_be_of_any_model() -> None:
    program = gossamer.compile(SOURCE, TWO_MODELS)
    pattern = program.pattern("n1")
    assert pattern.input_names == ("q[1]", "link l0")
    assert all(messages(pattern))


def test_results_are_registers_under_their_index() -> None:
    program = gossamer.compile(SOURCE + " measure q -> c;", "2mbqc")
    names = [[r.name for r in program.pattern(p.node).registers if "message" not in r.name] for p in program.programs]
    assert sorted(chain.from_iterable(names)) == ["c[0]", "c[1]"]


def test_given_messages_are_constants() -> None:
    program = gossamer.compile(SOURCE, "2mbqc")
    node = next(p.node for p in program.programs if messages(program.pattern(p.node))[0])
    received = [label.removeprefix("message ") for label in messages(program.pattern(node))[0]]
    bound = [program.pattern(node, dict.fromkeys(received, value)) for value in (0, 1)]
    assert [messages(p)[0] for p in bound] == [[], []]
    assert bound[0] != bound[1]


@pytest.mark.clause("PR-16")
def test_graphix_has_no_classical_inputs() -> None:
    program = gossamer.compile(SOURCE, "2mbqc")
    with pytest.raises(InputError, match="no classical inputs such as 'message ") as caught:
        for p in program.programs:
            program.to_graphix(p.node)
    assert caught.value.code == "PR-16"


@pytest.mark.clause("PR-16")
def test_what_is_no_pattern_is_none_alone() -> None:
    program = gossamer.compile(SOURCE, TWO_MODELS)
    with pytest.raises(InputError, match="n0 is of model 'circuit', so its program is no pattern"):
        program.pattern("n0")
    program = gossamer.compile(SOURCE + " measure q -> c;", "2mbqc")
    kept = program.manifest.model_copy(update={"postselected": [ManifestBit(node="n0", bit=0)]})
    part(program.programs, kept, "n1")
    with pytest.raises(InputError, match="n0 has postselected outcomes") as caught:
        part(program.programs, kept, "n0")
    assert caught.value.code == "PR-16"


@pytest.mark.clause("TL-7")
@pytest.mark.parametrize(
    ("node", "given", "message"),
    [
        ("bob", None, "there is no node 'bob'"),
        ("n0", {"mine": 1}, "n0 receives no message 'mine'"),
        (None, {"mine": 1}, "none is named"),
    ],
)
def test_nodes_and_messages_that_are_not_there(node: str | None, given: dict[str, int] | None, message: str) -> None:
    program = gossamer.compile(SOURCE, "2mbqc")
    with pytest.raises(UsageError, match=message) as caught:
        program.pattern(node, given)
    assert caught.value.code == "TL-7"


@pytest.mark.clause("TL-7")
def test_a_message_is_a_bit() -> None:
    program = gossamer.compile(SOURCE, "2mbqc")
    message = program.manifest.messages[0]
    with pytest.raises(UsageError, match="is a bit, not 2"):
        program.pattern(message.receiver, {message.id: 2})


def check_lines(lines: list, count: int, *, links: int) -> None:
    assert len(lines) == count
    assert sum(line[1] for line in lines) >= links
    for source, _, branches, overlap in lines:
        assert branches > 0
        assert overlap == pytest.approx(1, abs=1e-6), source


def test_two_nodes_in_graphix_do_what_the_source_does_in_every_branch() -> None:
    lines = graphix_says(CHILD, 0, 2)
    check_lines(lines, 2, links=2)
    assert [line[2] for line in lines] == [4, 64]  # all of them


@pytest.mark.nightly
def test_two_nodes_in_graphix_do_what_the_source_does_nightly() -> None:
    check_lines(graphix_says(CHILD, 1, 40), 40, links=20)
