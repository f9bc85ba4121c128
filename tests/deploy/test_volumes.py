"""Volumes as Kubernetes mounts them: open to all, so the cache's place is a folder inside."""
from __future__ import annotations

import os
import unittest
from pathlib import Path

from spark_home import Stage
from stage import KEY, LENGTH

stage: Stage


def setUpModule() -> None:
    global stage
    stage = Stage()


def tearDownModule() -> None:
    stage.close()


class OpenVolumeTest(unittest.TestCase):
    def read_once(self, cache: Path) -> str:
        with stage.jvm("ReadsOnDemand", "direct", cache=cache) as jvm:
            jvm.process.stdin.write(KEY.encode() + b"\n")
            jvm.process.stdin.close()
            lines = jvm.lines_until()
            self.assertEqual((jvm.process.wait(), lines), (0, [f"read {LENGTH}"]), jvm.explain(lines))
        return jvm.errors.read_text(errors="replace")

    def setUp(self) -> None:
        self.volume = stage.fresh_cache()
        self.volume.chmod(0o777)

    def test_a_folder_inside_is_made_private_and_used(self) -> None:
        said = self.read_once(self.volume / "cache")
        self.assertIn("cache in use", said)
        self.assertEqual((self.volume / "cache").stat().st_mode & 0o777, 0o700)
        self.assertTrue(list(self.volume.glob(f"cache/forebay-{os.geteuid()}/?/?/*")))

    def test_the_volume_itself_is_refused_with_what_to_do(self) -> None:
        said = self.read_once(self.volume)
        self.assertIn("name a directory of your own inside it", said)
        self.assertEqual(list(self.volume.iterdir()), [])
