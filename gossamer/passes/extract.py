"""`extract`: a diagram with gflow becomes one of circuit shape, so that passes and printers that follow wires can take it.

The algorithm is :mod:`gossamer.rewriting.extract`; this is its pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from gossamer.ir.diagram import Diagram
from gossamer.rewriting.extract import extract_circuit


@dataclass(frozen=True)
class Extract:
    """Pass: ``Diagram`` -> ``Diagram`` with causal flow. Keeps the instrument; of ``tries`` circuits the one with the fewest two-qubit
    gates. Backens et al., *There and back again: a circuit extraction tale*, Quantum 5, 421 (2021).
    """

    name: ClassVar[str] = "extract"

    tries: int = 12
    seed: int = 0

    def __post_init__(self) -> None:
        if self.tries < 1:
            raise ValueError("tries is at least 1")

    def run(self, diagram: Diagram) -> Diagram:
        return extract_circuit(diagram, tries=self.tries, seed=self.seed)
