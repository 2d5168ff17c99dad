"""Policies by name."""

import pytest

from stream_app.domain.policy import POLICIES, Policy, UnknownPolicyError, parse_policy


@pytest.mark.parametrize("name", POLICIES)
def test_policy_is_found_by_its_name(name: str) -> None:
    assert parse_policy(f" {name} ") == POLICIES[name]


@pytest.mark.parametrize(
    ("text", "minutes", "in_words"),
    [("max_gap:1", 1, "1 minute"), ("max_gap:090", 90, "90 minutes"), ("max_gap:10080", 10_080, "10,080 minutes")],
)
def test_max_gap_takes_its_minutes(text: str, minutes: int, in_words: str) -> None:
    named = parse_policy(text)

    assert (named.name, named.policy.max_gap) == (f"max_gap:{minutes}", minutes)
    assert f"for no more than {in_words};" in named.sentence
    assert named.policy.before is POLICIES["max_gap"].policy.before


@pytest.mark.parametrize(
    "text", ["", "guess", "Default", "max_gap:", "max_gap:0", "max_gap:10081", "max_gap:-5", "max_gap:²", "default:5"]
)
def test_anything_else_is_refused_with_what_there_is(text: str) -> None:
    with pytest.raises(UnknownPolicyError) as refused:
        parse_policy(text)

    assert refused.value.text == text
    assert str(refused.value) == (
        f"no policy {text!r}: one of {', '.join(POLICIES)}; max_gap takes minutes after a colon, 1 to 10080"
    )


def test_refusal_of_a_long_name_shows_its_beginning() -> None:
    with pytest.raises(UnknownPolicyError, match=f"^no policy '{'x' * 64}': one of "):
        parse_policy("x" * 99)


def test_only_the_default_rule_is_stored_in_the_table() -> None:
    assert {name for name, named in POLICIES.items() if named.policy.is_stored} == {"default", "calendar"}
    assert {name for name, named in POLICIES.items() if named.policy.is_local} == {"calendar"}
    assert Policy() == POLICIES["default"].policy
