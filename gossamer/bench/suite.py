"""`Suite`: which circuits on which networks; read from YAML, or built in (``spec/bench.md``)."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from gossamer.bench.circuits import CIRCUITS
from gossamer.diagnostics import InputError, UsageError
from gossamer.formats.json_places import Json
from gossamer.formats.yaml_places import YamlText
from gossamer.portfolio import optimisations
from gossamer.registry import registered

MAX_BYTES = 1_000_000
MAX_JOBS = 100_000


@dataclass(frozen=True)
class Variant:
    """A way to compile, by name; what is None is left to the command (for all variants alike).

    Examples
    --------
    >>> Variant("as given", forms="given").arguments(effort=2, pipeline=None, seed=7)
    ['--effort', '2', '--seed', '7', '--forms', 'given']
    >>> Variant("static", without=("anneal",)).arguments(effort=1, pipeline=None, seed=0)
    ['-p', 'forms{effort=1,seed=0,without=anneal},lower']
    """

    name: str = ""
    effort: int | None = None
    forms: str | None = None
    pipeline: str | None = None
    without: tuple[str, ...] = ()

    def arguments(self, effort: int, pipeline: str | None, seed: int) -> list[str]:
        """Arguments of ``gossamer compile``; a pipeline of the variant's own, or else of the command, names its options itself."""
        level = effort if self.effort is None else self.effort
        if self.without:
            only = "" if self.forms is None else f",only={self.forms.replace(',', '.')}"
            return ["-p", f"forms{{effort={level},seed={seed}{only},without={'.'.join(self.without)}}},lower"]
        text = self.pipeline or (pipeline if self.forms is None and self.effort is None else None)
        if text is not None:
            return ["-p", text]
        out = ["--effort", str(level), "--seed", str(seed)]
        return out if self.forms is None else [*out, "--forms", self.forms]


@dataclass(frozen=True)
class Job:
    """One circuit on one network.

    Attributes
    ----------
    circuit : its name, that of its file without ending
    source : the file; None for a built-in circuit
    network : as the user writes it
    variant : how it is compiled
    """

    circuit: str
    source: Path | None
    network: str
    variant: Variant = Variant()


@dataclass(frozen=True)
class Suite:
    """The jobs of a benchmark and, where there is one, the file of peers' results."""

    name: str
    jobs: tuple[Job, ...]
    peers: Path | None = None

    def only(self, patterns: list[str]) -> Suite:
        """The jobs whose circuit fits one of the patterns.

        Examples
        --------
        >>> [job.circuit for job in built_in().only(["ghz*"]).jobs]
        ['ghz_64', 'ghz_64']
        """
        kept = tuple(j for j in self.jobs if any(fnmatchcase(j.circuit, p) for p in patterns))
        if not kept:
            raise UsageError("BN-3", f"no circuit of the suite fits {', '.join(patterns)[:80]}")
        return Suite(self.name, kept, self.peers)


def built_in() -> Suite:
    """The circuits of `gossamer.bench.circuits` on four nodes and on two."""
    return Suite("built-in", tuple(Job(name, None, network) for network in ("4", "2") for name in CIRCUITS))


def read_suite(path: Path, circuits: Path | None = None) -> Suite:
    """Read a suite; ``circuits`` is a folder that replaces the one that it names.

    Raises
    ------
    InputError
        BN-1 to BN-3, with the place.
    """
    if not path.is_file():
        raise InputError("BN-1", f"there is no file '{path}'")
    if path.stat().st_size > MAX_BYTES:
        raise InputError("BN-1", f"'{path}' has more than {MAX_BYTES} bytes")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("BN-1", f"'{path}' is no UTF-8 text") from None
    try:
        return _suite(YamlText(text, str(path), "BN-1", "BN-2").parse(), path.parent, circuits)
    except InputError as error:
        error.with_source(text)
        raise


def _suite(top: Json, here: Path, folder: Path | None) -> Suite:
    m = top.members("a suite", ("suite", "rows"), ("circuits", "peers", "variants"))
    files: dict[str, Path | None]
    if folder is None and "circuits" in m:
        folder = here / m["circuits"].text("the folder of circuits")
    if folder is None:
        files = dict.fromkeys(CIRCUITS)
    elif folder.is_dir():
        files = {**find_circuits(folder)}
    else:
        raise InputError("BN-3", f"there is no folder '{folder}'", span=(m.get("circuits") or top).span)
    variants = _variants(m["variants"]) if "variants" in m else [Variant()]
    jobs: dict[Job, None] = {}
    for row in m["rows"].items("the rows"):
        parts = row.members("a row", ("circuits", "networks"), ("variants",))
        ways = _chosen(variants, parts["variants"]) if "variants" in parts else variants
        networks = dict.fromkeys(n.text("a network") if isinstance(n.value, str) else str(n.whole("a network"))
                                 for n in parts["networks"].items("the networks"))  # fmt: skip
        for pattern, entry in {e.text("a circuit"): e for e in parts["circuits"].items("the circuits")}.items():
            fitting = [name for name in files if fnmatchcase(name, pattern)]
            if not fitting:
                raise InputError("BN-3", f"no circuit is called '{pattern[:60]}'", span=entry.span,
                                 help=f"there are {len(files)}: {', '.join(list(files)[:8])} ...")  # fmt: skip
            if len(jobs) + len(networks) * len(fitting) * len(ways) > MAX_JOBS:
                raise InputError("BN-2", f"the suite has more than {MAX_JOBS} rows", span=entry.span)
            jobs |= {Job(name, files[name], n, v): None for n in networks for name in fitting for v in ways}
    peers = here / m["peers"].text("the file of peers") if "peers" in m else None
    return Suite(m["suite"].text("the name of the suite"), tuple(jobs), peers)


def _variants(value: Json) -> list[Variant]:
    out = []
    for name, entry in value.members("the variants").items():
        m = entry.members("a variant", (), ("effort", "forms", "pipeline", "without"))
        if "pipeline" in m and len(m) > 1:
            entry.fail("a pipeline names its options itself", help="leave out effort, forms and without")
        without = m["without"].items("what is left out") if "without" in m else []
        for one in without:
            if one.text("an optimisation") not in optimisations():
                one.fail("there is no such optimisation", help=f"known: {', '.join(optimisations())}")
        out.append(
            Variant(
                name,
                m["effort"].whole("the effort", 3) if "effort" in m else None,
                m["forms"].text("the forms") if "forms" in m else None,
                m["pipeline"].text("the pipeline") if "pipeline" in m else None,
                tuple(one.text("an optimisation") for one in without),
            )
        )
    if not out:
        value.fail("there is no variant")
    return out


def _chosen(variants: list[Variant], value: Json) -> list[Variant]:
    """The first variant, with which the others are compared, and those that a row names."""
    names = {entry.text("a variant"): entry for entry in value.items("the variants")}
    for name, entry in names.items():
        if name not in (v.name for v in variants):
            entry.fail(f"there is no variant '{name[:60]}'")
    return [v for i, v in enumerate(variants) if i == 0 or v.name in names]


def find_circuits(folder: Path) -> dict[str, Path]:
    """The files in a folder that a frontend answers to, by name without ending."""
    endings = sorted((e for r in registered("frontends").values() for e in r.extensions), key=len, reverse=True)
    found = {}
    for path in sorted(folder.iterdir()):
        ending = next((e for e in endings if path.name.lower().endswith(e)), None)
        if ending and path.is_file():
            found[path.name[: -len(ending)].encode("utf-8", "backslashreplace").decode()] = path
    return found
