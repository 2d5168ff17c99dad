"""oha, the load generator: a process in Rust, so that what is measured is the API and not a client in Python.

At a fixed rate its latencies count from when a request was due, not from when a free connection came to send it:
otherwise an API that stalls holds the load back as well, and the stall is measured once (coordinated omission).
"""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tests.benchmarks.errors import BenchmarkError
from tests.benchmarks.workbench import environment_of

INSTALLED = Path(".venv-bench/bin/oha")
CONNECTIONS = 16
ENDED_WITHIN_S = 60.0  # beyond the time of the load itself
NO_OHA = "no oha: put it on the PATH, or let `make bench` build it by cargo (https://rustup.rs)"

_AT_THE_END = "aborted due to deadline"


class _Summary(msgspec.Struct, rename="camel"):
    requests_per_sec: float


class _Result(msgspec.Struct, rename="camel"):
    summary: _Summary
    latency_percentiles: dict[str, float | None]
    status_code_distribution: dict[str, int]
    error_distribution: dict[str, int]


@dataclass(frozen=True, slots=True)
class Load:
    """How a load was answered; latencies in milliseconds."""

    requests: int
    requests_per_s: float
    p50_ms: float
    p99_ms: float


def find_oha() -> Path | None:
    """The program, None where there is none."""
    on_path = shutil.which("oha")
    if INSTALLED.is_file():
        return INSTALLED
    return None if on_path is None else Path(on_path)


def load_with(oha: Path, urls: Path, seconds: float, per_s: int | None = None) -> Load:
    """GET the URLs of a file by chance, as fast as they are answered or at a rate; raises BenchmarkError.

    Every answer has to be 200.
    """
    rate = [] if per_s is None else ["-q", str(per_s), "--latency-correction"]
    command = [str(oha), "--no-tui", "--output-format", "json", "-z", f"{seconds:g}s", "-c", str(CONNECTIONS), *rate]
    ended = subprocess.run(
        [*command, "--urls-from-file", str(urls)],
        capture_output=True,
        env=environment_of({}),
        timeout=seconds + ENDED_WITHIN_S,
        check=False,
    )
    if ended.returncode != 0:
        raise BenchmarkError(f"oha ended with {ended.returncode}: {ended.stderr.decode(errors='replace')}")
    return load_of(ended.stdout)


def load_of(output: bytes) -> Load:
    """What oha has printed; raises BenchmarkError where not everything was answered with 200."""
    result = msgspec.json.decode(output, type=_Result)
    failed = {
        **{code: count for code, count in result.status_code_distribution.items() if code != "200"},
        **{error: count for error, count in result.error_distribution.items() if error != _AT_THE_END},
    }
    p50, p99 = (result.latency_percentiles.get(name) for name in ("p50", "p99"))
    if failed or p50 is None or p99 is None:
        raise BenchmarkError(f"not every request was answered with 200: {failed or 'there was none'}")
    requests = result.status_code_distribution["200"]
    return Load(requests, result.summary.requests_per_sec, p50 * 1000, p99 * 1000)


def write_urls(path: Path, urls: Sequence[str]) -> Path:
    """The file of URLs that load_with() takes."""
    path.write_text("".join(f"{url}\n" for url in urls))
    return path
