"""Rewriting of ZX-diagrams: a mutable working graph, rules as pairs of ``check`` and ``apply``, and strategies over a worklist.

`graph` holds the data, `rules` the rewrite rules with their sources, `strategies` what is applied in which order. All of it keeps
the maps ``K_m`` exactly, for every value of the bits and symbols, scalars included. The package stands on ``ir`` alone.
"""
