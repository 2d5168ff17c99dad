"""Which Kafka to use: one that the user names, else an embedded one if this machine can run it."""

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from stream_app.errors import StoreMonitorError
from stream_app.local.java import MINIMUM_MAJOR, JavaRuntime, JavaSearch, find_java
from stream_app.local.kafka_jars import are_cached, cache_folder, fetch_jars, jars_folder

WAYS_TO_GET_A_BROKER = """\
Three ways to get one:
  Docker           docker compose up
  apt packages     apt install openjdk-17-jre-headless maven, then the same command again
  your own Kafka   --kafka HOST:PORT, or KAFKA_BROKERS=HOST:PORT in the environment
Without root, `pip install 'store-monitor[java]'` brings a Java runtime; Maven is needed too, to fetch Kafka once."""


class BrokerAddressInvalidError(StoreMonitorError):
    """The given address is not HOST:PORT, or several of them with commas between."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(f"{text!r} is no Kafka address: expected HOST:PORT, several with commas between")


class BrokerUnavailable(StoreMonitorError):  # noqa: N818 - it names a state of the machine; nothing went wrong in a call
    """No address was given and this machine can't run the embedded broker."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"No Kafka broker: {reason}.\n{WAYS_TO_GET_A_BROKER}")


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Bootstrap servers as clients take them: `127.0.0.1:9092`, several with commas between."""

    bootstrap: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Spaces around each server are dropped; raises BrokerAddressInvalidError."""
        servers = [server.strip() for server in text.split(",")]
        if not all(_is_host_and_port(server) for server in servers):
            raise BrokerAddressInvalidError(text)
        return cls(",".join(servers))


@dataclass(frozen=True, slots=True)
class ExternalBroker:
    """A Kafka that somebody else runs."""

    address: BrokerAddress


@dataclass(frozen=True, slots=True)
class EmbeddableBroker:
    """A machine that can run one; `maven` is None if the jars are in the cache already."""

    java: JavaRuntime
    cache: Path
    maven: Path | None

    def ensure_jars(self, environ: Mapping[str, str]) -> Path:
        """Return the folder of jars, fetched if need be (seconds to minutes); raises KafkaJarsUnavailableError."""
        return jars_folder(self.cache) if self.maven is None else fetch_jars(self.cache, self.maven, self.java, environ)


def find_broker(kafka: str | None, environ: Mapping[str, str]) -> ExternalBroker | EmbeddableBroker:
    """Choose by the flag `--kafka`, else by KAFKA_BROKERS, else by what the machine can run.

    Raises BrokerUnavailable, BrokerAddressInvalidError.
    """
    if address := kafka or environ.get("KAFKA_BROKERS"):
        return ExternalBroker(BrokerAddress.parse(address))
    maven = shutil.which("mvn", path=environ.get("PATH", ""))
    return embeddable_broker(find_java(environ), cache_folder(environ), None if maven is None else Path(maven))


def embeddable_broker(java: JavaSearch, cache: Path, maven: Path | None) -> EmbeddableBroker:
    """Conclude what these three make possible; raises BrokerUnavailable with what is missing."""
    if java.runtime is None:
        found = "; ".join(java.rejected) or "none on JAVA_HOME or PATH"
        raise BrokerUnavailable(f"the embedded one needs Java {MINIMUM_MAJOR} or newer ({found})")
    if are_cached(cache):
        return EmbeddableBroker(java.runtime, cache, None)
    if maven is None:
        raise BrokerUnavailable(
            f"Java {java.runtime.major} is there ({java.runtime.executable}), "
            "but no Maven (`mvn`) on PATH to fetch Kafka's jars with"
        )
    return EmbeddableBroker(java.runtime, cache, maven)


def _is_host_and_port(server: str) -> bool:
    matched = re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[^\s:\[\]/]+):(\d{1,5})", server)
    return matched is not None and 0 < int(matched[2]) < 2**16
