"""The test vectors of ``spec/vectors``: read them, and hold the compiler against one (clauses VEC-1 to VEC-3).

Distributions and unitaries are found by running the node programs on the naive oracle, one run for each sequence of outcomes.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gossamer.conformance import oracle
from gossamer.diagnostics import GossamerError, InputError, VerificationFailed
from gossamer.ir.network import Network
from gossamer.specification import spec_folder

#: Deeper nesting of maps and lists is refused; a matrix of pairs in `expect` is four deep.
MAX_DEPTH = 16
MAX_BYTES = 1_000_000
TOLERANCE = 1e-9


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class VectorSource(_Strict):
    format: str
    text: str


class Expectation(_Strict):
    """Either an error code, or facts about the node programs."""

    error: str | None = Field(default=None, pattern=r"^[A-Z]{2,5}-[0-9]+$")
    ebits: int | None = Field(default=None, ge=0)
    registers: list[tuple[str, int]] | None = None
    distribution: dict[str, float | str] | None = None
    unitary: list[list[tuple[float, float]]] | None = None

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Expectation:
        facts = [self.ebits, self.registers, self.distribution, self.unitary]
        if self.error is not None and any(x is not None for x in facts):
            raise ValueError("an error and something that comes out")
        if self.error is None and self.distribution is None and self.unitary is None:
            raise ValueError("neither an error nor a distribution nor a unitary")
        return self


class Vector(_Strict):
    """One test vector; see ``spec/vectors.md``."""

    vector: int = Field(ge=1, le=1)
    name: str = Field(pattern=r"^[a-z0-9-]+$")
    about: str
    source: VectorSource
    network: str | dict[str, Any]
    pipeline: str
    expect: Expectation


def parse_vector(text: str, file: str = "<vector>") -> Vector:
    """Read one vector.

    Raises
    ------
    InputError
        ``VEC-1`` for another shape, ``VEC-2`` for expectations that contradict each other or say nothing.

    Examples
    --------
    >>> parse_vector("vector: 2")
    Traceback (most recent call last):
    gossamer.diagnostics.InputError: error[VEC-1]: <vector>: name: Field required
    """
    import yaml

    if len(text.encode()) > MAX_BYTES:
        raise InputError("VEC-1", f"{file}: more than {MAX_BYTES} bytes")
    try:
        depth = 0
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) or getattr(event, "tag", None):
                raise InputError("VEC-1", f"{file}: anchors, aliases and tags are not read")
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                raise InputError("VEC-1", f"{file}: nested deeper than {MAX_DEPTH} levels")
        data = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise InputError("VEC-1", f"{file}: no YAML document: {error}") from error
    try:
        return Vector.model_validate(data)
    except ValidationError as error:
        first = min(error.errors(), key=lambda e: e["type"] != "missing")
        where = ".".join(str(x) for x in first["loc"])
        code = "VEC-2" if first["type"] == "value_error" else "VEC-1"
        raise InputError(code, f"{file}: {where}: {first['msg']}") from error


def load_vectors(folder: Path | None = None) -> list[Vector]:
    """All vectors of a folder, those of the specification by default, by name.

    Examples
    --------
    >>> "bell" in [v.name for v in load_vectors()]
    True
    """
    paths = sorted((folder or spec_folder() / "vectors").glob("*.yaml"))
    out = [parse_vector(path.read_text(encoding="utf-8"), path.name) for path in paths]
    for path, vector in zip(paths, out, strict=True):
        if vector.name != path.stem:
            raise InputError("VEC-1", f"{path.name}: the name is '{vector.name}'")
    return out


def check_vector(vector: Vector) -> None:
    """Compile a vector's source and compare with what it expects.

    Raises
    ------
    VerificationFailed
        ``VEC-3`` with the fact that does not hold.
    """

    def wrong(what: str) -> VerificationFailed:
        return VerificationFailed("VEC-3", f"vector '{vector.name}': {what}")

    expect = vector.expect
    try:
        found = _compile(vector)
    except GossamerError as error:
        if expect.error is None:
            raise wrong(f"refused with {error}") from error
        if error.code != expect.error:
            raise wrong(f"refused with {error.code} instead of {expect.error}") from error
        return
    if expect.error is not None:
        raise wrong(f"not refused, {expect.error} was expected")
    distribution = found.distribution
    ebits = len(distribution.manifest.links)
    if expect.ebits is not None and ebits != expect.ebits:
        raise wrong(f"{ebits} ebits instead of {expect.ebits}")
    registers = [(r.name, len(r.bits)) for r in distribution.manifest.registers]
    if expect.registers is not None and registers != expect.registers:
        raise wrong(f"registers {registers} instead of {expect.registers}")
    if expect.distribution is not None:
        have = {_key(registers, k): p for k, p in oracle.distribution_of_results(distribution).items() if p > TOLERANCE}
        want = {k: float(Fraction(p)) if isinstance(p, str) else p for k, p in expect.distribution.items()}
        if have.keys() != want.keys() or any(abs(have[k] - want[k]) > TOLERANCE for k in have):
            raise wrong(f"the distribution is {have} instead of {want}")
    if expect.unitary is not None:
        matrix = np.array([[complex(*x) for x in row] for row in expect.unitary], np.complex128)
        if registers:
            raise wrong("programs with a unitary report nothing")
        for run in oracle.program_runs(distribution):
            if not oracle.same_up_to_phase(matrix, run.matrix, TOLERANCE):
                raise wrong(f"the matrix is {run.matrix.round(6).tolist()} for the bits {run.bits}")


def _compile(vector: Vector) -> Any:
    from gossamer.api import compile as distribute
    from gossamer.ir.network_text import parse_network
    from gossamer.registry import find

    network: str | Network
    if isinstance(vector.network, str):
        network = vector.network
    else:
        import json

        network = parse_network(json.dumps(vector.network), "network")
    diagram = find("frontends", vector.source.format).load()(vector.source.text, vector.name)
    return distribute(diagram, network, pipeline=vector.pipeline, check=False)


def _key(registers: list[tuple[str, int]], values: tuple[bool, ...]) -> str:
    """As Qiskit prints it: last register first, highest index leftmost."""
    parts, at = [], 0
    for _, size in registers:
        parts.append("".join("01"[x] for x in reversed(values[at : at + size])))
        at += size
    return " ".join(reversed(parts))


def json_schema() -> dict[str, Any]:
    """The published JSON Schema of a vector."""
    schema = Vector.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Gossamer test vector"} | schema
