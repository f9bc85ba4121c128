#!/usr/bin/env python3
"""Runs the matrix engine x Hadoop x origin x workload and prints it: every answer equal to the control's, or why not.

    tests/writers/matrix.py [--engine 3.5,4.1,hive-4.0.1] [--origin direct,delegate] [--workload tpch,delta] [--save]

`make engines` runs this. The control is always stock S3A with the same engine. A cell that was run with the very same
jar is not run again, so what was interrupted is taken up where it ended; `--again` runs everything anew. Ends with 0
only if every cell of the chosen matrix was run and is equal; `--save` keeps the result in tests/results.
"""
from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Dict, List

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
CLONE = HERE.parent.parent
sys.path[:0] = [str(HERE), str(CLONE / "demo"), str(CLONE / "scripts"), str(CLONE / "bench")]

from application import STANDALONE, ApplicationEnded  # noqa: E402
from arms import Arms  # noqa: E402
from stage import Stage  # noqa: E402
from workloads import WORKLOADS  # noqa: E402

import figures  # noqa: E402
import places  # noqa: E402
import setup  # noqa: E402
import sparks  # noqa: E402
from children import Children, Interrupted  # noqa: E402
from run import BuildFailed, build_jar, build_proxy  # noqa: E402
from servers import ServerFailed  # noqa: E402
from terminal import Terminal  # noqa: E402

USUAL_ORIGINS = ("direct", "delegate")
ORIGINS = (*USUAL_ORIGINS, STANDALONE)
# What needs hadoop-aws itself; and TPC-H, in which Forebay without it is a pass (demo/run.py --passes alone).
NOT_STANDALONE = ("tpch", "committers", "first-day")
TPCH = "tpch"
HIVES = {"hive-4.0.1": "4.0.1", "hive-3.1.3": "3.1.3"}
FIRST_DAY = "first-day"
INTO = places.TARGET / "engines"
KEPT = CLONE / "tests" / "results"
SCALE_FACTOR = "0.01"
# Nothing is timed here, and JVMs of a minute are done sooner with the first compiler alone.
QUICK_JVMS = {"JDK_JAVA_OPTIONS": "-XX:TieredStopAtLevel=1"}


def main(arguments: List[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--engine", default=",".join([*sparks.ALL, *HIVES]), help="which engines (all)")
    parser.add_argument("--origin", default=",".join(USUAL_ORIGINS), help=f"of {', '.join(ORIGINS)}")
    parser.add_argument("--workload", default=",".join([TPCH, *WORKLOADS, FIRST_DAY]), help="which workloads (all)")
    parser.add_argument("--again", action="store_true", help="run what was run before as well")
    parser.add_argument("--show", action="store_true", help="run nothing, only say what was found before")
    parser.add_argument("--save", action="store_true", help="keep the result in tests/results")
    options = parser.parse_args(arguments)
    chosen = wanted(options, parser)
    terminal, results = Terminal(), Results(options.again)
    try:
        with Children() as children:
            run_all([] if options.show else chosen, results, children, terminal)
    except (ApplicationEnded, BuildFailed, ServerFailed, setup.SetupFailed) as failure:
        print(f"the matrix could not be run to its end: {failure}", file=sys.stderr)
        return 1
    except Interrupted as signal:
        print(f"\n{signal}; the next run takes up from here", file=sys.stderr)
        return 128 + signal.number
    finally:
        lines = results.table(chosen)
        terminal.say("\n" + "\n".join(lines) + "\n")
    bad = [cell for cell in chosen if not results.equal(cell)]
    if options.save:
        terminal.say(f"written to {results.keep(chosen, lines)}")
    terminal.say("all equal to the control" if not bad else f"{len(bad)} of {len(chosen)} cells are not equal or were not run")
    return 1 if bad else 0


def wanted(options, parser) -> List["Cell"]:
    known = {"engine": [*sparks.ALL, *HIVES], "origin": ORIGINS, "workload": [TPCH, *WORKLOADS, FIRST_DAY]}
    picked = {}
    for name, all_of_them in known.items():
        picked[name] = getattr(options, name).split(",")
        strange = [one for one in picked[name] if one not in all_of_them]
        if strange:
            parser.error(f"no {name} is called {', '.join(strange)}: choose from {', '.join(all_of_them)}")
    return [Cell((engine, origin, workload)) for engine in picked["engine"] for origin in picked["origin"]
            for workload in picked["workload"]
            if (engine in HIVES) == (workload == FIRST_DAY) and not (origin == STANDALONE and workload in NOT_STANDALONE)]


class Cell(tuple):
    """Engine, origin, workload."""

    engine = property(lambda self: self[0])
    origin = property(lambda self: self[1])
    workload = property(lambda self: self[2])

    @property
    def key(self) -> str:
        return "/".join(self)

    @property
    def hadoop(self) -> str:
        return "3.3.6" if self.engine in HIVES else sparks.ALL[self.engine].hadoop


class Results:
    """What was found so far, in a file that survives an interrupted run."""

    FILE = INTO / "results.json"

    def __init__(self, again: bool):
        self.jar = ""
        self.cells: Dict[str, dict] = {}
        if not again and self.FILE.exists():
            self.cells = json.loads(self.FILE.read_text())

    def holds(self, cell: Cell) -> bool:
        return self.equal(cell) and self.cells[cell.key]["jar"] == self.jar

    def equal(self, cell: Cell) -> bool:
        return cell.key in self.cells and not self.cells[cell.key]["wrong"]

    def add(self, cell: Cell, seconds: float, asked: int, wrong: List[str], **more) -> None:
        self.cells[cell.key] = {"engine": cell.engine, "hadoop": cell.hadoop, "origin": cell.origin, "workload": cell.workload,
                                "jar": self.jar, "seconds": round(seconds), "compared": asked, "wrong": wrong,
                                "machine": figures.machine(), **more}
        self.FILE.parent.mkdir(parents=True, exist_ok=True)
        with open(self.FILE.with_name("results.lock"), "w") as lock:
            # Another run may be at other engines meanwhile.
            fcntl.flock(lock, fcntl.LOCK_EX)
            others = json.loads(self.FILE.read_text()) if self.FILE.exists() else {}
            fresh = self.FILE.with_name("results.new")
            fresh.write_text(json.dumps({**others, cell.key: self.cells[cell.key]}, indent=1) + "\n")
            fresh.replace(self.FILE)

    def table(self, chosen: List[Cell]) -> List[str]:
        workloads = list(dict.fromkeys(cell.workload for cell in chosen))
        rows = []
        for engine, origin in dict.fromkeys((cell.engine, cell.origin) for cell in chosen):
            cells = {cell.workload: cell for cell in chosen if (cell.engine, cell.origin) == (engine, origin)}
            hadoop = next(iter(cells.values())).hadoop
            rows.append([engine, hadoop, origin, *(self._verdict(cells.get(workload)) for workload in workloads)])
        lines = figures.table(["engine", "Hadoop", "origin", *workloads], rows)
        for cell in chosen:
            lines += [f"WRONG {cell.key}: {why}" for why in self.cells.get(cell.key, {}).get("wrong", [])]
        return lines

    def _verdict(self, cell) -> str:
        if cell is None:
            return ""
        if cell.key not in self.cells:
            return "not run"
        found = self.cells[cell.key]
        return f"equal ({found['compared']})" if not found["wrong"] else f"WRONG ({len(found['wrong'])})"

    def keep(self, chosen: List[Cell], lines: List[str]) -> Path:
        KEPT.mkdir(parents=True, exist_ok=True)
        cells = [self.cells[cell.key] for cell in chosen if cell.key in self.cells]
        (KEPT / "engines.json").write_text(json.dumps(cells, indent=1) + "\n")
        facts = [f"| {name} | {value} |" for name, value in figures.machine().items()]
        page = ["# Engines", "", "`make engines`: answers compared with stock S3A's on the same engine; in brackets, how many.", "",
                *lines, "", "| machine | |", "|-|-|", *facts, "| jar | SHA-256 " + ", ".join(sorted({cell["jar"] for cell in cells})) + " |", ""]
        (KEPT / "engines.md").write_text("\n".join(page))
        return KEPT / "engines.md"


def run_all(chosen: List[Cell], results: Results, children: Children, terminal: Terminal) -> None:
    build_proxy(terminal, children)
    jar = build_jar(terminal, children)
    results.jar = hashlib.sha256(jar.read_bytes()).hexdigest()[:16]
    if not chosen:
        return
    left = [cell for cell in chosen if not results.holds(cell)]
    terminal.say(f"{jar.name} (SHA-256 {results.jar}): {len(chosen) - len(left)} of {len(chosen)} cells were run before")
    for engine in dict.fromkeys(cell.engine for cell in left):
        cells = [cell for cell in left if cell.engine == engine]
        if engine in HIVES:
            for cell in cells:
                demo(cell, results, ["demo/hive/run.py", "--hive", HIVES[engine], "--size", "tiny", "--shape", "none"], terminal)
            continue
        for step in ("packages", "target", "spark", "jars", "formats"):
            setup_step(step, engine)
        for cell in cells:
            if cell.workload == TPCH:
                setup_step("data", engine)
                demo(cell, results, ["demo/run.py", "--spark", engine, "--sf", SCALE_FACTOR, "--warmup", "0", "--shape", "none"], terminal)
        written = [cell for cell in cells if cell.workload in WORKLOADS]
        if written:
            writers(written, results, children, terminal)


def setup_step(step: str, engine: str) -> None:
    if setup.main(["--sf", SCALE_FACTOR, "--spark", engine, "--only", step]) != 0:
        raise setup.SetupFailed(f"the set-up's step {step} failed for {engine}")


def demo(cell: Cell, results: Results, command: List[str], terminal: Terminal) -> None:
    """One of the demos, which compare with their own control and end with an error if an answer differs."""
    into, began = INTO / cell.key.replace("/", "-"), time.monotonic()
    with terminal.step(cell.key) as step:
        done = subprocess.run([sys.executable, *command, "--origin", cell.origin, "--into", str(into)], cwd=CLONE, text=True,
                              env={**os.environ, **QUICK_JVMS}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        wrong, asked = [], 0
        if done.returncode != 0:
            wrong.append(f"{command[0]} ended with {done.returncode}: " + " | ".join(done.stdout.splitlines()[-4:]))
        else:
            report = "report.json" if cell.workload == TPCH else "hive-report.json"
            passes = json.loads((into / report).read_text())["passes"]
            asked = sum(len(one["queries"]) for one in passes if one["filesystem"] == "forebay")
            wrong += bodies(passes)
            if cell.workload == TPCH:
                wrong += complaints(passes, sparks.ALL[cell.engine].vectored)
        step.note = "equal" if not wrong else "WRONG"
    results.add(cell, time.monotonic() - began, asked, wrong)


def bodies(passes: List[dict]) -> List[str]:
    """What is warm asks the store for no body."""
    return [f"{one['name']}: {one['requests']['GET']} GETs with a body" for one in passes
            if one["filesystem"] == "forebay" and one["cache"] != "cold" and one["requests"]["GET"]]


def complaints(passes: List[dict], vectored: bool) -> List[str]:
    """What the passes of TPC-H promise besides.

    No more HEADs than stock S3A sends; but where Spark passes a status (4.1 and later, for the one footer of each
    table that tells its schema), stock S3A reads without asking, and we ask whether the file is still that one.
    """
    stock = next(one for one in passes if one["filesystem"] == "s3a")
    found = []
    for one in passes:
        requests = one["requests"]
        if one["filesystem"] != "forebay":
            continue
        most = stock["requests"]["HEAD"] + (len(places.TABLES) if vectored else 0)
        if requests["HEAD"] + requests["GET304"] > most:
            found.append(f"{one['name']}: {requests['HEAD']} HEADs, at most {most} are expected")
        if vectored != (one["counters"]["read.vectored"] > 0):
            found.append(f"{one['name']}: {one['counters']['read.vectored']} ranges by vectored reads")
    return found


def writers(cells: List[Cell], results: Results, children: Children, terminal: Terminal) -> None:
    engine = cells[0].engine
    origins = list(dict.fromkeys(cell.origin for cell in cells))
    stage = Stage(children, INTO / "-".join(["writers", engine, *origins]), terminal)
    for origin in origins:
        with terminal.step(f"{engine}, {origin}: starting three applications"):
            arms = Arms(stage.setting(sparks.ALL[engine]), origin, origin)
        for cell in (cell for cell in cells if cell.origin == origin):
            began = time.monotonic()
            with terminal.step(cell.key) as step:
                verdict = arms.run(cell.workload, lambda text: terminal.redraw(f"  {engine} {origin}: {text}"))
                step.note = f"{verdict.asked} answers compared, {len(verdict.wrong)} differ"
            if not verdict.from_cache:
                verdict.wrong.append("a new application took nothing from the cache")
            results.add(cell, time.monotonic() - began, verdict.asked, verdict.wrong, from_cache=verdict.from_cache)
        arms.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
