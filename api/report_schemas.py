"""The bodies of the report routes."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.report_request import Columns, Format
from api.report_storage import ReportState
from stream_app.domain.policy import WindowKind

ReportId = Annotated[str, Field(examples=["0f8fad5bd9cb469fa16570867728950e"])]
Url = Annotated[str, Field(examples=["http://127.0.0.1:8000/reports/0f8fad5bd9cb469fa16570867728950e/download"])]


class ReportAsked(BaseModel):
    """Which report; an id of digits alone may also come as a number."""

    report_id: str | int


class FormAError(BaseModel):
    """What was wrong."""

    error: str
    code: str = Field(examples=["unknown_report"])


class FormAReport(BaseModel):
    """Where a report is."""

    status: Literal["RUNNING", "COMPLETE"]
    url: Url | None = None


class MessageReport(BaseModel):
    """Where a report is, in words too."""

    report_id: ReportId
    status: Literal["Running", "Complete", "Failed"]
    message: str = Field(examples=["the report is being made"])


class FormEReport(BaseModel):
    """A report that isn't there."""

    status: Literal["running", "failed"]


class RangeBody(BaseModel):
    """One window: two UTC times, or two dates of each store's own days; `to` is exclusive."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    first: str = Field(alias="from", examples=["2023-01-20"])
    end: str = Field(alias="to", examples=["2023-01-25"])


class FilterBody(BaseModel):
    """Stores that meet each condition given: a text somewhere in the id (case counts), the zone in force at T."""

    model_config = ConfigDict(extra="forbid")

    q: str | None = Field(None, min_length=1, max_length=256)
    zone: str | None = Field(None, max_length=64, examples=["America/Chicago"])


class ReportBody(BaseModel):
    """What is wanted of a report; everything has a default, and an id that isn't known has no row."""

    model_config = ConfigDict(extra="forbid")

    as_of: str | None = Field(
        None,
        description="ISO 8601, UTC without an offset; `stream` or `wall`.",
        examples=["2023-01-25T18:13:00Z"],
    )
    policy: str | None = Field(None, description="A name of docs/policies.md.", examples=["max_gap:90"])
    windows: WindowKind | None = Field(None, description="By default as the policy has them.")
    range: RangeBody | None = Field(None, description="One window instead, whose end is T.")
    stores: list[str] | None = Field(None, max_length=10_000, description="The ids of the rows.", examples=[["a", "b"]])
    filter: FilterBody | None = None
    columns: Columns = Columns.DEFAULT
    format: Format = Format.CSV
    allow_stale: bool = Field(default=False, description="Compute with what is there when the tables lag behind.")


class Offsets(BaseModel):
    """Source positions (topic -> offset) that it was computed at, and the ends it had to reach, null where unknown."""

    partition: int
    positions: dict[str, int]
    ends: dict[str, int] | None


class Counts(BaseModel):
    """What it holds; `polls` counts retained ones, at most one a store and minute, of the stores asked for."""

    stores: int | None
    polls: int | None
    calendars: int | None
    bytes: int | None


class Links(BaseModel):
    """Where to go on; `download` is null until it is complete."""

    self: Url
    download: Url | None


class ReportView(BaseModel):
    """Everything about one report; `timings` are milliseconds a step, instants ISO 8601 in UTC."""

    report_id: ReportId
    state: ReportState
    progress: float = Field(ge=0, le=1, description="0 until it is being computed, 1 when it is complete.")
    triggered_at: str
    started_at: str | None
    finished_at: str | None
    requested_as_of: str | None
    as_of: str | None = Field(description="T, floored to its minute.")
    policy: str
    windows: WindowKind | None
    columns: Columns
    format: Format
    range: RangeBody | None
    stores: list[str] | None
    filter: FilterBody | None
    allow_stale: bool
    partitions: list[Offsets]
    counts: Counts
    timings: dict[str, float]
    sha256: str | None
    code: str | None = Field(description="Why it isn't complete: a stable code.")
    reason: str | None
    links: Links


class ReportPage(BaseModel):
    """Reports, the newest first; `next` is the cursor of what follows, null at the end."""

    reports: list[ReportView]
    next: str | None
