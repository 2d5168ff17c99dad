"""The bodies of the API's answers."""

from typing import Literal

from pydantic import BaseModel, Field


class TriggeredReport(BaseModel):
    """A report has begun."""

    report_id: str = Field(examples=["0f8fad5bd9cb469fa16570867728950e"])


class ReportAnswer(BaseModel):
    """Where a report is; `url` is null until it is complete."""

    status: Literal["Running", "Complete"]
    url: str | None = Field(
        description="Where the file is.",
        examples=["http://127.0.0.1:8000/reports/0f8fad5bd9cb469fa16570867728950e/download"],
    )


class FailedReportAnswer(BaseModel):
    """A report that can't be made, and why."""

    status: Literal["Failed"] = "Failed"
    url: None = None
    code: str = Field(examples=["partitions_lagging"])
    reason: str = Field(examples=["not every poll was taken in after 30 s: partition 2 at 810 of 812 in store-polls"])


class Alive(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"
    instance: str = Field(
        description="Another one at each start: it tells this process from another on the same port.",
        examples=["4f0c2a9b1d3e4a5f8b7c6d5e4f3a2b1c"],
    )


class PartitionLag(BaseModel):
    """One topic of one partition; position is null where there is no database, end and lag where Kafka is away."""

    partition: int = Field(examples=[2])
    topic: str = Field(examples=["store-polls"])
    position: int | None = Field(examples=[810])
    end: int | None = Field(examples=[812])
    lag: int | None = Field(examples=[2])
    is_held_back: bool = Field(
        default=False,
        description="All that can be read is in the table; an open transaction holds the rest back.",
    )


class Readiness(BaseModel):
    """Whether everything that was replayed and acknowledged is in the tables; if not, why."""

    ready: bool = Field(examples=[False])
    reasons: list[str] = Field(examples=[["partition 2 at 810 of 812 in store-polls"]])
    code: Literal["kafka_unavailable", "topics_unusable"] | None = Field(
        default=None,
        description="What keeps Kafka's topics from being compared with the tables; null where nothing does.",
        examples=[None],
    )
    stopped: list[str] = Field(
        [], description="Parts of the service that ended and are not started again.", examples=[["worker-1"]]
    )
    replay: Literal["running", "done", "failed"] | None = Field(
        description="null: there is none to wait for.", examples=["done"]
    )
    partitions: list[PartitionLag]
