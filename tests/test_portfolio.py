"""The pass `forms`: the program stays the same whichever form is kept, and what the report lists is what each form costs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gossamer
from gossamer.conformance.strategies import circuits
from gossamer.diagnostics import GossamerError, InputError, UsageError
from gossamer.ir.diagram import Diagram
from gossamer.ir.network import Network
from gossamer.ir.network_text import resolve_network
from gossamer.ir.open_graph import OpenGraph
from gossamer.ir.placed import Assignment, Placed
from gossamer.ir.program import Distribution
from gossamer.lowering import Lower
from gossamer.passes import placement_search
from gossamer.passes.graph_like import to_open_graph
from gossamer.passes.links import Links, realise
from gossamer.passes.simplify import Simplify
from gossamer.portfolio import FORMS, Forms, _Try
from gossamer.registry import registered

HEADER = 'OPENQASM 2.0; include "qelib1.inc"; '
WITH_T = (
    HEADER
    + "qreg q[4];"
    + "".join(f"cx q[{a}],q[{(a + k) % 4}]; t q[{(a + k) % 4}]; h q[{a * k % 4}];" for k in (1, 2, 3) for a in range(4))
)
LAYERED = HEADER + "qreg q[8];" + "".join(
    f"cz q[{a}],q[{(a * k + 1) % 8}];" * (a != (a * k + 1) % 8) + f"h q[{(a + k) % 8}];"
    for k in (1, 3, 5, 2) for a in range(8)
)  # fmt: skip


@pytest.mark.parametrize("form", [form.name for form in FORMS])
@settings(max_examples=6, deadline=None, derandomize=True)
@given(circuit=circuits(max_wires=2, max_gates=9), nodes=st.integers(1, 3))
def test_every_form_is_the_same_instrument(form: str, circuit, nodes: int) -> None:
    """Exactly, with measurements, resets and conditions; what a form refuses says why."""
    try:
        program = gossamer.compile(circuit.qasm(), f"{nodes}:qubits=4", forms=form, effort=0, check=False)
    except GossamerError as error:
        assert form != "given" or error.code in ("OG-3", "OG-4", "OG-15")
        return
    assert program.verify(method="exact").holds is True
    (row,) = program.report["forms"]
    assert (row["form"], row["kept"], row["ebits"]) == (form, True, program.report["ebits"])


@pytest.mark.parametrize(
    ("source", "network"), [(WITH_T, "2:qubits=2"), (LAYERED, "2:qubits=5")], ids=["T gates", "Clifford"]
)
def test_the_cheapest_form_is_kept(source: str, network: str) -> None:
    program = gossamer.compile(source, network, effort=2)
    rows = program.report["forms"]
    assert [row["form"] for row in rows] == [
        form.name for form in FORMS if form.effort <= 2 and (source is LAYERED or not form.clifford)
    ]
    costs = [row["ebits"] for row in rows if row["ebits"] is not None]
    assert program.report["ebits"] == min(costs)
    assert [row["ebits"] for row in rows if row["kept"]] == [min(costs)]
    assert program.report["verified"]["holds"] is True
    alone = gossamer.compile(source, network, effort=2, forms="given")
    assert program.report["ebits"] <= alone.report["ebits"]


def test_rewriting_pays() -> None:
    """The ablation in the small: what cancels at a distance needs no link, and as it stands it does."""
    text = (
        HEADER + "qreg q[2]; cx q[0],q[1]; t q[1]; cx q[0],q[1]; h q[0]; h q[0]; cx q[0],q[1]; tdg q[1]; cx q[0],q[1];"
    )
    text += "h q[1]; h q[0]; cx q[0],q[1]; h q[0]; cx q[0],q[1]; cx q[0],q[1]; h q[0]; cx q[0],q[1];"
    diagram, network = gossamer.read(text), resolve_network("2:qubits=1")
    best = {row["form"]: row["ebits"] for row in Forms(effort=2).run(diagram, network).notes["forms"]}
    assert best["given"] >= min(x for x in best.values() if x is not None)


def test_no_link_is_needed_and_nothing_is_rewritten() -> None:
    report = gossamer.compile(LAYERED, "2:qubits=8").report
    assert [(row["form"], row["ebits"]) for row in report["forms"]] == [("given", 0)]


def test_equal_graphs_are_placed_once() -> None:
    report = gossamer.compile(HEADER + "qreg q[2]; cx q[0],q[1];", "2:qubits=1").report
    assert report["forms"][0]["kept"]
    assert {row.get("same_as") for row in report["forms"][1:]} <= {"given", None}
    assert "given" in {row.get("same_as") for row in report["forms"]}


def test_what_is_wrong_with_the_program_is_said_of_the_program() -> None:
    with pytest.raises(GossamerError) as caught:
        gossamer.compile(LAYERED, "2:qubits=3")
    assert caught.value.code == "NW-13"


def test_a_form_that_does_not_fit_is_listed_with_the_reason() -> None:
    """The graph that full reduction leaves holds more vertices at one time than the circuit has wires."""
    report = gossamer.compile(LAYERED, "2:qubits=4", effort=2).report
    refused = [row for row in report["forms"] if row["ebits"] is None and "same_as" not in row]
    assert all(row["refused"].startswith(("NW-13", "OG-", "EX-")) for row in refused)
    assert report["verified"]["holds"] is True


@pytest.mark.clause("TL-7")
@pytest.mark.parametrize("names", ["", "given,", "given full", "nothing", "GIVEN", "given{", "a.b"])
def test_names_of_forms_are_checked(names: str) -> None:
    with pytest.raises(UsageError) as caught:
        gossamer.compile(LAYERED, "2", forms=names)
    assert caught.value.code == "TL-7"


@pytest.mark.parametrize(
    "options", [{"effort": 4}, {"effort": -1}, {"seed": -1}, {"least": 4}, {"least": -1}, {"only": "given.other"}]
)
def test_options_of_the_pass_are_checked(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"effort|seed|form"):
        Forms(**options)


@pytest.mark.clause("TL-7")
@pytest.mark.parametrize("options", [{"pipeline": "min-space"}, {"postselect": True}])
def test_forms_belong_to_the_default_pipeline(options: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="default pipeline"):
        gossamer.compile(LAYERED, "2", forms="given", **options)


def test_what_no_backend_takes_is_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A form whose programs cannot be made is listed as refused, and the next one is kept."""
    lower = Lower.run
    calls: list[Placed] = []

    def refuse_first(self: Lower, placed: Placed) -> Distribution:
        calls.append(placed)
        if placed.graph is calls[0].graph:
            raise InputError("PR-12", "not this one")
        return lower(self, placed)

    monkeypatch.setattr(Lower, "run", refuse_first)
    report = gossamer.compile(LAYERED, "2:qubits=5", effort=2, check=False).report
    (refused,) = [row for row in report["forms"] if row.get("refused") == "PR-12: not this one"]
    assert not refused["kept"]
    links = [placed.num_links for placed in calls]
    assert links == sorted(links)


def test_what_was_found_before_is_next_where_no_backend_takes_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a wider search never ends with more than a narrower one, whatever the backends refuse."""
    lower = Lower.run
    narrow = gossamer.compile(WITH_T, "2:qubits=3", effort=0, forms="given", check=False).report["ebits"]
    found = [narrow + 2, narrow + 1, narrow]

    def lengthened(self: Links, graph: OpenGraph, assignment: Assignment, network: Network) -> Placed:
        """The same placement, but it says that it has the next number of links."""
        placed = realise(graph, assignment, network)
        return replace(placed, links=np.resize(placed.links, (found.pop(0), 2)))

    def refuse_best(self: Lower, placed: Placed) -> Distribution:
        if placed.num_links == narrow:
            raise InputError("PR-12", "not this one")
        return lower(self, placed)

    monkeypatch.setattr(Links, "run", lengthened)
    monkeypatch.setattr(Lower, "run", refuse_best)
    one = _Try(FORMS[0], [], to_open_graph(gossamer.read(WITH_T)))
    network = resolve_network("2:qubits=3", 4)
    for effort in (0, 1, 2):
        one.place(network, Forms(), effort=effort)
    assert [cost for cost, _ in one.others] == [narrow + 2, narrow + 1]
    assert not one.can_be_lowered()
    assert one.placed is not None
    assert (one.cost, one.placed.num_links) == (narrow + 1, narrow + 1)


@settings(max_examples=10, deadline=None, derandomize=True)
@given(circuit=circuits(max_wires=3, max_gates=14, measure=False), seed=st.integers(0, 3))
def test_a_wider_search_keeps_what_the_narrower_ones_found(circuit, seed: int) -> None:
    network = resolve_network("2:qubits=3", 3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            placement_search, "MOVES", (3, 300, 20, 3)
        )  # so that the narrow search is the one that finds most
        links = [Forms(effort=effort, seed=seed).run(circuit.diagram, network).num_links for effort in (1, 2, 3)]
    assert links[0] >= links[1] >= links[2]


def test_the_command_line_lists_forms(capsys: pytest.CaptureFixture[str], tmp_path) -> None:
    from gossamer.cli import call

    path = tmp_path / "a.qasm"
    path.write_text(WITH_T)
    assert (
        call(["compile", str(path), "-n", "2:qubits=3", "--forms", "given,teleported", "-o", str(tmp_path / "o")]) == 0
    )
    line = next(x for x in capsys.readouterr().out.splitlines() if x.startswith("forms"))
    assert "given" in line
    assert "kept" in line


def test_the_registration() -> None:
    one = registered("passes")["forms"]
    assert (one.takes, one.gives) == (("diagram", "network"), "placed")


def test_what_forms_have_in_common_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[Simplify, Diagram]] = []
    run = Simplify.run

    def counted(self: Simplify, diagram: Diagram) -> Diagram:
        made.append((self, diagram))
        return run(self, diagram)

    monkeypatch.setattr(Simplify, "run", counted)
    gossamer.compile(WITH_T, "2:qubits=3", effort=1)
    assert len([one for one, _ in made if one.strategy == "teleport"]) == 1
    assert not any(a == b for i, a in enumerate(made) for b in made[:i])
