"""No bytes raise what isn't expected, and every input that is refused leaves one dead letter with its bytes."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
import rocksdict
from faust.types import TP
from hypothesis import strategies as st

from producers.calendar_rows import GatheredCalendars
from producers.input_errors import AmbiguousColumnError, MissingColumnsError, UnreadableInputError, WrongKindError
from producers.input_kinds import KINDS, InputKind
from producers.input_table import InputTable
from producers.poll_rows import read_polls
from producers.rejected_rows import RejectedRow
from stream_app.codec import store_values, table
from stream_app.database import Database
from stream_app.dead_letters import DeadLetterItem, FileSource, RecordSource, decode_dead_letter
from stream_app.domain import store_state
from stream_app.domain.rejection import Rejected
from stream_app.domain.runs import empty, minutes_per_row
from stream_app.domain.store_state import RetainedRange
from stream_app.errors import StateError
from stream_app.intake import take_in_calendars, take_in_polls
from stream_app.local.second_look import Limits, Sendable, WhyKept, look_again
from stream_app.partition_state import PartitionState
from stream_app.settings import Settings
from stream_app.topics import topics_of
from tests.fuzz import inputs
from tests.fuzz.budget import EXAMPLES_A_PASS, fuzz
from tests.support.partition_log import APPENDED_AT_MILLIS, CALENDARS, OPTIONS, POLLS, RETENTION_DAYS, Record

BATCH_BYTES = 512 << 10  # of the changelog's writer: a letter that is larger would stop the worker
RETAINED = store_state.retained_range(1_674_471_599_000_000, RETENTION_DAYS)
KIND_OF: Mapping[str, InputKind] = {kind.title: kind for kind in KINDS}
TOPICS = topics_of(Settings())
LIMITS = Limits(APPENDED_AT_MILLIS * 1000, 300_000_000)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rocksdict.Rdict]:
    options = rocksdict.Options(raw_mode=True)
    options.create_if_missing(True)  # noqa: FBT003 - RocksDB's own setter
    opened = rocksdict.Rdict(str(tmp_path_factory.mktemp("fuzz") / "table"), options=options)
    yield opened
    opened.close()


def test_every_poll_record_counts_or_is_one_dead_letter(database: rocksdict.Rdict) -> None:
    def check(values: list[bytes | None]) -> None:
        run = [Record(POLLS, offset, None, value) for offset, value in enumerate(values)]
        state = PartitionState(OPTIONS, Database(0, database))

        letters = take_in_polls(state, TP(POLLS, 0), run, max_future_s=300)

        check_letters(run, letters)
        assert state.pending + len(letters) == len(run)
        state.take_changes(derive=True)

    assert fuzz(st.lists(inputs.POLL_VALUES, min_size=1, max_size=6), check) >= EXAMPLES_A_PASS


def test_every_calendar_record_counts_or_is_one_dead_letter(database: rocksdict.Rdict) -> None:
    def check(record: tuple[bytes | None, bytes | None]) -> None:
        run = [Record(CALENDARS, 7, *record)]
        state = PartitionState(OPTIONS, Database(0, database))

        letters = take_in_calendars(state, TP(CALENDARS, 0), run)

        check_letters(run, letters)
        keys = [key for key, _ in state.take_changes(derive=True).items]
        assert len(letters) + sum(key.startswith(table.CALENDAR_PREFIX) for key in keys) == 1

    assert fuzz(st.tuples(inputs.CALENDAR_KEYS, inputs.CALENDAR_VALUES), check) >= EXAMPLES_A_PASS


def test_every_csv_row_counts_or_is_one_dead_letter(tmp_path: Path) -> None:
    def check(file: tuple[str, str, bytes]) -> None:
        kind, name, content = file
        path = tmp_path / name
        path.write_bytes(content)
        try:
            source = InputTable.check(path, KIND_OF[kind])
            rows = sum(len(chunk.rows.cells) for chunk in source.chunks())
            read, rejected = rows_of(source)
        except (MissingColumnsError, AmbiguousColumnError, WrongKindError, UnreadableInputError):
            return
        letters = [row.dead_letter(0) for row in rejected]
        assert read == rows
        assert len({key for key, _ in letters}) == len(rejected)
        for row, (_, value) in zip(rejected, letters, strict=True):
            letter = decode_dead_letter(value)
            assert (letter.source, letter.reason) == (FileSource(name, row.line), row.reason)
            assert row.raw.startswith(letter.raw_input)
            assert len(value) < BATCH_BYTES
            if kind == "polls" and not letter.is_cut:
                again = look_again(letter, TOPICS, LIMITS)
                assert isinstance(again, Rejected)
                # A quote left open takes the line's end into its cell, which the letter's raw row no longer has.
                assert again.reason is row.reason or b'"' in row.raw

    assert fuzz(inputs.csv_files(), check) >= EXAMPLES_A_PASS


def test_stored_states_are_read_or_refused_as_damaged() -> None:
    def check(values: list[bytes]) -> None:
        for retained in (RETAINED, RetainedRange(RETAINED.first + 1440, RETAINED.end + 1440)):
            try:
                states = store_values.decode_states([*values, None], retained)
            except StateError:
                continue
            assert len(store_state.last_observations(states)) == len(values) + 1
            store_state.active_runs(states, retained.end)
            assert len(store_values.encode_states(states, store_state.Buckets(empty(), empty()))) == len(values) + 1
        try:
            stored = store_values.decode_buckets(values)
        except StateError:
            return
        assert (minutes_per_row(stored.buckets.up, len(values)) >= 0).all()
        assert len(stored.last) == len(values)

    assert fuzz(inputs.STATE_VALUES, check) >= EXAMPLES_A_PASS


def test_stored_meta_and_calendars_are_read_or_refused_as_damaged() -> None:
    def check(values: tuple[bytes, bytes]) -> None:
        meta, calendar = values
        with suppress(StateError):
            assert table.decode_meta(meta).format_version == table.FORMAT_VERSION
        with suppress(StateError):
            assert table.decode_calendar(calendar).zone is not None

    assert fuzz(st.tuples(inputs.META_VALUES, inputs.STORED_CALENDARS), check) >= EXAMPLES_A_PASS


def test_a_damaged_dead_letter_is_none_or_looked_at_again() -> None:
    def check(value: bytes) -> None:
        try:
            letter = decode_dead_letter(value)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return
        assert isinstance(look_again(letter, TOPICS, LIMITS), Sendable | Rejected | WhyKept)

    assert fuzz(inputs.LETTERS, check) >= EXAMPLES_A_PASS


def check_letters(run: Sequence[Record], letters: Sequence[DeadLetterItem]) -> None:
    """Each is the letter of another record of the run, holds its bytes, and would be refused again."""
    assert len({key for key, _ in letters}) == len(letters)
    for key, value in letters:
        letter = decode_dead_letter(value)
        assert isinstance(letter.source, RecordSource)
        (record,) = [record for record in run if record.offset == letter.source.offset]
        assert key == f"{record.topic}/0/{record.offset}".encode()
        assert (record.value or b"").startswith(letter.raw_input)
        assert letter.is_cut or letter.raw_input == (record.value or b"")
        assert letter.is_null == (record.value is None)
        assert len(value) < BATCH_BYTES
        again = look_again(letter, TOPICS, LIMITS)
        assert isinstance(again, Rejected | WhyKept) or letter.reason == "key_mismatch"


def rows_of(source: InputTable) -> tuple[int, list[RejectedRow]]:
    """How many rows a file has, and those that are refused."""
    if source.kind.title == "polls":
        polls = list(read_polls(source))
        assert all(len(chunk.store_ids) == len(chunk.observations) for chunk in polls)
        return sum(chunk.count for chunk in polls), [row for chunk in polls for row in chunk.rejected]
    gathered = GatheredCalendars()
    calendars = list((gathered.read_hours if source.kind.title == "hours" else gathered.read_zones)(source))
    assert len(dict(gathered.calendars())) <= sum(chunk.count - len(chunk.rejected) for chunk in calendars)
    return sum(chunk.count for chunk in calendars), [row for chunk in calendars for row in chunk.rejected]
