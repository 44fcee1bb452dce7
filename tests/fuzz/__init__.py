"""Fuzzing of everything that reads text: ``make fuzz RUNS=1000000``; ``python -m tests.fuzz --help`` says more.

``targets`` says what has to hold of each reader, ``mutate`` and ``derive`` make inputs, ``guard`` bounds time and memory and watches the
files that are opened, ``campaign`` fuzzes one reader, guided by coverage. A finding is a file that :func:`tests.fuzz.targets.check` replays.
"""
