"""What a person sees while the tools work.

On a terminal one line is redrawn in place until its step ends; anywhere else (a pipe, a CI log) every
event is one plain line and nothing is ever redrawn.
"""
from __future__ import annotations

import sys
import threading
import time
from typing import Callable, Optional, Sequence, TextIO


class Terminal:
    """Prints steps and tables to one stream."""

    def __init__(self, stream: Optional[TextIO] = None):
        self.stream = stream or sys.stdout
        self.live = self.stream.isatty()
        self._lock = threading.Lock()
        self._drawn = False

    def say(self, text: str = "") -> None:
        with self._lock:
            self._erase()
            self.stream.write(text + "\n")
            self.stream.flush()

    def redraw(self, text: str) -> None:
        """Shows `text` in place on a terminal; elsewhere does nothing."""
        if not self.live:
            return
        with self._lock:
            self._erase()
            self.stream.write(text[: columns() - 1])
            self.stream.flush()
            self._drawn = True

    def step(self, title: str, detail: Optional[Callable[[], str]] = None) -> "Step":
        return Step(self, title, detail)

    def _erase(self) -> None:
        if self._drawn:
            self.stream.write("\r\033[K")
            self._drawn = False


class Step:
    """A `with` block that says what is being done, ticks, and says how long it took."""

    def __init__(self, terminal: Terminal, title: str, detail: Optional[Callable[[], str]]):
        self.terminal, self.title, self.detail = terminal, title, detail
        self.note = ""
        self._ended = threading.Event()

    def __enter__(self) -> "Step":
        self._began = time.monotonic()
        if self.terminal.live:
            self._ticker = threading.Thread(target=self._tick, daemon=True)
            self._ticker.start()
        else:
            self.terminal.say(f"  {self.title} ...")
        return self

    def __exit__(self, kind, *_):
        self._ended.set()
        if self.terminal.live:
            self._ticker.join()
        seconds = time.monotonic() - self._began
        mark = "failed after" if kind else "done in"
        note = f" ({self.note})" if self.note else ""
        self.terminal.say(f"  {self.title}: {mark} {seconds:.1f} s{note}")

    def _tick(self) -> None:
        while True:
            text = self.detail() if self.detail else self.note
            seconds = time.monotonic() - self._began
            self.terminal.redraw(f"  {self.title} ... {seconds:.0f} s  {text}")
            if self._ended.wait(0.5):
                return


def columns() -> int:
    import shutil

    return shutil.get_terminal_size((100, 24)).columns


def size(count: float) -> str:
    """Bytes for people: `512 B`, `3.4 MB`, `1.2 GB` (powers of ten)."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if abs(value) < 1000 or unit == "GB":
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    raise AssertionError("unreachable")


def table(head: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> str:
    """A plain table: the first `left` columns flush left, the others flush right."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        parts = [c.ljust(w) if i < left else c.rjust(w) for i, (c, w) in enumerate(zip(cells, widths))]
        return ("  " + "  ".join(parts)).rstrip()

    rule = "  " + "  ".join("-" * w for w in widths)
    return "\n".join([line(head), rule, *(line(row) for row in rows)])
