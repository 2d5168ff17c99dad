"""How hard properties are tried: enough for every change, as long as it takes, or briefly many times over."""

import os

DEEP_EXAMPLES = 10_000
FEW_EXAMPLES = 15


def examples(count: int) -> int:
    """The examples of one property: `count`, by TEST_EFFORT=deep at least 10,000, by TEST_EFFORT=few 15 at most.

    Few are for the mutation check, which runs the same properties again for every change that it makes to the code.
    """
    effort = os.environ.get("TEST_EFFORT")
    if effort == "deep":
        return max(count, DEEP_EXAMPLES)
    return min(count, FEW_EXAMPLES) if effort == "few" else count
