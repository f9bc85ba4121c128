#!/usr/bin/env python3
"""The 22 TPC-H queries against the same queries over local files: what reading a store costs, with and without us.

`make bench` runs this: the demo's passes at scale factor 1 (local files on a warm page cache, stock S3A, Forebay
cold, warm, and in a new application), each in an application whose JIT was warmed the same way on local files, on
a store that answers like a cloud's. Ratios are within one run; requests and bytes are counted at the proxy.

A missed bar is said in its row and is no error: the exit code tells whether the benchmark itself worked.

    bench/tpch.py [--sf 1] [--origin direct|delegate] [--save]
"""
from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Dict, List

sys.dont_write_bytecode = True
CLONE = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(CLONE / "bench")]

import figures  # noqa: E402

PASSES = "file,s3a,cold,warm,new-application"
# A warm pass still confirms each open with the store, as S3A does: about 1400 HEADs of 20 ms on two threads.
WARM_BAR = 1.35
# Against what stock S3A moves; it reads most bytes several times.
BYTES_BAR = 0.6


def main(arguments: List[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sf", default="1")
    parser.add_argument("--origin", choices=["", "direct", "delegate"], default="")
    parser.add_argument("--save", action="store_true")
    options = parser.parse_args(arguments)
    into = figures.TARGET / "tpch"
    demo = [sys.executable, str(CLONE / "demo" / "run.py"), "--sf", options.sf, "--passes", PASSES, "--memory", "4g",
            "--cache-size", "8GB", "--into", str(into)]
    if options.origin:
        demo += ["--origin", options.origin]
    code = subprocess.call(demo, cwd=CLONE)
    if code != 0:
        print(f"the demo ended with {code}: no figures", file=sys.stderr)
        return code
    passes = {found["key"]: found for found in json.loads((into / "report.json").read_text())["passes"]}
    found = {"scale_factor": options.sf, "origin": options.origin or "auto", "machine": figures.machine(),
             "passes": [{name: one[name] for name in ("name", "key", "seconds", "requests", "bytes", "proxy_bytes", "equal")}
                        for one in passes.values()],
             "bars": bars(passes)}
    lines = [*pass_table(passes), "", *bar_table(found["bars"])]
    print("\n" + "\n".join(lines) + "\n")
    for place in figures.write("tpch", f"TPC-H, scale factor {options.sf}", found, lines, options.save):
        print(f"written to {os.path.relpath(place)}")
    return 0


def bars(passes: Dict[str, dict]) -> List[dict]:
    """What is promised of these passes, and what was found."""
    local, stock, cold = passes["file"], passes["s3a"], passes["cold"]
    heads = stock["requests"]["HEAD"]
    rows = [
        row("cold against stock S3A, seconds", cold["seconds"] / stock["seconds"], 1.0),
        row("cold against stock S3A, GETs", cold["requests"]["GET"] / stock["requests"]["GET"], 1.0),
        row("cold against stock S3A, bytes", cold["proxy_bytes"] / stock["proxy_bytes"], BYTES_BAR),
    ]
    for key in ("warm", "new-application"):
        warm = passes[key]
        rows += [
            row(f"{key} against local files, seconds", warm["seconds"] / local["seconds"], WARM_BAR),
            row(f"{key}, GETs with a body", warm["requests"]["GET"], 0),
            row(f"{key} against stock S3A, HEADs and 304s",
                (warm["requests"]["HEAD"] + warm["requests"]["GET304"]) / heads, 1.0),
        ]
    return rows


def row(name: str, found: float, most: float) -> dict:
    return {"name": name, "found": round(found, 3), "at_most": most, "met": found <= most}


def pass_table(passes: Dict[str, dict]) -> List[str]:
    local = passes["file"]["seconds"]
    return figures.table(
        ["pass", "seconds", "x local", "GET", "HEAD", "LIST", "MB from the store", "results"],
        [[one["name"], f"{one['seconds']:.1f}", f"{one['seconds'] / local:.2f}", str(one["requests"]["GET"]),
          str(one["requests"]["HEAD"]), str(one["requests"]["LIST"]), f"{one['proxy_bytes'] / 1e6:.1f}",
          "equal" if one["equal"] else "DIFFER"] for one in passes.values()])


def bar_table(found: List[dict]) -> List[str]:
    return figures.table(["bar", "found", "at most", ""],
                         [[one["name"], f"{one['found']:g}", f"{one['at_most']:g}", "met" if one["met"] else "MISSED"]
                          for one in found])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
