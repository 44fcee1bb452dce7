"""Optimisations by themselves: the instrument stays the same with one alone and without it alone, and each has a row in the table.

That each form keeps the instrument is tested in `tests/test_portfolio.py`, and each way to rewrite in `tests/rewriting`.
"""

from __future__ import annotations

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import gossamer
from gossamer.bench.suite import read_suite
from gossamer.conformance.strategies import circuits
from gossamer.diagnostics import GossamerError, UsageError
from gossamer.portfolio import FORMS, Form, Forms, optimisations
from tests.bench.test_packets import BENCHMARKS

FORM_NAMES = [form.name for form in FORMS]
#: Ways to rewrite and options of passes.
SWITCHES = [name for name in optimisations() if name not in FORM_NAMES or name in ("guarded", "clifford", "full")]
NETWORKS = ("3:qubits=2", "line:3:qubits=2,comm=1", "2:qubits=3,comm=2", "2:qubits=4")


def forms_with(name: str) -> list[Form]:
    """The first form that knows the optimisation, which has few others, and one of Clifford programs if there is one."""
    found = [form for form in FORMS if name in form.optimisations()]
    return list(dict.fromkeys([found[0], *(form for form in found if form.clifford)]))


@pytest.mark.parametrize(
    ("name", "form"),
    [(name, form) for name in SWITCHES for form in forms_with(name)],
    ids=lambda x: getattr(x, "name", x),
)
@settings(max_examples=5, deadline=None, derandomize=True, phases=[Phase.generate])
@given(st.data())
def test_the_instrument_stays_the_same(name: str, form: Form, data: st.DataObject) -> None:
    """Exactly, with measurements, resets and conditions: without this one, and with this one and no other."""
    circuit = data.draw(circuits(max_wires=3, max_gates=9, clifford=form.clifford, measure=not form.clifford))
    network = data.draw(st.sampled_from(NETWORKS))
    ways = [step for step in form.optimisations() if step != name]
    for without in (name, ".".join(ways)):
        options = f"effort=0,seed=0,only={form.name}" + (f",without={without}" if without else "")
        try:
            program = gossamer.compile(circuit.qasm(), network, pipeline=f"forms{{{options}}},lower", check=False)
        except GossamerError as error:
            assert error.code in ("NW-13", "OG-3", "OG-4", "OG-15", "EX-1", "LK-5")
            continue
        assert program.verify(method="exact").holds is True


@pytest.mark.parametrize("name", optimisations())
def test_what_is_left_out_is_not_made(name: str) -> None:
    """A form is not tried, a way to rewrite is no step, an option is off."""
    chosen = Forms(effort=3, without=name).chosen(gossamer.read('OPENQASM 2.0; include "qelib1.inc"; qreg q[1];'), 3)
    assert name not in [form.name for form in chosen]
    if name in FORM_NAMES:
        return
    form = forms_with(name)[0]
    before = [str(step) for step in (*form.rewriting(), *form.placing())]
    after = [str(step) for step in (*form.rewriting([name]), *form.placing(without=[name]))]
    assert before != after
    assert len(after) < len(before) or f"{name}=false" in "".join(after)


def test_every_optimisation_has_a_row_in_the_table() -> None:
    suites = [read_suite(BENCHMARKS / f"{name}.yaml") for name in ("ablations", "ablations_effort2")]
    named = {name for suite in suites for job in suite.jobs for name in job.variant.without}
    assert named == set(optimisations())


@pytest.mark.clause("TL-7")
@pytest.mark.parametrize("names", ["given", "nothing", "anneal..third"])
def test_names_are_checked(names: str) -> None:
    with pytest.raises(UsageError) as caught:
        gossamer.compile("OPENQASM 2.0; qreg q[2];", "2", pipeline=f"forms{{without={names}}},lower")
    assert caught.value.code == "TL-7"
    with pytest.raises(ValueError, match="no optimisation"):
        Forms(without=names)
