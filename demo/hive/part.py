"""Hive's part of a demo, whole: its own store, a server on stock S3A, then one on Forebay, and the verdict.

`make demo-hive` is this alone; `make demo HIVE=4.0.1` has it after Spark's part.
"""
from __future__ import annotations

import fcntl
import os
import platform
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Dict, List

import places
import report
from children import Children
from hive import films, passes, stage, versions
from hive.passes import WrongAnswer
from hive.server import ServerEnded, Setting
from hive.session import StatementFailed
from terminal import Terminal

SIZES = {"usual": films.USUAL, "tiny": films.TINY}
# What may go wrong here; each says what to look at.
FAILURES = (ServerEnded, StatementFailed, WrongAnswer, versions.HiveNotReady)


@dataclass(frozen=True)
class Part:
    """What was asked for. An empty origin is Forebay's choice; `shape` is the proxy's, `shaped` its description."""

    version: versions.Version
    size: str
    origin: str
    shape: str
    shaped: str
    again: str

    @property
    def title(self) -> str:
        return f"the first day of a Hive {self.version.number} user"


def play(part: Part, jar: Path, terminal: Terminal, scratch: Path) -> dict:
    """Runs it in the folder `scratch`; returns it as it stands in a report. BlockingIOError if another is at it."""
    # Hive wants a scratch folder that all may write: what is above it keeps all others out.
    scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(scratch / "in-use.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            with Children() as children:
                prepare(part, terminal, children, scratch)
                ended = run_servers(part, jar, terminal, children, scratch)
        finally:
            (scratch / "s3.json").unlink(missing_ok=True)
    for name in ("store", "tmp", "stock", "forebay", "cache"):
        shutil.rmtree(scratch / name, ignore_errors=True)
    all_equal = passes.judge(ended)
    return {"equal": all_equal, "title": part.title, "passes": ended, "facts": facts(part)}


def prepare(part: Part, terminal: Terminal, children: Children, scratch: Path) -> None:
    version = part.version
    if not version.jars.is_dir():
        title = f"fetching Hive {version.number} and Tez {version.tez} from Maven Central (about 600 MB, once)"
        with terminal.step(title) as step:
            versions.fetch(version, children)
            step.note = f"{len(list(version.jars.glob('*.jar')))} jars"
    for name in ("logs", "tmp", "stock", "forebay", "cache"):
        shutil.rmtree(scratch / name, ignore_errors=True)
    for name in ("logs", "tmp"):
        (scratch / name).mkdir()
    (scratch / "cache").mkdir(mode=0o700)
    versions.compile_classes(version, scratch / "classes")


def run_servers(part: Part, jar: Path, terminal: Terminal, children: Children, scratch: Path) -> List[dict]:
    logs, amount = scratch / "logs", SIZES[part.size]
    with terminal.step("starting Hive's S3 store (SeaweedFS) and its proxy"):
        here = stage.build(children, scratch, logs, part.shape)
    with terminal.step("landing users and ratings") as step:
        step.note = f"{here.land(amount, 'stock', 'forebay')} objects, {amount.users} users, {amount.ratings} ratings"
    cache = {"fs.forebay.cache.dirs": str(scratch / "cache"), "fs.forebay.cache.size": "2GB"}
    chosen = {"fs.forebay.origin": part.origin} if part.origin else {}
    environment = here.keys.environment()
    settings = [Setting("stock", part.version, here.proxy.endpoint, environment),
                Setting("forebay", part.version, here.proxy.endpoint, environment, jar, {**cache, **chosen})]
    return [one for setting in settings for one in passes.run_server(setting, amount, here, terminal, children, scratch)]


def tables(found: dict) -> str:
    """One of the whole day and one of the scans alone: only like is compared with like."""
    return "\n\n".join(report.summary({"passes": pair}) for pair in passes.pairs(found["passes"]))


def facts(part: Part) -> Dict[str, str]:
    amount = SIZES[part.size]
    return {
        "when": datetime.now().strftime("%Y-%m-%d %H:%M"),
        "engine": f"HiveServer2 {part.version.number}, Tez {part.version.tez} in local mode, Hadoop {versions.HADOOP}",
        "data": f"{amount.users} users and {amount.ratings} ratings in MovieLens' form, seeded",
        "store": f"SeaweedFS {places.SEAWEEDFS} on loopback, {part.shaped}",
        "origin": part.origin or "chosen by Forebay",
        "machine": f"{os.cpu_count()} CPUs, {platform.system()} {platform.release()}, load {os.getloadavg()[0]:.1f} at the end",
        "again": part.again,
    }
