"""The settings of the service, from the environment; each with its unit and the reason for its default."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PositiveFloat, PositiveInt, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from stream_app.domain.policy import UnknownPolicyError, parse_policy
from stream_app.domain.store_state import MAX_RETENTION_DAYS
from stream_app.errors import ConfigurationError
from stream_app.http_names import host_pattern, origin_given

STREAM_CLOCK: Final = "stream"
WALL_CLOCK: Final = "wall"
_LAST_PORT = 65535
_LONGEST_S = 100 * 366 * 24 * 3600.0  # a century, far from where times overflow


def _folders(given: str | tuple[Path, ...]) -> tuple[Path, ...]:
    """Each folder once; raises ValueError for a quote that isn't closed."""
    return tuple(dict.fromkeys(map(Path, shlex.split(given) if isinstance(given, str) else given)))


def _words(given: str | tuple[str, ...]) -> tuple[str, ...]:
    """Each word once; commas or spaces stand between them."""
    return tuple(dict.fromkeys(given.replace(",", " ").split() if isinstance(given, str) else given))


def _policy(given: str) -> str:
    """The policy's full name; raises ValueError."""
    try:
        return parse_policy(given).name
    except UnknownPolicyError as error:
        raise ValueError(str(error)) from error


def _brokers(given: str) -> str:
    """Raises ValueError for what aiokafka would only fail on later, each time that it connects."""
    for broker in given.split(","):
        host, colon, port = broker.strip().rpartition(":")
        if not (host and colon and port.isascii() and port.isdigit() and 0 < int(port) <= _LAST_PORT):
            raise ValueError(f"{broker.strip()!r} is no host:port, such as kafka:9092")
    return given


HostPattern = Annotated[str, AfterValidator(host_pattern)]
OriginText = Annotated[str, AfterValidator(origin_given)]


class Settings(BaseSettings):
    """What every process of the service reads; a name in capitals is the environment variable that sets it."""

    # Infinity would pass every bound from below, and break whatever waits for so long.
    model_config = SettingsConfigDict(frozen=True, populate_by_name=True, extra="ignore", allow_inf_nan=False)

    kafka_brokers: Annotated[str, AfterValidator(_brokers)] = Field(
        "127.0.0.1:9092",
        validation_alias="KAFKA_BROKERS",
        description="host:port of the Kafka brokers, several with commas between them.",
    )
    app_id: str = Field(
        "store-monitor",
        validation_alias="APP_ID",
        pattern=r"^[A-Za-z0-9._-]{1,100}$",
        description="Consumer group, and the prefix of the changelog topic and of the transactional ids. "
        "Two services on one broker need two.",
    )
    topic_prefix: str = Field(
        "",
        validation_alias="TOPIC_PREFIX",
        pattern=r"^[A-Za-z0-9._-]{0,100}$",
        description="Stands before the name of every topic, for several services on one broker.",
    )
    partitions: PositiveInt = Field(
        4,
        validation_alias="PARTITIONS",
        description="Partitions of the topics when they are created: the most workers that can share the work.",
    )
    worker_name: str = Field(
        "worker-1",
        validation_alias="WORKER_NAME",
        pattern=r"^[A-Za-z0-9._-]{1,100}$",
        description="Name of this worker in the consumer group; each worker needs its own. One started again under its "
        "name gets its partitions back at once. `store-monitor up` numbers its workers: `worker-1`, or this name and "
        "`-1`, where several hosts share a group.",
    )
    replication_factor: PositiveInt = Field(
        1,
        validation_alias="REPLICATION_FACTOR",
        description="Copies of each partition when the topics are created; 3 on a cluster, 1 on one broker.",
    )
    data_dir: Path = Field(
        Path(".store-monitor/default/worker-1"),
        validation_alias="DATA_DIR",
        description="Folder of the worker's RocksDB tables; each worker needs its own.",
    )
    data_dirs: Annotated[tuple[Path, ...], NoDecode, BeforeValidator(_folders)] = Field(
        (),
        validation_alias="DATA_DIRS",
        description="The DATA_DIR of every worker on this host, for the API, which reads each partition from the "
        "database that is furthest in the changelog. Separated by spaces and quoted as in a shell, since a name may "
        "hold anything; none: DATA_DIR alone.",
    )
    reports_dir: Path = Field(
        Path(".store-monitor/default/reports"),
        validation_alias="REPORTS_DIR",
        description="Folder that finished reports and their metadata are written to.",
    )
    report_store: str = Field(
        "",
        validation_alias="REPORT_STORE",
        pattern=r"^$|^(s3|gs)://[^/\s]+(/\S*)?$",
        description="Where finished reports are uploaded to, `s3://bucket/prefix` or `gs://bucket/prefix`, for readers "
        "that can't reach the API; none: they stay in REPORTS_DIR alone. Endpoint and credentials are the cloud's own "
        "variables, such as AWS_ACCESS_KEY_ID.",
    )
    report_link_ttl_s: int = Field(
        3600,
        validation_alias="REPORT_LINK_TTL",
        ge=1,
        le=7 * 24 * 3600,
        description="Seconds that a signed link to an uploaded report is good for: long enough for a slow download, "
        "short enough for a link that went astray. At most 7 days, which is as long as S3 and Google allow.",
    )
    retention_days: int = Field(
        16,
        validation_alias="RETENTION_DAYS",
        ge=9,
        le=MAX_RETENTION_DAYS,
        description="Days of polls that are kept, the day of the newest poll included: the last full local week can "
        "begin 14 days back. At most 44, since a minute of the range has 16 bits.",
    )
    max_future_s: PositiveFloat = Field(
        300,
        validation_alias="MAX_FUTURE",
        description="Seconds that a poll may lie ahead of its Kafka record's own timestamp, so that one bad clock "
        "can't move stream time.",
    )
    checkpoint_interval_s: PositiveFloat = Field(
        1.0,
        validation_alias="CHECKPOINT_INTERVAL",
        description="Seconds between checkpoints of a partition that is behind; one that is caught up makes them "
        "as polls arrive, at most forty a second.",
    )
    transaction_timeout_s: PositiveFloat = Field(
        15,
        validation_alias="TRANSACTION_TIMEOUT",
        description="Seconds a checkpoint may take, and that a killed worker's open one can hold back readers.",
    )
    session_timeout_s: PositiveFloat = Field(
        10,
        validation_alias="SESSION_TIMEOUT",
        description="Seconds without a heartbeat after which Kafka gives a worker's partitions to another.",
    )
    stall_limit_s: PositiveFloat = Field(
        60,
        validation_alias="STALL_LIMIT",
        description="Seconds that a partition may have records to read and take none; then its worker ends by itself "
        "and is started again. Longer than whatever mends itself: a checkpoint, Kafka moving a partition's leader.",
    )
    max_pending: PositiveInt = Field(
        250_000,
        validation_alias="MAX_PENDING",
        le=1_000_000,
        description="Decoded polls and calendars a partition may hold that no checkpoint has taken yet; past it "
        "reading waits. At most 1,000,000, so that a checkpoint's stores can be counted in 21 bits.",
    )
    cache_max_bytes: int = Field(
        128 << 20,
        validation_alias="CACHE_MAX_BYTES",
        ge=0,
        description="Bytes of memory a worker may keep stored values in, ids counted in, over all its partitions; "
        "what doesn't fit is read from RocksDB again.",
    )
    report_policy: Annotated[str, AfterValidator(_policy)] = Field(
        "default",
        validation_alias="REPORT_POLICY",
        description="The policy of reports that name none: a name of docs/policies.md.",
    )
    report_clock: Literal["stream", "wall"] = Field(
        STREAM_CLOCK,
        validation_alias="REPORT_CLOCK",
        description="T of reports and live answers that name none: `stream`, the newest poll over all partitions, so "
        "that replayed data make sense; or `wall`, now.",
    )
    report_wait_s: PositiveFloat = Field(
        30,
        validation_alias="REPORT_WAIT",
        description="Seconds that a report waits for the partitions to reach the ends of the topics at its trigger.",
    )
    report_keep_s: PositiveFloat = Field(
        7 * 24 * 3600,
        validation_alias="REPORT_KEEP",
        le=_LONGEST_S,
        description="Seconds that a finished report is kept, 7 days by default: a client that comes back after a "
        "weekend still finds it.",
    )
    report_max_bytes: PositiveInt = Field(
        4 << 30,
        validation_alias="REPORT_MAX_BYTES",
        description="Bytes of finished reports that are kept; past it the least recently used are removed, so that "
        "reports can't fill the disk that the tables need. The one used last stays whatever its size.",
    )
    report_queue: PositiveInt = Field(
        1000,
        validation_alias="REPORT_QUEUE",
        description="Reports that may wait or be made at a time; one more is refused with 503, since nobody would "
        "wait for it.",
    )
    api_max_body_bytes: PositiveInt = Field(
        2 << 20,
        validation_alias="API_MAX_BODY_BYTES",
        description="Bytes of a request's body that the API reads, room for 10,000 polls or the ids of a large "
        "selection; a longer one is refused with 413.",
    )
    api_max_requests: PositiveInt = Field(
        1000,
        validation_alias="API_MAX_REQUESTS",
        description="Requests that the API answers at a time; one more is refused with 503, so that a flood can't "
        "take all of its memory.",
    )
    api_max_connections: PositiveInt = Field(
        4000,
        validation_alias="API_MAX_CONNECTIONS",
        description="Connections that the API holds at a time, those of streams and idle ones among them; one more is "
        "refused with 503. PUSH_MAX_CLIENTS and API_MAX_REQUESTS together, and some that are idle.",
    )
    api_max_address_connections: PositiveInt = Field(
        3000,
        validation_alias="API_MAX_ADDRESS_CONNECTIONS",
        description="Connections of one address; one more is refused with 503. Fewer than API_MAX_CONNECTIONS, so that "
        "one machine can't take them all, and enough for PUSH_MAX_CLIENTS behind a proxy, which is one address.",
    )
    api_max_header_bytes: PositiveInt = Field(
        32 << 10,
        validation_alias="API_MAX_HEADER_BYTES",
        description="Bytes of a request's address and headers; more are refused with 431, as are over 100 headers. "
        "Room for the longest address of a page, 25 ids of 256 bytes each, percent-encoded; API_MAX_CONNECTIONS times "
        "as many are 128 MB.",
    )
    api_header_timeout_s: PositiveFloat = Field(
        10,
        validation_alias="API_HEADER_TIMEOUT",
        description="Seconds until a request's headers are there, from the connection's begin or their own first byte; "
        "408 after that, so that slow ones can't hold connections for ever.",
    )
    api_timeout_s: PositiveFloat = Field(
        30,
        validation_alias="API_TIMEOUT",
        description="Seconds until the API's answer has begun, the request's body read by then; 408 or 503 after that, "
        "so that slow callers can't hold their places for ever. What has begun takes as long as it takes.",
    )
    publish_wait_s: PositiveFloat = Field(
        10,
        validation_alias="PUBLISH_WAIT",
        description="Seconds that polls and calendars taken over HTTP may wait for Kafka's acknowledgement; after "
        "that the answer is 503, and the client may send them again.",
    )
    push_max_clients: PositiveInt = Field(
        2000,
        validation_alias="PUSH_MAX_CLIENTS",
        description="Streams of events that the API serves at a time, Server-Sent Events and WebSockets together; one "
        "more is refused with 503. They don't count for API_MAX_REQUESTS.",
    )
    push_heartbeat_s: PositiveFloat = Field(
        15,
        validation_alias="PUSH_HEARTBEAT",
        description="Seconds without an event after which a stream gets a sign of life: less than proxies wait "
        "before they close a silent connection, often 30 or 60.",
    )
    push_kept_events: PositiveInt = Field(
        20_000,
        validation_alias="PUSH_KEPT_EVENTS",
        description="Newest status changes that the API keeps in memory, some 500 bytes each, for streams that resume; "
        "what is older is read from Kafka.",
    )
    api_host: str = Field(
        "127.0.0.1",
        validation_alias="API_HOST",
        description="Address that the API binds to; loopback unless told otherwise, since it has no log-in.",
    )
    api_port: int = Field(
        8000,
        validation_alias="API_PORT",
        ge=0,
        le=65535,
        description="TCP port of the API; 0 takes a free one.",
    )
    api_hosts: Annotated[tuple[HostPattern, ...], NoDecode, BeforeValidator(_words)] = Field(
        (),
        validation_alias="API_HOSTS",
        description="Names and addresses that the API answers for beside those of loopback and API_HOST, such as "
        "`monitor.example.com`, `*.example.com` or `192.0.2.7`, without ports, commas between them; any other Host is "
        "refused with 421, since a foreign page can make its own name mean this machine. Where API_HOST is 0.0.0.0 or "
        "::, the address that a connection came in by needs no mention.",
    )
    api_origins: Annotated[tuple[OriginText, ...], NoDecode, BeforeValidator(_words)] = Field(
        (),
        validation_alias="API_ORIGINS",
        description="Origins whose pages may read and change everything here, such as `https://dashboard.example.com`, "
        "commas between them; pages of others are refused with 403, since the API has no log-in. Its own pages need no "
        "mention.",
    )
    api_address_file: Path | None = Field(
        None,
        validation_alias="API_ADDRESS_FILE",
        description="Where the API writes its address as JSON once it listens; none: nowhere.",
    )
    replay_file: Path | None = Field(
        None,
        validation_alias="REPLAY_FILE",
        description="Progress file of a replay that the API's readiness waits for; none: it waits for no replay.",
    )
    given_up_file: Path | None = Field(
        None,
        validation_alias="GIVEN_UP_FILE",
        description="File in which `store-monitor up` says which of its parts it doesn't start again, and why, so that "
        "the API can say it; none: nobody writes one.",
    )
    metrics_port: int | None = Field(
        None,
        validation_alias="METRICS_PORT",
        ge=1,
        le=65535,
        description="TCP port of the worker's Prometheus metrics; none: they are not served.",
    )
    metrics_host: str = Field(
        "127.0.0.1",
        validation_alias="METRICS_HOST",
        description="Address that the metrics are bound to.",
    )
    log_level: str = Field(
        "INFO",
        validation_alias="LOG_LEVEL",
        pattern=r"^(DEBUG|INFO|WARNING|ERROR)$",
        description="Least level of log events that are written.",
    )

    def table_paths(self, partition: int) -> tuple[Path, ...]:
        """Where the RocksDB directory of a partition of the table `store-state` may be: one place a worker of the host.

        Faust keeps tables in `v1/tables` of the data directory, for version 1 of its app.
        """
        folders = self.data_dirs or (self.data_dir,)
        return tuple(folder / "v1" / "tables" / f"store-state-{partition}.db" for folder in folders)


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of an environment, else of this process's; raises ConfigurationError naming each bad variable."""
    try:
        return Settings() if environment is None else Settings.model_validate(environment)
    except ValidationError as error:
        problems = "; ".join(f"{found['loc'][0]}={found['input']!r}: {found['msg']}" for found in error.errors())
        raise ConfigurationError(f"settings that can't be used: {problems}") from error
