"""Runs the unittest cases of one file in a process of their own and tells each outcome as a line of JSON.

    python3 tests/runner/pyfile.py FILE
"""
from __future__ import annotations

import importlib.util
import json
import sys
import unittest
from pathlib import Path

EVENT = "forebay-test "
CLONE = Path(__file__).resolve().parent.parent.parent


class Telling(unittest.TextTestResult):
    """Prints each test's outcome as it is known."""

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self._torn = []

    def _tell(self, test, outcome: str) -> None:
        name = test.id().partition(".")[2] or test.id()
        # On a line of its own, whatever was printed before without an end of line.
        print("\n" + EVENT + json.dumps({"name": name, "outcome": outcome}), flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self._tell(test, "passed")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._tell(test, "failed")

    def addError(self, test, err):
        super().addError(test, err)
        self._tell(test, "failed")

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._tell(test, "skipped")

    def addSubTest(self, test, subtest, err):
        # After a failed sub-test unittest calls no add... for the test itself.
        super().addSubTest(test, subtest, err)
        if err is not None and test not in self._torn:
            self._torn.append(test)
            self._tell(test, "failed")

    def addExpectedFailure(self, test, err):
        super().addExpectedFailure(test, err)
        self._tell(test, "passed")

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self._tell(test, "failed")


def main(path: str) -> int:
    file = Path(path).resolve()
    sys.path[:0] = [str(file.parent), str(CLONE / "demo"), str(CLONE / "tests" / "runner")]
    spec = importlib.util.spec_from_file_location(file.stem, file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = module
    spec.loader.exec_module(module)
    suite = unittest.TestLoader().loadTestsFromModule(module)
    result = unittest.TextTestRunner(stream=sys.stderr, resultclass=Telling, verbosity=2).run(suite)
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
