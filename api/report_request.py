"""What a caller wants of a report, as it is checked at the trigger and kept in the report's metadata."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum

import msgspec

from api.as_of import BadAsOfError, parse_as_of
from stream_app.domain.instant import is_date, parse_time_or_date
from stream_app.domain.policy import DEFAULT_POLICY, UnknownPolicyError, WindowKind, parse_policy
from stream_app.domain.poll import MICROS_PER_MINUTE
from stream_app.domain.rejection import Rejected
from stream_app.domain.store_calendar import MINUTES_PER_DAY
from stream_app.domain.store_id import parse_store_id
from stream_app.domain.windows import floor_to_minute
from stream_app.domain.zones import parse_zone
from stream_app.errors import StoreMonitorError

_LAST_DAY = (date(9999, 12, 29) - date(1970, 1, 1)).days


class Columns(StrEnum):
    """Which columns a report has."""

    DEFAULT = "default"
    EXTENDED = "extended"


class Format(StrEnum):
    """How a report is written."""

    CSV = "csv"
    JSON_LINES = "jsonl"


MEDIA_TYPES = {Format.CSV: "text/csv; charset=utf-8", Format.JSON_LINES: "application/x-ndjson"}


class BadReportRequestError(StoreMonitorError):
    """A report is asked for that can't be made, whatever the data; the code is stable."""

    def __init__(self, code: str, reason: str) -> None:
        self.code = code
        super().__init__(reason)


class CustomRange(msgspec.Struct, frozen=True):
    """One window, `first` <= t < `end`: UTC minutes since the epoch, or with `is_local` the stores' own dates.

    Dates are days since the epoch, each beginning at the store's local midnight.
    """

    first: int
    end: int
    is_local: bool


class StoreSelection(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which stores a report has rows of: those that meet every condition that is given.

    `ids` are whole ids, `text` stands somewhere in the id (case counts), `zone` is the one in force at T.
    """

    ids: tuple[str, ...] | None = None
    text: str | None = None
    zone: str | None = None


ALL_STORES = StoreSelection()


class ReportRequest(msgspec.Struct, frozen=True, omit_defaults=True):
    """`as_of` is in microseconds since the epoch, None for the stream time. A range's T is its end.

    `windows` replace the policy's own.
    """

    as_of: int | None = None
    policy: str = DEFAULT_POLICY
    columns: Columns = Columns.DEFAULT
    format: Format = Format.CSV
    range: CustomRange | None = None
    allow_stale: bool = False
    selection: StoreSelection = ALL_STORES
    windows: WindowKind | None = None


def checked_policy(text: str) -> str:
    """The policy's full name; raises BadReportRequestError."""
    try:
        return parse_policy(text).name
    except UnknownPolicyError as error:
        raise BadReportRequestError("unknown_policy", str(error)) from error


def checked_range(first: str | None, end: str | None) -> CustomRange | None:
    """The range of two UTC instants or two dates, both spelled alike, if there is one; raises BadReportRequestError."""
    if first is None and end is None:
        return None
    if first is None or end is None:
        raise BadReportRequestError("bad_range", "from and to go together")
    return _parse_range(first, end)


def checked_selection(ids: Sequence[str] | None, text: str | None, zone: str | None) -> StoreSelection:
    """The selection, each id once and without the spaces around it; raises BadReportRequestError."""
    found = None if ids is None else tuple(dict.fromkeys(map(_checked_id, ids)))
    if zone is not None and isinstance(parse_zone(zone), Rejected):
        raise BadReportRequestError("unknown_zone", f"{zone!r} is not an IANA zone that the tzdata package lists")
    return StoreSelection(found, text, zone)


def _checked_id(text: str) -> str:
    store_id = parse_store_id(text)
    if isinstance(store_id, Rejected):
        raise BadReportRequestError("bad_store_id", store_id.sentence)
    return store_id


def _parse_range(first: str, end: str) -> CustomRange:
    is_local = is_date(first)
    read = _day if is_local else _minute
    given = CustomRange(read("from", first), read("to", end), is_local)
    if given.first >= given.end:
        raise BadReportRequestError("bad_range", f"from={first!r} must lie before to={end!r}, which is exclusive")
    return given


def _minute(name: str, text: str) -> int:
    try:
        return floor_to_minute(parse_as_of(text))
    except BadAsOfError as error:
        raise BadReportRequestError(
            "bad_range",
            f"{name}={text[:64]!r} is not a UTC time such as 2023-01-25T18:13Z: from and to are two times or two dates",
        ) from error


def _day(name: str, text: str) -> int:
    midnight = parse_time_or_date(text) if is_date(text) else None
    if midnight is None or isinstance(midnight, Rejected):
        message = f"{name}={text[:64]!r} is not a date: from and to are two dates (YYYY-MM-DD) or two UTC times"
        raise BadReportRequestError("bad_range", message)
    day = midnight // (MICROS_PER_MINUTE * MINUTES_PER_DAY)
    if not 0 < day < _LAST_DAY:
        raise BadReportRequestError("bad_range", f"{name}={text!r} lies outside the years 1970 to 9999")
    return day
