"""Flows of labelled open graphs: causal flow, gflow and Pauli flow, found, checked and explained where there is none.

:func:`find_flow` and :func:`missing_flow` are the finder (``causal``: linear time; ``algebra``: GF(2) matrices, packed 64 to a
word); :func:`verify_flow` is the checker, which knows the axioms of ``spec/flow.md`` and shares no code with the finder.
Nothing here knows bits or phases: what the classical part demands of the order comes in as pairs ``before``.
"""

from gossamer.ir.flow.find import find_flow, missing_flow
from gossamer.ir.flow.model import NO_PAIRS, Flow, FlowKind
from gossamer.ir.flow.verify import verify_flow

__all__ = ["NO_PAIRS", "Flow", "FlowKind", "find_flow", "missing_flow", "verify_flow"]
