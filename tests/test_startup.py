"""What importing and running costs, judged by the modules that are loaded and never by a clock."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

HEAVY = {
    "graphix", "lark", "mtkahypar", "networkx", "numba", "numpy", "pyzx", "qiskit", "stim", "yaml",
}  # fmt: skip


def _modules_after(code: str) -> set[str]:
    full = f"import sys\n{code}\nprint('MODULES', *sorted(m for m in sys.modules if '.' not in m))"
    out = subprocess.run([sys.executable, "-c", full], capture_output=True, text=True, check=True).stdout
    return set(out.rsplit("MODULES", 1)[1].split())


@pytest.mark.parametrize(
    "arguments", [["--help"], ["compile", "--help"], ["network", "--help"], ["--version"], ["frontends"], ["engines"]]
)
def test_help_and_listings_load_nothing_heavy(arguments: list[str]) -> None:
    loaded = _modules_after(f"from gossamer.cli import call\nassert call({arguments!r}) == 0")
    assert not loaded & HEAVY
    assert "typer" in loaded


def test_the_first_help_does_not_load_pydantic_either() -> None:
    """Typer itself loads it for commands with numbers; the page that everybody sees first does not need it."""
    assert "pydantic" not in _modules_after("from gossamer.cli import call\nassert call(['--help']) == 0")


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert not _modules_after("import gossamer; gossamer.__version__; dir(gossamer)") & {*HEAVY, "pydantic"}


def test_a_small_compile_loads_no_optional_package(tmp_path: Path) -> None:
    source = tmp_path / "a.qasm"
    source.write_text(
        'OPENQASM 2.0; include "qelib1.inc"; qreg q[3]; creg c[3]; h q; cx q[0],q[1]; t q[1]; measure q -> c;'
    )
    out = tmp_path / "out"
    loaded = _modules_after(
        f"from gossamer.cli import call\nassert call(['compile', {str(source)!r}, '-n', '2', '-o', {str(out)!r}]) == 0"
    )
    assert "numpy" in loaded
    assert not loaded & {"graphix", "pyzx", "qiskit", "networkx"}


def test_every_public_name_is_there() -> None:
    import gossamer

    for name in gossamer.__all__:
        assert getattr(gossamer, name) is not None
    assert set(gossamer.__all__) == {*gossamer._HOME, "__version__"}
    with pytest.raises(AttributeError):
        _ = gossamer.no_such_name


def test_compiled_loops_can_be_found_on_disk_by_the_next_process() -> None:
    """Numba keeps a function that closes over another compiled one under a name that no other process looks for."""
    import gossamer

    root = Path(gossamer.__file__).parent
    compiled = [path for path in root.rglob("*.py") if "from numba import njit" in path.read_text(encoding="utf-8")]
    assert len(compiled) > 5
    for path in compiled:
        module = import_module(".".join(path.relative_to(root.parent).with_suffix("").parts))
        loops = [f for f in vars(module).values() if hasattr(f, "py_func")]
        assert loops
        assert all(f.py_func.__closure__ is None for f in loops)
    inside = [p for p in root.rglob("*.py") if p not in compiled and "numba.njit" in p.read_text(encoding="utf-8")]
    assert not inside
