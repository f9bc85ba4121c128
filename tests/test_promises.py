"""What SEMANTICS.md and bad-input.md promise names tests: each of them is there."""
from __future__ import annotations

import re
import unittest
from pathlib import Path
from typing import Iterator, List

CLONE = Path(__file__).resolve().parent.parent
PAGES = ("SEMANTICS.md", "tests/bad-input.md")
NAMED = re.compile(r"`([^`]+)`")
DECLARED = re.compile(r"\b(?:fn|def|class|void|mod)\s+(\w+)")


def sources() -> List[Path]:
    folders = ("java", "native", "tests", "demo", "fuzz")
    return [file for folder in folders for kind in ("java", "rs", "py") for file in (CLONE / folder).rglob(f"*.{kind}")
            if "build" not in file.parts]


def held_by(page: str) -> Iterator[str]:
    """What the last column of the page's tables has in backticks, the heads of tables left out."""
    lines = (CLONE / page).read_text(encoding="utf-8").splitlines()
    for line, after in zip(lines, lines[1:] + [""]):
        if line.startswith("|") and not re.match(r"\|[-|: ]+\|$", line) and not re.match(r"\|[-|: ]+\|$", after):
            yield from NAMED.findall(line.rstrip("| ").rsplit(" | ", 1)[-1])


class Promises(unittest.TestCase):
    def test_every_test_that_a_page_names_is_there(self) -> None:
        files = sources()
        known = {file.stem for file in files} | {crate.name for crate in (CLONE / "native").iterdir()}
        for file in files:
            known.update(DECLARED.findall(file.read_text(encoding="utf-8", errors="replace")))
        targets = re.findall(r"^([a-z-]+):", (CLONE / "Makefile").read_text(), re.M)
        known.update(f"make {target}" for target in targets)
        for page in PAGES:
            names = [name for name in held_by(page) if not name.endswith("…")]
            self.assertGreater(len(names), 20, f"{page}: the tables are not found")
            lacking = [name for name in names if name not in known and re.split(r"[.:/…]+", name)[-1] not in known]
            self.assertEqual([], lacking, f"{page} names tests that are not there")


if __name__ == "__main__":
    unittest.main()
