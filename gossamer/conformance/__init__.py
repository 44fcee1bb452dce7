"""The conformance kit: prove a frontend, a pass, a backend or a node model of your own against the IR.

``pytest --pyargs gossamer.conformance`` tests everything that is registered, entry points of other packages included. In a test of
your own, call a check with your registration::

    from gossamer.conformance import check_backend
    check_backend(MY_BACKEND)

The parts: ``strategies`` (hypothesis strategies for all values of the IR), ``kit`` (the checks), ``laws`` (what they check, by name),
``oracle`` (the naive second implementation that decides), ``circuits`` (circuits told twice), ``vectors`` (the test vectors of
``spec/vectors``). Nothing else of the package imports this one. Needs the extra ``conformance``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gossamer.checks.equality import equal, equal_stabiliser
    from gossamer.conformance.kit import check_backend, check_frontend, check_node_model, check_pass
    from gossamer.conformance.laws import LAWS, LawBroken
    from gossamer.ir.equality import equal_branches, equal_instruments, equal_strict

_HOME = {
    "LAWS": "gossamer.conformance.laws",
    "LawBroken": "gossamer.conformance.laws",
    "check_backend": "gossamer.conformance.kit",
    "check_frontend": "gossamer.conformance.kit",
    "check_node_model": "gossamer.conformance.kit",
    "check_pass": "gossamer.conformance.kit",
    "equal": "gossamer.checks.equality",
    "equal_branches": "gossamer.ir.equality",
    "equal_instruments": "gossamer.ir.equality",
    "equal_stabiliser": "gossamer.checks.equality",
    "equal_strict": "gossamer.ir.equality",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'gossamer.conformance' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)


__all__ = [
    "LAWS",
    "LawBroken",
    "check_backend",
    "check_frontend",
    "check_node_model",
    "check_pass",
    "equal",
    "equal_branches",
    "equal_instruments",
    "equal_stabiliser",
    "equal_strict",
]
