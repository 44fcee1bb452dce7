"""`gossamer bench`: circuits times networks, compiled, verified, counted and compared with other compilers (``spec/bench.md``)."""
