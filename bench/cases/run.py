#!/usr/bin/env python3
"""Scans that TPC-H has not, each a table and a query: few columns, a selective filter, ORC, small files, count(*).

`make bench-cases` runs them: local files on a warm page cache, stock S3A, Forebay cold, warm, and in a new
application, each case `--rounds` times with its arms in turn, on a store that answers like a cloud's. Ratios are
taken within a round; the table shows their medians. Requests and bytes are counted at the proxy.

A missed bar is said in its row and is no error: the exit code tells whether the answers are equal.

    bench/cases/run.py [--case columns] [--rounds 3] [--origin direct|delegate] [--conf NAME=VALUE] [--save]
"""
from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List

sys.dont_write_bytecode = True
CASES = Path(__file__).resolve().parent
CLONE = CASES.parent.parent
sys.path[:0] = [str(CLONE / "bench"), str(CLONE / "demo")]

import counts  # noqa: E402
import figures  # noqa: E402
import passes  # noqa: E402
import places  # noqa: E402
import run as demo  # noqa: E402
import sparks  # noqa: E402
from children import Children, Interrupted  # noqa: E402
from results import unequal  # noqa: E402
from servers import Keys, Proxy, ServerFailed, Store  # noqa: E402
from terminal import Terminal  # noqa: E402

SCALE_FACTOR = "1"
PASSES = ["file", "s3a", "cold", "warm", "new-application"]


@dataclass(frozen=True)
class Case:
    """A query over one table; `most` are the bars: cold against S3A, warm and new against local files."""

    name: str
    table: str
    form: str
    most: Dict[str, float]


CASES_BY_NAME = {case.name: case for case in [
    Case("columns", "lineitem", "parquet", {"cold/s3a": 0.35, "warm/file": 1.15}),
    Case("selective", "lineitem", "parquet", {"cold/s3a": 0.45}),
    Case("orc", "lineitem_orc", "orc", {"cold/s3a": 0.7}),
    Case("small-files", "lineitem_small", "parquet", {"cold/s3a": 0.15, "warm/file": 2.0}),
    Case("count", "lineitem", "parquet", {"cold/s3a": 1.0}),
]}


@dataclass
class CaseScene(passes.Scene):
    """A scene whose workload is one case."""

    case: Case = None

    @property
    def prefix(self) -> str:
        return self.case_prefix(self.case)

    @staticmethod
    def case_prefix(case: Case) -> str:
        return "cases" if case.table.startswith("lineitem_") else f"tpch/sf{SCALE_FACTOR}"

    @property
    def local(self) -> Path:
        return own_data() if self.case.table.startswith("lineitem_") else places.data(SCALE_FACTOR)

    @property
    def queries(self) -> Path:
        return CASES / self.case.name

    @property
    def tables(self) -> Dict[str, str]:
        return {self.case.table: self.case.form}


def own_data() -> Path:
    return places.user_cache() / "data" / "cases"


def main(arguments: List[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--case", action="append", choices=list(CASES_BY_NAME), default=[])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--origin", choices=["", "direct", "delegate"], default="")
    parser.add_argument("--spark", type=sparks.named, default=sparks.USUAL)
    parser.add_argument("--conf", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--passes", default=",".join(PASSES))
    parser.add_argument("--save", action="store_true")
    options = parser.parse_args(arguments)
    if isinstance(options.spark, str):
        options.spark = sparks.named(options.spark)
    terminal = Terminal()
    scratch = figures.TARGET / "cases"
    scratch.mkdir(parents=True, exist_ok=True)
    chosen = [CASES_BY_NAME[name] for name in options.case] or list(CASES_BY_NAME.values())
    try:
        with Children() as children:
            found = measure(options, chosen, terminal, children, scratch)
    except Interrupted as signal:
        terminal.say(f"  {signal}; everything that was started has been ended")
        return 128 + signal.number
    except (ServerFailed, passes.ApplicationFailed, demo.BuildFailed, counts.CountersMissing) as failure:
        print(f"no figures: {failure}", file=sys.stderr)
        return 1
    result = {"scale_factor": SCALE_FACTOR, "spark": options.spark.release, "origin": options.origin or "auto",
              "conf": options.conf, "rounds": options.rounds, "machine": figures.machine(), "cases": found}
    lines = tables(found)
    print("\n" + "\n".join(lines) + "\n")
    name = "cases" if options.spark.name == sparks.USUAL else f"cases-spark-{options.spark.name}"
    title = f"Scans, Spark {options.spark.release}, medians of {options.rounds} rounds"
    for place in figures.write(name, title, result, lines, options.save):
        print(f"written to {place.relative_to(CLONE)}")
    return 0 if all(one["equal"] for one in found) else 1


def measure(options, chosen: List[Case], terminal: Terminal, children: Children, scratch: Path) -> List[dict]:
    demo.build_proxy(terminal, children)
    jar = demo.build_jar(terminal, children)
    demo.clean(scratch, cache=True)
    make_data(options, terminal, scratch)
    keys, logs = Keys(), scratch / "logs"
    store = Store(children, keys, SCALE_FACTOR, scratch, logs)
    with terminal.step("starting the S3 store (SeaweedFS)"):
        store.start()
    with terminal.step("loading the bucket"):
        store.load(places.data(SCALE_FACTOR), f"tpch/sf{SCALE_FACTOR}")
        store.load(own_data(), "cases")
    proxy = Proxy(children, places.cargo_target() / "release" / "forebay-proxy", store.port, logs, "cloud")
    found = []
    for case in chosen:
        rounds = []
        for number in range(options.rounds):
            terminal.say(f"  {case.name}, round {number + 1} of {options.rounds}")
            demo.clean(scratch, cache=True)
            scene = CaseScene(
                spark=options.spark, scale_factor=SCALE_FACTOR, endpoint=proxy.endpoint, control=proxy.control,
                scratch=scratch, logs=logs, environment=keys.environment(), forebay_jar=jar, origin=options.origin,
                warmup=True, memory="4g", cache_size="8GB", extra_conf=options.conf, case=case)
            ended, _ = demo.run_all(passes.chosen(options.passes.split(",")), scene, children, terminal)
            counts.judge(ended, unequal)
            rounds.append({one["key"]: one for one in ended})
        found.append(judge(case, rounds))
    return found


def make_data(options, terminal: Terminal, scratch: Path) -> None:
    if all((own_data() / case.table).is_dir() for case in CASES_BY_NAME.values() if case.table.startswith("lineitem_")):
        return
    own_data().mkdir(parents=True, exist_ok=True)
    with terminal.step("making the tables of the cases"):
        lineitem = (places.data(SCALE_FACTOR) / "lineitem").as_uri()
        command = [str(options.spark.home / "bin" / "spark-submit"), "--master", "local[2]", "--driver-memory", "4g",
                   "--conf", f"spark.local.dir={scratch / 'tmp'}", "--conf", "spark.ui.enabled=false",
                   str(CASES / "data.py"), lineitem, str(own_data())]
        environment = {**passes.kept_environment(), **options.spark.environment(), "SPARK_LOCAL_IP": "127.0.0.1"}
        done = subprocess.run(command, env=environment, cwd=scratch, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise demo.BuildFailed(f"the tables could not be made:\n{done.stderr[-2000:]}")


def judge(case: Case, rounds: List[Dict[str, dict]]) -> dict:
    def median(of) -> float:
        return statistics.median(of(one) for one in rounds)

    arms = {}
    for key in rounds[0]:
        arms[key] = {
            "seconds": round(median(lambda one: one[key]["seconds"]), 3),
            "requests": {name: median(lambda one: one[key]["requests"][name]) for name in counts.METHODS},
            "proxy_bytes": median(lambda one: one[key]["proxy_bytes"]),
            "stalled_seconds": round(median(lambda one: one[key]["counters"].get("read.stalled", 0) / 1e9), 3),
            "wasted_bytes": median(lambda one: (one[key]["ahead"] or {"wasted": 0})["wasted"]),
        }
    bars = []
    for name, most in case.most.items():
        over, under = name.split("/")
        if over in rounds[0] and under in rounds[0]:
            ratio = median(lambda one: one[over]["seconds"] / one[under]["seconds"])
            bars.append({"bar": name, "found": round(ratio, 3), "at_most": most, "met": ratio <= most})
    return {"case": case.name, "arms": arms, "bars": bars,
            "equal": all(one["equal"] for found in rounds for one in found.values())}


def tables(found: List[dict]) -> List[str]:
    rows = [[one["case"] if key == list(one["arms"])[0] else "", key, f"{arm['seconds']:.2f}",
             *(f"{arm['requests'][method]:g}" for method in ("GET", "GET304", "HEAD", "LIST")),
             f"{arm['proxy_bytes'] / 1e6:.1f}", f"{arm['stalled_seconds']:.2f}", f"{arm['wasted_bytes'] / 1e6:.1f}"]
            for one in found for key, arm in one["arms"].items()]
    heads = ["case", "arm", "seconds", "GET", "304", "HEAD", "LIST", "MB", "s stalled", "MB wasted"]
    bars = [[one["case"], bar["bar"], f"{bar['found']:g}", f"{bar['at_most']:g}", "met" if bar["met"] else "MISSED"]
            for one in found for bar in one["bars"]]
    return [*figures.table(heads, rows), "", *figures.table(["case", "ratio", "found", "at most", ""], bars)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
