#!/usr/bin/env python3
"""The demo of Hive: the first day of its user over an S3 store, through stock S3A and through Forebay.

`make demo-hive` runs this. It starts a HiveServer2 on stock S3A and then one on Forebay, asks both the same
over JDBC, and compares every answer; each asks its scans once more, which Forebay then answers from its
cache. The tables at the end are in target/demo/hive-report.json too. It ends with 0 only if all statements
ran and all answers are equal.
"""
from __future__ import annotations

import argparse
import fcntl
import json
import os
import platform
import shutil
import sys
from datetime import datetime
from pathlib import Path
from typing import Dict, List

sys.dont_write_bytecode = True
sys.path[0] = str(Path(__file__).resolve().parent.parent)

import places  # noqa: E402
import report  # noqa: E402
from children import Children, Interrupted  # noqa: E402
from counts import CountersMissing  # noqa: E402
from hive import films, passes, stage, versions  # noqa: E402
from hive.passes import WrongAnswer  # noqa: E402
from hive.server import ServerEnded, Setting  # noqa: E402
from hive.session import StatementFailed  # noqa: E402
from run import SHAPE, BuildFailed, build_jar, build_proxy  # noqa: E402
from servers import ServerFailed  # noqa: E402
from terminal import Terminal  # noqa: E402

SIZES = {"usual": films.USUAL, "tiny": films.TINY}
FAILURES = (BuildFailed, ServerFailed, ServerEnded, StatementFailed, WrongAnswer, CountersMissing, versions.HiveNotReady)


def options_from(arguments: List[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hive", choices=list(versions.ALL), default="4.0.1", help="version of Hive (4.0.1)")
    parser.add_argument("--size", choices=list(SIZES), default="usual", help="how much data (usual)")
    parser.add_argument("--origin", choices=["", "direct", "delegate"], default="", help="fs.forebay.origin; empty: Forebay chooses")
    parser.add_argument("--shape", choices=["cloud", "none"], default="cloud", help="the store's shape (cloud)")
    parser.add_argument("--jar", type=Path, help="Forebay's jar; without it, the jar is built first")
    parser.add_argument("--into", type=Path, default=places.TARGET / "demo", help="folder of the report (target/demo)")
    return parser.parse_args(arguments)


def main(arguments: List[str]) -> int:
    options = options_from(arguments)
    terminal = Terminal()
    scratch = options.into.resolve() / "hive"
    # Hive wants a scratch folder that all may write: what is above it keeps all others out.
    scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with open(scratch / "in-use.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return demo(options, terminal, scratch)
    except BlockingIOError:
        return failed(terminal, f"another demo is using {scratch}: wait for it, or give another folder with --into")
    except Interrupted as signal:
        terminal.say(f"  {signal}; everything that was started has been ended")
        return 128 + signal.number
    except FAILURES as failure:
        return failed(terminal, str(failure))


def failed(terminal: Terminal, message: str) -> int:
    terminal.say()
    print(f"the demo failed: {message}", file=sys.stderr)
    return 1


def demo(options: argparse.Namespace, terminal: Terminal, scratch: Path) -> int:
    version = versions.ALL[options.hive]
    terminal.say(f"Forebay demo: the first day of a Hive {version.number} user, over an S3 store on loopback")
    with Children() as children:
        build_proxy(terminal, children)
        jar = options.jar.resolve() if options.jar else build_jar(terminal, children)
        prepare(terminal, version, scratch)
        try:
            ended = run_all(options, version, jar, terminal, children, scratch)
        finally:
            (scratch / "s3.json").unlink(missing_ok=True)
    for name in ("store", "tmp", "stock", "forebay", "cache"):
        shutil.rmtree(scratch / name, ignore_errors=True)
    all_equal = passes.judge(ended)
    found = {"equal": all_equal, "passes": ended, "facts": facts(options, version)}
    file = scratch.parent / "hive-report.json"
    write_whole(file, json.dumps(found, indent=1) + "\n")
    show(terminal, ended)
    terminal.say(f"  report: {file}")
    if not all_equal:
        terminal.say("  ANSWERS DIFFER from the reference: see the column 'equal'")
    return 0 if all_equal else 1


def prepare(terminal: Terminal, version: versions.Version, scratch: Path) -> None:
    if not version.jars.is_dir():
        with terminal.step(f"fetching Hive {version.number} and Tez {version.tez} from Maven Central (about 600 MB)") as step:
            versions.fetch(version)
            step.note = f"{len(list(version.jars.glob('*.jar')))} jars"
    for name in ("logs", "tmp", "stock", "forebay", "cache"):
        shutil.rmtree(scratch / name, ignore_errors=True)
    for name in ("logs", "tmp"):
        (scratch / name).mkdir()
    (scratch / "cache").mkdir(mode=0o700)
    versions.compile_classes(version, scratch / "classes")


def run_all(options, version, jar: Path, terminal: Terminal, children: Children, scratch: Path) -> List[dict]:
    logs, amount = scratch / "logs", SIZES[options.size]
    with terminal.step("starting the S3 store (SeaweedFS) and its proxy"):
        here = stage.build(children, scratch, logs, options.shape)
    with terminal.step("landing users and ratings") as step:
        step.note = f"{here.land(amount, 'stock', 'forebay')} objects, {amount.users} users, {amount.ratings} ratings"
    cache = {"fs.forebay.cache.dirs": str(scratch / "cache"), "fs.forebay.cache.size": "2GB"}
    chosen = {"fs.forebay.origin": options.origin} if options.origin else {}
    environment = here.keys.environment()
    settings = [Setting("stock", version, here.proxy.endpoint, environment),
                Setting("forebay", version, here.proxy.endpoint, environment, jar, {**cache, **chosen})]
    return [one for setting in settings for one in passes.run_server(setting, amount, here, terminal, children, scratch)]


def show(terminal: Terminal, ended: List[dict]) -> None:
    """A table of the whole day and one of the scans alone: only like is compared with like."""
    for keys in (("s3a", "cold"), ("s3a-scans", "warm")):
        terminal.say()
        terminal.say(report.summary({"passes": [one for one in ended if one["key"] in keys]}))
    terminal.say()


def facts(options: argparse.Namespace, version: versions.Version) -> Dict[str, str]:
    return {
        "when": datetime.now().strftime("%Y-%m-%d %H:%M"),
        "engine": f"HiveServer2 {version.number}, Tez {version.tez} in local mode, Hadoop {versions.HADOOP}",
        "data": f"{SIZES[options.size].users} users and {SIZES[options.size].ratings} ratings in MovieLens' form, seeded",
        "store": f"SeaweedFS {places.SEAWEEDFS} on loopback, " + (f"shaped: {SHAPE}" if options.shape == "cloud" else "not shaped"),
        "origin": options.origin or "chosen by Forebay",
        "machine": f"{os.cpu_count()} CPUs, {platform.system()} {platform.release()}, load {os.getloadavg()[0]:.1f} at the end",
        "again": f"make demo-hive HIVE={version.number}" + (f" ORIGIN={options.origin}" if options.origin else ""),
    }


def write_whole(file: Path, text: str) -> None:
    fresh = file.with_name(file.name + ".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(file)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
