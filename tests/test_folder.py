"""Output appears whole or not at all, and never over somebody else's files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from gossamer.diagnostics import InputError
from gossamer.folder import check_target, is_ours, write_file, write_folder

OURS = json.dumps({"format": "gossamer-manifest/1", "nodes": [{"program": "n0.qasm"}]})
Files = Iterable[tuple[str, str | Iterable[str]]]
FILES = {"manifest.json": OURS, "n0.qasm": "new", "report.json": "{}"}


def _fail_at(monkeypatch: pytest.MonkeyPatch, method: str, call: int, error: BaseException) -> Files:
    """Let the ``call``-th renaming fail, or give files of which the ``call``-th stops in the middle of its text."""
    calls = iter(range(1, 100))
    if method == "text":
        return ((name, _pieces(text, error if next(calls) == call else None)) for name, text in FILES.items())
    true: Callable[..., object] = getattr(Path, method)

    def failing(self: Path, *arguments: object, **options: object) -> object:
        if next(calls) == call:
            raise error
        return true(self, *arguments, **options)

    monkeypatch.setattr(Path, method, failing)
    return FILES.items()


def _pieces(text: str, error: BaseException | None) -> Iterator[str]:
    yield text[:2]
    if error is not None:
        raise error
    yield text[2:]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, MemoryError])
@pytest.mark.parametrize(("method", "call"), [("text", 1), ("text", 3), ("rename", 1)])
def test_an_interruption_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException], method: str, call: int
) -> None:
    files = _fail_at(monkeypatch, method, call, error())
    with pytest.raises(error):
        write_folder(tmp_path / "deep" / "er" / "out", files)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("method", "call"), [("text", 2), ("rename", 1), ("rename", 2)])
def test_an_interruption_keeps_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str, call: int
) -> None:
    target = tmp_path / "out"
    write_folder(target, {"manifest.json": OURS, "n0.qasm": "old"})
    files = _fail_at(monkeypatch, method, call, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        write_folder(target, files)
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    assert (target / "n0.qasm").read_text() == "old"


@pytest.mark.clause("TL-5")
def test_a_full_disk_is_a_diagnostic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = _fail_at(monkeypatch, "text", 2, OSError(28, "No space left on device"))
    with pytest.raises(InputError, match="No space left") as caught:
        write_folder(tmp_path / "out", files)
    assert caught.value.code == "TL-5"
    assert list(tmp_path.iterdir()) == []


def test_termination_by_signal_leaves_nothing(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys, time\n"
        "from pathlib import Path\n"
        "from gossamer import cli, folder\n"
        "signal.signal(signal.SIGTERM, cli._terminate)\n"
        "def slow():\n"
        "    yield 'half'\n"
        "    print('writing', flush=True)\n"
        "    time.sleep(60)\n"
        f"folder.write_folder(Path({str(tmp_path / 'out')!r}), [('a', 'whole'), ('b', slow())])\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"writing\n"
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 128 + signal.SIGTERM
    process.stdout.close()
    assert list(tmp_path.iterdir()) == []


def test_replacing(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    write_folder(target, FILES)  # empty: may be replaced
    write_folder(target, {"manifest.json": OURS})  # ours: may be replaced
    assert [p.name for p in target.iterdir()] == ["manifest.json"]
    assert is_ours(target)
    (target / "manifest.json").write_text('{"format": "something else"}')
    with pytest.raises(InputError) as caught:
        write_folder(target, FILES)
    assert caught.value.code == "TL-4"
    write_folder(target, FILES, force=True)
    assert (target / "n0.qasm").read_text() == "new"


@pytest.mark.parametrize("text", ["", "[", "[]", "[" * 100_000, "\x00"])
def test_a_broken_manifest_is_not_ours(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    assert not is_ours(tmp_path)
    with pytest.raises(InputError):
        check_target(tmp_path)


def test_files_in_the_way(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    for target in (file, file / "out"):
        for force in (False, True):
            with pytest.raises(InputError) as caught:
                write_folder(target, FILES, force=force)
            assert caught.value.code == "TL-4"
    dangling = tmp_path / "dangling"
    dangling.symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError):
        check_target(dangling)
    assert file.read_text() == "mine"
    with pytest.raises(InputError) as caught:
        write_file(tmp_path, "text")
    assert caught.value.code == "TL-5"


def test_a_link_to_a_folder_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    write_folder(tmp_path / "link", FILES)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "n0.qasm").read_text() == "new"


def test_permissions_follow_the_umask(tmp_path: Path) -> None:
    mask = os.umask(0o027)
    try:
        write_folder(tmp_path / "out", FILES)
        write_file(tmp_path / "file", "text")
    finally:
        os.umask(mask)
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o750
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o640


@pytest.mark.clause("TL-4")
def test_files_of_others_in_an_output_folder_are_not_lost(tmp_path: Path) -> None:
    manifest = json.dumps({"format": "gossamer-manifest/1", "nodes": [{"program": "n0.qasm"}]})
    files = {"manifest.json": manifest, "n0.qasm": "one", "report.json": "{}"}
    write_folder(tmp_path / "out", files)
    write_folder(tmp_path / "out", files)
    (tmp_path / "out" / "notes.txt").write_text("mine")
    with pytest.raises(InputError) as caught:
        write_folder(tmp_path / "out", files)
    assert caught.value.code == "TL-4"
    assert "'notes.txt'" in str(caught.value)
    assert (tmp_path / "out" / "notes.txt").read_text() == "mine"
    write_folder(tmp_path / "out", files, force=True)
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == sorted(files)
    (tmp_path / "out" / "source.gsm").mkdir()
    with pytest.raises(InputError):
        write_folder(tmp_path / "out", files)


def test_a_link_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("old")
    (tmp_path / "link").symlink_to("there")
    write_file(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there").read_text() == "new"
    (tmp_path / "dangling").symlink_to("nothing")
    write_file(tmp_path / "dangling", "new")
    assert (tmp_path / "nothing").read_text() == "new"


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_file(tmp_path / "pipe", "text")
        assert os.read(reader, 100) == b"text"
    finally:
        os.close(reader)
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]
    assert not (tmp_path / "pipe").is_file()


@pytest.mark.clause("TL-4")
def test_a_pipe_in_the_place_of_the_manifest_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "manifest.json")
    with pytest.raises(InputError) as caught:
        check_target(tmp_path)
    assert caught.value.code == "TL-4"
