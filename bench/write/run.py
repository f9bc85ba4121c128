#!/usr/bin/env python3
"""One file of 2 GiB written by stock S3A and by Forebay alone: seconds, and memory beside the heap.

`make bench-write` runs this. Each arm is a JVM of its own over a fresh store, in turns; what counts is the ratio of
the medians. S3A gathers its parts on the disk, Forebay in memory that counts against `fs.forebay.memory`.

    bench/write/run.py [--mib 2048] [--rounds 3] [--save]
"""
from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Dict, List

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
CLONE = HERE.parent.parent
sys.path[:0] = [str(CLONE / "bench"), str(CLONE / "demo")]

import figures  # noqa: E402
import places  # noqa: E402
import sparks  # noqa: E402
from children import Children, Interrupted  # noqa: E402
from figures import MIB  # noqa: E402
from run import BuildFailed, build_jar  # noqa: E402
from s3 import Bucket  # noqa: E402
from servers import HOST, Keys, ServerFailed, Store  # noqa: E402
from terminal import Terminal  # noqa: E402

ARMS = {"stock S3A": "org.apache.hadoop.fs.s3a.S3AFileSystem", "Forebay alone": "io.forebay.hadoop.ForebayFileSystem"}
HEAP = "512m"


class LargeStore(Store):
    """Over a fresh folder, with room for the file and what stores keep besides."""

    VOLUMES = 80

    def _claim(self, kept: Path) -> Path:
        folder = self.scratch / "store"
        folder.mkdir(parents=True)
        return folder


def main(arguments: List[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mib", type=int, default=2048)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--save", action="store_true", help="keep the figures in bench/results")
    options = parser.parse_args(arguments)
    terminal = Terminal()
    try:
        with Children() as children:
            jar = build_jar(terminal, children)
        runs: Dict[str, List[dict]] = {name: [] for name in ARMS}
        for number in range(options.rounds):
            for name in ARMS:
                # Each ends its own server.
                with terminal.step(f"{name}, round {number + 1}") as step, Children() as children:
                    found = write(children, jar, name, options.mib)
                    step.note = f"{found['seconds']:.1f} s, {found['grown'] // MIB} MiB beside the heap"
                runs[name].append(found)
    except (BuildFailed, ServerFailed, subprocess.CalledProcessError) as failure:
        print(f"the benchmark could not be done: {failure}", file=sys.stderr)
        return 1
    except Interrupted as signal:
        return 128 + signal.number
    report(runs, options, terminal)
    return 0


def write(children: Children, jar: Path, name: str, mib: int) -> dict:
    """One JVM, one file, one store."""
    scratch = Path(tempfile.mkdtemp(prefix="forebay-write-"))
    try:
        (scratch / "classes").mkdir()
        (scratch / "cache").mkdir(mode=0o700)
        spark = sparks.named(sparks.USUAL)
        class_path = ":".join(map(str, [scratch / "classes", jar, *spark.s3a_jars(), spark.home / "jars" / "*"]))
        subprocess.run(["javac", "-nowarn", "-proc:none", "-cp", class_path, "-d", str(scratch / "classes"),
                        *map(str, (HERE / "java").glob("*.java"))], check=True)
        keys = Keys()
        store = LargeStore(children, keys, "0.01", scratch, scratch)
        store.start()
        bucket = Bucket(HOST, store.port, places.BUCKET, keys.access, keys.secret)
        bucket.create()
        bucket.close()
        command = ["java", f"-Xms{HEAP}", f"-Xmx{HEAP}", "-XX:+AlwaysPreTouch", f"-Djava.io.tmpdir={scratch}",
                   f"-Dlog4j2.configurationFile={(places.DEMO / 'log4j2.properties').as_uri()}", "-cp", class_path,
                   "WritesAFile", f"http://{HOST}:{store.port}", ARMS[name], str(scratch / "cache"),
                   f"s3a://{places.BUCKET}/bench/file", str(mib)]
        with open(scratch / "stderr.log", "wb") as log:
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=log,
                                  env={**os.environ, **keys.environment()})
        found = json.loads(done.stdout.decode().splitlines()[-1])
        if found["length"] != mib * MIB:
            raise ServerFailed(f"the store has {found['length']} bytes of {mib} MiB")
        return found
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def report(runs: Dict[str, List[dict]], options, terminal: Terminal) -> None:
    median = {name: statistics.median(one["seconds"] for one in found) for name, found in runs.items()}
    stock, ours = (median[name] for name in ARMS)
    rows = [[name, f"{median[name]:.1f}", f"{options.mib / median[name]:.0f}",
             str(max(one["grown"] for one in found) // MIB), f"{stock / median[name]:.2f}"] for name, found in runs.items()]
    lines = figures.table(["", "seconds (median)", "MiB/s", "MiB beside the heap (most)", "as fast as S3A"], rows)
    found = {"runs": runs, "mib": options.mib, "ratio": stock / ours, "machine": figures.machine()}
    terminal.say("\n" + "\n".join(lines))
    for file in figures.write("write", "Writing one large file", found, lines, options.save):
        terminal.say(f"written to {file}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
