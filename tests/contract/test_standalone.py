"""Hadoop's contract suites without hadoop-aws, in short: one Hadoop, stock S3A as the control, one test per suite.

`make contract-standalone` runs every version. A JVM runs all suites of its arm when the first of them is asked for.
"""
from __future__ import annotations

import sys
import unittest
from contextlib import ExitStack
from pathlib import Path
from typing import Dict

sys.path.insert(0, str(Path(__file__).resolve().parent))
from arms import STANDALONE, STOCK, Bench, Found, jar_under_test  # noqa: E402
from hadoops import HADOOPS  # noqa: E402
from verdict import worse  # noqa: E402

import places  # noqa: E402
from children import Children  # noqa: E402
from terminal import Terminal  # noqa: E402

# It has the most suites and tests.
HADOOP = HADOOPS["3.4.3"]

_open = ExitStack()
_found: Dict[str, Found] = {}


def setUpModule() -> None:
    jar = jar_under_test()
    HADOOP.fetch(Terminal())
    bench = Bench(_open.enter_context(Children()), jar, places.TARGET / "contract-standalone")
    for arm in (STOCK, STANDALONE):
        _found[arm] = bench.run(HADOOP, arm, suites=HADOOP.all_suites, own_bucket=True)


def tearDownModule() -> None:
    _open.close()


class Standalone(unittest.TestCase):
    """Filled below: the names tell the suite."""

    maxDiff = None


def _test(suite: str):
    def test(self: Standalone) -> None:
        self.assertEqual([], worse(suite, _found[STANDALONE], _found[STOCK]))
    return test


for _suite in HADOOP.all_suites:
    setattr(Standalone, f"test_{_suite}", _test(_suite))


if __name__ == "__main__":
    unittest.main()
