"""Run a command that the kernel kills when its parent ends.

    python -I -S die_with_parent.py PARENT_PID COMMAND [ARG...]

A small program put before the command, and not subprocess's `preexec_fn`, which runs Python between fork and exec and
may deadlock there when the parent has threads (Python's documentation of subprocess.Popen says so). It costs 15 ms.
The signal is SIGKILL: a child that would rather end in an orderly way can wait for ever for what died with its parent.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h
EXIT_NOT_STARTED = 127  # as a shell says "command not found"


def ask_kernel_to_kill_me_with_my_parent() -> None:
    """Set the parent-death signal, which outlives exec (prctl(2)); other systems than Linux may leave an orphan."""
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")


def main() -> None:
    """Become the command, unless the parent is gone already."""
    parent_pid, command = int(sys.argv[1]), sys.argv[2:]
    ask_kernel_to_kill_me_with_my_parent()
    if os.getppid() != parent_pid:
        sys.exit(f"{command[0]}: not started, process {parent_pid} ended before it could be watched")
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it, and what is ignored stays so across exec
    try:
        os.execvp(command[0], command)  # noqa: S606 - a shell would be one more process to die
    except OSError as error:
        sys.stderr.write(f"{command[0]}: not started, {error}\n")
        sys.exit(EXIT_NOT_STARTED)


if __name__ == "__main__":
    main()
