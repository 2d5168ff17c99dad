"""Hosts and origins as HTTP and operators write them."""

import pytest

from stream_app.http_names import host_pattern, origin_of, spellings


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("http://localhost", "http://localhost:80"),
        ("HTTPS://Dash.Example.com", "https://dash.example.com:443"),
        ("http://[0::1]:8000", "http://[::1]:8000"),
        ("http://a.:80", "http://a:80"),
        ("null", None),
        ("file://", None),
        ("ws://a", None),
        ("http://a/", None),
        ("http://u@a", None),
        ("a", None),
        ("", None),
    ],
)
def test_origin_has_one_spelling_or_is_none(text: str, origin: str | None) -> None:
    assert origin_of(text) == origin


def test_spellings_of_an_origin_are_with_and_without_its_scheme_s_own_port() -> None:
    assert spellings("https://a:443") == ("https://a", "https://a:443")
    assert spellings("https://a:80") == ("https://a:80",)


@pytest.mark.parametrize("text", ["http://a", "a:80", "a/b", "*", "*.", "a*.b", "[::1]:80", "::g", "a b"])
def test_what_is_no_host_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no host: write monitor\.example\.com"):
        host_pattern(text)
