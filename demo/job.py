"""The main job, as a user would write it: 22 TPC-H queries over Parquet, run by spark-submit.

    spark-submit [--conf ...] job.py SPEC.json

One application runs one or more passes. A pass registers the tables, runs the queries in order and
collects their answers; listing, schema inference and planning are part of it. What happens is told to the
parent as lines of JSON on standard output. Requests are counted by the proxy in front of the store, which
the job resets before a pass and asks after it; Forebay's own counters are read besides.
"""
from __future__ import annotations

import json
import os
import sys
import threading
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Callable, Dict, List, Optional

from results import digest

EVENT = "forebay-demo "
METRICS_CLASS = "io.forebay.hadoop.ForebayMetrics"
# How long a pass waits for requests that are still under way (look-ahead) before it is counted.
SETTLE_SECONDS = 10.0


def main(path: str, read: Optional[Callable] = None, watch: Callable = lambda session: {}) -> None:
    """Runs what the file at `path` says.

    `read(session, spec, location, label)` returns the answers from a location: those to the queries, if not given. What
    `watch(session)` returns once a pass has ended goes with the pass; it is also called before the first.
    """
    die_with_parent()
    from pyspark.sql import SparkSession

    spec = json.loads(Path(path).read_text())
    session = SparkSession.builder.getOrCreate()
    read = read or Queries(spec)
    tell(event="started", spark=session.version, java=session._jvm.System.getProperty("java.version"))
    if spec["warmup"]:
        read(session, spec, spec["warmup"], "warm-up")
        tell(event="warmed")
    watch(session)
    for one in spec["passes"]:
        ended = run_pass(session, read, spec, one)
        tell(event="pass-ended", **ended, **watch(session))
    tell(event="ended", peak_rss=peak_rss(os.getppid()))
    session.stop()


def load_queries(folder: Path, scale_factor: str) -> Dict[str, str]:
    fraction = f"{0.0001 / float(scale_factor):.10f}"
    return {file.stem: file.read_text().replace("{fraction}", fraction) for file in sorted(folder.glob("q*.sql"))}


def run_pass(session, read, spec: dict, one: dict) -> dict:
    proxy = spec["control"] if one["counted"] else None
    if proxy:
        ask(proxy, f"/reset?pass={urllib.parse.quote(one['name'])}", method="POST")
    before = counters(session) if spec["forebay"] else {}
    began = time.monotonic()
    answers = read(session, spec, one["location"], one["name"])
    seconds = time.monotonic() - began
    stats = settled(proxy) if proxy else None
    after = counters(session) if spec["forebay"] else {}
    moved = {name: after[name] - before.get(name, 0) for name in after}
    return {"name": one["name"], "seconds": seconds, "queries": answers, "stats": stats, "counters": moved}


class Queries:
    """The queries of a folder, over tables that are registered anew for each location."""

    def __init__(self, spec: dict):
        self.texts = load_queries(Path(spec["queries"]), spec["scale_factor"])

    def __call__(self, session, spec: dict, location: str, label: str) -> List[dict]:
        for table, form in spec["tables"].items():
            session.read.format(form).load(f"{location}/{table}").createOrReplaceTempView(table)
        answers = []
        for name, text in self.texts.items():
            tell(event="query", label=label, name=name)
            began = time.monotonic()
            frame = session.sql(text)
            rows = frame.collect()
            seconds = time.monotonic() - began
            answers.append({"name": name, "seconds": seconds, "rows": len(rows), "hash": digest(frame.columns, rows)})
            tell(event="answer", label=label, name=name, seconds=seconds, rows=len(rows))
        return answers


def counters(session) -> Dict[str, int]:
    """Forebay's own counters of this process; its absence is an error, since then the pass isn't Forebay's."""
    package = session._jvm
    for part in METRICS_CLASS.split("."):
        package = getattr(package, part)
    return {str(name): int(value) for name, value in dict(package.snapshot()).items()}


def settled(proxy: str) -> dict:
    """The proxy's numbers once nothing is under way any more."""
    until = time.monotonic() + SETTLE_SECONDS
    stats = ask(proxy, "/stats")
    while stats.get("in_flight", 0) > 0 and time.monotonic() < until:
        time.sleep(0.02)
        stats = ask(proxy, "/stats")
    return stats


def ask(proxy: str, path: str, method: str = "GET") -> dict:
    request = urllib.request.Request(proxy + path, method=method, data=b"" if method == "POST" else None)
    with LOCAL.open(request, timeout=30) as answer:
        body = answer.read()
    return json.loads(body) if body.strip().startswith(b"{") else {}


# The proxy is on loopback whatever the environment says about web proxies.
LOCAL = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def peak_rss(process: int) -> Optional[int]:
    """The highest resident size of a process so far, in bytes (VmHWM); ours runs below its JVM."""
    try:
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


def tell(**event) -> None:
    sys.stdout.write(EVENT + json.dumps(event) + "\n")
    sys.stdout.flush()


def die_with_parent() -> None:
    """Ends this process when its JVM is gone, even if that was killed without a chance to say so."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    main(sys.argv[1])
