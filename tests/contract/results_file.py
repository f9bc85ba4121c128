"""RESULTS.md: the last saved outcome of each Java and Hadoop version, with its date and the jar that it is of."""
from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Dict, List

from hadoops import HERE  # noqa: F401  (puts the demo's modules on the path)
from terminal import Terminal

RESULTS = HERE / "RESULTS.md"
HEAD = """# Hadoop's contract suites for reading

Written by `make contract SAVE=1`, which replaces the sections of the versions that it ran. A cell is
run/failed/skipped; the arm *stock* is S3A alone and says what may be skipped, *direct* and *delegate* are
Forebay over it with either origin. Every JVM ran with `-Xverify:all`; a suite that a version does not have is `-`.
Before 3.4.3 Hadoop does not start on Java 25, nor 3.5.0 before Java 17.
"""


class Table:
    """What a person sees on the terminal, kept as well."""

    def __init__(self, shown: Terminal) -> None:
        self.shown, self.lines = shown, []

    def say(self, line: str = "") -> None:
        self.lines.append(line)
        self.shown.say(line)


def save(java: str, hadoop: str, digest: str, lines: List[str], file: Path = RESULTS) -> None:
    """Replaces the section of one Java and one Hadoop."""
    sections = read(file)
    today = datetime.date.today().isoformat()
    # How long it took says how busy the machine was.
    table = "\n".join(re.sub(r" {2,}(\d+|seconds)$", "", line.rstrip()) for line in lines).strip("\n")
    sections[f"Java {java}, Hadoop {hadoop}"] = f"{today}, jar SHA-256 `{digest[:16]}`\n\n```\n{table}\n```\n"
    file.write_text(HEAD + "".join(f"\n## {name}\n\n{body}" for name, body in sorted(sections.items())), encoding="utf-8")


def read(file: Path) -> Dict[str, str]:
    """The sections by name."""
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    parts = re.split(r"^## (.+)\n\n", text, flags=re.M)[1:]
    return {name: body.rstrip("\n") + "\n" for name, body in zip(parts[::2], parts[1::2])}
