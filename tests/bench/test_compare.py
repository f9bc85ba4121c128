"""The comparison's arithmetic and its pages, and the tracing wrapper over real streams. Nothing here is timed."""
from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml
from pathlib import Path

CLONE = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(CLONE / part) for part in ("bench", "demo", "scripts")]

import arms  # noqa: E402
import compare  # noqa: E402
import pages  # noqa: E402
import passes  # noqa: E402
import sparks  # noqa: E402
from cases import CASES  # noqa: E402
from records import Records  # noqa: E402


def figures_of(seconds: float, **more) -> dict:
    return {"name": "an arm", "seconds": seconds, "requests": dict.fromkeys(("GET", "GET304", "HEAD", "LIST", "PUT"), 0), "proxy_bytes": 10,
            "in_flight_seconds": 0.0, "stalled_seconds": 0.0, "cpu_seconds": 0.0, "needed_bytes": 10, "ahead_bytes": 0, "wasted_bytes": 0,
            "task_seconds": 1.0, "connect_seconds": 0.0, "since": 0.0, "until": 1.0, **more}


class Kept(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.file = Path(self.folder.name) / "records.jsonl"

    def test_rounds_of_the_same_jar_count_and_those_of_another_do_not(self):
        Records("a", "auto", self.file).add("orc", "3.5", {"file": figures_of(1)}, True)
        Records("b", "auto", self.file).add("orc", "3.5", {"file": figures_of(1)}, True)
        Records("a", "delegate", self.file).add("orc", "3.5", {"file": figures_of(1)}, True)
        kept = Records("a", "auto", self.file)
        self.assertEqual(len(kept.of("orc", "3.5")), 1)
        self.assertEqual(kept.of("orc", "4.1"), [])

    def test_a_bar_is_the_median_of_the_rounds_ratios_not_the_ratio_of_medians(self):
        records = Records("a", "auto", self.file)
        for cold, stock in ((6, 10), (1, 1), (30, 10)):
            records.add("orc", "3.5", {"file": figures_of(1), "s3a": figures_of(stock), "cold": figures_of(cold)}, True)
        bars = {(bar["bar"], bar["at_most"]): bar for bar in records.found()[0]["bars"]}
        self.assertEqual(bars["cold / s3a, seconds", 0.7]["found"], 1.0)
        self.assertFalse(bars["cold / s3a, seconds", 0.7]["met"])
        self.assertTrue(bars["cold / s3a, seconds", 1.05]["met"])

    def test_a_bar_of_one_spark_is_not_asked_of_another(self):
        records = Records("a", "auto", self.file)
        for spark in ("3.5", "4.1"):
            records.add("columns", spark, {"file": figures_of(1), "s3a": figures_of(10), "cold": figures_of(4)}, True)
        limits = {one["spark"]: {bar["at_most"] for bar in one["bars"] if bar["bar"].startswith("cold / s3a")} for one in records.found()}
        self.assertEqual(limits, {"3.5": {1.05, 0.35}, "4.1": {1.05, 0.5}})

    def test_the_page_says_which_answers_differ_and_the_chart_is_a_picture(self):
        records = Records("a", "auto", self.file)
        records.add("orc", "3.5", {"file": figures_of(2), "s3a": figures_of(10), "cold": figures_of(4)}, False)
        found = records.found()
        self.assertIn("orc (1) ANSWERS DIFFER", "\n".join(pages.tables(found)))
        picture = xml.fromstring(pages.chart(found))
        self.assertEqual(len([one for one in picture.iter() if one.tag.endswith("rect")]), 4)


class Judged(unittest.TestCase):
    def ended(self, one: passes.Pass, answer: str) -> dict:
        return {"pass": one, "key": one.key, "filesystem": one.filesystem, "queries": [{"name": "q1", "rows": 1, "hash": answer}]}

    def test_every_arm_is_held_to_local_files(self):
        self.assertTrue(compare.judge(CASES["orc"], [self.ended(passes.FILE, "x"), self.ended(passes.S3A, "x"), self.ended(passes.COLD, "x")]))
        self.assertFalse(compare.judge(CASES["orc"], [self.ended(passes.FILE, "x"), self.ended(passes.S3A, "x"), self.ended(passes.COLD, "y")]))

    def test_stock_arms_that_read_a_part_are_held_to_that_part(self):
        whole, part = self.ended(passes.FILE, "all"), self.ended(arms.FILE_PART, "part")
        ours = self.ended(passes.COLD, "all")
        self.assertTrue(compare.judge(CASES["small-files"], [whole, part, self.ended(passes.S3A, "part"), ours]))
        self.assertFalse(compare.judge(CASES["small-files"], [whole, part, self.ended(passes.S3A, "all"), ours]))
        self.assertFalse(compare.judge(CASES["small-files"], [whole, part, self.ended(passes.S3A, "part"), self.ended(passes.COLD, "part")]))

    def test_tasks_belong_to_the_pass_in_which_they_began(self):
        with tempfile.TemporaryDirectory() as folder:
            lines = [json.dumps({"Event": "SparkListenerTaskEnd", "Task Info": {"Launch Time": at}, "Task Metrics": {"Executor Run Time": 500}},
                                separators=(",", ":")) for at in (900, 1500, 1600, 2500)]
            (Path(folder) / "local-1").write_text("\n".join(lines + ['{"Event":"SparkListenerJobEnd"}']))
            found = {"cold": {"since": 1.0, "until": 2.0, "task_seconds": 0.0}, "warm": {"since": 2.0, "until": 3.0, "task_seconds": 0.0}}
            compare.add_task_seconds(found, Path(folder))
        self.assertEqual([one["task_seconds"] for one in found.values()], [1.0, 0.5])


class Arms(unittest.TestCase):
    def test_analytics_is_there_where_hadoop_has_it_and_every_arm_is_traced(self):
        for spark in (sparks.named("3.5"), sparks.named("4.1")):
            chosen = arms.arms(spark, False)
            self.assertEqual(spark.vectored, "analytics" in [one.key for one in chosen])
            for one in chosen:
                self.assertEqual(one.conf["spark.hadoop.fs.file.impl"], "TracedLocal")

    def test_the_planned_arms_share_a_cache_of_their_own(self):
        caches = {one.key: one.cache for one in arms.arms(sparks.named("3.5"), False)}
        self.assertEqual(caches["planned"], caches["planned-new"])
        self.assertNotEqual(caches["planned"], caches["forebay"])


class Tracing(unittest.TestCase):
    def test_what_is_read_is_passed_on_and_counted_once(self):
        spark = sparks.named("3.5")
        path = ":".join(map(str, sorted((spark.home / "jars").glob("*.jar"))))
        sources = CLONE / "bench" / "java"
        with tempfile.TemporaryDirectory() as folder:
            files = [*(sources / name for name in ("Trace.java", "TracedStream.java", "TracedBuffers.java", "TracedLocal.java")),
                     *(sources / "plain").glob("*.java"), CLONE / "tests" / "bench" / "TraceCheck.java"]
            subprocess.run(["javac", "-nowarn", "-cp", path, "-d", folder, *map(str, files)], check=True)
            done = subprocess.run(["java", "-cp", f"{folder}:{path}", "TraceCheck", folder], check=True, capture_output=True, text=True)
        found = json.loads(done.stdout.splitlines()[-1])
        # 100 bytes in order, 50 of them again by position, and 10 further on.
        self.assertEqual(found["needed_bytes"], 110)
        self.assertGreater(found["reads"], 100)


if __name__ == "__main__":
    unittest.main()
