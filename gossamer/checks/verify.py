"""`verify`: choose a check by what it would cost, run it, and say what was skipped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import NamedTuple

from gossamer.checks import exact, rewriting, sampled, stabiliser
from gossamer.checks.case import Case, NotApplicable, Verdict, make_case
from gossamer.checks.structural import check_structural
from gossamer.diagnostics import InputError, UsageError
from gossamer.ir.diagram import Diagram
from gossamer.ir.network import Network
from gossamer.ir.program import Manifest, NodeProgram

#: How many legs of spiders rewriting looks at in a second, roughly; a bound that does not depend on the clock.
LEGS_PER_SECOND = 500_000

#: How many instructions are lifted and stitched in a second, roughly, the programs being compared with nothing yet.
LIFTED_PER_SECOND = 20_000

METHODS = ("exact", "stabiliser", "rewriting", "sampled", "structural")


def verify(
    programs: Sequence[NodeProgram],
    manifest: Manifest,
    source: Diagram,
    *,
    method: str | None = None,
    seed: int = 0,
    budget: float = 5.0,
    quick: float | None = None,
    network: Network | None = None,
    ruled: bool = False,
) -> Verdict:
    """Check that node programs mean what a source does.

    Parameters
    ----------
    method
        ``exact``, ``stabiliser``, ``rewriting``, ``sampled`` or ``structural``. Without it: the structure first, then the strongest method
        that is predicted to stay within ``budget``; none where bringing the programs into one diagram would take twice as long, or half as long
        where they are not Clifford.
    budget
        Seconds; with a method named, only the number of samples depends on it.
    quick
        Seconds after which the exact check leaves the matter to the next ones, and sampling ends; ``budget`` if not given.
    network
        Where given, links have to join its neighbours and nodes have to have the qubits.
    ruled
        That the programs are well formed on this network has just been checked, by `Distribution.verify_structure`.

    Returns
    -------
    Verdict
        ``holds`` is True only after a check of meaning; None if nothing was decided, with the reason in ``detail``.

    Examples
    --------
    >>> from gossamer.ir.program import Gate, ManifestNode, ManifestPlace
    >>> from gossamer.ir.wires import WireBuilder
    >>> w = WireBuilder(); q = w.add_input("q"); w.h(q); _ = w.output(q, "q")
    >>> place = ManifestPlace(name="q", node="n0", qubit=0)
    >>> m = Manifest(nodes=[ManifestNode(name="n0", model="circuit", program="n0.qasm", data=1, comm=0)], links=[],
    ...     messages=[], inputs=[place], outputs=[place], registers=[], outcomes=[], source_digest="")
    >>> [verify([NodeProgram("n0", "circuit", 1, 0, 0, (Gate(g, (0,)),))], m, w.build()).holds for g in "hx"]
    [True, False]
    """
    if method is not None and method not in METHODS:
        raise UsageError("TL-7", f"there is no method '{method}'", help=f"known: {', '.join(METHODS)}")
    begin = perf_counter()

    def verdict(name: str, holds: bool | None, cases: int, detail: str) -> Verdict:
        return Verdict(name, holds, cases, perf_counter() - begin, detail)

    sound, rules, detail = check_structural(programs, manifest, source, network, ruled=ruled)
    if not sound:
        return verdict("structural", False, rules, detail)
    if method == "structural":
        return verdict("structural", None, rules, detail)
    lifting = sum(len(p.instructions) for p in programs) / LIFTED_PER_SECOND
    # Programs that are not Clifford can only be rewritten or sampled at such a length, neither of which comes to an end.
    if method is None and lifting > (2 if source.is_clifford else 0.5) * budget:
        return verdict("structural", None, rules, f"meaning not checked: about {lifting:.0f} s to lift the programs")
    try:
        case = make_case(programs, manifest, source)
    except InputError as error:
        return verdict(method or "structural", False, rules, f"{error.code}: {error.diagnostic.message}")
    except ValueError as error:  # conditions with too many terms
        return verdict(method or "structural", None, rules, f"meaning not checked: {error}")
    skipped: list[str] = []
    for name, plan in _PLANS.items():
        if method not in (None, name):
            continue
        try:
            check = plan(case, seed, _Time(budget, budget if quick is None else min(quick, budget)), method is not None)
            holds, cases, found = check()
        except NotApplicable as reason:
            skipped.append(f"{name} ({reason})")
            continue
        note = f"{found}; skipped: {', '.join(skipped)}" if skipped else found
        return verdict(name, holds, cases, note)
    return verdict(method or "structural", None, rules, f"meaning not checked: {', '.join(skipped)}")


_Check = Callable[[], tuple[bool, int, str]]


class _Time(NamedTuple):
    """Seconds, see :func:`verify`."""

    budget: float
    quick: float


def _exact(case: Case, seed: int, time: _Time, asked: bool) -> _Check:
    seconds = exact.predict(case)
    if seconds > (max(time.budget, 60.0) if asked else min(time.quick, 3.0)):
        raise NotApplicable(f"about {seconds:.1f} s")
    return lambda: exact.check_exact(case)


def _stabiliser(case: Case, seed: int, time: _Time, asked: bool) -> _Check:
    return lambda: stabiliser.check_stabiliser(case, seed)


def _sampled(case: Case, seed: int, time: _Time, asked: bool) -> _Check:
    each = sampled.predict(case)
    if 2 * each > time.budget and not asked:
        raise NotApplicable(f"{case.narrow.cost[0]} live qubits, about {2 * each:.0f} s")
    samples = max(2, int(min(sampled.MAX_SAMPLES, time.quick / each)))
    return lambda: sampled.check_sampled(case, samples, seed)


def _rewriting(case: Case, seed: int, time: _Time, asked: bool) -> _Check:
    return lambda: rewriting.check_rewriting(case, None if asked else int(LEGS_PER_SECOND * time.budget))


_PLANS = {"exact": _exact, "stabiliser": _stabiliser, "rewriting": _rewriting, "sampled": _sampled}
