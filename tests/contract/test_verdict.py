"""The verdict over an arm's outcomes, on made-up ones: each kind of wrong is seen."""
from __future__ import annotations

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from arms import DELEGATE, DIRECT, STOCK, ArmFailed, Found  # noqa: E402
from verdict import numbers, worse, wrong  # noqa: E402


def told(*lines: str) -> Found:
    found = Found(Path("log"))
    for line in lines:
        found.read(line)
    return found


CONTROL = told("test\tSeek\ta\tpassed", "test\tSeek\tb\tskipped", "test\tSeek\tc\tpassed")


class Verdict(unittest.TestCase):
    def test_equal_outcomes_are_right(self):
        self.assertEqual([], wrong("Seek", CONTROL, CONTROL))

    def test_a_test_that_the_control_skips_may_run(self):
        self.assertEqual([], wrong("Seek", told("test\tSeek\ta\tpassed", "test\tSeek\tb\tpassed", "test\tSeek\tc\tpassed"), CONTROL))

    def test_failed_skipped_and_missing_tests_are_each_named(self):
        found = told("test\tSeek\ta\tfailed", "test\tSeek\tb\tpassed", "test\tSeek\tc\tskipped")
        self.assertEqual(["Seek.a failed; see log", "Seek.c was skipped, but stock S3A runs it; see log"],
                         wrong("Seek", found, CONTROL))
        self.assertEqual(["Seek.b did not run, but does on stock S3A", "Seek.c did not run, but does on stock S3A"],
                         wrong("Seek", told("test\tSeek\ta\tpassed"), CONTROL))

    def test_alone_only_shared_failures_and_bulk_deletes_of_more_than_one_path_pass(self):
        control = told("test\tBulkDelete\ttestChildPaths\tpassed", "test\tBulkDelete\tb\tpassed", "test\tBulkDelete\tc\tfailed", "test\tBulkDelete\td\tpassed")
        found = told("test\tBulkDelete\ttestChildPaths\tskipped", "test\tBulkDelete\tb\tskipped", "test\tBulkDelete\tc\tfailed",
                     "test\tBulkDelete\td\tpassed")
        self.assertEqual(["BulkDelete.b was skipped, but stock S3A runs it; see log"], worse("BulkDelete", found, control))

    def test_a_failure_that_the_control_shares_is_still_one(self):
        both = told("test\tSeek\ta\tpassed", "test\tSeek\tb\tfailed")
        self.assertEqual(["Seek.b failed; see log"], wrong("Seek", both, both))

    def test_a_suite_that_ran_nothing_is_wrong(self):
        self.assertEqual(["Open: no test passed; see log"], wrong("Open", CONTROL, CONTROL))
        self.assertEqual("-", numbers("Open", CONTROL))
        self.assertEqual("3/0/1", numbers("Seek", CONTROL))

    def test_a_jvm_that_died_or_read_another_way_is_refused(self):
        with self.assertRaises(ArmFailed):
            CONTROL.check(STOCK)
        direct = told("metric\torigin.requests\t3", "metric\tread.bytes.origin\t9", "end")
        direct.check(DIRECT)
        for arm in (STOCK, DELEGATE):
            with self.assertRaises(ArmFailed):
                direct.check(arm)
        delegate = told("metric\torigin.requests\t0", "metric\tread.bytes.origin\t9", "end")
        delegate.check(DELEGATE)
        with self.assertRaises(ArmFailed):
            delegate.check(DIRECT)
        told("end").check(STOCK)


if __name__ == "__main__":
    unittest.main()
