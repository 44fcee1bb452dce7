"""A second count of the ebits of an output folder, by its text alone.

Nothing is shared with the compiler, the report or the readers of programs: a circuit program's links are its ``@gossamer.link``
annotations, a pattern's its commands ``ebit``. Each link has to be asked for exactly twice, by two nodes that name each other.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

_LINK = re.compile(r"^\s*@gossamer\.link id=(\S+) peer=(\S+)(?: end=\S+)?\s*$", re.MULTILINE)


def count_ebits(directory: Path) -> int:
    """The number of links that the node programs in a folder use.

    Raises
    ------
    ValueError
        If an end of a link has no other end.

    Examples
    --------
    >>> import gossamer, tempfile
    >>> ghz = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[3]; h q[0]; cx q[0],q[1]; cx q[1],q[2];'
    >>> with tempfile.TemporaryDirectory() as here:
    ...     gossamer.compile(ghz, "3:qubits=1").save(here)
    ...     count_ebits(Path(here))
    2
    """
    manifest = json.loads((directory / "manifest.json").read_text(encoding="utf-8"))
    ends: dict[str, list[tuple[str, str]]] = {}
    for node in manifest["nodes"]:
        for link, peer in links_of((directory / node["program"]).read_text(encoding="utf-8")):
            ends.setdefault(link, []).append((node["name"], peer))
    for link, pair in ends.items():
        if len(pair) != 2 or pair[0] != pair[1][::-1]:
            raise ValueError(f"link {link} is asked for by {pair}")
    return len(ends)


def links_of(text: str) -> list[tuple[str, str]]:
    """Link and peer of each ebit in a printed program.

    Examples
    --------
    >>> links_of("@gossamer.link id=l0 peer=bob\\nreset comm[0];")
    [('l0', 'bob')]
    """
    if text.lstrip().startswith("{"):
        return [(c["link"], c["peer"]) for c in json.loads(text)["commands"] if c.get("kind") == "ebit"]
    return _LINK.findall(text)
