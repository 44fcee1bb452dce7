"""Equality of meaning of two `Diagram`s of any size that some method reaches: map by map for small ones, by stabilisers for
Clifford ones. What no method reaches is refused (clause SEM-2), never guessed. Stands on ``ir.equality`` and the stabiliser check.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from gossamer.checks.case import Case, NotApplicable
from gossamer.checks.stabiliser import check_stabiliser
from gossamer.diagnostics import InputError, UsageError
from gossamer.ir import equality
from gossamer.ir.diagram import Diagram
from gossamer.ir.phase import BitExpr
from gossamer.ir.semantics import sweep_cost

Notion = Literal["strict", "branches", "instruments"]
#: A branch with more live axes than this is not written down.
MAX_AXES = 14


def equal_stabiliser(a: Diagram, b: Diagram, witness: Mapping[int, BitExpr] | None = None, *, seed: int = 0) -> bool:
    """Whether two Clifford diagrams are equal branch by branch, for all outcomes at once, signs included.

    Parameters
    ----------
    witness
        For each outcome of ``a`` an expression over the bits of ``b``; without it the i-th outcome of ``b`` is that of ``a``.

    Raises
    ------
    NotApplicable
        If a diagram is not Clifford, has classical inputs, or conditions that this method does not solve.

    Examples
    --------
    >>> from gossamer.ir.phase import Phase
    >>> from gossamer.ir.wires import WireBuilder
    >>> def wire(k):
    ...     w = WireBuilder(); q = w.add_input("q"); w.rz(q, Phase(k)); _ = w.output(q, "q"); return w.build()
    >>> equal_stabiliser(wire(1), wire(-1)), equal_stabiliser(wire(1), wire(0))
    (True, False)
    """
    if (len(a.inputs), len(a.outputs)) != (len(b.inputs), len(b.outputs)):
        return False
    if [len(r.bits) for r in a.registers] != [len(r.bits) for r in b.registers]:
        return False
    if a.scalar.is_zero or b.scalar.is_zero:
        raise NotApplicable("a scalar is zero")
    if witness is None:
        if len(a.outcome_bits) != len(b.outcome_bits):
            return False
        witness = {i: BitExpr.bit(j) for i, j in zip(a.outcome_bits, b.outcome_bits, strict=True)}
    holds, _, _ = check_stabiliser(Case(a, b, dict(witness), frozenset()), seed)
    return holds


def equal(a: Diagram, b: Diagram, notion: Notion = "instruments", witness: Mapping[int, BitExpr] | None = None) -> bool:
    """Whether two diagrams mean the same, by the first method that reaches them.

    ``branches`` implies ``instruments``, so a proof by stabilisers serves both; that branches differ says nothing about
    instruments, and is then no answer.

    Raises
    ------
    InputError
        ``SEM-2`` if no method reaches the diagrams.
    UsageError
        ``TL-7`` for an unknown notion.

    Examples
    --------
    >>> from gossamer.ir.wires import WireBuilder
    >>> def line(n):
    ...     w = WireBuilder(); q = [w.add_input(f"q{i}") for i in range(30)]
    ...     for _ in range(n): [w.cz(q[i], q[i + 1]) for i in range(29)]
    ...     [w.output(x, f"q{i}") for i, x in enumerate(q)]; return w.build()
    >>> equal(line(0), line(2), "branches"), equal(line(0), line(1), "branches")
    (True, False)
    """
    if notion not in ("strict", "branches", "instruments"):
        raise UsageError(
            "TL-7", f"there is no notion of equality '{notion}'", help="known: strict, branches, instruments"
        )
    if _is_small(a) and _is_small(b):
        if notion == "strict":
            return equality.equal_strict(a, b)
        if notion == "branches":
            return equality.equal_branches(a, b, witness)
        return equality.equal_instruments(a, b)
    why = "strict equality is decided map by map only"
    if notion != "strict":
        try:
            if equal_stabiliser(a, b, witness):
                return True
            if notion == "branches" or not (a.outcome_bits or b.outcome_bits):
                return False
            why = "the branches differ, which decides nothing about what is reported"
        except NotApplicable as reason:
            why = str(reason)
    raise InputError("SEM-2", f"the diagrams are too large to compare ({why})")


def _is_small(d: Diagram) -> bool:
    legs, outcomes = len(d.inputs) + len(d.outputs), len(d.outcome_bits)
    if legs > equality.MAX_LEGS or outcomes > equality.MAX_OUTCOMES:
        return False
    axes, work = sweep_cost(d, open_inputs=True)
    return axes <= MAX_AXES and 2.0**outcomes * (1e-5 * d.num_vertices + 1e-8 * work) < 60
