"""What the package registers."""

from __future__ import annotations

from gossamer.registry import Registration

LANGUAGE = Registration(
    "wrong-language",
    "gossamer_wrong.mistakes:read",
    "reads rz with the wrong sign",
    extensions=(".wrong",),
    samples="gossamer.conformance.kit:qasm_samples",
)
ORDER = Registration(
    "wrong-order", "gossamer_wrong.mistakes:Swap", "swaps two results", takes=("graph",), gives="graph"
)


def _backend(name: str, target: str, summary: str) -> Registration:
    return Registration(
        name, f"gossamer_wrong.mistakes:{target}", summary, takes=("placed",), gives="distribution", suffix=".qasm"
    )


SIGN = _backend("wrong-sign", "Sign", "turns the first rotation the other way")
CORRECTION = _backend("wrong-correction", "Correction", "leaves the last correction out")
MESSAGE = _backend("wrong-message", "Message", "sends the first message to the wrong node")
