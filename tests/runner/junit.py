"""Reads JUnit's XML reports, as Gradle and the JUnit console launcher write them."""
from __future__ import annotations

import xml.etree.ElementTree as xml
from pathlib import Path
from typing import List, Tuple

from outcome import FAILED, PASSED, SKIPPED, Outcomes


def read(report: Path, outcomes: Outcomes) -> List[Tuple[str, str]]:
    """Adds a report's tests to `outcomes`; returns (name, message) of those that failed."""
    failures = []
    for case in xml.parse(report).getroot().iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        wrong = next((child for child in case if child.tag in ("failure", "error")), None)
        if wrong is not None:
            outcomes.add(name, FAILED)
            failures.append((name, (wrong.text or wrong.get("message") or "").strip()))
        elif case.find("skipped") is not None:
            outcomes.add(name, SKIPPED)
        else:
            outcomes.add(name, PASSED)
    return failures
