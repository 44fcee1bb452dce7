"""Frontend for ``.gsmj`` files: the compact form of a diagram (``spec/ir.md``).

Loops and parallel edges are resolved on entry, exactly.
"""

from __future__ import annotations

from gossamer.ir.compact import parse_compact
from gossamer.ir.diagram import Diagram
from gossamer.ir.simple import resolve_edges


def read(text: str, file: str = "<text>") -> Diagram:
    """Read a diagram.

    Raises
    ------
    InputError
        With the clause of ``spec/ir.md``.

    Examples
    --------
    >>> from gossamer.ir.compact import print_compact
    >>> from gossamer.ir.compose import identity
    >>> read(print_compact(identity("a"))) == identity("a")
    True
    """
    return resolve_edges(parse_compact(text, file))
