"""The bodies of polls and calendars that come over HTTP."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from api.store_schemas import Minutes


class SentPoll(BaseModel):
    """One poll."""

    store_id: str = Field(examples=["8419537941919820732"])
    status: Literal["active", "inactive"]
    timestamp_utc: str = Field(
        description="ISO 8601 or as databases print it (docs/rules.md); UTC without an offset.",
        examples=["2023-01-25T18:13:22.47922Z"],
    )


class RefusedPoll(BaseModel):
    """A poll that counts for nothing."""

    index: int = Field(ge=0, description="Its place in the array, or among the lines that aren't blank.", examples=[7])
    code: str = Field(examples=["unknown_status"])
    message: str = Field(examples=["the status is neither `active` nor `inactive`: status 'closed'"])


class TakenPolls(BaseModel):
    """Kafka has acknowledged those that were accepted: they are in every report that is triggered from now on."""

    accepted: Minutes = Field(examples=[999])
    refused: Minutes = Field(examples=[1])
    errors: list[RefusedPoll] = Field(description="Of those refused, the first hundred.")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class SentOpening(_Strict):
    """Open from `start` to `end`, local, as 09:00 or 9:00 AM; an end at or before the start is on the day after."""

    start: str = Field(examples=["09:00"])
    end: str = Field(examples=["17:30"])


class SentWeekly(SentOpening):
    """The same on a day of the week, 0 = Monday."""

    day: int = Field(ge=0, le=6, examples=[0])


class SentVersion(_Strict):
    """Zone and weekly hours from a UTC time on; null: from ever."""

    effective_from: str | None = Field(examples=["2024-01-01T00:00:00Z"])
    timezone: str | None = Field(None, examples=["America/Denver"])
    hours: list[SentWeekly] = []


class SentException(_Strict):
    """All hours that begin on one local date; none is closed."""

    date: str = Field(examples=["2024-12-25"])
    hours: list[SentOpening]


class SentMaintenance(_Strict):
    """Outside business hours, whatever the hours say."""

    start: str = Field(alias="from", examples=["2024-03-01T02:00:00Z"])
    end: str = Field(alias="to", examples=["2024-03-01T04:30:00Z"])


class SentCalendar(_Strict):
    """Everything about one store's calendar, which replaces what there was: docs/calendars.md."""

    timezone: str | None = Field(None, description="IANA name; none: America/Chicago.", examples=["America/Denver"])
    hours: list[SentWeekly] = Field([], description="None: open around the clock.")
    versions: list[SentVersion] = Field([], description="In place of timezone and hours.")
    exceptions: list[SentException] = []
    maintenance: list[SentMaintenance] = []


class TakenCalendar(BaseModel):
    """Kafka has acknowledged the calendar; `offset` is its place, null where Kafka didn't say it."""

    store_id: str = Field(examples=["8419537941919820732"])
    partition: int = Field(examples=[2])
    offset: int | None = Field(examples=[1041])
