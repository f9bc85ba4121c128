"""Which passes make which applications, and what spark-submit is told."""
import unittest
from pathlib import Path
from unittest import mock

import job
import passes
import places
import sparks


def scene(**changes):
    given = dict(spark=sparks.named("3.5"), scale_factor="0.1", endpoint="http://127.0.0.1:1", control="http://127.0.0.1:2", scratch=Path("/x"),
                 logs=Path("/x/logs"), environment={"AWS_SECRET_ACCESS_KEY": "hush"}, forebay_jar=Path("/x/forebay.jar"),
                 origin="", warmup=True, memory="2g", cache_size="2GB", extra_conf=[])
    return passes.Scene(**{**given, **changes})


class Choice(unittest.TestCase):
    def test_usually_three_applications_and_four_passes(self):
        chosen = passes.chosen(passes.USUAL)
        self.assertEqual([[one.cache for one in application.passes] for application in chosen],
                         [["none"], ["cold", "warm"], ["new-application"]])
        self.assertEqual([application.forebay for application in chosen], [False, True, True])

    def test_a_part_keeps_the_order(self):
        self.assertEqual([a.key for a in passes.chosen(["new-application", "file", "warm"])],
                         ["file", "forebay", "new-application"])

    def test_an_unknown_pass_is_refused(self):
        with self.assertRaisesRegex(ValueError, "no pass is called hot"):
            passes.chosen(["s3a", "hot"])


class Command(unittest.TestCase):
    def command(self, key, **changes):
        application = next(one for one in passes.ALL if one.key == key)
        return passes.submit_command(application, scene(**changes), Path("/x/job.json"))

    def test_secrets_go_by_environment_only(self):
        self.assertNotIn("hush", " ".join(self.command("forebay")))
        with mock.patch.dict("os.environ", {"AWS_PROFILE": "mine", "SPARK_CONF_DIR": "/etc/spark", "PATH": "/bin"}, clear=True):
            environment = passes.submit_environment(scene())
        self.assertEqual(environment["AWS_SECRET_ACCESS_KEY"], "hush")
        self.assertNotIn("AWS_PROFILE", environment)
        self.assertNotIn("SPARK_CONF_DIR", environment)

    def test_stock_s3a_knows_nothing_of_forebay(self):
        self.assertNotIn("io.forebay", " ".join(self.command("s3a")))

    def test_forebay_is_one_jar_and_one_property_and_its_cache(self):
        command = self.command("forebay", origin="delegate")
        self.assertIn("spark.hadoop.fs.s3a.impl=io.forebay.hadoop.s3a.ForebayS3AFileSystem", command)
        self.assertIn("spark.hadoop.fs.forebay.cache.dirs=/x/cache", command)
        self.assertIn("spark.hadoop.fs.forebay.origin=delegate", command)
        self.assertTrue(command[command.index("--driver-class-path") + 1].startswith("/x/forebay.jar"))
        self.assertFalse([part for part in self.command("forebay") if "fs.forebay.origin" in part])

    def test_alone_there_is_no_other_jar(self):
        command = self.command("alone", origin="direct")
        self.assertEqual(command[command.index("--driver-class-path") + 1], "/x/forebay.jar")
        self.assertIn("spark.hadoop.fs.s3a.impl=io.forebay.hadoop.ForebayFileSystem", command)


class Queries(unittest.TestCase):
    def test_there_are_twenty_two_and_no_gap_is_left(self):
        queries = job.load_queries(places.DEMO / "queries", "0.1")
        self.assertEqual(list(queries), [f"q{number:02d}" for number in range(1, 23)])
        self.assertEqual(len(queries), passes.QUERIES)
        self.assertNotIn("{", "".join(queries.values()))
        self.assertIn("* 0.0010000000", queries["q11"])
