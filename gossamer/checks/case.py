"""What every check of meaning gets: the source, the stitched programs, and the witness that joins their outcomes; and the verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property, partial
from typing import Any

import numpy as np

from gossamer.backends.lifting import LiftedPart
from gossamer.checks.stitch import lift_all, stitch
from gossamer.diagnostics import InputError
from gossamer.ir.diagram import Diagram
from gossamer.ir.phase import BitExpr
from gossamer.ir.program import Manifest, NodeProgram
from gossamer.ir.semantics import sweep_cost


@dataclass(frozen=True)
class Verdict:
    """The outcome of a check.

    Attributes
    ----------
    method : ``exact``, ``stabiliser``, ``sampled`` or ``structural``
    holds : whether the programs mean what the source does; None where that was not decided
    cases : how many branches, contexts or samples were compared (structural: how many rules)
    seconds : wall-clock
    detail : what was found, and which stronger methods were skipped and why

    Examples
    --------
    >>> Verdict("exact", True, 4, 0.25, "all branches").as_dict()["holds"]
    True
    """

    method: str
    holds: bool | None
    cases: int
    seconds: float
    detail: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class NotApplicable(Exception):
    """A method cannot decide this case; the text says why."""


@dataclass(frozen=True, eq=False)
class Case:
    """A source and the program that shall mean the same.

    Attributes
    ----------
    target : the stitched diagram, with inputs, outputs and registers in the order of the source
    witness : outcome bit of the source -> expression over the target's bits; an outcome that the compiler removed is missing
    discards : outcome bits of the target that are forgotten for physical reasons only
    postselected : whether runs are thrown away, so that the target is not trace preserving
    other : makes the same case with another causal order of the target
    """

    source: Diagram
    target: Diagram
    witness: dict[int, BitExpr]
    discards: frozenset[int]
    postselected: bool = False
    other: Callable[[], Case] | None = field(default=None, repr=False)

    @cached_property
    def complete(self) -> bool:
        """Whether every outcome of the source has a witness."""
        return len(self.witness) == len(self.source.outcome_bits)

    @cached_property
    def cost(self) -> tuple[int, float]:
        """Live axes and amplitudes touched for one branch of both diagrams, inputs given as a state."""
        a, b = self.source_cost, self.target_cost
        return max(a[0], b[0]), a[1] + b[1]

    @cached_property
    def source_cost(self) -> tuple[int, float]:
        return sweep_cost(self.source)

    @cached_property
    def target_cost(self) -> tuple[int, float]:
        return sweep_cost(self.target)

    @cached_property
    def narrow(self) -> Case:
        """The case with the order of the target that sweeps with fewer live qubits; a target as narrow as the source stays as it is."""
        if self.other is None or self.target_cost[0] <= self.source_cost[0]:
            return self
        return min((self, self.other()), key=lambda case: case.target_cost)


def make_case(programs: Sequence[NodeProgram], manifest: Manifest, source: Diagram) -> Case:
    """Lift, stitch and bring inputs, outputs and registers into the source's order.

    Raises
    ------
    InputError
        ``PR-9`` or ``PR-6`` if the places, registers or outcomes of the manifest are not those of the source; whatever
        lifting and stitching refuse.
    """
    parts = lift_all(programs, manifest)
    return _case(parts, manifest, source, links_first=False)


def _case(parts: Sequence[LiftedPart], manifest: Manifest, source: Diagram, *, links_first: bool) -> Case:
    stitched = stitch(parts, manifest, links_first=links_first)
    d = stitched.diagram
    inputs = _order("input", d.input_names, source.input_names)
    outputs = _order("output", d.output_names, source.output_names)
    registers = {r.name: r for r in d.registers}
    if set(registers) != {r.name for r in source.registers} or len(d.registers) != len(source.registers):
        raise InputError("PR-6", "the manifest does not have the registers of the source")
    for r in source.registers:
        if len(r.bits) != len(registers[r.name].bits):
            raise InputError(
                "PR-6", f"register {r.name} has {len(r.bits)} bits in the source, {len(registers[r.name].bits)} here"
            )
    outcomes = source.outcome_bits
    if len(stitched.witness) != len(outcomes):
        raise InputError("PR-6", f"the manifest lists {len(stitched.witness)} outcomes, the source has {len(outcomes)}")
    target = replace(
        d,
        inputs=d.inputs[np.array(inputs, np.intp)],
        outputs=d.outputs[np.array(outputs, np.intp)],
        input_names=source.input_names,
        output_names=source.output_names,
        registers=tuple(registers[r.name] for r in source.registers),
    )
    witness = {i: w for i, w in zip(outcomes, stitched.witness, strict=True) if w is not None}
    other = None if links_first else partial(_case, parts, manifest, source, links_first=True)
    return Case(source, target, witness, stitched.discards, bool(manifest.postselected), other)


def by_results(manifest: Manifest, source: Diagram) -> Manifest:
    """The manifest for a source that is not the one that was compiled: its outcomes are those that the registers report, the others are unknown.

    Examples
    --------
    >>> from gossamer.ir.program import ManifestBit, ManifestRegister
    >>> from gossamer.ir.wires import WireBuilder
    >>> w = WireBuilder(); c = w.measure(w.add_input("a")); _ = w.measure(w.add_input("b")); w.register("c", [BitExpr.bit(c)])
    >>> place = ManifestBit(node="a", bit=7)
    >>> m = Manifest(nodes=[], links=[], messages=[], inputs=[], outputs=[], registers=[ManifestRegister(name="c", bits=[place])],
    ...     outcomes=[place] * 3, source_digest="")
    >>> by_results(m, w.build()).outcomes
    [ManifestBit(node='a', bit=7), None]
    """
    places = {(r.name, i): place for r in manifest.registers for i, place in enumerate(r.bits)}
    reported = {
        expr: places[r.name, i] for r in source.registers for i, expr in enumerate(r.bits) if (r.name, i) in places
    }
    return manifest.model_copy(update={"outcomes": [reported.get(BitExpr.bit(i)) for i in source.outcome_bits]})


def _order(what: str, have: tuple[str, ...], want: tuple[str, ...]) -> list[int]:
    if sorted(have) != sorted(want):
        odd = sorted(set(have) ^ set(want))
        raise InputError("PR-9", f"the {what}s of the manifest are not those of the source ({', '.join(odd[:4])})")
    at = {name: i for i, name in enumerate(have)}
    return [at[name] for name in want]
