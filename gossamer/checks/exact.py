"""The exact check: every outcome, every input, for small programs.

With a witness for all outcomes, branch by branch: each ``K_m`` of the programs is the one of the source that the witness
names, with one shared weight, and the registers agree. Without one, the instruments are compared as Choi matrices. Both in
double precision, tolerance 1e-9.
"""

from __future__ import annotations

from gossamer.checks.case import Case, NotApplicable
from gossamer.ir.equality import equal_instruments, find_branch_difference
from gossamer.ir.semantics import sweep_cost

TOLERANCE = 1e-9
#: More outcomes than this are never tried.
MAX_OUTCOMES = 16
MAX_AXES = 13
MAX_LEGS = 18


def predict(case: Case) -> float:
    """Seconds, roughly.

    Raises
    ------
    NotApplicable
        If the maps or their number are too large.
    """
    for d in (case.source, case.target):
        outcomes, legs = len(d.outcome_bits), len(d.inputs) + len(d.outputs)
        if outcomes > MAX_OUTCOMES:
            raise NotApplicable(f"2^{outcomes} branches")
        if legs > (MAX_LEGS if case.complete else 10):
            raise NotApplicable(f"{legs} inputs and outputs")
    case, total = case.narrow, 0.0
    for d in (case.source, case.target):
        axes, work = sweep_cost(d, open_inputs=True)
        if axes > MAX_AXES:
            raise NotApplicable(f"{axes} live qubits with open inputs")
        # A vertex costs about 10 us; branches share their beginnings. Outcomes that cannot occur are not followed.
        total += 2.0 ** len(d.outcome_bits) * (6e-6 * d.num_vertices + 8e-9 * work + 1e-4)
    return total


def check_exact(case: Case) -> tuple[bool, int, str]:
    """Whether it holds, how many branches the target has at most, and what was found."""
    case = case.narrow
    cases = 2 ** len(case.target.outcome_bits)
    if not case.complete:
        holds = equal_instruments(case.source, case.target, TOLERANCE)
        return holds, cases, "instruments as Choi matrices" if holds else "the instruments differ"
    bad = find_branch_difference(case.source, case.target, case.witness, TOLERANCE)
    if bad is None:
        return True, cases, "every branch, with equal weights"
    shown = "".join("01"[bad.bits[i]] for i in case.target.outcome_bits) if bad.bits else ""
    return False, cases, f"{bad.reason}, branch {shown}" if shown else bad.reason
