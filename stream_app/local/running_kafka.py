"""Which Kafka a command talks to: one that is named, else that of the running `up`."""

import json
from collections.abc import Mapping
from pathlib import Path

from stream_app.errors import StoreMonitorError
from stream_app.local.broker import BrokerAddress
from stream_app.local.running_directories import running_directories, the_only
from stream_app.local.state_directory import DEFAULT_ROOT, KAFKA_ADDRESS_FILE


class NoKafkaNamedError(StoreMonitorError):
    """Nothing says where Kafka is."""

    def __init__(self, where: Path) -> None:
        self.where = where
        super().__init__(
            f"no Kafka is named and no `store-monitor up` runs on {where}: "
            "start one, or say --kafka HOST:PORT or KAFKA_BROKERS=HOST:PORT"
        )


def find_kafka(kafka: str | None, state_dir: Path | None, environ: Mapping[str, str]) -> str:
    """The bootstrap servers by `--kafka`, else `--state-dir`, else KAFKA_BROKERS, else the only `up` below here.

    A state directory that is named means its own service or none. Raises BrokerAddressInvalidError, NoKafkaNamedError,
    SeveralRunningError.
    """
    if kafka is not None:
        return BrokerAddress.parse(kafka).bootstrap
    if state_dir is None and (named := environ.get("KAFKA_BROKERS")):
        return BrokerAddress.parse(named).bootstrap
    files = [where / KAFKA_ADDRESS_FILE for where in running_directories(state_dir)]
    told = [file for file in files if file.exists()]
    if not told:
        raise NoKafkaNamedError(state_dir or DEFAULT_ROOT)
    return _read(the_only(told, "--kafka"))


def _read(file: Path) -> str:
    return str(json.loads(file.read_bytes())["brokers"])
