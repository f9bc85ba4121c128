"""Child processes that never outlive the demo.

Each child leads a process group of its own, so that Ctrl-C reaches the demo alone and the demo decides the
order in which things end. A child is told by the kernel (PR_SET_PDEATHSIG) when the demo is killed, so
that even `kill -9` leaves nothing running.
"""
from __future__ import annotations

import ctypes
import os
import signal
import subprocess
from typing import Callable, Dict, List, NamedTuple, Optional

PR_SET_PDEATHSIG = 1
# What a child gets to end by itself; a JVM with shutdown hooks needs one or two seconds.
GRACE_SECONDS = 10
_libc = ctypes.CDLL(None, use_errno=True)


class Interrupted(BaseException):
    """A signal asked the demo to end. Not an Exception, so that nobody handles it by mistake."""

    def __init__(self, number: int):
        super().__init__(f"ended by signal {number}")
        self.number = number


class Children:
    """All children of one run. Leaving the `with` block ends whatever still runs, youngest first."""

    def __init__(self) -> None:
        self._running: Dict[subprocess.Popen, _Ending] = {}

    def __enter__(self) -> "Children":
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _interrupt)
        return self

    def __exit__(self, *_) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for child in reversed(list(self._running)):
            self.end(child)

    def start(self, command: List[str], environment: Optional[Dict[str, str]] = None, end_by: int = signal.SIGTERM,
              afterwards: Callable[[], None] = lambda: None, **options) -> subprocess.Popen:
        """Starts a child that is told to end by the signal `end_by`; `afterwards` is called when it has."""
        parent = os.getpid()

        def bind_to_parent() -> None:
            _libc.prctl(PR_SET_PDEATHSIG, end_by, 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

        child = subprocess.Popen(command, env=environment, start_new_session=True, preexec_fn=bind_to_parent, **options)
        self._running[child] = _Ending(end_by, afterwards)
        return child

    def end(self, child: subprocess.Popen) -> None:
        """Asks the child's whole group to end, then insists."""
        ending = self._running.pop(child, _Ending(signal.SIGTERM, lambda: None))
        for number in (ending.signal, signal.SIGKILL):
            _signal_group(child.pid, number)
            try:
                child.wait(GRACE_SECONDS)
                break
            except subprocess.TimeoutExpired:
                continue
        # The leader is gone; a grandchild that ignored the polite signal must not stay.
        _signal_group(child.pid, signal.SIGKILL)
        for pipe in (child.stdin, child.stdout, child.stderr):
            if pipe:
                pipe.close()
        ending.afterwards()


class _Ending(NamedTuple):
    signal: int
    afterwards: Callable[[], None]


def _signal_group(group: int, number: int) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        pass


def _interrupt(number: int, _frame) -> None:
    raise Interrupted(number)
