"""What kind of flow a diagram has, and how deep it is: the figures that `inspect` adds to plain counts.

The diagram is read as for compiling and extraction (`gossamer.rewriting.open_form`) and handed to the flow finder. What cannot be decided, or not
in the time that an answer may take, is None with a note, never a guess.
"""

from __future__ import annotations

from dataclasses import dataclass

from gossamer.diagnostics import InputError
from gossamer.ir.diagram import Diagram
from gossamer.ir.flow import FlowKind
from gossamer.rewriting.labels import Labelled, readings
from gossamer.rewriting.open_form import OpenForm

#: Gflow and Pauli flow take time cubic in the number of vertices; beyond this many they are not looked for.
MAX_ALGEBRA = 2000


@dataclass(frozen=True)
class Shape:
    """Attributes
    ----------
    flow : ``causal``, ``gflow``, ``pauli``, the first of these that exists; ``none``; or None where that was not determined
    depth : the number of layers of that flow: rounds of measurements, if each layer is measured at one time; else None
    note : why ``flow`` is None, else empty
    """

    flow: str | None
    depth: int | None
    note: str = ""


def find_shape(source: Diagram | OpenForm) -> Shape:
    """Look for a causal flow (gadgets correct themselves), then a gflow, then a Pauli flow; the classical order is obeyed.

    Parameters
    ----------
    source
        A diagram, or one that has been read already.

    Examples
    --------
    >>> from gossamer.ir.phase import Phase
    >>> from gossamer.ir.wires import WireBuilder
    >>> w = WireBuilder(); q = w.add_input("q"); w.rx(q, Phase.of_symbol("a")); _ = w.output(q, "q")
    >>> find_shape(w.build())
    Shape(flow='causal', depth=2, note='')
    """
    try:
        form = source if isinstance(source, OpenForm) else OpenForm(source)
    except InputError as error:
        return Shape(None, None, error.diagnostic.message)
    ways = readings(form)
    planes = [Labelled(form, axes=False, states=states) for states in ways]
    small = len(form.near) <= MAX_ALGEBRA
    for kind in FlowKind:
        if kind != FlowKind.CAUSAL and not small:
            return Shape(None, None, f"no causal flow; others are looked for up to {MAX_ALGEBRA} vertices")
        graphs = planes if kind != FlowKind.PAULI else [Labelled(form, axes=True, states=s) for s in ways]
        for graph in graphs:
            flow = graph.find(kind)
            if flow is not None:
                return Shape(str(kind), flow.depth)
    return Shape("none", None)
