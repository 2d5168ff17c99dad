"""The worker with something wrong inside, told what by the variables FAULT_* of its environment.

The product has no switch for any of it: its classes are wrapped here, and its own main runs.
"""

import asyncio
import inspect
import itertools
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer
from faust.events import Event

from stream_app import changelog_renewal, record_batches
from stream_app.__main__ import main
from stream_app.changelog import ChangelogWriter
from stream_app.checkpoint import PartitionWorker
from stream_app.local.die_with_parent import ask_kernel_to_kill_me_with_my_parent
from stream_app.state_table import StateTable
from tests.faults import controls, slow_commits
from tests.faults.fault import Action, Control, Fault, Point

_METHODS: dict[Point, tuple[Any, str]] = {
    Point.FENCE: (ChangelogWriter, "start"),
    Point.RECOVER: (StateTable, "apply_changelog_batch"),
    Point.TAKE: (PartitionWorker, "take"),
    Point.SEND: (AIOKafkaProducer, "send_batch"),
    Point.COMMIT: (AIOKafkaProducer, "commit_transaction"),
    Point.WRITE: (StateTable, "write"),
    Point.ACK: (Event, "ack"),
    Point.SAID: (controls, "said"),
}
_GATE_RETRY_S = 0.02
_SMALL_BATCH_BYTES = 50_000  # so that a checkpoint has several batches, and a fault can fall between them


def arm(fault: Fault) -> None:
    """Wrap the method, so that its n-th call meets the fault first."""
    owner, name = _METHODS[fault.point]
    original = getattr(owner, name)
    wrap = _struck_async if inspect.iscoroutinefunction(original) else _struck
    setattr(owner, name, wrap(original, fault))


def _struck(original: Callable[..., Any], fault: Fault) -> Callable[..., Any]:
    calls = itertools.count(1)

    def struck(*args: Any, **kwargs: Any) -> Any:
        if next(calls) == fault.call:
            _signal_self(fault.action)
        return original(*args, **kwargs)

    return struck


def _struck_async(original: Callable[..., Any], fault: Fault) -> Callable[..., Any]:
    calls = itertools.count(1)

    async def struck(*args: Any, **kwargs: Any) -> Any:
        if next(calls) == fault.call:
            if fault.action is Action.HOLD:
                await _hold(fault)
            else:
                _signal_self(fault.action)
        return await original(*args, **kwargs)

    return struck


async def _hold(fault: Fault) -> None:
    """Say so in the log, and go on once the gate is open; the loop runs on, and with it heartbeats and rebalances."""
    assert fault.gate is not None
    print("fault.holding", flush=True)
    while not fault.gate.exists():
        await asyncio.sleep(_GATE_RETRY_S)


def _signal_self(action: Action) -> None:
    print(f"fault.struck {action}", flush=True)
    os.kill(os.getpid(), signal.Signals[action])


def run_worker(environment: Mapping[str, str], log: Path) -> None:
    """Be a worker process: its environment, its output in `log`, the product's main."""
    ask_kernel_to_kill_me_with_my_parent()
    os.environ.update(environment)
    with log.open("ab") as output:
        os.dup2(output.fileno(), sys.stdout.fileno())
        os.dup2(output.fileno(), sys.stderr.fileno())
    assert hasattr(record_batches, "BATCH_BYTES")
    record_batches.BATCH_BYTES = _SMALL_BATCH_BYTES
    if piece_bytes := os.environ.get("FAULT_PIECE_BYTES"):
        assert hasattr(changelog_renewal, "PIECE_BYTES")
        changelog_renewal.PIECE_BYTES = int(piece_bytes)
    if (fault := Fault.of_environment(os.environ)) is not None:
        arm(fault)
    if control := os.environ.get("FAULT_CONTROL"):
        controls.take_control(Control(control))
    if seconds := os.environ.get("FAULT_COMMIT_TAKES"):
        slow_commits.arm(float(seconds))
    main()
