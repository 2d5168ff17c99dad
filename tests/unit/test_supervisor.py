"""Children of `up`: brought back where that was said, stopped in order, and otherwise the end of everything."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stream_app.local.restarts import RestartLimit
from stream_app.local.supervisor import ChildDiedError, Supervisor, WhenItEnds
from tests.support.waiting import comes_true, process_exists

ENV = {"PATH": os.environ["PATH"]}
SAY_PID_AND_STAY = "echo pid $$; while :; do sleep 0.05; done"
QUICK = RestartLimit(most=2, window_s=60, first_pause_s=0.05)


class Stage:
    """A supervisor of shell scripts, with what they logged and what the user was told."""

    def __init__(self, folder: Path) -> None:
        self.told: list[str] = []
        self._folder = folder
        self.supervisor = Supervisor(folder, self.told.append, QUICK)

    def start(self, name: str, script: str, when_it_ends: WhenItEnds) -> None:
        self.supervisor.start(name, ["sh", "-c", script], ENV, when_it_ends)

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
def test_child_that_fails_over_and_over_ends_everything_with_the_end_of_its_log(stage: Stage, exit_code: int) -> None:
    stage.start("worker-1", f"echo cannot write; exit {exit_code}", WhenItEnds.RESTART)

    with pytest.raises(ChildDiedError) as died:
        stage.supervisor.wait_for(lambda: None)

    assert stage.lines("worker-1") == ["cannot write"] * 3
    assert str(died.value) == (
        f"worker-1 ended with exit code {exit_code} again, after 2 restarts; everything is stopped. "
        "The end of its log:\ncannot write"
    )
    assert [line.rpartition(" in ")[2] for line in stage.told] == ["0.05 s.", "0.1 s."]


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
    told: list[str] = []
    supervisor = Supervisor(tmp_path, told.append, RestartLimit(first_pause_s=30))
    supervisor.start("worker-1", ["sh", "-c", "echo started"], ENV, WhenItEnds.RESTART)
    waits_until(supervisor, lambda: bool(told))

    supervisor.check()
    supervisor.stop()

    assert (tmp_path / "worker-1.log").read_text() == "started\n"


def test_environment_is_read_at_each_start(stage: Stage) -> None:
    env = dict(ENV)
    stage.supervisor.start("api", ["sh", "-c", "echo port ${PORT:-unset}; exit 1"], env, WhenItEnds.RESTART)
    env["PORT"] = "4711"

    stage.waits_until(lambda: len(stage.lines("api")) == 2)

    assert stage.lines("api") == ["port unset", "port 4711"]


def test_pause_doubles_and_too_many_ends_within_the_window_are_enough() -> None:
    limit = RestartLimit(most=3, window_s=60, first_pause_s=0.5)

    assert [limit.pause_s([10.0] * count, now=10) for count in range(1, 5)] == [0.5, 1, 2, None]


def test_ends_before_the_window_are_forgotten() -> None:
    limit = RestartLimit(most=3, window_s=60, first_pause_s=0.5)

    assert limit.pause_s([0.0, 1.0, 2.0, 61.5, 61.9], now=61.9) == 2
    assert limit.pause_s([0.0, 1.0, 2.0, 62.0], now=62) == 0.5
