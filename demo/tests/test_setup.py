"""A set-up that was interrupted heals itself, and one that is complete does nothing."""
import importlib.util
import io
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import places
from terminal import Terminal

spec = importlib.util.spec_from_file_location("setup", places.CLONE / "scripts" / "setup.py")
setup = importlib.util.module_from_spec(spec)
spec.loader.exec_module(setup)


class Folders(unittest.TestCase):
    def setUp(self):
        home = tempfile.TemporaryDirectory()
        self.addCleanup(home.cleanup)
        self.home = Path(home.name)
        self.made = 0
        self.out = io.StringIO()

    def make(self, into: Path):
        self.made += 1
        (into / "file").write_text("whole")

    def once(self, make):
        setup.folder_once(Terminal(self.out), self.home / "data" / "set", "making the set", make)

    def test_a_second_time_does_nothing(self):
        self.once(self.make)
        self.once(self.make)
        self.assertEqual(self.made, 1)
        self.assertEqual(os.listdir(self.home / "data"), ["set"])

    def test_a_failure_leaves_nothing(self):
        def torn(into: Path):
            (into / "file").write_text("ha")
            raise setup.SetupFailed("the line is dead")

        with self.assertRaises(setup.SetupFailed):
            self.once(torn)
        self.assertEqual(os.listdir(self.home / "data"), [])

    def test_what_a_killed_set_up_left_is_swept(self):
        (self.home / "data" / ".set.killed").mkdir(parents=True)
        self.once(self.make)
        self.assertEqual(os.listdir(self.home / "data"), ["set"])

    def test_a_venv_without_its_stamp_does_not_count(self):
        with mock.patch.dict(os.environ, {"FOREBAY_HOME": str(self.home)}):
            self.assertFalse(setup.spark_complete())
            places.venv().mkdir(parents=True)
            (places.venv() / setup.VENV_STAMP).write_text("pyspark==3.5.0\n")
            self.assertFalse(setup.spark_complete())
            (places.venv() / setup.VENV_STAMP).write_text("\n".join(setup.requirements()) + "\n")
            self.assertTrue(setup.spark_complete())

    def test_a_failing_command_shows_the_end_of_its_log(self):
        with mock.patch.dict(os.environ, {"FOREBAY_HOME": str(self.home)}):
            with self.assertRaisesRegex(setup.SetupFailed, "ended with 3.*\nno such mirror"):
                setup.run("probe", ["sh", "-c", "echo no such mirror; exit 3"])


class Places(unittest.TestCase):
    def test_scale_factors_have_one_spelling(self):
        self.assertEqual([places.scale(text) for text in ("1", "1.0", "0.10", ".01", "10")], ["1", "1", "0.1", "0.01", "10"])
        for text in ("0", "-1", "1000", "nan"):
            with self.assertRaises(ValueError):
                places.scale(text)

    def test_the_user_cache_folder_follows_the_environment(self):
        with mock.patch.dict(os.environ, {"XDG_CACHE_HOME": "/somewhere", "FOREBAY_HOME": ""}):
            self.assertEqual(places.user_cache(), Path("/somewhere/forebay"))
        with mock.patch.dict(os.environ, {"FOREBAY_HOME": "/elsewhere"}):
            self.assertEqual(places.user_cache(), Path("/elsewhere"))
