"""How long to fuzz: a few examples in `make test`, and as long as FUZZ_SECONDS says in `make fuzz`."""

import os
import time
from collections.abc import Callable
from typing import TypeVar

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TARGETS = 6  # that share FUZZ_SECONDS
EXAMPLES_A_PASS = 150

_Input = TypeVar("_Input")
_PASS = settings(
    max_examples=EXAMPLES_A_PASS,
    deadline=None,
    database=None,
    derandomize=not os.environ.get("FUZZ_SECONDS"),  # a change is judged by the same inputs each time, a hunt is not
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


def fuzz(inputs: st.SearchStrategy[_Input], check: Callable[[_Input], None]) -> int:
    """Check inputs, at least EXAMPLES_A_PASS of them, until this target's share of FUZZ_SECONDS is over; how many.

    Each pass draws from a seed of its own, and a failure is shrunk and raised.
    """
    deadline = time.monotonic() + float(os.environ.get("FUZZ_SECONDS", "0")) / TARGETS
    checked = 0

    @_PASS
    @given(inputs)
    def one_pass(example: _Input) -> None:
        nonlocal checked
        checked += 1
        check(example)

    one_pass()
    while time.monotonic() < deadline:
        one_pass()
    print(f"\n{checked:,} inputs of {check.__qualname__.split('.')[0]}")
    return checked
