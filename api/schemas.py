"""The bodies of the API's answers."""

from typing import Literal

from pydantic import BaseModel, Field


class TriggeredReport(BaseModel):
    """A report has begun."""

    report_id: str = Field(examples=["0f8fad5bd9cb469fa16570867728950e"])


class ReportAnswer(BaseModel):
    """Where a report is; `url` is null until it is complete."""

    status: Literal["Running", "Complete"]
    url: str | None = Field(examples=["http://127.0.0.1:8000/reports/0f8fad5bd9cb469fa16570867728950e/download"])


class FailedReportAnswer(BaseModel):
    """A report that can't be made, and why."""

    status: Literal["Failed"] = "Failed"
    url: None = None
    code: str = Field(examples=["partitions_lagging"])
    reason: str


class Alive(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class PartitionLag(BaseModel):
    """One topic of one partition; position is null where there is no database, end and lag where Kafka is away."""

    partition: int
    topic: str
    position: int | None
    end: int | None
    lag: int | None


class Readiness(BaseModel):
    """Whether everything that was replayed and acknowledged is in the tables; if not, why."""

    ready: bool
    reasons: list[str]
    replay: Literal["running", "done", "failed"] | None
    partitions: list[PartitionLag]
