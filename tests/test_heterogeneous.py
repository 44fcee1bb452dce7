"""Random circuits on random networks of different hardware: they compile, verify, and keep to each node's gates."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import gossamer
from gossamer.conformance.strategies import circuits, networks
from gossamer.diagnostics import NetworkInfeasible


def compile_and_verify(data: st.DataObject, *, max_wires: int, max_gates: int) -> None:
    circuit = data.draw(circuits(max_wires=max_wires, max_gates=max_gates))
    size = data.draw(st.integers(1, max_wires))
    network = data.draw(networks(max_nodes=3, data=size, comm=data.draw(st.sampled_from([None, 1, 2])), figures=True))
    seed = data.draw(st.integers(0, 99))
    try:
        program = gossamer.compile(circuit.diagram, network, effort=0, seed=seed)
    except NetworkInfeasible as error:
        assert error.code in ("NW-13", "NW-16")
        assume(False)
    assert program.report["verified"]["holds"] is True
    assert gossamer.checks.verify(program.programs, program.manifest, program.source, network=network).holds is True
    report = program.report
    assert (report["fidelity"] is None) or 0 < report["fidelity"] <= 1
    assert (report["makespan"] is None) or report["makespan"] >= 0


@settings(deadline=None, max_examples=12)
@given(st.data())
def test_random_circuits_on_random_hardware(data: st.DataObject) -> None:
    compile_and_verify(data, max_wires=3, max_gates=8)


@pytest.mark.nightly
@settings(deadline=None, max_examples=400)
@given(st.data())
def test_larger_circuits_on_random_hardware(data: st.DataObject) -> None:
    compile_and_verify(data, max_wires=4, max_gates=18)
