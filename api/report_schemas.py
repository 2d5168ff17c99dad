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

    report_id: str | int = Field(examples=["0f8fad5bd9cb469fa16570867728950e"])


class FormAError(BaseModel):
    """What was wrong."""

    error: str = Field(examples=["there is no report '0f8fad5bd9cb469fa16570867728950e'"])
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

    first: str = Field(alias="from", max_length=64, examples=["2023-01-20"])
    end: str = Field(alias="to", max_length=64, examples=["2023-01-25"])


class FilterBody(BaseModel):
    """Stores that meet each condition given: a text somewhere in the id (case counts), the zone in force at T."""

    model_config = ConfigDict(extra="forbid")

    q: str | None = Field(None, min_length=1, max_length=256, examples=["8419"])
    zone: str | None = Field(None, max_length=64, examples=["America/Chicago"])


class ReportBody(BaseModel):
    """What is wanted of a report; everything has a default, and an id that isn't known has no row."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "as_of": "2023-01-25T18:13:00Z",
                    "policy": "max_gap:90",
                    "filter": {"zone": "America/Chicago"},
                    "columns": "extended",
                }
            ]
        },
    )

    as_of: str | None = Field(
        None,
        max_length=64,
        description="ISO 8601, UTC without an offset; `stream` or `wall`.",
        examples=["2023-01-25T18:13:00Z"],
    )
    policy: str | None = Field(None, max_length=64, description="A name of docs/policies.md.", examples=["max_gap:90"])
    windows: WindowKind | None = Field(None, description="By default as the policy has them.")
    range: RangeBody | None = Field(None, description="One window instead, whose end is T.")
    stores: list[str] | None = Field(None, max_length=10_000, description="The ids of the rows.", examples=[["a", "b"]])
    filter: FilterBody | None = None
    columns: Columns = Columns.DEFAULT
    format: Format = Format.CSV
    allow_stale: bool = Field(default=False, description="Compute with what is there when the tables lag behind.")


class Offsets(BaseModel):
    """Source positions (topic -> offset) that it was computed at, and the ends it had to reach, null where unknown."""

    partition: int = Field(examples=[0])
    positions: dict[str, int] = Field(examples=[{"store-polls": 812, "store-calendars": 40}])
    ends: dict[str, int] | None = Field(examples=[{"store-polls": 812, "store-calendars": 40}])


class Counts(BaseModel):
    """What it holds; `polls` counts retained ones, at most one a store and minute, of the stores asked for."""

    stores: int | None = Field(examples=[14000])
    polls: int | None = Field(examples=[2106133])
    first_poll: str | None = Field(description="When the first of them was.", examples=["2023-01-10T00:00:41.388884Z"])
    last_poll: str | None = Field(description="And the last.", examples=["2023-01-25T18:13:22.479220Z"])
    calendars: int | None = Field(examples=[13559])
    bytes: int | None = Field(examples=[742113])


class Links(BaseModel):
    """Where to go on; `download` is null until it is complete."""

    self: str = Field(examples=["http://127.0.0.1:8000/reports/0f8fad5bd9cb469fa16570867728950e"])
    download: Url | None


class ReportView(BaseModel):
    """Everything about one report; `timings` are milliseconds a step, instants ISO 8601 in UTC."""

    report_id: ReportId
    state: ReportState = Field(examples=[ReportState.COMPLETE])
    progress: float = Field(
        ge=0, le=1, description="Of its computation; 1 while it is being uploaded, too.", examples=[1.0]
    )
    triggered_at: str = Field(examples=["2023-01-25T18:14:01.112Z"])
    started_at: str | None = Field(examples=["2023-01-25T18:14:01.115Z"])
    finished_at: str | None = Field(examples=["2023-01-25T18:14:01.463Z"])
    requested_as_of: str | None = Field(examples=[None])
    as_of: str | None = Field(description="T, floored to its minute.", examples=["2023-01-25T18:13:00.000000Z"])
    policy: str = Field(examples=["default"])
    windows: WindowKind | None = Field(examples=[None])
    columns: Columns
    format: Format
    range: RangeBody | None = Field(examples=[None])
    stores: list[str] | None = Field(examples=[None])
    filter: FilterBody | None = Field(examples=[None])
    allow_stale: bool = Field(examples=[False])
    partitions: list[Offsets]
    counts: Counts
    timings: dict[str, float] = Field(
        examples=[{"end_offsets": 3.1, "wait": 12.0, "catch_up": 4.4, "scan": 61.0, "count": 83.2, "write": 52.9}]
    )
    sha256: str | None = Field(examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])
    code: str | None = Field(description="Why it isn't complete: a stable code.", examples=[None])
    reason: str | None = Field(examples=[None])
    links: Links


class ReportPage(BaseModel):
    """Reports, the newest first; `next` is the cursor of what follows, null at the end."""

    reports: list[ReportView]
    next: str | None = Field(examples=["MjAyMy0wMS0yNVQxODoxNDowMS4xMTJaIDBmOGZhZDVi"])
