"""Each example comes out of the product as it says."""

import csv
import io

import pytest

from api.as_of import AsOfNotRetainedError
from api.report_request import BadReportRequestError, Columns
from tests.spec import product
from tests.spec.example import Example
from tests.spec.examples import EXAMPLES
from tests.spec.expected import check

FLEETS: dict[tuple[str, ...], list[Example]] = {}  # those of one T and policy, as one fleet
for of in EXAMPLES:
    if not of.refused and of.as_of and of.span is None:
        FLEETS.setdefault((of.policy, of.as_of), []).append(of)
REPORTED = [example for example in EXAMPLES if not example.refused]
each_reported = pytest.mark.parametrize("example", [pytest.param(example, id=example.name) for example in REPORTED])


@each_reported
def test_product_comes_to_the_minutes_of_the_example(example: Example) -> None:
    check(example, product.report(example))


@each_reported
def test_default_columns_are_the_first_of_the_extended_ones(example: Example) -> None:
    of_default = list(csv.reader(io.StringIO(product.report(example, Columns.DEFAULT))))
    extended = list(csv.reader(io.StringIO(product.report(example, Columns.EXTENDED))))

    assert of_default == [row[:7] for row in extended]


@each_reported
def test_a_later_poll_of_another_store_changes_no_minute(example: Example) -> None:
    if not example.as_of or example.newest_elsewhere:
        return
    check(example, product.report(example, stream_time=product.micros(example.as_of)))


@pytest.mark.parametrize("fleet", [pytest.param(fleet, id=" ".join(asked)) for asked, fleet in FLEETS.items()])
def test_stores_of_one_report_do_not_touch_each_other(fleet: list[Example]) -> None:
    text = product.report_of(fleet[0], product.fleet_content(fleet))

    for example in fleet:
        check(example, text, example.name)


@pytest.mark.parametrize("example", [pytest.param(example, id=example.name) for example in EXAMPLES])
def test_rows_are_refused_by_name(example: Example) -> None:
    assert product.rejections(example) == list(example.rejections)


@pytest.mark.parametrize("example", [pytest.param(example, id=example.name) for example in EXAMPLES if example.refused])
def test_report_is_refused_by_name(example: Example) -> None:
    with pytest.raises((BadReportRequestError, AsOfNotRetainedError)) as refusal:
        product.report(example)

    code = refusal.value.code if isinstance(refusal.value, BadReportRequestError) else "as_of_not_retained"
    assert code == example.refused


def test_examples_have_names_of_their_own() -> None:
    names = [example.name for example in EXAMPLES]

    assert len(set(names)) == len(names) >= 60


def test_examples_cover_the_cases_of_icinga_dbs_sla_tests() -> None:
    assert len({example.sla_case for example in EXAMPLES if example.sla_case}) >= 16
