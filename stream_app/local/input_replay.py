"""The replay of one `up`'s input: the producers as a child, and what is said of the inputs before it."""

import asyncio
import sys

from msgspec.structs import replace

from producers.display import show_input
from stream_app.local.replayed_input import (
    CalendarPlaces,
    calendar_places,
    is_of_unknown_place,
    kept_calendars,
    kept_polls,
)
from stream_app.local.report_view import show_rejected
from stream_app.local.state_directory import Replayed, StateDirectory
from stream_app.local.supervisor import Environment, Supervisor, WhenItEnds
from stream_app.local.up_owner import UpOwner
from stream_app.replay_progress import read_progress
from stream_app.settings import Settings
from stream_app.topics import topics_of


class InputReplay:
    """The input of a note, on its way into a state directory."""

    def __init__(
        self, note: Replayed, directory: StateDirectory, settings: Settings, owner: UpOwner, *, allow_jump: bool
    ) -> None:
        self._note = note
        self._allow_jump = allow_jump
        self._directory = directory
        self._settings = settings
        self._owner = owner
        self._before: CalendarPlaces = {}

    def start(self, supervisor: Supervisor, environment: Environment) -> None:
        """Start the producers, with a word on what is in the directory already."""
        known = self._directory.replayed()
        if is_of_unknown_place(known):
            self._owner.tell(
                f"{self._directory.path} doesn't say where its input came from: {self._note.place} is noted."
            )
        if others := [entry for entry in known if entry.digest != self._note.digest]:
            self._owner.tell(kept_polls(self._directory.path, others))
            self._before = self._calendar_places()
        self._directory.remember(self._note)
        progress = str(self._directory.replay_progress)
        argv = [sys.executable, "-m", "producers", self._note.source, "--quiet", "--progress-file", progress]
        if self._allow_jump:
            argv.append("--allow-jump")
        supervisor.start("producers", argv, environment, WhenItEnds.IS_DONE)

    def finish(self) -> None:
        """Keep the range that was replayed, and show what was refused and what no file of the input replaced."""
        progress = read_progress(self._directory.replay_progress)
        if progress is None:
            return
        self._directory.remember(replace(self._note, first_poll=progress.first_poll, last_poll=progress.last_poll))
        if self._before and (kept := kept_calendars(self._directory.path, self._before, self._calendar_places())):
            self._owner.tell(kept)
        if progress.input is not None:
            show_input(progress.input, self._owner.console)
        show_rejected(progress.rejected, self._owner.console)

    def _calendar_places(self) -> CalendarPlaces:
        return asyncio.run(calendar_places(self._settings.kafka_brokers, topics_of(self._settings).calendars))
