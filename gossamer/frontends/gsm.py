"""Frontend for ``.gsm`` files: the text form of a diagram (``spec/ir.md``).

An open graph or a placed graph in the same text form is later than a source: it is refused, because what its wires and
outcomes stood for in a source is no longer in it. Loops and parallel edges are resolved on entry, exactly.
"""

from __future__ import annotations

from gossamer.diagnostics import InputError
from gossamer.ir.diagram import Diagram
from gossamer.ir.simple import resolve_edges
from gossamer.ir.text import parse_text


def read(text: str, file: str = "<text>") -> Diagram:
    """Read a diagram.

    Raises
    ------
    InputError
        With the clause of ``spec/ir.md`` and the place; ``TL-2`` for a text of another level.

    Examples
    --------
    >>> from gossamer.ir.text import print_text
    >>> from gossamer.ir.wires import WireBuilder
    >>> w = WireBuilder()
    >>> _ = w.output(w.add_input("a"), "a")
    >>> read(print_text(w.build())) == w.build()
    True
    """
    level = parse_text(text, file)
    if not isinstance(level, Diagram):
        raise InputError(
            "TL-2", f"'{file}' holds a value of the class {type(level).__name__}, and a source is a Diagram"
        )
    return resolve_edges(level)
