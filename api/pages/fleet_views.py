"""What the fleet's page shows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from api.fleet_schemas import FleetSummary, HourOfWeek, StorePage
from api.fleet_schemas import StoreRow as ListedStore
from api.pages import pictures
from api.pages.freshness import Freshness
from api.pages.links import store_url, with_query
from api.pages.pictures import HeatCell
from api.pages.store_rows import STATUS_WORDS, StoreRow
from api.pages.wording import Moment, business_time, count, moment_of, percent
from api.store_page import Filter, Sort
from stream_app.domain.live_status import Status

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class StatusCount:
    """How many stores have a status, and where they are listed."""

    name: str
    word: str
    number: str
    share: str
    url: str


@dataclass(frozen=True, slots=True)
class FleetNow:
    """The fleet at once: what changes with every event."""

    freshness: Freshness
    stores: str
    as_of: Moment
    counts: list[StatusCount]
    uptime_day: str
    uptime_week: str
    said: str


@dataclass(frozen=True, slots=True)
class HeatDay:
    """A day of the heat map as a row of a table: 24 shares in words."""

    name: str
    hours: list[str]


@dataclass(frozen=True, slots=True)
class HeatMap:
    """The week by its hours, as a picture and as a table."""

    picture: Markup
    days: list[HeatDay]


@dataclass(frozen=True, slots=True)
class WorstStore:
    """A store that lost much."""

    store_id: str
    url: str
    status: str
    word: str
    downtime: str
    uptime: str


@dataclass(frozen=True, slots=True)
class Column:
    """A head of the table: where it leads, and how its column is sorted now, in ARIA's words."""

    title: str
    name: str
    url: str | None
    sorted: str | None


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of stores, and the way to others."""

    rows: list[StoreRow]
    columns: list[Column]
    shown: str
    total: int
    has_filter: bool
    first_url: str | None
    previous_url: str | None
    next_url: str | None


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the form above the table holds."""

    q: str
    status: str
    zone: str
    sort: str
    is_reversed: bool


SORTS = {
    Sort.ID: "Store",
    Sort.STATUS: "Status, trouble first",
    Sort.UPTIME_LAST_HOUR: "Least uptime, 1 h",
    Sort.UPTIME_LAST_DAY: "Least uptime, 24 h",
    Sort.UPTIME_LAST_WEEK: "Least uptime, 7 days",
    Sort.DOWNTIME_LAST_DAY: "Most downtime, 24 h",
    Sort.DOWNTIME_LAST_WEEK: "Most downtime, 7 days",
    Sort.LAST_POLL: "Longest silent",
    Sort.ZONE: "Zone",
}
_COLUMNS = (
    ("Store", "id", Sort.ID),
    ("Now", "now", Sort.STATUS),
    ("Last 7 days", "week", None),
    ("Uptime 24 h", "figure", Sort.UPTIME_LAST_DAY),
    ("Uptime 7 d", "figure", Sort.UPTIME_LAST_WEEK),
    ("Down 7 d", "figure", Sort.DOWNTIME_LAST_WEEK),
    ("Silent for", "poll", Sort.LAST_POLL),
    ("Zone", "zone", Sort.ZONE),
)
_DESCENDING_BY_NATURE = {Sort.DOWNTIME_LAST_HOUR, Sort.DOWNTIME_LAST_DAY, Sort.DOWNTIME_LAST_WEEK}


def fleet_now(summary: FleetSummary, fresh: Freshness) -> FleetNow:
    """Counts and shares of the whole fleet."""
    numbers = summary.now.model_dump()
    minutes = summary.minutes
    return FleetNow(
        freshness=fresh,
        stores=count(summary.stores, "store"),
        as_of=moment_of(summary.as_of),
        counts=[
            StatusCount(
                status.value,
                f"{word} now" if status is Status.CLOSED else word,
                f"{numbers[status.value]:,}",
                percent(numbers[status.value], summary.stores - numbers[status.value]),
                fleet_url(Filter(status=status.value)),
            )
            for status, word in STATUS_WORDS.items()
        ],
        uptime_day=percent(minutes.uptime_last_day_minutes, minutes.downtime_last_day_minutes),
        uptime_week=percent(minutes.uptime_last_week_minutes, minutes.downtime_last_week_minutes),
        said=", ".join(f"{numbers[status.value]:,} {word.lower()}" for status, word in STATUS_WORDS.items()),
    )


def heat_map(hours: Sequence[HourOfWeek] | None) -> HeatMap | None:
    """The fleet's week; None where the policy gives minutes no status."""
    if hours is None:
        return None
    cells = [_heat_cell(hour) for hour in hours]
    days = [
        HeatDay(name, [percent(hour.up_minutes, hour.down_minutes) for hour in hours[24 * day : 24 * (day + 1)]])
        for day, name in enumerate(DAYS)
    ]
    return HeatMap(pictures.heat_map(cells, 24, _heat_text(hours)), days)


def worst_stores(worst: Sequence[ListedStore]) -> list[WorstStore]:
    """Those with the most minutes down."""
    return [
        WorstStore(
            store.store_id,
            store_url(store.store_id),
            store.status,
            STATUS_WORDS[Status(store.status)],
            business_time(store.downtime_last_week_minutes),
            percent(store.uptime_last_week_minutes, store.downtime_last_week_minutes),
        )
        for store in worst
    ]


def listing(page: StorePage, rows: list[StoreRow], chosen: Filter, start: int, previous: str | None) -> Listing:
    """A page that begins at the place `start` of its list; `previous` is the cursor of the page before."""
    end = start + len(page.stores)
    return Listing(
        rows=rows,
        columns=[Column(title, name, _sorted_url(chosen, by), _aria(chosen, by)) for title, name, by in _COLUMNS],
        shown=f"{start + 1:,} to {end:,} of {count(page.total, 'store')}" if rows else "",
        total=page.total,
        has_filter=bool(chosen.q or chosen.status or chosen.zone),
        first_url=fleet_url(chosen) if start else None,
        previous_url=fleet_url(chosen, previous) if start else None,
        next_url=None if page.next_cursor is None else fleet_url(chosen, page.next_cursor),
    )


def chosen_in_form(chosen: Filter) -> Chosen:
    """The filter as the form shows it."""
    return Chosen(chosen.q or "", chosen.status or "", chosen.zone or "", chosen.sort.value, chosen.is_reversed)


def fleet_url(chosen: Filter, cursor: str | None = None) -> str:
    """The fleet's page with a filter, from a cursor on."""
    sort = None if chosen.sort is Sort.ID else chosen.sort.value
    order = "reverse" if chosen.is_reversed else None
    asked = {"q": chosen.q, "status": chosen.status, "zone": chosen.zone, "sort": sort, "order": order}
    return with_query("/ui", {**asked, "cursor": cursor})


def _sorted_url(chosen: Filter, by: Sort | None) -> str | None:
    """Sorted by this column; where it is already, the other way round."""
    if by is None:
        return None
    turned = by is chosen.sort and not chosen.is_reversed
    return f"{fleet_url(replace(chosen, sort=by, is_reversed=turned))}#stores"


def _aria(chosen: Filter, by: Sort | None) -> str | None:
    if by is None or by is not chosen.sort:
        return None
    is_descending = (by in _DESCENDING_BY_NATURE) is not chosen.is_reversed
    return "descending" if is_descending else "ascending"


def _heat_cell(hour: HourOfWeek) -> HeatCell:
    at = f"{DAYS[hour.day]} {hour.hour:02}:00 to {hour.hour + 1:02}:00"
    known = hour.up_minutes + hour.down_minutes
    if not known:
        return HeatCell(None, f"{at}: no store was open")
    said = f"{at}: {percent(hour.up_minutes, hour.down_minutes)} up, {business_time(hour.down_minutes)} down"
    return HeatCell(hour.down_minutes / known, said)


def _heat_text(hours: Sequence[HourOfWeek]) -> str:
    known = [hour for hour in hours if hour.up_minutes + hour.down_minutes]
    if not known:
        return "Uptime by hour of the week: no store was open"
    worst = min(known, key=lambda hour: hour.up_minutes / (hour.up_minutes + hour.down_minutes))
    share = percent(worst.up_minutes, worst.down_minutes)
    return f"Uptime by hour of the week; lowest {share} on {DAYS[worst.day]} from {worst.hour:02}:00; table below"
