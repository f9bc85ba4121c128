"""Saving one version's outcome leaves the others' alone."""
from __future__ import annotations

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from results_file import read, save  # noqa: E402


class ResultsFile(unittest.TestCase):
    def test_a_section_is_replaced_and_the_others_stay(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "RESULTS.md"
            save("17", "3.4.1", "a" * 64, ["", "Java 17  Open", "3.4.1  19/0/0"], file)
            save("11", "3.4.1", "b" * 64, ["Java 11  Open"], file)
            before = read(file)
            self.assertEqual(["Java 11, Hadoop 3.4.1", "Java 17, Hadoop 3.4.1"], list(before))
            self.assertIn("3.4.1  19/0/0", before["Java 17, Hadoop 3.4.1"])
            save("11", "3.4.1", "c" * 64, ["Java 11  Seek"], file)
            after = read(file)
            self.assertEqual(before["Java 17, Hadoop 3.4.1"], after["Java 17, Hadoop 3.4.1"])
            self.assertNotIn("Open", after["Java 11, Hadoop 3.4.1"])
            self.assertIn("c" * 16, after["Java 11, Hadoop 3.4.1"])


if __name__ == "__main__":
    unittest.main()
