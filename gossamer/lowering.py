"""`lower`: the end of a pipeline for networks of several models. Each node's part is lowered by the backend of its model.

Stands above the registry, which knows the models, and below the pipeline.
"""

from __future__ import annotations

from dataclasses import dataclass

from gossamer.ir.placed import Placed
from gossamer.ir.program import Distribution
from gossamer.registry import registered


@dataclass(frozen=True)
class Lower:
    """Pass: ``Placed`` -> ``Distribution``, from one total order of events (``gossamer.backends.lowering``).

    Attributes
    ----------
    shift : shift the signals of MBQC nodes, see ``gossamer.backends.mbqc``
    """

    shift: bool = False

    def run(self, placed: Placed) -> Distribution:
        from gossamer.backends.lowering import lower
        from gossamer.backends.mbqc import ShiftingWriter

        backends = registered("backends")
        models = {node.model for node in placed.network.nodes}
        able = sorted(m for m in models if m in backends and backends[m].writer)
        writers = {model: backends[model].load("writer") for model in able}
        if self.shift and "mbqc" in writers:
            writers["mbqc"] = ShiftingWriter
        return lower(placed, writers)
