"""Why an input row or record was refused: a reason code, its sentence, and what was found."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """The stable codes that stand in dead letters, metrics and tables; SENTENCES says each in words."""

    MISSING_VALUE = "missing_value"
    EMPTY_STORE_ID = "empty_store_id"
    BAD_STORE_ID = "bad_store_id"
    NOT_UTF8 = "not_utf8"
    UNKNOWN_STATUS = "unknown_status"
    UNREADABLE_TIME = "unreadable_time"
    TIME_OUT_OF_RANGE = "time_out_of_range"
    FUTURE_POLL = "future_poll"
    FAR_AHEAD_OF_THE_REST = "far_ahead_of_the_rest"
    BAD_DAY = "bad_day"
    BAD_HOURS = "bad_hours"
    UNKNOWN_ZONE = "unknown_zone"
    MALFORMED_RECORD = "malformed_record"
    KEY_MISMATCH = "key_mismatch"
    WRONG_PARTITION = "wrong_partition"
    MIXED_CALENDAR = "mixed_calendar"
    NO_VERSIONS = "no_versions"
    REPEATED_VERSION = "repeated_version"
    BAD_DATE = "bad_date"
    REPEATED_DATE = "repeated_date"
    BAD_MAINTENANCE = "bad_maintenance"
    CALENDAR_TOO_LARGE = "calendar_too_large"


SENTENCES: dict[Reason, str] = {
    Reason.MISSING_VALUE: "a column that the row needs is missing or empty",
    Reason.EMPTY_STORE_ID: "the store id is empty",
    Reason.BAD_STORE_ID: "the store id is longer than 256 bytes of UTF-8, or has a control character",
    Reason.NOT_UTF8: "the store id is no UTF-8",
    Reason.UNKNOWN_STATUS: "the status is neither `active` nor `inactive`",
    Reason.UNREADABLE_TIME: "the time can't be read in one way only, as 2023-01-25 11:20:00 UTC can",
    Reason.TIME_OUT_OF_RANGE: "the time lies before 1970 or after 9999",
    Reason.FUTURE_POLL: "the poll is more than MAX_FUTURE ahead of the time when Kafka took it, or its file was read",
    Reason.FAR_AHEAD_OF_THE_REST: "the poll stands far ahead of the other polls of its file",
    Reason.BAD_DAY: "the weekday is not 0 (Monday) to 6 (Sunday)",
    Reason.BAD_HOURS: "the start or end is not a time of day that can be read in one way only, as 09:00 can",
    Reason.UNKNOWN_ZONE: "the zone is not an IANA name that the tzdata package lists",
    Reason.MALFORMED_RECORD: "the record is not a JSON object with the fields of its topic",
    Reason.KEY_MISMATCH: "the record's key is not the store id in its value, so compaction would mix stores",
    Reason.WRONG_PARTITION: "the record is not in the partition that its store id hashes to",
    Reason.MIXED_CALENDAR: "the calendar has versions, and a timezone or hours beside them that belong into a version",
    Reason.NO_VERSIONS: "the calendar's list of versions is empty",
    Reason.REPEATED_VERSION: "two versions of the calendar take effect in the same minute",
    Reason.BAD_DATE: "the date of an exception is not YYYY-MM-DD from 1970 on",
    Reason.REPEATED_DATE: "two exceptions of the calendar have the same date",
    Reason.BAD_MAINTENANCE: "the maintenance does not end after it begins",
    Reason.CALENDAR_TOO_LARGE: "the calendar has more than 1,000 versions, exceptions or maintenance entries, or more "
    "than 10,000 rows of hours",
}

_CORRECT_THE_ROW = "correct it where it comes from, and send or replay it again"
_RETRY = "`store-monitor dead-letters --retry` sends it"
_SEND_THE_CALENDAR = "send the store's whole calendar again, corrected; until then the last valid one holds"

REMEDIES: dict[Reason, str] = {
    Reason.MISSING_VALUE: _CORRECT_THE_ROW,
    Reason.EMPTY_STORE_ID: _CORRECT_THE_ROW,
    Reason.BAD_STORE_ID: _CORRECT_THE_ROW,
    Reason.NOT_UTF8: "save the file as UTF-8, or let the sender encode so, and send or replay it again",
    Reason.UNKNOWN_STATUS: _CORRECT_THE_ROW,
    Reason.UNREADABLE_TIME: _CORRECT_THE_ROW,
    Reason.TIME_OUT_OF_RANGE: _CORRECT_THE_ROW,
    Reason.FUTURE_POLL: f"set the poller's clock; once the poll's time has come, {_RETRY}",
    Reason.FAR_AHEAD_OF_THE_REST: f"{_CORRECT_THE_ROW}; where the time is right, "
    "`store-monitor dead-letters --retry --allow-jump` sends it, as does a replay with --allow-jump",
    Reason.BAD_DAY: _CORRECT_THE_ROW,
    Reason.BAD_HOURS: _CORRECT_THE_ROW,
    Reason.UNKNOWN_ZONE: f"{_CORRECT_THE_ROW}; a zone that is new needs a newer tzdata package",
    Reason.MALFORMED_RECORD: "correct the program that sent it; what it meant has to be sent anew",
    Reason.KEY_MISMATCH: f"let the sender key its records by store id; {_RETRY} under the right key",
    Reason.WRONG_PARTITION: f"let the sender use Kafka's default partitioner (murmur2); {_RETRY} to the right one",
    Reason.MIXED_CALENDAR: _SEND_THE_CALENDAR,
    Reason.NO_VERSIONS: _SEND_THE_CALENDAR,
    Reason.REPEATED_VERSION: _SEND_THE_CALENDAR,
    Reason.BAD_DATE: _SEND_THE_CALENDAR,
    Reason.REPEATED_DATE: _SEND_THE_CALENDAR,
    Reason.BAD_MAINTENANCE: _SEND_THE_CALENDAR,
    Reason.CALENDAR_TOO_LARGE: _SEND_THE_CALENDAR,
}
"""What an operator can do about each."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """An input that counts for nothing: the code, and the value that broke the rule."""

    reason: Reason
    detail: str

    @property
    def sentence(self) -> str:
        """The rule in words, with what was found instead."""
        return f"{SENTENCES[self.reason]}: {self.detail}"
