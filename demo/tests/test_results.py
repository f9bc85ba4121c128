"""Canonical answers: what must be equal is, what must differ does."""
import datetime
import unittest
from decimal import Decimal

from results import canonical, canonical_double, digest, unequal


class Canonical(unittest.TestCase):
    def test_types_are_kept_apart(self):
        forms = [repr(canonical(value)) for value in (1, Decimal("1"), "1", 1.0, True, None, b"1", [1], datetime.date(2001, 1, 1))]
        self.assertEqual(len(set(forms)), len(forms))

    def test_a_decimal_keeps_every_digit_and_its_scale(self):
        self.assertNotEqual(canonical(Decimal("1.10")), canonical(Decimal("1.1")))
        self.assertEqual(canonical(Decimal("1E+3")), {"decimal": "1000"})
        self.assertEqual(canonical(Decimal("55909065222.827692")), {"decimal": "55909065222.827692"})

    def test_doubles_agree_to_ten_digits(self):
        self.assertEqual(canonical_double(0.1 + 0.2), canonical_double(0.3))
        self.assertNotEqual(canonical_double(0.300000001), canonical_double(0.3))
        self.assertEqual(canonical_double(-0.0), "0")
        self.assertEqual(canonical_double(float("nan")), "NaN")
        self.assertEqual(canonical_double(float("-inf")), "-inf")

    def test_an_unknown_type_is_refused(self):
        with self.assertRaises(TypeError):
            canonical(object())


class Digest(unittest.TestCase):
    ROWS = [("ALGERIA", 1998, Decimal("27136900.1803")), ("ALGERIA", 1997, Decimal("48611833.4962"))]

    def test_the_order_of_rows_does_not_matter(self):
        self.assertEqual(digest("abc", self.ROWS), digest("abc", self.ROWS[::-1]))

    def test_a_row_more_or_less_matters(self):
        self.assertNotEqual(digest("abc", self.ROWS), digest("abc", self.ROWS + self.ROWS[:1]))

    def test_values_may_not_change_places(self):
        self.assertNotEqual(digest("ab", [(1, 2)]), digest("ab", [(2, 1)]))
        self.assertNotEqual(digest("ab", [("a\", \"b", "c")]), digest("ab", [("a", "b\", \"c")]))

    def test_column_names_matter(self):
        self.assertNotEqual(digest(["a"], [(1,)]), digest(["b"], [(1,)]))


class Unequal(unittest.TestCase):
    def answer(self, name, rows=1, hash="x"):
        return {"name": name, "rows": rows, "hash": hash}

    def test_names_the_queries_that_differ_or_lack(self):
        reference = [self.answer("q01"), self.answer("q02"), self.answer("q03")]
        other = [self.answer("q01"), self.answer("q02", hash="y"), self.answer("q04")]
        self.assertEqual(unequal(reference, other), ["q02", "q03", "q04"])
        self.assertEqual(unequal(reference, list(reversed(reference))), [])
