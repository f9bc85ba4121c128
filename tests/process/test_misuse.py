"""Streams used by many threads at once, closed meanwhile and used afterwards, under -Xcheck:jni.

`make stress-jni SECONDS=60` runs it long.
"""
from __future__ import annotations

import os
import re
import time
import unittest

from stage import Stage

SECONDS = os.environ.get("FOREBAY_STRESS_SECONDS", "5")
# What -Xcheck:jni says about wrong use, on standard output: a warning with the Java stack, or the end.
COMPLAINTS = re.compile(r"WARNING|FATAL ERROR|JNI call made")

stage: Stage


def setUpModule() -> None:
    global stage
    stage = Stage()


def tearDownModule() -> None:
    stage.close()


class MisuseTest(unittest.TestCase):
    def test_only_io_exceptions_come_of_it_with_the_direct_origin(self) -> None:
        self.misuse("direct")

    def test_only_io_exceptions_come_of_it_with_the_delegate_origin(self) -> None:
        self.misuse("delegate")

    def misuse(self, origin: str) -> None:
        seed = os.environ.get("FOREBAY_STRESS_SEED", str(time.time_ns() % 1_000_000))
        print(f"{origin}: seed {seed}, {SECONDS} s", flush=True)
        with stage.jvm("MisusesStreams", origin, SECONDS, seed, options=["-Xcheck:jni"], busy=int(SECONDS)) as jvm:
            lines = jvm.lines_until()
            code = jvm.process.wait()
            self.assertEqual(code, 0, jvm.explain(lines))
            self.assertEqual([line for line in lines if COMPLAINTS.search(line)], [], jvm.explain(lines))
            self.assertTrue(lines[-1].startswith("ok "), jvm.explain(lines))
            said = lines[-1]
            self.assertNotRegex(said, r" 0 refused| 0 of them", "no call met a closed stream")
            print(f"{origin}: {said}")
