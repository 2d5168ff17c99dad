"""The bodies of the live answers about stores."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

MAX_IDS = 1000

StatusName = Literal["up", "down", "unknown", "closed"]

EXAMPLE_INSTANT = "2023-01-25T18:13:22.479220Z"
_MINUTE = "2023-01-25T18:00:00Z"
Minutes = Annotated[int, Field(ge=0)]


class LastPoll(BaseModel):
    """The newest poll so far."""

    status: Literal["active", "inactive"]
    timestamp_utc: str = Field(examples=[EXAMPLE_INSTANT])
    age_seconds: float = Field(description="From the poll to as_of.", examples=[35.5])


class StoreFigures(BaseModel):
    """Minutes of business hours in the policy's hour, day and week before as_of."""

    uptime_last_hour_minutes: Minutes = Field(examples=[60])
    uptime_last_day_minutes: Minutes = Field(examples=[660])
    uptime_last_week_minutes: Minutes = Field(examples=[4620])
    downtime_last_hour_minutes: Minutes = Field(examples=[0])
    downtime_last_day_minutes: Minutes = Field(examples=[60])
    downtime_last_week_minutes: Minutes = Field(examples=[420])


class LiveStore(StoreFigures):
    """One store at `as_of`: outside business hours it is closed, inside its polls decide by the policy."""

    store_id: str = Field(examples=["8419537941919820732"])
    status: StatusName
    since: str | None = Field(
        description="The minute from which on it has this status; null: for longer than is kept, or than 30 days.",
        examples=[_MINUTE],
    )
    is_open_now: bool = Field(examples=[True])
    next_open_local: str | None = Field(
        description="When business hours begin next, on the store's clock; null: not within 35 days.",
        examples=["2023-01-26T09:00:00-06:00"],
    )
    next_close_local: str | None = Field(
        description="When business hours end next, on the store's clock; null: not within 35 days.",
        examples=["2023-01-25T17:30:00-06:00"],
    )
    last_poll: LastPoll | None
    as_of: str = Field(examples=[EXAMPLE_INSTANT])
    policy: str = Field(examples=["default"])
    zone: str = Field(examples=["America/Chicago"])
    unknown_last_hour_minutes: Minutes = Field(examples=[0])
    unknown_last_day_minutes: Minutes = Field(examples=[0])
    unknown_last_week_minutes: Minutes = Field(examples=[0])


class TimelineRun(BaseModel):
    """One status, from `from` up to `to`."""

    model_config = ConfigDict(serialize_by_alias=True, populate_by_name=True)

    status: StatusName
    start: str = Field(alias="from", examples=["2023-01-25T12:00:00Z"])
    end: str = Field(alias="to", examples=[_MINUTE])


class TimelineTotals(BaseModel):
    """Minutes of the range by status, exact under every resolution."""

    up: Minutes = Field(examples=[660])
    down: Minutes = Field(examples=[60])
    unknown: Minutes = Field(examples=[0])
    closed: Minutes = Field(examples=[720])


class StoreRange(BaseModel):
    """What an answer about a time is about."""

    model_config = ConfigDict(serialize_by_alias=True, populate_by_name=True)

    store_id: str = Field(examples=["8419537941919820732"])
    as_of: str = Field(examples=[EXAMPLE_INSTANT])
    start: str = Field(alias="from", examples=["2023-01-24T18:13:00Z"])
    end: str = Field(alias="to", examples=["2023-01-25T18:13:00Z"])


class StoreTimeline(StoreRange):
    """Runs that cover the range without a gap."""

    policy: str = Field(examples=["default"])
    resolution: int = Field(description="Minutes of a slot; 1 is exact.", examples=[1])
    runs: list[TimelineRun]
    minutes: TimelineTotals


class Outage(BaseModel):
    """A run of down minutes in business time: closed hours neither count nor end it."""

    model_config = ConfigDict(serialize_by_alias=True, populate_by_name=True)

    start: str = Field(alias="from", description="Its first minute.", examples=["2023-01-24T22:30:00Z"])
    end: str = Field(alias="to", description="Past its last minute.", examples=["2023-01-25T15:30:00Z"])
    minutes_lost: Minutes = Field(description="Of business hours.", examples=[60])


class StoreOutages(StoreRange):
    """The outages inside the range, in order."""

    policy: str = Field(examples=["default"])
    count: Minutes = Field(examples=[1])
    longest_minutes: Minutes = Field(examples=[60])
    minutes_lost: Minutes = Field(examples=[60])
    outages: list[Outage]


class StorePoll(BaseModel):
    """A kept poll."""

    status: Literal["active", "inactive"]
    timestamp_utc: str = Field(examples=[EXAMPLE_INSTANT])


class StorePolls(StoreRange):
    """Kept polls, the newest first: of each minute the last one."""

    polls: list[StorePoll]
    next_to: str | None = Field(
        description="Ask with this as `to` for what is older; null where the page is the last one.", examples=[None]
    )


class OpeningHours(BaseModel):
    """Open from `start` to `end`, local HH:MM; an end at or before the start is on the day after."""

    start: str = Field(examples=["09:00"])
    end: str = Field(examples=["17:30"])


class WeeklyOpening(OpeningHours):
    """The same on a day of the week, 0 = Monday."""

    day: int = Field(ge=0, le=6, examples=[2])


class HoursVersion(BaseModel):
    """Zone and weekly hours from a minute on; no hours at all is open around the clock."""

    effective_from: str | None = Field(description="null: from ever.", examples=[None])
    timezone: str = Field(examples=["America/Chicago"])
    hours: list[WeeklyOpening]
    is_in_force: bool = Field(examples=[True])


class HoursException(BaseModel):
    """All hours that begin on one local date; none is closed."""

    date: str = Field(examples=["2023-12-25"])
    hours: list[OpeningHours]


class PlannedMaintenance(BaseModel):
    """Outside business hours, whatever the hours say."""

    model_config = ConfigDict(serialize_by_alias=True, populate_by_name=True)

    start: str = Field(alias="from", examples=["2023-01-25T03:00:00Z"])
    end: str = Field(alias="to", examples=["2023-01-25T04:00:00Z"])


CalendarPart = Literal["hours", "zone"]


class RefusedCalendar(BaseModel):
    """What was refused since the store's last valid calendar; the dead letters have it, with the reasons."""

    hours: Minutes = Field(description="Rows of hours files.", examples=[0])
    zones: Minutes = Field(description="Rows of zones files.", examples=[1])
    message: bool = Field(description="The newest calendar message was refused whole.", examples=[False])


class StoreHours(BaseModel):
    """A store's calendar; `zone` and `hours` are those in force at `as_of`."""

    store_id: str = Field(examples=["8419537941919820732"])
    as_of: str = Field(examples=[EXAMPLE_INSTANT])
    zone: str = Field(examples=["America/Chicago"])
    hours: list[WeeklyOpening]
    given: list[CalendarPart] = Field(description="Which of the two were given.", examples=[["hours"]])
    assumed: list[CalendarPart] = Field(
        description="Which of the two were not, or with nothing valid: without hours a store counts as open around the "
        "clock, without a zone as in America/Chicago.",
        examples=[["zone"]],
    )
    refused: RefusedCalendar
    versions: list[HoursVersion]
    exceptions: list[HoursException]
    maintenance: list[PlannedMaintenance]


class StoreQuery(BaseModel):
    """The stores to ask for; one that is named twice is answered once."""

    model_config = ConfigDict(extra="forbid")

    ids: list[str] = Field(min_length=1, max_length=MAX_IDS, examples=[["8419537941919820732", "nobody"]])


class QueriedStores(BaseModel):
    """The known ones in the order asked for, and the ids of the others."""

    as_of: str = Field(examples=[EXAMPLE_INSTANT])
    policy: str = Field(examples=["default"])
    stores: list[LiveStore]
    unknown: list[str] = Field(examples=[["nobody"]])
