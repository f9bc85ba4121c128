#!/usr/bin/env python3
"""Has libFuzzer look for bytes that a reader of ours can't stand.

    fuzz/run.py [TARGET] [--minutes 60] [--seed 1] [--input FILE] [--save]

`make fuzz` runs this. Without a target it lists them. What libFuzzer finds worth keeping it keeps in
target/fuzz/<target>, and begins with next time; the corpus of the clone stays as it is. An input that panics, aborts,
takes too long or too much memory is left in fuzz/artifacts/<target>, and the exit code says so; `--input` reads one
such file alone. `--save` keeps the figures of the run in fuzz/RESULTS.md.
"""
from __future__ import annotations

import argparse
import datetime
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Dict, List

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
CLONE = HERE.parent
sys.path.insert(0, str(CLONE / "demo"))
import places  # noqa: E402

RESULTS = HERE / "RESULTS.md"
HEAD = """# What was fuzzed

Written by `make fuzz TARGET=... SAVE=1`, which replaces the row of its target. Coverage is libFuzzer's count of edges
(`cov`) and of features (`ft`) in all instrumented code, dependencies included.

| target | date | minutes | executions | coverage | features | seed | found |
|-|-|-:|-:|-:|-:|-:|-|
"""
# libFuzzer's stable figures: `#1234  DONE   cov: 810 ft: 3033 corp: 480/30Kb ...`, and the same with other words.
PROGRESS = re.compile(r"^#(\d+)\s+\w+\s+cov: (\d+) ft: (\d+)")
# The longest input that says anything new; footers of planner samples are shorter.
LONGEST = 64 << 10
# The counting allocator judges each input at 64 MiB and more; this catches what it does not see, such as stacks.
RESIDENT_MB = 2048
# An input takes microseconds, and nothing waits but for 100 ms at most.
SLOW_SECONDS = 10


def main(arguments: List[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target", nargs="?")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--input", type=Path, help="a file to read once")
    parser.add_argument("--save", action="store_true", help=f"keep the figures in {RESULTS.name}")
    options = parser.parse_args(arguments)
    targets = listed()
    if options.target not in targets:
        print(f"targets: {', '.join(targets)}")
        return 2 if options.target else 0
    if options.input:
        return subprocess.call([*cargo_fuzz(options.target), str(options.input.resolve())], cwd=CLONE)
    found = run(options.target, options.minutes, options.seed)
    if options.save:
        save(options.target, found)
        print(f"kept in {RESULTS.relative_to(CLONE)}")
    return 0 if found["found"] == "nothing" else 1


def listed() -> List[str]:
    return re.findall(r'Target \{ name: "([a-z-]+)"', (HERE / "src" / "targets.rs").read_text())


def cargo_fuzz(target: str) -> List[str]:
    # Coverage is instrumented by stable compilers too; sanitizers are not, and safe Rust has little use for them.
    # Without cfg(fuzzing) dependencies are what ships.
    return [str(places.cargo_fuzz() / "bin" / "cargo-fuzz"), "run", "--sanitizer", "none", "--no-cfg-fuzzing",
            "--features", "libfuzzer", target]


def run(target: str, minutes: float, seed: int) -> Dict[str, str]:
    grown = places.TARGET / "fuzz" / target
    grown.mkdir(parents=True, exist_ok=True)
    corpus = [HERE / "corpus" / target, *([CLONE / "native/forebay-plan/samples"] if target.startswith("orc") else [])]
    limits = [f"-max_total_time={round(60 * minutes)}", f"-seed={seed}", f"-max_len={LONGEST}",
              f"-rss_limit_mb={RESIDENT_MB}", f"-timeout={SLOW_SECONDS}", "-print_final_stats=1"]
    command = [*cargo_fuzz(target), str(grown), *(str(folder) for folder in corpus if folder.is_dir()), "--", *limits]
    print(f"{target}: seed {seed}", flush=True)
    artifacts = set((HERE / "artifacts" / target).glob("*"))
    executions, coverage, features = "0", "0", "0"
    child = subprocess.Popen(command, cwd=CLONE, stderr=subprocess.PIPE, text=True, errors="replace")
    for line in child.stderr:
        sys.stderr.write(line)
        progress = PROGRESS.match(line)
        if progress:
            executions, coverage, features = progress.groups()
    code = child.wait()
    fresh = sorted(set((HERE / "artifacts" / target).glob("*")) - artifacts)
    found = ", ".join(file.name for file in fresh) or ("nothing" if code == 0 else f"exit code {code}")
    for file in fresh:
        print(f"repeat it by: make fuzz TARGET={target} INPUT={file.relative_to(CLONE)}")
    return {"date": datetime.date.today().isoformat(), "minutes": f"{minutes:g}", "executions": f"{int(executions):,}",
            "coverage": coverage, "features": features, "seed": str(seed), "found": found}


def save(target: str, found: Dict[str, str]) -> None:
    text = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else ""
    rows = dict(re.findall(r"^\| ([a-z-]+) (\|.*\|)$", text.partition("|-|")[2], re.M))
    rows[target] = "| " + " | ".join(found.values()) + " |"
    kept = "".join(f"| {name} {rows[name]}\n" for name in listed() if name in rows)
    RESULTS.write_text(HEAD + kept, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
