"""Hadoop's contract suites for reading, in short: one Hadoop of each AWS SDK, every arm, one test per suite.

`make contract` runs every version. A JVM runs all suites of its arm when the first of them is asked for.
"""
from __future__ import annotations

import sys
import unittest
from contextlib import ExitStack
from pathlib import Path
from typing import Dict, Tuple

sys.path.insert(0, str(Path(__file__).resolve().parent))
from arms import OVERLAID, STOCK, ArmFailed, Bench, Found, jar_under_test  # noqa: E402
from hadoops import HADOOPS, Hadoop  # noqa: E402
from verdict import wrong  # noqa: E402

import places  # noqa: E402
from children import Children  # noqa: E402
from terminal import Terminal  # noqa: E402

# 3.3.6 is the last of the SDK v1, 3.4.3 has the most tests.
SHORT = ("3.3.6", "3.4.3")

_open = ExitStack()
_shared: Dict[str, Bench] = {}
_found: Dict[Tuple[str, str], Found] = {}


def setUpModule() -> None:
    jar = jar_under_test()
    for version in SHORT:
        HADOOPS[version].fetch(Terminal())
    _shared["bench"] = Bench(_open.enter_context(Children()), jar, places.TARGET / "contract")


def tearDownModule() -> None:
    _open.close()


def found(hadoop: Hadoop, arm: str) -> Found:
    """The outcomes of one JVM, which runs once; one that failed has failed for every suite."""
    key = (hadoop.version, arm)
    if key not in _found:
        try:
            _found[key] = _shared["bench"].run(hadoop, arm)
        except ArmFailed as failure:
            _found[key] = Found(Path(str(failure)))
    return _found[key]


class Contract(unittest.TestCase):
    """Filled below: the names tell Hadoop, arm and suite."""

    maxDiff = None


def _test(hadoop: Hadoop, arm: str, suite: str):
    def test(self: Contract) -> None:
        self.assertEqual([], wrong(suite, found(hadoop, arm), found(hadoop, STOCK)))
    return test


for _version in SHORT:
    for _arm in (STOCK, *OVERLAID):
        for _suite in HADOOPS[_version].suites:
            _name = f"test_hadoop_{_version.replace('.', '_')}_{_arm}_{_suite}"
            setattr(Contract, _name, _test(HADOOPS[_version], _arm, _suite))


if __name__ == "__main__":
    unittest.main()
