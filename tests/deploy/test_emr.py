"""EMR's recipe in a scratch root with EMR's folders: the bootstrap action, then Spark on what came out of it.

What EMR itself does (mounting disks, installing applications, turning classifications into files) is played here.
"""
from __future__ import annotations

import getpass
import hashlib
import json
import os
import stat
import subprocess
import unittest
from pathlib import Path
from typing import Dict

from spark_home import CLONE, TABLE, SparkHome, Stage, data_gets, put_table

RECIPE = CLONE / "docs" / "deploy" / "emr"
JARS = ("usr/lib/spark/jars", "usr/lib/hadoop/lib", "usr/lib/tez/lib")

# Plays the AWS command line for the one thing that the script asks of it.
AWS = """#!/bin/sh
[ "$1 $2 $3" = "s3 cp --only-show-errors" ] || exit 64
[ "$4" = s3://bucket/forebay.jar ] || { echo "fatal error: An error occurred (404)" >&2; exit 1; }
exec cp "$FOREBAY_JAR" "$5"
"""

stage: Stage


def setUpModule() -> None:
    global stage
    stage = Stage()
    put_table(stage)


def tearDownModule() -> None:
    stage.close()


def classification(name: str) -> Dict[str, str]:
    return next(one["Properties"] for one in json.loads((RECIPE / "configuration.json").read_text())
                if one["Classification"] == name)


class EmrTest(unittest.TestCase):
    def setUp(self) -> None:
        self.place = stage.fresh_cache()
        self.root = self.place / "root"
        for folder in ("usr/bin", "usr/lib/hadoop/lib", "mnt", "mnt1", "etc"):
            (self.root / folder).mkdir(parents=True)
        aws = self.place / "bin" / "aws"
        aws.parent.mkdir()
        aws.write_text(AWS)
        aws.chmod(0o755)

    def bootstrap(self, *words: str) -> subprocess.CompletedProcess:
        environment = {"PATH": f"{self.place / 'bin'}:{os.environ['PATH']}", "FOREBAY_ROOT": str(self.root),
                       "FOREBAY_JAR": str(stage.jar), "TMPDIR": str(self.place)}
        return subprocess.run(["bash", str(RECIPE / "bootstrap.sh"), *words], env=environment, capture_output=True,
                              text=True, timeout=60)

    def test_the_jar_comes_where_applications_look_and_each_disk_gets_a_place(self) -> None:
        jar = stage.jar.read_bytes()
        for _ in range(2):
            done = self.bootstrap("s3://bucket/forebay.jar", hashlib.sha256(jar).hexdigest())
            self.assertEqual(done.returncode, 0, done.stderr)
        for folder in JARS:
            self.assertEqual((self.root / folder / "forebay.jar").read_bytes(), jar)
        for mount in ("mnt", "mnt1"):
            self.assertEqual(stat.S_IMODE((self.root / mount / "forebay").stat().st_mode), 0o1777)
        self.assertIn("/mnt/forebay /mnt1/forebay", done.stdout)

    def test_another_jar_than_the_one_meant_is_not_installed(self) -> None:
        for words in (("s3://bucket/forebay.jar", "0" * 64), ("s3://bucket/absent.jar",), ()):
            self.assertNotEqual(self.bootstrap(*words).returncode, 0, words)
        self.assertEqual(list(self.root.rglob("*.jar")), [])

    def test_spark_reads_s3_and_s3a_through_what_was_installed(self) -> None:
        self.assertEqual(self.bootstrap("s3://bucket/forebay.jar").returncode, 0)
        folder = self.place / "spark"
        folder.mkdir()
        spark = SparkHome(folder, self.root / "usr/lib/spark/jars", stage)
        properties = classification("spark-defaults")
        cache = properties["spark.hadoop.fs.forebay.cache.dirs"]
        self.assertEqual(cache, "/mnt/forebay/${user.name}")
        spark.configure({**properties, "spark.hadoop.fs.forebay.cache.dirs": f"{self.root}{cache}"}.items())
        query = "; ".join(f"select count(*), sum(hash(*)) from parquet.`{scheme}://{TABLE}`" for scheme in ("s3", "s3a"))
        gets, answers = [], []
        for _ in range(2):
            before = data_gets(stage)
            done = subprocess.run([str(folder / "bin" / "spark-sql"), "-e", query], env=spark.environment(), cwd=spark.work,
                                  capture_output=True, text=True, timeout=600)
            self.assertEqual(done.returncode, 0, done.stderr)
            gets.append(data_gets(stage) - before)
            answers += done.stdout.strip().splitlines()
        self.assertEqual((len(answers), len(set(answers))), (4, 1))
        self.assertGreater(gets[0], 0)
        self.assertEqual(gets[1], 0)
        self.assertIn("forebay: s3://", done.stderr)
        own = self.root / "mnt" / "forebay" / getpass.getuser()
        self.assertTrue(list(own.glob(f"forebay-{os.geteuid()}/?/?/*")), "the cache lies in the user's own place")
        print(f"GETs: {gets}")

    def test_every_application_that_is_configured_gets_the_jar(self) -> None:
        self.assertEqual(self.bootstrap("s3://bucket/forebay.jar").returncode, 0)
        named = classification("tez-site")["tez.cluster.additional.classpath.prefix"]
        self.assertTrue((self.root / named.lstrip("/")).is_file())
        spark, hive = classification("spark-defaults"), classification("hive-site")
        self.assertEqual({name[len("spark.hadoop."):]: value for name, value in spark.items()}, hive)
