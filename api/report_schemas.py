"""The bodies of the report routes."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

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
