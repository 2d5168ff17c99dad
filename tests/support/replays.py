"""A sample that is sent in parts, by the command that users send theirs with."""

import csv
from collections.abc import Mapping
from pathlib import Path

from producers.sample import END, write_sample
from tests import reference
from tests.support.command import run


class Replays:
    """A sample in parts, sent one after the other; the calendars go with the first."""

    def __init__(self, folder: Path, environment: Mapping[str, str], parts: int) -> None:
        self._folder = folder
        self._environment = environment
        write_sample(folder / "whole", stores=60, days=8, end=END, seed=13)
        with (folder / "whole" / "store_status.csv").open(newline="") as file:
            header, *rows = csv.reader(file)
        self._header, self._parts = header, [rows[part::parts] for part in range(parts)]
        self._sent: list[list[str]] = []

    def send_next(self) -> bytes:
        """Send a part; the reference's report of everything sent so far."""
        part = self._parts.pop(0)
        self._sent += part
        name = f"part-{len(self._parts)}"
        self._write(name, part)
        ended = run(self._folder, "replay", name, env=self._environment)
        assert ended.exit_code == 0, ended.output
        self._write("sent", self._sent)
        return reference.report_from_files(self._folder / "sent")

    def _write(self, name: str, rows: list[list[str]]) -> None:
        folder = self._folder / name
        folder.mkdir(exist_ok=True)
        for file in ("menu_hours.csv", "timezones.csv"):
            (folder / file).write_bytes((self._folder / "whole" / file).read_bytes())
        with (folder / "store_status.csv").open("w", newline="") as polls:
            csv.writer(polls, lineterminator="\n").writerows([self._header, *rows])
