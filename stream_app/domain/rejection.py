"""Why an input row or record was refused: a reason code, its sentence, and what was found."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """The stable codes that stand in dead letters, metrics and tables; SENTENCES says each in words."""

    MISSING_VALUE = "missing_value"
    EMPTY_STORE_ID = "empty_store_id"
    BAD_STORE_ID = "bad_store_id"
    UNKNOWN_STATUS = "unknown_status"
    UNREADABLE_TIME = "unreadable_time"
    TIME_OUT_OF_RANGE = "time_out_of_range"
    FUTURE_POLL = "future_poll"
    BAD_DAY = "bad_day"
    BAD_HOURS = "bad_hours"
    UNKNOWN_ZONE = "unknown_zone"
    MALFORMED_RECORD = "malformed_record"
    KEY_MISMATCH = "key_mismatch"
    WRONG_PARTITION = "wrong_partition"


SENTENCES: dict[Reason, str] = {
    Reason.MISSING_VALUE: "a column that the row needs is missing or empty",
    Reason.EMPTY_STORE_ID: "the store id is empty",
    Reason.BAD_STORE_ID: "the store id is longer than 256 bytes of UTF-8, or has a control character",
    Reason.UNKNOWN_STATUS: "the status is neither `active` nor `inactive`",
    Reason.UNREADABLE_TIME: "the time is not YYYY-MM-DD HH:MM:SS with an optional fraction and UTC offset",
    Reason.TIME_OUT_OF_RANGE: "the time lies before 1970 or after 9999",
    Reason.FUTURE_POLL: "the poll is further ahead of its Kafka record's own timestamp than MAX_FUTURE",
    Reason.BAD_DAY: "the weekday is not 0 (Monday) to 6 (Sunday)",
    Reason.BAD_HOURS: "the start or end is not HH:MM or HH:MM:SS of one day",
    Reason.UNKNOWN_ZONE: "the zone is not an IANA name that the tzdata package lists",
    Reason.MALFORMED_RECORD: "the record is not a JSON object with the fields of its topic",
    Reason.KEY_MISMATCH: "the record's key is not the store id in its value, so compaction would mix stores",
    Reason.WRONG_PARTITION: "the record is not in the partition that its store id hashes to",
}


@dataclass(frozen=True, slots=True)
class Rejected:
    """An input that counts for nothing: the code, and the value that broke the rule."""

    reason: Reason
    detail: str

    @property
    def sentence(self) -> str:
        """The rule in words, with what was found instead."""
        return f"{SENTENCES[self.reason]}: {self.detail}"
