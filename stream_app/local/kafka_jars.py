"""Apache Kafka's jars: fetched once with Maven into the user's cache, shared by every state directory."""

import hashlib
import re
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import closing
from importlib import resources
from pathlib import Path

from stream_app.errors import StoreMonitorError
from stream_app.local.file_lock import FileLock
from stream_app.local.java import JavaRuntime
from stream_app.local.processes import ManagedProcess

FETCH_TIMEOUT_S = 600.0
STOP_GRACE_S = 5.0
GOAL = "org.apache.maven.plugins:maven-dependency-plugin:copy-dependencies"
POM = resources.files("stream_app.local").joinpath("kafka_dist", "pom.xml").read_text()


class KafkaJarsUnavailableError(StoreMonitorError):
    """Maven did not deliver; carries its last lines."""

    def __init__(self, reason: str, last_lines: str) -> None:
        self.reason = reason
        self.last_lines = last_lines
        super().__init__(
            f"Maven could not fetch Apache Kafka {kafka_version()}: {reason}. Its last lines:\n{last_lines}\n"
            "Check that Maven reaches its repository (proxies and mirrors: ~/.m2/settings.xml) and try again, "
            "or use your own Kafka with --kafka HOST:PORT, or Docker with `docker compose up`."
        )


def kafka_version() -> str:
    """Read the version from the pom."""
    found = re.search(r"<kafka\.version>([^<]+)</kafka\.version>", POM)
    if found is None:
        raise ValueError("kafka_dist/pom.xml names no kafka.version")
    return found[1]


def cache_folder(environ: Mapping[str, str]) -> Path:
    """$STORE_MONITOR_CACHE, else store-monitor in $XDG_CACHE_HOME, else in ~/.cache."""
    if chosen := environ.get("STORE_MONITOR_CACHE"):
        return Path(chosen).absolute()
    return Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").absolute() / "store-monitor"


def jars_folder(cache: Path) -> Path:
    """Where this version's jars are, or will be; another pom means another folder."""
    return cache / "kafka" / f"{kafka_version()}-{hashlib.sha256(POM.encode()).hexdigest()[:12]}"


def are_cached(cache: Path) -> bool:
    """Nothing needs fetching: the folder is renamed into place when it is complete."""
    return jars_folder(cache).is_dir()


def fetch_jars(cache: Path, maven: Path, java: JavaRuntime, environ: Mapping[str, str]) -> Path:
    """Return the folder of jars, fetching them (44 MB) if it isn't there; raises KafkaJarsUnavailableError.

    The lock keeps two Mavens from filling Maven's own repository at once; the rename is for a fetch that is killed.
    """
    folder = jars_folder(cache)
    with closing(FileLock.acquire(folder.parent / "fetch.lock", wait_s=FETCH_TIMEOUT_S)):
        if are_cached(cache):
            return folder
        _remove_torn_fetches(folder.parent)
        with tempfile.TemporaryDirectory(prefix="fetch-", dir=folder.parent) as scratch:
            _copy_jars(Path(scratch), maven, java, environ).replace(folder)
    return folder


def _copy_jars(scratch: Path, maven: Path, java: JavaRuntime, environ: Mapping[str, str]) -> Path:
    pom, jars = scratch / "pom.xml", scratch / "jars"
    pom.write_text(POM)
    options = ("--batch-mode", "--quiet", "--strict-checksums", f"--file={pom}", f"-DoutputDirectory={jars}")
    # Maven is a shell script that looks for Java by itself and would not find the one of a wheel.
    env = {**environ, "JAVA_HOME": str(java.home)}
    process = ManagedProcess.start("maven", (str(maven), *options, GOAL), log_file=scratch / "maven.log", env=env)
    try:
        exit_code = process.wait(FETCH_TIMEOUT_S)
    finally:
        process.stop(STOP_GRACE_S)
    if exit_code is None:
        raise KafkaJarsUnavailableError(f"not done after {FETCH_TIMEOUT_S:g} s", process.log_tail())
    if exit_code != 0:
        raise KafkaJarsUnavailableError(f"exit code {exit_code}", process.log_tail())
    if not (jars / f"kafka_2.13-{kafka_version()}.jar").is_file():
        raise KafkaJarsUnavailableError("it ended well, but the broker's jar is missing", process.log_tail())
    return jars


def _remove_torn_fetches(folder: Path) -> None:
    """Remove what killed fetches left behind; with the lock held, nobody is using them."""
    for torn in folder.glob("fetch-*/"):
        shutil.rmtree(torn)
