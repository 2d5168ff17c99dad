"""Which Kafka a command talks to: one that is named, else that of the running `up`."""

import json
from collections.abc import Mapping
from pathlib import Path

from stream_app.errors import StoreMonitorError
from stream_app.local.broker import BrokerAddress
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

    A state directory where no `up` runs says nothing. Raises BrokerAddressInvalidError, NoKafkaNamedError, and
    StoreMonitorError where several run.
    """
    if kafka is not None:
        return BrokerAddress.parse(kafka).bootstrap
    if state_dir is not None and (running := state_dir / KAFKA_ADDRESS_FILE).exists():
        return _read(running)
    if named := environ.get("KAFKA_BROKERS"):
        return BrokerAddress.parse(named).bootstrap
    files = [] if state_dir is not None else sorted(DEFAULT_ROOT.glob(f"*/{KAFKA_ADDRESS_FILE}"))
    if len(files) > 1:
        names = ", ".join(str(file.parent) for file in files)
        raise StoreMonitorError(f"several are running ({names}): choose one with --state-dir or --kafka")
    if not files:
        raise NoKafkaNamedError(state_dir or DEFAULT_ROOT)
    return _read(files[0])


def _read(file: Path) -> str:
    return str(json.loads(file.read_bytes())["brokers"])
