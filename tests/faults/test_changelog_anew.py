"""A changelog that is deleted or made anew: it is written whole again, or the partitions are read from their polls.

The input has polls that only their own topic still holds once the changelog is gone, so that a changelog with what came
after alone would lack nearly all of them.
"""

import asyncio
import shutil

import msgspec
import pytest

from stream_app.changelog import open_writers
from stream_app.codec.table import META_KEY, encode_meta
from tests.faults.comparison import SAME
from tests.faults.fault import Action, Fault, Point
from tests.faults.service import Service
from tests.faults.source import PARTITIONS
from tests.faults.worker import STARTS_WITHIN_S, Worker
from tests.support.topics_anew import delete_topics, make_anew, topic_ids
from tests.support.waiting import comes_true

ENDS_WITHIN_S = 30
FAILED, KILLED = 3, -9
OF_ONE_PIECE = "1"  # bytes: each value a transaction of its own, so that a kill falls between two of them


@pytest.fixture
def caught_up(service: Service) -> Worker:
    (worker,) = service.catches_up(service.start())
    return worker


def test_changelog_deleted_under_a_worker_is_written_whole_again(service: Service, caught_up: Worker) -> None:
    delete_topics(service.settings, service.topics.changelog)

    assert caught_up.ends(ENDS_WITHIN_S) == FAILED
    assert "ChangelogReplacedError" in caught_up.output
    (back,) = service.catches_up(service.start())
    assert back.output.count("changelog.written_whole") == PARTITIONS
    assert service.changelog_differences() == SAME
    back.kill()
    pair = service.catches_up(service.start("a"), service.start("b"))
    assert service.kept_differences(*pair) == SAME


def test_changelog_made_anew_under_a_worker_is_written_whole_again(service: Service, caught_up: Worker) -> None:
    make_anew(service.settings, service.topics.changelog)

    assert caught_up.ends(ENDS_WITHIN_S) == FAILED
    (back,) = service.catches_up(service.start())
    assert back.output.count("changelog.written_whole") == PARTITIONS
    assert service.kept_differences(back) == SAME
    assert service.changelog_differences() == SAME


def test_changelog_made_anew_while_stopped_is_written_whole_again(service: Service, caught_up: Worker) -> None:
    caught_up.kill()
    make_anew(service.settings, service.topics.changelog)

    (back,) = service.catches_up(service.start())

    assert back.output.count("changelog.written_whole") == PARTITIONS
    assert service.changelog_differences() == SAME
    back.kill()
    shutil.rmtree(back.data_dir)
    (rebuilt,) = service.catches_up(service.start())
    assert "changelog.incomplete" not in rebuilt.output
    assert service.kept_differences(rebuilt) == SAME


def test_changelog_made_anew_is_not_whole_for_a_worker_without_the_database(
    service: Service, caught_up: Worker
) -> None:
    caught_up.kill()
    make_anew(service.settings, service.topics.changelog)
    send_a_part(service, caught_up)

    (other,) = service.catches_up(service.start("b"))

    assert other.output.count("changelog.incomplete") == PARTITIONS
    assert service.kept_differences(other) == SAME
    assert service.changelog_differences() == SAME
    other.kill()
    (late,) = service.catches_up(service.start("a"))
    assert "changelog.written_whole" not in late.output
    assert late.output.count("database.removed") == PARTITIONS
    assert service.kept_differences(late) == SAME


@pytest.mark.parametrize("name", ["a", "b"])
def test_whole_write_that_was_killed_leaves_no_whole_changelog(service: Service, caught_up: Worker, name: str) -> None:
    caught_up.kill()
    make_anew(service.settings, service.topics.changelog)
    writing = service.start(fault=Fault(Point.COMMIT, 20, Action.KILL), FAULT_PIECE_BYTES=OF_ONE_PIECE)
    assert writing.ends(STARTS_WITHIN_S) == KILLED
    assert 0 < len(service.changelog()) < 20

    (back,) = service.catches_up(service.start(name))

    assert ("changelog.written_whole" in back.output) == (name == "a")
    assert ("changelog.incomplete" in back.output) == (name == "b")
    assert service.kept_differences(back) == SAME
    assert service.changelog_differences() == SAME


def test_emptying_a_part_that_was_killed_is_done_again(service: Service, caught_up: Worker) -> None:
    caught_up.kill()
    make_anew(service.settings, service.topics.changelog)
    writing = service.start(fault=Fault(Point.COMMIT, 30, Action.KILL), FAULT_PIECE_BYTES=OF_ONE_PIECE)
    assert writing.ends(STARTS_WITHIN_S) == KILLED
    emptying = service.start("b", fault=Fault(Point.COMMIT, 10, Action.KILL), FAULT_PIECE_BYTES=OF_ONE_PIECE)
    assert emptying.ends(STARTS_WITHIN_S) == KILLED
    assert "changelog.incomplete" in emptying.output

    (back,) = service.catches_up(service.start("b"))

    assert service.kept_differences(back) == SAME
    assert service.changelog_differences() == SAME


def test_state_without_ids_takes_them_once(service: Service, caught_up: Worker) -> None:
    caught_up.kill()
    forget_ids(service)
    shutil.rmtree(caught_up.data_dir)

    first = service.start().becomes_ready()
    assert comes_true(lambda: first.output.count("state.took_topic_ids") == PARTITIONS)
    first.kill()
    (second,) = service.catches_up(service.start())

    assert "state.took_topic_ids" not in second.output
    assert service.kept_differences(second) == SAME
    ids = topic_ids(service.settings, *service.topics.kept)
    assert all(content.meta.topic_ids == ids for content in service.changelog_contents())


def forget_ids(service: Service) -> None:
    """Have the changelog end as one from before ids were remembered."""
    metas = [msgspec.structs.replace(content.meta, topic_ids={}) for content in service.changelog_contents()]

    async def write() -> None:
        for partition, writer in (await open_writers(service.settings, range(PARTITIONS))).items():
            await writer.commit([(META_KEY, encode_meta(metas[partition]))], [])
            await writer.stop()

    asyncio.run(write())


def send_a_part(service: Service, worker: Worker) -> None:
    """As a worker's checkpoint does that is under way when the changelog is made anew: a value, and the old meta."""

    async def write() -> None:
        contents = service.kept_contents(worker)
        for partition, writer in (await open_writers(service.settings, range(PARTITIONS))).items():
            content = contents[partition]
            await writer.commit([(content.ids[0], content.values[0]), (META_KEY, encode_meta(content.meta))], [])
            await writer.stop()

    asyncio.run(write())
