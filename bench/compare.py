#!/usr/bin/env python3
"""Forebay against local files on a warm page cache and every S3A stream a user can pick, case by case.

`make bench` runs this: real Spark over a store that answers like a cloud's. A round runs all arms of a case one after
the other (arms.py); its figures are appended to target/bench/records.jsonl, and a run that was interrupted goes on
where it ended. Ratios are taken within a round; the tables show medians. Requests and bytes are counted at the proxy.

A missed bar is said in its row and is no error: the exit code tells whether all answers are equal.

    bench/compare.py [--case columns] [--spark 3.5] [--rounds 3] [--origin direct|delegate] [--conf NAME=VALUE] [--save]
"""
from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, List

sys.dont_write_bytecode = True
CLONE = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(CLONE / part) for part in ("bench", "demo", "scripts")]

import arms  # noqa: E402
import counts  # noqa: E402
import data  # noqa: E402
import figures  # noqa: E402
import pages  # noqa: E402
import passes  # noqa: E402
import places  # noqa: E402
import run as demo  # noqa: E402
import setup  # noqa: E402
import sparks  # noqa: E402
from cases import CASES, Case  # noqa: E402
from children import Children, Interrupted  # noqa: E402
from records import Records  # noqa: E402
from results import unequal  # noqa: E402
from servers import Keys, Proxy, ServerFailed, Store  # noqa: E402
from terminal import Terminal  # noqa: E402

SCALE_FACTOR = "1"
SPARKS = "3.5,4.1"
SCRATCH = figures.TARGET / "cases"
MADE = places.user_cache() / "data" / "bench"


@dataclass
class CaseScene(passes.Scene):
    """A scene whose workload is one case, read through the tracing wrapper."""

    case: Case = None
    traced: List[str] = field(default_factory=list)

    queries = property(lambda self: self.case.queries)
    tables = property(lambda self: dict(self.case.tables))
    script = property(lambda self: CLONE / "bench" / "traced_job.py")
    class_path = property(lambda self: self.traced)
    local = property(lambda self: places.user_cache() / "data" / local_place(self.case.place))

    def location(self, one: passes.Pass) -> str:
        place = self.case.stock_place if self.case.stock_place and (one.filesystem == "s3a" or one is arms.FILE_PART) else self.case.place
        if one.filesystem == "file":
            return (places.user_cache() / "data" / local_place(place)).as_uri()
        return f"s3a://{places.BUCKET}/{place}"

    def spec(self, application: passes.Application) -> dict:
        return {**super().spec(application), "streams": self.case.streams}


def local_place(place: str) -> str:
    """Where a folder of the bucket lies in the data folder, which spells TPC-H's with a hyphen."""
    return place.replace("tpch/", "tpch-")


def main(arguments: List[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--case", default=",".join(CASES), help=f"which, comma-separated ({', '.join(CASES)})")
    parser.add_argument("--spark", default=SPARKS, help=f"which, comma-separated ({SPARKS})")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each case, those of earlier runs with the same jar included (3)")
    parser.add_argument("--origin", choices=["", "direct", "delegate"], default="")
    parser.add_argument("--arms", default="", help="applications to run, comma-separated; all, if not given")
    parser.add_argument("--conf", action="append", default=[], metavar="NAME=VALUE", help="a further Spark property; its rounds are not kept")
    parser.add_argument("--save", action="store_true", help="keep the figures in bench/results")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.case.split(",") if name not in CASES]
    if unknown:
        parser.error(f"no case is called {', '.join(unknown)}: choose from {', '.join(CASES)}")
    terminal = Terminal()
    try:
        with Children() as children:
            records = Bench(options, terminal, children).measure()
    except Interrupted as signal:
        terminal.say(f"  {signal}; everything that was started has been ended, and the next run goes on from here")
        return 128 + signal.number
    except (ServerFailed, passes.ApplicationFailed, demo.BuildFailed, counts.CountersMissing, setup.SetupFailed, ValueError) as failure:
        print(f"no figures: {failure}", file=sys.stderr)
        return 1
    found = records.found()
    print("\n" + "\n".join(pages.tables(found)) + "\n")
    for place in pages.write(found, records.setting, options.save):
        print(f"written to {place.relative_to(CLONE)}")
    return 0 if all(one["equal"] for one in found) else 1


class Bench:
    """One run over the chosen cases and Sparks."""

    def __init__(self, options, terminal: Terminal, children: Children):
        self.options, self.terminal, self.children = options, terminal, children
        self.cases = [CASES[name] for name in options.case.split(",")]
        self.sparks = [sparks.named(name) for name in options.spark.split(",")]
        self.keys, self.logs = Keys(), SCRATCH / "logs"
        self.jar = self.proxy = None

    def measure(self) -> Records:
        for spark in self.sparks:
            for step in ("packages", "target", "spark", "jars", "data"):
                if setup.main(["--sf", SCALE_FACTOR, "--spark", spark.name, "--only", step]) != 0:
                    raise setup.SetupFailed(f"the set-up's step {step} failed for Spark {spark.name}")
        SCRATCH.mkdir(parents=True, exist_ok=True)
        demo.build_proxy(self.terminal, self.children)
        self.jar = demo.build_jar(self.terminal, self.children)
        records = Records(hashlib.sha256(self.jar.read_bytes()).hexdigest()[:16], self.options.origin or "auto")
        demo.clean(SCRATCH, cache=True)
        self._serve()
        for spark in self.sparks:
            traced = self._compile(spark)
            for case in self.cases:
                for number in range(len(records.of(case.name, spark.name)), self.options.rounds):
                    self.terminal.say(f"\n  {case.name}, Spark {spark.release}, round {number + 1} of {self.options.rounds}")
                    self._round(case, spark, traced, records)
        return records

    def _serve(self) -> None:
        store = Store(self.children, self.keys, SCALE_FACTOR, SCRATCH, self.logs)
        with self.terminal.step("starting the S3 store (SeaweedFS)"):
            store.start()
        self._make_data()
        with self.terminal.step("loading the bucket"):
            store.load(places.data(SCALE_FACTOR), f"tpch/sf{SCALE_FACTOR}")
            store.load(MADE, "bench")
        self.proxy = Proxy(self.children, places.cargo_target() / "release" / "forebay-proxy", store.port, self.logs, "cloud")

    def _make_data(self) -> None:
        if all((MADE / name).exists() for name in data.MADE):
            return
        spark = self.sparks[0]
        MADE.mkdir(parents=True, exist_ok=True)
        with self.terminal.step("making the tables that TPC-H has not"):
            command = [str(spark.home / "bin" / "spark-submit"), "--master", "local[2]", "--driver-memory", "4g",
                       "--conf", f"spark.local.dir={SCRATCH / 'tmp'}", "--conf", "spark.ui.enabled=false",
                       str(CLONE / "bench" / "data.py"), (places.data(SCALE_FACTOR) / "lineitem").as_uri(), str(MADE)]
            environment = {**passes.kept_environment(), **spark.environment(), "SPARK_LOCAL_IP": "127.0.0.1"}
            done = subprocess.run(command, env=environment, cwd=SCRATCH, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise demo.BuildFailed(f"the tables could not be made:\n{done.stderr[-2000:]}")

    def _compile(self, spark: sparks.Spark) -> List[str]:
        """The tracing wrapper, for that Spark's Hadoop."""
        sources, classes = CLONE / "bench" / "java", SCRATCH / f"classes-{spark.name}"
        classes.mkdir(exist_ok=True)
        files = [*sources.glob("*.java"), *(sources / ("vectored" if spark.vectored else "plain")).glob("*.java")]
        path = [str(self.jar), *spark.s3a_jars(), *map(str, sorted((spark.home / "jars").glob("*.jar")))]
        done = subprocess.run(["javac", "-nowarn", "-cp", ":".join(path), "-d", str(classes), *map(str, sorted(files))],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise demo.BuildFailed(f"javac did not accept bench/java:\n{done.stderr[-2000:]}")
        return [str(classes)]

    def _round(self, case: Case, spark: sparks.Spark, traced: List[str], records: Records) -> None:
        for name in ("cache", "cache-planned", "events"):
            shutil.rmtree(SCRATCH / name, ignore_errors=True)
            (SCRATCH / name).mkdir(mode=0o700)
        events = ["spark.eventLog.enabled=true", f"spark.eventLog.dir={(SCRATCH / 'events').as_uri()}",
                  "spark.eventLog.compress=false", "spark.eventLog.rolling.enabled=false"]
        scene = CaseScene(
            spark=spark, scale_factor=SCALE_FACTOR, endpoint=self.proxy.endpoint, control=self.proxy.control, scratch=SCRATCH,
            logs=self.logs, environment=self.keys.environment(), forebay_jar=self.jar, origin=self.options.origin, warmup=True,
            memory="4g", cache_size="8GB", extra_conf=[*events, *self.options.conf], case=case, traced=traced)
        found: Dict[str, dict] = {}
        chosen = [one for one in arms.arms(spark, bool(case.stock_place)) if not self.options.arms or one.key in self.options.arms.split(",")]
        ended: List[dict] = []
        for application in chosen:
            show = demo.Progress(self.terminal, application)
            for one, done in zip(application.passes, passes.run(application, scene, self.children, show)):
                ended.append({"pass": one, **counts.as_pass(one, done, spark.release)})
                found[one.key] = arm(ended[-1], done["trace"])
            add_task_seconds(found, SCRATCH / "events")
        equal = judge(case, ended)
        if chosen and not self.options.arms and not self.options.conf:
            records.add(case.name, spark.name, found, equal)
        else:
            records.rounds.append({**records.setting, "case": case.name, "spark": spark.name, "equal": equal,
                                   "machine": figures.machine(), "arms": found})


def arm(ended: dict, trace: dict) -> dict:
    """What is kept of a pass."""
    ahead = ended["ahead"] or {"fetched": 0, "wasted": 0}
    return {
        "name": ended["name"], "seconds": ended["seconds"], "requests": ended["requests"], "proxy_bytes": ended["proxy_bytes"],
        "in_flight_seconds": round((ended["proxy"] or {}).get("busy_seconds", 0.0), 3),
        "stalled_seconds": trace["stalled_seconds"], "cpu_seconds": trace["cpu_seconds"], "needed_bytes": trace["needed_bytes"],
        "connect_seconds": trace["connect_seconds"],
        "ahead_bytes": ahead["fetched"], "wasted_bytes": ahead["wasted"], "task_seconds": 0.0,
        "since": trace["since"], "until": trace["until"],
    }


def add_task_seconds(found: Dict[str, dict], events: Path) -> None:
    """Sums what Spark's event log says its tasks ran, by the pass in which each began; the log is then dropped."""
    for log in sorted(file for file in events.rglob("*") if file.is_file()):
        for line in log.read_text().splitlines():
            if not line.startswith('{"Event":"SparkListenerTaskEnd"'):
                continue
            event = json.loads(line)
            began, ran = event["Task Info"]["Launch Time"] / 1e3, event.get("Task Metrics", {}).get("Executor Run Time", 0) / 1e3
            for one in found.values():
                if one["since"] < began <= one["until"]:
                    one["task_seconds"] = round(one["task_seconds"] + ran, 3)
        log.unlink()


def judge(case: Case, ended: List[dict]) -> bool:
    """Whether every pass has the answers of local files; the stock arms those of the part that they read."""
    whole = next((one for one in ended if one["key"] == "file"), ended[0])
    part = next((one for one in ended if one["pass"] is arms.FILE_PART), whole)
    return not any(unequal((part if case.stock_place and one["filesystem"] == "s3a" else whole)["queries"], one["queries"])
                   for one in ended if one["pass"] is not arms.FILE_PART)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
