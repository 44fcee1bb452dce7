"""Gossamer: distribute quantum programs over the nodes of a network.

The public API, re-exported one by one and loaded on first use, so that ``import gossamer`` costs nothing.

Examples
--------
>>> import gossamer
>>> bell = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; h q[0]; cx q[0],q[1]; measure q -> c;'
>>> program = gossamer.compile(bell, "2:qubits=1")
>>> program.report["ebits"]
1
>>> sorted(program.run(shots=50).counts)
['00', '11']
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gossamer._version import __version__

if TYPE_CHECKING:
    from gossamer.api import compile, resolve_network, run, verify
    from gossamer.compiled import CompiledProgram, load, rebuild_manifest
    from gossamer.conversion import application, convert, draw, inspect, rewrite, to_pyzx
    from gossamer.diagnostics import (
        Diagnostic,
        GossamerError,
        InputError,
        InternalError,
        MissingPackage,
        NetworkInfeasible,
        Span,
        UsageError,
        VerificationFailed,
    )
    from gossamer.ir.diagram import Diagram
    from gossamer.ir.network import Network
    from gossamer.ir.phase import BitExpr, Phase
    from gossamer.ir.program import Distribution
    from gossamer.sources import read

#: Public name -> the module that defines it.
_HOME = {
    "BitExpr": "gossamer.ir.phase",
    "CompiledProgram": "gossamer.compiled",
    "Diagnostic": "gossamer.diagnostics",
    "Diagram": "gossamer.ir.diagram",
    "Distribution": "gossamer.ir.program",
    "GossamerError": "gossamer.diagnostics",
    "InputError": "gossamer.diagnostics",
    "InternalError": "gossamer.diagnostics",
    "MissingPackage": "gossamer.diagnostics",
    "Network": "gossamer.ir.network",
    "NetworkInfeasible": "gossamer.diagnostics",
    "Phase": "gossamer.ir.phase",
    "Span": "gossamer.diagnostics",
    "UsageError": "gossamer.diagnostics",
    "VerificationFailed": "gossamer.diagnostics",
    "application": "gossamer.conversion",
    "compile": "gossamer.api",
    "convert": "gossamer.conversion",
    "draw": "gossamer.conversion",
    "inspect": "gossamer.conversion",
    "load": "gossamer.compiled",
    "read": "gossamer.sources",
    "rebuild_manifest": "gossamer.compiled",
    "resolve_network": "gossamer.api",
    "rewrite": "gossamer.conversion",
    "run": "gossamer.api",
    "to_pyzx": "gossamer.conversion",
    "verify": "gossamer.api",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'gossamer' has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(_HOME[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})


__all__ = [
    "BitExpr",
    "CompiledProgram",
    "Diagnostic",
    "Diagram",
    "Distribution",
    "GossamerError",
    "InputError",
    "InternalError",
    "MissingPackage",
    "Network",
    "NetworkInfeasible",
    "Phase",
    "Span",
    "UsageError",
    "VerificationFailed",
    "__version__",
    "application",
    "compile",
    "convert",
    "draw",
    "inspect",
    "load",
    "read",
    "rebuild_manifest",
    "resolve_network",
    "rewrite",
    "run",
    "to_pyzx",
    "verify",
]
