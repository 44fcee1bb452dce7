"""Checks: do node programs mean what their source does?

Every check lifts the programs, stitches them at their links and messages, and compares with the source; none shares code with
lowering. ``exact`` and ``stabiliser`` are proofs over all outcomes, ``sampled`` is a test, ``structural`` decides no meaning.
"""

from gossamer.checks.case import Verdict, by_results
from gossamer.checks.verify import verify

__all__ = ["Verdict", "by_results", "verify"]
