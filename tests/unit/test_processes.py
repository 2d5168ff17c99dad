"""Children, really started and really killed."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from stream_app.local import die_with_parent, processes
from stream_app.local.processes import ManagedProcess, ProcessNotStartedError
from tests.support.waiting import comes_true, is_orphan_gone, process_exists

LOG_LINE = "ready"
DEAF = "trap '' TERM; sleep 300 & echo $! > {pids}; echo ready; wait; wait"
PARENT_OF_SLEEP = """
import sys, time
from pathlib import Path
from stream_app.local.processes import ManagedProcess
child = ManagedProcess.start("sleep", ["sleep", "300"], log_file=Path(sys.argv[1]))
print("pid", child.pid, flush=True)
try:
    time.sleep(60)
except KeyboardInterrupt:
    time.sleep(0.2)  # long enough for the child to die, if the signal reached it too
    print("alive", child.is_alive(), flush=True)
    child.stop(5)
"""


def shell(script: str, log_file: Path) -> ManagedProcess:
    """Start a shell that says `ready`, and wait until it has."""
    process = ManagedProcess.start("shell", ["sh", "-c", script], log_file=log_file)
    assert comes_true(lambda: LOG_LINE in process.log_tail()), process.log_tail()
    return process


def start_parent_of_sleep(log_file: Path) -> tuple[subprocess.Popen[str], int]:
    argv = [sys.executable, "-c", PARENT_OF_SLEEP, str(log_file)]
    parent = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert parent.stdout is not None
    said = next((line for line in parent.stdout if line.startswith("pid ")), None)  # structlog's lines come first
    assert said is not None, "the parent ended without starting its child"
    comm = Path("/proc", said.split()[1], "comm")
    # Past the guard, whose own check of its parent would end the child as well.
    assert comes_true(lambda: comm.read_text() == "sleep\n")
    return parent, int(said.split()[1])


def test_child_is_gone_after_its_parent_was_killed(tmp_path: Path) -> None:
    parent, child_pid = start_parent_of_sleep(tmp_path / "log")
    assert process_exists(child_pid)

    parent.kill()
    parent.wait(10)

    assert is_orphan_gone(child_pid)


def test_ctrl_c_reaches_the_parent_but_not_its_child(tmp_path: Path) -> None:
    parent, _ = start_parent_of_sleep(tmp_path / "log")

    os.killpg(parent.pid, signal.SIGINT)

    output, _ = parent.communicate(timeout=10)
    assert "alive True" in output


def test_child_whose_parent_died_before_it_was_watched_does_not_start(tmp_path: Path) -> None:
    parent_that_is_gone = subprocess.Popen([sys.executable, "-c", ""])
    parent_that_is_gone.wait(10)
    guard = [sys.executable, "-I", "-S", die_with_parent.__file__, str(parent_that_is_gone.pid)]

    ended = subprocess.run([*guard, "touch", tmp_path / "started"], check=False, capture_output=True, text=True)

    assert ended.returncode == 1
    assert "ended before it could be watched" in ended.stderr
    assert not (tmp_path / "started").exists()


def test_stop_asks_first_so_that_a_child_can_end_in_order(tmp_path: Path) -> None:
    process = shell("trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done", tmp_path / "log")

    exit_code = process.stop(grace_s=10)

    assert exit_code == 7
    assert not process.is_alive()


def test_child_deaf_to_sigterm_is_killed_with_all_it_started(tmp_path: Path) -> None:
    process = shell(DEAF.format(pids=tmp_path / "pids"), tmp_path / "log")
    grandchild_pid = int((tmp_path / "pids").read_text())

    exit_code = process.stop(grace_s=0.2)

    assert exit_code == -signal.SIGKILL
    assert is_orphan_gone(grandchild_pid)


def test_stop_of_an_ended_child_returns_its_exit_code(tmp_path: Path) -> None:
    process = ManagedProcess.start("sh", ["sh", "-c", "exit 3"], log_file=tmp_path / "log")
    assert process.wait(10) == 3

    assert process.stop(grace_s=0) == 3


def test_wait_returns_none_while_the_child_runs(tmp_path: Path) -> None:
    process = shell("echo ready; exec sleep 300", tmp_path / "log")

    exit_code = process.wait(0.05)

    assert exit_code is None
    process.stop(grace_s=5)


def test_log_tail_shows_the_last_lines_of_this_start_only(tmp_path: Path) -> None:
    log_file = tmp_path / "logs" / "child.log"
    for text in ("earlier", "one; echo two; echo three >&2"):
        process = ManagedProcess.start("sh", ["sh", "-c", f"echo {text}"], log_file=log_file)
        process.wait(10)

    assert process.log_tail(lines=9) == "one\ntwo\nthree"
    assert process.log_tail(lines=2) == "two\nthree"
    assert log_file.read_text() == "earlier\none\ntwo\nthree\n"


def test_large_log_is_set_aside_before_a_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "MAX_LOG_BYTES", 10)
    log_file = tmp_path / "log"
    log_file.write_text("more than ten bytes")

    process = ManagedProcess.start("sh", ["sh", "-c", "echo new"], log_file=log_file)
    process.wait(10)

    assert log_file.read_text() == "new\n"
    assert (tmp_path / "log.1").read_text() == "more than ten bytes"


def test_missing_command_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProcessNotStartedError, match="worker: no executable 'no-such-command'"):
        ManagedProcess.start("worker", ["no-such-command"], log_file=tmp_path / "log")


def test_start_is_refused_outside_the_main_thread(tmp_path: Path) -> None:
    refusals = []

    def start() -> None:
        try:
            ManagedProcess.start("sleep", ["sleep", "300"], log_file=tmp_path / "log")
        except RuntimeError as error:
            refusals.append(str(error))

    thread = threading.Thread(target=start)
    thread.start()
    thread.join(10)

    assert len(refusals) == 1
    assert "main thread" in refusals[0]
