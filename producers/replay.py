"""A replay: input files to Kafka, every calendar before the first poll, every refused row to the dead letters."""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from aiokafka.errors import KafkaError
from numpy.typing import NDArray

from producers.calendar_rows import CalendarRows, GatheredCalendars
from producers.far_ahead import Jump, MinuteCounts
from producers.input_errors import UnreadableInputError
from producers.input_files import InputFiles
from producers.input_kinds import HOURS, POLLS, ZONES, InputKind
from producers.input_table import InputTable
from producers.pacing import Speed, paced
from producers.poll_rows import Judge, PollRows, PollsInOrder, read_polls
from producers.progress import Counts, Progress
from producers.publisher import Publisher, open_publisher
from stream_app.codec.records import encode_calendar, encode_polls
from stream_app.codec.refusals import encode_refusals, refusals_key
from stream_app.domain.poll import PollColumns, reject_future
from stream_app.domain.refusals import Refusals
from stream_app.domain.rejection import Reason
from stream_app.errors import StoreMonitorError
from stream_app.settings import Settings
from stream_app.topics import Topics, ensure_topics, topics_of

RECORDS_AT_ONCE = 20_000


class TopicsUnavailableError(StoreMonitorError):
    """Kafka answers, but won't list or create the topics."""

    def __init__(self, brokers: str, cause: Exception) -> None:
        self.brokers = brokers
        super().__init__(f"Kafka at {brokers} doesn't let the topics be listed or created: {cause!r}. Nothing was sent")


class NothingTakenError(StoreMonitorError):
    """There were rows, and every one of them was refused."""

    def __init__(self, rejected: Mapping[Reason, int]) -> None:
        self.rejected = dict(rejected)
        counts = ", ".join(f"{count:,} {reason.value}" for reason, count in rejected.items())
        super().__init__(
            f"every row was refused ({counts}), and nothing of the input counts. The rows are dead letters: "
            "`store-monitor dead-letters` shows each with what was wrong"
        )


class CutInputError(StoreMonitorError):
    """A file couldn't be read to its end, and what came before is sent: carries how much."""

    def __init__(self, cause: UnreadableInputError, counts: Counts) -> None:
        self.path, self.line = cause.path, cause.line
        self.polls_sent, self.calendars_sent = counts.polls_sent, counts.calendars_sent
        super().__init__(
            f"{cause}. Sent before, and counting: {counts.calendars_sent:,} calendars and {counts.polls_sent:,} polls. "
            "Get the whole file, and replay it: a poll counts once"
        )


@dataclass(frozen=True, slots=True)
class InputTables:
    """The input files, their headers checked."""

    polls: InputTable | None
    hours: InputTable | None
    zones: InputTable | None

    @classmethod
    def check(cls, files: InputFiles) -> "InputTables":
        """Read every header; raises what InputTable.check does."""
        return cls(_checked(files.polls, POLLS), _checked(files.hours, HOURS), _checked(files.zones, ZONES))


async def replay(
    files: InputFiles,
    speed: Speed,
    settings: Settings,
    progress: Progress,
    now: Callable[[], float] = time.time,
    *,
    allow_jump: bool = False,
) -> None:
    """Send the files, and return once Kafka has acknowledged every row.

    Polls ahead of `now` are refused, and unless `allow_jump`, those that stand far ahead of the rest of their file.
    Raises the errors of InputTable.check before anything is sent; BrokerUnreachableError, TopicsUnavailableError and
    ConfigurationError where the topics can't be had; later CutInputError and DeliveryError, and at the end
    NothingTakenError. `now` is in seconds since the epoch.
    """
    tables = InputTables.check(files)
    try:
        await ensure_topics(settings)
    except (KafkaError, TimeoutError) as error:
        raise TopicsUnavailableError(settings.kafka_brokers, error) from error
    async with open_publisher(settings.kafka_brokers) as publisher:
        run = _Run(publisher, topics_of(settings), progress, now, settings.max_future_s)
        try:
            await run.send_calendars(tables)
            await run.send_polls(tables, speed, allow_jump=allow_jump)
        except UnreadableInputError as error:
            await publisher.all_acknowledged()
            run.count_acknowledged()
            raise CutInputError(error, progress.counts) from error
        finally:
            run.count_acknowledged()
    counts = progress.counts
    if counts.rows_read and counts.rejected.total() == counts.rows_read:
        raise NothingTakenError(counts.rejected)


@dataclass(frozen=True, slots=True)
class _Run:
    """The steps of a replay on an open publisher."""

    publisher: Publisher
    topics: Topics
    progress: Progress
    now: Callable[[], float]
    max_future_s: float

    async def send_calendars(self, tables: InputTables) -> None:
        """Gather every store's calendar, send each, and wait until all are acknowledged."""
        gathered = GatheredCalendars()
        for table, read, stores, refused in (
            (tables.hours, gathered.read_hours, gathered.stores_with_hours, gathered.stores_with_refused_hours),
            (tables.zones, gathered.read_zones, gathered.stores_with_zones, gathered.stores_with_refused_zones),
        ):
            if table is not None:
                self._begin(table)
                for rows in read(table):
                    valid = rows.count - len(rows.rejected)
                    self.progress.counts.tally.add_calendar_rows(table.kind.title, valid, stores, refused)
                    await self._took(rows)
        records = ((store_id.encode(), encode_calendar(store_id, c)) for store_id, c in gathered.calendars())
        while chunk := list(islice(records, RECORDS_AT_ONCE)):
            self.progress.counts.calendars += len(chunk)
            await self.publisher.publish(self.topics.calendars, chunk, self.now())
            await self._tick()
        await self._send_refusals(dict(gathered.refusals()))
        await self.publisher.all_acknowledged()

    async def _send_refusals(self, refused: Mapping[str, Refusals]) -> None:
        """Say what was refused of which store, behind its calendar, which would take it back."""
        records = [(refusals_key(store_id), encode_refusals(refusals)) for store_id, refusals in refused.items()]
        homes = [store_id.encode() for store_id in refused]
        await self.publisher.publish(self.topics.calendars, records, self.now(), homes)

    def _begin(self, table: InputTable) -> None:
        self.progress.counts.begin(table.path.name, table.size)
        self.progress.counts.tally.begin(table.kind.title, table.path.name)

    async def send_polls(self, tables: InputTables, speed: Speed, *, allow_jump: bool) -> None:
        """Send the polls at their speed, and wait until all are acknowledged."""
        if tables.polls is not None:
            jump = None if allow_jump else await self._find_jump(tables.polls)
            judged = self._not_ahead if jump is None else lambda polls: jump.held_back(self._not_ahead(polls))
            self._begin(tables.polls)
            if speed.factor is None:
                await self._send_in_file_order(tables.polls, judged)
            else:
                await self._send_paced(tables.polls, speed.factor, judged)
        await self.publisher.all_acknowledged()

    async def _find_jump(self, table: InputTable) -> Jump | None:
        """Where the file's polls jump far ahead of the rest; the file is read to its end for it."""
        self.progress.counts.begin(f"times of {table.path.name}", table.size)
        counts = MinuteCounts.none()
        with suppress(UnreadableInputError):  # of a file that is cut off; it is met again behind the rows before it
            for rows in read_polls(table, self._not_ahead):
                counts = counts.plus(rows.observations)
                self.progress.counts.done = rows.bytes_read
                await self._tick()
        return counts.jump()

    def _not_ahead(self, polls: PollColumns) -> PollColumns:
        now = np.full(len(polls.observations), round(self.now() * 1_000_000))
        return reject_future(polls, now, round(self.max_future_s * 1_000_000))

    async def _send_in_file_order(self, table: InputTable, judged: Judge) -> None:
        for rows in read_polls(table, judged):
            await self._send_polls(rows.store_ids, rows.observations)
            await self._took(rows)

    async def _send_paced(self, table: InputTable, factor: float, judged: Judge) -> None:
        chunks: list[PollRows] = []
        for rows in read_polls(table, judged):
            chunks.append(rows)
            await self._took(rows)
        polls = PollsInOrder.of(chunks)
        self.progress.counts.begin("polls at their pace", len(polls.store_ids))
        clock = asyncio.get_running_loop().time
        async with aclosing(paced(polls.observations >> 1, factor, RECORDS_AT_ONCE, clock, asyncio.sleep)) as slices:
            async for due in slices:
                await self._send_polls(polls.store_ids[due], polls.observations[due])
                self.progress.counts.done = due.stop
                await self._tick()

    async def _send_polls(self, store_ids: list[str], observations: NDArray[np.int64]) -> None:
        records = list(zip(map(str.encode, store_ids), encode_polls(store_ids, observations), strict=True))
        await self.publisher.publish(self.topics.polls, records, self.now())
        self.progress.counts.add_times(observations)
        self.progress.counts.tally.add_polls(store_ids)

    async def _took(self, rows: PollRows | CalendarRows) -> None:
        """Send the dead letters of rows that were read, and count all of them."""
        at_s = self.now()
        letters = [row.dead_letter(at_s) for row in rows.rejected]
        await self.publisher.publish(self.topics.dead_letters, letters, at_s)
        self.progress.counts.add_rows(rows.count, rows.rejected)
        self.progress.counts.done = rows.bytes_read
        await self._tick()

    async def _tick(self) -> None:
        self.count_acknowledged()
        self.progress.tick()
        await asyncio.sleep(0)  # lets acknowledgements and signals in where nothing else waits

    def count_acknowledged(self) -> None:
        """Take over what Kafka has acknowledged so far."""
        self.progress.counts.polls_sent = self.publisher.acknowledged[self.topics.polls]
        counts = self.progress.counts
        counts.calendars_sent = min(self.publisher.acknowledged[self.topics.calendars], counts.calendars)


def _checked(path: Path | None, kind: InputKind) -> InputTable | None:
    return None if path is None else InputTable.check(path, kind)
