"""What the pages say of the policies, columns and examples is complete."""

from tests.spec import product
from tests.spec.examples import EXAMPLES
from tests.spec.policies_page import COLUMN_MEANINGS
from tests.spec.rules_page import rules


def test_every_column_of_the_extended_report_is_explained() -> None:
    header = product.report(EXAMPLES[0]).splitlines()[0].split(",")

    assert sorted(name for names in COLUMN_MEANINGS for name in names) == sorted(header)


def test_every_example_is_on_the_page() -> None:
    page = rules()

    assert [example.name for example in EXAMPLES if f"`{example.name}`" not in page] == []
