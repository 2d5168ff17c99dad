"""What is generated in the docs is what the code says."""

from pathlib import Path

import pytest

from stream_app.domain.rejection import REMEDIES, SENTENCES, Reason
from stream_app.settings import Settings, load_settings
from tests.support.generated_docs import PARTS, ROOT, Part, documents


@pytest.mark.parametrize(("path", "text"), documents().items(), ids=lambda value: getattr(value, "name", ""))
def test_the_generated_parts_are_not_stale(path: Path, text: str) -> None:
    assert path.read_text() == text, f"{path.relative_to(ROOT)} is stale: run `make docs`"


def test_every_reason_has_a_sentence_and_a_remedy() -> None:
    assert set(SENTENCES) == set(REMEDIES) == set(Reason)


def test_a_part_leaves_what_is_around_it() -> None:
    part = Part("a.md", "x", lambda: "new")

    made = part.put_into("above\n<!-- generated: x -->\nold\n<!-- end of x -->\nbelow\n")

    assert made == "above\n<!-- generated: x -->\n\nnew\n\n<!-- end of x -->\nbelow\n"
    assert part.put_into(made) == made


def test_a_document_without_a_place_for_the_part_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"a\.md has no lines"):
        Part("a.md", "x", lambda: "new").put_into("above\n")


def test_each_part_has_a_name_of_its_own_in_its_document() -> None:
    assert len({(part.path, part.name) for part in PARTS}) == len(PARTS)


def test_the_example_environment_names_every_setting_at_its_default() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    given = dict(
        line.removeprefix("#").split("=", 1) for line in lines if line[:1] == "#" and line[1:2] not in {" ", ""}
    )

    assert list(given) == [str(field.validation_alias) for field in Settings.model_fields.values()]
    assert load_settings({name: value for name, value in given.items() if value}) == load_settings({})
