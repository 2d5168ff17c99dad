"""The worker process: `python -m stream_app`, configured by the environment (settings.py)."""

import asyncio
import gc

import faust
from aiokafka.errors import KafkaError

from stream_app import metrics
from stream_app.app import create_app
from stream_app.errors import StoreMonitorError
from stream_app.logs import configure_logs
from stream_app.process_ends import end
from stream_app.settings import load_settings
from stream_app.topics import ensure_topics

# A run of records is twenty thousand objects that are all alive at once and gone a moment later, none of them in a
# cycle. By Python's own thresholds (700, 10, 10) each run would have everything that lives looked through.
_GC_THRESHOLDS = (200_000, 20, 20)


def main() -> None:
    """Run the worker until SIGTERM; one that fails acks nothing more, and exits as process_ends.py says."""
    try:
        settings = load_settings()
        configure_logs(settings.log_level)
        partitions = asyncio.run(ensure_topics(settings))
        if settings.metrics_port is not None:
            metrics.serve(settings.metrics_host, settings.metrics_port)
    except (StoreMonitorError, KafkaError) as error:
        end("worker", error)
    settings.data_dir.mkdir(parents=True, exist_ok=True)  # Faust makes the last folder of the path alone
    app = create_app(settings, partitions)
    gc.collect()
    gc.freeze()  # what was imported and set up stays
    gc.set_threshold(*_GC_THRESHOLDS)
    _run(faust.Worker(app, quiet=True, redirect_stdouts=False, override_logging=False))


def _run(worker: faust.Worker) -> None:
    """Until it is stopped or fails; Faust exits with 1 whatever the error of its own services was."""
    try:
        worker.execute_from_commandline()
    except SystemExit:
        if worker.crash_reason is None:
            raise
        end("worker", worker.crash_reason)


if __name__ == "__main__":
    main()
