"""Which topics the tables were read from that there are others of by now."""

from api.replaced_topics import never_usable, replaced_topics
from stream_app.codec.table import PartitionMeta

IDS = {"polls": "p1", "calendars": "c1", "log": "l1"}


def meta(**ids: str) -> PartitionMeta:
    return PartitionMeta({}, changelog="log", topic_ids=ids)


def test_topics_of_the_same_ids_are_none_of_them() -> None:
    assert replaced_topics([meta(**IDS), None, meta(**IDS)], IDS) == []


def test_one_partition_of_another_topic_is_enough() -> None:
    (found,) = replaced_topics([meta(**IDS), meta(**{**IDS, "polls": "p0"})], IDS)

    assert (found.topic, found.old, found.new) == ("polls", "p0", "p1")
    assert "the topic polls of id p0" in str(found)
    assert "has the id p1 now" in str(found)


def test_states_and_kafkas_without_ids_are_not_judged() -> None:
    assert replaced_topics([meta()], IDS) == []
    assert replaced_topics([meta(**IDS)], {}) == []


def test_changelog_alone_may_become_usable_again() -> None:
    found = replaced_topics([meta(polls="p0", calendars="c1", log="l0")], IDS)

    assert [error.topic for error in found] == ["polls", "log"]
    assert [error.topic for error in never_usable(found)] == ["polls"]
