"""The demo's job with every read traced, and with reads that need no engine.

    spark-submit [--conf ...] traced_job.py SPEC.json
"""
from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import List

sys.path[:0] = [str(Path(__file__).resolve().parent.parent / "demo")]

import job  # noqa: E402


class Watch:
    """What the trace saw of a pass, and between which times of the clock it ran.

    Before the first pass it connects: loading a store's client takes a new JVM longer than some of the queries, and
    is the same in every arm but local files. How long it took is told apart.
    """

    def __init__(self, spec: dict):
        self.location = spec["passes"][0]["location"]
        self.until = self.connected = 0.0

    def __call__(self, session) -> dict:
        if not self.until:
            self.connected = self._connect(session)
        told = json.loads(session._jvm.Trace.take())
        since, self.until = self.until, time.time()
        return {"trace": {**told, "connect_seconds": self.connected, "since": since, "until": self.until}}

    def _connect(self, session) -> float:
        began = time.monotonic()
        path = session._jvm.org.apache.hadoop.fs.Path(self.location)
        path.getFileSystem(session._jsc.hadoopConfiguration()).getFileStatus(path)
        return round(time.monotonic() - began, 3)


class Streams:
    """One read of one file by the method of Streams.java that the case names."""

    def __init__(self, method: str, file: str):
        self.method, self.file = method, file

    def __call__(self, session, spec: dict, location: str, label: str) -> List[dict]:
        job.tell(event="query", label=label, name=self.method)
        began = time.monotonic()
        found = getattr(session._jvm.Streams, self.method)(session._jsc.hadoopConfiguration(), f"{location}/{self.file}")
        seconds = time.monotonic() - began
        job.tell(event="answer", label=label, name=self.method, seconds=seconds, rows=1)
        return [{"name": self.method, "seconds": seconds, "rows": 1, "hash": str(found)}]


if __name__ == "__main__":
    told = json.loads(Path(sys.argv[1]).read_text())
    job.main(sys.argv[1], Streams(*told["streams"]) if told["streams"] else None, Watch(told))
