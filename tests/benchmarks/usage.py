"""What a process has used since it was started: Linux's own counters, so the same for every contender."""

import os
from dataclasses import dataclass
from pathlib import Path

_KIB_PER_MIB = 1024
_UTIME, _STIME = 11, 12  # fields 14 and 15 of proc(5)'s stat, counted behind the command's closing bracket


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds of all threads, and the most memory that was resident at once."""

    cpu_s: float
    peak_rss_mib: float


def usage_of(pid: int) -> Usage:
    """A running process's usage; raises FileNotFoundError where it has ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[_UTIME]) + int(fields[_STIME])
    peak_kib = next(
        int(line.split()[1])
        for line in Path(f"/proc/{pid}/status").read_text().splitlines()
        if line.startswith("VmHWM:")
    )
    return Usage(ticks / os.sysconf("SC_CLK_TCK"), peak_kib / _KIB_PER_MIB)
