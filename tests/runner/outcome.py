"""What a suite found: one outcome per test, by a name that stays the same from run to run."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, List

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"


@dataclass
class Outcomes:
    """Outcomes by test name. A name that comes twice is numbered, so that none hides another.

    `broken` holds what went wrong with the runner itself; it counts as failed and is no test.
    """

    suite: str
    by_name: Dict[str, str] = field(default_factory=dict)
    broken: List[str] = field(default_factory=list)

    def add(self, name: str, outcome: str) -> None:
        full, number = f"{self.suite}:{name}", 1
        while full in self.by_name:
            number += 1
            full = f"{self.suite}:{name} #{number}"
        self.by_name[full] = outcome

    def breaks(self, what: str) -> None:
        self.broken.append(f"{self.suite}: {what}")

    def failures(self) -> List[str]:
        return [*self.broken, *sorted(name for name, found in self.by_name.items() if found == FAILED)]

    def executed(self) -> List[str]:
        """Names of the tests that ran, whatever came of them; a skipped test did not run."""
        return sorted(name for name, found in self.by_name.items() if found != SKIPPED)

    def count(self, outcome: str) -> int:
        counted = sum(found == outcome for found in self.by_name.values())
        return counted + (len(self.broken) if outcome == FAILED else 0)
