#!/usr/bin/env python3
"""The demo: TPC-H by Spark over an S3 store, through stock S3A and through Forebay, side by side.

`make demo` runs this after the set-up. It builds, starts the store and the proxy, runs the Spark
applications of passes.py one after the other, compares every answer, and leaves a report below
target/demo. With HIVE=4.0.1 or 3.1.3 the first day of a Hive user follows (hive/part.py). It ends with 0
only if all passes ran and all answers are equal.
"""
from __future__ import annotations

import argparse
import fcntl
import os
import platform
import shutil
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Dict, List, Optional

import counts
import hive.page
import hive.part
import hive.versions
import passes
import places
import report
import sparks
from children import Children, Interrupted
from passes import Application, ApplicationFailed, Scene
from results import unequal
from servers import Keys, Proxy, ServerFailed, Store
from terminal import Terminal

SHAPE = "30 ms to the first byte, 20 ms for HEAD and LIST, 90 MB/s per connection"
SHAPES = {"cloud": f"shaped: {SHAPE}", "none": "not shaped"}


class BuildFailed(Exception):
    """make or cargo could not build; the message shows its end."""


def options_from(arguments: List[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sf", type=places.scale, default="0.1", help="TPC-H scale factor (0.1)")
    parser.add_argument("--spark", type=sparks.named, default=sparks.USUAL, help=f"which Spark: {', '.join(sparks.ALL)} ({sparks.USUAL})")
    parser.add_argument("--passes", default=",".join(passes.USUAL), help="comma-separated: file, " + ", ".join(passes.USUAL))
    parser.add_argument("--origin", choices=["", "direct", "delegate"], default="", help="fs.forebay.origin; empty: Forebay chooses")
    parser.add_argument("--hive", choices=list(hive.versions.ALL), help="a version of Hive to run after Spark; without it, none")
    parser.add_argument("--warmup", choices=["0", "1"], default="1", help="run the queries over file:// first, unmeasured (1)")
    parser.add_argument("--shape", choices=list(SHAPES), default="cloud", help="the store's shape (cloud)")
    parser.add_argument("--memory", default="2g", help="heap of the Spark driver (2g)")
    parser.add_argument("--cache-size", default="2GB", help="fs.forebay.cache.size (2GB)")
    parser.add_argument("--conf", action="append", default=[], metavar="NAME=VALUE", help="a further Spark property (may be repeated)")
    parser.add_argument("--into", type=Path, default=places.TARGET / "demo", help="folder of this run's files (target/demo)")
    return parser.parse_args(arguments)


def main(arguments: List[str]) -> int:
    options = options_from(arguments)
    terminal = Terminal()
    scratch = options.into.resolve()
    scratch.mkdir(parents=True, exist_ok=True)
    try:
        applications = passes.chosen(options.passes.split(","))
        with open(scratch / "in-use.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return demo(options, applications, terminal, scratch)
    except BlockingIOError:
        return failed(terminal, f"another demo is using {scratch}: wait for it, or give another folder with --into")
    except Interrupted as signal:
        terminal.say(f"  {signal}; everything that was started has been ended")
        return 128 + signal.number
    except (ValueError, BuildFailed, ServerFailed, ApplicationFailed, counts.CountersMissing, *hive.part.FAILURES) as failure:
        return failed(terminal, str(failure))


def failed(terminal: Terminal, message: str) -> int:
    terminal.say()
    print(f"the demo failed: {message}", file=sys.stderr)
    return 1


def demo(options: argparse.Namespace, applications: List[Application], terminal: Terminal, scratch: Path) -> int:
    began = time.monotonic()
    terminal.say(f"Forebay demo: 22 TPC-H queries on Spark {options.spark.release}, scale factor {options.sf}, over an S3 store on loopback")
    with Children() as children:
        # The proxy counts for every pass; the jar is needed only by Forebay's.
        build_proxy(terminal, children)
        wanted = options.hive or any(application.forebay for application in applications)
        jar = build_jar(terminal, children) if wanted else None
        clean(scratch, cache=any(one.cache == "cold" for a in applications for one in a.passes))
        try:
            scene = prepare(options, terminal, children, scratch, jar)
            ended, engine = run_all(applications, scene, children, terminal)
        finally:
            for name in ("s3.json", *(f"job-{a.key}.json" for a in applications)):
                (scratch / name).unlink(missing_ok=True)
    shutil.rmtree(scratch / "tmp", ignore_errors=True)
    shutil.rmtree(scratch / "store", ignore_errors=True)
    all_equal = counts.judge(ended, unequal)
    found = {"scale_factor": options.sf, "equal": all_equal, "passes": ended, "facts": facts(options, engine)}
    page = report.write(scratch, found, report.html)
    terminal.say(f"\n{report.summary(found)}\n")
    if options.hive:
        page = add_hive(options, found, jar, terminal, scratch)
    terminal.say(f"  report: {page}   ({time.monotonic() - began:.0f} s in all)")
    if not options.hive:
        terminal.say(f"  Hive too: {hive_hint()}")
    if not found["equal"]:
        terminal.say("  ANSWERS DIFFER from the reference: see the column 'equal'")
    return 0 if found["equal"] else 1


def add_hive(options, found: dict, jar: Path, terminal: Terminal, scratch: Path) -> Path:
    """Runs Hive's part and adds it to the report, which has Spark's already."""
    asked = hive.part.Part(hive.versions.ALL[options.hive], "usual", options.origin, options.shape, SHAPES[options.shape],
                           f"make demo-hive HIVE={options.hive}" + (f" ORIGIN={options.origin}" if options.origin else ""))
    terminal.say(f"  now {asked.title}")
    found["hive"] = hive.part.play(asked, jar, terminal, scratch / "hive")
    found["equal"] = found["equal"] and found["hive"]["equal"]
    terminal.say(f"\n{hive.part.tables(found['hive'])}\n")
    return report.write(scratch, found, lambda whole: report.html(whole, hive.page.sections(whole["hive"])))


def hive_hint() -> str:
    here = hive.versions.ALL[hive.versions.USUAL].jars.is_dir()
    return "make demo-hive" + ("" if here else " (fetches 600 MB of jars, once)") + "; HIVE=3.1.3 takes EMR's generation"


def build_proxy(terminal: Terminal, children: Children) -> None:
    with terminal.step("building the proxy (cargo)"):
        build(children, ["cargo", "build", "--release", "--quiet", "-p", "forebay-testkit", "--bin", "forebay-proxy"])


def build_jar(terminal: Terminal, children: Children) -> Path:
    """The clone's jar; `$FOREBAY_JAR` is taken as it is, such as a release's."""
    given = os.environ.get("FOREBAY_JAR")
    if given:
        if not Path(given).is_file():
            raise BuildFailed(f"FOREBAY_JAR names no file: {given}")
        return Path(given).resolve()
    with terminal.step("building the jar (cargo and Gradle; minutes at the first time)"):
        build(children, ["make", "--no-print-directory", "jar"])
    found = [jar for jar in (places.CLONE / "java/forebay-hadoop/build/libs").glob("forebay-*.jar")
             if not jar.stem.endswith(("-sources", "-javadoc", "-tests"))]
    if not found:
        raise BuildFailed("no forebay-*.jar in java/forebay-hadoop/build/libs after 'make jar'")
    return max(found, key=lambda jar: jar.stat().st_mtime)


def build(children: Children, command: List[str]) -> None:
    environment = {**os.environ, "CARGO_TARGET_DIR": str(places.cargo_target())}
    child = children.start(command, environment, cwd=places.CLONE, stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    lines = child.stdout.read().decode(errors="replace").splitlines()
    code = child.wait()
    children.end(child)
    if code != 0:
        raise BuildFailed(f"{' '.join(command)} ended with {code}:\n" + "\n".join(lines[-40:]))


def clean(scratch: Path, cache: bool) -> None:
    """A run starts without the files of the last one; Forebay's cache stays unless a cold pass is to come."""
    for name in ("logs", "tmp", "warehouse", *(["cache"] if cache else [])):
        shutil.rmtree(scratch / name, ignore_errors=True)
    for name in ("logs", "tmp"):
        (scratch / name).mkdir()
    # The parent of Forebay's cache directory must belong to the user alone.
    (scratch / "cache").mkdir(mode=0o700, exist_ok=True)


def prepare(options, terminal: Terminal, children: Children, scratch: Path, jar: Optional[Path]) -> Scene:
    keys, logs = Keys(), scratch / "logs"
    store = Store(children, keys, options.sf, scratch, logs)
    with terminal.step("starting the S3 store (SeaweedFS)"):
        store.start()
    with terminal.step("loading the bucket") as step:
        sent = store.load(places.data(options.sf), f"tpch/sf{options.sf}")
        step.note = f"{sent} objects sent" if sent else "every object is there already"
    proxy = Proxy(children, places.cargo_target() / "release" / "forebay-proxy", store.port, logs, options.shape)
    terminal.say(f"  the proxy shapes the store like one in a cloud: {SHAPE}" if options.shape == "cloud"
                 else "  the proxy counts and does not slow the store down")
    if options.warmup == "1":
        terminal.say("  each application first runs the queries over local files, unmeasured, to warm its JVM up")
    return Scene(spark=options.spark, scale_factor=options.sf, endpoint=proxy.endpoint, control=proxy.control, scratch=scratch, logs=logs,
                 environment=keys.environment(), forebay_jar=jar, origin=options.origin, warmup=options.warmup == "1",
                 memory=options.memory, cache_size=options.cache_size, extra_conf=options.conf)


def run_all(applications: List[Application], scene: Scene, children: Children, terminal: Terminal):
    ended: List[dict] = []
    engine: Dict[str, str] = {}
    terminal.say()
    for application in applications:
        show = Progress(terminal, application)
        for one, done in zip(application.passes, passes.run(application, scene, children, show)):
            ended.append(counts.as_pass(one, done, f"Spark {show.spark}"))
        engine = {"spark": show.spark, "java": show.java}
    return ended, engine


class Progress:
    """Turns an application's events into one redrawn line, or into plain ones."""

    def __init__(self, terminal: Terminal, application: Application):
        self.terminal, self.application = terminal, application
        self.spark = self.java = "?"
        self.began = time.monotonic()
        self.done = 0
        terminal.redraw(f"  {application.passes[0].name}: starting Spark")

    def __call__(self, event: dict) -> None:
        kind = event["event"]
        if kind == "started":
            self.spark, self.java = event["spark"], event["java"]
            self.began = time.monotonic()
        elif kind == "query":
            bar = "#" * self.done + "." * (passes.QUERIES - self.done)
            self.terminal.redraw(f"  {event['label']:<25} [{bar}] {event['name']}  {time.monotonic() - self.began:.0f} s")
        elif kind == "answer":
            self.done += 1
            if not self.terminal.live and event["label"] != "warm-up":
                self.terminal.say(f"  {event['label']}: {event['name']} {event['seconds']:.2f} s, {event['rows']} rows")
        elif kind == "warmed":
            self.terminal.say(f"  {'(' + self.application.passes[0].name + ': JVM warm':<25} "
                              f"after {time.monotonic() - self.began:.1f} s)")
            self._next()
        elif kind == "pass-ended":
            requests = counts.requests(event["stats"])
            self.terminal.say(f"  {event['name']:<25} {event['seconds']:7.1f} s   "
                              + "  ".join(f"{method} {number}" for method, number in requests.items() if number))
            self._next()

    def _next(self) -> None:
        self.began, self.done = time.monotonic(), 0


def facts(options, engine: Dict[str, str]) -> Dict[str, str]:
    return {
        "when": datetime.now().strftime("%Y-%m-%d %H:%M"),
        "engine": f"Spark {engine['spark']} (local[2], heap {options.memory}) on Java {engine['java']}, "
                  f"Hadoop and hadoop-aws {options.spark.hadoop}",
        "data": f"TPC-H, scale factor {options.sf}, Parquet by tpchgen-cli {places.TPCHGEN}",
        "store": f"SeaweedFS {places.SEAWEEDFS} on loopback, {SHAPES[options.shape]}",
        "origin": options.origin or "chosen by Forebay",
        "JVM warm-up": "every application ran the queries over local files first, unmeasured" if options.warmup == "1" else "none",
        "machine": f"{os.cpu_count()} CPUs, {platform.system()} {platform.release()}, load {os.getloadavg()[0]:.1f} at the end",
        "again": "make demo" + (f" SF={options.sf}" if options.sf != "0.1" else "")
                 + (f" SPARK={options.spark.name}" if options.spark.name != sparks.USUAL else "")
                 + (f" ORIGIN={options.origin}" if options.origin else "") + ("" if options.warmup == "1" else " WARMUP=0"),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
