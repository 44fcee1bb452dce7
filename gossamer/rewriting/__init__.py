"""Rewriting of ZX-diagrams: a mutable working graph, rules as pairs of ``check`` and ``apply``, and strategies over a worklist.

`graph` holds the data (`writer` makes it a diagram again), `rules` the rewrite rules with their sources, `strategies` what is applied
in which order, `teleport` phase teleportation. They keep the maps ``K_m`` exactly, scalars included (`teleport` up to a phase), for
every value of the bits and symbols. The way back to circuits, up to a scalar, is `extract`, on its own form of a diagram (`open_form`,
`row_space`, `circuit`). The package stands on ``ir`` alone.
"""
