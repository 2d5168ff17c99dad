"""Children of `up`: brought back where that was said, stopped in order, and otherwise the end of everything."""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from stream_app.errors import StoreMonitorError
from stream_app.given_up import GivenUp
from stream_app.local.restarts import RestartLimit
from stream_app.local.supervisor import ChildDiedError, PartGivenUpError, Supervisor, WhenItEnds
from tests.support.waiting import comes_true, process_exists

ENV = {"PATH": os.environ["PATH"]}
SAY_PID_AND_STAY = "echo pid $$; while :; do sleep 0.05; done"
QUICK_RESTARTS = 2
QUICK = RestartLimit(most=QUICK_RESTARTS, window_s=60, first_pause_s=0.05, longest_pause_s=0.1)


class Audience:
    """What the supervisor said; `end` is the error by which the owner ends everything."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.given_up: list[GivenUp] = []
        self.end: Exception | None = None

    def tell(self, line: str) -> None:
        self.told.append(line)

    def give_up(self, parts: Sequence[GivenUp]) -> None:
        self.given_up = list(parts)

    def check(self) -> None:
        if self.end is not None:
            raise self.end


class Stage:
    """A supervisor of shell scripts, with what they logged and what the user was told."""

    def __init__(self, folder: Path) -> None:
        self.audience = Audience()
        self._folder = folder
        self.supervisor = Supervisor(folder, self.audience, QUICK)

    @property
    def told(self) -> list[str]:
        """Each line that the user was shown."""
        return self.audience.told

    def start(self, name: str, script: str, when_it_ends: WhenItEnds) -> None:
        self.supervisor.start(name, ["sh", "-c", script], lambda: ENV, when_it_ends)

    def lines(self, name: str) -> list[str]:
        """What a child has logged, over all of its starts."""
        return (self._folder / f"{name}.log").read_text().splitlines()

    def pids(self, name: str) -> list[int]:
        """The process of each start, once each has said so."""
        return [int(line.split()[1]) for line in self.lines(name) if line.startswith("pid ")]

    def waits_until(self, claim: Callable[[], bool]) -> None:
        """Check again and again, as `up` does, until something is so."""
        waits_until(self.supervisor, claim)


def waits_until(supervisor: Supervisor, claim: Callable[[], bool]) -> None:
    def is_so() -> bool:
        supervisor.check()
        return claim()

    assert comes_true(is_so)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path)
    with stage.supervisor:
        yield stage


def test_child_that_is_killed_is_brought_back_and_the_user_is_told_why(stage: Stage) -> None:
    stage.start("worker-1", SAY_PID_AND_STAY, WhenItEnds.RESTART)
    stage.waits_until(lambda: len(stage.pids("worker-1")) == 1)

    os.kill(stage.pids("worker-1")[0], signal.SIGKILL)

    stage.waits_until(lambda: len(stage.pids("worker-1")) == 2)
    assert process_exists(stage.pids("worker-1")[1])
    assert stage.told == ["worker-1 was killed by signal 9; it is started again in 0.05 s."]


@pytest.mark.parametrize("exit_code", [0, 3])
def test_child_that_fails_over_and_over_is_given_up_with_the_end_of_its_log(stage: Stage, exit_code: int) -> None:
    stage.start("worker-1", f"echo cannot write; exit {exit_code}", WhenItEnds.RESTART)

    with pytest.raises(PartGivenUpError, match="worker-1 is stopped for the reason above"):
        stage.supervisor.wait_for(lambda: None)

    reason = f"it ended with exit code {exit_code} again, after 2 restarts"
    assert stage.lines("worker-1") == ["cannot write"] * 3
    assert [line.rpartition(" in ")[2] for line in stage.told[:-1]] == ["0.05 s.", "0.1 s."]
    assert stage.told[-1] == (
        f"worker-1 is stopped and not started again: {reason}.\nThe end of its log:\ncannot write"
    )
    assert stage.audience.given_up == [GivenUp("worker-1", reason)]


def test_child_that_says_that_no_restart_helps_is_not_started_again(stage: Stage) -> None:
    stage.start("worker-1", "echo store-monitor worker: topics differ.; exit 78", WhenItEnds.RESTART)

    stage.waits_until(lambda: bool(stage.told))

    assert stage.lines("worker-1") == ["store-monitor worker: topics differ."]
    assert stage.told == ["worker-1 is stopped and not started again: topics differ."]
    assert stage.audience.given_up == [GivenUp("worker-1", "topics differ")]


def test_the_rest_goes_on_without_a_child_that_is_given_up(stage: Stage) -> None:
    stage.start("api", SAY_PID_AND_STAY, WhenItEnds.RESTART)
    stage.start("worker-1", "exit 78", WhenItEnds.RESTART)
    stage.waits_until(lambda: bool(stage.told))

    answer = stage.supervisor.wait_for(lambda: stage.pids("api") or None, needed={"api"})

    assert process_exists(answer[0])
    assert stage.supervisor.watch(lambda: "still watched") == "still watched"


def test_child_without_a_limit_is_brought_back_however_often_it_ends(stage: Stage) -> None:
    stage.start("api", "exit 1", WhenItEnds.RESTART)
    stage.supervisor.restart_without_limit("api")

    stage.waits_until(lambda: len(stage.told) > QUICK_RESTARTS + 2)

    assert stage.audience.given_up == []


def test_the_owner_can_end_everything_before_the_children_are_looked_at(stage: Stage) -> None:
    stage.start("worker-1", "exit 3", WhenItEnds.RESTART)
    stage.audience.end = StoreMonitorError("the state directory is gone")

    with pytest.raises(StoreMonitorError, match="the state directory is gone"):
        stage.supervisor.watch(lambda: None)

    assert stage.told == []


def test_child_without_which_nothing_works_is_not_brought_back(stage: Stage) -> None:
    stage.start("broker", "echo on fire; exit 1", WhenItEnds.STOP_ALL)

    with pytest.raises(ChildDiedError, match=r"broker ended with exit code 1; everything is stopped\..*\non fire"):
        stage.supervisor.wait_for(lambda: None)

    assert stage.lines("broker") == ["on fire"]


def test_job_may_end_but_not_fail(stage: Stage) -> None:
    stage.start("producers", "exit 0", WhenItEnds.IS_DONE)
    stage.start("other", "sleep 0.2; exit 1", WhenItEnds.IS_DONE)

    with pytest.raises(ChildDiedError) as died:
        stage.supervisor.wait_for(lambda: None)

    assert died.value.name == "other"
    assert stage.told == []


def test_each_child_has_ended_before_the_one_that_was_added_before_it_is_asked_to(tmp_path: Path, stage: Stage) -> None:
    events = tmp_path / "events"
    on_term = "echo {0} asked >> {1}; sleep 0.2; echo {0} ends >> {1}; exit"
    for name in ("broker", "worker-1", "api"):
        script = f"trap '{on_term.format(name, events)}' TERM; {SAY_PID_AND_STAY}"
        stage.start(name, script, WhenItEnds.RESTART)
        stage.waits_until(lambda name=name: len(stage.pids(name)) == 1)  # type: ignore[misc]
    os.kill(stage.pids("worker-1")[0], signal.SIGKILL)
    stage.waits_until(lambda: len(stage.pids("worker-1")) == 2)

    stage.supervisor.stop()

    said = [f"{name} {what}" for name in ("api", "worker-1", "broker") for what in ("asked", "ends")]
    assert events.read_text().splitlines() == said


def test_child_in_its_pause_is_not_started_by_stopping(tmp_path: Path) -> None:
    audience = Audience()
    supervisor = Supervisor(tmp_path, audience, RestartLimit(first_pause_s=30))
    supervisor.start("worker-1", ["sh", "-c", "echo started"], lambda: ENV, WhenItEnds.RESTART)
    waits_until(supervisor, lambda: bool(audience.told))

    supervisor.check()
    supervisor.stop()

    assert (tmp_path / "worker-1.log").read_text() == "started\n"


def test_environment_is_asked_for_at_each_start(stage: Stage) -> None:
    ports = iter(["unset", "4711", "4712", "4713"])
    script = ["sh", "-c", "echo port $PORT; exit 1"]
    stage.supervisor.start("api", script, lambda: {**ENV, "PORT": next(ports)}, WhenItEnds.RESTART)

    stage.waits_until(lambda: len(stage.lines("api")) == 2)

    assert stage.lines("api") == ["port unset", "port 4711"]


def test_pause_doubles_and_too_many_ends_within_the_window_are_enough() -> None:
    limit = RestartLimit(most=3, window_s=60, first_pause_s=0.5)

    assert [limit.pause_s([10.0] * count, now=10) for count in range(1, 5)] == [0.5, 1, 2, None]


def test_without_a_limit_the_pause_grows_up_to_its_bound() -> None:
    limit = RestartLimit(most=None, first_pause_s=0.5, longest_pause_s=30)

    assert [limit.pause_s([10.0] * count, now=10) for count in (1, 2, 6, 7, 8, 5000)] == [0.5, 1, 16, 30, 30, 30]


def test_ends_before_the_window_are_forgotten() -> None:
    limit = RestartLimit(most=3, window_s=60, first_pause_s=0.5)

    assert limit.pause_s([0.0, 1.0, 2.0, 61.5, 61.9], now=61.9) == 2
    assert limit.pause_s([0.0, 1.0, 2.0, 62.0], now=62) == 0.5
