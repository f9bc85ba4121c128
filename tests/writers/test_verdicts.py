"""What judges the engines can say no, and a seed draws the same rounds again."""
import json
import random
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent))

import matrix  # noqa: E402
import rounds  # noqa: E402
from arms import Arms, Verdict  # noqa: E402
from workloads import WORKLOADS, changes_nothing  # noqa: E402


def a_pass(filesystem, cache, heads=10, gets=0, vectored=5):
    return {"name": cache, "filesystem": filesystem, "cache": cache, "requests": {"HEAD": heads, "GET": gets, "GET304": 0},
            "counters": {"read.vectored": vectored}}


class Judging(unittest.TestCase):
    def compared(self, expected, given):
        verdict = Verdict("delta", "direct")
        Arms._compare(None, verdict, 3, {"do": "ask", "text": "SELECT 1"}, "writer", expected, given)
        self.assertEqual(verdict.asked, 1)
        return verdict.wrong

    def test_a_differing_answer_is_told_with_its_step_and_statement(self):
        wrong = self.compared({"rows": 1, "hash": "a"}, {"rows": 1, "hash": "b"})
        self.assertEqual(len(wrong), 1)
        self.assertIn("step 4, writer: SELECT 1", wrong[0])
        self.assertEqual(self.compared({"rows": 1, "hash": "a"}, {"rows": 1, "hash": "a"}), [])

    def test_failures_are_equal_by_class(self):
        self.assertEqual(self.compared({"failed": "A", "why": "x"}, {"failed": "A", "why": "y"}), [])
        self.assertEqual(len(self.compared({"failed": "A", "why": "x"}, {"rows": 0, "hash": "a"})), 1)

    def test_a_warm_get_a_head_too_many_and_reads_not_vectored_are_told(self):
        stock = a_pass("s3a", "none")
        self.assertEqual(matrix.complaints([stock, a_pass("forebay", "cold", gets=9), a_pass("forebay", "warm", heads=18)], True), [])
        self.assertEqual(len(matrix.bodies([stock, a_pass("forebay", "cold", gets=9), a_pass("forebay", "warm", gets=1)])), 1)
        self.assertEqual(len(matrix.complaints([stock, a_pass("forebay", "warm", heads=19)], True)), 1)
        self.assertEqual(len(matrix.complaints([stock, a_pass("forebay", "warm", heads=11, vectored=0)], False)), 1)
        self.assertEqual(len(matrix.complaints([stock, a_pass("forebay", "warm", vectored=0)], True)), 1)


class TakingUp(unittest.TestCase):
    def test_a_cell_counts_for_its_own_jar_and_only_if_it_was_equal(self):
        cell, other = matrix.Cell(("4.1", "direct", "delta")), matrix.Cell(("4.1", "direct", "files"))
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(matrix.Results, "FILE", Path(folder) / "results.json"):
            results = matrix.Results(False)
            results.jar = "one"
            results.add(cell, 1.0, 10, [])
            results.add(other, 1.0, 10, ["it differs"])
            again = matrix.Results(False)
            again.jar = "one"
            self.assertTrue(again.holds(cell))
            self.assertFalse(again.holds(other))
            again.jar = "two"
            self.assertFalse(again.holds(cell))
            table = "\n".join(again.table([cell, other]))
            self.assertIn("equal (10)", table)
            self.assertIn("WRONG (1)", table)
            self.assertEqual(set(json.loads(matrix.Results.FILE.read_text())), {cell.key, other.key})


class Drawing(unittest.TestCase):
    def drawn(self, seed):
        table, luck = rounds.Table("delta", "s3a://b/p"), random.Random(seed)
        return [(change.kind, change.statements, table.state()) for change in (table.change(n, luck) for n in range(60))]

    def test_a_seed_draws_the_same_rounds(self):
        self.assertEqual(self.drawn("1/delta"), self.drawn("1/delta"))
        self.assertNotEqual(self.drawn("1/delta"), self.drawn("2/delta"))

    def test_every_kind_of_change_is_drawn(self):
        self.assertEqual({"overwrite", "append", "delete", "compact", "compact and clean"},
                         {kind for seed in range(5) for kind, _, _ in self.drawn(seed)})


class Workloads(unittest.TestCase):
    def test_both_folders_get_the_same_commands(self):
        for name, steps in WORKLOADS.items():
            self.assertEqual(json.dumps(steps("s3a://b/one")).replace("s3a://b/one", "*"),
                             json.dumps(steps("s3a://b/two")).replace("s3a://b/two", "*"), name)

    def test_every_write_is_followed_by_a_question(self):
        for name, steps in WORKLOADS.items():
            for step, following in zip(steps("s3a://b/x"), steps("s3a://b/x")[1:]):
                text = step.get("text", "")
                if step["do"] in ("write", "file") or text.startswith(("INSERT", "UPDATE", "DELETE", "MERGE", "OPTIMIZE", "VACUUM")):
                    self.assertTrue(changes_nothing(following) or changes_nothing(step), f"{name}: {text}")


if __name__ == "__main__":
    unittest.main()
