"""Each example comes out of the reference as it says, and of the product to the same bytes."""

from functools import cache

import pytest

from tests.spec import product, slow_reference
from tests.spec.example import Example
from tests.spec.examples import EXAMPLES
from tests.spec.expected import check

REPORTED = {example.name: example for example in EXAMPLES if not example.refused}
each_reported = pytest.mark.parametrize(
    "example", [pytest.param(example, id=name) for name, example in REPORTED.items()]
)


@each_reported
def test_reference_comes_to_the_minutes_of_the_example(example: Example) -> None:
    check(example, by_reference(example.name))


@each_reported
def test_product_and_reference_write_the_same_bytes(example: Example) -> None:
    assert product.report(example) == by_reference(example.name)


@cache
def by_reference(name: str) -> str:
    """The reference's report, which takes its time, made once."""
    return slow_reference.report(REPORTED[name])
