"""Pytest plugin of the mutation runs (``make mutation``): which tests a mutant has to fear, in which order, with how many draws.

A mutant is judged by the tests that are aimed at its module, not by whatever else happens to run its code; so the figures err
on the side of survival. Tests without draws come first. Hypothesis draws a few derandomised examples and does not shrink.
"""

from __future__ import annotations

import gc
import os

import pytest
from hypothesis import HealthCheck, Phase, settings

AIMED = {
    "phase": ("test_phase",),
    "diagram": ("test_diagram",),
    "verify": ("test_verify",),
    "rules": ("test_verify", "test_pattern", "test_pattern_refusals"),
    "semantics": ("test_semantics",),
    "sweep": ("test_semantics",),
    "equality": ("test_equality",),
    "text": ("test_text",),
}
#: Tests that take seconds and tell mutants apart no better than others do.
LEFT_OUT = ("test_a_hundred_thousand_lines_have_few_shapes", "test_kernels_agree_with_numpy")
EXAMPLES = 8


def _is_aimed(test: str) -> bool:
    """Whether the test with that id is one for the mutant under test (all of them where there is no mutant)."""
    parts = os.environ.get("MUTANT_UNDER_TEST", "").split(".")
    if parts[:2] != ["gossamer", "ir"]:
        return True
    return any(f"/{name}.py" in test for name in AIMED[parts[2]])


def pytest_configure(config: pytest.Config) -> None:
    gc.freeze()  # a fork is short-lived, and should not go through all that it inherits
    config.args = [x for x in config.args if _is_aimed(x)] or config.args


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = [item for item in items if item.name not in LEFT_OUT]
    for item in items:
        drawn = getattr(getattr(item, "obj", None), "_hypothesis_internal_use_settings", None)
        if drawn is not None:
            item.obj._hypothesis_internal_use_settings = settings(  # type: ignore[attr-defined]
                drawn,
                max_examples=min(drawn.max_examples, EXAMPLES),
                derandomize=True,
                database=None,
                deadline=None,
                phases=(Phase.explicit, Phase.generate),
                suppress_health_check=list(HealthCheck),
            )
    items.sort(key=lambda item: hasattr(getattr(item, "obj", None), "hypothesis"))
