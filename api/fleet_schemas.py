"""The bodies of the live answers about the fleet."""

from pydantic import BaseModel, Field

from api.schemas import PartitionLag
from api.store_schemas import EXAMPLE_INSTANT, LastPoll, Minutes, StatusName, StoreFigures


class StoreRow(StoreFigures):
    """One store in a list."""

    store_id: str = Field(examples=["8419537941919820732"])
    status: StatusName
    zone: str = Field(examples=["America/Chicago"])
    last_poll: LastPoll | None


class StorePage(BaseModel):
    """A page of the fleet; all pages of one cursor are of one snapshot."""

    as_of: str = Field(examples=[EXAMPLE_INSTANT])
    policy: str = Field(examples=["default"])
    snapshot: str = Field(examples=["pX0aBc9Q"])
    total: Minutes = Field(description="Stores on all pages.", examples=[14000])
    stores: list[StoreRow]
    next_cursor: str | None = Field(description="null: this was the last page.", examples=["pX0aBc9Q.100.3735928559"])


class FleetNow(BaseModel):
    """How many stores have each status."""

    up: int = Field(examples=[9100])
    down: int = Field(examples=[400])
    unknown: int = Field(examples=[0])
    closed: int = Field(examples=[4500])


class HourOfWeek(BaseModel):
    """An hour of the stores' own weeks in the seven days before as_of, 0 = Monday."""

    day: int = Field(ge=0, le=6, examples=[2])
    hour: int = Field(ge=0, le=23, examples=[12])
    up_minutes: int = Field(examples=[591000])
    down_minutes: int = Field(examples=[9000])
    uptime_percent: float | None = Field(description="null: no store had a known minute in it.", examples=[98.5])


class FleetLag(BaseModel):
    """How far the tables are behind the topics; null where Kafka doesn't answer."""

    records: int | None = Field(examples=[0])
    partitions: list[PartitionLag]


class FleetState(BaseModel):
    """The fleet at `as_of`."""

    as_of: str = Field(examples=[EXAMPLE_INSTANT])
    first_poll: str | None = Field(description="The oldest poll that is kept.", examples=[EXAMPLE_INSTANT])
    last_poll: str | None = Field(description="The newest poll.", examples=[EXAMPLE_INSTANT])
    policy: str = Field(examples=["default"])
    stores: int = Field(examples=[14000])
    now: FleetNow
    minutes: StoreFigures = Field(description="Of all stores together.")
    zones: list[str] = Field(description="Those that its stores are in.", examples=[["America/Chicago", "UTC"]])
    uptime_by_hour_of_week: list[HourOfWeek] | None = Field(
        description="168 hours from Monday 00:00 on; null under poll_hours, which gives minutes no status."
    )
    worst: list[StoreRow] = Field(description="At most ten: the most minutes down in the last week first.")


class FleetSummary(FleetState):
    """The fleet at `as_of`, and how far behind the topics that is."""

    lag: FleetLag
