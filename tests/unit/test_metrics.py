"""What a checkpoint leaves in the metrics and in the log."""

import socket

import httpx
import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from stream_app import metrics
from stream_app.errors import ConfigurationError
from stream_app.metrics import Flushed


def flushed(partition: int, **changed: float | None) -> Flushed:
    figures = {
        "runs": 3,
        "polls": 200,
        "stores": 50,
        "values": 51,
        "bytes": 9_000,
        "status_changes": 4,
        "late": 2,
        "superseded": 1,
        "dead_letters": 1,
        "decode_s": 0.25,
        "fold_s": 0.03,
        "write_s": 0.015,
        "age_s": 0.3,
        "lag_records": 70,
        "is_caught_up": False,
        "lag_s": 2.5,
        "cache_bytes": 1_000,
    }
    return Flushed(partition, **{**figures, **changed})  # type: ignore[arg-type]  # a figure a name


def value(name: str, partition: int) -> float | None:
    return REGISTRY.get_sample_value(f"store_monitor_{name}", {"partition": str(partition)})


def test_counters_add_up_and_gauges_are_the_last_checkpoints() -> None:
    metrics.observe(flushed(901))
    metrics.observe(flushed(901, polls=5, lag_records=0, lag_s=0.0, cache_bytes=1_200))

    assert (value("polls_total", 901), value("runs_total", 901), value("decode_seconds_total", 901)) == (205, 6, 0.5)
    assert (value("lag_records", 901), value("lag_seconds", 901), value("cache_bytes", 901)) == (0, 0, 1_200)
    assert (value("fold_seconds_count", 901), value("write_seconds_sum", 901)) == (2, 0.03)


def test_lag_that_is_not_known_is_not_made_up() -> None:
    metrics.observe(flushed(902, lag_records=None))

    assert value("lag_records", 902) is None


def test_stalled_seconds_are_shown_by_partition_and_go_back_to_none() -> None:
    metrics.show_stall(905, 12.5)
    shown = value("partition_stalled_seconds", 905)
    metrics.show_stall(905, 0.0)

    assert (shown, value("partition_stalled_seconds", 905)) == (12.5, 0.0)


@pytest.mark.parametrize(
    ("changed", "level"),
    [
        ({}, "info"),
        ({"is_caught_up": True}, "info"),
        ({"is_caught_up": True, "polls": 99}, "debug"),
        ({"polls": 0}, "info"),
    ],
)
def test_small_checkpoint_of_a_partition_that_is_caught_up_is_logged_as_debug(
    changed: dict[str, int], level: str
) -> None:
    with capture_logs() as events:
        metrics.observe(flushed(903, **changed))

    (event,) = events
    assert (event["event"], event["log_level"], event["partition"]) == ("checkpoint.flushed", level, 903)
    assert event["decode_s"] == 0.25


def test_metrics_are_served_in_prometheus_form() -> None:
    metrics.observe(flushed(904))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    metrics.serve("127.0.0.1", port)

    text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    assert 'store_monitor_polls_total{partition="904"} 200.0' in text


def test_taken_port_is_named() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(ConfigurationError, match=r"METRICS_PORT: metrics can't be served on 127\.0\.0\.1:\d+"),
    ):
        metrics.serve("127.0.0.1", taken.getsockname()[1])
