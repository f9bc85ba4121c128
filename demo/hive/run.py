#!/usr/bin/env python3
"""The demo of Hive: the first day of its user over an S3 store, through stock S3A and through Forebay.

`make demo-hive` runs this. It starts a HiveServer2 on stock S3A and then one on Forebay, asks both the same
over JDBC, and compares every answer; each asks its scans once more, which Forebay then answers from its
cache. The tables at the end are in target/demo/hive-report.html and .json too. It ends with 0 only if all
statements ran and all answers are equal.
"""
from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import List

sys.dont_write_bytecode = True
sys.path[0] = str(Path(__file__).resolve().parent.parent)

import places  # noqa: E402
import report  # noqa: E402
from children import Children, Interrupted  # noqa: E402
from counts import CountersMissing  # noqa: E402
from hive import page, part, versions  # noqa: E402
from run import SHAPES, BuildFailed, build_jar, build_proxy, failed  # noqa: E402
from servers import ServerFailed  # noqa: E402
from terminal import Terminal  # noqa: E402


def options_from(arguments: List[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hive", choices=list(versions.ALL), default=versions.USUAL, help=f"version of Hive ({versions.USUAL})")
    parser.add_argument("--size", choices=list(part.SIZES), default="usual", help="how much data (usual)")
    parser.add_argument("--origin", choices=["", "direct", "delegate"], default="", help="fs.forebay.origin; empty: Forebay chooses")
    parser.add_argument("--shape", choices=list(SHAPES), default="cloud", help="the store's shape (cloud)")
    parser.add_argument("--jar", type=Path, help="Forebay's jar; without it, the jar is built first")
    parser.add_argument("--into", type=Path, default=places.TARGET / "demo", help="folder of the report (target/demo)")
    return parser.parse_args(arguments)


def main(arguments: List[str]) -> int:
    options = options_from(arguments)
    terminal = Terminal()
    folder = options.into.resolve()
    try:
        return demo(options, terminal, folder)
    except BlockingIOError:
        return failed(terminal, f"another demo is using {folder}: wait for it, or give another folder with --into")
    except Interrupted as signal:
        terminal.say(f"  {signal}; everything that was started has been ended")
        return 128 + signal.number
    except (BuildFailed, ServerFailed, CountersMissing, *part.FAILURES) as failure:
        return failed(terminal, str(failure))


def demo(options: argparse.Namespace, terminal: Terminal, folder: Path) -> int:
    version = versions.ALL[options.hive]
    again = f"make demo-hive HIVE={version.number}" + (f" ORIGIN={options.origin}" if options.origin else "")
    asked = part.Part(version, options.size, options.origin, options.shape, SHAPES[options.shape], again)
    terminal.say(f"Forebay demo: {asked.title}, over an S3 store on loopback")
    with Children() as children:
        build_proxy(terminal, children)
        jar = options.jar.resolve() if options.jar else build_jar(terminal, children)
    found = part.play(asked, jar, terminal, folder / "hive")
    written = report.write(folder, found, page.whole, "hive-report")
    terminal.say(f"\n{part.tables(found)}\n\n  report: {written}")
    if not found["equal"]:
        terminal.say("  ANSWERS DIFFER from the reference: see the column 'equal'")
    return 0 if found["equal"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
