"""Reading a compiled folder: the manifest and the node programs, and nothing else in it.

Every file is checked before it is opened: a regular file, inside the folder, of bounded size. What is read is typed (pydantic
for the manifest, the grammar for programs); whether the programs make sense together is ``gossamer.runtime.validate``'s matter.
"""

from __future__ import annotations

import os
import stat
from importlib import import_module
from pathlib import Path

from pydantic import ValidationError

from gossamer.diagnostics import InputError
from gossamer.ir.program import Manifest, NodeProgram

MANIFEST = "manifest.json"
#: The reader of each model's programs.
READERS = {
    "circuit": "gossamer.formats.circuit_program",
    "mbqc": "gossamer.formats.pattern_program",
    "mixed": "gossamer.formats.pattern_program",
}
#: A manifest or program longer than this (bytes) is refused.
MAX_BYTES = 256_000_000


def load(directory: str | Path) -> tuple[tuple[NodeProgram, ...], Manifest]:
    """The node programs, in the order of the manifest, and the manifest.

    Raises
    ------
    InputError
        PR-1 for a missing, malformed or strange file; the clauses of the program format for what the programs say.

    Examples
    --------
    >>> load("/no/such/folder")
    Traceback (most recent call last):
    gossamer.diagnostics.InputError: error[PR-1]: '/no/such/folder' is not a folder
    help: name a folder that `gossamer compile -o` has written
    """
    folder = Path(directory)
    if not os.path.isdir(folder):  # unlike Path.is_dir it takes any name
        raise InputError(
            "PR-1", f"'{folder}' is not a folder", help="name a folder that `gossamer compile -o` has written"
        )
    manifest = _parse_manifest(_read(folder, MANIFEST), str(folder / MANIFEST))
    names = [node.program for node in manifest.nodes]
    if len(set(names)) != len(names):
        raise InputError("PR-1", "two nodes of the manifest share one program file")
    programs = []
    for node in manifest.nodes:
        if node.model not in READERS:
            raise InputError(
                "PR-1",
                f"node {node.name} is of model '{node.model[:80]}'",
                help=f"the runtime reads programs of {', '.join(READERS)}",
            )
        if not _is_plain(node.program):
            raise InputError(
                "PR-1",
                f"program {node.program[:80]!r} of {node.name[:80]} is not a plain file name",
                help="programs lie beside the manifest",
            )
        read_program = import_module(READERS[node.model]).read_program
        programs.append(read_program(_read(folder, node.program), str(folder / node.program)))
    return tuple(programs), manifest


def _is_plain(name: str) -> bool:
    return name.isprintable() and not set(name) & set("/\\:") and name not in ("", ".", "..") and len(name) <= 255


def _read(folder: Path, name: str) -> str:
    path = folder / name
    try:
        real = path.resolve(strict=True)
        if real.parent != folder.resolve(strict=True):
            raise InputError("PR-1", f"'{path}' is a link out of the folder")
        info = real.stat()
        if not stat.S_ISREG(info.st_mode):  # a pipe or a device would block or never end
            raise InputError("PR-1", f"'{path}' is not a regular file")
        if info.st_size > MAX_BYTES:
            raise InputError("PR-1", f"'{path}' has {info.st_size} bytes; at most {MAX_BYTES} are read")
        return real.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise InputError("PR-1", f"'{path}' does not exist", help="is the folder complete?") from None
    except UnicodeDecodeError as error:
        raise InputError("PR-1", f"'{path}' is not UTF-8 text (byte {error.start})") from None
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links (Python 3.11, 3.12)
        reason = error.strerror if isinstance(error, OSError) else "a loop of links"
        raise InputError("PR-1", f"cannot read '{path}': {reason}") from None


def _parse_manifest(text: str, file: str) -> Manifest:
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(key)[:40] for key in first["loc"])
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise InputError("PR-1", f"{file}: {where + ': ' if where else ''}{first['msg'][:200]}{more}") from None
