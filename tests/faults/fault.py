"""What goes wrong inside a worker, and at which call of which method; entry.py makes it happen."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Point(StrEnum):
    """Before which call."""

    FENCE = "fence"  # an owner takes a partition's transactional id
    RECOVER = "recover"  # runs of the changelog are written to the database
    TAKE = "take"  # a run of polls is given to its partition
    SEND = "send"  # a batch of a checkpoint goes to Kafka
    COMMIT = "commit"  # a checkpoint's transaction is committed
    WRITE = "write"  # a committed checkpoint is written to the database
    ACK = "ack"  # a run is acked
    SAID = "said"  # by a control: the positions are durable, their values are not


class Action(StrEnum):
    """What happens there: a signal to the process itself, or waiting until the gate is opened."""

    STOP = "SIGSTOP"
    KILL = "SIGKILL"
    TERMINATE = "SIGTERM"
    HOLD = "hold"


class Control(StrEnum):
    """What loses polls, or stops taking them in, for the harness to show that it sees it."""

    ACK_FIRST = "ack first"  # a run is acked as it arrives
    UNRECOVERED = "unrecovered"  # a recovery that never ends
    STRANDING = "stranding"  # a partition that is given up leaves the agent waiting that fills it
    POSITIONS_FIRST = "positions first"  # a checkpoint's positions are durable before its values


@dataclass(frozen=True, slots=True)
class Fault:
    """The `call`-th call (from 1) of `point` meets `action`; HOLD waits there until the file `gate` exists."""

    point: Point
    call: int
    action: Action
    gate: Path | None = None

    def environment(self) -> dict[str, str]:
        """How a worker is told."""
        gate = {} if self.gate is None else {"FAULT_GATE": str(self.gate)}
        return {"FAULT_POINT": self.point, "FAULT_CALL": str(self.call), "FAULT_ACTION": self.action, **gate}

    @classmethod
    def of_environment(cls, environment: Mapping[str, str]) -> "Fault | None":
        """What a worker was told."""
        if "FAULT_POINT" not in environment:
            return None
        gate = environment.get("FAULT_GATE")
        return cls(
            Point(environment["FAULT_POINT"]),
            int(environment["FAULT_CALL"]),
            Action(environment["FAULT_ACTION"]),
            None if gate is None else Path(gate),
        )
