"""Programs of MBQC nodes as JSON: what is printed is read back, and anything else is refused where it stands (PR-15)."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings

from gossamer.conformance.strategies import programs
from gossamer.diagnostics import InputError
from gossamer.formats.pattern_program import print_program, read_program
from gossamer.ir.pattern import Measure, Prepare
from gossamer.ir.program import Ebit, Gate, NodeProgram, Observe
from gossamer.specification import read_spec

EXAMPLE = next(
    t for t in re.findall(r"```json\n(.*?)```", read_spec("program.md"), re.DOTALL) if "pattern-program" in t
)


@given(programs(models=("mbqc",)))
@settings(deadline=None)
def test_print_and_read_are_inverse(distribution) -> None:
    for program in distribution.programs:
        assert read_program(print_program(program)) == program


def test_the_example_of_the_specification() -> None:
    program = read_program(EXAMPLE)
    assert print_program(program) == EXAMPLE
    assert (program.node, program.data, program.comm, program.bits, program.results) == ("bob", 2, 1, 5, ((4, "c[0]"),))
    assert program.instructions[0] == Ebit("l0", "alice", 2)


def changed(**keys) -> str:
    return json.dumps(json.loads(EXAMPLE) | keys)


def command(**keys) -> str:
    return changed(commands=[keys])


REFUSED = {
    "no JSON": "{",
    "a list": "[]",
    "another kind": changed(gossamer="pattern"),
    "another version": changed(version=2),
    "an unknown key": changed(more=1),
    "a missing key": json.dumps({k: v for k, v in json.loads(EXAMPLE).items() if k != "comm"}),
    "a node that is no name": changed(node="a b"),
    "a path": changed(node="../x"),
    "too many qubits": changed(data=10**7),
    "too many bits": changed(bits=10**9),
    "a negative number": changed(comm=-1),
    "a float": changed(data=1.0),
    "a result without a place": changed(results=[["c[0]"]]),
    "a result of no register": changed(results=[[0, "c"]]),
    "an unknown command": command(kind="T", node=0),
    "a gate": command(kind="cz", nodes=[0, 1]),
    "an M without a bit": command(kind="M", node=0, basis="X"),
    "an M with a key too many": command(kind="M", node=0, basis="X", bit=0, plane="XY"),
    "a basis": command(kind="M", node=0, basis="W", bit=0),
    "an angle": command(kind="M", node=0, basis="XY", angle="pi/4", bit=0, s="b0"),
    "a domain": command(kind="X", node=0, domain="x0"),
    "a letter": command(kind="C", node=0, gates=["t"]),
    "an ebit without a peer": command(kind="ebit", link="l0", node=0),
    "a link that is no name": command(kind="ebit", link="l 0", peer="a", node=0),
    "bits that are no list": command(kind="send", message="m", peer="a", bits=1),
    "a bit that is no number": command(kind="recv", message="m", peer="a", bit="b0"),
    "an expression": command(kind="bit", bit=0, expr="b0 +"),
}


@pytest.mark.clause("PR-15")
@pytest.mark.parametrize("name", sorted(set(REFUSED) - {"an angle"}))
def test_other_texts_are_refused(name: str) -> None:
    with pytest.raises(InputError) as caught:
        read_program(REFUSED[name], "n0.pattern.json")
    assert caught.value.code == "PR-15"
    assert caught.value.diagnostic.span is not None
    assert caught.value.diagnostic.span.file == "n0.pattern.json"


def test_pi_is_no_number_but_a_symbol_that_the_rules_refuse() -> None:
    with pytest.raises(InputError):
        read_program(REFUSED["an angle"])


@pytest.mark.clause("PR-15")
@pytest.mark.parametrize(
    "program",
    [
        NodeProgram("a", "circuit", 1, 0, 0, ()),
        NodeProgram("a", "mbqc", 1, 0, 0, (Gate("h", (0,)),)),
        NodeProgram("a b", "mbqc", 1, 0, 0, ()),
        NodeProgram("a", "mbqc", 1, 0, 1, (Prepare(0), Observe(Measure(0), 0)), ((0, "c 0"),)),
        NodeProgram("a", "mbqc", 0, 1, 0, (Ebit("l", "b\n", 0),)),
    ],
)
def test_what_has_no_text_is_refused(program: NodeProgram) -> None:
    with pytest.raises(InputError) as caught:
        print_program(program)
    assert caught.value.code == "PR-15"


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 50_000, EXAMPLE.replace('"bits": 5', '"bits": ' + "9" * 5000), "\x00", "\ud800"]
)
def test_hostile_text_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        read_program(text)
