"""What is measured of the worker, as Prometheus metrics, and one log event a checkpoint."""

from dataclasses import asdict, dataclass

import structlog
from prometheus_client import Counter, Gauge, Histogram, start_http_server

from stream_app.errors import ConfigurationError

_PREFIX = "store_monitor_"
_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
_A_PARTITION = ("partition",)
_WORTH_A_LINE = 100  # polls

_RUNS = Counter(f"{_PREFIX}runs", "Fetched runs of records taken in.", _A_PARTITION)
_POLLS = Counter(f"{_PREFIX}polls", "Polls made durable.", _A_PARTITION)
_LATE = Counter(f"{_PREFIX}polls_late", "Polls older than what was known of their store.", _A_PARTITION)
_SUPERSEDED = Counter(f"{_PREFIX}polls_superseded", "Polls before the range that changed nothing.", _A_PARTITION)
_DEAD_LETTERS = Counter(f"{_PREFIX}dead_letters", "Records refused.", _A_PARTITION)
_STATUS_CHANGES = Counter(f"{_PREFIX}status_changes", "Status changes published.", _A_PARTITION)
_VALUES = Counter(f"{_PREFIX}checkpoint_values", "Table values written by checkpoints.", _A_PARTITION)
_BYTES = Counter(f"{_PREFIX}checkpoint_bytes", "Bytes of keys and values written by checkpoints.", _A_PARTITION)
_DECODE = Counter(f"{_PREFIX}decode_seconds", "Time spent decoding runs.", _A_PARTITION)
_FOLD = Histogram(f"{_PREFIX}fold_seconds", "Time a checkpoint spent folding polls in.", _A_PARTITION, buckets=_SECONDS)
_WRITE = Histogram(f"{_PREFIX}write_seconds", "Time a checkpoint took to be durable.", _A_PARTITION, buckets=_SECONDS)
_AGE = Histogram(
    f"{_PREFIX}checkpoint_age_seconds",
    "Age of a checkpoint's oldest run once it is durable.",
    _A_PARTITION,
    buckets=_SECONDS,
)
_LAG = Gauge(f"{_PREFIX}lag_records", "Records of the source topics not taken in.", _A_PARTITION)
_LAG_SECONDS = Gauge(f"{_PREFIX}lag_seconds", "Age of the newest record taken in while behind, else 0.", _A_PARTITION)
_STALLED = Gauge(
    f"{_PREFIX}partition_stalled_seconds", "Time with records to read and none taken in, else 0.", _A_PARTITION
)
_CACHE = Gauge(f"{_PREFIX}cache_bytes", "Memory that cached table values take.", _A_PARTITION)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Flushed:
    """A checkpoint that is durable: how much it had, how long each part took (seconds), and what is still to be read.

    `age_s` runs from the arrival of its first run; `lag_records` is None until Kafka has told where the topics end.
    """

    partition: int
    runs: int
    polls: int
    stores: int
    values: int
    bytes: int
    status_changes: int
    late: int
    superseded: int
    dead_letters: int
    decode_s: float
    fold_s: float
    write_s: float
    age_s: float
    lag_records: int | None
    is_caught_up: bool
    lag_s: float
    cache_bytes: int


def observe(flushed: Flushed) -> None:
    """Count a checkpoint, and log it: a small one of a partition that is caught up as debug.

    There are dozens of those a second, which would drown every other event.
    """
    partition = str(flushed.partition)
    for counter, amount in (
        (_RUNS, flushed.runs),
        (_POLLS, flushed.polls),
        (_LATE, flushed.late),
        (_SUPERSEDED, flushed.superseded),
        (_DEAD_LETTERS, flushed.dead_letters),
        (_STATUS_CHANGES, flushed.status_changes),
        (_VALUES, flushed.values),
        (_BYTES, flushed.bytes),
        (_DECODE, flushed.decode_s),
    ):
        counter.labels(partition).inc(amount)
    for histogram, seconds in ((_FOLD, flushed.fold_s), (_WRITE, flushed.write_s), (_AGE, flushed.age_s)):
        histogram.labels(partition).observe(seconds)
    _CACHE.labels(partition).set(flushed.cache_bytes)
    _LAG_SECONDS.labels(partition).set(flushed.lag_s)
    if flushed.lag_records is not None:
        _LAG.labels(partition).set(flushed.lag_records)
    write = log.debug if flushed.is_caught_up and flushed.polls < _WORTH_A_LINE else log.info
    write("checkpoint.flushed", **{name: _rounded(value) for name, value in asdict(flushed).items()})


def show_stall(partition: int, seconds: float) -> None:
    """Show for how long a partition has had records to read and taken none."""
    _STALLED.labels(str(partition)).set(seconds)


def serve(host: str, port: int) -> None:
    """Serve the process's metrics over HTTP, in a thread; raises ConfigurationError where the port is taken."""
    try:
        start_http_server(port, host)
    except OSError as error:
        raise ConfigurationError(f"METRICS_PORT: metrics can't be served on {host}:{port}: {error.strerror}") from error


def _rounded(value: object) -> object:
    return round(value, 4) if isinstance(value, float) else value
