#!/usr/bin/env python3
"""Runs Hadoop's contract suites for reading and writing on stock S3A and on Forebay alone, and prints a table.

    tests/contract/standalone.py [--hadoop 3.3.6,3.4.3] [--suites Rename,Delete] [--jar FILE]

Forebay's JVM has neither hadoop-aws nor an SDK of AWS on its class path. Each JVM has a bucket of its own,
which the root's tests empty. Ends with 0 only if no test failed that stock S3A passes on this server, and none was
skipped that stock S3A runs. SeaweedFS shows folders for a while after their last file, which some tests mind.
"""
from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import List

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
from arms import FAILED, STANDALONE, STOCK, ArmFailed, Bench, jar_under_test  # noqa: E402
from hadoops import HADOOPS  # noqa: E402
from verdict import numbers, worse  # noqa: E402

import places  # noqa: E402
from children import Children, Interrupted  # noqa: E402
from servers import ServerFailed  # noqa: E402
from setup import SetupFailed  # noqa: E402
from terminal import Terminal  # noqa: E402


def main(arguments: List[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hadoop", default=",".join(HADOOPS), help=f"versions ({','.join(HADOOPS)})")
    parser.add_argument("--suites", help="some suites only")
    parser.add_argument("--jar", type=Path, help="a jar to test instead of the clone's")
    options = parser.parse_args(arguments)
    versions = options.hadoop.split(",")
    if not all(version in HADOOPS for version in versions):
        parser.error(f"known are {', '.join(HADOOPS)}")
    terminal = Terminal()
    complaints: List[str] = []
    try:
        jar = options.jar or jar_under_test()
        with Children() as children:
            bench = Bench(children, jar, places.TARGET / "contract-standalone")
            for version in versions:
                complaints += one(version, options.suites, bench, terminal)
    except (ArmFailed, ServerFailed, SetupFailed) as failure:
        print(f"the contract suites could not be run: {failure}", file=sys.stderr)
        return 1
    except Interrupted as signal:
        print(f"\n{signal}; everything that was started has been ended", file=sys.stderr)
        return 128 + signal.number
    for line in complaints:
        terminal.say(f"  WRONG {line}")
    terminal.say("all equal to the contract and to stock S3A" if not complaints else f"{len(complaints)} things are wrong")
    return 1 if complaints else 0


def one(version: str, some: str, bench: Bench, terminal: Terminal) -> List[str]:
    """The table of one Hadoop; returns what is wrong."""
    hadoop = HADOOPS[version]
    hadoop.fetch(terminal)
    suites = [suite for suite in hadoop.all_suites if not some or suite in some.split(",")]
    found = {arm: bench.run(hadoop, arm, tell=lambda line: terminal.redraw(f"{version} {line}"), suites=suites,
                            own_bucket=True) for arm in (STOCK, STANDALONE)}
    terminal.say(f"Hadoop {version}; run/failed/skipped")
    terminal.say(f"{'':22}{STOCK:>14}{STANDALONE:>14}")
    complaints = []
    for suite in suites:
        terminal.say(f"  {suite:20}{numbers(suite, found[STOCK]):>14}{numbers(suite, found[STANDALONE]):>14}")
        for test in set(found[STOCK].those(suite, FAILED)) & set(found[STANDALONE].those(suite, FAILED)):
            terminal.say(f"    both fail {test}")
        complaints += [f"Hadoop {version}, {line}" for line in worse(suite, found[STANDALONE], found[STOCK])]
    return complaints


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
