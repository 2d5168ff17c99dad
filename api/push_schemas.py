"""What streams of events take and give."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from api.status_event import PolledStatus
from stream_app.domain.store_id import MAX_BYTES


class StatusChange(BaseModel):
    """The data of an event `status`: from a minute on another status holds than was said before."""

    store_id: str = Field(examples=["8419537941919820732"])
    status: PolledStatus = Field(description="What the polls say; business hours make no events.")
    since: str = Field(description="The minute from which on it holds.", examples=["2023-01-25T18:00:00Z"])
    corrected: bool = Field(description="Whether something else was said of that time before.")


class ReportProgress(BaseModel):
    """The data of an event `report`."""

    report_id: str
    state: Literal["Pending", "Running", "Complete", "Failed", "Cancelled"]
    progress: float = Field(ge=0, le=1)
    code: str | None
    reason: str | None


class SocketSubscription(BaseModel):
    """The first message of a WebSocket's client; what isn't given restricts nothing."""

    model_config = ConfigDict(extra="forbid", strict=True)

    store_id: str | None = Field(None, description="Changes of this store alone.")
    status: PolledStatus | None = Field(None, description="Changes to this status alone.")
    q: str | None = Field(None, max_length=MAX_BYTES, description="Changes of stores with this text in their id.")
    report_id: str | None = Field(None, description="A report's progress instead of changes.")
    last_event_id: str | None = Field(None, max_length=16_384, description="Where an earlier stream ended.")
