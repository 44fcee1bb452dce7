"""The stabiliser check: Clifford programs of any size, exact over all outcomes.

Source and programs become quadratic forms (:mod:`gossamer.checks.clifford`) whose signs are polynomials in the outcome bits
of the programs, the source's outcomes being replaced by their witness. It holds when

1. for all outcomes that can occur, the unique data of both forms agree, signs included: ``K'_m'`` is proportional to
   ``K_w(m')``, which is not zero;
2. the outcomes of the source that its own constraints leave free have witnesses that are affine and independent on the
   outcomes that can occur: each branch of the source is met by equally many branches of the programs (all of equal weight);
3. the registers agree.

1 and 2 give ``sum over m' with w(m') = m of K' rho K'^dagger = c K_m rho K_m^dagger`` with one c for all m, so the instruments
are equal: the check is sound, and 3 makes it one of the results too. Comparing stabiliser flows without signs would not be.

A phase of pi/2 under a condition is no Pauli correction. Then the values of the conditions are fixed, case by case: all
cases if there are few (still exact), else a random choice of them, which the verdict says.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from gossamer.checks.case import Case, NotApplicable
from gossamer.checks.clifford import (
    NotClifford,
    Solution,
    Symbols,
    condition_bits,
    independent,
    outcome_polynomials,
    quadratic_form,
)
from gossamer.ir.phase import BitExpr

#: Up to this many independent conditions all of their values are tried.
MAX_CONDITIONS = 6
RANDOM_CONTEXTS = 16


def check_stabiliser(case: Case, seed: int = 0) -> tuple[bool, int, str]:
    """Whether it holds, how many cases of conditions were needed, and what was found.

    Raises
    ------
    NotApplicable
        If a diagram is not Clifford, or its outcomes depend on each other in ways that the method does not solve.
    """
    if not case.complete:
        raise NotApplicable("some outcomes of the source have no witness")
    if not (case.source.is_clifford and case.target.is_clifford):
        raise NotApplicable("not a Clifford program")
    try:
        return _Check(case).run(seed)
    except NotClifford as reason:
        raise NotApplicable(str(reason)) from None
    except ValueError as reason:  # polynomials with too many terms
        raise NotApplicable(str(reason)) from None


class _Check:
    def __init__(self, case: Case) -> None:
        self.case = case
        self.target = outcome_polynomials(case.target)
        base = {i: w.substitute(lambda b: self.target[b]) for i, w in case.witness.items()}
        self.source = outcome_polynomials(case.source, base)
        self.own = outcome_polynomials(case.source)
        self.source_conditions = condition_bits(case.source)
        found = [self.target[b] for b in sorted(condition_bits(case.target))]
        found += [self.source[b] for b in sorted(self.source_conditions)]
        self.conditions: list[BitExpr] = []
        self.culprit = -1
        for e in found:
            e = ~e if frozenset() in e.monomials else e
            if e not in self.conditions and not e.is_zero:
                self.conditions.append(e)

    def run(self, seed: int) -> tuple[bool, int, str]:
        n = len(self.conditions)
        if n > MAX_CONDITIONS:
            return self._random(seed)
        cases = 0
        for k in range(1 << n):
            values = {e: bool(k >> i & 1) for i, e in enumerate(self.conditions)}
            problem = self._context(values, {})
            if problem is None:
                continue
            cases += 1
            if problem:
                return False, cases, problem
        if not cases:
            raise NotApplicable("no possible values of the conditions were found")
        return True, cases, "all outcomes" + (f", {cases} cases of Clifford conditions" if n else "")

    def _random(self, seed: int) -> tuple[bool, int, str]:
        """Random values of the outcomes that the conditions depend on, as far as those are free."""
        rng = random.Random(seed)
        support = sorted({b for e in self.conditions for b in e.bits})
        cases = 0
        for _ in range(RANDOM_CONTEXTS):
            fixed = {b: rng.random() < 0.5 for b in support}
            for _ in range(2 * len(support) + 8):
                values = {e: e.evaluate(fixed) for e in self.conditions}
                self.culprit = -1
                problem = self._context(values, fixed)
                if problem is not None:
                    cases += 1
                    break
                if self.culprit < 0:
                    break
                fixed[self.culprit] = not fixed[self.culprit]  # this outcome is determined by earlier ones
            if problem:
                return False, cases, problem
        if not cases:
            raise NotApplicable("no possible values of the conditions were found")
        return True, cases, f"{cases} random cases of {len(self.conditions)} Clifford conditions, all other outcomes"

    def _guess(self, values: dict[BitExpr, bool]) -> Callable[[BitExpr], bool | None]:
        def guess(e: BitExpr) -> bool | None:
            flip = frozenset() in e.monomials
            e = ~e if flip else e
            value = False if e.is_zero else values.get(e)
            return None if value is None else value ^ flip

        return guess

    def _context(self, values: dict[BitExpr, bool], fixed: dict[int, bool]) -> str | None:
        """What is wrong under these values of conditions and outcomes ("" for nothing), or None if they cannot occur."""
        guess = self._guess(values)
        given = Solution()
        for b, value in fixed.items():
            given.add(BitExpr.bit(b) ^ BitExpr.const(value))
        for e, value in values.items():
            if not given.add(e ^ BitExpr.const(value)):
                return None
        symbols, own_symbols = Symbols(), Symbols()
        source, target = self.case.source, self.case.target
        form = quadratic_form(target, self.target.__getitem__, symbols, guess)
        physical = Solution()
        for s in form.vanishing:
            e = symbols.unpack(s)
            if not physical.add(e):
                return None
            if not given.add(e):
                self.culprit = max((b for b in e.bits if b in fixed), default=-1)
                return None
        wanted = quadratic_form(source, self.source.__getitem__, symbols, guess)
        own_guess = {self.own[b]: guess(self.source[b]) for b in self.source_conditions}
        own = quadratic_form(source, self.own.__getitem__, own_symbols, own_guess.get)

        def vanishes(packed: int) -> bool:
            return not packed or given.apply(symbols.unpack(packed)).is_zero

        if not all(vanishes(s) for s in wanted.vanishing):
            return "an outcome occurs that the source cannot have"
        if form.unsigned() != wanted.unsigned():
            return "the stabilisers differ"
        legs = len(source.inputs) + len(source.outputs)
        for i, (s, t) in enumerate(zip(form.all_signs(legs), wanted.all_signs(legs), strict=True)):
            if not vanishes(s ^ t):
                names = source.input_names + source.output_names
                side = "input" if i < len(source.inputs) else "output"
                return f"a stabiliser has the wrong sign at {side} {names[i]}"
        laws = Solution()
        for s in own.vanishing:
            if not laws.add(own_symbols.unpack(s)):
                return "an outcome occurs that the source cannot have"
        free = [physical.apply(self.source[i]) for i in source.outcome_bits if i not in laws.values]
        if not independent(free):
            if not all(e.is_parity for e in free):
                raise NotClifford("outcomes whose witness is not a parity")
            return "outcomes of the source occur with a wrong probability"
        for r, q in zip(source.registers, target.registers, strict=True):
            for i, (x, y) in enumerate(zip(r.bits, q.bits, strict=True)):
                want = x.substitute(lambda b: self.source[b])
                have = y.substitute(lambda b: self.target[b])
                if not given.apply(want ^ have).is_zero:
                    return f"result {r.name}[{i}] is wrong"
        return ""
