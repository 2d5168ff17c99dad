"""The internals of Faust and aiokafka that the transport and the table lean on: a test for each row of its table."""

import asyncio
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import faust
import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.consumer import fetcher
from aiokafka.consumer.subscription_state import SubscriptionState, TopicPartitionState
from faust.stores.rocksdb import Store
from faust.tables.base import Collection
from faust.tables.manager import TableManager
from faust.tables.recovery import Recovery
from faust.transport import consumer as stock
from faust.transport import drivers
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from stream_app import transport
from stream_app.app import create_app
from stream_app.consumer_positions import positions, readable_end
from stream_app.settings import Settings
from stream_app.state_table import StateTable
from stream_app.transport import RunConsumer, RunConsumerThread, RunTransport

ROWS: dict[str, Callable[..., None]] = {}
POLLS = TP("store-polls", 0)

Test = Callable[..., None]


def row(internal: str) -> Callable[[Test], Test]:
    """Note a test as that of a row of transport.py's table."""

    def note(test: Test) -> Test:
        ROWS[internal] = test
        return test

    return note


def source(of: Any) -> str:
    """The code of a function, on one line."""
    return re.sub(r"\s+", " ", inspect.getsource(of))


def parameters(of: Any) -> list[str]:
    return list(inspect.signature(of).parameters)


@pytest.fixture
def app(tmp_path: Path) -> faust.App:
    return create_app(Settings.model_validate({"DATA_DIR": str(tmp_path)}), partitions=1)


@pytest.fixture
def consumer(app: faust.App) -> Iterator[RunConsumer]:
    loop = asyncio.new_event_loop()
    app.loop = loop

    async def made() -> RunConsumer:
        return RunConsumer(app.transport, callback=id, on_partitions_revoked=id, on_partitions_assigned=id, loop=loop)

    yield loop.run_until_complete(made())
    loop.close()


def test_every_row_of_the_table_has_its_test() -> None:
    listed = re.findall(r"^\| (.+?) \|", str(transport.__doc__), re.MULTILINE)

    assert [internal for internal in listed if internal != "internal"] == list(ROWS)


@row("drivers.TRANSPORTS.aliases")
def test_scheme_is_an_alias(app: faust.App) -> None:
    assert drivers.TRANSPORTS.aliases[transport.SCHEME].endswith("RunTransport")
    assert isinstance(app.transport, RunTransport)


@row("AIOKafkaConsumerThread._create_worker_consumer")
def test_worker_consumer_is_made_in_one_place() -> None:
    assert parameters(driver.AIOKafkaConsumerThread._create_worker_consumer) == ["self", "transport"]
    assert "self._create_worker_consumer(transport)" in source(driver.AIOKafkaConsumerThread._create_consumer)
    assert issubclass(RunConsumerThread, driver.AIOKafkaConsumerThread)


@row("AIOKafkaConsumer._isolation_level, ._fetch_max_wait_ms")
def test_consumer_reads_both_when_it_starts() -> None:
    started = source(AIOKafkaConsumer.start)

    assert "isolation_level=self._isolation_level" in started
    assert "fetch_max_wait_ms=self._fetch_max_wait_ms" in started


@row("AIOKafkaConsumerThread._fetch_records")
def test_fetch_is_one_call_in_the_consumers_thread() -> None:
    assert parameters(driver.AIOKafkaConsumerThread._fetch_records) == parameters(RunConsumerThread._fetch_records)
    assert "self.call_thread( self._fetch_records," in source(driver.AIOKafkaConsumerThread.getmany)


@row("AIOKafkaConsumer._subscription")
def test_positions_are_in_the_subscription() -> None:
    assert "self._subscription = " in source(AIOKafkaConsumer.__init__)
    assert isinstance(SubscriptionState.subscription, property)
    assert {"has_valid_position", "position"} <= set(dir(TopicPartitionState))


@row("AIOKafkaConsumerThread.on_start, Fetcher._records")
def test_started_consumer_keeps_what_it_fetched_in_one_dictionary() -> None:
    assert "await self._consumer.start()" in source(driver.AIOKafkaConsumerThread.on_start)
    assert "self._records = collections.OrderedDict()" in source(fetcher.Fetcher.__init__)
    assert "self._records[tp] = FetchResult(" in source(fetcher.Fetcher._proc_fetch_request)
    assert "self._fetcher = Fetcher(" in source(AIOKafkaConsumer.start)
    assert "getone" not in source(driver)


@row("FetchResult.getall, ._partition_records")
def test_all_records_come_out_of_one_iterator(app: faust.App) -> None:
    taken = source(fetcher.FetchResult.getall)

    assert "for msg in self._partition_records:" in taken
    assert "else: self._update_position() self._partition_records = None" in taken
    assert "consumed_to(self._partition_records.next_fetch_offset)" in source(fetcher.FetchResult._update_position)
    assert app.conf.broker_max_poll_records is None


@row("PartitionRecords._unpack_records, ._records_iterator")
def test_what_whole_batches_leave_out_is_known() -> None:
    made, unpacked = source(fetcher.PartitionRecords.__init__), source(fetcher.PartitionRecords._unpack_records)

    assert "self._records_iterator = self._unpack_records()" in made
    assert "self._aborted_producers = set()" in made
    assert "in self._aborted_producers" in unpacked
    assert "if next_batch.is_control_batch: self.next_fetch_offset = next_batch.next_offset continue" in unpacked
    assert "if record.offset < self.next_fetch_offset:" in unpacked
    assert unpacked.endswith("self.next_fetch_offset = next_batch.next_offset ")


@row("AIOKafkaConsumerThread.highwater")
def test_stock_highwater_is_the_logs_end_outside_transactions() -> None:
    assert "self._ensure_consumer().highwater(tp)" in source(driver.AIOKafkaConsumerThread.highwater)
    assert "assignment.state_value(partition).lso" in source(AIOKafkaConsumer.last_stable_offset)


def test_partition_that_was_just_taken_away_has_no_end_and_no_position() -> None:
    async def case() -> tuple[list[int | None], list[Mapping[TP, int]]]:
        consumer = AIOKafkaConsumer()
        ends, places = [readable_end(consumer, POLLS)], [positions(consumer, [POLLS])]
        consumer._subscription.subscribe({POLLS.topic})
        consumer._subscription.assign_from_subscribed({POLLS})
        state = consumer._subscription.subscription.assignment.state_value(POLLS)
        state.lso = 9
        state.reset_to(7)
        ends.append(readable_end(consumer, POLLS))
        places.append(positions(consumer, [POLLS]))
        consumer._subscription.assign_from_subscribed(set())
        return [*ends, readable_end(consumer, POLLS)], [*places, positions(consumer, [POLLS])]

    assert asyncio.run(case()) == ([None, 9, None], [{}, {POLLS: 7}, {}])


@row("Consumer.perform_seek, ._committed_offset")
def test_seek_comes_after_recovery_and_notes_what_is_committed() -> None:
    resumed = source(Recovery._resume_streams)

    assert resumed.index("on_rebalance_complete.send()") < resumed.index("consumer.perform_seek()")
    assert "self._committed_offset.update(" in source(stock.Consumer.perform_seek)


@row("Consumer._seek, AIOKafkaConsumerThread.seek_wait")
def test_seek_can_be_done_in_the_consumers_thread() -> None:
    assert "await self._seek(partition, offset)" in source(stock.Consumer.seek)
    assert parameters(stock.Consumer._seek) == ["self", "partition", "offset"]
    assert "self.call_thread" in source(driver.AIOKafkaConsumerThread.seek_wait)


@row("Consumer.getmany, ._wait_next_records, ._buffered_partitions")
def test_messages_come_out_of_getmany() -> None:
    assert "await self._wait_next_records(timeout)" in source(stock.Consumer.getmany)
    assert "tp in self._buffered_partitions" in source(stock.Consumer.getmany)
    assert "getmany = self.getmany" in source(stock.Consumer._drain_messages)


@row("Consumer.on_task_error")
def test_failure_of_an_agent_reaches_the_consumer(app: faust.App) -> None:
    assert "await self._consumer.on_task_error(exc)" in source(type(app)._on_agent_error)
    assert parameters(stock.Consumer.on_task_error) == ["self", "exc"]


@row("Consumer._new_offset, ._acked, ._acked_index")
def test_commit_takes_the_offset_behind_the_newest_acked_run(consumer: RunConsumer) -> None:
    consumer._acked[POLLS] += [4_999, 9_999]
    consumer._acked_index[POLLS] |= {4_999, 9_999}

    assert consumer._filter_committable_offsets([POLLS]) == {POLLS: 10_000}
    assert consumer._filter_committable_offsets([POLLS]) == {}
    assert "self._new_offset(tp)" in source(stock.Consumer._filter_committable_offsets)


@row("Consumer._add_gap")
def test_gap_between_runs_is_announced(consumer: RunConsumer) -> None:
    assert "await self._add_gap(tp, r_offset + 1, offset)" in source(stock.Consumer._drain_messages)

    asyncio.new_event_loop().run_until_complete(consumer._add_gap(POLLS, 0, 10**9))

    assert not consumer._gap[POLLS]


@row("Recovery: highwater - 1")
def test_recovery_ends_at_the_last_offset() -> None:
    assert "tp: value - 1 if value is not None else -1" in source(Recovery._build_highwaters)


@row("Recovery: recovery_buffer_size")
def test_buffer_of_one_is_a_case_of_its_own(app: faust.App) -> None:
    (table,) = app.tables.values()

    assert table.recovery_buffer_size > 1
    assert "self.tp_to_table[tp].recovery_buffer_size == 1" in source(Recovery._restart_recovery.fun)


@row("Recovery.signal_recovery_start")
def test_recovery_that_is_due_is_signalled_before_the_assignment_is_and_cleared_when_it_begins(app: faust.App) -> None:
    assigned, restarted = source(faust.App._on_partitions_assigned), source(Recovery._restart_recovery.fun)

    assert assigned.index("self.tables.on_rebalance") < assigned.index("self.on_partitions_assigned.send")
    assert "self.signal_recovery_start.set()" in source(Recovery.on_rebalance)
    assert "self.signal_recovery_start.clear()" in restarted
    assert not app.tables.recovery.signal_recovery_start.is_set()


@row("Collection.on_rebalance")
def test_tables_are_told_before_recovery_begins() -> None:
    rebalanced = source(TableManager.on_rebalance)

    assert rebalanced.index("table.on_rebalance") < rebalanced.index("self.recovery.on_rebalance")
    assert parameters(Collection.on_rebalance) == parameters(StateTable.on_rebalance)


@row("Collection.apply_changelog_batch")
def test_recovery_applies_messages_through_the_table() -> None:
    assert "table.apply_changelog_batch(buffer)" in source(Recovery.flush_buffers)
    assert parameters(Collection.apply_changelog_batch) == parameters(StateTable.apply_changelog_batch)


@row("Store._dbs, ._db_for_partition, .offset_key")
def test_store_keeps_its_databases_by_partition(app: faust.App) -> None:
    (table,) = app.tables.values()

    opened = table.data._db_for_partition(0)

    assert table.data._dbs == {0: opened}
    assert table.data._db_for_partition(0) is opened
    assert Store.offset_key == b"__faust\0offset__"
    assert table.data.partition_path(0) == table.settings.table_paths(0)[0]
    opened.close()
