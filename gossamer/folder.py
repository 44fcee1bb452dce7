"""Writing output: a folder or a file appears whole or not at all.

Everything is written into a temporary sibling and renamed into place, so an interruption (Ctrl-C and SIGTERM included) or a
full disk leaves what was there before. The module guarantees that a folder it did not make, or that holds a file which it did not make,
is never replaced unasked.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from gossamer.diagnostics import InputError

MANIFEST = "manifest.json"
MERGED = "merged.pattern.json"
APPLICATION = "gossamer.json"
#: What begins the format that a file says it has, which marks a folder as written by this project.
_FORMATS = {MANIFEST: "gossamer-manifest/", APPLICATION: "gossamer-application/"}
#: What stands beside the node programs.
_BESIDE = frozenset({MANIFEST, MERGED, "source.gsm", "placed.gsm", "report.json", "timings.json"})


def check_target(target: Path, *, force: bool = False, marker: str = MANIFEST) -> None:
    """Raise InputError [TL-4] if ``target`` must not be replaced by a folder that ``marker`` describes (an output folder, an application)."""
    if os.path.isdir(target):
        if force or not any(target.iterdir()):
            return
        ours = _files_of(target, marker)
        if ours is None:
            raise InputError(
                "TL-4",
                f"the folder '{target}' is not empty and holds no {'manifest' if marker == MANIFEST else marker} of ours",
                help="name another one, or use --force",
            )
        foreign = sorted(path.name for path in target.iterdir() if path.name not in ours or path.is_dir())
        if foreign:
            more = f" and {len(foreign) - 3} more" if len(foreign) > 3 else ""
            raise InputError(
                "TL-4",
                f"the folder '{target}' holds files that are not ours: {', '.join(map(repr, foreign[:3]))}{more}",
                help="name another one, or use --force, which deletes them",
            )
        return
    if os.path.lexists(target):
        raise InputError(
            "TL-4", f"'{target}' is a file, and the output is a folder", help="name another folder with -o"
        )
    for parent in target.parents:
        if os.path.isdir(parent):
            if not os.access(parent, os.W_OK | os.X_OK):
                raise InputError("TL-4", f"cannot write into '{parent}'", help="name another folder with -o")
            return
        if os.path.lexists(parent):
            raise InputError("TL-4", f"'{parent}' is a file, so '{target}' cannot be made in it")


def _files_of(folder: Path, marker: str = MANIFEST) -> frozenset[str] | None:
    """The names of the files that belong to the manifest (or other marker) in ``folder``; None if there is none that this project wrote."""
    path = folder / marker
    try:
        if not path.is_file():  # a pipe in its place would block
            return None
        with path.open(encoding="utf-8") as file:
            found = json.loads(file.read(256_000_000))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not str(found.get("format", "")).startswith(_FORMATS[marker]):
        return None
    if marker == APPLICATION:
        names = found.get("files")
        return frozenset(name for name in names if isinstance(name, str)) if isinstance(names, list) else None
    nodes = found.get("nodes")
    programs = [node.get("program") for node in nodes if isinstance(node, dict)] if isinstance(nodes, list) else []
    return _BESIDE | {name for name in programs if isinstance(name, str)}


def is_ours(folder: Path) -> bool:
    """Whether the folder holds a manifest that this project wrote."""
    return _files_of(folder) is not None


def write_folder(
    target: Path,
    files: Mapping[str, str] | Iterable[tuple[str, Iterable[str]]],
    *,
    force: bool = False,
    marker: str = MANIFEST,
) -> None:
    """Make the folder ``target`` with exactly these text files (name -> text, or pairs that are made one by one), all or nothing.

    A text may come in pieces.

    Raises
    ------
    InputError
        ``TL-4`` if the folder may not be replaced, ``TL-5`` if the system refuses to write.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as here:
    ...     write_folder(Path(here) / "out", {"a.txt": "text"})
    ...     sorted(path.name for path in (Path(here) / "out").iterdir())
    ['a.txt']
    """
    check_target(target, force=force, marker=marker)
    target = Path(os.path.realpath(target))
    with _parents(target), _temporary_folder(target) as temporary:
        for name, text in files.items() if isinstance(files, Mapping) else files:
            with (temporary / name).open("w", encoding="utf-8", newline="\n") as file:
                file.writelines([text] if isinstance(text, str) else text)
        if os.path.isdir(target):
            old = temporary.with_name(temporary.name + ".old")
            target.rename(old)
            try:
                temporary.rename(target)
            except BaseException:
                old.rename(target)
                raise
            shutil.rmtree(old, ignore_errors=True)
        else:
            temporary.rename(target)


def write_file(target: Path, text: str) -> None:
    """Write one text file, all or nothing; an existing file is replaced, and what a link points to is written, not the link.

    A device or a pipe (``/dev/stdout``) is written to as it is.

    Raises
    ------
    InputError
        ``TL-5`` if ``target`` is a folder or the system refuses to write.
    """
    if os.path.isdir(target):
        raise InputError("TL-5", f"'{target}' is a folder, and the output is a file", help="name a file in it")
    if os.path.exists(target) and (not os.path.isfile(target) or Path("/dev") in target.absolute().parents):
        try:
            # to append: standard output may be a file that holds something
            with target.open("a", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise InputError("TL-5", f"cannot write '{target}': {error.strerror or error}") from error
        return
    target = Path(os.path.realpath(target))
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        with open(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(temporary).chmod(0o666 & ~_umask())
        Path(temporary).replace(target)
    except OSError as error:
        raise InputError("TL-5", f"cannot write '{target}': {error.strerror or error}") from error
    finally:
        if temporary:
            Path(temporary).unlink(missing_ok=True)


@contextlib.contextmanager
def _parents(target: Path) -> Iterator[None]:
    """Make the folders above ``target``; take away those that were made if the body fails."""
    made: list[Path] = []
    try:
        for parent in reversed(target.parents):
            if not os.path.isdir(parent):
                parent.mkdir()
                made.append(parent)
        yield
    except BaseException as error:
        for parent in reversed(made):
            with contextlib.suppress(OSError):
                parent.rmdir()
        if isinstance(error, OSError):
            raise InputError("TL-5", f"cannot write '{target}': {error.strerror or error}") from error
        raise


@contextlib.contextmanager
def _temporary_folder(target: Path) -> Iterator[Path]:
    temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        temporary.chmod(0o777 & ~_umask())
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)  # renamed away by now, unless something went wrong


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
