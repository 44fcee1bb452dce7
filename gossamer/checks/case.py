"""What every check of meaning gets: the source, the stitched programs, and the witness that joins their outcomes; and the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

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
    """

    source: Diagram
    target: Diagram
    witness: dict[int, BitExpr]
    discards: frozenset[int]
    postselected: bool = False

    @cached_property
    def complete(self) -> bool:
        """Whether every outcome of the source has a witness."""
        return len(self.witness) == len(self.source.outcome_bits)

    @cached_property
    def cost(self) -> tuple[int, float]:
        """Live axes and amplitudes touched for one branch of both diagrams, inputs given as a state."""
        a, b = sweep_cost(self.source), sweep_cost(self.target)
        return max(a[0], b[0]), a[1] + b[1]


def make_case(programs: Sequence[NodeProgram], manifest: Manifest, source: Diagram) -> Case:
    """Lift, stitch and bring inputs, outputs and registers into the source's order.

    Raises
    ------
    InputError
        ``PR-9`` or ``PR-6`` if the places, registers or outcomes of the manifest are not those of the source; whatever
        lifting and stitching refuse.
    """
    parts = lift_all(programs, manifest)
    candidates = [stitch(parts, manifest, links_first=first) for first in (False, True)]
    best = min(candidates, key=lambda s: sweep_cost(s.diagram))
    d = best.diagram
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
    if len(best.witness) != len(outcomes):
        raise InputError("PR-6", f"the manifest lists {len(best.witness)} outcomes, the source has {len(outcomes)}")
    target = replace(
        d,
        inputs=d.inputs[np.array(inputs, np.intp)],
        outputs=d.outputs[np.array(outputs, np.intp)],
        input_names=source.input_names,
        output_names=source.output_names,
        registers=tuple(registers[r.name] for r in source.registers),
    )
    witness = {i: w for i, w in zip(outcomes, best.witness, strict=True) if w is not None}
    return Case(source, target, witness, best.discards, bool(manifest.postselected))


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
