"""Hive's demo without Hive: its data, its statements, its settings, and what is compared with what."""
import json
import re
import tempfile
import unittest
import xml.etree.ElementTree as xml
from pathlib import Path

import report
from hive import films, page, part, passes, workload
from hive.server import OVERLAY, HiveServer, Setting
from hive.site import Site
from hive.versions import ALL


class Films(unittest.TestCase):
    def test_the_same_on_every_machine(self):
        files = films.landing(films.TINY)
        self.assertEqual(sorted(files), ["ratings/part-0.txt", "ratings/part-1.txt", "users/part-0.txt", "users/part-1.txt"])
        self.assertEqual(files["users/part-0.txt"].splitlines()[0], FIRST_USER)

    def test_as_many_lines_as_said_and_each_user_once(self):
        files = films.landing(films.TINY)
        lines = [line.split(b"|") for name, body in files.items() if name.startswith("users/") for line in body.splitlines()]
        self.assertEqual([int(line[0]) for line in lines], list(range(1, films.TINY.users + 1)))
        self.assertTrue(all(len(line) == 5 and len(line[4]) == 5 for line in lines))
        ratings = [body.count(b"\n") for name, body in files.items() if name.startswith("ratings/")]
        self.assertEqual(sum(ratings), films.TINY.ratings)


class Workload(unittest.TestCase):
    def test_names_are_told_apart_and_scans_read_only(self):
        day = workload.first_day(films.TINY)
        self.assertEqual(len({statement.name for statement in day}), len(day))
        for scan in workload.scans(films.TINY):
            self.assertIn(scan, day)
            self.assertTrue(scan.sql.startswith("select "), scan.sql)

    def test_nothing_is_left_to_fill_in(self):
        for statement in (*workload.first_day(films.TINY), *workload.farewell()):
            self.assertNotRegex(statement.text("s3a://b/k"), "[{}]")


class Settings(unittest.TestCase):
    def write(self, **extra):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        conf = Site(Path(folder.name) / "server", 10000, "http://127.0.0.1:1", "s3a://b/warehouse", extra).write()
        return {file.name: file.read_text() for file in conf.iterdir()}

    def test_one_task_at_a_time_and_no_secret(self):
        written = self.write()
        self.assertRegex(written["tez-site.xml"], "inline.task.execution.max-tasks</name><value>1<")
        self.assertFalse(re.search("secret|access.key", "".join(written.values())))

    def test_a_further_property_goes_where_it_is_read(self):
        written = self.write(**{"hive.explain.user": "true", "fs.s3a.impl": OVERLAY})
        self.assertIn("hive.explain.user</name><value>true<", written["hive-site.xml"])
        self.assertEqual(written["hive-site.xml"].count("hive.explain.user"), 1)
        self.assertIn(OVERLAY, written["core-site.xml"])

    def test_stock_s3a_knows_nothing_of_forebay(self):
        self.assertEqual(Setting("stock", ALL["4.0.1"], "http://127.0.0.1:1", {}).properties, {})

    def test_forebay_is_one_jar_and_one_property(self):
        for version in ALL.values():
            setting = Setting("forebay", version, "http://127.0.0.1:1", {}, Path("/x/forebay.jar"))
            self.assertEqual(setting.properties, {"fs.s3a.impl": OVERLAY})
            command = HiveServer(None, setting, Path("/x/scratch"), Path("/x/logs"))._command(Path("/x/conf"))
            self.assertIn("/x/forebay.jar", ":".join(command).split(":"))


class Judgement(unittest.TestCase):
    def ended(self, key, *hashes):
        return {"key": key, "queries": [{"name": str(at), "rows": 1, "hash": found} for at, found in enumerate(hashes)]}

    def test_like_is_compared_with_like(self):
        ended = [self.ended("s3a", "a", "b", "c"), self.ended("s3a-scans", "b"), self.ended("cold", "a", "b", "c"),
                 self.ended("warm", "b")]
        self.assertTrue(passes.judge(ended))
        ended[3] = self.ended("warm", "stale")
        self.assertFalse(passes.judge(ended))
        self.assertEqual([one["unequal_queries"] for one in ended], [[], [], [], ["0"]])


class Report(unittest.TestCase):
    """Hive's part in the report, made of the recorded numbers of a run of Spark."""

    @classmethod
    def setUpClass(cls):
        cls.recorded = json.loads((Path(__file__).resolve().parent / "samples" / "report.json").read_text())
        stock, cold, warm, _ = cls.recorded["passes"]
        day = [{**stock, "key": "s3a", "name": "a day"}, {**cold, "key": "cold", "name": "our day"}]
        scans = [{**stock, "key": "s3a-scans", "name": "scans", "queries": stock["queries"][:3]}, {**warm, "name": "ours"}]
        cls.found = {"equal": True, "title": "the first day of a user", "passes": [day[0], scans[0], day[1], scans[1]],
                     "facts": {"engine": "HiveServer2 0"}}

    def test_like_stands_beside_like(self):
        self.assertEqual([[one["name"] for one in pair] for pair in passes.pairs(self.found["passes"])],
                         [["a day", "our day"], ["scans", "ours"]])
        self.assertEqual(re.findall(r"^  (a day|our day|scans|ours) ", part.tables(self.found), re.M),
                         ["a day", "our day", "scans", "ours"])

    def test_spark_s_page_goes_on_with_hive(self):
        alone = report.html(self.recorded)
        both = report.html(self.recorded, page.sections(self.found))
        self.assertTrue(both.startswith(alone[:alone.index("</main>")]))
        for said in ("The first day of a user, whole", "The first day of a user, its scans again", "Hive: numbers", "HiveServer2 0"):
            self.assertNotIn(said, alone)
            self.assertIn(said, both)

    def test_a_page_of_hive_alone(self):
        self.assertIn("<h1>Forebay: the first day of a user</h1>", page.whole(self.found))
        self.assertIn("ANSWERS DIFFER", page.whole({**self.found, "equal": False}))
        for drawing in re.findall(r"<svg.*?</svg>", page.whole(self.found), re.S):
            xml.fromstring(drawing)


# What the generator draws first.
FIRST_USER = b"1|27|M|writer|56814"


if __name__ == "__main__":
    unittest.main()
