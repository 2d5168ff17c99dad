"""How much is broken: briefly in every test run, at length with FAULTS=long (`make faults`) or TEST_EFFORT=deep."""

import os
import random

IS_LONG = os.environ.get("FAULTS") == "long" or os.environ.get("TEST_EFFORT") == "deep"
SEED = int(os.environ.get("FAULTS_SEED") or random.SystemRandom().randrange(1_000_000))


def often(short: int, long: int) -> int:
    """How many times, by the effort asked for."""
    return long if IS_LONG else short


def chance(case: str) -> random.Random:
    """The chance of one case, which FAULTS_SEED brings back; the seed stands in a failed test's output."""
    print(f"{case}: FAULTS_SEED={SEED}")
    return random.Random(f"{SEED} {case}")
