"""Everything registered is there, under one name, and plugins are treated like the built-ins."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import sys
import types
from collections.abc import Iterator

import pytest

from gossamer.diagnostics import GossamerError, InputError, MissingPackage, UsageError
from gossamer.pipeline import LEVELS, check_levels, default_pipeline, parse_pipeline
from gossamer.registry import BUILT_IN, Kind, Registration, by_extension, describe, find, registered

KINDS: tuple[Kind, ...] = ("frontends", "passes", "backends", "printers", "applications", "peers")
ALL = [(kind, r) for kind in KINDS for r in BUILT_IN[kind]]


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    registered.cache_clear()
    yield
    registered.cache_clear()


@pytest.mark.parametrize(("kind", "registration"), ALL, ids=lambda x: getattr(x, "name", x))
def test_what_is_registered_loads(kind: Kind, registration: Registration) -> None:
    loaded = registration.load()
    assert registration.summary
    if kind in ("passes", "backends"):
        assert dataclasses.is_dataclass(loaded)
        assert all(f.default is not dataclasses.MISSING for f in dataclasses.fields(loaded))
        assert {*registration.takes, registration.gives} <= set(LEVELS)
        assert callable(loaded().run)
    elif kind == "applications":
        assert all(str(f.type) in ("int", "bool", "str") for f in dataclasses.fields(loaded))
        assert callable(loaded().run)
    else:
        assert callable(loaded)
        assert registration.extensions or kind == "peers"
    if kind == "backends":
        assert callable(registration.load("prints"))


@pytest.mark.parametrize("kind", KINDS)
def test_names_and_endings_are_unique(kind: Kind) -> None:
    names = [r.name for r in BUILT_IN[kind]]
    endings = [e for r in BUILT_IN[kind] for e in r.extensions]
    assert len(set(names)) == len(names)
    assert len(set(endings)) == len(endings)


def test_the_default_pipeline_chains() -> None:
    check_levels(parse_pipeline(default_pipeline()))


def test_unknown_names_and_endings() -> None:
    with pytest.raises(UsageError) as caught:
        find("passes", "magic")
    assert caught.value.code == "TL-7"
    assert "partition" in str(caught.value)
    with pytest.raises(UsageError) as caught:
        by_extension("frontends", ".doc")
    assert caught.value.code == "TL-2"
    assert by_extension("frontends", ".QASM").name == "qasm"


def test_listing_imports_nothing_of_what_it_lists() -> None:
    import subprocess

    code = (
        "import sys; from gossamer.registry import describe; print(describe('frontends')[0]['name']);"
        "print([m for m in sys.modules if m.startswith('gossamer.') and m.split('.')[1] in"
        " ('frontends', 'passes', 'backends', 'formats')])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.split("\n")[:2] == ["qasm", "[]"]


def _plugin(monkeypatch: pytest.MonkeyPatch, value: object, kind: str = "passes") -> None:
    module = types.ModuleType("gossamer_test_plugin")
    module.THING = value  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "gossamer_test_plugin", module)
    point = importlib.metadata.EntryPoint("thing", "gossamer_test_plugin:THING", f"gossamer.{kind}")
    monkeypatch.setattr(
        importlib.metadata, "entry_points", lambda group: [point] if group == f"gossamer.{kind}" else []
    )


def test_a_plugin_is_listed_and_usable_in_a_pipeline(monkeypatch: pytest.MonkeyPatch) -> None:
    _plugin(
        monkeypatch,
        Registration("nothing", "gossamer_test_plugin:Nothing", "does nothing", takes=("graph",), gives="graph"),
    )
    assert "nothing" in [row["name"] for row in describe("passes")]
    check_levels(parse_pipeline("graph-like,nothing,partition,links,circuit"))


@pytest.mark.parametrize(
    "value", ["text", Registration("partition", "a:b", "takes a name in use")], ids=["no registration", "name in use"]
)
@pytest.mark.clause("TL-9")
def test_a_bad_plugin_is_named(monkeypatch: pytest.MonkeyPatch, value: object) -> None:
    _plugin(monkeypatch, value)
    with pytest.raises(InputError, match="the plugin 'thing'") as caught:
        registered("passes")
    assert caught.value.code == "TL-9"


def test_a_plugin_that_does_not_import_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    point = importlib.metadata.EntryPoint("broken", "no_such_module_at_all:X", "gossamer.passes")
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: [point])
    with pytest.raises(InputError, match="the plugin 'broken'"):
        registered("passes")


def test_a_missing_package_is_named_with_its_exit_code(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    module = types.ModuleType("gossamer_needs_more")
    monkeypatch.setitem(sys.modules, "gossamer_needs_more", module)

    def absent(name: str) -> object:
        raise ModuleNotFoundError("No module named 'rare_package'", name="rare_package")

    monkeypatch.setattr("gossamer.registry.import_module", absent)
    with pytest.raises(MissingPackage, match="rare_package") as caught:
        Registration("x", "gossamer_needs_more:X", "needs a package").load()
    assert caught.value.exit_code == 5


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "TL-6"),
        ("graph-like,", "TL-6"),
        ("graph-like{", "TL-6"),
        ("partition{seed=1,seed=2}", "TL-6"),
        ("graph-like," * 70 + "links", "TL-6"),
        ("x" * 200_001, "TL-6"),
        ("magic", "TL-7"),
        ("partition{colour=3}", "TL-7"),
        ("partition{seed=true}", "TL-7"),
        ("partition", "TL-8"),
        ("graph-like", "TL-8"),
    ],
)
def test_a_bad_pipeline_is_refused(text: str, code: str) -> None:
    with pytest.raises(GossamerError) as caught:
        steps = parse_pipeline(text)
        for step in steps:
            step.make()
        check_levels(steps)
    assert caught.value.code == code
    assert caught.value.exit_code == 2


def test_what_was_made_of_an_older_value_is_not_taken() -> None:
    """A placement of a diagram that has been rewritten since would be dropped in silence."""
    with pytest.raises(UsageError) as caught:
        check_levels(parse_pipeline("graph-like,partition,cut,links,circuit"))
    assert caught.value.code == "TL-8"
    assert "'links' takes a value 'graph', which was made before 'cut'" in str(caught.value)
    check_levels(parse_pipeline("graph-like,cut,graph-like,partition,links,circuit"))
    check_levels(parse_pipeline("graph-like,partition,forms,circuit,route,native"))
