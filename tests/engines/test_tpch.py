"""The main job in small: TPC-H on real Spark through stock S3A and through Forebay, with each origin.

What is asserted is counted at the proxy in front of the store. Nothing here is timed.
"""
from __future__ import annotations

import json
import os
import subprocess
import sys
import unittest
from pathlib import Path

CLONE = Path(__file__).resolve().parents[2]
SCALE_FACTOR = "0.01"

# Cold, a cache that fetched each byte once moves far less than S3A, which reads most of them again.
LARGEST_SHARE_OF_BYTES = 0.6


class Tpch:
    """One run of the demo with one origin; each test looks at another side of it."""

    origin: str
    passes: dict

    @classmethod
    def setUpClass(cls) -> None:
        into = CLONE / "target" / "test" / f"tpch-{cls.origin}"
        command = [sys.executable, str(CLONE / "demo" / "run.py"), "--sf", SCALE_FACTOR, "--warmup", "0",
                   "--origin", cls.origin, "--into", str(into)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=CLONE,
                              env={**os.environ, "NO_COLOR": "1"})
        if done.returncode != 0:
            raise AssertionError(f"the demo ended with {done.returncode}:\n" + done.stdout[-6000:])
        report = json.loads((into / "report.json").read_text())
        cls.passes = {found["cache"]: found for found in report["passes"]}

    def test_every_pass_gives_the_results_of_stock_s3a(self) -> None:
        self.assertEqual({"none", "cold", "warm", "new-application"}, set(self.passes))
        for name, found in self.passes.items():
            self.assertIs(True, found["equal"], name)

    def test_warm_passes_fetch_no_table_data(self) -> None:
        for name in ("warm", "new-application"):
            self.assertEqual(0, self.passes[name]["requests"]["GET"], name)
            self.assertEqual(0, self.passes[name]["bytes"]["origin"], name)
            self.assertGreater(self.passes[name]["bytes"]["ssd"], 0, name)

    def test_no_pass_asks_for_more_statuses_than_stock_s3a(self) -> None:
        most = self.passes["none"]["requests"]["HEAD"]
        for name in ("cold", "warm", "new-application"):
            requests = self.passes[name]["requests"]
            self.assertLessEqual(requests["HEAD"] + requests["GET304"], most, name)

    def test_a_cold_pass_sends_fewer_requests_and_moves_fewer_bytes(self) -> None:
        stock, cold = self.passes["none"], self.passes["cold"]
        self.assertLessEqual(cold["requests"]["GET"], stock["requests"]["GET"])
        self.assertLessEqual(cold["proxy_bytes"], LARGEST_SHARE_OF_BYTES * stock["proxy_bytes"])


class DirectOrigin(Tpch, unittest.TestCase):
    """The library's own client fetches."""

    origin = "direct"


class DelegateOrigin(Tpch, unittest.TestCase):
    """S3A fetches for the library."""

    origin = "delegate"


if __name__ == "__main__":
    unittest.main()
