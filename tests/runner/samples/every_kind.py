"""One test of every outcome, for the runner's own tests."""
import unittest


class Kinds(unittest.TestCase):
    def test_passes(self):
        pass

    def test_fails(self):
        self.assertEqual(1, 2)

    def test_errs(self):
        raise KeyError("x")

    @unittest.skip("never runs")
    def test_skipped(self):
        pass

    def test_fails_in_part(self):
        for number in (1, 2, 3):
            with self.subTest(number=number):
                self.assertNotEqual(number, 2)
