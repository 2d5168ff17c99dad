"""The embedded broker: Apache Kafka as one KRaft node on loopback, a child of this process."""

import os
import re
import socket
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from stream_app.errors import StoreMonitorError
from stream_app.local.broker import BrokerAddress
from stream_app.local.java import JavaRuntime
from stream_app.local.kafka_directory import KafkaDirectory, new_cluster_id
from stream_app.local.kafka_readiness import wait_until_ready
from stream_app.local.machine import cause_of
from stream_app.local.processes import ManagedProcess

HOST = "127.0.0.1"
START_ATTEMPTS = 3
FORMAT_TIMEOUT_S = 60.0
STOP_GRACE_S = 15.0
TAIL_LINES = 30
LINES_TO_SEARCH = 500  # a Java stack, and those of the errors that follow from it
# A small heap that may grow. The serial collector started in 2.1 s where G1 took up to 4.9, and stopping at the C1
# compiler (TieredStopAtLevel=1) took 2.6, on 2 busy cores. A broker that is out of memory ends, rather than half work.
JVM_FLAGS = ("-Xms256m", "-Xmx768m", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError")


class KafkaStartFailedError(StoreMonitorError):
    """The broker did not start; carries the end of its log."""

    def __init__(self, reason: str, log_file: Path, log_tail: str) -> None:
        self.reason = reason
        self.log_file = log_file
        self.log_tail = log_tail
        super().__init__(f"The embedded Kafka did not start: {reason}. The end of {log_file}:\n{log_tail}")


class KafkaRefusedByMachineError(KafkaStartFailedError):
    """The broker did not start for want of something that the machine has to give; its log has the rest."""

    def __init__(self, cause: str, log_file: Path) -> None:
        super().__init__(cause, log_file, "")
        self.args = (f"The embedded Kafka did not start: {cause} (its log: {log_file})",)


def two_free_ports() -> tuple[int, int]:
    """Two loopback ports that were free a moment ago."""
    with socket.create_server((HOST, 0)) as first, socket.create_server((HOST, 0)) as second:
        return first.getsockname()[1], second.getsockname()[1]


class EmbeddedKafka:
    """One broker on `<state_dir>/kafka`, logging to `<state_dir>/logs/kafka.log`, that only this machine can reach."""

    def __init__(
        self,
        state_dir: Path,
        java: JavaRuntime,
        jars: Path,
        choose_ports: Callable[[], tuple[int, int]] = two_free_ports,
    ) -> None:
        self.path = state_dir.absolute() / "kafka"
        self.log_file = state_dir.absolute() / "logs" / "kafka.log"
        self._java = java
        self._jars = jars
        self._choose_ports = choose_ports
        self._ports: tuple[int, int] | None = None
        self._directory: KafkaDirectory | None = None
        self._process: ManagedProcess | None = None

    def start(self, timeout_s: float = 60.0) -> BrokerAddress:
        """Start, and return when clients are served; from the main thread only, see ManagedProcess.start.

        A second start of one object takes the first one's ports, if they are free, since clients have them already.
        `timeout_s` bounds one attempt; only ports that were taken meanwhile cost another, at most two.
        Raises KafkaStartFailedError, KafkaDirectoryInUseError, KafkaDirectoryInvalidError.
        """
        if self.is_alive:
            raise RuntimeError("this broker is running already")
        with ExitStack() as undo:
            undo.callback(self.stop)
            self._directory = directory = self._directory or KafkaDirectory.claim(self.path)
            if not directory.is_formatted():
                self._format(directory)
            address = self._start_on_free_ports(directory, timeout_s)
            undo.pop_all()
        return address

    def stop(self, grace_s: float = STOP_GRACE_S) -> None:
        """Shut down in order, by force after `grace_s`, and free the directory; again does nothing."""
        if self._process is not None:
            self._process.stop(grace_s)
        if self._directory is not None:
            self._directory.close()
            self._directory = None

    def poll(self) -> int | None:
        """Return the broker's exit code, negative for a signal; None while it runs or if it was never started."""
        return None if self._process is None else self._process.poll()

    @property
    def is_alive(self) -> bool:
        """The broker was started and runs."""
        return self._process is not None and self._process.is_alive()

    @property
    def pid(self) -> int | None:
        """The broker's process id, None before the first start."""
        return None if self._process is None else self._process.pid

    def log_tail(self, lines: int = TAIL_LINES) -> str:
        """Return the last lines logged since the latest start, or one sentence where they say what was refused."""
        if self._process is None:
            return ""
        cause = self._cause(self._process)
        return self._process.log_tail(lines) if cause is None else f"{cause} (its log: {self.log_file})"

    def __enter__(self) -> Self:
        """Leave the start to the caller, who may want its address."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the broker, if it was started."""
        self.stop()

    def _format(self, directory: KafkaDirectory) -> None:
        configuration = directory.begin_format()
        tool = ("kafka.tools.StorageTool", "format", "--cluster-id", new_cluster_id(), "--config", str(configuration))
        process = self._run(directory, *tool)
        if process.wait(FORMAT_TIMEOUT_S) != 0:
            raise self._start_failed("formatting its directory", process, FORMAT_TIMEOUT_S)
        directory.finish_format()

    def _start_on_free_ports(self, directory: KafkaDirectory, timeout_s: float) -> BrokerAddress:
        for _ in range(START_ATTEMPTS):
            self._ports = self._ports or self._choose_ports()
            process = self._run(directory, "kafka.Kafka", str(directory.configure(directory.data, *self._ports)))
            address = BrokerAddress(f"{HOST}:{self._ports[0]}")
            if wait_until_ready(process, address, directory.cluster_id(), timeout_s):
                return address
            if not _found_its_ports_taken(process):
                break
            self._ports = None
        raise self._start_failed("starting", process, timeout_s)

    def _run(self, directory: KafkaDirectory, *argv: str) -> ManagedProcess:
        command = (
            str(self._java.executable),
            *JVM_FLAGS,
            f"-XX:ErrorFile={self.log_file.with_name('kafka-crash.log')}",
            f"-Dlog4j2.configurationFile={directory.log4j_configuration}",
            f"-Dstore_monitor.kafka_log={self.log_file}",
            "-cp",
            f"{self._jars}/*",
            *argv,
        )
        # Java takes the encoding of file names from the locale; in the POSIX one it can't open a path with an umlaut.
        env = {**os.environ, "LC_ALL": "C.UTF-8"}
        self._process = ManagedProcess.start("kafka", command, log_file=self.log_file, env=env)
        return self._process

    def _start_failed(self, step: str, process: ManagedProcess, timeout_s: float) -> KafkaStartFailedError:
        if (cause := self._cause(process)) is not None:
            return KafkaRefusedByMachineError(cause, self.log_file)
        exit_code = process.poll()
        end = f"was not done after {timeout_s:g} s" if exit_code is None else f"ended with exit code {exit_code}"
        return KafkaStartFailedError(f"{step} {end}", self.log_file, process.log_tail(TAIL_LINES))

    def _cause(self, process: ManagedProcess) -> str | None:
        return None if process.is_alive() else cause_of(process.log_tail(LINES_TO_SEARCH), self.path)


def _found_its_ports_taken(process: ManagedProcess) -> bool:
    return not process.is_alive() and re.search("BindException|ailed to bind", process.log_tail(lines=200)) is not None
