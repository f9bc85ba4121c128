"""One whole run: the suites in order, the comparison with the list, the sum."""
from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import List

import listed
import places
from children import Children, Interrupted
from outcome import FAILED, PASSED, SKIPPED, Outcomes
from suites import SUITES, Run
from terminal import Terminal, columns

LIST = places.CLONE / "tests" / "executed.txt"
LOGS = places.TARGET / "test"
RAN = LOGS / "ran.txt"
# How much of a failed suite's log is shown; the whole is in the file that is named beside it.
SHOWN_LINES = 60


def main(arguments: List[str]) -> int:
    parser = argparse.ArgumentParser(prog="tests/run", description=__doc__)
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=", ".join(SUITES))
    parser.add_argument("--write-list", action="store_true", help="rewrite tests/executed.txt from the last complete run")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.suites if name not in SUITES]
    if unknown:
        parser.error(f"no suite is called {', '.join(unknown)}: choose from {', '.join(SUITES)}")
    if options.write_list:
        return write_list()
    try:
        return run_all(options.suites or list(SUITES))
    except Interrupted as signal:
        print(f"\n{signal}", file=sys.stderr)
        return 128 + signal.number


def write_list() -> int:
    if not RAN.exists():
        print(f"no complete run is recorded in {RAN}: run `make test` first", file=sys.stderr)
        return 1
    names, before = listed.load(RAN), set(listed.load(LIST))
    listed.save(LIST, names)
    print(f"{len(names)} tests listed in {LIST}: {len(set(names) - before)} new, {len(before - set(names))} gone")
    return 0


def run_all(chosen: List[str]) -> int:
    terminal = Terminal()
    LOGS.mkdir(parents=True, exist_ok=True)
    RAN.unlink(missing_ok=True)
    found = []
    with Children() as children:
        for name in chosen:
            found.append(run_suite(name, children, terminal))
    executed = [name for outcomes in found for name in outcomes.executed()]
    missing, unlisted = listed.compare(listed.load(LIST), executed, chosen)
    report(terminal, missing, unlisted)
    if set(chosen) == set(SUITES):
        listed.save(RAN, executed)
    failed = sum(outcomes.count(FAILED) for outcomes in found) + len(missing) + len(unlisted)
    return end(terminal, found, failed)


def run_suite(name: str, children: Children, terminal: Terminal) -> Outcomes:
    outcomes = Outcomes(name)
    log = LOGS / f"{name}.log"
    log.write_text("")
    began = time.monotonic()

    def tell(text: str) -> None:
        numbers = f"{outcomes.count(PASSED)} passed" + (f", {outcomes.count(FAILED)} FAILED" if outcomes.count(FAILED) else "")
        terminal.redraw(f"  {name}: {numbers}, {time.monotonic() - began:.0f} s  {text}"[: columns() - 1])

    if not terminal.live:
        terminal.say(f"  {name} ...")
    SUITES[name](Run(outcomes, log, children, tell))
    skipped = f", {outcomes.count(SKIPPED)} skipped" if outcomes.count(SKIPPED) else ""
    terminal.say(f"  {name}: {outcomes.count(PASSED)} passed, {outcomes.count(FAILED)} failed{skipped} "
                 f"in {time.monotonic() - began:.0f} s ({log})")
    if outcomes.count(FAILED):
        show_failures(terminal, outcomes, log)
    return outcomes


def show_failures(terminal: Terminal, outcomes: Outcomes, log: Path) -> None:
    lines = log.read_text(errors="replace").splitlines()
    terminal.say(f"  --- the end of {log} ---")
    for line in lines[-SHOWN_LINES:]:
        terminal.say("  | " + line)
    for name in outcomes.failures():
        terminal.say(f"  FAILED {name}")


def report(terminal: Terminal, missing: List[str], unlisted: List[str]) -> None:
    for name in missing:
        terminal.say(f"  FAILED {name}: is listed in tests/executed.txt and did not run")
    for name in unlisted:
        terminal.say(f"  FAILED {name}: ran and is not listed in tests/executed.txt")
    if missing or unlisted:
        terminal.say("  if that is how it should be, run `make test-list` and commit tests/executed.txt")


def end(terminal: Terminal, found: List[Outcomes], failed: int) -> int:
    passed = sum(outcomes.count(PASSED) for outcomes in found)
    skipped = sum(outcomes.count(SKIPPED) for outcomes in found)
    if passed == 0 and failed == 0:
        failed = 1
        terminal.say("  FAILED: no test ran at all")
    terminal.say(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 0 if failed == 0 else 1
