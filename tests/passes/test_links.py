"""Links where communication qubits are few."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from gossamer.ir.network import Network, Node
from gossamer.ir.open_graph import Label, OpenGraph
from gossamer.ir.phase import Phase
from gossamer.ir.placed import Assignment
from gossamer.passes.links import Links

NONE = np.full(2, -1, np.int32)


def test_a_gadget_of_one_leg() -> None:
    """A hub beside an output alone: of its two vertices, none is left that lives on when the other ends."""
    graph = OpenGraph(
        label=np.array([Label.YZ, Label.OUTPUT], np.uint8), phase=np.array([1, 0], np.int32),
        phases=(Phase(), Phase(Fraction(1, 4))), edges=np.array([(0, 1)], np.int32), inputs=np.array([1], np.int32),
        outputs=np.array([1], np.int32), outcome=NONE, flow_start=np.array([0, 1, 1], np.int32), flow=np.array([0], np.int32),
        order=np.array([0, 1], np.int32), bits=(), registers=(), input_names=("q",), output_names=("q",),
    )  # fmt: skip
    graph.verify()
    network = Network(nodes=(Node(name="a", data=1, comm=1),), links=())
    placed = Links().run(graph, Assignment(np.zeros(2, np.int32), np.zeros(1, np.int32)), network)
    placed.verify()
    assert placed.num_links == 0
