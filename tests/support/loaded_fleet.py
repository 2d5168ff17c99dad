"""An API over a fleet of any size, whose state was written straight into RocksDB: nothing is replayed."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stream_app.settings import Settings
from stream_app.topics import ensure_topics
from tests.support.browser import beside_playwright
from tests.support.kafka import RunningKafka
from tests.support.sidecar import Sidecar, api_environment, running_sidecar

READY_WITHIN_S = 60.0


@contextmanager
def loaded_sidecar(folder: Path, kafka: RunningKafka, stores: int, **more: str) -> Iterator[Sidecar]:
    """A sidecar of so many stores with eight days of polls each, once it is ready; `more` are settings of its own."""
    prefix = f"{folder.name}-"
    environment = api_environment(folder, kafka.address.bootstrap, TOPIC_PREFIX=prefix, APP_ID=f"{prefix}app", **more)
    settings = Settings.model_validate(environment)
    partitions = beside_playwright(asyncio.run, ensure_topics(settings))
    tables = settings.table_paths(0)[0].parent
    tables.mkdir(parents=True)
    loader = [sys.executable, "-m", "tests.benchmarks.million_load"]  # a process: it takes memory that it can give back
    subprocess.run([*loader, str(tables), str(partitions), str(stores), prefix], check=True)
    with running_sidecar(environment) as sidecar:
        assert sidecar.becomes_ready(READY_WITHIN_S)
        yield sidecar
