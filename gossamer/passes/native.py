"""`native`: each node's program in the gates of that node's hardware, exactly.

The rewriting is in ``gossamer.ir.native``, where backends find it too. What a node has no `gates` for is left as it is, other nodes may
differ, and messages, links, measurements and conditions stay where they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from gossamer.ir.native import to_native
from gossamer.ir.network import NATIVE
from gossamer.ir.program import Distribution


@dataclass(frozen=True)
class Native:
    """Pass: ``Distribution`` -> ``Distribution`` whose programs hold native gates only, with the same meaning [NW-15]."""

    def run(self, distribution: Distribution) -> Distribution:
        network = distribution.network
        nodes = [network.nodes[network.index[p.node]] for p in distribution.programs]
        programs = tuple(
            p if node.gates is None or p.model not in NATIVE else to_native(p, node)
            for p, node in zip(distribution.programs, nodes, strict=True)
        )
        return replace(distribution, programs=programs)
