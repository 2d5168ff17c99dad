"""A store as a row of a table."""

from dataclasses import dataclass

from markupsafe import Markup

from api.pages import pictures
from api.pages.links import store_url
from api.pages.wording import NOTHING, Moment, business_time, count, duration, minute_of, moment, moment_of, percent
from api.store_schemas import LiveStore
from api.store_week import StoreWeek
from stream_app.domain.live_status import Status
from stream_app.domain.store_calendar import MINUTES_PER_DAY
from stream_app.domain.timeline import StatusRun, minutes_by_status
from stream_app.domain.windows import WEEK_MINUTES

STATUS_WORDS = {Status.UP: "Up", Status.DOWN: "Down", Status.UNKNOWN: "Unknown", Status.CLOSED: "Closed"}


@dataclass(frozen=True, slots=True)
class StatusNow:
    """A status, in words, and since when."""

    name: str
    word: str
    since: Moment | None
    lasted: str | None


@dataclass(frozen=True, slots=True)
class StoreRow:
    """What a list shows of one store; `picture` is None where the policy gives minutes no status."""

    store_id: str
    url: str
    status: StatusNow
    picture: Markup | None
    uptime_day: str
    uptime_week: str
    downtime_week: str
    last_poll: Moment | None
    silent_for: str
    zone: str


def store_row(week: StoreWeek) -> StoreRow:
    """The row of a store and its last seven days."""
    now = week.now
    return StoreRow(
        store_id=now.store_id,
        url=store_url(now.store_id),
        status=status_now(now),
        picture=None if week.runs is None else week_strip(week.runs, minute_of(now.as_of)),
        uptime_day=percent(now.uptime_last_day_minutes, now.downtime_last_day_minutes),
        uptime_week=percent(now.uptime_last_week_minutes, now.downtime_last_week_minutes),
        downtime_week=business_time(now.downtime_last_week_minutes) if now.downtime_last_week_minutes else NOTHING,
        last_poll=None if now.last_poll is None else moment_of(now.last_poll.timestamp_utc),
        silent_for="" if now.last_poll is None else duration(int(now.last_poll.age_seconds // 60)),
        zone=now.zone,
    )


def status_now(now: LiveStore) -> StatusNow:
    """The store's status on its own clock."""
    word = STATUS_WORDS[Status(now.status)]
    if now.since is None:
        return StatusNow(now.status, word, None, None)
    since = minute_of(now.since)
    return StatusNow(now.status, word, moment(since, now.zone), duration(minute_of(now.as_of) - since))


def week_strip(runs: list[StatusRun], end: int) -> Markup:
    """The seven days up to `end` (minutes since the epoch), with a line a day."""
    first = end - WEEK_MINUTES
    return pictures.strip(runs, first, end, in_words(runs), range(first + MINUTES_PER_DAY, end, MINUTES_PER_DAY))


def in_words(runs: list[StatusRun]) -> str:
    """What a picture of runs shows, for those who don't see it."""
    minutes = minutes_by_status(runs)
    stretches = sum(run.status is Status.DOWN for run in runs)
    said = [
        f"{STATUS_WORDS[status].lower()} {business_time(lasted)}"
        + (f" in {count(stretches, 'stretch', 'stretches')}" if status is Status.DOWN else "")
        for status, lasted in minutes.items()
        if lasted
    ]
    return ", ".join(said) or "nothing"
