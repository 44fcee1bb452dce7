"""``python -m gossamer``: the command line without its console script."""

from gossamer.cli import main

main()
