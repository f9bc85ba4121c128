"""Reads what `cargo test` prints: which binary runs, and a line per test.

A binary that dies half way prints no result line; that is a failure of its own, as is a result line that
tells other numbers than were read, since then a test ran unseen. A test may run its own binary again (to
have a process of its own); what that one prints lies between the lines of the outer one and is not counted.
"""
from __future__ import annotations

import re
from pathlib import Path
from typing import Dict, List, Optional

from outcome import FAILED, PASSED, SKIPPED, Outcomes

RUNNING = re.compile(r"^\s+Running (?P<what>\S+.*) \((?P<binary>[^()]+)\)$")
DOC_TESTS = re.compile(r"^\s+Doc-tests (?P<crate>\S+)$")
BEGIN = re.compile(r"^running \d+ tests?$")
TEST = re.compile(r"^test (?P<name>.+?)(?: - should panic)? \.\.\. (?P<word>ok|FAILED|ignored)\b")
RESULT = re.compile(r"^test result: \w+\. (?P<passed>\d+) passed; (?P<failed>\d+) failed; (?P<ignored>\d+) ignored;")
LINE_NUMBER = re.compile(r" \(line \d+\)")
WORDS = {"ok": PASSED, "FAILED": FAILED, "ignored": SKIPPED}


class LibtestReader:
    """Takes the output line by line; `binaries` maps a test binary's file name to what it tests."""

    def __init__(self, outcomes: Outcomes, binaries: Dict[str, str]):
        self.outcomes, self.binaries = outcomes, binaries
        self.place = "?"
        # Counts of the binaries that have begun and not ended: the first is cargo's, others are within it.
        self._open: List[Dict[str, int]] = []
        self._listing = False

    def read(self, line: str) -> None:
        running, doc = RUNNING.match(line), DOC_TESTS.match(line)
        if running or doc:
            self.close()
            name = Path(running["binary"]).name if running else ""
            self.place = self.binaries.get(name, name) if running else doc["crate"].replace("_", "-") + "/doc"
        elif BEGIN.match(line):
            self._listing = self._listing or not self._open
            self._open.append({PASSED: 0, FAILED: 0, SKIPPED: 0})
        elif self._open:
            self._inside(line)

    def _inside(self, line: str) -> None:
        test, result = TEST.match(line), RESULT.match(line)
        outermost = len(self._open) == 1
        # What failed tests printed comes after this line and may look like anything.
        self._listing = self._listing and not (outermost and line == "failures:")
        if test and self._listing:
            outcome = WORDS[test["word"]]
            self._open[-1][outcome] += 1
            if outermost:
                self.outcomes.add(f"{self.place}::{LINE_NUMBER.sub('', test['name'])}", outcome)
        elif result:
            told = {PASSED: int(result["passed"]), FAILED: int(result["failed"]), SKIPPED: int(result["ignored"])}
            seen = self._open.pop()
            if outermost and told != seen:
                self.outcomes.breaks(f"{self.place}: the result line tells {told}, but {seen} were seen")

    def close(self) -> None:
        """Called where a binary's output must have ended."""
        if self._open:
            self.outcomes.breaks(f"{self.place} ended before its result line")
            self._open.clear()


def package_of(message: dict) -> Optional[tuple]:
    """From one of cargo's JSON messages: a test binary's file name and what it tests."""
    if message.get("reason") != "compiler-artifact" or not message.get("executable") or not message["profile"]["test"]:
        return None
    crate = Path(message["manifest_path"]).parent.name
    target = message["target"]
    kind = target["kind"][0]
    place = {"test": f"{crate}/tests/{target['name']}", "bin": f"{crate}/{target['name']}",
             "bench": f"{crate}/benches/{target['name']}", "example": f"{crate}/examples/{target['name']}"}
    return Path(message["executable"]).name, place.get(kind, crate)
