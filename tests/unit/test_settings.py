"""The workers' folders as the API is told of them."""

from pathlib import Path

import pytest

from stream_app.errors import ConfigurationError
from stream_app.settings import load_settings


def test_one_worker_s_folder_is_all_that_is_read_where_nothing_else_is_said() -> None:
    paths = load_settings({"DATA_DIR": "/state/worker-1"}).table_paths(2)

    assert paths == (Path("/state/worker-1/v1/tables/store-state-2.db"),)


def test_folders_are_separated_by_spaces_quoted_as_in_a_shell_and_taken_once() -> None:
    settings = load_settings({"DATA_DIRS": "/a '/b c' /d\\ e /a"})

    assert settings.data_dirs == (Path("/a"), Path("/b c"), Path("/d e"))


def test_quote_that_is_not_closed_is_refused_by_name() -> None:
    with pytest.raises(ConfigurationError, match=r"DATA_DIRS.*quotation"):
        load_settings({"DATA_DIRS": "/a '/b"})


def test_folders_come_from_the_environment_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIRS", "/a /b")

    assert load_settings().data_dirs == (Path("/a"), Path("/b"))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("REPORT_POLICY", "bogus", "no policy 'bogus': one of default"),
        ("REPORT_POLICY", "max_gap:0", "no policy"),
        ("REPORT_POLICY", "", "no policy"),
        ("KAFKA_BROKERS", "kafka", "'kafka' is no host:port"),
        ("KAFKA_BROKERS", "kafka:9092,", "'' is no host:port"),
        ("KAFKA_BROKERS", "kafka:x", "is no host:port"),
        ("KAFKA_BROKERS", "", "is no host:port"),
        ("REPORT_KEEP", "inf", "finite"),
        ("REPORT_KEEP", "1e300", "less than or equal"),
        ("API_TIMEOUT", "nan", "finite"),
        ("API_HOSTS", "https://monitor.example.com", "is no host: write monitor.example.com"),
        ("API_HOSTS", "*", "is no host"),
        ("API_ORIGINS", "*", "is no origin: write https://dashboard.example.com"),
        ("API_ORIGINS", "https://a/", "is no origin"),
        ("API_ORIGINS", "null", "is no origin"),
        ("API_MAX_CONNECTIONS", "0", "greater than 0"),
    ],
)
def test_value_that_could_not_be_used_later_is_refused_at_the_start(name: str, value: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_settings({name: value})

    assert name in str(refused.value)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_hosts_and_origins_are_brought_to_one_spelling() -> None:
    settings = load_settings({"API_HOSTS": "A.example.com., *.B.example.com", "API_ORIGINS": "https://A.example.com"})

    assert settings.api_hosts == ("a.example.com", "*.b.example.com")
    assert settings.api_origins == ("https://a.example.com:443",)
