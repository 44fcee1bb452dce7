"""The files of ``spec/``: normative text and grammars, read at run time from wherever the package is installed.

In a wheel they are the package data of ``gossamer.spec``; in a checkout they are the folder ``spec`` beside the package.
The module guarantees that a caller need not know which. It stands at the bottom of the import order.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


@cache
def spec_folder() -> Path:
    """The folder that holds ``grammar/`` and the normative texts."""
    for folder in (_PACKAGE / "spec", _PACKAGE.parent / "spec"):
        if (folder / "grammar").is_dir():
            return folder
    raise FileNotFoundError("the files of gossamer.spec are not installed")


def read_spec(name: str) -> str:
    """The text of one file of ``spec/``, for example ``grammar/pipeline.lark``.

    Examples
    --------
    >>> "step" in read_spec("grammar/pipeline.lark")
    True
    """
    return (spec_folder() / name).read_text(encoding="utf-8")


def find_clause(code: str) -> str | None:
    """The clause of the specification with that id (``NW-3``), as it stands in the text, or None.

    Examples
    --------
    >>> find_clause("NW-12")
    '[NW-12] The quantum links connect the network, and if there are classical ones, so do they.'
    """
    wanted = f"[{code.strip().strip('[]').upper()}]"
    for path in sorted(spec_folder().glob("*.md")):
        for paragraph in path.read_text(encoding="utf-8").split("\n\n"):
            lines = paragraph.strip("\n").split("\n")
            at = next((i for i, line in enumerate(lines) if line.lstrip("#*-| ").startswith(wanted)), None)
            if at is not None:
                end = next(
                    (i for i in range(at + 1, len(lines)) if lines[i].lstrip("#*-| ").startswith("[")), len(lines)
                )
                return "\n".join(lines[at:end]).strip()
    return None
