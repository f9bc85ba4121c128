#!/usr/bin/env python3
"""Native memory: what a Spark application needs besides its heap, with Forebay and with stock S3A.

`make bench-memory` runs this. The demo's TPC-H passes run with a heap that is fixed and touched before (so that
the heap's part of the resident size is a constant), once through stock S3A and once through Forebay, cold and warm:

1. the peak of (resident size - heap) of the Forebay application minus that of the S3A one is at most Forebay's
   budget and 64 MiB for its code, its threads and what its allocator holds;
2. in a control group of heap + 384 MiB, the least memory overhead that Spark gives an executor, a cold Forebay
   pass survives as a stock S3A pass does.

A missed bar is said in its row and is no error: the exit code tells whether the benchmark itself worked.

    bench/memory.py [--sf 0.1] [--origin direct|delegate] [--save]
"""
from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Optional

sys.dont_write_bytecode = True
CLONE = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(CLONE / "bench"), str(CLONE / "demo")]

import figures  # noqa: E402
import passes  # noqa: E402
import places  # noqa: E402
import run as demo  # noqa: E402
from children import Children, Interrupted  # noqa: E402
from figures import MIB  # noqa: E402
from passes import Application, ApplicationFailed, Scene  # noqa: E402
from servers import ServerFailed  # noqa: E402
from terminal import Terminal  # noqa: E402

HEAP = 2048 * MIB
# The default of fs.forebay.memory outside of containers.
BUDGET = 128 * MIB
# The library's code and static data, its threads' stacks, open segments' tables, and the allocator's slack.
BESIDES = 64 * MIB
# Spark's least spark.executor.memoryOverhead.
OVERHEAD = 384 * MIB
# What makes a JVM smaller, mildest first, for the first that lets stock S3A live in the group: its overhead alone
# is above 384 MiB where the JVM is left as it is. Four arenas is what YARN gives its containers.
FRUGAL = [
    ("the JVM as it is", [], {}),
    ("the serial collector, 4 malloc arenas", ["-XX:+UseSerialGC"], {"MALLOC_ARENA_MAX": "4"}),
    ("the serial collector, the client compiler, 2 malloc arenas", ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"],
     {"MALLOC_ARENA_MAX": "2"}),
]
# What killed processes get to be gone.
GRACE_SECONDS = 20


class Failed(Exception):
    """The benchmark could not be done; the message says why."""


class Peak(NamedTuple):
    """One application's run."""

    key: str
    survived: bool
    resident: Optional[int]
    heap: Optional[int]
    why: str = ""

    @property
    def beside_heap(self) -> Optional[int]:
        return self.resident - self.heap if self.resident and self.heap else None


class GroupRun(NamedTuple):
    """One application's run in a group: how the JVM was made smaller, what the group held at most, who was killed."""

    peak: Peak
    jvm: str
    most: Optional[int]
    kills: int


class Group:
    """A control group with a limit of memory, of version 1 or 2, for the processes that `prefix` starts."""

    def __init__(self, limit: int):
        self.limit = limit
        first = Path("/sys/fs/cgroup/memory")
        second = Path("/sys/fs/cgroup")
        if (first / "memory.limit_in_bytes").exists():
            self.folder, self._limit, self._peak = first, "memory.limit_in_bytes", "memory.max_usage_in_bytes"
        elif "memory" in _text(second / "cgroup.controllers").split():
            self.folder, self._limit, self._peak = second, "memory.max", "memory.peak"
        else:
            raise Failed("no control group of this machine limits memory")
        self.folder = self.folder / f"forebay-bench-{os.getpid()}"

    def __enter__(self) -> "Group":
        try:
            self.folder.mkdir()
            (self.folder / self._limit).write_text(str(self.limit))
        except OSError as error:
            raise Failed(f"no control group can be made ({error}): be root, or use --no-group") from error
        return self

    def __exit__(self, *_) -> None:
        """Ends who is still inside, such as the Python half of an application whose JVM was killed."""
        until = time.monotonic() + GRACE_SECONDS
        while True:
            for process in _text(self.folder / "cgroup.procs").split():
                with suppress(ProcessLookupError):
                    os.kill(int(process), signal.SIGKILL)
            try:
                self.folder.rmdir()
                return
            except OSError as error:
                if time.monotonic() > until:
                    print(f"{self.folder} stays behind: {error}", file=sys.stderr)
                    return
            time.sleep(0.05)

    def python_outside(self, scratch: Path) -> Path:
        """An interpreter that leaves the group first: the group is the JVM's, the job's Python half is not in it."""
        lines = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
        own = next(path for _, controllers, path in lines if controllers in ("memory", ""))
        script = scratch / "python-outside"
        script.write_text(f"#!/bin/sh\necho $$ > '{self.folder.parent}{own.rstrip('/')}/cgroup.procs'\n"
                          f"exec '{places.venv()}/bin/python' \"$@\"\n")
        script.chmod(0o700)
        return script

    def prefix(self) -> List[str]:
        """A command that enters the group and becomes what follows it."""
        return ["sh", "-c", 'echo $$ > "$0" && exec "$@"', str(self.folder / "cgroup.procs")]

    @property
    def peak(self) -> Optional[int]:
        text = _text(self.folder / self._peak).strip()
        return int(text) if text else None

    @property
    def kills(self) -> int:
        told = _text(self.folder / "memory.oom_control") + _text(self.folder / "memory.events")
        found = re.search(r"^oom_kill (\d+)$", told, re.M)
        return int(found.group(1)) if found else 0


class Watched(Children):
    """Children of which the last one started is an application's JVM, in a control group if one is set."""

    group: Optional[Group] = None
    last: Optional[subprocess.Popen] = None

    def start(self, command, *arguments, **named):
        prefix = self.group.prefix() if self.group else []
        self.last = super().start([*prefix, *command], *arguments, **named)
        return self.last


def main(arguments: List[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sf", type=places.scale, default="0.1")
    parser.add_argument("--origin", choices=["", "direct", "delegate"], default="", help="fs.forebay.origin")
    parser.add_argument("--only-group", action="store_true", help="only the control group")
    parser.add_argument("--no-group", action="store_true", help="leave the control group out")
    parser.add_argument("--save", action="store_true", help="keep the figures in bench/results")
    options = parser.parse_args(arguments)
    terminal = Terminal()
    scratch = figures.TARGET / "memory"
    scratch.mkdir(parents=True, exist_ok=True)
    try:
        with Watched() as children:
            found = measure(options, terminal, children, scratch)
    except Interrupted as signal:
        return 128 + signal.number
    except (Failed, demo.BuildFailed, ServerFailed) as failure:
        print(f"bench-memory failed: {failure}", file=sys.stderr)
        return 1
    finally:
        for name in ("tmp", "store", "cache", "warehouse"):
            shutil.rmtree(scratch / name, ignore_errors=True)
    return report(found, options)


def measure(options, terminal: Terminal, children: Watched, scratch: Path) -> Dict[str, object]:
    demo.build_proxy(terminal, children)
    jar = demo.build_jar(terminal, children)
    demo.clean(scratch, cache=True)
    given = ["--sf", options.sf, "--memory", f"{HEAP // MIB}m", "--into", str(scratch), "--origin", options.origin,
             "--warmup", "0"]
    scene = demo.prepare(demo.options_from(given), terminal, children, scratch, jar)
    # Two passes each, so that both have compiled and allocated for as much work.
    applications = [Application("s3a", [passes.S3A, replace(passes.S3A, name="stock S3A again")]),
                    Application("forebay", [passes.COLD, passes.WARM])]
    found: Dict[str, object] = {"free": [application_run(one, pretouched(scene, []), children, terminal)
                                         for one in applications] if not options.only_group else []}
    if not options.no_group:
        found["group"] = in_group(scene, children, terminal, scratch)
    return found


def pretouched(scene: Scene, java_options: List[str]) -> Scene:
    # The later one of two settings of one property wins, so the demo's own Java options are repeated.
    options = [passes.java_options(scene), f"-Xms{HEAP // MIB}m", "-XX:+AlwaysPreTouch", *java_options]
    return replace(scene, extra_conf=[*scene.extra_conf, "spark.driver.extraJavaOptions=" + " ".join(options)])


def in_group(scene: Scene, children: Watched, terminal: Terminal, scratch: Path) -> List[GroupRun]:
    """One pass of each kind in a group of its own, with the mildest of FRUGAL in which stock S3A survives."""
    applications = [Application("s3a", [passes.S3A]), Application("forebay", [passes.COLD])]
    runs: List[GroupRun] = []
    for name, java_options, environment in FRUGAL:
        terminal.say(f"  in a group of heap + {OVERHEAD // MIB} MiB, {name}")
        runs = []
        for application in applications:
            demo.clean(scratch, cache=True)
            with Group(HEAP + OVERHEAD) as group, inside(children, group):
                outside = f"spark.pyspark.driver.python={group.python_outside(scratch)}"
                within = pretouched(scene, java_options)
                within = replace(within, extra_conf=[*within.extra_conf, outside],
                                 environment={**within.environment, **environment})
                peak = application_run(application, within, children, terminal)
                runs.append(GroupRun(peak, name, group.peak, group.kills))
            if not peak.survived:
                terminal.say(f"  {application.key} does not survive ({group_said(runs[-1])})")
                break
        if runs[0].peak.survived:
            break
    return runs


@contextmanager
def inside(children: Watched, group: Group) -> Iterator[None]:
    children.group = group
    try:
        yield
    finally:
        children.group = None


def application_run(application: Application, scene: Scene, children: Watched, terminal: Terminal) -> Peak:
    heap: List[int] = []
    progress = demo.Progress(terminal, application)

    def hear(event: dict) -> None:
        progress(event)
        if event["event"] == "pass-ended":
            heap.append(committed_heap(children.last.pid))

    try:
        ended = passes.run(application, scene, children, hear)
    except ApplicationFailed as failure:
        children.end(children.last)
        return Peak(application.key, False, None, None, str(failure).splitlines()[0])
    if set(heap) != {HEAP}:
        raise Failed(f"the heap was to be {HEAP} bytes throughout, but the JVM said {heap}")
    return Peak(application.key, True, ended[-1]["peak_rss"], HEAP)


def committed_heap(process: int) -> int:
    """What the JVM itself says it has committed: with one size for start and limit, that size, in every collector."""
    said = subprocess.run(["jcmd", str(process), "VM.flags"], capture_output=True, text=True, timeout=60, check=False)
    sizes = dict(re.findall(r"-XX:(InitialHeapSize|MaxHeapSize)=(\d+)", said.stdout))
    if sizes.keys() != {"InitialHeapSize", "MaxHeapSize"} or len(set(sizes.values())) != 1:
        raise Failed(f"the heap of process {process} is not of a fixed size: {said.stderr or sizes}")
    return int(sizes["MaxHeapSize"])


def report(found: Dict[str, object], options) -> int:
    rows: List[List[str]] = []
    kept: Dict[str, object] = {"sf": options.sf, "origin": options.origin or "auto", "heap": HEAP}
    if found["free"]:
        s3a, forebay = found["free"]
        if not (s3a.survived and forebay.survived):
            print(f"bench-memory failed: {s3a.why or forebay.why}", file=sys.stderr)
            return 1
        more, bar = forebay.beside_heap - s3a.beside_heap, BUDGET + BESIDES
        rows += [["peak beside the heap, stock S3A", mib(s3a.beside_heap), "", ""],
                 ["peak beside the heap, Forebay cold and warm", mib(forebay.beside_heap), "", ""],
                 ["Forebay's more", mib(more), f"at most {mib(bar)}", "met" if more <= bar else "MISSED"]]
        kept.update({"s3a_beside_heap": s3a.beside_heap, "forebay_beside_heap": forebay.beside_heap, "more": more,
                     "bar": bar, "met": more <= bar})
    lines = [f"TPC-H, scale factor {options.sf}, 22 queries per pass, two passes per application (in the group one); "
             f"heap {HEAP // MIB} MiB, fixed and touched before; resident sizes are the kernel's high-water mark of the JVM (VmHWM)."]
    if "group" in found:
        rows += group_rows(found["group"])
        lines.append(f"In the group: {found['group'][0].jvm}; the job's Python half is outside.")
        kept["group"] = [{"application": run.peak.key, "survived": run.peak.survived, "limit": HEAP + OVERHEAD,
                          "jvm": run.jvm, "group_peak": run.most, "kills": run.kills,
                          "beside_heap": run.peak.beside_heap, "why": run.peak.why} for run in found["group"]]
    lines = [*figures.table(["", "MiB", "bar", ""], rows), "", *lines]
    kept["machine"] = figures.machine()
    written = figures.write("memory", "Native memory", kept, lines, options.save)
    print("\n" + "\n".join(lines) + "\n\n" + "\n".join(f"  {path}" for path in written))
    return 0


def group_rows(runs: List[GroupRun]) -> List[List[str]]:
    rows = []
    for run in runs:
        stock = run.peak.key == "s3a"
        met = "met" if run.peak.survived else "MISSED"
        rows.append([f"in a group of heap + {OVERHEAD // MIB} MiB, " + ("stock S3A" if stock else "Forebay cold"),
                     mib(run.peak.beside_heap), group_said(run), "" if stock else met])
    if len(runs) == 1:
        rows.append(["Forebay in such a group", "", "not run: stock S3A does not survive", ""])
    return rows


def group_said(run: GroupRun) -> str:
    return "survives" if run.peak.survived else f"killed by the kernel: {run.kills}"


def mib(count: Optional[int]) -> str:
    return "" if count is None else f"{count / MIB:.0f}"


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
