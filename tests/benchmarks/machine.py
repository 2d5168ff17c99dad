"""The machine that measures, and the versions of what is measured."""

import os
import platform
import re
import subprocess
from importlib.metadata import version
from pathlib import Path

import msgspec

from stream_app.local.kafka_jars import kafka_version

_PACKAGES = ("faust-streaming", "aiokafka", "rocksdict", "numpy", "msgspec")
_KIB_PER_GIB = 1 << 20


class Machine(msgspec.Struct, frozen=True):
    """What the figures depend on; `cores` are those that this process may use."""

    cores: int
    processor: str
    memory_gib: float
    kernel: str
    python: str
    java: str


def this_machine(java: Path) -> Machine:
    """The machine as it is now, with the Java that runs the broker."""
    memory = re.search(r"^MemTotal: +(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    processor = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return Machine(
        cores=len(os.sched_getaffinity(0)),
        processor=processor[1] if processor else platform.machine(),
        memory_gib=round(int(memory[1]) / _KIB_PER_GIB, 1) if memory else 0.0,
        kernel=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        java=_java_version(java),
    )


def versions(rivals: dict[str, str]) -> dict[str, str]:
    """The versions of Kafka, of the libraries that the worker stands on, and of the rivals."""
    return {"kafka": kafka_version(), **{package: version(package) for package in _PACKAGES}, **rivals}


def commit() -> str:
    """The commit that is checked out, with a `+` where files differ from it; `unknown` outside a repository."""
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty=+", "--exclude=*"],  # noqa: S607 - whichever git is there
        capture_output=True,
        text=True,
        check=False,
    )
    return described.stdout.strip() or "unknown"


def load() -> float:
    """The load average of the last minute."""
    return round(os.getloadavg()[0], 2)


def _java_version(java: Path) -> str:
    answer = subprocess.run([java, "-version"], capture_output=True, text=True, check=True)
    found = re.search(r'"([^"]+)"', answer.stderr)
    return found[1] if found else "unknown"
