"""The sampled check: random branches on random entangled inputs, up to 26 live qubits.

The stitched programs are swept with random outcomes; then the source with the outcomes that the witness names. The states
have to agree up to a phase, the probabilities too (that of the programs is the source's times 1/2 for each outcome that the
source does not have), and so do the registers. Where such an outcome is forced and no coin, the branches that give
the same outcomes of the source are added up; are these too many, a power of 2 decides nothing. Where vertices after an outcome do not preserve the trace (in a diagram that is no
circuit), the probabilities of the source cannot be told branch by branch; then the weights of the branches have to be in one
ratio to the probabilities of the programs. States are compared by what is left of one beside its part along the other: that
is linear in a wrong angle, where the fidelity is quadratic and takes an error of 10^-5 for rounding. Inputs are random states of a shallow circuit with all-range entangling
phases: on product states alone an error could hide in a relative phase between them. Every other sample steers
the outcomes so that one randomly chosen condition holds. That no outcome of the source is left out follows from the probabilities and the
witness (:mod:`gossamer.checks.fibres`); where probabilities are known up to a factor only, outcomes of the source are drawn, and the programs have to reach them. It is a test, not a proof: an error that
shows only in branches or amplitudes of small weight can escape; the verdict names samples and tolerance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product

import numpy as np

from gossamer.checks.case import Case, NotApplicable
from gossamer.checks.fibres import Fibres, Law, solve_witness
from gossamer.diagnostics import InputError
from gossamer.ir.dense import LARGE, Array, LargeState, SmallState, State
from gossamer.ir.diagram import Diagram
from gossamer.ir.semantics import SINGLE, Branch, branch, results_of

MAX_AXES = 26
#: Of the distance of the states, and of log2 of the ratio of probabilities: in double and in single precision.
TOLERANCE = {False: 1e-8, True: 2e-3}
GAP = {False: 1e-9, True: 2e-4}
MAX_SAMPLES = 32
#: So many outcomes of the source are drawn where the programs obey a law that those may break.
MAX_DRAWS = 64
#: Branches of the programs that are added up, and the most live qubits of each.
MAX_FREE, MAX_ADDED_AXES = 6, 14


def predict(case: Case) -> float:
    """Seconds for one sample, roughly.

    Raises
    ------
    NotApplicable
        For too many live qubits, or outcomes without a witness.
    """
    if not case.complete:
        raise NotApplicable("some outcomes of the source have no witness")
    case = case.narrow
    axes, work = case.cost
    if axes > MAX_AXES:
        raise NotApplicable(f"{axes} live qubits, at most {MAX_AXES} can be simulated")
    vertices = case.source.num_vertices + case.target.num_vertices
    return 4e-5 * vertices + 2.5e-9 * work + 4e-8 * 2.0 ** len(case.source.inputs)


def check_sampled(case: Case, samples: int, seed: int = 0) -> tuple[bool, int, str]:
    """Whether it holds, how many samples were compared, and what was found."""
    case = case.narrow
    axes = case.cost[0]
    if axes > MAX_AXES:
        raise NotApplicable(f"{axes} live qubits, at most {MAX_AXES} can be simulated")
    if not case.complete:
        raise NotApplicable("some outcomes of the source have no witness")
    single = axes >= SINGLE
    rng = np.random.default_rng(seed)
    fibres = solve_witness(case)
    if isinstance(fibres, Law):
        return False, 0, _broken(case, fibres, rng, single)
    close = GAP[single] * max(1, len(case.target.outcome_bits))
    circuit: bool | None = False if case.postselected else None
    ratios: list[float] = []
    for i in range(samples):
        prefer = _wishes(case.target, rng) if i % 2 else {}
        found = _sample(case, rng, single, prefer)
        if isinstance(found, str):
            return False, i + 1, found
        ratios.append(found.ratio)
        if circuit is None and abs(found.gap) > close:
            circuit = _preserves_trace(case.source, rng, single, close)
        if (
            circuit and case.witness and abs(found.gap) > close
        ):  # without outcomes of the source no branch can be too rare
            gap = _gap_of_outcomes(case, fibres, found, single)
            if gap is not None and abs(gap) <= close:
                continue
            if gap is None and found.extra and abs(found.gap - round(found.gap)) <= close:
                raise NotApplicable("outcomes of the programs that the source does not have are no fair coins")
            factor = f"{2**found.gap:.6g}"
            return False, i + 1, f"source outcomes {found.shown} have a probability that is wrong by a factor {factor}"
        if circuit is False and max(ratios) - min(ratios) > close:
            return (
                False,
                i + 1,
                f"source outcomes {found.shown} have a probability that is wrong beside those of others",
            )
    if circuit is False:
        for _ in range(samples):
            _reach(case, fibres, rng, single)
    return True, samples, f"random branches on random inputs, {axes} live qubits, tolerance {TOLERANCE[single]:g}"


def _broken(case: Case, law: Law, rng: np.random.Generator, single: bool) -> str:
    """Outcomes of the source that break a law of the programs; where none is found, nothing is decided."""
    for _ in range(MAX_DRAWS):
        outcomes = _drawn(case, random_input(len(case.source.inputs), rng, single), rng, single)
        if outcomes and not law.allows(outcomes):
            return f"source outcomes {_shown(outcomes)} never occur in the programs"
    raise NotApplicable("outcomes of the source depend on each other")


def _reach(case: Case, fibres: Fibres, rng: np.random.Generator, single: bool) -> None:
    """Draw outcomes of the source, and steer the programs to them.

    Raises
    ------
    NotApplicable
        If they are not met there. That proves nothing: other outcomes of the programs may be what cannot occur.
    """
    psi = random_input(len(case.source.inputs), rng, single)
    outcomes = _drawn(case, psi, rng, single)
    if outcomes is None:
        return
    try:
        ran = branch(
            case.target,
            psi,
            rng=rng,
            uncounted=case.discards,
            prefer=fibres.choose(outcomes, rng),
            least=GAP[single],  # drawn in the source, so possible here too, however rare
            single=single,
        )
    except InputError:
        ran = None
    if ran is None or any(w.evaluate(ran.bits) != outcomes[i] for i, w in case.witness.items()):
        raise NotApplicable(f"no run was found that gives source outcomes {_shown(outcomes)}")


def _drawn(case: Case, psi: Array, rng: np.random.Generator, single: bool) -> dict[int, bool] | None:
    """Outcomes of the source as they occur; None where a number 0 follows on some that were possible."""
    try:
        drawn = branch(case.source, psi, rng=rng, single=single)
    except InputError:
        return None
    return {i: drawn.bits[i] for i in case.witness}


def _shown(outcomes: dict[int, bool]) -> str:
    return "".join("01"[x] for x in outcomes.values())[:64] or "none"


def _preserves_trace(source: Diagram, rng: np.random.Generator, single: bool, close: float) -> bool:
    """Whether drawn branches have the weights that their probabilities say; they do in circuits."""
    seen: list[float] = []
    for _ in range(16):
        try:
            drawn = branch(source, random_input(len(source.inputs), rng, single), rng=rng, single=single)
        except InputError:  # a number 0 behind an outcome that was possible
            return False
        seen.append(drawn.log2_weight - drawn.log2_probability)
    return max(seen) - min(seen) <= close


@dataclass(frozen=True)
class _Weights:
    """log2 of a branch's probability in the programs, over what the source says it is, and over the weight of the source's map.

    ``extra`` is the number of outcomes that the source does not have; ``want`` the probability of its outcomes ``outcomes`` on ``psi``.
    """

    psi: Array
    outcomes: dict[int, bool]
    want: float
    gap: float
    ratio: float
    extra: int

    @property
    def shown(self) -> str:
        return _shown(self.outcomes)


def _gap_of_outcomes(case: Case, fibres: Fibres, found: _Weights, single: bool) -> float | None:
    """log2 of the probability of all branches with these outcomes over what the source says; None where they are not added up."""
    free = sorted(set(case.target.outcome_bits) - fibres.pivots)
    if case.discards or len(free) > MAX_FREE or case.cost[0] > MAX_ADDED_AXES:
        return None
    total = 0.0
    for values in product((False, True), repeat=len(free)):
        outcomes = fibres.complete(found.outcomes, dict(zip(free, values, strict=True)))
        try:
            total += float(2.0 ** branch(case.target, found.psi, outcomes, single=single).log2_probability)
        except InputError:  # this branch does not occur
            continue
    return math.log2(total) - found.want


def _sample(case: Case, rng: np.random.Generator, single: bool, prefer: dict[int, bool]) -> _Weights | str:
    """The weights of a branch that agrees in all else, or what is wrong."""
    psi = random_input(len(case.source.inputs), rng, single)
    ran = _run(case, psi, rng, prefer, single)
    outcomes = {i: w.evaluate(ran.bits) for i, w in case.witness.items()}
    shown = _shown(outcomes)
    try:
        want = branch(case.source, psi, outcomes, single=single)
    except InputError:
        return f"source outcomes {shown} occur, which the source cannot have"
    extra = len(case.target.outcome_bits) - len(case.discards) - len(outcomes)
    distance = _distance(ran, want)
    if not distance <= TOLERANCE[single]:
        return f"for source outcomes {shown} the states differ by {distance:.3g}"
    if results_of(case.target, ran.bits) != results_of(case.source, want.bits):
        return f"for source outcomes {shown} a result is wrong"
    if case.postselected:  # what is accepted is not known before the end: the weight of the whole branch counts
        return _Weights(psi, outcomes, want.log2_probability, math.inf, ran.log2_weight - want.log2_weight, extra)
    probability = ran.log2_probability + extra
    gap, ratio = probability - want.log2_probability, probability - want.log2_weight
    return _Weights(psi, outcomes, want.log2_probability, gap, ratio, extra)


def _run(case: Case, psi: Array, rng: np.random.Generator, prefer: dict[int, bool], single: bool) -> Branch:
    """A random branch of the programs; one that postselection makes impossible at its end is drawn anew."""
    for _ in range(100 if case.postselected else 0):
        try:
            return branch(case.target, psi, rng=rng, uncounted=case.discards, prefer=prefer, single=single)
        except InputError:
            prefer = {}
    return branch(case.target, psi, rng=rng, uncounted=case.discards, prefer=prefer, single=single)


def _wishes(d: Diagram, rng: np.random.Generator) -> dict[int, bool]:
    """Outcomes that switch one randomly chosen conditional phase on, so that rare conditions are tried too.

    Derived bits are followed back to outcomes by guessing values of what they are made of.
    """
    phases = [p for p in d.phases if len(p.bits) > 1 or any(d.bits[b].expr is not None for b in p.bits)]
    if not phases:
        return {}
    phase = phases[int(rng.integers(len(phases)))]
    wishes: dict[int, bool] = {}
    todo: list[tuple[int, bool]] = []
    for _ in range(64):
        guess = {b: bool(rng.integers(2)) for b in sorted(phase.bits)}
        if phase.evaluate(guess) != phase.constant:
            todo = list(guess.items())
            break
    while todo:
        b, value = todo.pop()
        if b in wishes:
            continue
        wishes[b] = value
        expr = d.bits[b].expr
        if expr is None:
            continue
        below = sorted(expr.bits)
        for _ in range(64):
            guess = {x: wishes.get(x, bool(rng.integers(2))) for x in below}
            if expr.evaluate(guess) == value:
                todo += guess.items()
                break
    return wishes


def _distance(a: Branch, b: Branch) -> float:
    """The norm of ``b`` without its part along ``a``, which is the sine of the angle between them.

    In pieces, so that sums of single precision numbers stay accurate and no third vector is made.
    """
    step = 1 << 14
    starts = range(0, a.state.size, step)
    along = sum(complex(np.vdot(a.state[i : i + step], b.state[i : i + step])) for i in starts)
    along /= sum(float(np.vdot(a.state[i : i + step], a.state[i : i + step]).real) for i in starts)
    rests = (b.state[i : i + step] - a.state.dtype.type(along) * a.state[i : i + step] for i in starts)
    return math.sqrt(sum(float(np.vdot(r, r).real) for r in rests))


def random_input(qubits: int, rng: np.random.Generator, single: bool) -> Array:
    """Amplitudes of a random shallow circuit: rotations, a phase on a random parity for each qubit, rotations."""
    dtype = np.complex64 if single else np.complex128
    amplitudes = np.zeros(1 << qubits, dtype)
    amplitudes[0] = 1
    state: State = LargeState(amplitudes) if qubits > LARGE else SmallState(amplitudes)

    def turn() -> complex:
        angle = rng.uniform(0, 2 * math.pi)
        return complex(math.cos(angle), math.sin(angle))

    for layer in range(2):
        for p in range(qubits):
            state.step(p, 0, 1, turn())
            state.step(p, 0, 1, turn())
            state.phase(p, 1, turn())
        if layer == 0:
            for p in range(qubits):
                q = int(rng.integers(qubits))
                if q != p:
                    state.parity_phase(1 << p | 1 << q, 1, turn())
    return state.permuted(list(range(qubits - 1, -1, -1)))
