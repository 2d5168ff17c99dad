"""The rival on the JVM, compiled: its jars from Maven, its class by javac, once into the cache."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stream_app.local.java import JavaRuntime
from stream_app.local.kafka_jars import cache_folder, kafka_version
from tests.benchmarks.errors import BenchmarkError

SOURCES = Path(__file__).parent / "rivals" / "kafka_streams"
MAIN_CLASS = "StorePolls"
BUILD_WITHIN_S = 600.0

_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"


@dataclass(frozen=True, slots=True)
class Buildable:
    """What this machine builds it with."""

    maven: Path
    javac: Path
    java: JavaRuntime


def buildable(environ: Mapping[str, str], java: JavaRuntime) -> Buildable | str:
    """What it is built with, or what is missing, in words."""
    path = os.pathsep.join([str(java.home / "bin"), environ.get("PATH", "")])
    maven, javac = shutil.which("mvn", path=path), shutil.which("javac", path=path)
    if maven is None or javac is None:
        missing = " and ".join(name for name, found in (("mvn", maven), ("javac", javac)) if found is None)
        return f"this machine has no {missing} (Debian: apt install maven openjdk-17-jdk-headless)"
    return Buildable(Path(maven), Path(javac), java)


def build(tools: Buildable, environ: Mapping[str, str]) -> str:
    """The class path, built if it is not in the cache; raises BenchmarkError with what the tools said."""
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(SOURCES.iterdir()))).hexdigest()[:12]
    folder = cache_folder(environ) / "benchmarks" / f"kafka-streams-{kafka_version()}-{digest}"
    if not folder.is_dir():
        begun = folder.with_name(f"{folder.name}.{os.getpid()}")
        _run(
            tools,
            [
                *(str(tools.maven), "--batch-mode", "--quiet", f"--file={SOURCES / 'pom.xml'}"),
                *(f"-Dkafka.version={kafka_version()}", f"-DoutputDirectory={begun / 'jars'}", _COPY),
            ],
        )
        source = str(SOURCES / f"{MAIN_CLASS}.java")
        _run(tools, [str(tools.javac), "-cp", f"{begun / 'jars'}/*", "-d", str(begun / "classes"), source])
        begun.rename(folder)
    return f"{folder / 'classes'}:{folder / 'jars'}/*"


def _run(tools: Buildable, command: list[str]) -> None:
    environment = {**os.environ, "JAVA_HOME": str(tools.java.home)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=BUILD_WITHIN_S, check=False)
    if done.returncode != 0:
        raise BenchmarkError(f"{command[0]} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
