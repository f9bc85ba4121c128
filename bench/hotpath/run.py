#!/usr/bin/env python3
"""The hot path: warm reads out of the host's cache against bare reads of the same files.

`make bench-hotpath` runs this. A Rust benchmark compares the engine with pread, a Java one compares JNI and
streams with FileChannel and BufferedInputStream; both print one line of JSON per combination, and the bars are
here. A missed bar is said in its row and is no error: the exit code tells whether the benchmark itself worked.

    bench/hotpath/run.py [--seed N] [--mib N] [--save] [--only rust|java]
"""
from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional

sys.dont_write_bytecode = True
CLONE = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(CLONE / "bench"), str(CLONE / "demo")]

import figures  # noqa: E402
import places  # noqa: E402
from children import Children, Interrupted  # noqa: E402

# The least ratio of base to ours, by arm and bytes of a read; of one-byte reads ours may take at most half the time.
BARS = {
    "engine": {64 << 10: 0.68, 1 << 20: 0.80},
    "NativeFile": {4 << 10: 0.35, 64 << 10: 0.72, 1 << 20: 0.95, 8 << 20: 1.0},
    "stream.read()": {1: 2.0},
}
# Of what a second thread gains the base, it gains us at least this share.
GAIN = 0.95
# By the clock a turn of an arm takes so much longer than of processor time when neighbours are loud.
LOUD = 1.15


class Failed(Exception):
    """A benchmark that did not end well; the message says which."""


class Row(NamedTuple):
    """One line of the table."""

    told: Dict[str, object]

    @property
    def bar(self) -> Optional[float]:
        return BARS.get(self.told["arm"], {}).get(self.told["bytes"])

    @property
    def verdict(self) -> str:
        if self.bar is None:
            return ""
        return "met" if self.told["ratio"] >= self.bar else "MISSED"

    def cells(self) -> List[str]:
        told = self.told
        return [f"{told['arm']} / {told['base']}", size(told["bytes"]), str(told["threads"]), duration(told["base_ns"]),
                duration(told["ours_ns"]), f"{told['ratio']:.2f}", f"{told['low']:.2f} - {told['high']:.2f}",
                f"{told['clock_ratio']:.2f}", f"{self.bar:.2f}" if self.bar else "", self.verdict]


class Gain(NamedTuple):
    """What a second thread gains us, as a share of what it gains the base; from one run's rows."""

    one: Row
    two: Row

    @property
    def share(self) -> float:
        return self.two.told["clock_ratio"] / self.one.told["clock_ratio"]

    @property
    def verdict(self) -> str:
        return "met" if self.share >= GAIN else "MISSED"

    def cells(self) -> List[str]:
        base, ours = (2 * self.one.told[who] / self.two.told[who] for who in ("base_ns", "ours_ns"))
        return [f"{self.one.told['arm']} / {self.one.told['base']}", size(self.one.told["bytes"]), f"{base:.2f}",
                f"{ours:.2f}", f"{self.share:.2f}", f"{GAIN:.2f}", self.verdict]


GAIN_HEADS = ["a second thread's gain", "read", "base", "ours", "share by the clock", "bar", ""]
HEADS = ["arm / base", "read", "threads", "base", "ours", "ratio", "quartiles", "by the clock", "bar", ""]


def main(arguments: List[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--mib", type=int, default=2048, help="MiB of segments, a multiple of 256 (2048)")
    parser.add_argument("--save", action="store_true", help="keep the figures in bench/results")
    parser.add_argument("--only", choices=["rust", "java"])
    options = parser.parse_args(arguments)
    scratch = figures.TARGET / f"hotpath-{os.getpid()}"
    # The parent of a cache directory must belong to the user alone.
    scratch.mkdir(parents=True, mode=0o700)
    print(f"the hot path: {options.mib} MiB of segments in the page cache, seed {options.seed}", flush=True)
    try:
        with Children() as children:
            told = []
            if options.only != "java":
                told += rust(children, scratch, options)
            if options.only != "rust":
                told += java(children, scratch, options)
    except (Failed, Interrupted) as failure:
        print(f"bench-hotpath failed: {failure}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return report([Row(one) for one in told], options)


def rust(children: Children, scratch: Path, options) -> List[dict]:
    command = ["cargo", "bench", "--quiet", "-p", "forebay-engine", "--bench", "hotpath", "--",
               "--directory", str(scratch), "--seed", str(options.seed), "--mib", str(options.mib)]
    environment = {**os.environ, "CARGO_TARGET_DIR": str(places.cargo_target())}
    return lines_of(children, command, environment)


def java(children: Children, scratch: Path, options) -> List[dict]:
    jars = [newest_jar(), *(places.venv().glob("lib/python3*/site-packages/pyspark/jars/*.jar")),
            *places.jars().glob("*.jar")]
    classes, cache = scratch / "classes", scratch / "java-cache"
    classes.mkdir()
    cache.mkdir(mode=0o700)
    path = ":".join(map(str, jars))
    sources = sorted(map(str, (CLONE / "bench" / "hotpath" / "java").glob("*.java")))
    compiled = subprocess.run(["javac", "-nowarn", "-cp", path, "-d", str(classes), *sources], check=False)
    if compiled.returncode != 0:
        raise Failed("javac did not accept bench/hotpath/java")
    return lines_of(children, ["java", "-Xms1g", "-Xmx1g", f"-Djava.io.tmpdir={scratch}", "-cp", f"{classes}:{path}",
                               "HotPath", str(cache), str(options.seed), str(options.mib)], dict(os.environ))


def newest_jar() -> Path:
    found = list((CLONE / "java/forebay-hadoop/build/libs").glob("forebay-*.jar"))
    if not found:
        raise Failed("there is no jar in java/forebay-hadoop/build/libs: run `make jar`")
    return max(found, key=lambda jar: jar.stat().st_mtime)


def lines_of(children: Children, command: List[str], environment: Dict[str, str]) -> List[dict]:
    """Runs a benchmark; returns what it told as lines of JSON, and shows each at once."""
    child = children.start(command, environment, cwd=CLONE, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    told = []
    for raw in child.stdout:
        line = raw.decode("utf-8", "replace")
        if line.startswith("{"):
            told.append(json.loads(line))
            print("  " + "  ".join(filter(None, Row(told[-1]).cells())), flush=True)
    code = child.wait()
    children.end(child)
    if code != 0 or not told:
        raise Failed(f"{' '.join(command[:4])} ... ended with {code}")
    return told


def report(rows: List[Row], options) -> int:
    lines = figures.table(HEADS, [row.cells() for row in rows])
    gains = gains_of(rows)
    if gains:
        lines += ["", *figures.table(GAIN_HEADS, [gain.cells() for gain in gains])]
    missed = sum(row.verdict == "MISSED" for row in [*rows, *gains])
    crowd = max(row.told["crowd"] for row in rows)
    notes = [
        f"{missed} of {sum(row.bar is not None for row in rows) + len(gains)} bars missed. A ratio is the base's time divided by ours: "
        "1 is as fast as bare, 2 takes half the time. Medians of 15 rounds with their quartiles, by processor time; "
        f"by the clock besides. {options.mib} MiB of segments, random unaligned places (one-byte reads: in order), every "
        f"byte checked before and every cell at every read; seed {options.seed}.",
    ]
    if crowd > LOUD:
        notes.append(f"The machine was busy: turns took up to {crowd:.1f} x their processor time. Trust the column by the "
                     "clock only on a quiet one.")
    found = {"seed": options.seed, "mib": options.mib, "missed": missed, "machine": figures.machine(),
             "rows": [{**row.told, "bar": row.bar, "verdict": row.verdict} for row in rows],
             "gains": [{"arm": gain.one.told["arm"], "bytes": gain.one.told["bytes"], "share": gain.share, "bar": GAIN,
                        "verdict": gain.verdict} for gain in gains]}
    name = "hotpath" if options.only is None else f"hotpath-{options.only}"
    written = figures.write(name, "The hot path", found, [*lines, "", *notes], options.save)
    print("\n" + "\n".join([*lines, "", *notes]))
    print("\n" + "\n".join(f"  {path}" for path in written))
    return 0


def gains_of(rows: List[Row]) -> List[Gain]:
    keyed = {(row.told["arm"], row.told["bytes"], row.told["threads"]): row for row in rows}
    return [Gain(row, keyed[arm, length, 2]) for (arm, length, threads), row in keyed.items()
            if threads == 1 and (arm, length, 2) in keyed]


def size(count: int) -> str:
    if count >= 1 << 20:
        return f"{count >> 20} MiB"
    return f"{count >> 10} KiB" if count >= 1 << 10 else f"{count} B"


def duration(nanos: float) -> str:
    return f"{nanos / 1000:.2f} us" if nanos >= 1000 else f"{nanos:.2f} ns"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
