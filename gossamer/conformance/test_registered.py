"""Everything that is registered obeys its laws: the built-ins, and what entry points of other packages add.

The number of examples of each law is 25, or what the environment variable GOSSAMER_EXAMPLES says; with it set to more the
examples are random instead of the same every time.
"""

from __future__ import annotations

import os

import pytest

from gossamer.conformance.kit import check_backend, check_frontend, check_node_model, check_pass
from gossamer.diagnostics import MissingPackage
from gossamer.registry import Registration, registered

EXAMPLES = int(os.environ.get("GOSSAMER_EXAMPLES", "25"))
SAME = EXAMPLES <= 25
#: Frontends each of whose readings is a process of its own; they get a fifth of the examples.
PROCESSES = ("pytket",)


def _all(kind: str) -> list[object]:
    return [pytest.param(r, id=r.name) for r in registered(kind).values()]


@pytest.mark.parametrize("registration", _all("frontends"))
def test_frontend(registration: Registration) -> None:
    try:
        examples = EXAMPLES // 5 if registration.name in PROCESSES else EXAMPLES
        check_frontend(registration, examples=examples, derandomize=SAME)
    except MissingPackage as error:
        pytest.skip(error.diagnostic.message)
    if not registration.samples:
        pytest.skip("the meaning was not checked: the registration names no samples")


@pytest.mark.parametrize("registration", _all("passes"))
def test_pass(registration: Registration) -> None:
    check_pass(registration, examples=EXAMPLES, derandomize=SAME)


@pytest.mark.parametrize("registration", _all("backends"))
def test_backend(registration: Registration) -> None:
    check_backend(registration, examples=EXAMPLES, derandomize=SAME)


@pytest.mark.parametrize("registration", _all("backends"))
def test_node_model(registration: Registration) -> None:
    check_node_model(registration, examples=EXAMPLES, derandomize=SAME)
