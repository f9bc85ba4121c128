"""The suites, in the order they run: what is quick to fail comes first.

A suite is a function from a Run (where to log, how to start a child, whom to tell) to nothing; what it
found is in the run's outcomes. A further runner is one more function and one more row in SUITES.
"""
from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, List, Optional

import junit
import places
from children import Children
from libtest import LibtestReader, package_of
from outcome import FAILED, PASSED, Outcomes
from pyfile import EVENT

RUNNER = Path(__file__).resolve().parent
# A suite that hangs must end while a person still waits; each takes minutes on two cores.
SUITE_SECONDS = 40 * 60
# The packages whose threads can be made to go on in any order.
SCHEDULED = ["--package", "forebay-cache", "--package", "forebay-engine",
             "--features", "forebay-cache/schedules,forebay-engine/schedules"]


@dataclass
class Run:
    """One suite while it runs."""

    outcomes: Outcomes
    log: Path
    children: Children
    tell: Callable[[str], None]

    def command(self, command: List[str], hear: Optional[Callable[[str], None]] = None, fresh: bool = False) -> int:
        """Runs a command with all its output in the suite's log, line by line past `hear`."""
        environment = {**os.environ, "CARGO_TARGET_DIR": str(places.cargo_target()), "CARGO_TERM_COLOR": "never",
                       "FOREBAY_HOME": str(places.user_cache()), "PYTHONDONTWRITEBYTECODE": "1"}
        with open(self.log, "w" if fresh else "a", encoding="utf-8") as log:
            log.write(f"$ {' '.join(command)}\n")
            log.flush()
            child = self.children.start(command, environment=environment, cwd=places.CLONE, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            watch = threading.Timer(SUITE_SECONDS, lambda: os.killpg(child.pid, 9))
            watch.start()
            began = time.monotonic()
            try:
                for raw in child.stdout:
                    line = raw.decode("utf-8", "replace")
                    log.write(line)
                    if hear:
                        hear(line.rstrip("\n"))
                code = child.wait()
            finally:
                watch.cancel()
                self.children.end(child)
        if time.monotonic() - began >= SUITE_SECONDS:
            self.outcomes.breaks(f"ended after {SUITE_SECONDS // 60} minutes: {' '.join(command[:3])}")
        return code

    def require(self, code: int, what: str) -> None:
        """A runner that failed without naming a failed test is itself a failure."""
        if code != 0 and not self.outcomes.count(FAILED):
            self.outcomes.breaks(f"{what} ended with {code}")


def lint(run: Run) -> None:
    """Formatting and lints of the Rust code; each check counts as one test."""
    def clippy(of: List[str]) -> List[str]:
        return ["cargo", "clippy", "--release", *of, "--all-targets", "--", "-D", "warnings"]

    for name, command in (("cargo fmt", ["cargo", "fmt", "--all", "--check"]),
                          ("cargo clippy", clippy(["--workspace"])),
                          ("cargo clippy of the schedules", clippy(SCHEDULED))):
        run.tell(name)
        run.outcomes.add(name, PASSED if run.command(command) == 0 else FAILED)


def rust(run: Run) -> None:
    libtest(run, ["cargo", "test", "--release", "--workspace"])


def schedules(run: Run) -> None:
    """Threads that go on in the order a test decides; `make schedules` tries more orders."""
    # Only these: other tests' threads would run outside of any schedule.
    libtest(run, ["cargo", "test", "--release", "--lib", *SCHEDULED, "schedules::"])


def libtest(run: Run, command: List[str]) -> None:
    """A command of cargo's that runs tests: compiled first, so that what does not compile says so."""
    binaries: Dict[str, str] = {}

    def note(line: str) -> None:
        if not line.startswith("{"):
            run.tell(line.strip())
            return
        found = package_of(json.loads(line))
        if found:
            binaries[found[0]] = found[1]

    built = run.command([*command, "--no-run", "--message-format", "json-render-diagnostics"], note)
    if built != 0:
        run.require(built, "compiling the tests")
        return
    reader = LibtestReader(run.outcomes, binaries)

    def hear(line: str) -> None:
        reader.read(line)
        run.tell(reader.place)

    code = run.command([*command, "--no-fail-fast"], hear)
    reader.close()
    run.require(code, "cargo test")


def java(run: Run) -> None:
    began = time.time() - 1

    def hear(line: str) -> None:
        if line.strip():
            run.tell(line.strip())

    # cleanTest: an up-to-date task would run nothing and leave the last run's reports behind.
    code = run.command(["gradle", "--no-daemon", "--continue", "cleanTest", "test"], hear)
    for report in sorted(places.CLONE.glob("java/*/build/test-results/**/TEST-*.xml")):
        if report.stat().st_mtime >= began:
            for name, message in junit.read(report, run.outcomes):
                with open(run.log, "a", encoding="utf-8") as log:
                    log.write(f"\nFAILED {name}\n{message}\n")
    run.require(code, "gradle test")


def python(run: Run) -> None:
    """The demo's and the runner's own tests, and whatever lies in tests/ outside the folders of other suites."""
    apart = [places.CLONE / "tests" / folder for folder in ("contract", "deploy", "engines", "process")]
    files = [*places.CLONE.glob("demo/tests/test_*.py"), *places.CLONE.glob("tests/**/test_*.py")]
    python_files(run, [file for file in files if not any(folder in file.parents for folder in apart)])


def process(run: Run) -> None:
    """Whole JVMs: how they end, what they may do to each other and to us."""
    python_files(run, list(places.CLONE.glob("tests/process/**/test_*.py")))


def contract(run: Run) -> None:
    """Hadoop's contract suites over a real store, in short; `make contract` runs them on every version."""
    python_files(run, list(places.CLONE.glob("tests/contract/test_*.py")))


def deploy(run: Run) -> None:
    """The ways into a cluster that docs/deploy describes, as far as they can be gone here."""
    python_files(run, list(places.CLONE.glob("tests/deploy/**/test_*.py")))


def engines(run: Run) -> None:
    """Real engines over a real store: minutes each."""
    python_files(run, list(places.CLONE.glob("tests/engines/**/test_*.py")))


def python_files(run: Run, files: List[Path]) -> None:
    for file in sorted(files):
        place = file.relative_to(places.CLONE).with_suffix("").as_posix()
        run.tell(place)

        def hear(line: str) -> None:
            if line.startswith(EVENT):
                told = json.loads(line[len(EVENT):])
                run.outcomes.add(f"{place}.{told['name']}", told["outcome"])
                run.tell(f"{place}.{told['name']}")

        before = run.outcomes.count(FAILED)
        code = run.command([sys.executable, str(RUNNER / "pyfile.py"), str(file)], hear)
        if code != 0 and run.outcomes.count(FAILED) == before:
            run.outcomes.breaks(f"{place} ended with {code}")


SUITES: Dict[str, Callable[[Run], None]] = {
    "python": python, "lint": lint, "rust": rust, "schedules": schedules, "java": java, "contract": contract, "process": process, "deploy": deploy,
    "engines": engines}
