"""The table-format test in small: a few random rounds on Spark 3.5. `make test-tables` runs 200 on every line."""
from __future__ import annotations

import os
import random
import subprocess
import sys
import unittest
from pathlib import Path

CLONE = Path(__file__).resolve().parents[2]
ROUNDS = 8


class Tables(unittest.TestCase):
    def test_another_application_reads_every_change_of_delta_and_iceberg_tables(self) -> None:
        seed = random.SystemRandom().randrange(1 << 32)
        command = [sys.executable, str(CLONE / "tests" / "writers" / "rounds.py"), "--rounds", str(ROUNDS), "--engine", "3.5",
                   "--seed", str(seed)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=CLONE,
                              env={**os.environ, "NO_COLOR": "1"})
        print(done.stdout[-4000:])
        self.assertEqual(0, done.returncode, f"again: {' '.join(command)}")


if __name__ == "__main__":
    unittest.main()
