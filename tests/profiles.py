"""Two profiles of hypothesis: what every run draws, the same each time, and what a night draws, other examples each time."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

QUICK = settings(
    max_examples=80, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
NIGHTLY = settings(QUICK, max_examples=int(os.environ.get("GOSSAMER_NIGHTLY", "20000")), derandomize=False)
settings.register_profile("quick", QUICK)
settings.register_profile("nightly", NIGHTLY)
