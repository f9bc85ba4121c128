"""The committed list of tests that must run.

A suite that silently ran nothing looks like a good one. So the names of executed tests are compared with
tests/executed.txt: a listed test that did not run is a failure, and so is one that ran and isn't listed
(else it could vanish again unseen).
"""
from __future__ import annotations

from pathlib import Path
from typing import Iterable, List, Tuple

HEAD = """# The tests that `make test` must run, one name a line. `make test-list` rewrites this file from the last
# complete run; read the difference before you commit it: a name that leaves is a test that no longer runs.
"""


def load(path: Path) -> List[str]:
    if not path.exists():
        return []
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]


def save(path: Path, names: Iterable[str]) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(HEAD + "".join(name + "\n" for name in sorted(names)), encoding="utf-8")
    fresh.replace(path)


def compare(listed: Iterable[str], executed: Iterable[str], suites: Iterable[str]) -> Tuple[List[str], List[str]]:
    """Listed tests of these suites that did not run, and tests that ran without being listed."""
    chosen = tuple(f"{suite}:" for suite in suites)
    wanted = {name for name in listed if name.startswith(chosen)}
    ran = set(executed)
    return sorted(wanted - ran), sorted(ran - wanted)
