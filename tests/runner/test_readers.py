"""The readers of libtest's and JUnit's output, on real samples; the list; whole runs of small suites."""
import io
import json
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import junit
import listed
import suites
import whole
from children import Children
from libtest import LibtestReader, package_of
from outcome import FAILED, PASSED, SKIPPED, Outcomes

SAMPLES = Path(__file__).resolve().parent / "samples"


class Libtest(unittest.TestCase):
    def read(self, text, binaries=None):
        outcomes = Outcomes("rust")
        reader = LibtestReader(outcomes, binaries or {})
        for line in text.splitlines():
            reader.read(line)
        reader.close()
        return outcomes

    def test_a_real_run(self):
        binaries = {"forebay_types-eee08a6450844250": "forebay-types"}
        outcomes = self.read((SAMPLES / "libtest.txt").read_text(), binaries)
        self.assertEqual(outcomes.count(PASSED), 18)
        self.assertEqual(outcomes.failures(), ["rust:forebay-types::tests::wrong"])
        self.assertEqual(outcomes.count(SKIPPED), 1)
        self.assertIn("rust:forebay-types::metric::tests::a_gauge_goes_up_and_down", outcomes.executed())
        self.assertIn("rust:forebay-types::tests::refuses_zero", outcomes.executed())
        self.assertIn("rust:forebay-types/doc::src/lib.rs - double", outcomes.executed())
        self.assertIn("rust:forebay-types/doc::src/lib.rs - double #2", outcomes.executed())
        self.assertNotIn("rust:forebay-types::tests::slow", outcomes.executed())

    def test_a_binary_that_died_is_a_failure(self):
        text = "     Running unittests src/lib.rs (t/a-1)\n\nrunning 2 tests\ntest x ... ok\n"
        self.assertEqual(self.read(text).failures(), ["rust: a-1 ended before its result line"])
        again = text + "     Running tests/b.rs (t/b-2)\n\nrunning 0 tests\n\n" + RESULT.format(0, 0, 0)
        self.assertEqual(self.read(again).failures(), ["rust: a-1 ended before its result line"])

    def test_a_test_that_ran_unseen_is_a_failure(self):
        text = "     Running unittests src/lib.rs (t/a-1)\nrunning 2 tests\ntest x ... ok\n" + RESULT.format(2, 0, 0)
        self.assertEqual(len(self.read(text).failures()), 1)

    def test_a_binary_that_a_test_runs_again_is_not_counted(self):
        outcomes = self.read((SAMPLES / "libtest-nested.txt").read_text(), {"proxies-80d28e7b9e82fbe0": "origin/tests/proxies"})
        self.assertEqual(outcomes.by_name, {
            "rust:origin/tests/proxies::behind_a_proxy": SKIPPED,
            "rust:origin/tests/proxies::a_proxy_of_the_environment_is_not_used": PASSED})
        self.assertEqual(outcomes.failures(), [])

    def test_what_a_failed_test_printed_is_not_counted(self):
        outcomes = self.read((SAMPLES / "libtest.txt").read_text())
        self.assertFalse([name for name in outcomes.by_name if "fake" in name])

    def test_a_test_binary_is_found_in_cargo_s_messages(self):
        message = {"reason": "compiler-artifact", "manifest_path": "/c/native/forebay-types/Cargo.toml",
                   "target": {"kind": ["lib"], "name": "forebay_types"}, "profile": {"test": True},
                   "executable": "/t/release/deps/forebay_types-eee"}
        self.assertEqual(package_of(message), ("forebay_types-eee", "forebay-types"))
        message["target"] = {"kind": ["test"], "name": "layers"}
        self.assertEqual(package_of(message)[1], "forebay-types/tests/layers")
        message["profile"]["test"] = False
        self.assertIsNone(package_of(message))
        self.assertIsNone(package_of({"reason": "build-finished", "success": True}))


RESULT = "test result: ok. {} passed; {} failed; {} ignored; 0 measured; 0 filtered out; finished in 0.00s\n"


class JUnit(unittest.TestCase):
    def test_a_report_with_every_outcome(self):
        outcomes = Outcomes("java")
        failures = junit.read(SAMPLES / "junit.xml", outcomes)
        self.assertEqual([outcomes.count(kind) for kind in (PASSED, FAILED, SKIPPED)], [1, 2, 1])
        self.assertEqual([name for name, _ in failures], ["io.forebay.Sample.fails", "io.forebay.Sample.throwsUp"])
        self.assertIn("expected:<1> but was:<2>", failures[0][1])
        self.assertIn("java:io.forebay.Sample.passes", outcomes.executed())


class List(unittest.TestCase):
    def test_only_the_suites_that_ran_are_compared(self):
        wanted = ["rust:a", "rust:b", "java:c"]
        self.assertEqual(listed.compare(wanted, ["rust:a", "rust:new"], ["rust"]), (["rust:b"], ["rust:new"]))
        self.assertEqual(listed.compare(wanted, wanted, ["rust", "java"]), ([], []))

    def test_a_list_survives_the_way_to_disk_and_back(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "executed.txt"
            self.assertEqual(listed.load(path), [])
            listed.save(path, ["b", "a #2", "a"])
            self.assertEqual(listed.load(path), ["a", "a #2", "b"])


class WholeRuns(unittest.TestCase):
    """tests/run over suites made up here, with logs and list in a folder of their own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.found = {}
        for name, value in {"LOGS": self.folder, "RAN": self.folder / "ran.txt", "LIST": self.folder / "executed.txt",
                            "SUITES": {"one": self.one, "two": self.one}, "Children": QuietChildren}.items():
            patch = mock.patch.object(whole, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def one(self, run):
        for name, outcome in self.found.get(run.outcomes.suite, {}).items():
            run.outcomes.add(name, outcome)

    def run_with(self, **found):
        self.found = found
        out = io.StringIO()
        with mock.patch("sys.stdout", out):
            code = whole.main([])
        return code, out.getvalue().splitlines()

    def test_a_good_run_that_equals_its_list(self):
        listed.save(whole.LIST, ["one:a", "two:b"])
        code, lines = self.run_with(one={"a": PASSED}, two={"b": PASSED, "c": SKIPPED})
        self.assertEqual((code, lines[-1]), (0, "2 passed, 0 failed, 1 skipped"))

    def test_a_suite_that_ran_nothing_fails_the_run(self):
        listed.save(whole.LIST, ["one:a", "two:b"])
        code, lines = self.run_with(one={"a": PASSED})
        self.assertEqual((code, lines[-1]), (1, "1 passed, 1 failed"))
        self.assertTrue(any("two:b: is listed" in line for line in lines))

    def test_a_test_that_is_not_listed_fails_the_run_until_it_is(self):
        listed.save(whole.LIST, ["one:a"])
        code, lines = self.run_with(one={"a": PASSED, "new": PASSED})
        self.assertEqual((code, lines[-1]), (1, "2 passed, 1 failed"))
        with mock.patch("sys.stdout", io.StringIO()):
            self.assertEqual(whole.main(["--write-list"]), 0)
        self.assertEqual(self.run_with(one={"a": PASSED, "new": PASSED})[0], 0)

    def test_a_failed_test_fails_the_run(self):
        listed.save(whole.LIST, ["one:a"])
        code, lines = self.run_with(one={"a": FAILED})
        self.assertEqual((code, lines[-1]), (1, "0 passed, 1 failed"))

    def test_no_test_at_all_is_a_failure(self):
        self.assertEqual(self.run_with()[0], 1)


class QuietChildren(Children):
    """Leaves the signal handlers of the test process alone."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


class PythonFiles(unittest.TestCase):
    def test_outcomes_of_a_file_with_every_kind(self):
        outcomes = Outcomes("python")
        with tempfile.TemporaryDirectory() as folder:
            run = suites.Run(outcomes, Path(folder) / "log", QuietChildren(), lambda text: None)
            with mock.patch.object(suites.places, "CLONE", SAMPLES):
                suites.python_files(run, [SAMPLES / "every_kind.py"])
        kinds = {name.rpartition(".")[2]: outcome for name, outcome in outcomes.by_name.items()}
        self.assertEqual(kinds, {"test_passes": PASSED, "test_fails": FAILED, "test_errs": FAILED, "test_skipped": SKIPPED,
                                 "test_fails_in_part": FAILED})

    def test_a_file_that_can_t_be_loaded_breaks_the_suite(self):
        outcomes = Outcomes("python")
        with tempfile.TemporaryDirectory() as folder:
            run = suites.Run(outcomes, Path(folder) / "log", QuietChildren(), lambda text: None)
            bad = Path(folder) / "test_bad.py"
            bad.write_text("import nothing_of_that_name\n")
            with mock.patch.object(suites.places, "CLONE", Path(folder)):
                suites.python_files(run, [bad])
        self.assertEqual(outcomes.failures(), ["python: test_bad ended with 1"])
