"""Where the figures of a benchmark go: target/bench always, bench/results when they are to be kept.

A kept result is a pair of files, JSON for programs and Markdown for people; both say on which machine and when
the figures were taken, since a ratio of 0.8 on one processor is 0.7 on another.
"""
from __future__ import annotations

import json
import os
import platform
import re
import subprocess
from datetime import datetime, timezone
from pathlib import Path
from typing import Dict, List, Sequence

CLONE = Path(__file__).resolve().parent.parent
TARGET = CLONE / "target" / "bench"
KEPT = CLONE / "bench" / "results"
MIB = 1 << 20


def machine() -> Dict[str, str]:
    """What the figures depend on besides the code."""
    cpu = Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*:\s*(.+)$", cpu, re.M)
    family = re.search(r"^cpu family\s*:\s*(\d+)$", cpu, re.M)
    number = re.search(r"^model\s*:\s*(\d+)$", cpu, re.M)
    memory = re.search(r"^MemTotal:\s*(\d+) kB$", Path("/proc/meminfo").read_text(), re.M)
    java = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr.splitlines()
    return {
        "cpu": (model.group(1) if model else platform.processor())
               + (f" (family {family.group(1)}, model {number.group(1)})" if family and number else ""),
        "cpus": str(os.cpu_count()),
        "memory": f"{int(memory.group(1)) >> 20} GiB" if memory else "unknown",
        "kernel": f"{platform.system()} {platform.release()}",
        "java": java[0] if java else "none",
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "load at the end": f"{os.getloadavg()[0]:.1f}",
    }


def write(name: str, title: str, found: dict, lines: Sequence[str], keep: bool) -> List[Path]:
    """Writes `name`.json below target/bench, and with `keep` the pair below bench/results; says where."""
    text = json.dumps(found, indent=1) + "\n"
    TARGET.mkdir(parents=True, exist_ok=True)
    written = [TARGET / f"{name}.json"]
    written[0].write_text(text)
    if keep:
        KEPT.mkdir(parents=True, exist_ok=True)
        (KEPT / f"{name}.json").write_text(text)
        facts = [f"| {key} | {value} |" for key, value in found["machine"].items()]
        page = [f"# {title}", "", *lines, "", "| machine | |", "|-|-|", *facts, ""]
        (KEPT / f"{name}.md").write_text("\n".join(page))
        written += [KEPT / f"{name}.json", KEPT / f"{name}.md"]
    return written


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> List[str]:
    """A Markdown table whose columns line up in a terminal too; all but the first column to the right."""
    widths = [max(len(row[i]) for row in [heads, *rows]) for i in range(len(heads))]

    def line(cells: Sequence[str]) -> str:
        padded = [cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(cells, widths))]
        return "| " + " | ".join(padded) + " |"

    rule = "|" + "|".join("-" * (width + 1) + ("-" if i == 0 else ":") for i, width in enumerate(widths)) + "|"
    return [line(heads), rule, *map(line, rows)]
