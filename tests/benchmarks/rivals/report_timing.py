"""How both rivals are timed: each way twice in a process that has imported everything, of which the better counts."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

RUNS = 2
REACH = timedelta(days=9)  # the week before T, and the hours of the local days that touch it
WINDOWS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}
DEFAULT_ZONE = "America/Chicago"
COLUMNS = [f"{side}_last_{window}" for side in ("uptime", "downtime") for window in WINDOWS]

_Frames = TypeVar("_Frames")


def time_both(
    arguments: Sequence[str], load: Callable[[Path], _Frames], report: Callable[[_Frames, datetime, Path], None]
) -> None:
    """Print `csv_ms` and `memory_ms`: from the files, and from what they were loaded into.

    The arguments are the folder of the files, T in ISO 8601, and where the report shall be.
    """
    sample, as_of, out = arguments
    instant = datetime.fromisoformat(as_of)
    from_csv = min(_ms(lambda: report(load(Path(sample)), instant, Path(out))) for _ in range(RUNS))
    loaded = load(Path(sample))
    from_memory = min(_ms(lambda: report(loaded, instant, Path(out))) for _ in range(RUNS))
    print(f"csv_ms {from_csv:.1f}\nmemory_ms {from_memory:.1f}")


def _ms(run: Callable[[], None]) -> float:
    began = time.perf_counter()
    run()
    return (time.perf_counter() - began) * 1000
