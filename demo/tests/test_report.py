"""The report over a real run's numbers (scale factor 0.01, recorded), and over a run that went wrong."""
import copy
import json
import re
import tempfile
import unittest
import xml.etree.ElementTree as xml
from pathlib import Path

import charts
import counts
import report
from results import unequal

RECORDED = json.loads((Path(__file__).resolve().parent / "samples" / "report.json").read_text())


class Shape(unittest.TestCase):
    """What others read from report.json."""

    def test_every_pass_has_the_promised_keys(self):
        for one in RECORDED["passes"]:
            self.assertLessEqual({"name", "engine", "filesystem", "cache", "seconds", "requests", "bytes", "proxy_bytes",
                                  "equal"}, one.keys())
            self.assertEqual(set(one["requests"]), {"GET", "GET304", "HEAD", "LIST", "PUT"})
            self.assertEqual(set(one["bytes"]), {"window", "ram", "ssd", "origin"})
        self.assertEqual([one["cache"] for one in RECORDED["passes"]], ["none", "cold", "warm", "new-application"])

    def test_the_numbers_of_a_pass_come_from_proxy_and_counters(self):
        for one in RECORDED["passes"]:
            self.assertEqual(one["requests"], counts.requests(one["proxy"]))
            self.assertEqual(one["bytes"], counts.sources(one["filesystem"], one["counters"], one["proxy"]))
            self.assertEqual(one["proxy_bytes"], one["proxy"]["data"]["bytes"])

    def test_a_forebay_pass_without_forebay_s_counters_is_an_error(self):
        with self.assertRaisesRegex(counts.CountersMissing, "read.bytes.ssd"):
            counts.sources("forebay", {"read.bytes.window": 1}, None)

    def test_fetched_ahead_and_never_read(self):
        self.assertEqual(counts.ahead({"prefetch.bytes.fetched": 10, "prefetch.bytes.used": 7}),
                         {"fetched": 10, "used": 7, "wasted": 3})
        self.assertIsNone(counts.ahead({}))


class Judgement(unittest.TestCase):
    def test_equal_passes_are_equal_to_stock_s3a(self):
        passes = copy.deepcopy(RECORDED["passes"])
        self.assertTrue(counts.judge(passes, unequal))
        self.assertTrue(all(one["equal"] for one in passes))

    def test_one_differing_answer_is_found_and_named(self):
        passes = copy.deepcopy(RECORDED["passes"])
        passes[2]["queries"][1]["hash"] = "another"
        self.assertFalse(counts.judge(passes, unequal))
        self.assertEqual([one["unequal_queries"] for one in passes], [[], [], ["q02"], []])
        self.assertIn("NO: q02", report.summary({"passes": passes}))

    def test_stock_s3a_is_the_reference_wherever_it_stands(self):
        passes = copy.deepcopy(RECORDED["passes"])
        passes.insert(0, {**copy.deepcopy(passes[0]), "name": "local files", "filesystem": "file"})
        passes[0]["queries"][0]["rows"] += 1
        self.assertFalse(counts.judge(passes, unequal))
        self.assertEqual([one["equal"] for one in passes], [False, True, True, True, True])


class Table(unittest.TestCase):
    def test_a_row_per_pass_and_a_remark_per_forebay_pass(self):
        lines = report.summary(RECORDED).splitlines()
        self.assertEqual(len(lines), 2 + 4 + 3)
        self.assertRegex(lines[2], r"stock S3A +81\.6 +1848 +0 +1184 +32 +0 .* 43\.4 MB +yes$")
        self.assertRegex(lines[6], r"Forebay cold: 1\.50 times as fast as stock S3A; misses: 232 cold; fetched ahead")


class Page(unittest.TestCase):
    def test_nothing_comes_from_elsewhere(self):
        page = report.html(RECORDED)
        self.assertNotRegex(page, r"https?://(?!127\.0\.0\.1)|<script|<link|@import|url\(")
        self.assertIn("prefers-color-scheme: dark", page)

    def test_charts_are_well_formed_and_show_every_pass(self):
        page = report.html(RECORDED)
        drawings = re.findall(r"<svg.*?</svg>", page, re.S)
        self.assertGreaterEqual(len(drawings), 5)
        for drawing in drawings:
            xml.fromstring(drawing)
        for one in RECORDED["passes"]:
            self.assertIn(one["name"], page)

    def test_a_difference_is_shouted(self):
        wrong = {**RECORDED, "equal": False}
        self.assertIn("ANSWERS DIFFER", report.html(wrong))
        self.assertNotIn("ANSWERS DIFFER", report.html(RECORDED))

    def test_every_class_of_a_bar_has_a_colour(self):
        style = report.STYLE.read_text()
        for css in set(re.findall(r'<rect class="([^"]+)"', report.html(RECORDED))):
            self.assertIn(f".{css} {{", style)

    def test_both_files_are_written_whole(self):
        with tempfile.TemporaryDirectory() as folder:
            page = report.write(Path(folder), RECORDED, report.html)
            self.assertEqual(sorted(path.name for path in Path(folder).iterdir()), ["report.html", "report.json"])
            self.assertEqual(json.loads((Path(folder) / "report.json").read_text()), RECORDED)
            self.assertTrue(page.read_text().endswith("</html>\n"))


class Charts(unittest.TestCase):
    def test_bars_are_to_scale(self):
        drawing = xml.fromstring(charts.bars([("a", [("x", "x", 10.0)]), ("b", [("x", "x", 5.0)])], str))
        wide, narrow = [float(bar.get("width")) for bar in drawing.iter("rect")]
        self.assertAlmostEqual(wide, 2 * narrow, delta=0.2)

    def test_names_are_escaped(self):
        drawing = charts.bars([("<a&b>", [("x", '"', 1.0)])], str)
        self.assertIn("&lt;a&amp;b&gt;", drawing)
        xml.fromstring(drawing)

    def test_zeros_only_draw_no_bar(self):
        self.assertNotIn("<rect", charts.bars([("a", [("x", "x", 0)])], str))
        xml.fromstring(charts.columns(["q01"], [("x", "x", [0.0])], str))

    def test_steps_of_an_axis_are_round(self):
        self.assertEqual([charts.nice_step(x) for x in (0.3, 1, 1.2, 7, 23)], [0.5, 1, 2, 10, 50])
