"""The structural check: what can be said of programs of any size without computing what they do.

The rules of ``spec/program.md`` (PR-1 to PR-10: qubits and bits used properly, communication qubits carry link halves only,
links and messages used once by the named nodes, no deadlock), the places, registers and outcomes against the source, and
the links and the native gates against a network where one is given. It can refuse; it cannot say that the meaning is right.
"""

from __future__ import annotations

from collections.abc import Sequence

from gossamer.diagnostics import InputError
from gossamer.ir.diagram import Diagram
from gossamer.ir.network import Network, NetworkLink, Node
from gossamer.ir.program import Distribution, Manifest, NodeProgram
from gossamer.ir.rules.hardware import check_hardware
from gossamer.ir.rules.programs import PROGRAM_RULES


def check_structural(
    programs: Sequence[NodeProgram],
    manifest: Manifest,
    source: Diagram,
    network: Network | None = None,
    *,
    ruled: bool = False,
) -> tuple[bool, int, str]:
    """Whether no rule is violated, how many were checked, and the first violation.

    With ``ruled`` the rules of programs have been checked on these very programs and this network (`Distribution.verify_structure`), and are
    not checked once more.

    Examples
    --------
    >>> from gossamer.ir.wires import WireBuilder
    >>> m = Manifest(nodes=[], links=[], messages=[], inputs=[], outputs=[], registers=[], outcomes=[], source_digest="")
    >>> check_structural([], m, WireBuilder().build())[0]
    True
    """
    try:
        pairs = {frozenset(link.nodes): link.nodes for link in manifest.links}
        known = network or Network(
            nodes=tuple(Node(name=n.name, model=n.model, data=n.data, comm=n.comm) for n in manifest.nodes),
            links=tuple(NetworkLink(nodes=ends) for ends in pairs.values()),
        )
        distribution = Distribution(tuple(programs), manifest, known)
        for rule in () if ruled else PROGRAM_RULES:
            rule(distribution)
        if network is not None:
            check_hardware(distribution)
        _against_source(manifest, source)
    except InputError as error:
        return False, len(PROGRAM_RULES) + 1, f"{error.code}: {error.diagnostic.message}"
    except (ValueError, KeyError) as error:  # pydantic's refusal of a node or link of the manifest
        return False, len(PROGRAM_RULES) + 1, f"PR-1: {error}"
    return True, len(PROGRAM_RULES) + 1, "the programs are well formed"


def _against_source(manifest: Manifest, source: Diagram) -> None:
    def same(what: str, have: list[str], want: list[str], code: str) -> None:
        if sorted(have) != sorted(want):
            odd = ", ".join(sorted(set(have) ^ set(want))[:4])
            raise InputError(code, f"the {what}s of the manifest are not those of the source ({odd})")

    same("input", [x.name for x in manifest.inputs], list(source.input_names), "PR-9")
    same("output", [x.name for x in manifest.outputs], list(source.output_names), "PR-9")
    sizes = [f"{r.name}[{len(r.bits)}]" for r in manifest.registers]
    same("register", sizes, [f"{r.name}[{len(r.bits)}]" for r in source.registers], "PR-6")
    if [r.name for r in manifest.registers] != [r.name for r in source.registers]:
        # The keys of a histogram list them in this order.
        raise InputError("PR-6", "the registers of the manifest are not in the order of the source")
    if len(manifest.outcomes) != len(source.outcome_bits):
        raise InputError(
            "PR-6",
            f"the manifest lists {len(manifest.outcomes)} outcomes, the source has {len(source.outcome_bits)}",
        )
    for r, s in zip(
        sorted(manifest.registers, key=lambda r: r.name), sorted(source.registers, key=lambda r: r.name), strict=True
    ):
        for i, (where, expr) in enumerate(zip(r.bits, s.bits, strict=True)):
            if where is None and not expr.is_zero:
                raise InputError("PR-6", f"result {r.name}[{i}] has no place, but the source writes it")
